"""Objects of models in functions: which row of which model a name holds, and where it was loaded."""

from __future__ import annotations

import ast
from dataclasses import dataclass, replace
from enum import Enum

from harden.called import function_of
from harden.calls import argument_for, callee_of, default_of, few_callers
from harden.checklists.database.links import Chain, chain_of
from harden.checklists.database.models import is_model, manager_in, model_of
from harden.checklists.database.row_queries import entity_of, inner_steps
from harden.checklists.database.users import current_user, is_request_user, model_of_user
from harden.flow import How, Value, returned
from harden.model import Model
from harden.model_facts import Orm
from harden.models import models_of
from harden.module import Module
from harden.tree import FunctionNode

_DEEP = 4
_CALLERS = 3
_SHORTCUTS = frozenset(
    {"django.shortcuts.get_object_or_404", "django.shortcuts.aget_object_or_404"}
    | {"rest_framework.generics.get_object_or_404", "django.shortcuts.get_list_or_404"}
)
_CREATES = frozenset({"create", "acreate", "bulk_create", "create_user", "create_superuser"})
_NO_ROW = frozenset(
    {"count", "exists", "update", "delete", "aggregate", "values", "values_list", "scalar_subquery", "insert"}
    | {"acount", "aexists", "aupdate", "adelete", "explain", "paginate", "bulk_update", "subquery", "add"}
)
_FETCHED = frozenset(
    {"first", "one", "one_or_none", "get", "last", "latest", "earliest", "get_or_404", "first_or_404"}
    | {"one_or_404", "scalar_one", "scalar_one_or_none", "aget", "afirst", "get_object_or_404", "create"}
)
"""Steps that end a query with one row; what comes after them is asked of the row."""
_ITEMS = _FETCHED | {"all", "filter", "filter_by", "exclude", "order_by", "select_related", "iterator"}
_ITEMS |= {"prefetch_related", "select_for_update"}
_COPIES = frozenset({"list", "sorted", "reversed", "iter", "enumerate", "tuple"})


class Origin(Enum):
    """How a function has come by an object."""

    LOADED = "loaded"
    CREATED = "created here"
    PASSED = "passed in"
    SELF = "the object itself"
    RELATED = "reached through another row"


@dataclass(frozen=True, slots=True)
class Row:
    """An object of a model. `model` is None where only the query tells that it is one.

    `load` is the expression that loaded it and `module` the file that this stands in; `entity` names the
    model in that file. `steps` are the methods of the query.
    """

    origin: Origin
    model: Model | None
    module: Module
    load: ast.expr | None = None
    entity: ast.expr | None = None
    steps: frozenset[str] = frozenset()

    @property
    def orm(self) -> Orm | None:
        """Return the library of the model."""
        return self.model.orm if self.model is not None else None


def row_of(module: Module, expr: ast.expr, depth: int = 0) -> Row | None:
    """Return the row that an expression holds; of several one that was loaded. None where it is no row."""
    if depth > _DEEP:
        return None
    match expr:
        case ast.Await(value=inner) | ast.NamedExpr(value=inner):
            return row_of(module, inner, depth)
        case ast.Name():
            return _of_values(module, expr, depth) or _known(module, current_user(module, expr))
        case ast.Call():
            return _of_call(module, expr, depth)
        case ast.Subscript(value=inner):
            return _loaded(module, inner, depth) if isinstance(inner, ast.Name | ast.Call) else None
        case ast.Attribute():
            return _of_attribute(module, expr, depth)
        case ast.BoolOp(values=[first, *_, last]) | ast.IfExp(body=first, orelse=last):
            return _best([row_of(module, part, depth + 1) for part in (first, last)])
    return None


def _best(rows: list[Row | None]) -> Row | None:
    """Return the row that was loaded, else any that there is."""
    found = [row for row in rows if row is not None]
    return min(found, key=lambda row: row.origin is Origin.CREATED, default=None)


def _of_values(module: Module, name: ast.Name | ast.Attribute, depth: int) -> Row | None:
    return _best([_of_value(value, depth) for value in module.flow.values(name)])


