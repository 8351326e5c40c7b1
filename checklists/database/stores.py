"""Where rows are kept (a model, a table, a collection of documents), and what keeps values in it unique."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable
from dataclasses import dataclass

from harden.checklists.database.tables import created, definition, schemas
from harden.errors import UnreadableSource
from harden.model import Model
from harden.model_facts import Orm
from harden.models import models_of
from harden.module import Module, is_literal, keyword
from harden.project import Project

DOCUMENTS = frozenset({"pymongo", "motor", "flask_pymongo"})
_USER = "django.contrib.auth.models.User"
_MADE = ("get_collection", "with_options", "collection")
_INDEXES = ("create_index", "create_indexes", "ensure_index")


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
    if path.startswith(_USER):
        return Store(_USER, "User")
    model = models_of(module.project).of(module, expr)
    return Store(model.path, model.name, model) if model is not None else None


def user_of(module: Module) -> Store:
    """Return the place of the users of a Django project."""
    own = [model for model in models_of(module.project).all if model.name == "User"]
    named = module.project.mentions("AUTH_USER_MODEL")
    django = [model for model in own if model.orm is Orm.DJANGO and not model.abstract]
    return Store(django[0].path, "User", django[0]) if named and len(django) == 1 else Store(_USER, "User")


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


def is_unique(module: Module, store: Store, columns: Iterable[str]) -> bool | None:
    """Tell whether the database itself keeps these columns, together or one of them, free of doubles.

    None where it cannot be told.
    """
    wanted = set(columns)
    if store.key == _USER:
        return not wanted.isdisjoint({"username", "id", "pk"})
    if store.model is not None:
        return _in_model(store.model, wanted)
    if store.is_collection:
        return _in_collection(module, store.name, wanted)
    return _in_table(module.project, store.name, wanted)


def _in_model(model: Model, wanted: set[str]) -> bool | None:
    known = {plain(column.stored): column for column in model.columns.values()}
    known |= {plain(name): column for name, column in model.columns.items()}
    names = {plain(name) for name in wanted}
    if not names - {"pk"} <= known.keys():
        return None
    found = [known[name] for name in names - {"pk"}]
    over = [{plain(name) for name in index.columns} for index in model.indexes if index.unique]
    over += [{plain(column.name)} for column in found if column.unique]
    over.append({plain(name) for name in model.primary_key})
    if "pk" in names or any(group and group <= names for group in over):
        return True
    if any(names <= group or len(names & group) > 1 for group in over):
        return None  # what the question asks for beyond what is in sight may make it the whole of the group
    unsure = any(column.unique is None or column.primary_key is None for column in found)
    return None if unsure or set() in over[:-1] or _is_hidden(model) else False


def _is_hidden(model: Model) -> bool:
    """Tell whether a statement of the class makes constraints that are not written out."""
    return any(
        isinstance(statement, ast.Assign)
        and any(
            isinstance(target, ast.Name) and target.id == "__table_args__" for target in statement.targets
        )
        and not isinstance(statement.value, ast.Tuple | ast.Dict)
        for _, owner in model.lineage
        for statement in owner.body
    )


def plain(column: str) -> str:
    """Return a column's name as a key and its relation share it."""
    return column.lower().removesuffix("_id") or column


_UNIQUE_INDEX = (
    r"(?is)\bcreate\s+unique\s+index\s+(?:if\s+not\s+exists\s+)?[\w.\"`]+\s+on\s+[\"`]?{table}[\"`]?"
    r"\s*(?:using\s+\w+\s*)?\(([^;]*?)\)\s*(?:where|;|\"|'|$)"
)
"""The columns of a unique index of a table."""


def _in_table(project: Project, table: str, wanted: set[str]) -> bool | None:
    columns = created(project, table)
    if columns is None:
        return None
    over = [_names(group) for group in re.findall(r"(?is)\b(?:unique|primary\s+key)\s*\(([^)]*)\)", columns)]
    for line in re.split(r",(?![^(]*\))", columns):
        name = re.match(r"\s*[\"`]?(\w+)", line)
        if name and re.search(r"(?i)\bunique\b(?!\s*\()|\bprimary\s+key\b(?!\s*\()", line[name.end() :]):
            over.append({name[1].lower()})
    pattern = re.compile(_UNIQUE_INDEX.format(table=re.escape(table)))
    for path in schemas(project, "UNIQUE INDEX"):
        over += [_names(found) for found in pattern.findall(project.text(path))]
    names = {name.lower() for name in wanted}
    if any(group and group <= names for group in over):
        return True
    return None if any(names <= group or len(names & group) > 1 for group in over) else False


def _names(group: str) -> set[str]:
    return {word.lower() for word in re.findall(r"[A-Za-z_]\w*", group)} - {"lower", "collate", "nocase"}


def _in_collection(module: Module, name: str, wanted: set[str]) -> bool | None:
    """Tell whether the project makes a unique index for a collection; a call on one not known may be it."""
    if wanted == {"_id"}:
        return True
    unsure = False
    for path in {path for word in _INDEXES for path in module.project.mentions(word)}:
        try:
            other = module.project.module(path)
        except UnreadableSource:
            continue
        for call in other.nodes(ast.Call):
            if not isinstance(call.func, ast.Attribute) or call.func.attr not in _INDEXES:
                continue
            if not is_literal(keyword(call, "unique"), True) and "unique=True" not in other.segment(call):
                continue
            store = collection_of(other, call.func.value)
            keys = _keyed(other, call)
            if store is None or keys is None:
                unsure = True
            elif store.name == name and keys <= wanted:
                return True
    return None if unsure else False


def _keyed(module: Module, call: ast.Call) -> set[str] | None:
    """Return the fields of an index of MongoDB."""
    given = call.args[0] if call.args else keyword(call, "keys")
    if (text := module.string(given)) is not None:
        return {text}
    if isinstance(given, ast.List) and given.elts:
        pairs = [item.elts[0] if isinstance(item, ast.Tuple) and item.elts else item for item in given.elts]
        names = list(map(module.string, pairs))
        return {name for name in names if name} if None not in names else None
    return None
