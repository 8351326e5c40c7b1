"""Whether the program looks for an error in what the body of a response says."""

from __future__ import annotations

import ast
from itertools import islice

from harden.calls import callers_of
from harden.checklists.resilience.responses import awaited, bound_name
from harden.module import Module

_ANSWERS = frozenset(
    ("error", "errors", "error_code", "errcode", "status", "success", "ok", "code", "message")
)
_CALLERS = 20
"""Callers of a function that are looked at."""


def asks_the_body(module: Module, call: ast.Call) -> bool:
    """Tell whether an error, or success, is looked for in what the body says, here or by who gets it."""
    around = module.function(call) or module.tree
    if _returns_body(module, call) and (
        any(_asks(node) for node in module.nodes(ast.Compare)) or _callers_ask(module, call)
    ):
        return True
    return _asks_within(module, around)


def _callers_ask(module: Module, call: ast.Call) -> bool:
    """Tell whether a function that calls the one around looks for an error in what it gets."""
    around = module.function(call)
    return around is not None and any(
        _asks_of(other, use) for other, use in islice(callers_of(module, around), _CALLERS)
    )


def _asks_of(module: Module, call: ast.Call) -> bool:
    """Tell whether the result of a call is searched for an error, at once or under the name that it gets."""
    whole = awaited(module, call)
    name = bound_name(module.parents.get(whole), whole)
    for node in ast.walk(module.function(call) or module.tree):
        if isinstance(node, ast.Constant) and node.value in _ANSWERS:
            asked = _asked(module, node)
            if asked is whole or (name is not None and isinstance(asked, ast.Name) and asked.id == name.id):
                return True
    return False


def _asked(module: Module, key: ast.Constant) -> ast.expr | None:
    """Return what a key is looked for in."""
    match module.parents.get(key):
        case ast.Compare(ops=[ast.In() | ast.NotIn()], comparators=[holder]):
            return holder
        case ast.Subscript(value=holder):
            return holder
        case ast.Call(func=ast.Attribute(value=holder, attr="get")):
            return holder
    return None


def _asks_within(module: Module, around: ast.AST) -> bool:
    for node in ast.walk(around):
        if not isinstance(node, ast.Constant) or node.value not in _ANSWERS:
            continue
        parent = module.parents.get(node)
        if isinstance(parent, ast.Compare | ast.Subscript):
            return True
        if (
            isinstance(parent, ast.Call)
            and isinstance(parent.func, ast.Attribute)
            and parent.func.attr == "get"
        ):
            return True
    return False


def _returns_body(module: Module, call: ast.Call) -> bool:
    """Tell whether the function parses a body and hands something to its callers."""
    around = module.function(call)
    inner = list(ast.walk(around)) if around is not None else []
    returns = any(isinstance(node, ast.Return) and node.value is not None for node in inner)
    return returns and any(map(_is_json, inner))


def _is_json(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "json"


def _asks(node: ast.AST) -> bool:
    """Tell whether `node` is a test such as `"error" in answer`."""
    match node:
        case ast.Compare(left=ast.Constant(value=value), ops=[ast.In() | ast.NotIn()]):
            return value in _ANSWERS
    return False
