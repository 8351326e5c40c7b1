"""What a function of the project opens for its caller, who then has to close it."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from harden.calls import callee_of, is_generator
from harden.checklists.blocked import step
from harden.checklists.opened import CLOSABLE, CLOSERS, DATA_METHODS, LAZY_METHODS, MANAGED
from harden.module import Module
from harden.tree import FunctionNode, own_nodes

_DEEPEST = 3
"""Functions between the one that opens and the one that has to close."""
_USES = CLOSERS | DATA_METHODS | LAZY_METHODS | {"execute", "executemany", "send", "connect", "getresponse"}
"""What is done with something open: a name of which none is used needs no look at where it comes from."""
_PLAIN = ("builtins.staticmethod", "builtins.classmethod")


def handed(module: Module) -> Iterator[tuple[ast.Assign, ast.Call, str, tuple[str, ...]]]:
    """Yield the statements that are handed something open: with the call, what it opens, and the way."""
    used = {
        node.value.id
        for node in module.nodes(ast.Attribute)
        if node.attr in _USES and isinstance(node.value, ast.Name)
    }
    for statement in module.nodes(ast.Assign) if used else ():
        target, call = statement.targets[0], statement.value
        if isinstance(call, ast.Call) and isinstance(target, ast.Name) and target.id in used:
            opened, way = _opened(module, call, 0) if module.function(statement) is not None else ("", ())
            if opened:
                yield statement, call, opened, way


def _opened(module: Module, call: ast.Call, depth: int) -> tuple[str, tuple[str, ...]]:
    """Return what a call of one of the project's functions opens anew, and the way to it; or nothing."""
    found = callee_of(module, call) if depth < _DEEPEST else None
    if found is None or isinstance(found[1], ast.AsyncFunctionDef) or is_generator(*found):
        return "", ()
    source, function = found
    if function.name == "__init__" or any(
        source.resolve(decorator) not in _PLAIN for decorator in function.decorator_list
    ):
        return "", ()
    opened, way = "", tuple[str, ...]()
    for node in own_nodes(function):
        if isinstance(node, ast.Return) and not _is_nothing(node.value):
            made = _made(source, function, node.value)
            path = (source.resolve(made.func) or "") if made is not None else ""
            if made is not None and path in MANAGED | CLOSABLE:
                opened, way = path, (step(source, made),)
            elif made is not None:
                opened, way = _opened(source, made, depth + 1)
            if made is None or not opened:
                return "", ()
    return opened, (step(module, call), *way) if opened else ()


def _is_nothing(value: ast.expr | None) -> bool:
    return value is None or (isinstance(value, ast.Constant) and value.value is None)


def _made(module: Module, function: FunctionNode, value: ast.expr | None) -> ast.Call | None:
    """Return the call whose result a function returns and nobody else has got."""
    if isinstance(value, ast.Call):
        return value
    bound = module.names.lookup(value) if isinstance(value, ast.Name) else None
    statement = module.parents.get(bound) if isinstance(bound, ast.Name) else None
    if not isinstance(bound, ast.Name) or not isinstance(statement, ast.Assign):
        return None
    if len(module.names.scopes[function].bindings.get(bound.id, ())) != 1:
        return None
    uses = (node for node in own_nodes(function) if isinstance(node, ast.Name) and node.id == bound.id)
    for use in uses:
        if use is not bound and not isinstance(module.parents.get(use), ast.Attribute | ast.Return):
            return None
    return statement.value if isinstance(statement.value, ast.Call) else None
