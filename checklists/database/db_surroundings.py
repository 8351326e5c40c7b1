"""What the rest of a project does with a database that a timeout would disturb."""

from __future__ import annotations

import ast

from harden.checklists.database.db_limits import BLOCKING
from harden.checklists.database.dialects import is_sqlite_named
from harden.module import Module
from harden.project import Project
from harden.roles import FileKind, file_kind


def test_about(project: Project, text: str) -> str:
    """Return the path of a test that speaks of a backend, or nothing."""
    named = project.mentions(text)
    return next((path for path in named if file_kind(path) is FileKind.TEST), "")


def is_exchanged(module: Module, backend: ast.expr) -> bool:
    """Tell whether a backend comes from the environment, or is replaced where the options stay."""
    project = module.project
    replaced = (*project.mentions('["ENGINE"] ='), *project.mentions("['ENGINE'] ="))
    return bool(replaced) or (module.string(backend) is None and is_sqlite_named(module))


def blocks(module: Module) -> bool:
    """Tell whether the project waits for Redis on purpose, itself or by a worker of rq."""
    if any(node.attr == "listen" for node in module.nodes(ast.Attribute)):
        return True
    project = module.project
    return any(project.mentions(f".{name}(") for name in BLOCKING) or _has_worker(project)


def _has_worker(project: Project) -> bool:
    return "rq" in project.imported and bool(project.mentions("Worker("))
