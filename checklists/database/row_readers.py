"""Which queries of a project run a method of a model for each of their rows."""

from __future__ import annotations

import ast

from harden.checklists.database.row_reading import Reading
from harden.checklists.database.row_shown import viewed
from harden.checklists.database.row_starts import starts_in
from harden.errors import UnreadableSource
from harden.module import Module
from harden.roles import FileKind
from harden.tree import FunctionNode

_MOST = 30
"""Files that are looked into for one model."""
_LOOKED_AT = (FileKind.APP, FileKind.SCRIPT)


def run_per_row(module: Module, owner: ast.ClassDef, function: FunctionNode) -> str:
    """Return a query whose rows each have a method run, wherever it stands, or nothing."""
    path = module.names.local_path(owner)
    for file in module.project.naming(owner.name)[:_MOST]:
        try:
            other = module.project.module(file)
        except UnreadableSource:
            continue
        for start in starts_in(other) if other.kind in _LOOKED_AT else ():
            if start.model is None or start.model.path != path:
                continue
            reading = Reading(other, start.orm, start.loaded)
            if start.owner is not None:
                viewed(reading, other, start.owner, start.held)
            else:
                reading.start(start.begin, start.held)
            if (module.path, function.lineno) in reading.ran:
                return f"{file}:{start.begin.lineno}"
    return ""
