"""Loops that go on for as long as the process lives."""

from __future__ import annotations

import ast
import re

from harden.module import is_literal
from harden.tree import FunctionNode

_STOPPED = re.compile(r"(?i)stop|shut|is_set|running|cancel|exit|closed|terminat|alive")
"""What a process is told when it ends."""


def goes_on(loop: ast.While) -> bool:
    """Tell whether nothing but the end of the process ends a loop, neither within it nor by its condition."""
    told = ast.unparse(loop.test)
    is_flag = isinstance(loop.test, ast.Attribute) or (
        isinstance(loop.test, ast.UnaryOp) and ("is_set" in told or ".wait(" in told)
    )
    is_always = is_literal(loop.test, True) or is_literal(loop.test, 1)
    return (is_always or is_flag) and not _ends(loop.body, is_inner=False)


def _ends(body: list[ast.stmt], *, is_inner: bool) -> bool:
    """Tell whether a block leaves the loop that it stands in; an inner loop is left by `return` only."""
    for statement in body:
        if isinstance(statement, ast.Return) or (isinstance(statement, ast.Break) and not is_inner):
            return True
        if isinstance(statement, FunctionNode | ast.ClassDef) or _is_told_to_stop(statement):
            continue
        inside = is_inner or isinstance(statement, ast.For | ast.AsyncFor | ast.While)
        blocks = [getattr(statement, name, []) for name in ("body", "orelse", "finalbody")]
        handlers = (one for one in getattr(statement, "handlers", ()) if not _is_told_to_stop(one))
        blocks += [part.body for part in (*handlers, *getattr(statement, "cases", ()))]
        if any(_ends(block, is_inner=inside) for block in blocks):
            return True
    return False


def _is_told_to_stop(node: ast.AST) -> bool:
    """Tell whether a branch is taken where the process, or the task, is to end."""
    match node:
        case ast.If(test=test, orelse=[]):
            return _STOPPED.search(ast.unparse(test)) is not None
        case ast.ExceptHandler(type=ast.expr() as kind):
            return "Cancelled" in ast.unparse(kind) or "KeyboardInterrupt" in ast.unparse(kind)
    return False
