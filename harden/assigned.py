"""The expression that a name was given, followed through imports and other names."""

from __future__ import annotations

import ast

from harden.errors import UnreadableSource
from harden.module import Module

_DEPTH = 9


def assigned(module: Module, expr: ast.expr, depth: int = 0) -> tuple[Module, ast.expr] | None:
    """Return what a name stands for, with the module that says so: `notes` is `Table("notes", …)`."""
    if depth > _DEPTH:
        return None
    if isinstance(expr, ast.Name):
        bound = module.names.lookup(expr)
        return _bound_to(module, bound, depth) if bound is not None else None
    if isinstance(expr, ast.Attribute):
        return _exported(module, module.names.local(expr) or "", depth)
    return module, expr


def _bound_to(module: Module, bound: ast.AST, depth: int) -> tuple[Module, ast.expr] | None:
    holder = module.parents.get(bound)
    match bound, holder:
        case ast.Name(), (ast.Assign(value=value) | ast.AnnAssign(value=ast.expr() as value)):
            return assigned(module, value, depth + 1)
        case ast.alias(name=name), ast.ImportFrom():
            return _exported(module, f"{module.names.absolute(holder)}.{name}", depth)
    return None


def _exported(module: Module, path: str, depth: int) -> tuple[Module, ast.expr] | None:
    """Return what a top-level name of another module of the project was given."""
    home, _, name = path.rpartition(".")
    file = module.project.names.get(home)
    if file is None:
        return None
    try:
        other = module.project.module(file)
    except UnreadableSource:
        return None
    bound = other.names.scopes[other.tree].bindings.get(name)
    return _bound_to(other, bound[-1], depth + 1) if bound else None
