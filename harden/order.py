"""Which of several bindings of a name may still hold at a use: branches, loops, early exits."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass

from harden.tree import FunctionNode, Tree

_MANY = 60
"""Bindings of one name that are told apart; beyond that all of them may hold."""
_LOOPS = (ast.For, ast.AsyncFor, ast.While)
_ENDS = (ast.Return, ast.Raise)
_DIVIDED = ("cases", "handlers")


@dataclass(frozen=True, slots=True)
class _Step:
    """One block on the way to a node: what holds it, which of its blocks, and how far down."""

    holder: ast.AST
    block: str
    index: int


def reaching(tree: Tree, bound: Sequence[ast.AST], use: ast.AST | None) -> list[ast.AST]:
    """Return the bindings of one scope that may hold at `use`, or when the scope has run, oldest first."""
    around = _function(tree, bound[0]) if isinstance(bound[0], ast.arg) else None
    top = around or tree.scope(bound[0]).node
    if len(bound) > _MANY or isinstance(top, ast.Lambda):
        return list(bound)
    end = len(getattr(top, "body", ()))
    at = _way(tree, use, top) if use is not None else [_Step(top, "body", end)]
    order = _Order(tree, top, at, _position(use) if use is not None else None)
    found = order.choose(bound)
    return found or list(bound)


class _Order:
    """The way to one use, and how bindings lie to it."""

    def __init__(self, tree: Tree, top: ast.AST, at: list[_Step], here: tuple[int, int] | None) -> None:
        self.tree = tree
        self.top = top
        self.at = {(step.holder, step.block): step.index for step in at}
        self.ways = at
        self.here = here

    def choose(self, bound: Sequence[ast.AST]) -> list[ast.AST]:
        before: list[tuple[tuple[int, int], ast.AST]] = []
        again: list[tuple[ast.AST, ast.AST]] = []
        free: list[ast.AST] = []
        floor, inside = (-1, -1), -1
        compound: dict[ast.stmt, list[ast.AST]] = {}
        for node in bound:
            if self._is_elsewhere(node):
                free.append(node)
                continue
            way = _way(self.tree, node, self.top)
            depth = self._common(way)
            if depth is None:  # a parameter
                before.append(((0, 0), node))
                floor = max(floor, (0, 0))
                continue
            if (loop := self._loop(depth)) is not None:
                again.append((node, loop))
            state = self._lies(node, way, depth)
            if state is None:
                continue
            place = _position(node)
            before.append((place, node))
            if state and not isinstance(self.tree.parents.get(node), ast.AugAssign):
                if place > floor:
                    floor, inside = place, depth
            elif len(way) > depth + 1:
                compound.setdefault(_statement(way[depth]), []).append(node)
        for statement, nodes in compound.items():
            place = (statement.lineno, statement.col_offset)
            if place > floor and _always(statement, {_holder(self.tree, node) for node in nodes}):
                floor, inside = place, next(i for i, s in enumerate(self.ways) if _is_in(statement, s))
        chosen = [node for place, node in sorted(before, key=lambda pair: pair[0]) if place >= floor]
        for node, loop in again:
            held = any(self.ways[depth].holder is loop for depth in range(1, inside + 1))
            if node not in chosen and not held:
                chosen.append(node)
        return [*chosen, *free]

    def _is_elsewhere(self, node: ast.AST) -> bool:
        """Tell whether a `global` or `nonlocal` lets another function bind the name, at whatever time."""
        function = _function(self.tree, node)
        return function is not None and function is not self.top and not isinstance(node, FunctionNode)

    def _common(self, way: list[_Step]) -> int | None:
        """Return how deep a binding and the use lie in the same blocks."""
        depth = None
        for at, step in enumerate(way):
            if (step.holder, step.block) not in self.at:
                break
            depth = at
        return depth

    def _loop(self, depth: int) -> ast.AST | None:
        """Return the innermost loop around both, which may bring a later binding back."""
        for step in reversed(self.ways[: depth + 1]):
            if isinstance(step.holder, _LOOPS) and step.block == "body":
                return step.holder
        return None

    def _lies(self, node: ast.AST, way: list[_Step], depth: int) -> bool | None:
        """Tell whether a binding always comes before the use; None where it never does."""
        step = way[depth]
        index = self.at[step.holder, step.block]
        last = depth == len(way) - 1
        if step.block in _DIVIDED and step.index != index:
            return None
        if step.index > index:
            return None
        if step.index == index:
            return self._beside(node, way, depth, last=last)
        if self._is_left(way[depth + 1 :]):
            return None
        return last and not self._is_loop_target(node)

    def _beside(self, node: ast.AST, way: list[_Step], depth: int, *, last: bool) -> bool | None:
        """Judge a binding in the same statement as the use."""
        if last:
            return True if self.here is not None and _holds_from(self.tree, node) <= self.here else None
        if len(self.ways) == depth + 1:  # the use stands in the head of the statement that binds in its body
            return None
        other, own = self.ways[depth + 1], way[depth + 1]
        if isinstance(own.holder, ast.Try) and other.block != "body" and own.block in ("body", "handlers"):
            return None if own.block == "handlers" and other.block == "orelse" else False
        if isinstance(own.holder, _LOOPS) and other.block == "orelse":
            return False
        return None

    def _is_left(self, deeper: list[_Step]) -> bool:
        """Tell whether the branch of a binding never goes on to the use."""
        return any(
            isinstance(block[-1], _ENDS)
            for step in deeper
            if (block := getattr(step.holder, step.block)) and isinstance(block[-1], ast.stmt)
            if not isinstance(step.holder, ast.Try)
        )

    def _is_loop_target(self, node: ast.AST) -> bool:
        holder = _holder(self.tree, node)
        return isinstance(holder, ast.For | ast.AsyncFor)


def _way(tree: Tree, node: ast.AST, top: ast.AST) -> list[_Step]:
    """Return the blocks from the scope `top` down to a node."""
    steps: list[_Step] = []
    child = node
    for outer in tree.ancestors(node):
        if isinstance(child, ast.stmt | ast.ExceptHandler | ast.match_case):
            for block in ("body", "orelse", "finalbody", "handlers", "cases"):
                held = getattr(outer, block, None)
                if isinstance(held, list) and child in held:
                    steps.append(_Step(outer, block, held.index(child)))
                    break
        if outer is top:
            break
        child = outer
    return steps[::-1]


def _function(tree: Tree, node: ast.AST) -> ast.AST | None:
    return next((o for o in tree.ancestors(node) if isinstance(o, (*_FUNCTIONS, ast.Lambda))), None)


_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


def _position(node: ast.AST) -> tuple[int, int]:
    return node.lineno, node.col_offset  # type: ignore[attr-defined]


def _holder(tree: Tree, node: ast.AST) -> ast.AST:
    """Return the statement or the like that binds: the way out of tuples."""
    holder = node
    while isinstance(holder, ast.Name | ast.Tuple | ast.List | ast.Starred):
        holder = tree.parents[holder]
    return tree.parents[holder] if isinstance(holder, ast.withitem | ast.alias) else holder


def _holds_from(tree: Tree, node: ast.AST) -> tuple[int, int]:
    """Return where a binding begins to hold: the right side of `x = f(x)` still reads the old value."""
    holder = _holder(tree, node)
    if isinstance(holder, ast.Assign | ast.AnnAssign | ast.AugAssign):
        return holder.end_lineno or holder.lineno, holder.end_col_offset or 0
    if isinstance(holder, ast.For | ast.AsyncFor):
        return holder.iter.end_lineno or 0, holder.iter.end_col_offset or 0
    if isinstance(holder, ast.NamedExpr):
        return holder.end_lineno or 0, holder.end_col_offset or 0
    return _position(node)


def _statement(step: _Step) -> ast.stmt:
    found: ast.stmt = getattr(step.holder, step.block)[step.index]
    return found


def _is_in(statement: ast.stmt, step: _Step) -> bool:
    block = getattr(step.holder, step.block)
    return step.index <= len(block) and statement in block


def _always(statement: ast.AST, binding: set[ast.AST]) -> bool:
    """Tell whether a statement binds on every way through it that goes on."""
    match statement:
        case ast.If(body=body, orelse=orelse):
            return bool(orelse) and _ever(body, binding) and _ever(orelse, binding)
        case ast.With() | ast.AsyncWith():
            return statement in binding or _ever(statement.body, binding)
        case ast.Try(body=body, handlers=handlers, orelse=orelse, finalbody=final):
            tried = _ever([*body, *orelse], binding)
            return _ever(final, binding) or (tried and all(_ever(item.body, binding) for item in handlers))
        case ast.Match(cases=cases):
            last = cases[-1]
            catches = isinstance(last.pattern, ast.MatchAs) and last.pattern.pattern is None
            return catches and last.guard is None and all(_ever(case.body, binding) for case in cases)
        case ast.For() | ast.AsyncFor() | ast.While() | ast.FunctionDef() | ast.AsyncFunctionDef():
            return False
    return statement in binding


def _ever(body: Sequence[ast.stmt], binding: set[ast.AST]) -> bool:
    if body and isinstance(body[-1], (*_ENDS, ast.Continue, ast.Break)):
        return True
    return any(_always(statement, binding) for statement in body)
