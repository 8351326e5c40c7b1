"""Queries that are cut to pages without an order: how they are spelled, and what would order them."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass

from harden.checklists.database.links import Chain, chain_of, is_in_sight
from harden.checklists.database.models import (
    class_of,
    has_default_order,
    is_known,
    is_model,
    manager_in,
    primary_keys,
)
from harden.checklists.database.queries import is_aggregate
from harden.checklists.database.statements import runner_of, sql_text
from harden.checklists.database.tables import key_for
from harden.module import Module, is_literal

_CUTS = ("limit", "offset", "slice", "paginate", "fetch")
_OPAQUE = frozenset(
    {"group_by", "distinct", "having", "union", "union_all", "intersect", "except_", "from_statement"}
    | {"with_entities", "from_self", "order_by", "reverse", "latest", "earliest", "intersection"}
    | {"difference", "raw", "dates", "datetimes"}
)
"""Steps that order the rows, or after which the primary key can order them no more."""
_PAGINATORS = ("django.core.paginator.Paginator", "django.core.paginator.AsyncPaginator")
_MONGO = ("pymongo.", "motor.", "flask_pymongo.")
_PAGED_SQL = re.compile(r"(?is)^\s*select\b.*\blimit\b.*(\boffset\b|,\s*(\?|%s|:\w+|\d+)\s*;?\s*$)")


@dataclass(frozen=True, slots=True)
class Unordered:
    """A query in pages: where it is cut, and the step that would order it.

    `before`: the step is put in front of the last call of `place`, which has this name; else behind `place`.
    """

    style: str
    place: ast.expr
    before: str
    order: str
    model: str
    why_not: str = ""


def unordered_pages(module: Module) -> Iterator[Unordered]:
    """Yield every query of a module that is cut to pages without an order."""
    calls = module.nodes(ast.Call)
    ordered = _ordered(module, calls)
    for call in calls:
        for found in (_cut(module, call), _paginator(module, call), _sql(module, call)):
            if found is not None and found.place not in ordered:
                yield found
    for subscript in module.nodes(ast.Subscript):
        if (found := _sliced(module, subscript)) is not None and found.place not in ordered:
            yield found


def _ordered(module: Module, calls: list[ast.Call]) -> set[ast.AST]:
    """Return every step of a chain that is put in order further on."""
    found: set[ast.AST] = set()
    for call in calls:
        if isinstance(call.func, ast.Attribute) and call.func.attr in ("order_by", "sort"):
            found.update(link.node for link in chain_of(module, call).links)
    return found


def _cut(module: Module, call: ast.Call) -> Unordered | None:
    """Recognise `….offset(…)`, `….limit(…).offset(…)`, `….slice(a, b)`, `….paginate(…)`, `.skip(…)`."""
    if not isinstance(call.func, ast.Attribute) or call.func.attr not in (
        "offset",
        "slice",
        "paginate",
        "skip",
    ):
        return None
    chain = chain_of(module, call)
    if call.func.attr == "skip":
        return _mongo(module, call, chain)
    if call.func.attr == "paginate" and len(chain.links) == 1:
        return _paginate(module, call)
    if not chain.names.isdisjoint(_OPAQUE) or is_literal(call.args[0] if call.args else None, 0):
        return None
    if not is_in_sight(module, call):
        return None
    first = next(link for link in chain.links if link.name in _CUTS)
    return _by_keys(module, chain, first.node, first.name)


def _paginate(module: Module, call: ast.Call) -> Unordered | None:
    """Recognise `db.paginate(select(Model), …)`."""
    if not call.args:
        return None
    chain = chain_of(module, call.args[0])
    if not chain.names.isdisjoint(_OPAQUE) or not is_in_sight(module, call.args[0]):
        return None
    return _by_keys(module, chain, call.args[0], "")


def _by_keys(module: Module, chain: Chain, place: ast.expr, before: str) -> Unordered | None:
    """Return how a query of SQLAlchemy is ordered by the primary keys of its models."""
    selected = _selected(module, chain)
    if not selected or not is_model(module, selected[0]) or is_aggregate(selected):
        return None
    models = [class_of(module, expr) for expr in selected]
    name = module.segment(models[0])
    if not all(isinstance(model, ast.Name | ast.Attribute) for model in models):
        return None
    if not all(is_known(module, model) for model in models):
        reason = "Its model is not defined in this project, so no stable order is known: add an order_by."
        return Unordered("query", place, before, "", name, reason)
    keys = [f"{module.segment(model)}.{key}" for model in models for key in primary_keys(module, model)]
    if not all(primary_keys(module, model) for model in models):
        return Unordered("query", place, before, "", name, "The primary key of its model cannot be told.")
    return Unordered("query", place, before, ", ".join(dict.fromkeys(keys)), name)


def _selected(module: Module, chain: Chain) -> list[ast.expr]:
    """Return what a query of SQLAlchemy selects."""
    for link in chain.links:
        if link.name == "query":
            return [link.node.value] if isinstance(link.node, ast.Attribute) else link.node.args
        if link.name == "select" and isinstance(link.node, ast.Call):
            return link.node.args
    root = chain.root
    if isinstance(root, ast.Call) and (module.resolve(root.func) or "").endswith(".select"):
        path = module.resolve(root.func) or ""
        return root.args if path.startswith(("sqlalchemy", "sqlmodel")) else []
    return []


def _paginator(module: Module, call: ast.Call) -> Unordered | None:
    """Recognise `Paginator(Model.objects.filter(…), 25)`."""
    if module.resolve(call.func) not in _PAGINATORS or not call.args:
        return None
    return _queryset(module, call.args[0])


def _sliced(module: Module, subscript: ast.Subscript) -> Unordered | None:
    """Recognise `Model.objects.all()[start:end]`; without a start it is a sample, not a page."""
    inside = subscript.slice
    if not isinstance(inside, ast.Slice) or inside.lower is None or is_literal(inside.lower, 0):
        return None
    return _queryset(module, subscript.value)


def _queryset(module: Module, expr: ast.expr) -> Unordered | None:
    """Return how a queryset is ordered, if its model is known to have no order of its own."""
    chain = chain_of(module, expr)
    names = [link.name for link in chain.links]
    at = manager_in(module, chain)
    if at is None or not _OPAQUE.isdisjoint(names) or not is_in_sight(module, expr):
        return None
    if {"values", "annotate"} <= set(names) or {"values_list", "annotate"} <= set(names):
        return None
    manager = chain.links[at].node
    if not isinstance(manager, ast.Attribute) or not is_model(module, manager.value):
        return None
    model = manager.value
    if not is_known(module, model) or has_default_order(module, model) or _has_own_steps(chain, at):
        return None
    return Unordered("queryset", expr, "", '"pk"', module.segment(model))


def _has_own_steps(chain: Chain, manager: int) -> bool:
    """Tell whether a step is a method of the project's own, which may order the rows."""
    known = {"all", "filter", "exclude", "select_related", "prefetch_related", "only", "defer"}
    known |= {"using", "values", "values_list", "annotate", "alias", "extra", "complex_filter"}
    return any(link.name not in known for at, link in enumerate(chain.links) if at != manager)


