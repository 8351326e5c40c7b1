"""The steps of a query and of its result: which keep rows, which give one row, which something else."""

from __future__ import annotations

import ast

KEEPS = frozenset(
    {"all", "filter", "filter_by", "where", "order_by", "exclude", "distinct", "join", "outerjoin", "unique"}
    | {"annotate", "alias", "limit", "offset", "using", "reverse", "only", "defer", "extra", "slice"}
    | {"execution_options", "populate_existing", "yield_per", "iterator", "aiterator", "with_for_update"}
    | {"select_for_update", "group_by", "having", "options", "select_related", "prefetch_related"}
    | {"enable_eagerloads", "select_from", "to_list", "union", "complex_filter", "autoflush", "fetchall"}
    | {"params", "correlate", "from_statement", "get_queryset", "intersection", "difference", "copy"}
)
ONE = frozenset(
    {"first", "one", "one_or_none", "get", "get_or_404", "first_or_404", "one_or_404", "last", "earliest"}
    | {"latest", "scalar_one", "scalar_one_or_none", "scalar", "afirst", "aget", "alast", "get_or_none"}
)
PAGES = frozenset({"paginate", "get_page", "page"})
NARROWS = (KEEPS - {"all", "iterator", "using"}) | ONE | {"values", "values_list", "aggregate"}
"""Steps for which related rows are asked for anew, whatever was brought along."""
QUERYSET_STEPS = KEEPS | ONE | PAGES | {"values", "values_list", "aggregate", "count", "exists", "in_bulk"}
"""Steps that every queryset of Django has."""
ROWS, TUPLES, ROW = "rows", "tuples", "row"
RUNS = {
    **dict.fromkeys(("scalars", "exec", "stream_scalars", "get_list_or_404", "aget_list_or_404"), ROWS),
    **dict.fromkeys(("paginate", "Paginator", "paginate_queryset"), ROWS),
    **dict.fromkeys(("execute", "stream"), TUPLES),
    **dict.fromkeys(("scalar", "get_object_or_404", "aget_object_or_404", "first_or_404", "one_or_404"), ROW),
}
"""What a call makes of the statement or queryset that it is passed."""
SAME = frozenset(
    {"list", "sorted", "reversed", "tuple", "set", "iter", "filter", "enumerate", "islice", "tqdm", "track"}
)
"""Calls that give the rows they are passed, each with a number or not."""
_FEW = 5
"""Rows that cost so few queries that no loader pays."""


def name_of(call: ast.Call) -> str:
    """Return the last part of what a call names."""
    func = call.func
    return func.attr if isinstance(func, ast.Attribute) else func.id if isinstance(func, ast.Name) else ""


def is_few(call: ast.Call) -> bool:
    """Tell whether `.limit(n)` keeps so few rows that a query for each of them is no matter."""
    return len(call.args) == 1 and _is_small(call.args[0])


def is_few_slice(inside: ast.Slice) -> bool:
    """Tell whether a slice keeps only a handful of rows."""
    return inside.lower is None and inside.upper is not None and _is_small(inside.upper)


def _is_small(expr: ast.expr) -> bool:
    return isinstance(expr, ast.Constant) and isinstance(expr.value, int) and 0 <= expr.value <= _FEW


def items_of(target: ast.expr, source: ast.expr) -> list[ast.expr]:
    """Return the targets of a loop that are given rows: of `enumerate` the second."""
    if isinstance(target, ast.Name):
        return [target]
    is_numbered = isinstance(source, ast.Call) and name_of(source) == "enumerate"
    if is_numbered and isinstance(target, ast.Tuple) and len(target.elts) == 2:
        return [target.elts[1]]
    return []


def narrowed_by(call: ast.Call) -> set[str]:
    """Return the attributes that a step compares with one value: `filter_by(user_id=1)`, `X.user_id == 1`."""
    found = {item.arg for item in call.keywords if item.arg}
    for argument in call.args:
        match argument:
            case ast.Compare(left=ast.Attribute(attr=name), ops=[ast.Eq()]):
                found.add(name)
            case ast.Call(func=ast.Attribute(value=ast.Attribute(attr=name), attr="with_parent")):
                found.add(name)
    return found
