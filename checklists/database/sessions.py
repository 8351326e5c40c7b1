"""Which session, connection or cursor an expression is, and how far it is one's own."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from harden.module import Module
from harden.tree import FunctionNode

_SESSIONS = (
    *("sqlalchemy.orm.Session", "sqlalchemy.orm.session.Session", "sqlmodel.Session"),
    *("sqlmodel.orm.session.Session", "sqlmodel.ext.asyncio.session.AsyncSession"),
    *("sqlalchemy.ext.asyncio.AsyncSession", "sqlalchemy.ext.asyncio.session.AsyncSession"),
    *("sqlalchemy.orm.sessionmaker", "sqlalchemy.orm.session.sessionmaker"),
    *("sqlalchemy.ext.asyncio.async_sessionmaker", "sqlalchemy.orm.create_session"),
)
_SCOPED = (
    *("sqlalchemy.orm.scoped_session", "sqlalchemy.orm.scoping.scoped_session"),
    *("sqlalchemy.ext.asyncio.async_scoped_session", "flask_sqlalchemy.SQLAlchemy.session"),
    "flask_sqlalchemy.extension.SQLAlchemy.session",
)
_ENGINES = ("sqlalchemy.create_engine.", "sqlalchemy.ext.asyncio.create_async_engine.", "sqlalchemy.engine.")
_CONNECTIONS = ("sqlalchemy.Connection", "sqlalchemy.ext.asyncio.AsyncConnection")
_DRIVERS = frozenset(
    {"sqlite3", "aiosqlite", "psycopg2", "psycopg", "psycopg_pool", "asyncpg", "aiopg", "pymysql", "MySQLdb"}
    | {"mysql", "aiomysql", "mariadb", "pyodbc", "pymssql", "duckdb", "oracledb", "cx_Oracle"}
)
ALCHEMY = frozenset({"sqlalchemy", "sqlmodel", "flask_sqlalchemy"})
_GIVES = frozenset(
    {"connect", "connection", "Connection", "AsyncConnection", "cursor", "Cursor", "AsyncCursor", "acquire"}
    | {"getconn", "begin", "begin_nested", "raw_connection", "session", "Session", "get_bind", "execute"}
    | {"scoped_session", "sessionmaker", "async_sessionmaker", "async_scoped_session", "AsyncSession"}
    | {"create_session", "create_scoped_session", "connections[]", "execution_options", "DictCursor"}
    | {"transaction", "PooledMySQLDatabase", "get_connection", "no_autoflush"}
)
"""Last parts of the paths of sessions, connections and cursors; others are rows, or what rows are made of."""
_NAMED = re.compile(
    r"(?i)(^|_)(db|session|sess|conn|connection|cur|cursor|dbsession|db_session|database|tx|transaction)\d?$"
)
"""Names that tell of a parameter without annotation what it is."""


class Kind(Enum):
    """What SQL goes through."""

    SESSION = "a session of SQLAlchemy"
    CONNECTION = "a connection of SQLAlchemy"
    DRIVER = "a connection or cursor of a driver"
    DJANGO = "Django's connection"


@dataclass(frozen=True, slots=True)
class Handle:
    """What statements go through: its kind and the library path that it was made by (empty if only named)."""

    kind: Kind
    path: str
    expr: ast.expr

    @property
    def scoped(self) -> bool:
        """Tell whether every thread or request has its own behind the name."""
        return self.path.startswith(_SCOPED)

    @property
    def flask(self) -> bool:
        """Tell whether Flask-SQLAlchemy removes it at the end of each request."""
        return self.path.startswith("flask_sqlalchemy.")

    @property
    def asynchronous(self) -> bool:
        """Tell whether its methods are awaited."""
        return "asyncio" in self.path or self.path.partition(".")[0] in ("aiosqlite", "asyncpg", "aiopg")


def handle_of(module: Module, expr: ast.expr) -> Handle | None:
    """Return what an expression is that statements are run on, None where it is nothing of the kind."""
    path = module.resolve(expr) or ""
    kind = kind_of(path)
    if kind is None and path and (known := _derived(module, path)):
        path, kind = known, kind_of(known)
    if kind is None and _is_untold(module, path) and _NAMED.search(_name(expr)):
        kind = _likely(module)
        path = ""
    return Handle(kind, path, expr) if kind is not None else None


def _derived(module: Module, path: str) -> str:
    """Return the library's path of what the project derives from a library's class: its own `SQLAlchemy`."""
    owner, _, last = path.rpartition(".")
    if path.endswith(".db.session"):
        return _SCOPED[-1] if "flask_sqlalchemy" in module.project.imported else _SCOPED[0]
    if last == "session" and module.project.owns(path):
        bases = module.project.ancestry((owner,))
        return next((f"{base}.session" for base in bases if base.startswith("flask_sqlalchemy.")), "")
    if module.project.owns(path) and last[:1].isupper():
        return next((base for base in module.project.ancestry((path,)) if kind_of(base) is not None), "")
    return ""


def kind_of(path: str) -> Kind | None:
    """Return the kind of what a resolved path stands for."""
    if path.rpartition(".")[2] not in _GIVES:
        return None
    if path.startswith((*_SESSIONS, *_SCOPED)):
        return Kind.SESSION
    if path.startswith(_ENGINES):
        return Kind.CONNECTION
    if path.startswith(_CONNECTIONS):
        return Kind.CONNECTION
    if path.startswith(("django.db.connection", "django.db.connections")):
        return Kind.DJANGO
    return Kind.DRIVER if path.partition(".")[0] in _DRIVERS and "." in path else None


def _is_untold(module: Module, path: str) -> bool:
    """Tell whether a path says nothing of what it stands for: a bare parameter, `flask.g.db`."""
    return not path or path.startswith(("flask.g.", "fastapi.Request.", "starlette.", "builtins.getattr"))


def _name(expr: ast.expr) -> str:
    if isinstance(expr, ast.Call):
        return ""
    return expr.id if isinstance(expr, ast.Name) else expr.attr if isinstance(expr, ast.Attribute) else ""


def _likely(module: Module) -> Kind | None:
    """Return what a thing that is only named as a session or connection is in this project."""
    if module.imports(*_DRIVERS):
        return Kind.DRIVER
    if module.imports(*ALCHEMY):
        return Kind.SESSION
    imported = module.project.imported
    if not imported.isdisjoint(ALCHEMY):
        return Kind.SESSION
    return Kind.DRIVER if not imported.isdisjoint(_DRIVERS) else None


def calls_on(module: Module, nodes: Iterator[ast.AST], *methods: str) -> Iterator[tuple[ast.Call, Handle]]:
    """Yield the calls of these methods on sessions, connections and cursors."""
    for node in nodes:
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in methods:
            handle = handle_of(module, node.func.value)
            if handle is not None:
                yield node, handle


def same_handle(first: ast.expr, second: ast.expr) -> bool:
    """Tell whether two expressions in one function name the same thing."""
    return ast.dump(first) == ast.dump(second)


def is_injected(module: Module, function: FunctionNode, name: str) -> bool:
    """Tell whether a parameter is filled by the framework: `db: Session = Depends(get_db)`."""
    arguments = function.args
    plain = [*arguments.posonlyargs, *arguments.args]
    defaults = [None] * (len(plain) - len(arguments.defaults)) + list(arguments.defaults)
    given = {arg.arg: value for arg, value in zip(plain, defaults, strict=True)}
    given |= {a.arg: v for a, v in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)}
    value = given.get(name)
    return isinstance(value, ast.Call) and (module.resolve(value.func) or "").endswith(("Depends", "Provide"))
