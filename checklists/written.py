"""The literal that is written for an argument: in its place, or under a name that the file gives once."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from harden.environment import env_read
from harden.module import Module

_STAGE = re.compile(r"(?i)(^|[^a-z])(is_)?(prod|production|staging|env|environment|docker|heroku)($|[^a-z])")


def written(module: Module, expr: ast.expr | None) -> ast.expr | None:
    """Return the expression itself, or the one that its name is given; None where that may vary."""
    if not isinstance(expr, ast.Name):
        return expr
    bound = _given_here(module, expr) or module.names.lookup(expr)
    parent = module.parents.get(bound) if bound is not None else None
    if not isinstance(bound, ast.Name) or not isinstance(parent, ast.Assign | ast.AnnAssign):
        return None
    several = len(module.names.scope(bound).bindings.get(bound.id, ())) != 1
    if (several and bound is not _given_here(module, expr)) or parent.value is expr:
        return None
    return parent.value


def _given_here(module: Module, name: ast.Name) -> ast.Name | None:
    """Return what gives a name its value just before, among the statements of the same block."""
    use = module.statement(name)
    bindings = module.names.scope(name).bindings.get(name.id, ())
    before = [node for node in bindings if isinstance(node, ast.Name) and node.lineno < use.lineno]
    last = max(before, key=lambda node: node.lineno, default=None)
    if last is None or len(before) != sum(isinstance(node, ast.Name) for node in bindings):
        return None  # given anew later, which a loop may bring back
    return last if module.parents.get(module.statement(last)) is module.parents.get(use) else None


def texts(expr: ast.expr | None) -> Iterator[ast.Constant]:
    """Yield the text that an expression is, or those of the list, tuple or set that it is."""
    match expr:
        case ast.Constant(value=str()):
            yield expr
        case ast.List(elts=elements) | ast.Tuple(elts=elements) | ast.Set(elts=elements):
            for element in elements:
                yield from texts(element)


def is_fallback(module: Module, node: ast.AST) -> bool:
    """Tell whether a literal only stands in for what the environment may say: a default, `or "…"`, `else`."""
    for outer in (node, *module.ancestors(node)):
        if isinstance(outer, ast.stmt):
            return _is_conditional(module, outer)
        if env_read(module, outer) is not None:
            return True
        if isinstance(outer, ast.BoolOp | ast.IfExp) and any(
            env_read(module, inner) is not None for inner in ast.walk(outer)
        ):
            return True
    return False


def _is_conditional(module: Module, statement: ast.stmt) -> bool:
    """Tell whether a statement stands under an `if` that asks which environment this is."""
    return any(
        isinstance(outer, ast.If)
        and (
            _STAGE.search(ast.unparse(outer.test)) is not None
            or any(
                env_read(module, inner) is not None or _is_environ(module, inner)
                for inner in ast.walk(outer.test)
            )
        )
        for outer in module.ancestors(statement)
    )


def _is_environ(module: Module, node: ast.AST) -> bool:
    return isinstance(node, ast.Attribute | ast.Name) and module.resolve(node) == "os.environ"
