"""Which database and driver an address names, through names, settings, defaults and other files."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from harden.checklists.database.urls import member_value, named_value
from harden.checklists.waiting import dependencies
from harden.module import Module, is_literal

_DEPTH = 8
_SCHEME = re.compile(r"([a-z0-9]+(?:\+[a-z0-9_]+)?)://")


def address(module: Module, expr: ast.expr | None, depth: int = 0) -> str:
    """Return the text of an address as far as it is constant; of one from the environment, its default."""
    if expr is None or depth > _DEPTH:
        return ""
    match expr:
        case ast.Constant(value=str() as text):
            return text
        case ast.JoinedStr(values=values):
            return "".join(address(module, value, depth + 1) or "…" for value in values)
        case ast.FormattedValue(value=value):
            return address(module, value, depth + 1)
        case ast.BinOp(left=left, right=right):
            return address(module, left, depth + 1) + (address(module, right, depth + 1) or "…")
        case ast.BoolOp(values=values) if values:
            return next(filter(None, (address(module, value, depth + 1) for value in values)), "")
        case ast.Call():
            return _called(module, expr, depth)
        case ast.Name():
            found = named_value(module, expr)
            return address(found[0], found[1], depth + 1) if found else ""
        case ast.Attribute(value=value, attr=name):
            held = member_value(module, value, name, defaults=True)
            return address(held[0], held[1], depth + 1) if held else ""
    return ""


def scheme(text: str) -> str:
    """Return `postgresql+asyncpg` and the like of an address, or an empty string."""
    found = _SCHEME.match(text)
    return found[1] if found else ""


def _called(module: Module, call: ast.Call, depth: int) -> str:
    """Look into `str(…)`, `os.getenv(…, default)`, `Field(…)`, `URL.create(driver)` and `.replace(…)`."""
    path = module.resolve(call.func) or ""
    name = path.rpartition(".")[2]
    defaults = [item.value for item in call.keywords if item.arg in ("default", "drivername")]
    if name in ("getenv", "get", "env", "config", "Field", "pop"):
        fallback = call.args[0] if name == "Field" else call.args[1] if len(call.args) > 1 else None
        given = defaults[0] if defaults else fallback
        return "" if is_literal(given, None) else address(module, given, depth + 1)
    if path.endswith(("URL.create", "engine.url.URL")):
        driver = defaults[0] if defaults else call.args[0] if call.args else None
        text = address(module, driver, depth + 1)
        return f"{text}://…" if text else ""
    if isinstance(call.func, ast.Name) and call.args:
        return address(module, call.args[0], depth + 1)
    if isinstance(call.func, ast.Attribute) and call.func.attr in ("replace", "format", "strip"):
        return address(module, call.func.value, depth + 1)
    return ""


_DEFAULTS = {"postgresql": "psycopg2", "postgres": "psycopg2", "mysql": "mysqldb", "mariadb": "mysqldb"}
_DECLARED = {
    "psycopg2": "psycopg2",
    "psycopg2-binary": "psycopg2",
    "psycopg": "psycopg",
    "asyncpg": "asyncpg",
    "pymysql": "pymysql",
    "mysqlclient": "mysqldb",
    "aiomysql": "aiomysql",
    "asyncmy": "asyncmy",
}


def driver_of(module: Module, text: str) -> str:
    """Return the driver that an address names, or the only one that the project declares if it names none."""
    database, _, driver = scheme(text).partition("+")
    if database:
        return driver or _DEFAULTS.get(database, "")
    if (text and not text.startswith("…")) or module.project.mentions("sqlite"):
        return ""  # what only PostgreSQL takes would break SQLite
    declared = {
        driver
        for name, driver in _DECLARED.items()
        if re.search(rf"(?im)^[\s\"'-]*{name}(?![\w-])", dependencies(module.project))
    }
    return declared.pop() if len(declared) == 1 else ""


_SETTINGS = re.compile(
    r"(^|/)(\.env[^/]*|pytest\.ini|tox\.ini|setup\.cfg|pyproject\.toml|[^/]*\.ya?ml|Makefile)$"
)


_NAMES = re.compile(r"\w*(?:db|database|url|uri|dsn|sql)\w*", re.IGNORECASE)
_ADDRESS = re.compile(r"sqlite(?!3\b)")


def may_be_sqlite(module: Module, url: ast.expr) -> bool:
    """Tell whether an address that is not fixed is SQLite's somewhere, as in the project's tests.

    Only where `sqlite` stands next to a name that the address comes from: a test may well have an
    engine of its own.
    """
    if module.string(url) is not None:
        return False
    found = named_value(module, url) if isinstance(url, ast.Name) else None
    text = ast.unparse(url) + (f" {ast.unparse(found[1])}" if found else "")
    names = {name.lower() for name in _NAMES.findall(re.sub(r"\w[\w+]*://", "", text))}
    return any(_gives_sqlite(lines, names) for lines in _lines_with_sqlite(module))


def is_sqlite_named(module: Module) -> bool:
    """Tell whether SQLite is spoken of anywhere in the project's code or settings."""
    return "sqlite" in module.text or any(True for _ in _lines_with_sqlite(module))


def _lines_with_sqlite(module: Module) -> Iterator[list[str]]:
    project = module.project
    settings = [path for path in project.paths if _SETTINGS.search(path)]
    for path in (module.path, *project.mentions("sqlite"), *settings):
        if "sqlite" in (text := project.text(path)):
            yield text.lower().splitlines()


def _gives_sqlite(lines: list[str], names: set[str]) -> bool:
    """Tell whether one of the names stands on a line with an address of SQLite, or on the next one to it."""
    for number, line in enumerate(lines):
        if _ADDRESS.search(line):
            near = " ".join(lines[max(0, number - 1) : number + 2])
            if not names or any(re.search(rf"(?<!\w){name}(?!\w)", near) for name in names):
                return True
    return False
