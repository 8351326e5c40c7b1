"""What the project's own managers and querysets of Django give: their methods, and what these return."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from harden.flow import returned
from harden.model import Model
from harden.module import Module
from harden.tree import FunctionNode


def returned_by(model: Model, method: str, manager: str = "") -> list[tuple[Module, ast.expr]]:
    """Return what a method of a model's managers or querysets returns, where the project defines it."""
    return [
        (module, expr)
        for module, owner in _classes(model, manager)
        for statement in owner.body
        if isinstance(statement, FunctionNode) and statement.name == method
        for expr in returned(statement)
    ]


def _classes(model: Model, manager: str) -> Iterator[tuple[Module, ast.ClassDef]]:
    """Yield the project's classes that a model's managers are made from, and those of their querysets."""
    todo = [
        (item.place.module, item.place.node)
        for item in model.managers.values()
        if not manager or item.name == manager
    ]
    seen: set[str] = set()
    while todo:
        module, node = todo.pop()
        for path in _named(module, node):
            for kind in module.project.ancestry((path,)):
                found = module.project.class_of(kind) if kind not in seen else None
                seen.add(kind)
                if found is None:
                    continue
                yield found
                todo += [
                    (found[0], item)
                    for item in found[1].body
                    if isinstance(item, FunctionNode) and item.name == "get_queryset"
                ]


def _named(module: Module, node: ast.AST) -> Iterator[str]:
    """Yield the paths of the project's classes that a piece of code names."""
    for inner in ast.walk(node):
        if isinstance(inner, ast.Name | ast.Attribute) and isinstance(inner.ctx, ast.Load):
            path = (module.resolve(inner) or "").removesuffix(".as_manager")
            if path and module.project.owns(path) and module.project.class_of(path) is not None:
                yield path
