"""What runs where a look-up found nothing: branches, and what follows a branch that leaves."""

from __future__ import annotations

import ast

from harden.module import Module
from harden.tree import FunctionNode

_LEAVE = frozenset({"abort", "fail", "exit", "bad_request", "halt"})
_LEAVE_PATHS = ("flask.abort", "sys.exit", "bottle.abort")
_BLOCKS = ("body", "orelse", "finalbody")


def unfound(module: Module, node: ast.If, term: ast.expr, *, found: bool) -> list[ast.stmt]:
    """Return the statements that run only where a term of an `if` says that there is no row.

    `found`: the term is true where there is one.
    """
    alone = not isinstance(node.test, ast.BoolOp)
    is_or = isinstance(node.test, ast.BoolOp) and isinstance(node.test.op, ast.Or)
    if not found:
        after = otherwise(module, node) if alone and leaves(module, node.orelse) else []
        return [] if is_or else [*node.body, *after]
    if not alone and not is_or and _judges(node, term):
        return []
    following = otherwise(module, node)
    if leaves(module, node.body):
        return [*node.orelse, *following]
    if (names := notes_in(node.body)) and (at := _tested(following, names)) is not None:
        return [*node.orelse, *following[at:]]
    return list(node.orelse)


def _judges(node: ast.If, term: ast.expr) -> bool:
    """Tell whether the other terms of a test ask what the row is like: it may be there all the same."""
    if not isinstance(node.test, ast.BoolOp):
        return False
    names = {inner.id for inner in ast.walk(term) if isinstance(inner, ast.Name)}
    others = [other for other in node.test.values if other is not term]
    return any(
        isinstance(inner, ast.Attribute) and isinstance(inner.value, ast.Name) and inner.value.id in names
        for other in others
        for inner in ast.walk(other)
    )


def leaves(module: Module, body: list[ast.stmt]) -> bool:
    """Tell whether a block ends by leaving what comes after it."""
    if not body:
        return False
    match body[-1]:
        case ast.Return() | ast.Raise() | ast.Continue() | ast.Break():
            return True
        case ast.Expr(value=ast.Call(func=func)):
            name = func.attr if isinstance(func, ast.Attribute) else getattr(func, "id", "")
            return name in _LEAVE or (module.resolve(func) or "").endswith(_LEAVE_PATHS)
        case ast.If(body=inner, orelse=orelse):
            return leaves(module, inner) and leaves(module, orelse)
    return False


def notes_in(body: list[ast.stmt]) -> set[str]:
    """Return the names in which a block notes that it ran: `error = "taken"`, `errors.append(…)`."""
    found: set[str] = set()
    for statement in body:
        match statement:
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Constant() | ast.JoinedStr()):
                found.add(name)
            case ast.Assign(targets=[ast.Subscript(value=ast.Name(id=name))]):
                found.add(name)
            case ast.Expr(value=ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr="append"))):
                found.add(name)
    return found


def _tested(statements: list[ast.stmt], names: set[str]) -> int | None:
    """Return the place of the first statement that decides by one of these names."""
    for at, statement in enumerate(statements):
        if isinstance(statement, ast.If) and any(
            isinstance(node, ast.Name) and node.id in names for node in ast.walk(statement.test)
        ):
            return at
    return None


def otherwise(module: Module, node: ast.stmt) -> list[ast.stmt]:
    """Return the statements of the function that come after one, in its own block and those around it."""
    found: list[ast.stmt] = []
    child: ast.AST = node
    for outer in module.ancestors(node):
        for name in _BLOCKS:
            block = getattr(outer, name, None)
            if isinstance(block, list) and child in block:
                found += block[block.index(child) + 1 :]
                found += outer.orelse if isinstance(outer, ast.Try) and name == "body" else []
        if isinstance(outer, FunctionNode | ast.Lambda | ast.ClassDef):
            break
        child = outer
    return found