def _mongo(module: Module, call: ast.Call, chain: Chain) -> Unordered | None:
    """Recognise `collection.find(…).skip(…)`."""
    path = module.resolve(call.func) or ""
    if not path.startswith(_MONGO) or "find" not in chain.names or "sort" in chain.names:
        return None
    cut = next(link for link in chain.links if link.name in ("skip", "limit"))
    return Unordered("mongo", cut.node, cut.name, '"_id", 1', "this collection")


def _sql(module: Module, call: ast.Call) -> Unordered | None:
    """Recognise `execute("SELECT … LIMIT ? OFFSET ?")`."""
    if not call.args or not (_runs(call) or _is_handed(module, call)):
        return None
    text = sql_text(module, call.args[0])
    if (
        text is None
        or not _PAGED_SQL.match(text)
        or re.search(r"(?i)\b(order\s+by|group\s+by|count\s*\()", text)
    ):
        return None
    key = key_for(module.project, text)
    reason = "" if key else "The primary key of its table cannot be told: add an ORDER BY."
    if not reason and not _is_literal(call.args[0]):
        reason = "The statement is not one plain text here: add an ORDER BY where it is put together."
    return Unordered("sql", call.args[0], "", key, "this statement", reason)


def _runs(call: ast.Call) -> bool:
    runs = ("execute", "fetch", "fetch_all", "exec", "fetchall")
    return isinstance(call.func, ast.Attribute) and call.func.attr in runs


def _is_handed(module: Module, call: ast.Call) -> bool:
    """Tell whether a call hands a statement in pages to a function of the project that runs it."""
    text = call.args[0].value if isinstance(call.args[0], ast.Constant) else None
    return isinstance(text, str) and bool(_PAGED_SQL.match(text)) and runner_of(module, call) is not None


def _is_literal(expr: ast.expr) -> bool:
    inner = expr.args[0] if isinstance(expr, ast.Call) and len(expr.args) == 1 else expr
    return isinstance(inner, ast.Constant)
