"""Whether what is put into SQL is the program's own: constants, numbers, quoted names, placeholders."""

from __future__ import annotations

import ast

from harden.calls import argument_for, callee_of, few_callers
from harden.checklists.guarded import NUMBERS, is_allowed, is_checked_text
from harden.checklists.sql_text import is_number, names_placeholder, pieces_of
from harden.checklists.sql_ways import appended
from harden.flow import How, Value, returned
from harden.folding import constants, entries
from harden.module import Module
from harden.roles import Role
from harden.tree import FunctionNode

_INPUT = frozenset({"GET", "POST", "FILES", "COOKIES", "META"})
_OWN = frozenset({"__tablename__", "db_table", "__table__", "vendor", "column", "attname"})
_LISTS = frozenset({"items", "keys", "values", "copy"})
_SAME = frozenset(
    {"builtins.list", "builtins.tuple", "builtins.set", "builtins.sorted", "builtins.reversed"}
    | {
        "builtins.max",
        "builtins.min",
        "builtins.enumerate",
        "builtins.zip",
        "builtins.str",
        "builtins.frozenset",
    }
)
_DEEP = 8


def is_safe(module: Module, expr: ast.expr, depth: int = 0) -> bool:
    """Tell whether text is the program's own: constants, numbers, quoted names, placeholders."""
    if depth > _DEEP:
        return False
    if constants(module, expr) is not None:
        return True
    match expr:
        case ast.Attribute(attr=attr) | ast.Subscript(value=ast.Attribute(attr=attr)) if attr in _INPUT:
            return False
        case ast.Constant():
            return True
        case ast.Name():
            return expr.id.isupper() or is_allowed(module, expr) or _holds_safe(module, expr, depth)
        case ast.Attribute(attr=attr):
            return attr.isupper() or attr in _OWN or _holds_safe(module, expr, depth)
        case ast.IfExp(body=body, orelse=orelse):
            return _all(module, [body, orelse], depth)
        case ast.BoolOp(values=values):
            return _all(module, values, depth)
        case ast.Subscript(value=ast.Name(id=table) | ast.Attribute(attr=table)) if table.isupper():
            return True
        case ast.Subscript(value=table):
            return entries(module, table) is not None
        case ast.BinOp(op=ast.Add() | ast.Sub() | ast.FloorDiv(), left=left, right=right) if is_number(
            left
        ) or is_number(right):
            return True
        case ast.BinOp(op=ast.Mult(), left=left, right=right):
            return is_safe(module, left, depth + 1) or is_safe(module, right, depth + 1)
        case ast.List(elts=elements) | ast.Tuple(elts=elements) | ast.Set(elts=elements):
            return _all(module, elements, depth)
        case ast.ListComp(elt=item) | ast.GeneratorExp(elt=item) | ast.SetComp(elt=item):
            return is_safe(module, item, depth + 1)
        case ast.Call():
            return _safe_call(module, expr, depth)
    return _safe_pieces(module, expr, depth)


def _all(module: Module, exprs: list[ast.expr], depth: int) -> bool:
    return all(is_safe(module, expr, depth + 1) for expr in exprs)


def _safe_pieces(module: Module, expr: ast.expr, depth: int) -> bool:
    pieces = pieces_of(module, expr)
    return pieces is not None and all(
        piece.expr is None
        or (at > 0 and names_placeholder(pieces[at - 1].text))
        or is_safe(module, piece.expr, depth + 1)
        for at, piece in enumerate(pieces)
    )


def _safe_call(module: Module, call: ast.Call, depth: int) -> bool:
    if is_checked_text(module, call):
        return True
    if isinstance(call.func, ast.Attribute):
        base, name = call.func.value, call.func.attr
        if name == "join" and len(call.args) == 1:
            return is_safe(module, call.args[0], depth + 1)
        if name == "get" and isinstance(base, ast.Name | ast.Attribute):
            if len(call.args) == 2 and constants(module, call.args[1]) in (("?",), ("%s",)):
                return True
            known = getattr(base, "id", "").isupper() or entries(module, base) is not None
            return known and _all(module, call.args[1:2], depth)
        if name in ("upper", "lower", "strip"):
            return is_safe(module, base, depth + 1)
        if name in _LISTS and not call.args:
            return is_safe(module, base, depth + 1) or entries(module, base) is not None
    if module.resolve(call.func) in _SAME:
        return _all(module, call.args, depth)
    if (called := callee_of(module, call)) is not None:
        values = returned(called[1])
        return bool(values) and all(is_safe(called[0], value, depth + 2) for value in values)
    return _safe_pieces(module, call, depth)


def _holds_safe(module: Module, name: ast.Name | ast.Attribute, depth: int) -> bool:
    values = module.flow.values(name)
    if not values or not all(_safe_value(name, value, depth) for value in values):
        return False
    return not isinstance(name, ast.Name) or _all(module, list(appended(module, name)), depth)


def _safe_value(name: ast.expr, value: Value, depth: int) -> bool:
    if value.how is How.PARAMETER and isinstance(value.node, ast.arg):
        return _safe_parameter(value.module, value.node, depth)
    if value.expr is None or value.how in (How.OTHER, How.ENTERED):
        return False
    if value.how is How.ITEM and _is_count(value):
        return True
    return value.expr is not name and is_safe(value.module, value.expr, depth + 1)


def _is_count(value: Value) -> bool:
    """Tell whether a name is the number that `enumerate()` counts."""
    pair = value.module.parents.get(value.node)
    counts = (
        isinstance(value.expr, ast.Call) and value.module.resolve(value.expr.func) == "builtins.enumerate"
    )
    return counts and isinstance(pair, ast.Tuple) and pair.elts[0] is value.node


def _safe_parameter(module: Module, arg: ast.arg, depth: int) -> bool:
    """Tell whether a framework makes a parameter a number, or all callers of a private function are safe."""
    function = next((outer for outer in module.ancestors(arg) if isinstance(outer, FunctionNode)), None)
    if function is None:
        return False
    if module.role(function) is Role.HANDLER:
        known = module.names.annotation(arg.annotation) if arg.annotation is not None else None
        return known in NUMBERS and module.imports("fastapi", "litestar")
    if not function.name.startswith("_") or function.name.startswith("__"):
        return False
    callers = few_callers(module, function)
    given = [(other, argument_for(call, function, arg.arg)) for other, call in callers]
    return bool(given) and all(e is not None and is_safe(other, e, depth + 3) for other, e in given)
