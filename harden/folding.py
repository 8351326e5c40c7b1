"""What an expression always is: text and numbers worked out through names, classes and modules."""

from __future__ import annotations

import ast
import posixpath
from itertools import islice, product
from typing import TYPE_CHECKING

from harden.combining import MANY, Constant, either, filled, joined, method, number, shown
from harden.flow import How, Value, returned

if TYPE_CHECKING:
    from harden.module import Module

_DEEP = 25
_TEXT = ("strip", "lstrip", "rstrip", "lower", "upper", "title", "capitalize", "replace", "removeprefix")
_TIDY = ("textwrap.dedent", "inspect.cleandoc", "builtins.str", "str")


def constants(module: Module, expr: ast.expr | None, depth: int = 0) -> tuple[Constant, ...] | None:
    """Return everything that an expression may be, where all of it is constant; None where it is not."""
    if expr is None or depth > _DEEP:
        return None
    match expr:
        case ast.Constant(value=value):
            return (value,) if value is None or isinstance(value, str | bytes | int | float) else None
        case ast.Name() | ast.Attribute():
            return _named(module, expr, depth)
        case ast.JoinedStr(values=values):
            return joined([_part(module, value, depth) for value in values], "")
        case ast.BinOp(left=left, op=op, right=right):
            return _computed(module, left, op, right, depth)
        case ast.IfExp(body=body, orelse=orelse):
            return either(constants(module, branch, depth + 1) for branch in (body, orelse))
        case ast.BoolOp(values=values):
            return either(constants(module, value, depth + 1) for value in values)
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            known = constants(module, operand, depth + 1)
            numbers = [-value for value in known or () if isinstance(value, int | float)]
            return tuple(numbers) if known and len(numbers) == len(known) else None
        case ast.NamedExpr(value=value):
            return constants(module, value, depth + 1)
        case ast.Subscript(value=table, slice=key):
            return _entry(module, table, key, depth)
        case ast.Call():
            return _called(module, expr, depth)
    return None


def _named(module: Module, expr: ast.expr, depth: int) -> tuple[Constant, ...] | None:
    found = module.flow.values(expr)
    if not found and isinstance(expr, ast.Attribute) and expr.attr in ("value", "name"):
        return _member(module, expr, depth)
    added = [value for value in found if value.how is How.ADDED]
    given = [value for value in found if value.how is not How.ADDED]
    if any(value.how is not How.GIVEN for value in given):
        return None
    base = either(constants(value.module, value.expr, depth + 1) for value in given)
    for value in added:
        base = _added(base, value, given, depth)
    return base


def _added(
    base: tuple[Constant, ...] | None, value: Value, given: list[Value], depth: int
) -> tuple[Constant, ...] | None:
    """Return what `x += more` makes of what was there, and what was there if that may be passed by."""
    module = value.module
    block = module.parents.get(module.statement(value.node))
    if any(isinstance(outer, ast.For | ast.While) for outer in module.ancestors(value.node)):
        return None
    more = joined([base, constants(module, value.expr, depth + 1)], "")
    always = all(module.parents.get(module.statement(item.node)) is block for item in given)
    return more if always else either([base, more])


def _member(module: Module, expr: ast.Attribute, depth: int) -> tuple[Constant, ...] | None:
    """Return what `Colour.RED.value` is."""
    member = expr.value
    if not isinstance(member, ast.Attribute) or not isinstance(member.value, ast.Name | ast.Attribute):
        return None
    path = module.resolve(member.value) or ""
    found = module.project.class_of(path)
    if found is None or not any(base.startswith("enum.") for base in found[0].bases(found[1])):
        return None
    return (member.attr,) if expr.attr == "name" else constants(module, member, depth + 1)


def _part(module: Module, part: ast.expr, depth: int) -> tuple[Constant, ...] | None:
    if not isinstance(part, ast.FormattedValue):
        return constants(module, part, depth + 1)
    known = constants(module, part.value, depth + 1)
    if known is None:
        return None
    spec = joined([_part(module, p, depth) for p in _spec(part)], "") if part.format_spec else ("",)
    return shown(known, spec, part.conversion) if spec is not None else None


def _spec(part: ast.FormattedValue) -> list[ast.expr]:
    return part.format_spec.values if isinstance(part.format_spec, ast.JoinedStr) else []


def _computed(
    module: Module, left: ast.expr, op: ast.operator, right: ast.expr, depth: int
) -> tuple[Constant, ...] | None:
    heads = constants(module, left, depth + 1)
    if heads is None:
        return None
    if isinstance(op, ast.Mod) and isinstance(heads[0], str):
        return _percent(module, heads, right, depth)
    tails = constants(module, right, depth + 1)
    if tails is None:
        return None
    if isinstance(op, ast.Add) and isinstance(heads[0], str | bytes):
        return joined([heads, tails], "")
    return either(number(head, op, tail) for head, tail in islice(product(heads, tails), MANY + 1))


