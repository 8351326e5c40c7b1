"""Whether a file is loaded by others: imported, or by a server that looks for the application in it."""

from __future__ import annotations

import ast
import re
from pathlib import PurePosixPath

from harden.checklists.waiting import is_command
from harden.log_setup import APPLICATIONS
from harden.module import Module

_LOADED = frozenset(
    {"flask.Blueprint", "fastapi.APIRouter", "fastapi.routing.APIRouter", "celery.Celery", "rq.Queue"}
    | {"sanic.Sanic", "dash.Dash", "airflow.DAG", "airflow.models.DAG"}
)
_PAGES = ("streamlit", "gradio", "nicegui")
_BY_DJANGO = frozenset(
    {"models", "views", "urls", "forms", "admin", "apps", "settings", "serializers", "tasks", "signals"}
)


def is_loaded(module: Module) -> bool:
    """Tell whether others import a file, or a server or worker loads it: it is no program of its own."""
    if is_command(module) or module.imports(*_PAGES) or _goes_on(module):
        return False
    if module.imports("alembic") and module.path.endswith("env.py"):
        return False
    if any(_is_application(module, call) for call in module.nodes(ast.Call)):
        return True
    path = PurePosixPath(module.path)
    if "django" in module.project.imported and {path.stem, *path.parts[:-1]} & _BY_DJANGO:
        return True
    return _is_imported(module)


def _is_application(module: Module, call: ast.Call) -> bool:
    made = module.resolve(call.func) or ""
    return made in _LOADED or module.is_a(made, *APPLICATIONS)


def _goes_on(module: Module) -> bool:
    """Tell whether a file is a program that goes on for ever by itself."""
    return any(isinstance(statement, ast.While) for statement in module.tree.body)


def _is_imported(module: Module) -> bool:
    """Tell whether another file of the project imports a module, by the words of its text."""
    path = PurePosixPath(module.path)
    stem = path.parent.name if path.stem == "__init__" else path.stem
    if not stem:
        return False
    name = re.escape(stem)
    said = re.compile(
        rf"(?m)^\s*(from\s+[\w.]*\b{name}\s+import\b|import\s+([\w.]+\.)?{name}\b"
        rf"|from\s+[\w.]+\s+import\s+(\([^)]*\b{name}\b|[^(\n]*\b{name}\b))"
    )
    project = module.project
    return any(
        other != module.path and said.search(project.text(other)) is not None
        for other in project.naming(stem)
    )
