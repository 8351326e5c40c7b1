"""Queries that may give any number of rows: how they are spelled, and what already bounds them."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from harden.checklists.database.links import Chain, Link, chain_of, is_in_sight, values_of
from harden.checklists.database.models import class_of, is_model, is_table, manager_in
from harden.checklists.database.statements import Statement, handed_statement, statement_of
from harden.module import Module, keyword

_RUNS = frozenset({"execute", "exec", "scalars", "stream", "stream_scalars", "fetch_all"})
_ROWS = frozenset({"all", "fetchall", "scalars", "mappings", "tuples", "fetch_all"})
_FEW = frozenset(
    {
        "first",
        "one",
        "one_or_none",
        "scalar",
        "scalar_one",
        "scalar_one_or_none",
        "fetchone",
        "fetchmany",
        "get",
    }
    | {"limit", "slice", "paginate", "fetch", "top", "count", "exists", "group_by", "distinct", "having"}
    | {
        "yield_per",
        "partitions",
        "iterator",
        "aggregate",
        "delete",
        "update",
        "with_for_update",
        "batch_size",
    }
    | {"select_for_update", "earliest", "latest", "last", "none", "in_bulk", "dates", "datetimes", "explain"}
    | {
        "get_or_404",
        "first_or_404",
        "one_or_404",
        "create",
        "get_or_create",
        "update_or_create",
        "bulk_create",
    }
    | {"bulk_update", "contains", "aget", "afirst", "acount", "aexists", "to_sql", "stream", "stream_scalars"}
)
_QUERYSET = frozenset(
    {"all", "filter", "exclude", "order_by", "select_related", "prefetch_related", "only", "defer", "using"}
    | {"values", "values_list", "annotate", "alias", "reverse", "extra", "complex_filter", "objects"}
)
_ENDS = frozenset(
    {*_QUERYSET, *_ROWS, *_RUNS, "find", "sort", "skip", "to_list", "fetch", "unique", "columns", "freeze"}
)
"""The last step of every call that may give rows: whatever else is called is not looked at."""
_KEYS = re.compile(r"^(id|pk|uuid|.*__in|id__.*|pk__.*)$")
_MONGO = ("pymongo.", "motor.", "flask_pymongo.")


@dataclass(frozen=True, slots=True)
class Rows:
    """A query without a bound: where it is reported, what is extended to bound it, what its result is."""

    style: str
    place: ast.expr
    query: ast.expr
    result: ast.expr
    model: ast.expr | None
    ordered: bool
    filtered: bool
    sql: str = ""
    mark: str = ""
    others: tuple[ast.expr, ...] = ()
    steps: frozenset[str] = frozenset()


def rows_of(module: Module, call: ast.Call) -> Rows | None:
    """Return the query whose rows a call gives, if nothing bounds it and the call ends its chain."""
    if (handed := handed_statement(module, call)) is not None:
        return _of_statement(call, handed)
    if not isinstance(call.func, ast.Attribute) or call.func.attr not in _ENDS:
        return None
    if isinstance(module.parents.get(call), ast.Attribute):
        return None
    chain = chain_of(module, call)
    if not chain.names.isdisjoint(_FEW):
        return None
    for recognise in (_query, _executed, _queryset, _mongo, _sql):
        rows = recognise(module, call, chain)
        if rows is not None:
            return rows
    return None


def _query(module: Module, call: ast.Call, chain: Chain) -> Rows | None:
    """Recognise `session.query(Model)….all()` and `Model.query….all()`."""
    if chain.links[-1].name != "all" or call.args:
        return None
    for link in chain.links:
        if link.name == "query":
            first = link.arguments[0] if link.arguments else None
            if isinstance(link.node, ast.Attribute):
                first = link.node.value
            if first is None or not is_model(module, first) or is_aggregate(link.arguments):
                return None
            return _rows(module, "query", call, call, call, first, chain, link.arguments[1:])
    return None


def _executed(module: Module, call: ast.Call, chain: Chain) -> Rows | None:
    """Recognise `session.execute(select(Model)…)….all()`, `session.scalars(…)` and `session.exec(…)`."""
    run = next((link for link in chain.links if link.name in _RUNS and link.arguments), None)
    after = chain.links[chain.links.index(run) :] if run else ()
    if run is None or not isinstance(run.node, ast.Call) or not any(link.name in _ROWS for link in after):
        return None
    statement = run.node.args[0] if run.node.args else keyword(run.node, "query")
    selected = chain_of(module, statement) if statement is not None else None
    if statement is None or selected is None or not selected.names.isdisjoint(_FEW):
        return None
    select = next((link.node for link in selected.links if link.name == "select"), selected.root)
    if not isinstance(select, ast.Call) or is_aggregate(select.args):
        return None
    if (table := _selected_table(module, select)) is not None:
        rows = _rows(module, "query", select, statement, call, table, selected)
        return replace(rows, model=table) if rows else None
    if not select.args:
        return None
    path = module.resolve(select.func) or ""
    if path.rpartition(".")[2] != "select" or not path.startswith(
        ("sqlalchemy", "sqlmodel", "flask_sqlalchemy")
    ):
        return None
    if not is_model(module, select.args[0]):
        return None
    return _rows(module, "query", select, statement, call, select.args[0], selected, select.args[1:])


def _selected_table(module: Module, select: ast.Call) -> ast.expr | None:
    """Return the table of `notes.select()` or `select(notes)`."""
    if isinstance(select.func, ast.Attribute) and is_table(module, select.func.value):
        return select.func.value if not select.args else None
    is_plain = len(select.args) == 1 and (module.resolve(select.func) or "").startswith("sqlalchemy.")
    return select.args[0] if is_plain and is_table(module, select.args[0]) else None


def _queryset(module: Module, call: ast.Call, chain: Chain) -> Rows | None:
    """Recognise `Model.objects.filter(…)`, and MongoEngine's `Model.objects(…)`."""
    at = manager_in(module, chain)
    if at is None:
        return None
    manager: ast.expr = chain.links[at].node
    if isinstance(manager, ast.Call):
        manager = manager.func
    elif len(chain.links) == at + 1:
        return None
    if not isinstance(manager, ast.Attribute) or not is_model(module, manager.value):
        return None
    names = ["objects", *(link.name for link in chain.links[at + 1 :])]
    if not set(names) <= _QUERYSET:
        return None
    if {"values", "annotate"} <= set(names) or {"values_list", "annotate"} <= set(names):
        return None
    return _rows(module, "queryset", _first(module, call), call, call, manager.value, chain)


