"""A database that does not answer takes the whole service with it.

Most database clients wait for ever by default: for the connection, and then for the answer. When the
server is overloaded, fails over, or a firewall drops its packets, every worker ends up in such a call,
and the pages that need no database are down too. A connect timeout of a few seconds lets a request fail
and its worker go on; an answer timeout ends the query that nobody waits for any more.

For PostgreSQL the fix sets the connect timeout only, since PgBouncer refuses `statement_timeout` as an
option of the connection; the option `statement_timeout` adds it. The driver of an SQLAlchemy engine is
read from its address, from the default of the setting it comes from, or from the project's dependencies;
where it stays unknown, nothing is said; where the address may be SQLite's too, as in tests, nothing is
edited. SQLite waits five seconds by itself. Settings for development are left out, and so are Redis
clients that block on purpose (`blpop`, `pubsub`, workers of rq), redis-py from version 8 on, and clients
with a sensible default: mysql.connector, asyncmy, oracledb, Elasticsearch, OpenSearch.

Flagged:

    import psycopg2
    import redis

    cache = redis.Redis(host="cache", port=6379)


    def connect(dsn):
        return psycopg2.connect(dsn)

Fixed:

    import psycopg2
    import redis

    cache = redis.Redis(
        host="cache", port=6379, socket_timeout=30, socket_connect_timeout=5
    )


    def connect(dsn):
        return psycopg2.connect(dsn, connect_timeout=5)

Flagged (app/database.py):

    import os

    from sqlalchemy import create_engine

    DATABASE_URL = os.getenv("DATABASE_URL", "postgresql://localhost/shop")
    engine = create_engine(DATABASE_URL, pool_pre_ping=True)

Fixed (app/database.py):

    import os

    from sqlalchemy import create_engine

    DATABASE_URL = os.getenv("DATABASE_URL", "postgresql://localhost/shop")
    engine = create_engine(
        DATABASE_URL, pool_pre_ping=True, connect_args={"connect_timeout": 5}
    )

Flagged (shop/settings.py):

    DATABASES = {
        "default": {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": "shop",
        },
        "archive": {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": "archive",
            "OPTIONS": {"connect_timeout": 10},
        },
    }

Fixed (shop/settings.py):

    DATABASES = {
        "default": {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": "shop",
            "OPTIONS": {"connect_timeout": 5},
        },
        "archive": {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": "archive",
            "OPTIONS": {"connect_timeout": 10},
        },
    }

Flagged (shop/caches.py):

    CACHES = {
        "default": {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": "redis://cache:6379",
        }
    }

Fixed (shop/caches.py):

    CACHES = {
        "default": {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": "redis://cache:6379",
            "OPTIONS": {"socket_timeout": 5, "socket_connect_timeout": 5},
        }
    }

Flagged (app/documents.py):

    from motor.motor_asyncio import AsyncIOMotorClient
    from sqlalchemy.ext.asyncio import create_async_engine

    documents = AsyncIOMotorClient("mongodb://docs")
    engine = create_async_engine("postgresql+asyncpg://db", connect_args={"ssl": True})

Fixed (app/documents.py):

    from motor.motor_asyncio import AsyncIOMotorClient
    from sqlalchemy.ext.asyncio import create_async_engine

    documents = AsyncIOMotorClient(
        "mongodb://docs", serverSelectionTimeoutMS=5000, socketTimeoutMS=30000
    )
    engine = create_async_engine(
        "postgresql+asyncpg://db", connect_args={"ssl": True, "command_timeout": 30}
    )

Fine:

    import psycopg2
    import redis
    from pymongo import MongoClient
    from sqlalchemy import create_engine

    local = create_engine("sqlite:///shop.db")
    remote = create_engine("postgresql://db/shop?connect_timeout=3")
    documents = MongoClient("mongodb://documents/?timeoutMS=3000")
    pool = redis.ConnectionPool(host="cache", socket_timeout=1, socket_connect_timeout=1)
    cache = redis.Redis(connection_pool=pool)


    def connect(**options):
        return psycopg2.connect(**options)

Fine (app/worker.py):

    import redis

    jobs = redis.Redis(host="cache")


    def work():
        while True:
            handle(jobs.blpop("jobs"))

When to ignore: the client is used by a batch job that may wait.

References:
https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-CONNECT-CONNECT-TIMEOUT
https://docs.sqlalchemy.org/en/20/core/engines.html#custom-dbapi-args
https://redis.readthedocs.io/en/stable/connections.html
https://pymongo.readthedocs.io/en/stable/api/pymongo/mongo_client.html
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from harden.checklists.database.db_limits import (
    BACKENDS,
    CLIENTS,
    DRIVERS,
    ENGINES,
    MONGO,
    MONGO_CLIENTS,
    POSITIONS,
    REDIS,
    REDIS_CLIENTS,
    SEARCH,
)
from harden.checklists.database.db_surroundings import blocks, is_exchanged, test_about
from harden.checklists.database.dialects import address, driver_of, may_be_sqlite
from harden.checklists.unpacking import argument, is_open
from harden.checklists.waiting import dependencies, is_unlimited
from harden.checks import Check, Fix
from harden.findings import Finding, Risk, Severity
from harden.module import Module, has_star_arguments, is_literal, keyword

check = Check(
    id="db-timeout",
    title="Database client without timeout",
    severity=Severity.HIGH,
    fix=Fix("harden.codemods.database_timeouts:AddDatabaseTimeout", Risk.REVIEW),
)

_LAPTOP = re.compile(r"(^|[/_])(dev|development|local|tests?|testing|ci)([/_]|\.py$)")
_NEW_REDIS = re.compile(r"(?im)^[\s\"'-]*redis(\[[^\]]*\])?\s*(>=|==|~=|\^|=\s*\"\^?)\s*([89]|\d\d)")
"""A line of a dependency file that asks for a redis-py with timeouts of its own."""
_ELSEWHERE = "The database is SQLite in some places, which takes no such option: set it for the others only."
_DSN = ("dsn", "conninfo", "host", "database")


@check.call(*CLIENTS)
def client(module: Module, call: ast.Call, path: str) -> Iterator[Finding]:
    """Flag driver connections without timeout."""
    wanted = CLIENTS[path]
    at = POSITIONS.get(path, -1)
    if keyword(call, "async_") is not None:  # libpq leaves such connections to the caller's own waiting
        return
    if is_open(module, call) or not (call.args or call.keywords) or _has(module, call, wanted):
        return
    late = call.args and is_literal(call.args[0], None) and path.startswith("peewee.")
    if not late and not 0 <= at < len(call.args):
        package = path.partition(".")[0]
        facts = {"set": _missing(module, call, wanted)}
        yield check.found(module, call, f"{package} waits for ever", facts=facts)


@check.call(*REDIS_CLIENTS)
def redis_client(module: Module, call: ast.Call, path: str) -> Iterator[Finding]:
    """Flag Redis clients without timeouts, unless they block on purpose."""
    if is_open(module, call) or keyword(call, "connection_pool") or _has(module, call, REDIS):
        return
    given = [keyword(call, name) for name in ("socket_timeout", "socket_connect_timeout")]
    off = any(is_literal(value, None) for value in given)
    if not blocks(module) and (off or not _NEW_REDIS.search(dependencies(module.project))):
        facts = {"set": _missing(module, call, REDIS)}
        yield check.found(module, call, "Redis waits for ever", facts=facts)


@check.call(*MONGO_CLIENTS)
def mongo_client(module: Module, call: ast.Call, path: str) -> Iterator[Finding]:
    """Flag MongoDB clients that wait for ever for an answer."""
    limits = ("serverSelectionTimeoutMS", "socketTimeoutMS", "timeoutMS", "connectTimeoutMS")
    given = any(argument(module, call, name) is not None for name in limits)
    if not is_open(module, call) and not given and not _is_in_address(module, call):
        yield check.found(module, call, "MongoDB waits for ever", facts={"set": MONGO})


@check.call(*SEARCH)
def search_client(module: Module, call: ast.Call, path: str) -> Iterator[Finding]:
    """Flag Elasticsearch and OpenSearch where their default of ten seconds is switched off."""
    for name in ("request_timeout", "timeout"):
        if is_literal(keyword(call, name), None):
            owner = path.rpartition(".")[2]
            yield check.found(module, call, f"{owner} waits for ever", facts={"set": f"{name}=answer"})


@check.call(*ENGINES)
def engine(module: Module, call: ast.Call, path: str) -> Iterator[Finding]:
    """Flag engines whose driver is known and gets no timeout."""
    url = call.args[0] if call.args else keyword(call, "url")
    if url is None or has_star_arguments(call) or keyword(call, "creator") is not None:
        return
    wanted = _wanted(module, url, keyword(call, "connect_args"))
    if wanted:
        facts = {"inside": "connect_args", "set": wanted}
        why_not = _ELSEWHERE if may_be_sqlite(module, url) else ""
        message = "The engine's connections wait for ever"
        yield check.found(module, call, message, facts=facts, why_not=why_not)


@check.node(ast.Assign, named={"SQLALCHEMY_ENGINE_OPTIONS"})
def flask_options(module: Module, node: ast.AST) -> Iterator[Finding]:
    """Flag Flask-SQLAlchemy's engine options that stand beside an address of a known driver."""
    if not isinstance(node, ast.Assign) or not isinstance(node.value, ast.Dict):
        return
    owner = module.parents.get(node)
    for other in (statement for statement in module.nodes(ast.Assign) if module.parents[statement] is owner):
        if ast.unparse(other.targets[0]).strip("]\"'").endswith("SQLALCHEMY_DATABASE_URI"):
            options = dict(zip(map(_text, node.value.keys), node.value.values, strict=True))
            wanted = _wanted(module, other.value, options.get("connect_args"))
            if wanted and None not in options and "creator" not in options:
                facts = {"inside": "connect_args", "set": wanted}
                why_not = _ELSEWHERE if may_be_sqlite(module, other.value) else ""
                message = "The engine's connections wait for ever"
                yield check.found(module, node.value, message, facts=facts, why_not=why_not)
            return


