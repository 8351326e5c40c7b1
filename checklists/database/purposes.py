"""What becomes of the rows of a query inside the function that fetched them."""

from __future__ import annotations

import ast
from enum import Enum

from harden.module import Module, walk_statements
from harden.tree import Scope


class Purpose(Enum):
    """One use of a list of rows."""

    OUTPUT = "returned or shown"
    TOTAL = "counted or summed"
    LOOK_UP = "looked into"
    TEST = "tested for emptiness"
    BOUNDED = "cut to a page"
    OTHER = "worked on"


_TOTALS = frozenset(
    {"len", "sum", "min", "max", "any", "all", "Counter", "dict", "set", "frozenset", "groupby"}
)
_SORTS = frozenset({"sorted", "reversed", "filter", "nlargest", "nsmallest"})
"""Calls that put all rows in another order, or leave some out: not the same on a page."""
_CUTS = ("paginat", "islice", "get_page")
_PARTS = frozenset(
    {
        "Prefetch",
        "Subquery",
        "Exists",
        "filter",
        "exclude",
        "annotate",
        "where",
        "in_",
        "union",
        "prefetch_related",
    }
    | {"get_object_or_404", "aget_object_or_404"}
)
"""Calls that make a query a part of another one, or pick one row of it."""
_COLLECTS = frozenset({"append", "extend", "insert", "writerow", "write"})
_CHANGES = frozenset(
    {"delete", "commit", "add", "save", "execute", "send", "delay", "flush", "remove", "publish"}
)


def purposes(module: Module, expr: ast.expr, depth: int = 0) -> set[Purpose]:
    """Return every purpose that the value of an expression serves."""
    parent = module.parents.get(expr)
    if depth > 40 or parent is None:
        return {Purpose.OTHER}
    match parent:
        case ast.Return() | ast.Yield() | ast.YieldFrom():
            return {Purpose.OUTPUT}
        case ast.keyword() if isinstance(call := module.parents[parent], ast.Call):
            return _passed(module, call, depth)
        case ast.Call(args=args) if expr in args:
            return _passed(module, parent, depth)
        case ast.comprehension():
            return _comprehended(module, parent, depth)
        case ast.For() | ast.AsyncFor():
            if not _only_collects(parent):
                return {Purpose.OTHER}
            return {Purpose.OUTPUT, Purpose.OTHER} if _picks(module, parent) else {Purpose.OUTPUT}
        case ast.Assign(targets=[ast.Name() as name]) | ast.AnnAssign(target=ast.Name() as name):
            return _named(module, name, depth)
        case ast.NamedExpr(target=name):
            return _named(module, name, depth) | purposes(module, parent, depth + 1)
        case ast.Assign(targets=[ast.Subscript()]):
            return {Purpose.OUTPUT}
        case ast.Assign(targets=[ast.Attribute()]):
            return {Purpose.LOOK_UP}
        case ast.Subscript(slice=inside) if expr is parent.value:
            return {Purpose.BOUNDED if isinstance(inside, ast.Slice) else Purpose.LOOK_UP}
        case ast.Compare():
            return {Purpose.LOOK_UP}
        case ast.If() | ast.While() | ast.UnaryOp() | ast.Assert():
            return {Purpose.TEST}
        case ast.IfExp(test=test) if test is expr:
            return {Purpose.TEST}
        case ast.Attribute(attr="data" | "json"):  # of a serializer
            return purposes(module, parent, depth + 1)
        case ast.Attribute(attr=attr):
            return {Purpose.TOTAL if attr in ("count", "exists", "aggregate") else Purpose.OTHER}
        case ast.expr():
            return purposes(module, parent, depth + 1)
    return {Purpose.OTHER}


def _passed(module: Module, call: ast.Call, depth: int) -> set[Purpose]:
    name = call.func.attr if isinstance(call.func, ast.Attribute) else ""
    name = call.func.id if isinstance(call.func, ast.Name) else name
    if any(cut in name.lower() for cut in _CUTS):
        return {Purpose.BOUNDED}
    if name in _PARTS or name.endswith("Form"):  # what a form offers is its own affair
        return {Purpose.LOOK_UP}
    if name in _TOTALS:
        return {Purpose.TOTAL}
    holder = module.parents.get(call)
    if name in _SORTS:
        return purposes(module, call, depth + 1) | {Purpose.OTHER}
    if _is_own_function(module, call.func):  # it may count or merge the rows
        return purposes(module, call, depth + 1) | {Purpose.OTHER}
    if isinstance(holder, ast.Expr):
        return {Purpose.OUTPUT if name in _COLLECTS else Purpose.OTHER}
    return purposes(module, call, depth + 1)


