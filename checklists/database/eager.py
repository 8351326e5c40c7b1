"""Which loaders a query lacks, as the codemod writes them, and where it cannot."""

from __future__ import annotations

import ast
from collections.abc import Iterable

from harden.checklists.database.loaded import Path
from harden.checklists.database.passing import place_of
from harden.checklists.database.per_row import used_per_row
from harden.checklists.database.related import Way
from harden.checklists.database.row_held import Missed
from harden.checklists.database.row_reading import Reading
from harden.checklists.database.row_starts import CHAIN, NOWHERE, Start
from harden.checklists.database.row_steps import KEEPS, QUERYSET_STEPS, name_of
from harden.model_facts import Orm
from harden.module import Module

_SHOWN = 5
_MOST = 12
"""Loaders in one query; what lacks more wants another answer, not another query."""
_MERGES = frozenset({"union", "intersection", "difference", "from_statement"})
_PARTS = frozenset({"only", "defer"})
_LOCKS = frozenset({"with_for_update", "select_for_update", "group_by", "distinct", "having"})


def message_for(start: Start, missing: dict[Path, Missed]) -> str:
    """Return what is wrong with a query, in words."""
    paths = [".".join(path) for path in _longest(missing)]
    if len(paths) > _SHOWN:
        paths = [*paths[: _SHOWN - 1], f"{len(paths) - _SHOWN + 1} more"]
    first = paths[0] if len(paths) == 1 else f"{', '.join(paths[:-1])} and {paths[-1]}"
    if all(missed.one for missed in missing.values()):
        return f"{first} of this {start.name} costs a query for each row"
    return f"{first} of each {start.name} costs a query of its own"


def loads_for(module: Module, start: Start, reading: Reading) -> dict[str, str]:
    """Return where the codemod puts which loaders, as text."""
    missing = reading.missing
    is_django = start.orm is Orm.DJANGO
    lines = _django(missing, reading) if is_django else _sqlalchemy(start, missing, reading)
    place = _place(module, start)
    merged = {name: place_of(module, call) for name, call in reading.calls.items()}
    return {
        "form": start.form,
        "place": place_of(module, place),
        "orm": "django" if is_django else "sqlalchemy",
        "loads": "\n".join(lines),
        "goes_on": "yes" if isinstance(module.parents.get(place), ast.Attribute) else "",
        "model": _named(module, start),
        "manager": start.manager,
        **merged,
    }


def _place(module: Module, start: Start) -> ast.expr:
    """Return what a loader goes behind: the beginning of a query, or the line of a chain that it begins.

    A method of an own manager is passed, for what it is called on may not be one of querysets.
    """
    place = start.place
    if start.form != CHAIN:
        return place
    is_django, is_laid_out = start.orm is Orm.DJANGO, False
    for outer in module.ancestors(start.place):
        if isinstance(outer, ast.Attribute):
            if (outer.end_lineno or 0) > (outer.value.end_lineno or 0) and not is_laid_out:
                place, is_laid_out = outer.value, True
        elif not isinstance(outer, ast.Call):
            break
        elif name_of(outer) not in KEEPS and (is_django and name_of(outer) not in QUERYSET_STEPS):
            place, is_laid_out = outer, False
        elif name_of(outer) not in KEEPS:
            break
        if outer is start.report:
            break
    return place


def _named(module: Module, start: Start) -> str:
    """Return how the query itself names its model."""
    match start.place:
        case ast.Call(args=[first, *_]):
            return module.segment(first)
        case ast.Attribute(value=value) if start.form == CHAIN:
            return module.segment(value)
    return module.segment(start.place)


def obstacle(module: Module, start: Start, reading: Reading) -> str:
    """Return why no loader can be put into a query mechanically, or nothing."""
    missing = reading.missing
    if start.form == NOWHERE:
        chain = ", ".join(".".join(path) for path in _longest(missing))
        return f"No query stands here: load {chain} in the query of what has the {start.name} rows."
    if len(_longest(missing)) > _MOST:
        return "It lacks so much that other, smaller answers serve better than one query for all of it."
    if not reading.steps.isdisjoint(_MERGES):
        return "It combines queries, which cannot take a loader as a whole."
    to_one = any(not missed.ways[0].many for missed in missing.values())
    if not reading.steps.isdisjoint(_PARTS) and to_one:
        return "It loads only some columns: name the keys of the relation among them first."
    to_many = any(way.many for missed in missing.values() for way in missed.ways)
    if start.orm is Orm.DJANGO and "iterator" in reading.steps and to_many:
        return "It is read in chunks by iterator(): give that a chunk_size, and prefetch then."
    if _is_early(start) and any(way.from_back for missed in missing.values() for way in missed.ways):
        return (
            "A backref of the other model makes this relation, which may not be there when this runs first."
        )
    if start.method and start.form == CHAIN and (place := used_per_row(module, start.method)):
        return f"{place} runs it for each of many rows, where only a prefetch in their own query helps."
    return ""


def _is_early(start: Start) -> bool:
    """Tell whether loaders may be named before SQLAlchemy has looked at all models: not behind a `query`."""
    is_statement = isinstance(start.place, ast.Call) and name_of(start.place) != "query"
    return start.orm is not Orm.DJANGO and is_statement


def _longest(missing: Iterable[Path]) -> list[Path]:
    """Return the paths that no other path goes on from, in order."""
    paths = list(missing)
    return [
        path for path in paths if not any(other != path and other[: len(path)] == path for other in paths)
    ]


def _django(missing: dict[Path, Missed], reading: Reading) -> list[str]:
    """Return `select_related` for what leads to one row, `prefetch_related` for the rest."""
    found: dict[str, list[str]] = {"select_related": [], "prefetch_related": []}
    locks = "select_for_update" in reading.steps
    for path in _longest(missing):
        many = any(way.many for way in missing[path].ways)
        found["prefetch_related" if many or locks else "select_related"].append("__".join(path))
    return ["\t".join((name, *paths)) for name, paths in found.items() if paths]


def _sqlalchemy(start: Start, missing: dict[Path, Missed], reading: Reading) -> list[str]:
    """Return a line for each chain of loaders: loader, model's module, its name and attribute of each hop."""
    lines = []
    locks = not reading.steps.isdisjoint(_LOCKS)
    for path in _longest(missing):
        ways = missing[path].ways
        model = start.model
        if model is None:
            continue
        hops = []
        for at, way in enumerate(ways):
            is_there = path[: at + 1] not in missing and path[: at + 1] in reading.loaded
            loader = "defaultload" if is_there else _loader(way, locks=locks)
            hops.append(f"{loader} {model.module.name} {model.name} {way.name}")
            if way.model is not None:
                model = way.model
        lines.append("\t".join(hops))
    return lines


def _loader(way: Way, *, locks: bool) -> str:
    return "selectinload" if way.many or locks else "joinedload"