@check.node(ast.Dict)
def django_backend(module: Module, node: ast.AST) -> Iterator[Finding]:
    """Flag entries of Django's DATABASES and CACHES without timeouts."""
    if not isinstance(node, ast.Dict) or _LAPTOP.search(module.path):
        return
    entries = dict(zip(map(_text, node.keys), node.values, strict=True))
    backend = address(module, entries.get("ENGINE") or entries.get("BACKEND"))
    wanted, options = BACKENDS.get(backend, ""), entries.get("OPTIONS")
    if not wanted or None in entries or not (options is None or isinstance(options, ast.Dict)):
        return
    first = wanted.partition("=")[0]
    keys = {_text(key) for key in options.keys} if isinstance(options, ast.Dict) else set()
    if None not in keys and not _is_said(module, first, node):
        left = " ".join(item for item in wanted.split() if item.partition("=")[0] not in keys)
        what = "connections wait" if "ENGINE" in entries else "cache waits"
        message = f"Django's {what} for ever"
        why_not = _ELSEWHERE if "ENGINE" in entries and is_exchanged(module, entries["ENGINE"]) else ""
        if module.function(node) is not None and (test := test_about(module.project, backend)):
            why_not = f"{test} may compare what this function returns: edit both."
        facts = {"inside": "OPTIONS", "set": left}
        yield check.found(module, node, message, facts=facts, why_not=why_not)


