"""Written-out UPDATEs that are given a value worked out from what a SELECT read before."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass

from harden.calls import callee_of
from harden.checklists.database.links import chain_of
from harden.checklists.database.passing import place_of
from harden.checklists.database.read_modify import parts_of
from harden.checklists.database.sessions import handle_of
from harden.checklists.database.statements import last_execute, sql_text
from harden.checklists.database.tested_before import tested_before
from harden.checklists.database.transactions import serializable
from harden.flow import How, returned
from harden.module import Module

_UPDATE = re.compile(r"(?is)^\s*update\s+[\"`\[]?([\w.]+)[\"`\]]?\s+set\s+(.*?)(?:\s+where\s+(.*))?$")
_MARK = re.compile(r"(?i)\b(\w+)\s*=\s*(\?|%s|%\((\w+)\)s|:(\w+)|\$(\d+))(?=\s*(?:,|$|where\b|returning\b))")
_EXCLUSIVE = re.compile(
    r"(?i)begin\s+(immediate|exclusive)|isolation_level\s*=\s*[\"'](immediate|exclusive)|advisory"
)
_FETCHES = frozenset(
    {"fetchone", "first", "one", "one_or_none", "fetchrow", "fetchval", "scalar", "scalar_one"}
)
_FETCHES |= {"fetchall", "mappings", "fetch_one", "fetch_val", "scalar_one_or_none", "all", "fetchmany"}
_RUNS = frozenset({"execute", "fetchrow", "fetchval", "fetch_one", "fetch_val", "exec", "scalar"})
_OPS = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*"}
_SELECT = re.compile(r"(?i)\s*select\b")
_DEEP = 5


@dataclass(frozen=True, slots=True)
class Written:
    """A column that is written from its old value: the facts by which that is mended, or why it cannot be."""

    column: str
    facts: dict[str, str]
    why_not: str = ""


def sql_change(module: Module, call: ast.Call) -> Written | None:
    """Return the column that an UPDATE writes from what was read of it, None where there is none."""
    if len(call.args) < 2 or not isinstance(call.func, ast.Attribute):
        return None
    text = sql_text(module, call.args[0])
    found = _UPDATE.match(text.strip().rstrip(";")) if text else None
    if text is None or found is None or handle_of(module, call.func.value) is None:
        return None
    table, _, condition = found.groups()
    for mark in _MARK.finditer(text):
        column = mark.group(1)
        given = _given(module, call, text, mark)
        if given is None or re.search(rf"(?i)\b({column}|version)\b\s*=", condition or ""):
            continue
        if mark.start() > text.lower().find(" where ") > 0 or not _is_stale(module, given, table, column):
            continue
        return None if _is_exclusive(module, call) else _repair(module, call, mark, given, (table, column))
    return None


def _given(module: Module, call: ast.Call, text: str, mark: re.Match[str]) -> ast.expr | None:
    """Return the parameter that is bound to a placeholder."""
    name = mark.group(3) or mark.group(4)
    values: list[ast.expr] = call.args[1:]
    if mark.group(5) is None:
        held = module.flow.only(values[0])
        first = held.expr if held is not None and held.module is module else values[0]
        if isinstance(first, ast.Dict):
            keys = {
                k.value: v
                for k, v in zip(first.keys, first.values, strict=True)
                if isinstance(k, ast.Constant)
            }
            return keys.get(name)
        values = first.elts if isinstance(first, ast.Tuple | ast.List) else []
    at = int(mark.group(5)) - 1 if mark.group(5) else len(re.findall(r"\?|%s", text[: mark.start()]))
    return values[at] if at < len(values) and not any(isinstance(v, ast.Starred) for v in values) else None


def _is_stale(module: Module, given: ast.expr, table: str, column: str) -> bool:
    """Tell whether a value is worked out from the column as it was read before."""
    if isinstance(given, ast.Name):
        values = module.flow.values(given)
        added = any(value.how is How.ADDED for value in values)
        first = (v for v in values if v.how is How.GIVEN and v.expr is not None)
        if added and any(is_read(v.module, v.expr, table, column) for v in first if v.expr is not None):
            return True
    value = _value(module, given)
    if isinstance(value, ast.Name | ast.Subscript | ast.Attribute | ast.Constant):
        return False
    return any(is_read(module, part, table, column) for part in parts_of(value))


def _value(module: Module, given: ast.expr) -> ast.expr:
    """Return the expression that a parameter is worked out by."""
    held = module.flow.only(given) if isinstance(given, ast.Name) else None
    return held.expr if held is not None and held.expr is not None and held.module is module else given


def is_read(module: Module, expr: ast.expr, table: str, column: str, depth: int = 0) -> bool:
    """Tell whether an expression is what a SELECT read of a column of a table."""
    if depth > _DEEP:
        return False
    match expr:
        case ast.Await(value=inner):
            return is_read(module, inner, table, column, depth)
        case ast.Subscript(value=row, slice=ast.Constant(value=key)):
            return (not isinstance(key, str) or key == column) and _is_row(module, row, table, column, depth)
        case ast.Attribute(value=row, attr=key):
            return key == column and _is_row(module, row, table, column, depth)
        case ast.Name():
            return any(
                v.expr is not None
                and (
                    is_read(v.module, v.expr, table, column, depth + 1)
                    if v.how is How.GIVEN
                    else v.how is How.ITEM and _is_row(v.module, v.expr, table, column, depth + 1)
                )
                for v in module.flow.values(expr)
            )
        case ast.Call():
            return _is_row(module, expr, table, column, depth) or any(
                is_read(other, part, table, column, depth + 1)
                for other, value in _returned(module, expr)
                for part in parts_of(value)
            )
    return False


def _returned(module: Module, call: ast.Call) -> Iterator[tuple[Module, ast.expr]]:
    called = callee_of(module, call)
    if called is not None and called[1].name != "__init__":
        for value in returned(called[1]):
            yield called[0], value


def _is_row(module: Module, expr: ast.expr, table: str, column: str, depth: int) -> bool:
    """Tell whether an expression is a row that a SELECT of a column gave."""
    if depth > _DEEP:
        return False
    if isinstance(expr, ast.Await | ast.NamedExpr):
        return _is_row(module, expr.value, table, column, depth)
    if isinstance(expr, ast.Name):
        values = module.flow.values(expr)
        found = (v for v in values if v.expr is not None and v.how in (How.GIVEN, How.ITEM))
        return any(_is_row(v.module, v.expr, table, column, depth + 1) for v in found if v.expr is not None)
    if not isinstance(expr, ast.Call):
        return False
    text = _selected(module, expr)
    if text is None:
        return any(_is_row(other, v, table, column, depth + 1) for other, v in _returned(module, expr))
    names = re.search(rf"(?is)^\s*select\b.*(\b{column}\b|\*).*\bfrom\b.*\b{re.escape(table)}\b", text)
    return names is not None and "for update" not in text.lower()


def _selected(module: Module, call: ast.Call) -> str | None:
    """Return the SQL whose rows a call fetches."""
    text = sql_text(module, call.args[0]) if call.args else None
    if text is not None and _SELECT.match(text) and callee_of(module, call) is not None:
        return text  # a function of the project fetches what it is given
    chain = chain_of(module, call)
    if not chain.links or chain.links[-1].name not in _FETCHES:
        return None
    run = next((link.node for link in chain.links if link.name in _RUNS and link.arguments), None)
    if run is None and isinstance(call.func, ast.Attribute):
        run = last_execute(module, call, call.func.value)
    return sql_text(module, run.args[0]) if isinstance(run, ast.Call) and run.args else None


def _is_exclusive(module: Module, call: ast.Call) -> bool:
    """Tell whether the transaction lets no other writer in from the SELECT on."""
    function = module.function(call)
    text = module.segment(function) if function is not None else module.text
    if _EXCLUSIVE.search(text) or "FOR UPDATE" in text.upper() or serializable(module, call):
        return True
    return _EXCLUSIVE.search(module.text) is not None and "isolation_level" in module.text


def _repair(
    module: Module, call: ast.Call, mark: re.Match[str], given: ast.expr, what: tuple[str, str]
) -> Written:
    """Return how the sum is put into the UPDATE."""
    column = what[1]
    value = _value(module, given)
    literal = _literal(call.args[0])
    if literal is None or module.segment(literal).count(mark.group()) != 1:
        return Written(column, {}, "The SQL is not written out here: put the sum into it where it is.")
    if not isinstance(value, ast.BinOp) or type(value.op) not in _OPS:
        return Written(column, {}, "The new value is more than a sum: do it in the UPDATE, or lock the row.")
    left, right = (is_read(module, side, *what) for side in (value.left, value.right))
    if left == right or (right and isinstance(value.op, ast.Sub)):
        return Written(column, {}, "The new value is more than a sum: do it in the UPDATE, or lock the row.")
    other = value.right if left else value.left
    if any(is_read(module, part, *what) for part in parts_of(other)) or _changes(module, other, value, call):
        return Written(column, {}, "The new value is more than a sum: do it in the UPDATE, or lock the row.")
    note = _note(module, call, mark, what)
    return Written(
        column,
        {
            **note,
            "mode": "sql",
            "text": place_of(module, literal),
            "set": mark.group(),
            "sum": mark.group().replace(mark.group(2), f"{column} {_OPS[type(value.op)]} {mark.group(2)}"),
            "given": place_of(module, given),
            "by": " ".join(module.segment(other).split()),
        },
    )


def _note(module: Module, call: ast.Call, mark: re.Match[str], what: tuple[str, str]) -> dict[str, str]:
    """Return the note on a test of the old value, unless the UPDATE has a condition on it by itself."""
    column = what[1]
    where = re.search(r"(?is)\bwhere\b.*", mark.string)
    if where is not None and re.search(rf"\b{column}\b", where.group()):
        return {}
    test = tested_before(module, call, lambda side: is_read(module, side, *what))
    if test is None:
        return {}
    is_plain = not test.op or re.fullmatch(r"[\d.]+", test.bound) is not None
    by_position = mark.group(2) in ("?", "%s")
    given = test.bound if is_plain else mark.group(2) if by_position else f":{test.bound}"
    place = "WHERE" if is_plain else f"WHERE, with `{test.bound}` for it"
    return {"note": test.note(f"AND {column} {test.op} {given}", place, "a rowcount of 0")}


def _literal(expr: ast.expr) -> ast.Constant | None:
    """Return the text of a statement where it is written in the call, bare or within `text(…)`."""
    if isinstance(expr, ast.Call) and len(expr.args) == 1:
        expr = expr.args[0]
    return expr if isinstance(expr, ast.Constant) and isinstance(expr.value, str) else None


def _changes(module: Module, other: ast.expr, value: ast.expr, call: ast.Call) -> bool:
    """Tell whether what is added may be another value, or be worked out again, at the UPDATE."""
    if any(isinstance(node, ast.Call | ast.Await | ast.NamedExpr) for node in ast.walk(other)):
        return value.lineno != call.lineno and not (call.lineno <= value.lineno <= (call.end_lineno or 0))
    for name in (node for node in ast.walk(other) if isinstance(node, ast.Name)):
        bound, _ = module.names.bindings(name)
        if any(value.lineno < getattr(node, "lineno", 0) < call.lineno for node in bound):
            return True
    return False
