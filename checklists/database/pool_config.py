"""Connections that died in the pool are handed out, and those that are not pooled cost every request.

A firewall, a proxy or a restart of the database closes idle connections without a word. The pool does
not know, gives them to the next requests, and these fail. `pool_pre_ping` tests a connection before it
is used, `pool_recycle` (in seconds) replaces it before others drop it. Django opens a new connection for
every request unless `CONN_MAX_AGE` is set; so does code that calls the driver's `connect()` in a handler,
and at the first rush the database refuses what is beyond its limit.
SQLite is left out, and so are engines that one function makes and keeps to itself.

Flagged:

    from sqlalchemy import create_engine

    from app.settings import settings

    engine = create_engine(settings.database_url, echo=False)

Fixed:

    from sqlalchemy import create_engine

    from app.settings import settings

    engine = create_engine(
        settings.database_url, echo=False, pool_pre_ping=True, pool_recycle=1800
    )

Flagged (app/config.py):

    import os

    from flask_sqlalchemy import SQLAlchemy

    db = SQLAlchemy()


    class Config:
        SQLALCHEMY_DATABASE_URI = os.environ["DATABASE_URL"]

Fixed (app/config.py):

    import os

    from flask_sqlalchemy import SQLAlchemy

    db = SQLAlchemy()


    class Config:
        SQLALCHEMY_DATABASE_URI = os.environ["DATABASE_URL"]
        SQLALCHEMY_ENGINE_OPTIONS = {"pool_pre_ping": True, "pool_recycle": 1800}

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
            "CONN_MAX_AGE": 60,
            "CONN_HEALTH_CHECKS": True,
        }
    }

Fine:

    from sqlalchemy import create_engine
    from sqlalchemy.pool import NullPool

    local = create_engine("sqlite:///shop.db")
    behind_pgbouncer = create_engine(URL, poolclass=NullPool)
    main = create_engine(URL, pool_pre_ping=True)
    other = create_engine(URL, **OPTIONS)


    def dump(url):
        with create_engine(url).connect() as connection:
            return connection.execute(QUERY).one()

Fine (shop/settings.py):

    DATABASES = {
        "default": {"ENGINE": "django.db.backends.sqlite3", "NAME": "db.sqlite3"},
        "replica": {"ENGINE": "django.db.backends.postgresql", "OPTIONS": {"pool": True}},
    }

Fine (office/settings.py):

    import environ

    env = environ.Env()

    DATABASES = {
        "default": {**env.db("DATABASE_URL"), "CONN_MAX_AGE": env.int("DB_CONN_MAX_AGE", default=600)},
        "replica": env.db("REPLICA_URL") | {"CONN_MAX_AGE": 60},
    }

When to ignore: an external pooler in transaction mode holds the connections, or Django runs under ASGI.

References: https://docs.sqlalchemy.org/en/20/core/pooling.html#dealing-with-disconnects
https://docs.djangoproject.com/en/stable/ref/databases/#persistent-connections
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import PurePosixPath

from harden.checklists.database.db_surroundings import test_about
from harden.checklists.database.reach import is_reached_by_handler
from harden.checklists.database.urls import is_sqlite
from harden.checks import Check, Fix
from harden.findings import Finding, Risk, Severity
from harden.module import Module, has_star_arguments, keyword
from harden.roles import FileKind, Role, file_kind
from harden.tree import FunctionNode

check = Check(
    id="pool-config",
    title="Connections without a tended pool",
    severity=Severity.MEDIUM,
    fix=Fix("harden.codemods.pool:TendPool", Risk.REVIEW),
    words=(
        "create_engine",
        "create_async_engine",
        "SQLALCHEMY_",
        "ENGINE",
        "DATABASE",
        "connect",
        "dj_database_url",
    ),
    kinds=frozenset({FileKind.APP}),
)

_TENDED = ("pool_pre_ping", "pool_recycle", "poolclass", "pool", "creator", "async_creator")
_FLASK_TENDED = ("SQLALCHEMY_ENGINE_OPTIONS", "SQLALCHEMY_POOL_RECYCLE", "engine_options", "pool_pre_ping")
_FLASK_URI = "SQLALCHEMY_DATABASE_URI"
_SERVERS = ("postgresql", "psycopg2", "mysql", "oracle", "postgis", "mssql")
_PERSISTENT = "CONN_MAX_AGE"
_LAPTOP = frozenset({"dev", "development", "local", "test", "testing", "ci"})
"""Names of settings files that serve no production."""


@check.call(
    "sqlalchemy.create_engine",
    "sqlalchemy.engine.create_engine",
    "sqlalchemy.ext.asyncio.create_async_engine",
    "sqlmodel.create_engine",
)
def engine(module: Module, call: ast.Call, path: str) -> Iterator[Finding]:
    """Flag engines that live on and whose pool does not test its connections."""
    if has_star_arguments(call) or any(keyword(call, name) is not None for name in _TENDED):
        return
    url = call.args[0] if call.args else keyword(call, "url")
    if url is None or is_sqlite(module, url) or "check_same_thread" in module.segment(call):
        return
    if _lives_on(module, call):
        yield check.found(module, call, "the pool hands out dead connections", facts={"place": "call"})


@check.module
def flask_setting(module: Module) -> Iterator[Finding]:
    """Flag Flask-SQLAlchemy's database address where no engine options are set anywhere."""
    project = module.project
    if _FLASK_URI not in module.text or not project.mentions("flask_sqlalchemy"):
        return
    named = [path for name in _FLASK_TENDED for path in project.mentions(name)]
    if any(file_kind(path) is not FileKind.TEST for path in named):
        return
    for node, place, url in _flask_addresses(module):
        name = module.qualname(node).lower()
        if not is_sqlite(module, url) and "test" not in name:
            message = "Flask-SQLAlchemy's pool hands out dead connections"
            yield check.found(module, node, message, facts={"place": place})
            return


