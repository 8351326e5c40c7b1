"""SQL that is written out: whether it is bounded, and how its driver binds parameters."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass

from harden.checklists.database.links import Chain
from harden.checklists.sql_drivers import Style, style_of
from harden.module import Module

_BOUNDED_SQL = re.compile(
    r"(?is)\b(limit|fetch\s+(first|next)|top\s*\(?\s*\d|rownum|group\s+by|count\s*\(|sum\s*\(|max\s*\(|min\s*\(|avg\s*\("
    r"|exists\s*\(|distinct|\bid\s*=|\bin\s*\(|any\s*\(|returning|information_schema|pg_catalog|sqlite_master)"
)
_MARKS = {Style.QMARK: "?", Style.FORMAT: "%s", Style.NAMED: ":", Style.DOLLAR: "$", Style.UNKNOWN: ""}


@dataclass(frozen=True, slots=True)
class Statement:
    """A SELECT without a bound: the call that runs it, its text, and how parameters are written."""

    run: ast.Call
    text: str
    mark: str
    ordered: bool
    filtered: bool


def statement_of(module: Module, call: ast.Call, chain: Chain) -> Statement | None:
    """Recognise `cursor.execute("SELECT …")` whose rows are all fetched, if nothing bounds them."""
    fetched = chain.links[-1].name in ("fetchall", "all", "mappings")
    run = next(
        (link.node for link in chain.links if link.name in ("execute", "exec", "fetch", "fetch_all")), None
    )
    if run is None and chain.links[-1].name == "fetchall" and isinstance(call.func, ast.Attribute):
        run = last_execute(module, call, call.func.value)
    path = module.resolve(call.func) or ""
    if not isinstance(run, ast.Call) or not run.args:
        return None
    if not fetched and not (path.startswith("asyncpg.") and path.endswith(".fetch")):
        return None
    text = sql_text(module, run.args[0])
    if text is None or not re.match(r"(?i)\s*select\b", text) or _BOUNDED_SQL.search(text):
        return None
    where = re.search(r"(?i)\bwhere\b.*=", text, re.DOTALL) is not None
    mark = _mark(module, call, path, run.args[0], text)
    ordered = re.search(r"(?i)\border\s+by\b", text) is not None
    return Statement(run, text, mark, ordered, where)


def _mark(module: Module, call: ast.Call, path: str, statement: ast.expr, text: str) -> str:
    """Return how bound parameters are written: by the driver, or by those that there are."""
    if isinstance(statement, ast.Call) or path.startswith(("sqlalchemy.", "sqlmodel.", "flask_sqlalchemy.")):
        return ":"
    return _MARKS[style_of(module, call, path)] or ("%s" if "%s" in text else "")


def sql_text(module: Module, expr: ast.expr) -> str | None:
    """Return SQL as far as it is constant."""
    if isinstance(expr, ast.Call) and (module.resolve(expr.func) or "").endswith(".text") and expr.args:
        return sql_text(module, expr.args[0])
    if isinstance(expr, ast.JoinedStr):
        return " ".join(str(part.value) for part in expr.values if isinstance(part, ast.Constant))
    return module.string(expr)


def last_execute(module: Module, call: ast.Call, cursor: ast.expr) -> ast.Call | None:
    """Return the last `cursor.execute(…)` above in the same function."""
    function = module.function(call)
    found = [
        other
        for other in module.nodes(ast.Call)
        if isinstance(other.func, ast.Attribute)
        and other.func.attr == "execute"
        and other.lineno <= call.lineno
        and other is not call
        and module.function(other) is function
        and ast.dump(other.func.value) == ast.dump(cursor)
    ]
    return found[-1] if found else None
