"""Models of the project: their primary keys and default order, from their own definitions."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from harden.errors import UnreadableSource
from harden.module import Module, is_literal, keyword

_UNORDERED = ("django.contrib.auth.models.User", "django.contrib.auth.models.Group")
"""Models of Django itself that have no default order."""
_TABLES = ("sqlalchemy.Table", "sqlalchemy.schema.Table", "sqlalchemy.sql.schema.Table")


def primary_keys(module: Module, model: ast.expr) -> list[str]:
    """Return the attributes of a model that are its primary key, bases looked through; of a table `c.id`."""
    if (table := table_of(module, model)) is not None:
        return [f"c.{name}" for name in _key_columns(table)]
    for _source, owner in _definitions(module, model):
        found = [name for name, value in _attributes(owner) if _is_primary(value)]
        if found:
            return found
    return []


def is_known(module: Module, model: ast.expr) -> bool:
    """Tell whether a model is defined in the project, or is one whose order is known to be none."""
    if module.resolve(model) in _UNORDERED or table_of(module, model) is not None:
        return True
    return next(_definitions(module, model), None) is not None


def table_of(module: Module, expr: ast.expr) -> ast.Call | None:
    """Return the `Table(…)` of SQLAlchemy Core that a name of the project stands for."""
    if module.resolve(expr) not in _TABLES or not isinstance(expr, ast.Name | ast.Attribute):
        return None
    home, _, name = (module.names.local(expr) or "").rpartition(".")
    path = module.project.names.get(home)
    try:
        body = module.project.module(path).tree.body if path else []
    except UnreadableSource:
        return None
    for statement in body:
        match statement:
            case ast.Assign(targets=[ast.Name(id=found)], value=ast.Call() as made) if found == name:
                return made
    return None


def _key_columns(table: ast.Call) -> Iterator[str]:
    for column in table.args:
        if isinstance(column, ast.Call) and column.args and _is_primary(column):
            name = column.args[0]
            if isinstance(name, ast.Constant) and isinstance(name.value, str) and name.value.isidentifier():
                yield name.value


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
