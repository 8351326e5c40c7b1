"""What classes keep for all of their objects, and objects that live as long as the process."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from harden.checklists.answering import is_service
from harden.checklists.state.changes import change_of
from harden.checklists.state.kept import Kept, Use, is_plain, is_state, kept, modules_naming
from harden.checklists.state.lasting import is_lasting
from harden.module import Module, keyword
from harden.tree import FunctionNode

_FIELDS = frozenset({"dataclasses.field", "attr.ib", "attrs.field"})
_CONTAINERS = frozenset({"builtins.dict", "builtins.list", "builtins.set"})
_MAKING = frozenset({"__init__", "__post_init__", "__new__", "setUp"})
_COPIED = (
    *("pydantic.", "pydantic_settings.", "enum.", "sqlmodel.", "django.db.", "django.forms.", "wtforms."),
    *("sqlalchemy.", "marshmallow.", "rest_framework.serializers.", "flask_sqlalchemy.", "typing."),
)
"""Bases whose class attributes describe the objects rather than belong to them."""


@dataclass(frozen=True, slots=True)
class _Begun:
    """How an attribute begins; one of the class itself is shared by all of its objects."""

    node: ast.stmt
    value: ast.expr
    is_shared: bool


def kept_by_classes(module: Module) -> Iterator[Kept]:
    """Yield the attributes that outlive a request and that functions change."""
    begins = [
        (owner, name, begun)
        for owner in module.nodes(ast.ClassDef)
        for name, begun in _attributes(module, owner).items()
    ]
    named: dict[str, list[ast.Attribute]] = {name: [] for _, name, _ in begins}
    for node in module.nodes(ast.Attribute) if begins else ():
        if node.attr in named:
            named[node.attr].append(node)
    lasting: dict[ast.ClassDef, bool] = {}
    for owner, name, begun in begins:
        own: list[Use] = [(module, use) for use in named[name] if _is_later(module, use, owner, begun)]
        if not any(change_of(*use) for use in own) or not is_service(module):
            continue
        if owner not in lasting and not begun.is_shared:
            lasting[owner] = is_lasting(module, owner)
        if begun.is_shared or lasting[owner]:
            others = _elsewhere(module, owner, name, begun)
            yield from kept(f"{owner.name}.{name}", begun.node, begun.value, [*own, *others])


def _attributes(module: Module, owner: ast.ClassDef) -> dict[str, _Begun]:
    """Return what a class or its objects begin with that may be changed later."""
    found = dict([*_shared(module, owner), *_made(module, owner)])
    if not found or any(base.startswith(_COPIED) for base in module.bases(owner)):
        return {name: begun for name, begun in found.items() if begun.node not in owner.body}
    return found


def _shared(module: Module, owner: ast.ClassDef) -> Iterator[tuple[str, _Begun]]:
    for statement in owner.body:
        name, value = _assigned(statement)
        if isinstance(name, ast.Name) and value is not None:
            if is_plain(value) or is_state(module, value):
                yield name.id, _Begun(statement, value, is_shared=True)
            elif _is_container_field(module, value):
                yield name.id, _Begun(statement, value, is_shared=False)


def _made(module: Module, owner: ast.ClassDef) -> Iterator[tuple[str, _Begun]]:
    for method in owner.body:
        if isinstance(method, FunctionNode) and method.name in _MAKING:
            for inner in ast.walk(method):
                target, value = _assigned(inner)
                match target:
                    case ast.Attribute(value=ast.Name(id="self"), attr=attr) if value is not None:
                        if isinstance(inner, ast.stmt) and is_state(module, value):
                            yield attr, _Begun(inner, value, is_shared=False)


def _assigned(statement: ast.AST) -> tuple[ast.expr | None, ast.expr | None]:
    match statement:
        case ast.Assign(targets=[target], value=value) | ast.AnnAssign(target=target, value=value):
            return target, value
    return None, None


def _is_container_field(module: Module, value: ast.expr) -> bool:
    if not isinstance(value, ast.Call) or module.resolve(value.func) not in _FIELDS:
        return False
    maker = keyword(value, "default_factory") or keyword(value, "factory")
    return maker is not None and module.resolve(maker) in _CONTAINERS


def _is_later(module: Module, use: ast.Attribute, owner: ast.ClassDef, begun: _Begun) -> bool:
    """Tell whether a use is of this attribute, after its object was made."""
    function = module.function(use)
    if function is None or (function.name in _MAKING and module.parents.get(function) is owner):
        return False
    if begun.is_shared and is_plain(begun.value) and not _is_class(module, use.value):
        return False  # the object gets a value of its own
    if isinstance(use.value, ast.Name) and use.value.id in ("self", "cls") and module.owner(use) is owner:
        return True
    return module.resolve(use.value) == module.names.local_path(owner)


def _is_class(module: Module, expr: ast.expr) -> bool:
    """Tell whether an expression names a class rather than an object of it."""
    if isinstance(expr, ast.Attribute):
        return expr.attr[:1].isupper()
    bound = module.names.lookup(expr) if isinstance(expr, ast.Name) else None
    return isinstance(bound, ast.ClassDef | ast.alias) or (isinstance(bound, ast.arg) and bound.arg == "cls")


def _elsewhere(module: Module, owner: ast.ClassDef, name: str, begun: _Begun) -> Iterator[Use]:
    """Yield uses in files that name the class or its module; a private attribute has none there."""
    project = module.project
    if name.startswith("_"):
        return
    near = {*project.naming(owner.name), *project.naming(module.name.rpartition(".")[2])}
    for other in modules_naming(module, name, within=near):
        for use in other.nodes(ast.Attribute) if other is not module else ():
            if use.attr == name and _is_later(other, use, owner, begun):
                yield other, use
