"""What an except block catches, and what it does with the error."""

from __future__ import annotations

import ast

from harden.module import Module, walk_statements

BROAD = frozenset({"builtins.Exception", "builtins.BaseException"})


def caught(module: Module, handler: ast.ExceptHandler) -> list[str]:
    """Return the paths of the types that a handler names; a bare one catches BaseException."""
    if handler.type is None:
        return ["builtins.BaseException"]
    kinds = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return [module.resolve(kind) or "" for kind in kinds]


def is_broad(module: Module, handler: ast.ExceptHandler) -> bool:
    """Tell whether a handler catches whatever goes wrong."""
    return not BROAD.isdisjoint(caught(module, handler))


def raises(handler: ast.ExceptHandler) -> bool:
    """Tell whether a handler raises, on any of its ways; nested functions do not count."""
    return any(isinstance(statement, ast.Raise) for statement in walk_statements(handler.body))


def handler_around(module: Module, node: ast.AST) -> ast.ExceptHandler | None:
    """Return the except block that `node` runs in, or None; nested functions run later."""
    for outer in module.ancestors(node):
        if isinstance(outer, ast.ExceptHandler):
            return outer
        if isinstance(outer, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.ClassDef):
            return None
    return None


def uses(name: str | None, *nodes: ast.AST) -> bool:
    """Tell whether the caught error, bound to `name`, is read anywhere in `nodes`."""
    return name is not None and any(
        isinstance(inner, ast.Name) and inner.id == name for node in nodes for inner in ast.walk(node)
    )