def _of_value(value: Value, depth: int) -> Row | None:
    module = value.module
    match value.how:
        case How.GIVEN if value.expr is not None:
            return row_of(module, value.expr, depth + 1)
        case How.ITEM if value.expr is not None:
            return _item(module, value.expr, depth + 1)
        case How.PARAMETER:
            return _passed(module, value.node, depth)
    return None


def _item(module: Module, source: ast.expr, depth: int) -> Row | None:
    """Return the row that is one of a loop's, or the first that `get_or_create` gives."""
    if isinstance(source, ast.Await):
        source = source.value
    if isinstance(source, ast.Call) and isinstance(source.func, ast.Name) and source.func.id in _COPIES:
        return _item(module, source.args[0], depth + 1) if source.args and depth <= _DEEP else None
    if isinstance(source, ast.Attribute):
        owner = row_of(module, source.value, depth + 1)
        return related(owner, source.attr) if owner is not None else None
    if isinstance(source, ast.Name):
        values = module.flow.values(source)
        found = [_item(v.module, v.expr, depth + 1) for v in values if v.expr is not None and depth <= _DEEP]
        return _best(found)
    return row_of(module, source, depth)


def _passed(module: Module, arg: ast.AST, depth: int) -> Row | None:
    if not isinstance(arg, ast.arg):
        return None
    function = module.function(arg)
    owner = module.parents.get(function) if function is not None else None
    if arg.arg == "self" and isinstance(owner, ast.ClassDef):
        model = model_at(module, module.names.local_path(owner))
        return Row(Origin.SELF, model, module) if model is not None else None
    found = model_at(module, module.names.binding_path(arg, arg.arg))
    if found is not None:
        return Row(Origin.PASSED, found, module)
    given = _injected(module, arg, function) if function is not None else None
    if given is not None or function is None or arg.annotation is not None or depth:
        return given
    return _from_callers(module, arg, function)


def _from_callers(module: Module, arg: ast.arg, function: FunctionNode) -> Row | None:
    """Return the row that the first callers of a function pass for a parameter without annotation."""
    for other, call in few_callers(module, function)[:_CALLERS]:
        given = argument_for(call, function, arg.arg)
        found = row_of(other, given, _DEEP - 1) if given is not None else None
        if found is not None:
            return replace(found, origin=Origin.PASSED)
    return None


def _injected(module: Module, arg: ast.arg, function: FunctionNode) -> Row | None:
    """Return the row that a dependency of FastAPI gives for a parameter."""
    given = default_of(function, arg.arg)
    if not isinstance(given, ast.Call) or not (module.resolve(given.func) or "").endswith(
        (".Depends", ".Security")
    ):
        return None
    made_by = function_of(module, given.args[0]) if given.args else None
    if made_by is None:
        return None
    found = _best([row_of(made_by[0], value, _DEEP - 1) for value in returned(made_by[1])])
    return replace(found, origin=Origin.PASSED) if found is not None else None


def model_at(module: Module, path: str | None) -> Model | None:
    """Return the model of a dotted path."""
    return models_of(module.project).at(path) if path and module.project.owns(path) else None


def _of_call(module: Module, call: ast.Call, depth: int) -> Row | None:
    if isinstance(call.func, ast.Name | ast.Attribute):
        made = model_of(module, call.func)
        if made is not None and made.lineage and _is_class(module, call.func):
            return Row(Origin.CREATED, made, module, call, call.func)
    found = _loaded(module, call, depth)
    if found is not None:
        return found
    called = callee_of(module, call)
    if called is None or called[1].name == "__init__":
        return None
    other, function = called
    rows = [row_of(other, value, depth + 1) for value in returned(function)]
    return _best(rows)


def _is_class(module: Module, func: ast.expr) -> bool:
    """Tell whether what is called is the class itself, not a method that gives an object of it."""
    return module.project.class_of(module.resolve(func) or "") is not None and not (
        isinstance(func, ast.Attribute) and func.attr[:1].islower()
    )


