"""By which columns queries look rows up, and by which they sort what they then cut to a page."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from harden.checklists.database.links import Chain, Link, chain_of
from harden.checklists.database.models import manager_in, model_of
from harden.errors import UnreadableSource
from harden.model import Model
from harden.module import Module, has_star_arguments
from harden.project import Project

_FILTERS = frozenset(
    {"filter", "where", "filter_by", "get", "get_or_none", "aget", "first_or_404", "get_or_create"}
)
QUERY_WORDS = (".filter", ".where(", ".objects", "get_object_or_404", ".order_by(")
_BOUNDS = frozenset(
    {"limit", "first", "paginate", "slice", "top", "earliest", "latest", "last", "one_or_none"}
)
_JOINS = frozenset({"join", "outerjoin", "select_from"})
_SHORTCUTS = frozenset({"get_object_or_404", "aget_object_or_404", "get_list_or_404"})
_LOOKUPS = frozenset({"exact", "in", "gt", "gte", "lt", "lte", "range", "startswith", "date", "iexact"})
_RANGES = (ast.Eq, ast.Lt, ast.LtE, ast.Gt, ast.GtE)
_METHODS = frozenset({"in_", "between", "startswith"})


@dataclass(frozen=True, slots=True)
class Sought:
    """One query: the path of its model, the columns of its conditions, of its order, and where it stands."""

    model: str
    line: int
    filtered: tuple[str, ...]
    ordered: tuple[str, ...]
    bounded: bool


def sought_in(project: Project, path: str) -> tuple[Sought, ...]:
    """Return the queries of a file whose conditions are seen; each model that it names asks for them."""
    try:
        return project.worked_out(path, sought_in, lambda module: tuple(_found(module)))
    except UnreadableSource:
        return ()


def _found(module: Module) -> Iterator[Sought]:
    for call in module.nodes(ast.Call):
        if isinstance(call.func, ast.Name) and call.func.id in _SHORTCUTS:
            yield from _shortcut(module, call)
        elif isinstance(call.func, ast.Attribute) and not isinstance(module.parents.get(call), ast.Attribute):
            chain = chain_of(module, call)
            if chain.names & _FILTERS or "order_by" in chain.names:
                yield from _queried(module, call, chain)


def _shortcut(module: Module, call: ast.Call) -> Iterator[Sought]:
    model = model_of(module, call.args[0]) if call.args else None
    if model is not None and not has_star_arguments(call):
        yield Sought(model.path, call.lineno, tuple(_by_keyword(call, model)), (), True)


def _queried(module: Module, call: ast.Call, chain: Chain) -> Iterator[Sought]:
    """Yield what a chain of calls asks of the model that it starts from."""
    start = start_of(module, chain)
    calls = [link.node for link in chain.links if link.name in _FILTERS and isinstance(link.node, ast.Call)]
    if start is None or any(has_star_arguments(item) for item in calls):
        return
    filtered = [found for node in calls for found in _conditions(module, node, start)]
    if any(model is not start for model, _ in filtered):
        return  # a join, whose other side may be the way to the rows
    ordered = [
        column
        for link in chain.links
        if link.name == "order_by" and chain.names.isdisjoint(_JOINS)
        for model, column in _orders(module, link, start)
        if model is start
    ]
    bounded = bool(chain.names & _BOUNDS) or isinstance(module.parents.get(call), ast.Subscript)
    columns = tuple(column for _, column in filtered)
    if columns or ordered:
        yield Sought(start.path, call.lineno, columns, tuple(ordered[:1]), bounded)


def start_of(module: Module, chain: Chain) -> Model | None:
    """Return the model that a chain starts from."""
    for link in chain.links:
        if link.name in ("query", "select") and isinstance(link.node, ast.Call):
            return _first_model(module, link.node.args)
        if link.name == "query" and isinstance(link.node, ast.Attribute):
            return model_of(module, link.node.value)
    root = chain.root
    if isinstance(root, ast.Call) and (module.resolve(root.func) or "").endswith(".select"):
        return _first_model(module, root.args)
    at = manager_in(module, chain)
    manager = chain.links[at].node if at is not None else None
    owner = manager.func if isinstance(manager, ast.Call) else manager
    return model_of(module, owner.value) if isinstance(owner, ast.Attribute) else None


def _first_model(module: Module, arguments: list[ast.expr]) -> Model | None:
    """Return the model of what is selected first: itself, a column, or what is computed of one."""
    for node in ast.walk(arguments[0]) if arguments else ():
        if isinstance(node, ast.Name | ast.Attribute) and (model := model_of(module, node)) is not None:
            return model
    return None


def _conditions(module: Module, call: ast.Call, start: Model) -> Iterator[tuple[Model, str]]:
    yield from ((start, name) for name in _by_keyword(call, start))
    for argument in call.args:
        for part in _conjuncts(argument):
            found = _column(module, part)
            if found is not None:
                yield found


def _by_keyword(call: ast.Call, model: Model) -> Iterator[str]:
    """Yield the columns of `filter(name=…, made_at__gte=…)`, and the keys that lead to other tables."""
    for item in call.keywords:
        name, _, lookup = (item.arg or "").partition("__")
        column = model.columns.get(name)
        leads_on = column is not None and column.foreign_key is not None
        if name and name != "defaults" and (not lookup or lookup in _LOOKUPS or leads_on):
            yield name


def _conjuncts(expr: ast.expr) -> Iterator[ast.expr]:
    match expr:
        case ast.BinOp(op=ast.BitAnd(), left=left, right=right):
            yield from _conjuncts(left)
            yield from _conjuncts(right)
        case ast.Call(func=ast.Name(id="and_") | ast.Attribute(attr="and_"), args=args):
            for item in args:
                yield from _conjuncts(item)
        case _:
            yield expr


def _column(module: Module, condition: ast.expr) -> tuple[Model, str] | None:
    """Return the column of a condition that an index can answer."""
    match condition:
        case ast.Compare(left=ast.Attribute() as left, ops=[op]) if isinstance(op, _RANGES):
            return _attribute(module, left)
        case ast.Call(func=ast.Attribute(value=ast.Attribute() as column, attr=attr)) if attr in _METHODS:
            return _attribute(module, column)
    return None


def _attribute(module: Module, expr: ast.Attribute) -> tuple[Model, str] | None:
    owner = expr.value
    if isinstance(owner, ast.Attribute) and owner.attr == "c":
        owner = owner.value
    model = model_of(module, owner)
    return (model, expr.attr) if model is not None else None


def _orders(module: Module, link: Link, start: Model) -> Iterator[tuple[Model, str]]:
    for argument in link.arguments:
        expr = argument
        if isinstance(expr, ast.Call):
            inner = expr.func.value if isinstance(expr.func, ast.Attribute) else None
            expr = expr.args[0] if expr.args else inner or expr
        text = module.string(expr) if isinstance(expr, ast.Constant) else None
        if text is not None:
            yield start, text.lstrip("-")
        elif isinstance(expr, ast.Attribute) and (found := _attribute(module, expr)) is not None:
            yield found