def _is_own_function(module: Module, func: ast.expr) -> bool:
    return module.project.function_of(module.resolve(func) or "") is not None


def _comprehended(module: Module, loop: ast.comprehension, depth: int) -> set[Purpose]:
    whole = module.parents.get(loop)
    if isinstance(whole, ast.DictComp | ast.SetComp):
        return {Purpose.TOTAL}
    if not isinstance(whole, ast.expr):
        return {Purpose.OTHER}
    picked = {Purpose.OTHER} if loop.ifs else set()
    return purposes(module, whole, depth + 1) | picked


def _named(module: Module, target: ast.Name, depth: int) -> set[Purpose]:
    found: set[Purpose] = set()
    for name in module.nodes(ast.Name):
        if name.id == target.id and isinstance(name.ctx, ast.Load) and target in reaching(module, name):
            if isinstance(attribute := module.parents.get(name), ast.Attribute) and _goes_on(
                module, attribute
            ):
                continue
            found |= purposes(module, name, depth + 1)
    return found


def bindings_of(module: Module, name: ast.Name) -> list[ast.AST]:
    """Return every binding of a name in the scope that it is looked up in."""
    scope: Scope | None = module.names.scope(name)
    while scope is not None and name.id not in scope.bindings:
        scope = scope.parent
    return scope.bindings[name.id] if scope is not None else []


def reaching(module: Module, name: ast.Name) -> list[ast.AST]:
    """Return every binding whose value a name may have: up to the last one that always ran before it."""
    around = set(module.ancestors(name))
    here = (name.lineno, name.col_offset)
    found: list[ast.AST] = []
    for bound in reversed(bindings_of(module, name)):
        if not isinstance(bound, ast.Name):
            return [*found, bound]
        statement = module.statement(bound)
        if (statement.end_lineno or 0, statement.end_col_offset or 0) > here:
            continue
        found.append(bound)
        if module.parents.get(statement) in around:
            break
    return found


def _goes_on(module: Module, attribute: ast.Attribute) -> bool:
    """Tell whether a name is only a step of a longer query, which is looked at by itself."""
    return attribute.attr not in (
        "data",
        "json",
        "count",
        "exists",
        "aggregate",
        "sort",
        "reverse",
        "append",
        "pop",
    )


def _only_collects(loop: ast.For | ast.AsyncFor) -> bool:
    """Tell whether a loop only turns rows into another list or text."""
    for statement in walk_statements(loop.body):
        if isinstance(statement, ast.AugAssign | ast.Return | ast.Break | ast.Delete | ast.With | ast.Raise):
            return False
        if isinstance(statement, ast.Expr) and not _is_collecting(statement.value):
            return False
        for node in ast.walk(statement):
            if isinstance(node, ast.Await):
                return False
            if isinstance(node, ast.Attribute) and node.attr in _CHANGES and isinstance(node.ctx, ast.Load):
                return False
            if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
                return False
            if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Store):
                return isinstance(node.value, ast.Name) and ast.unparse(loop.target) == node.value.id
    return True


def _picks(module: Module, loop: ast.For | ast.AsyncFor) -> bool:
    """Tell whether a loop leaves rows out, so that pages would have to be cut from what it keeps."""
    return any(
        isinstance(statement, ast.Continue)
        or (
            isinstance(statement, ast.Expr)
            and _is_collecting(statement.value)
            and isinstance(module.parents.get(statement), ast.If)
        )
        for statement in walk_statements(loop.body)
    )


def _is_collecting(expr: ast.expr) -> bool:
    return isinstance(expr, ast.Yield) or (
        isinstance(expr, ast.Call) and isinstance(expr.func, ast.Attribute) and expr.func.attr in _COLLECTS
    )