def _loaded(module: Module, expr: ast.expr, depth: int) -> Row | None:
    """Return the row that a query gives, or the rows."""
    if isinstance(expr, ast.Call) and module.resolve(expr.func) in _SHORTCUTS:
        return _shortcut(module, expr)
    chain = chain_of(module, expr)
    if not chain.links or not chain.names.isdisjoint(_NO_ROW):
        return None
    at = next((at for at, link in enumerate(chain.links[:-1]) if link.name in _FETCHED), None)
    if at is not None and isinstance(chain.links[at + 1].node, ast.Attribute):
        return _beyond(module, chain, at, depth)
    entity = entity_of(module, chain)
    if entity is not None:
        created = bool(chain.names & _CREATES)
        origin = Origin.CREATED if created else Origin.LOADED
        return Row(
            origin, model_of(module, entity), module, expr, entity, chain.names | inner_steps(module, chain)
        )
    if chain.links[-1].name == "get_object" and isinstance(chain.root, ast.Name) and chain.root.id == "self":
        return _of_view(module, expr)
    return _through(module, chain, depth)


def _beyond(module: Module, chain: Chain, at: int, depth: int) -> Row | None:
    """Return what a chain gives that goes on from a row: `Order.objects.get(…).items.all()`."""
    rest = chain.links[at + 1 :]
    owner = row_of(module, chain.links[at].node, depth + 1)
    if owner is None or (len(rest) > 1 and rest[-1].name not in _ITEMS):
        return None
    return related(owner, rest[0].name)


def _shortcut(module: Module, call: ast.Call) -> Row | None:
    if not call.args:
        return None
    first = call.args[0]
    chain = chain_of(module, first)
    at = manager_in(module, chain)
    entity = first
    if at is not None and isinstance(manager := chain.links[at].node, ast.Attribute):
        entity = manager.value
    if not is_model(module, entity):
        return None
    return Row(Origin.LOADED, model_of(module, entity), module, call, entity, chain.names)


def _of_view(module: Module, expr: ast.expr) -> Row | None:
    """Return the row that `self.get_object()` gives in a view that names its model or queryset."""
    owner = module.owner(expr)
    if owner is None:
        return None
    for name in ("queryset", "model"):
        given = module.names.member(module.qualname(owner), name)
        if given is None:
            continue
        found = row_of(module, given) if isinstance(given, ast.Call) else None
        entity = found.entity if found is not None else given
        if entity is not None and is_model(module, entity):
            return Row(Origin.LOADED, model_of(module, entity), module, expr, entity)
    return None


def _through(module: Module, chain: Chain, depth: int) -> Row | None:
    """Return what a chain that starts from a row gives: `order.items.first()`."""
    first = chain.links[0].node
    if isinstance(first, ast.Call) or chain.links[-1].name not in _ITEMS or len(chain.links) < 2:
        return None
    owner = row_of(module, chain.root, depth + 1)
    return related(owner, first.attr) if owner is not None else None


def _of_attribute(module: Module, expr: ast.Attribute, depth: int) -> Row | None:
    """Return the row behind a relation, such as `item.product` or `request.user.profile`."""
    if is_request_user(module, expr.value):
        return _known(module, model_of_user(module, expr.attr))
    owner = row_of(module, expr.value, depth + 1)
    if owner is not None:
        return related(owner, expr.attr)
    return _of_values(module, expr, depth + 1) or _known(module, current_user(module, expr))


def _known(module: Module, model: Model | None) -> Row | None:
    return Row(Origin.RELATED, model, module) if model is not None else None


def related(owner: Row, name: str) -> Row | None:
    """Return the row, or one of the rows, that an attribute of a row leads to."""
    if owner.model is None:
        return None
    model = owner.model
    relation = model.relations.get(name)
    if relation is not None:
        return replace(owner, origin=Origin.RELATED, model=model.target(relation.target), load=None)
    column = model.columns.get(name)
    if column is not None and column.foreign_key is not None and model.orm is not Orm.SQLALCHEMY:
        return replace(owner, origin=Origin.RELATED, model=model.target(column.foreign_key), load=None)
    for other, back in model.models.pointing_to(model):
        if back.back == name or f"{other.name.lower()}_set" == name:
            return replace(owner, origin=Origin.RELATED, model=other, load=None)
    return None