def _first(module: Module, expr: ast.expr, depth: int = 0) -> ast.expr:
    """Return the first step of a chain that is built through a local name, or the chain itself."""
    inner = expr
    while isinstance(inner, ast.Call | ast.Attribute):
        inner = inner.func if isinstance(inner, ast.Call) else inner.value
    step = isinstance(inner, ast.Name) and not inner.id[:1].isupper()
    values = values_of(module, inner) if isinstance(inner, ast.Name) and step else []
    return _first(module, values[0], depth + 1) if values and depth < 9 and values[0] is not expr else expr


def _mongo(module: Module, call: ast.Call, chain: Chain) -> Rows | None:
    """Recognise `collection.find(…)` of pymongo and motor, and `.to_list(None)` after it."""
    path = module.resolve(call.func) or ""
    find = next((link.node for link in chain.links if link.name == "find"), None)
    if not path.startswith(_MONGO) or not isinstance(find, ast.Call):
        return None
    ends = chain.links[-1]
    if ends.name == "to_list":
        length = ends.arguments[0] if ends.arguments else None
        if length is not None and not (isinstance(length, ast.Constant) and length.value is None):
            return None
    elif ends.name not in ("find", "sort", "skip", "batch_size"):
        return None
    if any('"_id"' in ast.unparse(key) or "'_id'" in ast.unparse(key) for key in find.args[:1]):
        return None
    query = call.func.value if ends.name == "to_list" and isinstance(call.func, ast.Attribute) else call
    return Rows("mongo", find, query, call, None, "sort" in chain.names, bool(find.args))


def _sql(module: Module, call: ast.Call, chain: Chain) -> Rows | None:
    """Recognise SQL that is written out."""
    found = statement_of(module, call, chain)
    return _of_statement(call, found) if found is not None else None


def _of_statement(call: ast.Call, found: Statement) -> Rows:
    place, run = found.run.args[0], found.run
    return Rows("sql", place, run, call, None, found.ordered, found.filtered, found.text, found.mark)


def _rows(
    module: Module,
    style: str,
    place: ast.expr,
    query: ast.expr,
    result: ast.expr,
    model: ast.expr,
    chain: Chain,
    others: Sequence[ast.expr] = (),
) -> Rows | None:
    if any(_is_look_up(link) for link in chain.links):
        return None
    ordered = "order_by" in chain.names or not is_in_sight(module, query)
    filtered = any(
        link.name in ("filter", "filter_by", "where") or (link.name == "objects" and link.arguments)
        for link in chain.links
    )
    models = tuple(class_of(module, other) for other in others)
    loads = (node for link in chain.links if link.name == "options" for node in ast.walk(link.node))
    steps = chain.names | {
        node.attr if isinstance(node, ast.Attribute) else node.id
        for node in loads
        if isinstance(node, ast.Attribute | ast.Name)
    }
    return Rows(
        style, place, query, result, class_of(module, model), ordered, filtered, others=models, steps=steps
    )


def is_aggregate(arguments: list[ast.expr]) -> bool:
    """Tell whether what is selected holds a function of the database, such as a count."""
    return any(
        isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name | ast.Attribute)
        and (node.value.id if isinstance(node.value, ast.Name) else node.value.attr) == "func"
        for argument in arguments
        for node in ast.walk(argument)
    )


def _is_look_up(link: Link) -> bool:
    """Tell whether a step picks rows by primary key, or by a list of values that the program has at hand."""
    if not isinstance(link.node, ast.Call):
        return False
    if any(_KEYS.match(item.arg or "") for item in link.node.keywords):
        return link.name in ("filter", "filter_by", "get", "exclude", "objects")
    return link.name in ("filter", "where") and any(_compares_key(argument) for argument in link.node.args)


def _compares_key(argument: ast.expr) -> bool:
    for node in _conjuncts(argument):
        match node:
            case ast.Compare(left=ast.Attribute(value=ast.Name(id=owner), attr=name), ops=[ast.Eq()]):
                if name in ("id", "pk", "uuid") and owner[:1].isupper():
                    return True
            case ast.Compare(left=ast.Attribute(value=ast.Attribute(attr="c"), attr=name), ops=[ast.Eq()]):
                if name in ("id", "pk", "uuid"):
                    return True
            case ast.Call(func=ast.Attribute(attr="in_")) | ast.Call(func=ast.Name(id="in_")):
                return True
    return False


def _conjuncts(expr: ast.expr) -> Iterator[ast.expr]:
    if isinstance(expr, ast.BinOp) and isinstance(expr.op, ast.BitAnd):
        yield from _conjuncts(expr.left)
        yield from _conjuncts(expr.right)
    elif isinstance(expr, ast.Call) and isinstance(expr.func, ast.Name) and expr.func.id in ("and_", "Q"):
        for argument in expr.args:
            yield from _conjuncts(argument)
    else:
        yield expr
