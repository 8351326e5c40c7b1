"""What stands around a column that becomes a Decimal: its declaration, serializers, templates, settings."""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Iterator

from harden.errors import UnreadableSource
from harden.model import Model
from harden.model_facts import Column, Orm, inner_class, said
from harden.models import models_of
from harden.module import Module
from harden.project import Project
from harden.roles import FileKind, file_kind
from harden.tree import FunctionNode

_BY_NAME = (
    *("F", "values", "values_list", "getattr", "Sum", "Avg", "Min", "Max", "aggregate", "annotate", "only"),
    *("Coalesce", "column", "literal_column", "label"),
)
_RENDERING = ("rest_framework", "marshmallow", "flask_marshmallow", "marshmallow_sqlalchemy", "ninja")
_TEMPLATES = (".html", ".jinja", ".jinja2", ".j2", ".txt")
_SETTINGS = ("pytest.ini", "pyproject.toml", "setup.cfg", "tox.ini")
_AS_ERRORS = re.compile(r"filterwarnings\s*=\s*\[?\s*[\"']?\s*error")


def in_the_way(model: Model, column: Column) -> str:
    """Return what keeps a column from becoming a Decimal, other than what is done with its values."""
    if column.place.path != model.place.path or isinstance(column.place.node, FunctionNode):
        return "It is written in another way than other columns are."
    default = column.default
    if default is not None and not _is_number(default):
        return "Its default is no plain number: let that be a Decimal."
    project = model.module.project
    return (
        _named(project, column.name)
        or _serialized(model)
        or (
            f"A template calculates with it ({place})."
            if (place := calculating(project, column.name))
            else ""
        )
        or (_as_errors(project) if model.orm is Orm.SQLALCHEMY else "")
    )


def files(project: Project, paths: Collection[str]) -> Iterator[Module]:
    """Yield the modules of some files that can be read, migrations left out."""
    for path in sorted(paths):
        if file_kind(path) in (FileKind.MIGRATION, FileKind.VENDORED):
            continue
        try:
            yield project.module(path)
        except UnreadableSource:
            continue


def called(call: ast.AST | None) -> str:
    """Return the last part of the name that is called."""
    func = call.func if isinstance(call, ast.Call) else None
    return func.attr if isinstance(func, ast.Attribute) else func.id if isinstance(func, ast.Name) else ""


def place_of(module: Module, node: ast.AST) -> str:
    """Return `path:line`."""
    return f"{module.path}:{getattr(node, 'lineno', 1)}"


def _is_number(expr: ast.expr) -> bool:
    return isinstance(expr, ast.Constant) and isinstance(expr.value, int | float | None)


def _named(project: Project, name: str) -> str:
    """Look for queries that name the column in a text."""
    for module in files(project, {*project.mentions(f'"{name}'), *project.mentions(f"'{name}")}):
        for node in module.nodes(ast.Constant):
            text = node.value
            if not isinstance(text, str) or (text != name and not text.startswith(f"{name}__")):
                continue
            maker = called(module.parents.get(node))
            if maker in _BY_NAME:
                return f"{maker}() gives its values to Python ({place_of(module, node)})."
    return ""


def _serialized(model: Model) -> str:
    """Look for serializers that are made from the model."""
    project = model.module.project
    if project.imported.isdisjoint(_RENDERING):
        return ""
    for module in files(project, project.naming(model.name)):
        for owner in module.nodes(ast.ClassDef) if module.imports(*_RENDERING) else ():
            meta = inner_class(owner, "Meta")
            given = said(meta, "model") if meta is not None else None
            if given is not None and models_of(project).of(module, given) is model:
                return f"{owner.name} sends it, as text once it is a Decimal ({place_of(module, owner)})."
    return ""


def calculating(project: Project, name: str) -> str:
    """Return a template that calculates with a value of this name, or makes JSON of it."""
    word = rf"\b{re.escape(name)}\b"
    sums = re.compile(
        rf"{word}\s*(?:[-+*]|/(?!\w*>))\s*[\w(]|[-+*]\s*(?:\w+\.)?{word}|{word}\s*\|\s*(?:tojson|sum|add|mul)"
    )
    inside = re.compile(r"(?s)\{[{%].*?[%}]\}")
    for path in project.paths:
        if path.endswith(_TEMPLATES) and any(
            sums.search(part) for part in inside.findall(project.text(path))
        ):
            return path
    return ""


def _as_errors(project: Project) -> str:
    """Look whether tests make an error of SQLAlchemy's warning about Decimals in SQLite."""
    for path in project.paths if project.mentions("sqlite") else ():
        if path in _SETTINGS and _AS_ERRORS.search(project.text(path)):
            return f"SQLite warns of Decimals, and tests take warnings for errors ({path})."
    return ""
