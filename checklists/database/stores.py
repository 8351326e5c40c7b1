"""Where rows are kept: a model, a table, a collection of documents."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from harden.checklists.database.tables import definition
from harden.errors import UnreadableSource
from harden.model import Model
from harden.model_facts import Orm
from harden.models import models_of
from harden.module import Module
from harden.project import Project

DOCUMENTS = frozenset({"pymongo", "motor", "flask_pymongo"})
USER = "django.contrib.auth.models.User"
_INDEXES = ("create_index", "create_indexes", "ensure_index")
_MADE = ("get_collection", "with_options", "collection")


@dataclass(frozen=True, slots=True)
class Store:
    """A place of rows: `key` tells places apart, `name` is what a message calls it."""

    key: str
    name: str
    model: Model | None = None

    @property
    def is_collection(self) -> bool:
        """Tell whether it holds documents."""
        return self.key.startswith("documents ")


def store_of(module: Module, expr: ast.expr) -> Store | None:
    """Return the place that a model stands for: of the project, or Django's own user."""
    path = module.resolve(expr) or ""
    if path.startswith("django.contrib.auth.get_user_model"):
        return user_of(module)
    if path.startswith(USER):
        return Store(USER, "User")
    model = models_of(module.project).of(module, expr)
    return Store(model.path, model.name, model) if model is not None else None


def user_of(module: Module) -> Store:
    """Return the place of the users of a Django project."""
    own = [model for model in models_of(module.project).all if model.name == "User"]
    named = module.project.mentions("AUTHUSER_MODEL")
    django = [model for model in own if model.orm is Orm.DJANGO and not model.abstract]
    return Store(django[0].path, "User", django[0]) if named and len(django) == 1 else Store(USER, "User")


def table_store(project: Project, table: str) -> Store:
    """Return the place that SQL names: the table of a model where there is one."""
    name = table.rpartition(".")[2].strip('"`[]').lower()
    if definition(project, name) is None:
        models = [item for item in models_of(project).all if (item.table or "").lower() == name]
        if len(models) == 1:
            return Store(models[0].path, models[0].name, models[0])
    return Store(f"table {name}", name)


def collection_of(module: Module, expr: ast.expr, depth: int = 0) -> Store | None:
    """Return the collection of documents that an expression stands for: `db.users`, `db["users"]`."""
    match expr:
        case ast.Subscript(slice=name) if (text := module.string(name)) is not None:
            return Store(f"documents {text}", text)
        case ast.Call(func=ast.Attribute(attr=made), args=[name, *_]) if made in _MADE:
            text = module.string(name)
            return Store(f"documents {text}", text) if text is not None else None
        case ast.Name() | ast.Attribute() if depth < 4:
            held = module.flow.only(expr)
            if held is not None and held.expr is not None and held.expr is not expr:
                return collection_of(held.module, held.expr, depth + 1)
            if isinstance(expr, ast.Attribute) and not _is_own(expr):
                return Store(f"documents {expr.attr}", expr.attr)
    return None


def _is_own(expr: ast.Attribute) -> bool:
    return isinstance(expr.value, ast.Name) and expr.value.id in ("self", "cls")


def index_calls(module: Module) -> Iterator[tuple[Module, ast.Call]]:
    """Yield the calls of the project that make an index of MongoDB."""
    for path in sorted({path for word in _INDEXES for path in module.project.mentions(word)}):
        try:
            other = module.project.module(path)
        except UnreadableSource:
            continue
        for call in other.nodes(ast.Call):
            if isinstance(call.func, ast.Attribute) and call.func.attr in _INDEXES:
                yield other, call


def plain(column: str) -> str:
    """Return a column's name as a key and its relation share it."""
    return column.lower().removesuffix("_id") or column
