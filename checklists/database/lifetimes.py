"""How long a session or connection lives, and whether its transaction ends on every way out."""

from __future__ import annotations

import ast
from dataclasses import replace
from enum import Enum
from itertools import takewhile

from harden.calls import callee_of
from harden.checklists.database.sessions import Handle, handle_of, is_injected
from harden.checklists.database.transactions import ended, transaction_at
from harden.flow import How, Value, returned
from harden.module import Module
from harden.tree import FunctionNode, own_nodes

_CLOSING = ("contextlib.closing", "contextlib.aclosing")


class Life(Enum):
    """Who has a session or connection, and until when."""

    CALL = "made here and let go at the end"
    BLOCK = "closed by a with block"
    REQUEST = "one for each request, ended by the framework"
    PASSED = "the caller's"
    LONG = "shared by all calls"
    UNKNOWN = "not in sight"


def life_of(module: Module, function: FunctionNode, handle: Handle) -> Life:
    """Return how long what a function writes through lives."""
    expr = _connection(module, handle.expr)
    if handle.flask or handle.scoped:
        return Life.REQUEST
    if isinstance(expr, ast.Call):
        return Life.LONG if _hands_out(module, expr) else Life.UNKNOWN
    values = module.flow.values(expr) if isinstance(expr, ast.Name | ast.Attribute) else ()
    lives = {_life(module, function, value) for value in values}
    if isinstance(expr, ast.Attribute) and not (isinstance(expr.value, ast.Name) and expr.value.id == "self"):
        lives -= {Life.CALL}
    return lives.pop() if len(lives) == 1 else Life.UNKNOWN


def _connection(module: Module, expr: ast.expr) -> ast.expr:
    """Return the connection that a cursor was made from."""
    held = module.flow.only(expr) if isinstance(expr, ast.Name) else None
    match held.expr if held is not None else None:
        case ast.Call(func=ast.Attribute(value=base, attr="cursor")):
            return base
    return expr


def _life(module: Module, function: FunctionNode, value: Value) -> Life:
    if value.how is How.ENTERED:
        return Life.BLOCK
    if value.how is How.PARAMETER and isinstance(value.node, ast.arg):
        return Life.REQUEST if is_injected(module, function, value.node.arg) else Life.PASSED
    if value.how is not How.GIVEN or value.expr is None:
        return Life.UNKNOWN
    if isinstance(value.expr, ast.Name) and (held := value.module.flow.only(value.expr)) is not None:
        value = replace(value, module=held.module, expr=held.expr)
    if value.expr is None:
        return Life.UNKNOWN
    if isinstance(value.node, ast.Attribute):
        owner = value.module.function(value.node)
        made = owner is not None and owner.name == "__init__" and is_made(value.module, value.expr)
        return Life.LONG if made else Life.PASSED
    if isinstance(value.expr, ast.Call) and _hands_out(value.module, value.expr):
        return Life.LONG
    around = value.module.function(value.node)
    if around is None:
        return Life.LONG if is_made(value.module, value.expr) else Life.UNKNOWN
    return Life.CALL if around is function and is_made(module, value.expr) else Life.UNKNOWN


def _hands_out(module: Module, call: ast.Call) -> bool:
    """Tell whether a call gives the one session or connection that the module keeps: `get_connection()`."""
    called = callee_of(module, call)
    if called is None or called[1].name == "__init__":
        return False
    other, function = called
    kept = [
        value
        for expr in returned(function)
        if isinstance(expr, ast.Name)
        for value in other.flow.values(expr)
    ]
    scope = other.names.scopes[other.tree].bindings
    return any(
        isinstance(value.node, ast.Name)
        and value.node in scope.get(value.node.id, ())
        and value.expr is not None
        and is_made(value.module, value.expr)
        for value in kept
    )


def is_made(module: Module, expr: ast.expr, depth: int = 0) -> bool:
    """Tell whether an expression opens a session or connection, and does not only hand one out."""
    if isinstance(expr, ast.Await):
        expr = expr.value
    if not isinstance(expr, ast.Call) or depth > 3:
        return False
    called = callee_of(module, expr)
    if called is None or called[1].name == "__init__":
        given = [*expr.args, *(item.value for item in expr.keywords)]
        lent = any(isinstance(item, ast.Name) and handle_of(module, item) is not None for item in given)
        return handle_of(module, expr) is not None and not lent
    other, function = called
    if any(isinstance(node, ast.Yield) for node in own_nodes(function)):
        return False
    values = returned(function)
    return bool(values) and all(_makes(other, function, value, depth) for value in values)


def _makes(module: Module, function: FunctionNode, expr: ast.expr, depth: int) -> bool:
    if isinstance(expr, ast.Call):
        return is_made(module, expr, depth + 1)
    values = module.flow.values(expr) if isinstance(expr, ast.Name) else ()
    return bool(values) and all(
        v.how is How.GIVEN
        and v.expr is not None
        and v.module.function(v.node) is function
        and is_made(v.module, v.expr, depth + 1)
        for v in values
    )


def is_ended(module: Module, function: FunctionNode, commit: ast.Call) -> bool:
    """Tell whether the transaction of a commit is rolled back, or its connection closed, on an error."""
    if transaction_at(module, commit) is not None or _rolls_back(function):
        return True
    around = takewhile(lambda outer: not isinstance(outer, FunctionNode), module.ancestors(commit))
    return any(_closes(module, outer) or is_closing(module, outer) for outer in around)


def _rolls_back(function: FunctionNode) -> bool:
    """Tell whether a function rolls back anywhere, or hands the session to something that does."""
    for node in own_nodes(function):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute | ast.Name):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else node.func.id
            if "rollback" in name.lower() or name == "abort":
                return True
    return False


def _closes(module: Module, outer: ast.AST) -> bool:
    """Tell whether a `try` closes something at its end."""
    ends = [node for item in outer.finalbody for node in ast.walk(item)] if isinstance(outer, ast.Try) else []
    return any(
        isinstance(node, ast.Call) and ("close" in ast.unparse(node.func) or ended(module, node, "remove"))
        for node in ends
    )


def is_closing(module: Module, outer: ast.AST) -> bool:
    """Tell whether a `with` block closes a session or connection, or rolls back what is not committed."""
    for item in outer.items if isinstance(outer, ast.With | ast.AsyncWith) else ():
        context = item.context_expr
        if isinstance(context, ast.Call) and module.resolve(context.func) in _CLOSING:
            return True
        entered = handle_of(module, context)
        if entered is not None and not entered.path.endswith("cursor"):
            return True
    return False
