"""Fields by which documents of MongoDB are looked up, and for which the project makes no index."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from harden.checklists.database.index_worth import FEW_NAMED, SMALL
from harden.checklists.database.stores import DOCUMENTS, collection_of, index_calls
from harden.errors import UnreadableSource
from harden.module import Module, keyword
from harden.roles import FileKind, file_kind
from harden.words import words_of

_LOOKS_UP = frozenset(
    {"find", "find_one", "find_one_and_update", "find_one_and_delete", "find_one_and_replace", "update_one"}
    | {"delete_one", "replace_one", "count_documents", "update_many", "delete_many"}
)
_READS_ALL = frozenset({"$regex", "$exists", "$ne", "$nin", "$not", "$where", "$type", "$size"})


@dataclass(frozen=True, slots=True)
class LookUp:
    """A call that looks documents up: their collection, and the fields that an index serves."""

    call: ast.Call
    collection: str
    fields: tuple[str, ...]


def unindexed_documents(module: Module) -> Iterator[tuple[ast.Call, str, str]]:
    """Yield the first call of the project that looks up by a field without index, collection and field."""
    if module.project.imported.isdisjoint(DOCUMENTS):
        return
    seen: set[tuple[str, str]] = set()
    for look_up in look_ups(module):
        field = _lacking(module, look_up)
        if field and (look_up.collection, field) not in seen:
            seen.add((look_up.collection, field))
            if not _is_told_before(module, look_up.collection, field):
                yield look_up.call, look_up.collection, field


def look_ups(module: Module) -> Iterator[LookUp]:
    """Yield the calls of a module that look documents up by fields that are written out."""
    for call in module.nodes(ast.Call):
        if not isinstance(call.func, ast.Attribute) or call.func.attr not in _LOOKS_UP:
            continue
        given = call.args[0] if call.args else keyword(call, "filter")
        fields = _fields(given) if isinstance(given, ast.Dict) else ()
        store = collection_of(module, call.func.value) if fields else None
        if store is not None and SMALL.isdisjoint(words_of(store.name)[-1:]):
            yield LookUp(call, store.name, fields)


def _fields(condition: ast.Dict) -> tuple[str, ...]:
    """Return the fields of a condition that an index can serve; none where it has a way of its own."""
    names: list[str] = []
    for key, value in zip(condition.keys, condition.values, strict=True):
        name = key.value if isinstance(key, ast.Constant) and isinstance(key.value, str) else ""
        if not name or name == "_id" or name.startswith("$"):
            return ()
        operators = (
            {item.value for item in value.keys if isinstance(item, ast.Constant)}
            if isinstance(value, ast.Dict)
            else set()
        )
        if operators.isdisjoint(_READS_ALL):
            names.append(name)
    return tuple(names)


def _lacking(module: Module, look_up: LookUp) -> str:
    """Return the field to index, or nothing where a field of the condition has an index, or may have one."""
    indexed = _indexed(module, look_up.collection)
    if indexed is None or not indexed.isdisjoint(look_up.fields):
        return ""
    worth = (
        name for name in look_up.fields if FEW_NAMED.isdisjoint((*words_of(name)[:1], *words_of(name)[-1:]))
    )
    return next(worth, "")


def _indexed(module: Module, collection: str) -> set[str] | None:
    """Return the first fields of the indexes that the project makes for a collection; None if not known."""
    found: set[str] = set()
    for other, call in index_calls(module):
        if not isinstance(call.func, ast.Attribute):
            continue
        store = collection_of(other, call.func.value)
        field = _first_field(other, call)
        if store is None or (store.name == collection and field is None):
            return None
        if store.name == collection and field is not None:
            found.add(field)
    return found


def _first_field(module: Module, call: ast.Call) -> str | None:
    given = call.args[0] if call.args else keyword(call, "keys")
    if isinstance(given, ast.List | ast.Tuple) and given.elts:
        first = given.elts[0]
        given = first.elts[0] if isinstance(first, ast.Tuple) and first.elts else first
    return module.string(given)


def _is_told_before(module: Module, collection: str, field: str) -> bool:
    """Tell whether a file before this one looks up by the same field."""
    for path in module.project.naming(collection):
        if path >= module.path or file_kind(path) not in (FileKind.APP, FileKind.SCRIPT):
            continue
        try:
            other = module.project.module(path)
        except UnreadableSource:
            continue
        if any(item.collection == collection and _lacking(other, item) == field for item in look_ups(other)):
            return True
    return False
