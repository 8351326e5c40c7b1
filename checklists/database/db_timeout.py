"""A database that does not answer takes the whole service with it.

Most database clients wait for ever by default: for the connection, and then for the answer. When the
server is overloaded, fails over, or a firewall drops its packets, every worker ends up in such a call,
and the pages that need no database are down too. A connect timeout of a few seconds lets a request fail
and its worker go on; an answer timeout ends the query that nobody waits for any more.

For PostgreSQL the fix sets the connect timeout only, since PgBouncer refuses `statement_timeout` as an
option of the connection; the option `statement_timeout` adds it. The driver of an SQLAlchemy engine is
read from its address, from the default of the setting it comes from, or from the project's dependencies;
where it stays unknown, nothing is said. SQLite waits five seconds by itself. Settings for development
are left out, and so are Redis clients that block on purpose (`blpop`, `pubsub`).

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
        }
    }

Fixed (shop/settings.py):

    DATABASES = {
        "default": {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": "shop",
            "OPTIONS": {"connect_timeout": 5},
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

from harden.checklists.database.dialects import address, driver_of
from harden.checklists.waiting import is_unlimited
from harden.checks import Check, Fix
from harden.findings import Finding, Risk, Severity
from harden.module import Module, has_star_arguments, is_literal, keyword

check = Check(
    id="db-timeout",
    title="Database client without timeout",
    severity=Severity.HIGH,
    fix=Fix("harden.codemods.database_timeouts:AddDatabaseTimeout", Risk.REVIEW),
)

_POSTGRES = "connect_timeout=connect options=statement"
_MYSQL = "connect_timeout=connect read_timeout=answer write_timeout=answer"
_DRIVERS = {
    "psycopg2": _POSTGRES,
    "psycopg": _POSTGRES,
    "asyncpg": "command_timeout=answer",
    "pg8000": "timeout=connect",
    "mysqldb": _MYSQL,
    "pymysql": _MYSQL,
    "aiomysql": "connect_timeout=connect",
    "asyncmy": "connect_timeout=connect",
    "pyodbc": "timeout=connect",
}
"""What each driver takes; the first of them decides whether it is missing."""
_CLIENTS = {
    "psycopg2.connect": _POSTGRES,
    "psycopg2.pool.SimpleConnectionPool": _POSTGRES,
    "psycopg2.pool.ThreadedConnectionPool": _POSTGRES,
    "psycopg.connect": _POSTGRES,
    "psycopg.Connection.connect": _POSTGRES,
    "psycopg.AsyncConnection.connect": _POSTGRES,
    "asyncpg.connect": "command_timeout=answer",
    "asyncpg.create_pool": "command_timeout=answer",
    "pymysql.connect": "read_timeout=answer write_timeout=answer",
    "MySQLdb.connect": _MYSQL,
    "aiomysql.connect": "connect_timeout=connect",
    "aiomysql.create_pool": "connect_timeout=connect",
}
_REDIS_KINDS = ("Redis", "StrictRedis", "ConnectionPool", "BlockingConnectionPool")
_REDIS = tuple(
    f"{package}.{name}"
    for package in ("redis", "redis.asyncio", "aioredis")
    for name in ("from_url", "RedisCluster", *_REDIS_KINDS, *(f"{kind}.from_url" for kind in _REDIS_KINDS))
)
_BLOCKING = frozenset(
    (
        "blpop",
        "brpop",
        "brpoplpush",
        "blmove",
        "bzpopmin",
        "bzpopmax",
        "xread",
        "xreadgroup",
        "pubsub",
        "listen",
    )
)
_MONGO = (
    "pymongo.MongoClient",
    "pymongo.mongo_client.MongoClient",
    "pymongo.AsyncMongoClient",
    "motor.motor_asyncio.AsyncIOMotorClient",
    "motor.motor_tornado.MotorClient",
)
_ENGINES = (
    "sqlalchemy.create_engine",
    "sqlalchemy.engine.create_engine",
    "sqlalchemy.future.create_engine",
    "sqlalchemy.ext.asyncio.create_async_engine",
    "sqlmodel.create_engine",
)
_LAPTOP = re.compile(r"(^|[/_])(dev|development|local|tests?|testing|ci)([/_]|\.py$)")
_BACKENDS = {"postgresql": "connect_timeout=connect", "postgis": "connect_timeout=connect", "mysql": _MYSQL}


@check.call(*_CLIENTS)
def client(module: Module, call: ast.Call, path: str) -> Iterator[Finding]:
    """Flag driver connections without timeout."""
    wanted = _CLIENTS[path]
    if keyword(call, "async_") is not None:  # libpq leaves such connections to the caller's own waiting
        return
    if not has_star_arguments(call) and (call.args or call.keywords) and not _has(module, call, wanted):
        package = path.partition(".")[0]
        yield check.found(module, call, f"{package} waits for ever", facts={"set": _missing(call, wanted)})


@check.call(*_REDIS)
def redis_client(module: Module, call: ast.Call, path: str) -> Iterator[Finding]:
    """Flag Redis clients without timeouts, unless they block on purpose."""
    wanted = "socket_timeout=answer socket_connect_timeout=connect"
    if has_star_arguments(call) or keyword(call, "connection_pool") or _has(module, call, wanted):
        return
    blocks = any(node.attr in _BLOCKING for node in module.nodes(ast.Attribute))
    if not blocks:
        yield check.found(module, call, "Redis waits for ever", facts={"set": _missing(call, wanted)})


@check.call(*_MONGO)
def mongo_client(module: Module, call: ast.Call, path: str) -> Iterator[Finding]:
    """Flag MongoDB clients that wait for ever for an answer."""
    wanted = "socketTimeoutMS=answer-ms serverSelectionTimeoutMS=connect-ms timeoutMS=answer-ms"
    if not has_star_arguments(call) and not _has(module, call, wanted):
        facts = {"set": "serverSelectionTimeoutMS=connect-ms socketTimeoutMS=answer-ms"}
        yield check.found(module, call, "MongoDB waits for ever", facts=facts)


@check.call("elasticsearch.Elasticsearch", "elasticsearch.AsyncElasticsearch")
def search_client(module: Module, call: ast.Call, path: str) -> Iterator[Finding]:
    """Flag Elasticsearch where its default of ten seconds is switched off."""
    for name in ("request_timeout", "timeout"):
        if is_literal(keyword(call, name), None):
            yield check.found(module, call, "Elasticsearch waits for ever", facts={"set": f"{name}=answer"})


@check.call(*_ENGINES)
def engine(module: Module, call: ast.Call, path: str) -> Iterator[Finding]:
    """Flag engines whose driver is known and gets no timeout."""
    url = call.args[0] if call.args else keyword(call, "url")
    if url is None or has_star_arguments(call) or keyword(call, "creator") is not None:
        return
    text, held = address(module, url), keyword(call, "connect_args")
    wanted = _DRIVERS.get(driver_of(module, text), "")
    keys = _keys(held) if isinstance(held, ast.Dict) else set()
    unknown = held is not None and not isinstance(held, ast.Dict)
    if (
        not wanted
        or unknown
        or None in keys
        or "timeout" in text
        or any("timeout" in str(key) for key in keys)
    ):
        return
    set_ = " ".join(item for item in wanted.split() if item.partition("=")[0] not in keys)
    facts = {"inside": "connect_args", "set": set_}
    yield check.found(module, call, "The engine's connections wait for ever", facts=facts)


@check.node(ast.Dict)
def django_database(module: Module, node: ast.AST) -> Iterator[Finding]:
    """Flag entries of Django's DATABASES without a connect timeout."""
    if not isinstance(node, ast.Dict) or "connect_timeout" in module.text or None in _keys(node):
        return
    if _LAPTOP.search(module.path):
        return
    entries = {
        key.value: value
        for key, value in zip(node.keys, node.values, strict=True)
        if isinstance(key, ast.Constant)
    }
    kind = address(module, entries.get("ENGINE")).rpartition(".")[2]
    options = entries.get("OPTIONS")
    if kind in _BACKENDS and (options is None or isinstance(options, ast.Dict)):
        facts = {"inside": "OPTIONS", "set": _BACKENDS[kind]}
        yield check.found(module, node, "Django's connections wait for ever", facts=facts)


def _has(module: Module, call: ast.Call, wanted: str) -> bool:
    """Tell whether a call limits what matters most, by argument or within its address."""
    names = [item.partition("=")[0] for item in wanted.split()]
    given = keyword(call, names[0])
    if given is not None and not is_unlimited(given):
        return True
    if any(name.endswith("MS") and keyword(call, name) is not None for name in names[2:]):
        return True
    addresses = [
        *call.args[:1],
        *(item.value for item in call.keywords if item.arg in ("dsn", "conninfo", "host")),
    ]
    return any("timeout" in address(module, expr).lower() for expr in addresses)


def _missing(call: ast.Call, wanted: str) -> str:
    """Return those of the wanted arguments that the call does not give."""
    present = {item.arg for item in call.keywords if not is_unlimited(item.value)}
    return " ".join(item for item in wanted.split() if item.partition("=")[0] not in present)


def _keys(mapping: ast.Dict) -> set[object]:
    return {key.value if isinstance(key, ast.Constant) else None for key in mapping.keys}
