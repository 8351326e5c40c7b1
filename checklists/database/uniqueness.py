"""What keeps rows free of doubles: unique columns, constraints over several, indexes of MongoDB."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from harden.checklists.database.stores import USER, Store, collection_of, index_calls, plain
from harden.checklists.database.tables import created, schemas
from harden.model import Model
from harden.module import Module, is_literal, keyword
from harden.project import Project

_UNIQUE_INDEX = (
    r"(?is)\bcreate\s+unique\s+index\s+(?:if\s+not\s+exists\s+)?[\w.\"`]+\s+on\s+[\"`]?{table}[\"`]?"
    r"\s*(?:using\s+\w+\s*)?\(([^;]*?)\)\s*(?:where|;|\"|'|$)"
)
"""The columns of a unique index of a table."""


@dataclass(frozen=True, slots=True)
class Unique:
    """The groups of columns of which no two rows may hold the same; `unsure`: those of which it is not known.

    `complete`: no other group can be out of sight.
    """

    groups: tuple[frozenset[str], ...]
    unsure: frozenset[str] = frozenset()
    complete: bool = True
    columns: frozenset[str] | None = None


def is_unique(module: Module, store: Store, columns: Iterable[str]) -> bool | None:
    """Tell whether the database itself keeps these columns, together or some of them, free of doubles.

    None where it cannot be told.
    """
    names = frozenset(map(plain, columns))
    known = unique_in(module, store)
    if known is None or (known.columns is not None and not names <= known.columns):
        return None
    if any(group and group <= names for group in known.groups):
        return True
    if any(names <= group or len(names & group) > 1 for group in known.groups):
        return None  # what the question asks for beyond what is in sight may make it the whole of the group
    return False if known.complete and names.isdisjoint(known.unsure) else None


def unique_in(module: Module, store: Store) -> Unique | None:
    """Return what keeps the rows of a store free of doubles; None where its schema is not in sight."""
    if store.key == USER:
        return Unique((frozenset({"username"}), frozenset({"id"}), frozenset({"pk"})))
    if store.model is not None:
        return _in_model(store.model)
    if store.is_collection:
        return _in_collection(module, store.name)
    return _in_table(module.project, store.name)


def _in_model(model: Model) -> Unique:
    own = model.columns.values()
    stored = {plain(column.stored) for column in own}
    over = [_plain(index.columns) for index in model.indexes if index.unique]
    over += [frozenset({plain(column.name)}) for column in own if column.unique]
    complete = frozenset() not in over and not _is_hidden(model)
    unsure = frozenset(
        plain(column.name) for column in own if column.unique is None or column.primary_key is None
    )
    columns = frozenset({plain(column.name) for column in own} | stored | {"pk"})
    keys = (_plain(model.primary_key), frozenset({"pk"}))
    return Unique((*over, *keys), unsure, complete, columns)


def _plain(names: Iterable[str]) -> frozenset[str]:
    return frozenset(map(plain, names))


def _is_hidden(model: Model) -> bool:
    """Tell whether a statement of the class makes constraints that are not written out."""
    return any(
        isinstance(statement, ast.Assign)
        and any(
            isinstance(target, ast.Name) and target.id == "__table_args__" for target in statement.targets
        )
        and not isinstance(statement.value, ast.Tuple | ast.Dict)
        for _, owner in model.lineage
        for statement in owner.body
    )


def _in_table(project: Project, table: str) -> Unique | None:
    columns = created(project, table)
    if columns is None:
        return None
    over = [_names(group) for group in re.findall(r"(?is)\b(?:unique|primary\s+key)\s*\(([^)]*)\)", columns)]
    for line in re.split(r",(?![^(]*\))", columns):
        name = re.match(r"\s*[\"`]?(\w+)", line)
        if name and re.search(r"(?i)\bunique\b(?!\s*\()|\bprimary\s+key\b(?!\s*\()", line[name.end() :]):
            over.append(_plain({name[1]}))
    pattern = re.compile(_UNIQUE_INDEX.format(table=re.escape(table)))
    for path in schemas(project, "UNIQUE INDEX"):
        over += [_names(found) for found in pattern.findall(project.text(path))]
    return Unique(tuple(over))


def _names(group: str) -> frozenset[str]:
    words = {word.lower() for word in re.findall(r"[A-Za-z_]\w*", group)}
    return _plain(words - {"lower", "collate", "nocase", "desc", "asc"})


def _in_collection(module: Module, name: str) -> Unique:
    """Return the unique indexes that the project makes for a collection."""
    over, complete = [frozenset({plain("_id")})], True
    for other, call in _indexing(module):
        store = collection_of(other, call.func.value) if isinstance(call.func, ast.Attribute) else None
        keys = _keyed(other, call)
        if store is None or (store.name == name and keys is None):
            complete = False
        elif store.name == name and keys is not None:
            over.append(keys)
    return Unique(tuple(over), complete=complete)


def _indexing(module: Module) -> Iterator[tuple[Module, ast.Call]]:
    """Yield the calls of the project that make a unique index of MongoDB."""
    for other, call in index_calls(module):
        if is_literal(keyword(call, "unique"), True) or "unique=True" in other.segment(call):
            yield other, call


def _keyed(module: Module, call: ast.Call) -> frozenset[str] | None:
    """Return the fields of an index of MongoDB."""
    given = call.args[0] if call.args else keyword(call, "keys")
    if (text := module.string(given)) is not None:
        return _plain({text})
    if isinstance(given, ast.List) and given.elts:
        pairs = [item.elts[0] if isinstance(item, ast.Tuple) and item.elts else item for item in given.elts]
        names = list(map(module.string, pairs))
        return _plain(name for name in names if name) if None not in names else None
    return None
