"""What an attribute of a row leads to: rows of another model, by one query or many, or code of its own."""

from __future__ import annotations

import ast
from dataclasses import dataclass

from harden.model import Model
from harden.model_facts import Orm, Relation
from harden.models import models_of
from harden.module import Module
from harden.tree import FunctionNode

LAZY_ORMS = frozenset({Orm.DJANGO, Orm.SQLALCHEMY, Orm.SQLMODEL})
"""Libraries whose relations are read by a query of their own when they are first used."""
USER = "user"
"""Stands for the model of users that Django or the settings bring."""
_USERS = ("AUTH_USER_MODEL", "auth.User", "django.contrib.auth.models.User")


@dataclass(frozen=True, slots=True)
class Way:
    """An attribute that leads from a row to others.

    `model` is None where the other model is out of sight, `outside` then tells what is known of it. `keys`
    are the attributes which, when all rows share their value, lead all rows to the same other row.
    """

    name: str
    model: Model | None
    outside: str
    many: bool
    lazy: str | None
    back: str | None
    owner: str
    keys: frozenset[str] = frozenset()
    from_back: bool = False


def way_of(module: Module, model: Model | None, outside: str, name: str) -> Way | None:
    """Return where an attribute leads from a row of a model, None where it holds plain values."""
    if name.startswith("_"):
        return None
    if model is None:
        return _from_outside(module, outside, name) if outside else None
    own = model.relations.get(name)
    if own is not None:
        return _own(model, own)
    if name in model.columns or member_of(model, name) is not None:
        return None
    return _back(module, model, name)


def member_of(model: Model, name: str) -> tuple[Module, FunctionNode] | None:
    """Return the method or property that a model has by a name, its own or an inherited one."""
    for module, owner in model.lineage:
        for statement in owner.body:
            if isinstance(statement, FunctionNode) and statement.name == name:
                return module, statement
    return None


def is_property(function: FunctionNode) -> bool:
    """Tell whether a method runs when the attribute is read."""
    return any("property" in ast.unparse(decorator) for decorator in function.decorator_list)


def _own(model: Model, relation: Relation) -> Way | None:
    other = model.target(relation.target)
    many = model.gives_many(relation)
    if many is None and other is model:
        many = "remote_side" not in model.module.segment(relation.place.node)
    if many is None:
        return None
    outside = USER if other is None and relation.target.model in _USERS else ""
    keys = frozenset() if many else _keys(model, relation, other)
    back = relation.back if relation.back or model.orm is Orm.DJANGO else _counterpart(model, other)
    return Way(relation.name, other, outside, many, relation.lazy, back, _path(model), keys)


def _counterpart(model: Model, other: Model | None) -> str | None:
    """Return the one relation of another model that leads to this one, where none of both is named."""
    leading = [item.name for item in (other.relations.values() if other else ()) if item.back is None]
    return leading[0] if len(leading) == 1 and other is not model else None


def _keys(model: Model, relation: Relation, other: Model | None) -> frozenset[str]:
    keys = {relation.name}
    if model.orm is Orm.DJANGO:
        return frozenset(keys | {f"{relation.name}_id"})
    for column in model.columns.values():
        if column.foreign_key is not None and model.target(column.foreign_key) is other:
            keys.add(column.name)
    return frozenset(keys)


def _back(module: Module, model: Model, name: str) -> Way | None:
    """Return the relation that another model gives this one under a name."""
    for other, relation in models_of(module.project).pointing_to(model):
        if relation.back != name:
            continue
        if other.orm is Orm.DJANGO:
            many = relation.back_many is not False
            return Way(name, other, "", many, "select", relation.name, _path(model), from_back=True)
        leads_to_many = other.gives_many(relation)
        many_back = relation.back_many
        if many_back is None:
            many_back = relation.through or leads_to_many is False
        lazy = relation.back_lazy or "select"
        keys = frozenset() if many_back else _keys(model, relation, other) - {relation.name} | {name}
        return Way(name, other, "", many_back, lazy, relation.name, _path(model), keys, from_back=True)
    return None


def _from_outside(module: Module, outside: str, name: str) -> Way | None:
    """Return the relation that the project's models give a model out of sight, such as a user's profile."""
    for other in models_of(module.project).all:
        for relation in other.relations.values():
            if relation.back == name and _is_user(relation.target.model) and not other.abstract:
                many = relation.back_many is not False
                return Way(name, other, "", many, "select", relation.name, outside, from_back=True)
    return None


def _is_user(target: str) -> bool:
    return target in _USERS or target.rpartition(".")[2] in ("User", "CustomUser")


def _path(model: Model) -> str:
    return model.path
