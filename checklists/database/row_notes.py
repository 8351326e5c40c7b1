"""What is noted of a query while its rows are followed: what it brings along, and what it lacks."""

from __future__ import annotations

import ast

from harden.checklists.database.loaded import EVERY_ONE, STEPS, Path, loaded_by
from harden.checklists.database.related import Way
from harden.checklists.database.row_held import Apart, Held, Kind, Missed
from harden.checklists.database.row_steps import narrowed_by
from harden.model_facts import Orm
from harden.module import Module

_MOST = 1500
"""Expressions that are followed for one query."""
_ENOUGH = 30
"""Relations that one query may lack; nobody reads on after that."""


class Notes:
    """One query: what its steps are, what it brings along, and what is read of its rows besides."""

    def __init__(self, module: Module, orm: Orm, loaded: frozenset[Path]) -> None:
        self.module = module
        self.orm = orm
        self.begin: ast.expr | None = None
        self.loaded: set[Path] = set(loaded)
        self.unknown = False
        self.missed: dict[Path, Missed] = {}
        self.counted: dict[Path, Missed] = {}
        self.apart: dict[str, Apart] = {}
        self.managers: list[tuple[ast.Attribute, Held]] = []
        self.steps: set[str] = set()
        self.ran: set[tuple[str, int]] = set()
        self.calls: dict[str, ast.Call] = {}
        self._narrowed: set[str] = set()
        self._seen: set[tuple[ast.AST | str, Kind, Path, bool, bool]] = set()

    @property
    def missing(self) -> dict[Path, Missed]:
        """Return the relations that nothing brings along, none where that cannot be told."""
        if self.unknown:
            return {}
        return {path: missed for path, missed in self.missed.items() if not self._is_loaded(path, missed)}

    @property
    def only_counted(self) -> dict[Path, Missed]:
        """Return the related rows that are counted for each row, and for nothing else."""
        if self.unknown:
            return {}
        some = {path: missed for path, missed in self.counted.items() if path not in self.missed}
        return {path: missed for path, missed in some.items() if not self._is_loaded(path, missed)}

    def _is_loaded(self, path: Path, missed: Missed) -> bool:
        to_one = all(not way.many and not way.from_back for way in missed.ways)
        return path in self.loaded or (EVERY_ONE in self.loaded and to_one)

    def is_new(self, at: ast.AST | str, held: Held) -> bool:
        """Tell whether something has not been followed to a place yet, and there is still time for it."""
        key = at, held.kind, held.path, held.each, held.few
        if key in self._seen or len(self._seen) > _MOST or len(self.missed) > _ENOUGH:
            return False
        self._seen.add(key)
        return True

    def loads(self, paths: set[Path] | None) -> None:
        """Note what a step brings along, None where that cannot be told."""
        self.unknown = self.unknown or paths is None
        self.loaded |= paths or set()

    def note(self, held: Held, place: str, node: ast.expr | None = None, *, counts: bool = False) -> None:
        """Note a relation that is read for each of many rows."""
        if held.ways[-1].lazy != "select":
            self.loaded.add(held.path)
            return
        found = self.counted if counts else self.missed
        found.setdefault(held.path, Missed(held.ways, place, held.one, node))

    def own_step(self, module: Module, call: ast.Call, name: str) -> None:
        """Note what a step of the query itself brings along, and to which rows it narrows it down."""
        self.steps.add(name)
        if name in STEPS:
            self.loads(loaded_by(module, call, name))
            if module is self.module and self.runs_always(call):
                self.calls[name] = call
        if name in ("filter", "filter_by", "where") and self.runs_always(call):
            self._narrowed |= narrowed_by(call)

    def runs_always(self, call: ast.Call) -> bool:
        """Tell whether a step stands in the block in which the query begins."""
        if self.begin is None or call not in self.module.parents:
            return False
        blocks = [self.module.parents.get(self.module.statement(node)) for node in (call, self.begin)]
        return blocks[0] is blocks[1]

    def has_one(self, way: Way) -> bool:
        """Tell whether all rows lead to the same other row, which the session then has at hand."""
        return self.orm is not Orm.DJANGO and not way.keys.isdisjoint(self._narrowed)
