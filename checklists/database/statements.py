"""SQL that is written out: whether it is bounded, and how its driver binds parameters."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass, replace

from harden.calls import callee_of
from harden.checklists.database.links import Chain
from harden.checklists.sql_drivers import Style, style_of
from harden.module import Module, is_literal
from harden.tree import FunctionNode, own_nodes

_BOUNDED_SQL = re.compile(
    r"(?is)\b(limit|fetch\s+(first|next)|top\s*\(?\s*\d|rownum|group\s+by|count\s*\(|sum\s*\(|max\s*\(|min\s*\(|avg\s*\("
    r"|exists\s*\(|distinct|\bid\s*=|(?<!not )\bin\s*\((?!\s*select\b)|any\s*\(|returning"
    r"|information_schema|pg_catalog|sqlite_master)"
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
    return _unbounded(module, call, path, run)


def handed_statement(module: Module, call: ast.Call) -> Statement | None:
    """Recognise `query_db("SELECT …")`: a function of the project that runs what it is given for all rows."""
    text = call.args[0] if call.args else None
    if not isinstance(text, ast.Constant | ast.JoinedStr) or any(
        is_literal(item, True) for item in _given(call)
    ):
        return None
    start = text.values[0] if isinstance(text, ast.JoinedStr) and text.values else text
    if not isinstance(start, ast.Constant) or not re.match(r"(?i)\s*select\b", str(start.value)):
        return None
    called = runner_of(module, call)
    found = _unbounded(module, call, "", call) if called is not None else None
    if found is None or called is None:
        return None
    return found if _takes_parameters(*called) else replace(found, mark="")


def runner_of(module: Module, call: ast.Call) -> tuple[FunctionNode, ast.Call] | None:
    """Return the function of the project that a call hands its statement to, and what runs it there."""
    called = callee_of(module, call)
    run = _run_in(called[1]) if called is not None else None
    return (called[1], run) if called is not None and run is not None else None


def _given(call: ast.Call) -> list[ast.expr]:
    return [*call.args[1:], *(item.value for item in call.keywords)]


def _run_in(function: FunctionNode) -> ast.Call | None:
    """Return the call that runs a function's first parameter, where all rows are fetched after it."""
    names = _parameters(function)
    calls = [node for node in own_nodes(function) if isinstance(node, ast.Call)]
    methods = {node.func.attr for node in calls if isinstance(node.func, ast.Attribute)}
    for node in calls:
        match node:
            case ast.Call(func=ast.Attribute(attr="execute"), args=[ast.Name(id=name), *_]):
                return node if "fetchall" in methods and names[:1] == [name] else None
    return None


def _takes_parameters(function: FunctionNode, run: ast.Call) -> bool:
    """Tell whether a function hands its second parameter to the driver, as the statement's own parameters."""
    given = run.args[1] if len(run.args) > 1 else None
    if isinstance(given, ast.BoolOp):  # `parameters or ()`
        given = given.values[0]
    return isinstance(given, ast.Name) and _parameters(function)[1:2] == [given.id]


def _parameters(function: FunctionNode) -> list[str]:
    names = [arg.arg for arg in (*function.args.posonlyargs, *function.args.args)]
    return names[1:] if names[:1] in (["self"], ["cls"]) else names


def _unbounded(module: Module, call: ast.Call, path: str, run: ast.Call) -> Statement | None:
    """Return the statement that a call runs, if it is a SELECT that nothing bounds."""
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