@check.node(ast.Dict)
def django_database(module: Module, node: ast.AST) -> Iterator[Finding]:
    """Flag Django databases whose connections are closed after each request."""
    if not isinstance(node, ast.Dict) or PurePosixPath(module.path).stem in _LAPTOP:
        return
    names = {key.value: value for key, value in zip(node.keys, node.values, strict=True) if _is_text(key)}  # type: ignore[union-attr]
    backend = module.string(names.get("ENGINE")) or ""
    if "." not in backend or not backend.endswith(_SERVERS) or None in node.keys or _PERSISTENT in names:
        return
    options = names.get("OPTIONS")
    pooled = options is not None and any(_is_text(n, "pool") for n in ast.walk(options))
    if not pooled and not _persistence_is_set_elsewhere(module):
        message = "Django opens a connection for every request"
        test = test_about(module.project, backend) if module.function(node) is not None else ""
        why_not = f"{test} may compare what this function returns: edit both." if test else ""
        yield check.found(module, node, message, facts={"place": "dict"}, why_not=why_not)


@check.call("dj_database_url.config", "dj_database_url.parse", "environ.Env.db", "environ.Env.db_url")
def django_address(module: Module, call: ast.Call, path: str) -> Iterator[Finding]:
    """Flag Django databases read from an address, whose connections are closed after each request."""
    if has_star_arguments(call) or keyword(call, "conn_max_age") is not None or module.function(call):
        return
    if _is_completed(module, call):
        return
    if (
        _persistence_is_set_elsewhere(module)
        or module.string(call.args[0] if call.args else None) == "sqlite"
    ):
        return
    own = path.startswith("dj_database_url.")
    why_not = "" if own else f'Set DATABASES["default"]["{_PERSISTENT}"] = 60 below it.'
    message = "Django opens a connection for every request"
    yield check.found(module, call, message, facts={"place": "address"}, why_not=why_not)


