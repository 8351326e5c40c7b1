"""Which placeholder a database call understands."""

from __future__ import annotations

import ast
from enum import Enum

from harden.module import Module


class Style(Enum):
    """How a driver writes a bound parameter."""

    QMARK = "qmark"
    FORMAT = "format"
    NAMED = "named"
    DOLLAR = "dollar"
    UNKNOWN = ""


_STYLES = {
    "sqlite3": Style.QMARK,
    "aiosqlite": Style.QMARK,
    "duckdb": Style.QMARK,
    "pyodbc": Style.QMARK,
    "psycopg2": Style.FORMAT,
    "psycopg": Style.FORMAT,
    "MySQLdb": Style.FORMAT,
    "pymysql": Style.FORMAT,
    "mysql": Style.FORMAT,
    "aiomysql": Style.FORMAT,
    "aiopg": Style.FORMAT,
    "pymssql": Style.FORMAT,
    "django": Style.FORMAT,
    "asyncpg": Style.DOLLAR,
}


def style_of(module: Module, call: ast.Call, path: str) -> Style:
    """Return the placeholder of a call, by its driver, else by the only driver of file or project."""
    if path == "sqlalchemy.text":
        return Style.NAMED
    if path.rpartition(".")[2] in ("executescript", "RawSQL") or path.startswith(("pandas.", "sqlalchemy.")):
        return Style.UNKNOWN
    if path.endswith(".raw") or path.startswith("django."):
        return Style.FORMAT if module.imports("django") or ".objects" in path else Style.UNKNOWN
    known = _STYLES.get(path.partition(".")[0])
    if known is not None:
        return known
    if module.imports("sqlalchemy", "flask_sqlalchemy", "sqlmodel"):
        return Style.UNKNOWN
    here = {name for name in _STYLES if module.imports(name)}
    return _only(here or _in_project(module))


def is_driver(path: str) -> bool:
    """Tell whether a call is one of a driver's own."""
    return path.partition(".")[0] in _STYLES and not path.startswith("django.")


def list_style(module: Module, call: ast.Call) -> str:
    """Return `list` where Django's own way is a list of parameters, else `tuple`."""
    return "list" if module.imports("django") else "tuple"


def _only(drivers: set[str]) -> Style:
    styles = {_STYLES[driver] for driver in drivers}
    return styles.pop() if len(styles) == 1 else Style.UNKNOWN


def _in_project(module: Module) -> set[str]:
    """Return the drivers that the project imports anywhere; SQLAlchemy hides which, so then none."""
    found: set[str] = set()
    for path in module.project.names.values():
        text = module.project.read(path) if module.project.exists(path) else b""
        if b"import sqlalchemy" in text or b"from sqlalchemy" in text:
            return set()
        found |= {
            name for name in _STYLES if f"import {name}".encode() in text or f"from {name}".encode() in text
        }
    return found
