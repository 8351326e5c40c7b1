"""Models of the project: their primary keys and default order, from their own definitions."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from harden.module import Module, is_literal, keyword

_UNORDERED = ("django.contrib.auth.models.User", "django.contrib.auth.models.Group")
"""Models of Django itself that have no default order."""


def primary_keys(module: Module, model: ast.expr) -> list[str]:
    """Return the attributes of a model that are its primary key, its bases looked through."""
    for _source, owner in _definitions(module, model):
        found = [name for name, value in _attributes(owner) if _is_primary(value)]
        if found:
            return found
    return []


def is_known(module: Module, model: ast.expr) -> bool:
    """Tell whether a model is defined in the project, or is one whose order is known to be none."""
    return module.resolve(model) in _UNORDERED or next(_definitions(module, model), None) is not None


def has_default_order(module: Module, model: ast.expr) -> bool:
    """Tell whether a Django model names an order in its `Meta`."""
    for _, owner in _definitions(module, model):
        for inner in owner.body:
            if isinstance(inner, ast.ClassDef) and inner.name == "Meta":
                return any(name == "ordering" for name, _ in _attributes(inner))
    return False


def _definitions(module: Module, model: ast.expr) -> Iterator[tuple[Module, ast.ClassDef]]:
    path = module.resolve(model)
    for candidate in module.project.ancestry((path,)) if path else ():
        found = module.project.class_of(candidate)
        if found is not None:
            yield found


def _attributes(owner: ast.ClassDef) -> Iterator[tuple[str, ast.expr]]:
    for statement in owner.body:
        match statement:
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                yield name, value
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
                yield name, value


def _is_primary(value: ast.expr) -> bool:
    return isinstance(value, ast.Call) and is_literal(keyword(value, "primary_key"), True)
