"""Plain values of objects that a module makes, where functions give them others: `state.count += 1`."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from harden.checklists.answering import is_service
from harden.checklists.state.kept import Kept, Use, is_plain, kept, shipped
from harden.errors import UnreadableSource
from harden.module import Module
from harden.tree import FunctionNode

_FILES = 25
"""Files that name an object beyond which they are not looked into."""
_SETTINGS = ("pydantic_settings.", "pydantic.BaseSettings")


def kept_by_objects(module: Module) -> Iterator[Kept]:
    """Yield the attributes that functions anywhere give another value."""
    for name, bound in module.names.scopes[module.tree].bindings.items():
        statement = module.parents.get(bound[0]) if len(bound) == 1 else None
        value = statement.value if isinstance(statement, ast.Assign | ast.AnnAssign) else None
        if not isinstance(value, ast.Call) or not isinstance(statement, ast.Assign | ast.AnnAssign):
            continue
        path = module.resolve(value.func) or ""
        made = module.project.class_of(path) if module.project.owns(path) and is_service(module) else None
        if made is None or any(base.startswith(_SETTINGS) for base in made[0].bases(made[1])):
            continue
        uses = list(_given(module, name))
        for attr in dict.fromkeys(use.attr for _, use in uses):
            begun = _begun(made[1], attr)
            if begun is not None:
                node = begun if made[0] is module else statement
                own: list[Use] = [(other, use) for other, use in uses if use.attr == attr]
                yield from kept(f"{name}.{attr}", node, begun.value or value, own)


def _given(module: Module, name: str) -> Iterator[tuple[Module, ast.Attribute]]:
    """Yield where functions give an attribute of a module's object a value."""
    said = re.compile(rf"\b{re.escape(name)}(\.\w+(: [^=\n]+)?\s*[-+*/|&]?=[^=]| as \w)")
    project = module.project
    files = list(shipped(project.naming(name)))
    for path in files if len(files) <= _FILES else ():
        if not said.search(project.text(path)):
            continue
        try:
            other = module if path == module.path else project.module(path)
        except UnreadableSource:
            continue
        for use in other.nodes(ast.Attribute):
            is_given = isinstance(use.ctx, ast.Store) and other.function(use) is not None
            if is_given and isinstance(use.value, ast.Name) and _is_object(other, use.value, module, name):
                yield other, use


def _is_object(module: Module, use: ast.Name, home: Module, name: str) -> bool:
    bound = module.names.lookup(use)
    if isinstance(bound, ast.alias):
        return module.names.exported_path(bound) == f"{home.name}.{name}"
    return module is home and use.id == name and bound in home.names.scopes[home.tree].bindings[name]


def _begun(owner: ast.ClassDef, attr: str) -> ast.Assign | ast.AnnAssign | None:
    """Return the statement by which an attribute begins as a plain value."""
    makers = [item for item in owner.body if isinstance(item, FunctionNode) and item.name == "__init__"]
    statements = [*owner.body, *(part for maker in makers for part in ast.walk(maker))]
    for statement in statements:
        match statement:
            case (
                ast.Assign(targets=[target], value=value)
                | ast.AnnAssign(target=target, value=ast.expr() as value)
            ):
                named = getattr(target, "id", "") or getattr(target, "attr", "")
                if named == attr and is_plain(value):
                    return statement
    return None
