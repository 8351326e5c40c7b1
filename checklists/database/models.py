"""Models of the project as queries see them: primary keys, default order, and what stands for a model."""

from __future__ import annotations

import ast
import re

from harden.checklists.database.links import Chain
from harden.errors import UnreadableSource
from harden.model import Model
from harden.model_facts import Orm
from harden.models import models_of
from harden.module import Module

_UNORDERED = ("django.contrib.auth.models.User", "django.contrib.auth.models.Group")
"""Models of Django itself that have no default order."""
_WITHOUT_ORDER = ("django.", "builtins.", "typing.", "abc.")
_HELD = re.compile(r"_{0,2}(model|entity|table)(_?(class|cls|type))?")
"""Attributes in which a repository keeps the model that it works on."""


def model_of(module: Module, expr: ast.expr) -> Model | None:
    """Return the model that an expression names."""
    return models_of(module.project).of(module, expr)


def models_behind(module: Module, expr: ast.expr) -> list[Model]:
    """Return the model that an expression names, or those that a repository is made for: `self.model`."""
    if (model := model_of(module, expr)) is not None:
        return [model]
    return _kept(module, expr) if is_held(module, expr) else []


def primary_keys(module: Module, expr: ast.expr) -> list[str]:
    """Return the attributes of a model that are its primary key; of a table `c.id`."""
    keys = {_keys(model) for model in models_behind(module, expr)}
    return list(next(iter(keys))) if len(keys) == 1 else []


def _keys(model: Model) -> tuple[str, ...]:
    if model.lineage:
        return tuple(name for name in model.primary_key if not model.columns[name].implied)
    return tuple(f"c.{name}" for name in model.primary_key if name.isidentifier())


def is_known(module: Module, expr: ast.expr) -> bool:
    """Tell whether a model is defined in the project, or is one whose order is known to be none."""
    return module.resolve(expr) in _UNORDERED or bool(models_behind(module, expr))


def has_default_order(module: Module, expr: ast.expr) -> bool:
    """Tell whether a model names an order for its rows, or may get one from what is not in sight."""
    return any(_is_ordered(model) for model in models_behind(module, expr))


def _is_ordered(model: Model) -> bool:
    if model.ordering is not None:
        return True
    if model.orm is not Orm.DJANGO:
        return False
    return _may_inherit_order(model) or any(
        _orders(manager.type, model) for manager in model.managers.values()
    )


def _may_inherit_order(model: Model) -> bool:
    """Tell whether a base from outside of the project may bring an order."""
    for module, owner in model.lineage:
        for base in owner.bases:
            path = module.resolve(base)
            if path is None or not (path.startswith(_WITHOUT_ORDER) or module.project.class_of(path)):
                return True
    return False


def _orders(manager: str | None, model: Model) -> bool:
    """Tell whether a manager puts its rows in order from the start."""
    found = model.module.project.class_of((manager or "").removesuffix(".as_manager"))
    if found is None:
        return False
    module, owner = found
    starts = [
        item for item in owner.body if isinstance(item, ast.FunctionDef) and item.name == "get_queryset"
    ]
    return any("order_by" in module.segment(item) for item in starts)


def manager_in(module: Module, chain: Chain) -> int | None:
    """Return which link of a chain is the manager of a model: `objects`, or one that the model names."""
    for at, link in enumerate(chain.links):
        if link.name == "objects":
            return at
        if isinstance(link.node, ast.Attribute) and (model := model_of(module, link.node.value)) is not None:
            return at if link.name in model.managers else None
    return None


def is_table(module: Module, expr: ast.expr) -> bool:
    """Tell whether a name stands for a `Table(…)` of SQLAlchemy Core."""
    found = model_of(module, expr)
    return found is not None and not found.lineage


def class_of(module: Module, expr: ast.expr) -> ast.expr:
    """Return the model that a column belongs to, or the model itself."""
    if not isinstance(expr, ast.Attribute) or is_held(module, expr):
        return expr
    if model_of(module, expr.value) is not None:
        return expr.value
    return expr if expr.attr[:1].isupper() or model_of(module, expr) is not None else expr.value


def is_model(module: Module, expr: ast.expr) -> bool:
    """Tell whether an expression names a model or a column of one, as far as the project tells."""
    if model_of(module, expr) is not None or is_held(module, expr):
        return True
    match expr:
        case ast.Name(id=name):
            return name[:1].isupper() and not _is_another_class(module, expr)
        case ast.Attribute(value=value, attr=name):
            if name[:1].isupper():
                return not _is_another_class(module, expr)
            return not name.isupper() and is_model(module, value)
    return False


def _is_another_class(module: Module, expr: ast.expr) -> bool:
    """Tell whether a name is a class of the project that cannot be a model: all of its bases are in sight."""
    found = module.project.class_of(module.resolve(expr) or "")
    if found is None:
        return False
    bases = found[0].bases(found[1])
    in_sight = all(base.startswith("builtins.") or module.project.class_of(base) for base in bases)
    return in_sight and len(bases) >= len(found[1].bases) > 0


def is_held(module: Module, expr: ast.expr) -> bool:
    """Tell whether an expression is the model that a repository keeps for its methods: `self.model`."""
    match expr:
        case ast.Attribute(value=ast.Name(id="self" | "cls"), attr=name) if _HELD.fullmatch(name):
            return module.owner(expr) is not None
    return False


def _kept(module: Module, expr: ast.expr) -> list[Model]:
    """Return the models that the subclasses and instances of a repository are made for."""
    owner = module.owner(expr)
    name = expr.attr if isinstance(expr, ast.Attribute) else ""
    if owner is None:
        return []
    found: dict[str, Model] = {}
    path = module.names.local_path(owner)
    for file in module.project.naming(owner.name):
        try:
            other = module.project.module(file)
        except UnreadableSource:
            continue
        for given in _given(other, path, name):
            if (model := model_of(other, given)) is not None:
                found[model.path] = model
    return list(found.values())


def _given(module: Module, path: str, name: str) -> list[ast.expr]:
    """Return what a file makes a repository for: a class attribute, `Base[User]`, `Base(User)`."""
    given: list[ast.expr] = []
    for owner in module.nodes(ast.ClassDef):
        subscripts = [base for base in owner.bases if isinstance(base, ast.Subscript)]
        named = [base for base in subscripts if module.resolve(base.value) == path]
        if named or path in module.bases(owner):
            held = module.names.member(module.qualname(owner), name)
            given += [held] if held is not None else []
            given += [_first(base.slice) for base in named]
    for call in module.nodes(ast.Call):
        func = call.func.value if isinstance(call.func, ast.Subscript) else call.func
        if call.args and isinstance(func, ast.Name | ast.Attribute) and module.resolve(func) == path:
            given.append(call.args[0])
    return given


def _first(inside: ast.expr) -> ast.expr:
    return inside.elts[0] if isinstance(inside, ast.Tuple) and inside.elts else inside