def _wanted(module: Module, url: ast.expr, held: ast.expr | None) -> str:
    """Return what an engine's driver lacks, nothing where that cannot be told."""
    text = address(module, url)
    if (held is not None and not isinstance(held, ast.Dict)) or "timeout" in text:
        return ""
    keys = {_text(key) for key in held.keys} if isinstance(held, ast.Dict) else set()
    if None in keys or any("timeout" in str(key) for key in keys):
        return ""
    wanted = DRIVERS.get(driver_of(module, text), "").split()
    return " ".join(item for item in wanted if item.partition("=")[0] not in keys)


def _has(module: Module, call: ast.Call, wanted: str) -> bool:
    """Tell whether a call limits what matters most, by argument or within its address."""
    given = argument(module, call, wanted.partition("=")[0])
    return (given is not None and not is_unlimited(given)) or _is_in_address(module, call)


def _is_said(module: Module, option: str, entry: ast.Dict) -> bool:
    """Tell whether a file gives an option to a backend, here or anywhere but in the entry of another one."""
    if option not in module.text:
        return False
    others = (
        other
        for other in module.nodes(ast.Dict)
        if other is not entry and {"ENGINE", "BACKEND"} & {_text(key) for key in other.keys}
    )
    return module.text.count(option) > sum(module.segment(other).count(option) for other in others)


def _is_in_address(module: Module, call: ast.Call) -> bool:
    addresses = [*call.args[:1], *(item.value for item in call.keywords if item.arg in _DSN)]
    return any("timeout" in address(module, expr).lower() for expr in addresses)


def _missing(module: Module, call: ast.Call, wanted: str) -> str:
    """Return those of the wanted arguments that the call does not give."""
    given = {item: argument(module, call, item.partition("=")[0]) for item in wanted.split()}
    return " ".join(item for item, value in given.items() if value is None or is_unlimited(value))


def _text(key: ast.expr | None) -> str | None:
    return key.value if isinstance(key, ast.Constant) and isinstance(key.value, str) else None
