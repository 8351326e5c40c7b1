"""UPDATEs made by `update(…)`, `values(…)` and `$set` that are given a value worked out from a loaded row."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import replace

from harden.checklists.database.links import chain_of
from harden.checklists.database.models import manager_in
from harden.checklists.database.passing import place_of
from harden.checklists.database.read_modify import ALCHEMY, parts_of, reads
from harden.checklists.database.row_locks import LOCKS
from harden.checklists.database.rows import Origin, Row, row_of
from harden.checklists.database.sql_changes import Written
from harden.checklists.database.tested_before import tested_before
from harden.flow import How
from harden.module import Module

_ATOMS = (ast.Name, ast.Constant, ast.Attribute, ast.Subscript, ast.Call)
_FINDS = frozenset({"find_one", "find_one_and_update", "find_one_or_404"})


def value_change(module: Module, call: ast.Call) -> Written | None:
    """Return the column that a call writes from what was read of it, None where there is none."""
    if not isinstance(call.func, ast.Attribute):
        return None
    if call.func.attr in ("update_one", "find_one_and_update"):
        return _mongo(module, call)
    pairs = list(_pairs(call))
    if not any(isinstance(node, ast.Attribute) for _, value in pairs for node in parts_of(value)):
        return None
    chain = chain_of(module, call)
    is_update = "update" in chain.names or _last(module.resolve(chain.root)) == "update"
    if not is_update or not (
        manager_in(module, chain) is not None
        or chain.names & {"query", "where", "filter", "filter_by", "values"}
    ):
        return None
    for column, value in pairs:
        read = next((part for part in parts_of(value) if _is_read(part, column)), None)
        if read is None or read is value or not isinstance(read, ast.Attribute):
            continue
        row = row_of(module, read.value)
        if row is None or row.origin is Origin.CREATED or not row.steps.isdisjoint(LOCKS):
            continue
        if any(_compares(link.node, column) for link in chain.links if link.node is not call):
            return None  # compare and swap
        facts, why_not = _inline(module, value, read, row)
        return Written(column, facts | _note(module, call, read, facts) if facts else {}, why_not)
    return None


def _last(path: str | None) -> str:
    return (path or "").rpartition(".")[2]


def _pairs(call: ast.Call) -> Iterator[tuple[str, ast.expr]]:
    """Yield columns and their new values: by keyword, or in a dict by name or attribute."""
    for item in call.keywords:
        if item.arg is not None:
            yield item.arg, item.value
    for given in call.args:
        if isinstance(given, ast.Dict):
            for key, value in zip(given.keys, given.values, strict=True):
                if isinstance(key, ast.Constant) and isinstance(key.value, str):
                    yield key.value, value
                elif isinstance(key, ast.Attribute):
                    yield key.attr, value


def _is_read(part: ast.expr, column: str) -> bool:
    return isinstance(part, ast.Attribute) and part.attr == column and not _is_class(part.value)


def _is_class(expr: ast.expr) -> bool:
    name = expr.attr if isinstance(expr, ast.Attribute) else expr.id if isinstance(expr, ast.Name) else ""
    return name[:1].isupper() or name == "c"


def _compares(link: ast.Attribute | ast.Call, column: str) -> bool:
    """Tell whether a step of the query asks for the old value."""
    if not isinstance(link, ast.Call):
        return False
    names = {item.arg for item in link.keywords}
    named = any(isinstance(n, ast.Attribute) and n.attr == column for arg in link.args for n in ast.walk(arg))
    return column in names or "version" in names or named


def _inline(module: Module, value: ast.expr, read: ast.Attribute, row: Row) -> tuple[dict[str, str], str]:
    """Return the facts by which the read becomes the column itself, or why it cannot."""
    model = row.model
    is_sum = isinstance(value, ast.BinOp) and isinstance(value.op, ast.Add | ast.Sub | ast.Mult)
    if model is None or not model.lineage or not is_sum:
        return {}, "The new value is more than a sum: do it in the UPDATE, or lock the row when it is loaded."
    home = "" if model.module is module else model.module.name
    named = (
        {"entity": model.name, "home": home}
        if model.orm in ALCHEMY
        else {"entity": "F", "home": "django.db.models"}
    )
    return {"mode": "inline", "place": place_of(module, read), "column": read.attr, **named}, ""


def _note(module: Module, call: ast.Call, read: ast.Attribute, facts: dict[str, str]) -> dict[str, str]:
    """Return the note on a test of the old value that comes before."""
    test = tested_before(module, call, lambda side: reads(side, read))
    if test is None:
        return {}
    if facts["entity"] != "F":
        condition = f"{facts['entity']}.{read.attr} {test.op} {test.bound}"
        return {"note": test.note(condition, "where()", "a rowcount of 0")}
    condition = f"{read.attr}__{test.suffix}={test.bound}" if test.op else ""
    return {"note": test.note(condition, "filter()", "0 updated rows")}


def _mongo(module: Module, call: ast.Call) -> Written | None:
    """Recognise `update_one(…, {"$set": {"count": document["count"] + 1}})`."""
    change = call.args[1] if len(call.args) > 1 else None
    if not isinstance(change, ast.Dict) or (module.function(call)) is None:
        return None
    for key, inner in zip(change.keys, change.values, strict=True):
        if not (isinstance(key, ast.Constant) and key.value == "$set" and isinstance(inner, ast.Dict)):
            continue
        for column, value in zip(inner.keys, inner.values, strict=True):
            name = column.value if isinstance(column, ast.Constant) else None
            if not isinstance(name, str) or not _is_from_document(module, value, name):
                continue
            if name in ast.unparse(call.args[0]):
                return None  # compare and swap
            whole = len(change.keys) == 1 and len(inner.keys) == 1
            if not whole:
                return Written(name, {}, _INC)
            found = _increment(module, name, change, value)
            return (
                replace(found, facts=found.facts | _filter_note(module, call, name)) if found.facts else found
            )
    return None


_INC = "Several fields are set together: give this one an `$inc` of its own."


def _filter_note(module: Module, call: ast.Call, name: str) -> dict[str, str]:
    """Return the note on a test of the field that was made on the document."""
    test = tested_before(module, call, lambda side: _is_field(module, side, name))
    if test is None:
        return {}
    condition = f'"{name}": {{"${test.suffix}": {test.bound}}}' if test.op else ""
    is_found = isinstance(call.func, ast.Attribute) and call.func.attr == "find_one_and_update"
    return {"note": test.note(condition, "filter", "None" if is_found else "a modified_count of 0")}


def _is_from_document(module: Module, value: ast.expr, name: str) -> bool:
    """Tell whether a value is worked out from a field of a document that was found before."""
    held = module.flow.only(value) if isinstance(value, ast.Name) else None
    value = held.expr if held is not None and held.expr is not None else value
    return isinstance(value, ast.BinOp) and any(_is_field(module, part, name) for part in parts_of(value))


def _is_field(module: Module, part: ast.expr, name: str) -> bool:
    match part:
        case ast.Subscript(value=ast.Name() as document, slice=ast.Constant(value=key)) if key == name:
            return _is_document(module, document)
        case ast.Call(
            func=ast.Attribute(value=ast.Name() as document, attr="get"), args=[ast.Constant(value=key), *_]
        ):
            return key == name and _is_document(module, document)
        case ast.Name():
            held = module.flow.only(part)
            return held is not None and held.expr is not None and _is_field(module, held.expr, name)
    return False


def _is_document(module: Module, document: ast.Name) -> bool:
    for value in module.flow.values(document):
        expr = value.expr.value if isinstance(value.expr, ast.Await) else value.expr
        found = isinstance(expr, ast.Call) and getattr(expr.func, "attr", "") in _FINDS
        if value.how is How.GIVEN and found:
            return True
    return False


def _increment(module: Module, name: str, change: ast.Dict, value: ast.expr) -> Written:
    """Return the facts for `{"$inc": {"count": 1}}`."""
    held = module.flow.only(value) if isinstance(value, ast.Name) else None
    value = held.expr if held is not None and held.expr is not None else value
    if not isinstance(value, ast.BinOp) or not isinstance(value.op, ast.Add | ast.Sub):
        return Written(name, {}, "The new value is worked out before: give `$inc` what is added to it.")
    left = _is_field(module, value.left, name)
    other = value.right if left else value.left
    if (not left and isinstance(value.op, ast.Sub)) or _is_field(module, other, name):
        return Written(name, {}, "The new value is more than a sum: find and update in one step.")
    if held is not None and not isinstance(other, ast.Name | ast.Constant):
        return Written(name, {}, "The new value is worked out before: give `$inc` what is added to it.")
    by = module.segment(other)
    if isinstance(value.op, ast.Sub):
        by = f"-{by}" if isinstance(other, _ATOMS) else f"-({by})"
    return Written(name, {"mode": "mongo", "place": place_of(module, change), "column": name, "by": by})
