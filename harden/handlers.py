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


def subject(module: Module, node: ast.AST, body: list[ast.stmt]) -> str:
    """Return what failed when `body` raised: the one call that it makes, else the function around `node`."""
    if len(body) == 1 and isinstance(
        body[0], ast.Expr | ast.Assign | ast.Return | ast.AnnAssign | ast.AugAssign
    ):
        value = body[0].value.value if isinstance(body[0].value, ast.Await) else body[0].value
        if isinstance(value, ast.Call) and (name := _dotted(value.func)) and len(name) <= 40:
            path = module.resolve(value.func) or ""
            if not path.startswith("builtins.") or path == "builtins.open":  # "list failed" tells nothing
                return name.removeprefix("self.").lstrip("_")
    function = module.function(node)
    if function is None:
        return module.name.rpartition(".")[2]
    owner = module.owner(function)
    if function.name.startswith("__") and owner is not None:
        return owner.name
    return function.name.strip("_")


def _dotted(expr: ast.expr) -> str:
    match expr:
        case ast.Name(id=name):
            return name
        case ast.Attribute(value=value, attr=name):
            return f"{inner}.{name}" if (inner := _dotted(value)) else ""
    return ""
