"""What an expression holds of a query while its rows are followed through the code."""

from __future__ import annotations

import ast
from dataclasses import dataclass, replace
from enum import Enum

from harden.checklists.database.loaded import Path
from harden.checklists.database.related import Way
from harden.model import Model


class Kind(Enum):
    """What an expression holds."""

    ROW = "one row"
    ROWS = "rows, or what gives them"
    TUPLES = "tuples that hold a row each"
    MANAGER = "the related rows of Django, not asked for yet"


@dataclass(frozen=True, slots=True)
class Held:
    """What an expression holds of a query: rows of a model, reached by relations; `each`: for many rows.

    `free` are relations that lead back to rows that are there; `few`: there are only a handful of rows;
    `one`: the query gives a single row.
    """

    kind: Kind
    model: Model | None
    outside: str = ""
    ways: tuple[Way, ...] = ()
    each: bool = False
    few: bool = False
    free: frozenset[str] = frozenset()
    one: bool = False

    @property
    def path(self) -> Path:
        """Return the relations from the query to here."""
        return tuple(way.name for way in self.ways)

    @property
    def row(self) -> Held:
        """Return what one of some rows is; one row is itself."""
        if self.kind is Kind.ROW:
            return self
        return replace(self, kind=Kind.ROW, each=self.each or not self.few, few=False)

    def behind(self, way: Way) -> Held:
        """Return what a relation of a row gives."""
        free = frozenset({way.back} if way.back else ())
        kind = Kind.ROWS if way.many else Kind.ROW
        return Held(kind, way.model, way.outside, (*self.ways, way), self.each, False, free, self.one)

    def passes(self, way: Way) -> bool:
        """Tell whether a relation was gone along before, so that there is no end to it."""
        return any(way.name == before.name and way.owner == before.owner for before in self.ways)


@dataclass(frozen=True, slots=True)
class Missed:
    """A relation that is read row by row: by which way, where it is read first, and where in the own file.

    `one`: the query gives a single row, whose related rows are asked one by one.
    """

    ways: tuple[Way, ...]
    place: str
    one: bool = False
    counted: ast.expr | None = None


@dataclass(frozen=True, slots=True)
class Apart:
    """A relation that is asked anew for each row, which no loader serves, and where in the own file."""

    name: str
    node: ast.expr | None = None
