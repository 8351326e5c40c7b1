"""Rows that are fetched into a list of which only the length, or being there, is asked."""

from __future__ import annotations

import ast
import re

from harden.checklists.database.emptiness import Need, Wanted
from harden.checklists.database.purposes import bindings_of
from harden.checklists.database.queries import rows_of
from harden.module import Module

_ADVICE = {
    "query": "Ask for the number where the rows are fetched: `.count()`, or `select(func.count())`.",
    "queryset": "Ask once, `number = ….count()`, and go by that.",
    "sql": "Let the statement count: `SELECT COUNT(*)`, or `SELECT 1 … LIMIT 1` where one is enough.",
    "mongo": "Ask the collection: `count_documents(…)`, or `find_one(…)` where one is enough.",
}
"""What a person writes instead, by the styles of queries."""
_ADVISED_ELSEWHERE = frozenset({"query", "queryset"})
"""Styles of which `len(…)` around the query itself is mended by a codemod."""
_GROUPED = re.compile(r"(?i)\b(group\s+by|distinct|having|union|pragma|returning)\b")


def fetched_for_number(module: Module, call: ast.Call) -> Need | None:
    """Recognise `len(cursor.fetchall())`, `len(list(users.find()))`, and the same by a local name."""
    if not isinstance(call.func, ast.Name) or call.func.id != "len" or len(call.args) != 1:
        return None
    counted = call.args[0]
    rows = _only_counted(module, counted) if isinstance(counted, ast.Name) else counted
    style = _style(module, rows) if rows is not None else ""
    if not style or (style in _ADVISED_ELSEWHERE and rows is counted):
        return None
    return Need(call, Wanted.NUMBER, why_not=_ADVICE[style])


def _only_counted(module: Module, name: ast.Name) -> ast.expr | None:
    """Return the value of a local name of which nothing but the number is asked."""
    bound = bindings_of(module, name)
    statement = module.parents.get(bound[0]) if len(bound) == 1 else None
    if not isinstance(statement, ast.Assign) or statement.targets != bound:
        return None
    function = module.function(statement)
    if function is None or name.id not in module.names.scopes[function].bindings:
        return None
    uses = [use for use in module.nodes(ast.Name) if use.id == name.id and bindings_of(module, use) == bound]
    loads = [use for use in uses if isinstance(use.ctx, ast.Load)]
    counted = [use for use in loads if _is_counted(module, use)]
    is_only = all(use in counted or _is_test(module, use) for use in loads)
    return statement.value if is_only and counted[0] is name else None


def _is_counted(module: Module, use: ast.expr) -> bool:
    match module.parents.get(use):
        case ast.Call(func=ast.Name(id="len"), args=[arg]):
            return arg is use
    return False


def _is_test(module: Module, use: ast.expr) -> bool:
    match module.parents.get(use):
        case ast.If(test=test) | ast.IfExp(test=test) | ast.UnaryOp(op=ast.Not(), operand=test):
            return test is use
    return False


def _style(module: Module, rows: ast.expr) -> str:
    """Return how the rows are fetched, an empty text where they are not."""
    match rows:
        case ast.Call(func=ast.Name(id="list"), args=[ast.Call() as inner]):
            rows = inner
        case ast.Await(value=ast.Call() as inner):
            rows = inner
    found = rows_of(module, rows) if isinstance(rows, ast.Call) else None
    if found is None or found.style not in _ADVICE or _GROUPED.search(found.sql):
        return ""
    return found.style