@check.call(
    "psycopg2.connect", "psycopg.connect", "psycopg.AsyncConnection.connect", "psycopg.Connection.connect"
)
@check.call(
    "pymysql.connect", "MySQLdb.connect", "mysql.connector.connect", "asyncpg.connect", "aiomysql.connect"
)
@check.call("oracledb.connect", "pyodbc.connect", "pymssql.connect")
def connection(module: Module, call: ast.Call, path: str) -> Iterator[Finding]:
    """Flag connections that are opened while a request waits."""
    if keyword(call, "pool_name") is not None:
        return
    function = module.function(call)
    if function is None or _is_kept(function):
        return
    if module.role(call) is Role.HANDLER or is_reached_by_handler(module, function):
        message = "a connection is opened for every request"
        why_not = "A pool has to be made once at start and closed at the end: see psycopg_pool or the like."
        yield check.found(module, call, message, why_not=why_not)


def _lives_on(module: Module, call: ast.Call) -> bool:
    """Tell whether an engine outlives the code that makes it."""
    function = module.function(call)
    statement = module.statement(call)
    targets = statement.targets if isinstance(statement, ast.Assign) else []
    if isinstance(statement, ast.AnnAssign):
        targets = [statement.target]
    names = [target.id for target in targets if isinstance(target, ast.Name)]
    if function is None:
        return not module.in_main_guard(call) and not _is_used_at_import(module, names)
    if module.role(call) is Role.CLI or isinstance(statement, ast.With | ast.AsyncWith):
        return False
    if isinstance(statement, ast.Return) or any(isinstance(target, ast.Attribute) for target in targets):
        return True
    return any(
        (isinstance(node, ast.Return) and isinstance(node.value, ast.Name) and node.value.id in names)
        or (isinstance(node, ast.Global) and not set(names).isdisjoint(node.names))
        for node in ast.walk(function)
    )


def _is_used_at_import(module: Module, names: list[str]) -> bool:
    """Tell whether the file works with the engine while it is loaded, as scripts do."""
    return any(
        node.attr in ("connect", "raw_connection")
        and isinstance(node.value, ast.Name)
        and node.value.id in names
        and module.function(node) is None
        for node in module.nodes(ast.Attribute)
    )


def _flask_addresses(module: Module) -> Iterator[tuple[ast.AST, str, ast.expr]]:
    """Yield what sets the address: the node to edit, what kind it is, and the address."""
    for argument in module.nodes(ast.keyword):
        if argument.arg == _FLASK_URI:
            yield argument, "argument", argument.value
    for node in module.nodes(ast.Dict):
        for key, value in zip(node.keys, node.values, strict=True):
            if _is_text(key, _FLASK_URI):
                yield node, "flask-dict", value
    for statement in module.nodes(ast.Assign):
        match statement.targets:
            case [ast.Name(id=name)] if name == _FLASK_URI:
                yield statement, "statement", statement.value
            case [ast.Subscript(slice=ast.Constant(value=name))] if name == _FLASK_URI:
                yield statement, "statement", statement.value


def _persistence_is_set_elsewhere(module: Module) -> bool:
    if module.project.mentions("ASGI_APPLICATION") or module.project.mentions("conn_max_age"):
        return True
    named = [node for node in module.nodes(ast.Constant) if node.value == _PERSISTENT]
    return any(not isinstance(module.parents.get(node), ast.Dict) for node in named)


def _is_completed(module: Module, call: ast.Call) -> bool:
    """Tell whether what a call reads is put into settings that say how long connections last."""
    match module.parents.get(call):
        case ast.Dict(keys=keys) | ast.BinOp(op=ast.BitOr(), right=ast.Dict(keys=keys)):
            return any(_is_text(key, _PERSISTENT) for key in keys)
        case _:
            return False


def _is_kept(function: FunctionNode) -> bool:
    """Tell whether a function keeps the connection for the next call."""
    cached = any("cache" in ast.unparse(decorator) for decorator in function.decorator_list)
    return cached or any(isinstance(node, ast.Global) for node in ast.walk(function))


def _is_text(node: ast.AST | None, text: str | None = None) -> bool:
    return (
        isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and (text is None or node.value == text)
    )