def _percent(
    module: Module, heads: tuple[Constant, ...], right: ast.expr, depth: int
) -> tuple[Constant, ...] | None:
    if isinstance(right, ast.Dict):
        names = [str(key.value) for key in right.keys if isinstance(key, ast.Constant)]
        parts = [constants(module, expr, depth + 1) for expr in right.values]
        return filled(heads, parts, lambda head, way: head % dict(zip(names, way, strict=True)))
    exprs = list(right.elts) if isinstance(right, ast.Tuple) else [right]
    return filled(heads, [constants(module, expr, depth + 1) for expr in exprs], lambda head, way: head % way)


def entries(module: Module, table: ast.expr) -> tuple[Module, list[ast.expr | None], list[ast.expr]] | None:
    """Return the keys and values of a dict, list or tuple that is written out and never changed."""
    value = module.flow.only(table)
    name = table.id if isinstance(table, ast.Name) else table.attr if isinstance(table, ast.Attribute) else ""
    if value is None or name in module.flow.changed or name in value.module.flow.changed:
        return None
    match value.expr:
        case ast.Dict(keys=keys, values=values):
            return value.module, list(keys), list(values)
        case ast.List(elts=values) | ast.Tuple(elts=values) | ast.Set(elts=values) if value is not None:
            return value.module, [], list(values)
    return None


def _entry(module: Module, table: ast.expr, key: ast.expr, depth: int) -> tuple[Constant, ...] | None:
    """Return what a table in the code holds under a key; under an unknown key any of its values."""
    found = entries(module, table)
    if found is None:
        return None
    owner, keys, values = found
    wanted = constants(module, key, depth + 1)
    if wanted is not None and keys and len(wanted) == 1:
        for name, value in zip(keys, values, strict=True):
            if name is not None and constants(owner, name, depth + 1) == wanted:
                return constants(owner, value, depth + 1)
    if wanted is not None and not keys and isinstance(wanted[0], int) and len(wanted) == 1:
        at = wanted[0]
        return constants(owner, values[at], depth + 1) if -len(values) <= at < len(values) else None
    if any(isinstance(value, ast.Starred) for value in values) or any(name is None for name in keys):
        return None
    return either(constants(owner, value, depth + 1) for value in values)


def _called(module: Module, call: ast.Call, depth: int) -> tuple[Constant, ...] | None:
    func = call.func
    if isinstance(func, ast.Attribute):
        if func.attr == "format":
            return _formatted(module, func.value, call, depth)
        if func.attr == "join" and len(call.args) == 1:
            return _join(module, func.value, call.args[0], depth)
        if func.attr == "get" and call.args and (found := _entry(module, func.value, call.args[0], depth)):
            default = constants(module, call.args[1], depth + 1) if len(call.args) > 1 else (None,)
            return either([found, default])
        if func.attr in _TEXT and (known := constants(module, func.value, depth + 1)) is not None:
            given = [constants(module, arg, depth + 1) for arg in call.args]
            return method(known, func.attr, given)
    path = module.resolve(func) or ""
    if path in ("os.path.join", "posixpath.join"):
        parts = [constants(module, arg, depth + 1) for arg in call.args]
        texts = [str(part[0]) for part in parts if part is not None and len(part) == 1]
        return (posixpath.join(*texts),) if texts and len(texts) == len(parts) else None
    if path in _TIDY and len(call.args) == 1 and not call.keywords:
        known = constants(module, call.args[0], depth + 1)
        return tuple(map(str, known)) if known is not None else None
    return _of_function(module, path, depth)


def _formatted(module: Module, base: ast.expr, call: ast.Call, depth: int) -> tuple[Constant, ...] | None:
    heads = constants(module, base, depth + 1)
    if heads is None or any(item.arg is None for item in call.keywords):
        return None
    names, count = [str(item.arg) for item in call.keywords], len(call.args)
    exprs = [*call.args, *(item.value for item in call.keywords)]
    return filled(
        heads,
        [constants(module, expr, depth + 1) for expr in exprs],
        lambda head, way: head.format(*way[:count], **dict(zip(names, way[count:], strict=True))),
    )


def _join(module: Module, between: ast.expr, items: ast.expr, depth: int) -> tuple[Constant, ...] | None:
    separator, found = constants(module, between, depth + 1), entries(module, items)
    if separator is None or len(separator) != 1 or found is None or not isinstance(separator[0], str):
        return None
    owner, keys, values = found
    parts = [constants(owner, item, depth + 1) for item in (keys or values) if item is not None]
    return joined(parts, separator[0])


def _of_function(module: Module, path: str, depth: int) -> tuple[Constant, ...] | None:
    """Return what a function of the project returns, whatever it is given, if that is constant."""
    if not module.project.owns(path):
        return None
    found = module.project.function_of(path)
    if found is None or found[1].decorator_list or isinstance(found[1], ast.AsyncFunctionDef):
        return None
    exprs = returned(found[1])
    return either(constants(found[0], expr, depth + 1) for expr in exprs) if exprs else None
