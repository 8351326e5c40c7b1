"""Database addresses: what their text begins with, through names, settings and other files."""

from __future__ import annotations

import ast

from harden.errors import UnreadableSource
from harden.module import Module

_DEPTH = 8
"""Longest chain of names that is followed to a text."""


def is_sqlite(module: Module, url: ast.expr) -> bool:
    """Tell whether an address is SQLite's wherever the program runs (a default for the laptop is not)."""
    return _start(module, url, 0).startswith(("sqlite", "duckdb"))


def _start(module: Module, expr: ast.expr | None, depth: int) -> str:
    """Return what the text of an expression begins with, as far as it is constant."""
    if expr is None or depth > _DEPTH:
        return ""
    match expr:
        case ast.Constant(value=str() as text):
            return text
        case ast.JoinedStr(values=[first, *_]):
            return _start(module, first, depth + 1)
        case ast.FormattedValue(value=value) | ast.BinOp(left=value):
            return _start(module, value, depth + 1)
        case ast.Call(func=ast.Name(id="str"), args=[value]):
            return _start(module, value, depth + 1)
        case ast.Call(func=ast.Attribute(value=value, attr="format")):
            return _start(module, value, depth + 1)
        case ast.Name():
            found = named_value(module, expr)
            return _start(found[0], found[1], depth + 1) if found else ""
        case ast.Attribute(value=value, attr=name):
            held = member_value(module, value, name)
            return _start(held[0], held[1], depth + 1) if held else ""
    return ""


def named_value(module: Module, name: ast.Name) -> tuple[Module, ast.expr] | None:
    """Return what a name is given here or in the module of the project it comes from, and that module."""
    bound = module.names.lookup(name)
    parent = module.parents.get(bound) if bound is not None else None
    if isinstance(bound, ast.Name) and isinstance(parent, ast.Assign | ast.AnnAssign):
        return (module, parent.value) if parent.value is not None and parent.value is not name else None
    if isinstance(bound, ast.alias) and isinstance(parent, ast.ImportFrom):
        path = module.project.names.get(module.names.absolute(parent))
        return value_in(module, path, bound.name) if path else None
    return None


def value_in(module: Module, path: str, name: str) -> tuple[Module, ast.expr] | None:
    """Return what a module of the project gives a name at its top level, and that module."""
    try:
        other = module.project.module(path)
    except UnreadableSource:
        return None
    for statement in other.tree.body:
        targets = statement.targets if isinstance(statement, ast.Assign) else []
        if isinstance(statement, ast.AnnAssign):
            targets = [statement.target]
        if any(isinstance(target, ast.Name) and target.id == name for target in targets):
            value = getattr(statement, "value", None)
            return (other, value) if isinstance(value, ast.expr) else None
    return None


def member_value(
    module: Module, base: ast.expr, name: str, *, defaults: bool = False
) -> tuple[Module, ast.expr] | None:
    """Return the value of `settings.name` where the class of `settings` is the project's own.

    Fields of pydantic settings come from the environment, so that their value here is only a
    default: they count if `defaults`.
    """
    path = module.resolve(base)
    if path is None:
        return None
    found = module.project.class_of(path)
    if found is not None and (
        defaults or not any("BaseSettings" in base for base in found[0].bases(found[1]))
    ):
        value = found[0].names.member(found[0].qualname(found[1]), name)
        return (found[0], value) if value is not None else None
    file = module.project.names.get(path)
    return value_in(module, file, name) if file else None
