"""Whether one statement of a function runs after another one, always or on some ways only."""

from __future__ import annotations

import ast
from dataclasses import dataclass

from harden.module import Module
from harden.tree import FunctionNode, own_nodes

_BLOCKS = ("body", "orelse", "finalbody", "handlers", "cases")
_LEAVES = (ast.Return, ast.Raise, ast.Continue, ast.Break)
_LOOPS = (ast.For, ast.AsyncFor, ast.While)
_LONG = 25
"""Lines that a block may take; nobody would want to read more of them indented anew."""


@dataclass(frozen=True, slots=True)
class _Step:
    """One block on the way from a function down to a node."""

    holder: ast.AST
    block: str
    index: int

    @property
    def statements(self) -> list[ast.AST]:
        """Return what the block holds."""
        held: list[ast.AST] = getattr(self.holder, self.block)
        return held


def _way(module: Module, node: ast.AST) -> list[_Step]:
    """Return the blocks around a node, from its function down."""
    steps: list[_Step] = []
    child = node
    for outer in module.ancestors(node):
        for block in _BLOCKS:
            held = getattr(outer, block, None)
            if isinstance(held, list) and child in held:
                steps.append(_Step(outer, block, held.index(child)))
                break
        if isinstance(outer, FunctionNode):
            break
        child = outer
    return steps[::-1]


def follows(module: Module, first: ast.AST, second: ast.AST) -> bool:
    """Tell whether the second of two nodes of a function may run after the first, in one turn of a loop."""
    before, after = _way(module, first), _way(module, second)
    for depth, (one, other) in enumerate(zip(before, after, strict=False)):
        if one == other:
            continue
        if one.holder is not other.holder:
            return False
        if one.block != other.block:
            return _goes_on(one, other.block) and not _leaves(before[depth + 1 :])
        if one.block in ("handlers", "cases") or one.index > other.index:
            return False
        return not _leaves(before[depth + 1 :])
    return position(first) < position(second)


def _goes_on(one: _Step, block: str) -> bool:
    """Tell whether a statement's other block may run after this one."""
    if isinstance(one.holder, ast.If | ast.Match):
        return False
    return block == "finalbody" or (one.block == "body" and block == "orelse")


def _leaves(deeper: list[_Step]) -> bool:
    """Tell whether the blocks below always leave the block that both share."""
    for step in deeper:
        if step.block not in ("handlers", "cases") and isinstance(step.statements[-1], _LEAVES):
            return True
        if isinstance(step.holder, _LOOPS):
            return False
    return False


def is_certain(module: Module, first: ast.AST, second: ast.AST) -> bool:
    """Tell whether the second node runs on every way on from the first one, but where something is raised."""
    shared = {(step.holder, step.block) for step in _way(module, first)}
    for step in _way(module, second):
        if (step.holder, step.block) in shared:
            continue
        is_plain = isinstance(step.holder, ast.With | ast.AsyncWith) and step.block == "body"
        tried = isinstance(step.holder, ast.Try) and step.block in ("body", "finalbody")
        if not (is_plain or tried):
            return False
    return not any(
        position(first) < position(node) < position(second) and follows(module, first, node)
        for node in _ways_out(module, first)
    )


def _ways_out(module: Module, node: ast.AST) -> list[ast.AST]:
    """Return the statements by which the function around a node ends early with success."""
    function = module.function(node)
    return [
        found
        for found in (own_nodes(function) if function is not None else ())
        if isinstance(found, ast.Yield | ast.YieldFrom)
        or (isinstance(found, ast.Return) and not answers_error(found))
    ]


def answers_error(statement: ast.Return) -> bool:
    """Tell whether a function returns a response that says that nothing was done: `return …, 404`."""
    value = statement.value
    given = value.elts[1:2] if isinstance(value, ast.Tuple) else []
    if isinstance(value, ast.Call):
        given = [item.value for item in value.keywords if item.arg in ("status", "status_code")]
    return any(
        (isinstance(item, ast.Constant) and isinstance(item.value, int) and item.value >= 400)
        or (isinstance(item, ast.Attribute) and item.attr.startswith(("HTTP_4", "HTTP_5")))
        for item in given
    )


def loop_around(module: Module, node: ast.AST) -> ast.For | ast.AsyncFor | ast.While | None:
    """Return the innermost loop of the function that runs a node again and again."""
    child = node
    for outer in module.ancestors(node):
        if isinstance(outer, FunctionNode | ast.Lambda | ast.ClassDef):
            return None
        if isinstance(outer, ast.For | ast.AsyncFor | ast.While) and child in outer.body:
            return outer
        child = outer
    return None


def block_of(module: Module, first: ast.AST, last: ast.AST) -> tuple[ast.stmt, ast.stmt] | None:
    """Return the statements of the innermost block that hold the first and the last of two nodes."""
    way, other = [first, *module.ancestors(first)], [last, *module.ancestors(last)]
    for at, outer in enumerate(way[1:], start=1):
        if outer not in other:
            continue
        inner, final = way[at - 1], other[other.index(outer) - 1]
        for name in ("body", "orelse", "finalbody"):
            held = getattr(outer, name, None)
            if isinstance(held, list) and inner in held and final in held:
                return (inner, final) if isinstance(inner, ast.stmt) and isinstance(final, ast.stmt) else None
        if not isinstance(outer, ast.stmt) or isinstance(outer, ast.If | ast.Try | ast.While | FunctionNode):
            return None
        return (outer, outer) if isinstance(outer, ast.For) else None
    return None


def is_long(first: ast.stmt, last: ast.stmt) -> bool:
    """Tell whether statements are too many lines to be put into a block."""
    return (last.end_lineno or 0) - first.lineno >= _LONG


def shares_line(module: Module, first: ast.AST, last: ast.AST) -> bool:
    """Tell whether statements begin or end on a line that holds another one, too."""
    start, final = module.span(first), module.span(last)
    before = module.lines[start.line - 1][: start.column].strip()
    behind = module.lines[final.end_line - 1][final.end_column :].strip()
    return bool(before) or behind.startswith(";")


def position(node: ast.AST) -> tuple[int, int]:
    """Return where a node begins."""
    return node.lineno, node.col_offset  # type: ignore[attr-defined]


def end(node: ast.AST) -> tuple[int, int]:
    """Return where a node ends."""
    return node.end_lineno or 0, node.end_col_offset or 0  # type: ignore[attr-defined]
