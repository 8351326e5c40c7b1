"""What an expression that asks the environment is worth where the variables are missing."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field

from harden.checklists.written import written
from harden.environment import env_read
from harden.module import Module

_METHODS = frozenset({"lower", "upper", "strip", "casefold"})


class _UnknownError(Exception):
    """The value cannot be told from the code."""


@dataclass(slots=True)
class Missing:
    """The value of an expression without any variable set, and the variables that it asks."""

    value: object
    asked: list[str] = field(default_factory=list)


def without_environment(module: Module, expr: ast.expr) -> Missing | None:
    """Return what an expression is worth without its variables; None where it asks none or cannot be told."""
    found = Missing(None)
    try:
        found.value = _value(module, expr, found, 0)
    except _UnknownError:
        return None
    return found if found.asked else None


def _value(module: Module, expr: ast.expr, found: Missing, depth: int) -> object:
    if depth > 20:
        raise _UnknownError
    read = env_read(module, expr)
    if read is not None:
        found.asked.append(read.name)
        if isinstance(expr, ast.Subscript) or (read.default is None and not read.through_os):
            raise _UnknownError  # it fails where the variable is missing
        return None if read.default is None else _value(module, read.default, found, depth + 1)
    match expr:
        case ast.Constant(value=value):
            return value
        case ast.Tuple(elts=items) | ast.List(elts=items) | ast.Set(elts=items):
            return [_value(module, item, found, depth + 1) for item in items]
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            return not _value(module, operand, found, depth + 1)
        case ast.IfExp(test=test, body=body, orelse=orelse):
            chosen = body if _value(module, test, found, depth + 1) else orelse
            return _value(module, chosen, found, depth + 1)
        case ast.BoolOp(op=op, values=values):
            result: object = None
            for item in values:
                result = _value(module, item, found, depth + 1)
                if bool(result) is isinstance(op, ast.Or):
                    break
            return result
        case ast.Compare(left=left, ops=[op], comparators=[right]):
            sides = (_value(module, left, found, depth + 1), _value(module, right, found, depth + 1))
            return _compared(op, *sides)
        case ast.Call(func=ast.Attribute(value=held, attr=name), args=[]) if name in _METHODS:
            text = _value(module, held, found, depth + 1)
            if isinstance(text, str):
                return text.strip() if name == "strip" else text.upper() if name == "upper" else text.lower()
        case ast.Name():
            given = written(module, expr)
            if given is not None:
                return _value(module, given, found, depth + 1)
    raise _UnknownError


def _compared(op: ast.cmpop, left: object, right: object) -> bool:
    match op:
        case ast.Eq() | ast.Is():
            return left == right
        case ast.NotEq() | ast.IsNot():
            return left != right
        case ast.In() if isinstance(right, list):
            return left in right
        case ast.NotIn() if isinstance(right, list):
            return left not in right
    raise _UnknownError
