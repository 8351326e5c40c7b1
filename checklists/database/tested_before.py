"""Tests of a column that was read, and the condition of the UPDATE that says the same when it counts."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from harden.checklists.database.branches import leaves
from harden.checklists.database.paths import follows, position
from harden.checklists.database.read_modify import parts_of
from harden.module import Module
from harden.tree import own_nodes

IsRead = Callable[[ast.expr], bool]

_MEANING: dict[type[ast.cmpop], str] = {ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">="}
_OPPOSITE = {"<": ">=", "<=": ">", ">": "<=", ">=": "<"}
_TURNED = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}
_SUFFIXES = {"<": "lt", "<=": "lte", ">": "gt", ">=": "gte"}


@dataclass(frozen=True, slots=True)
class Tested:
    """A test as it is written, and what it asks of the column; no operator where that is no plain bound."""

    said: str
    op: str = ""
    bound: str = ""

    @property
    def suffix(self) -> str:
        """Return the operator as MongoDB and Django spell it: `gte`."""
        return _SUFFIXES[self.op]

    def note(self, condition: str, place: str, missed: str) -> str:
        """Say that the test may pass twice, and which condition of the UPDATE keeps it from that."""
        added = f"`{condition}`" if self.op else "that test"
        return (
            f"`{self.said}` still looks at what was read before, so that two may pass it together:"
            f" add {added} to the {place}, and take {missed} for the failed test."
        )


def tested_before(module: Module, call: ast.Call, is_read: IsRead) -> Tested | None:
    """Return the comparison of what was read on which it depends that a call is come to."""
    function = module.function(call)
    nodes = own_nodes(function) if function is not None else iter(())
    for node in nodes:
        if not isinstance(node, ast.If | ast.Assert) or position(node) > position(call):
            continue
        holds = _holds(module, node, call)
        for compare, stands in _compares(node.test, stands=True) if holds is not None else ():
            found = _tested(module, compare, is_read)
            if found is not None:
                same = stands is holds or not found.op
                return found if same else Tested(found.said, _OPPOSITE[found.op], found.bound)
    return None


def _holds(module: Module, node: ast.If | ast.Assert, call: ast.Call) -> bool | None:
    """Tell whether a condition is true where the call is; None where that does not hang on it."""
    if isinstance(node, ast.Assert):
        return True if follows(module, node, call) else None
    around = list(module.ancestors(call))
    if node in around:
        return any(statement in around for statement in node.body)
    return False if leaves(module, node.body) and follows(module, node, call) else None


def _compares(test: ast.expr, *, stands: bool) -> Iterator[tuple[ast.Compare, bool]]:
    """Yield the comparisons of a condition, and whether they stand in it as they are or turned round."""
    match test:
        case ast.BoolOp(values=values):
            for value in values:
                yield from _compares(value, stands=stands)
        case ast.UnaryOp(op=ast.Not(), operand=inner):
            yield from _compares(inner, stands=not stands)
        case ast.Compare(ops=[op]) if type(op) in _MEANING:
            yield test, stands


def _tested(module: Module, compare: ast.Compare, is_read: IsRead) -> Tested | None:
    op, said = _MEANING[type(compare.ops[0])], " ".join(module.segment(compare).split())
    left, right = compare.left, compare.comparators[0]
    for side, other, meant in ((left, right, op), (right, left, _TURNED[op])):
        if is_read(side):
            return Tested(said, meant, module.segment(other))
        value = _value(module, side)
        if value is not None and any(map(is_read, parts_of(value))):
            is_rest = isinstance(value.op, ast.Sub) and is_read(value.left) and ast.unparse(other) == "0"
            return Tested(said, meant, module.segment(value.right)) if is_rest else Tested(said)
    return None


def _value(module: Module, side: ast.expr) -> ast.BinOp | None:
    """Return the sum that stands in a comparison, or behind its name."""
    held = module.flow.only(side) if isinstance(side, ast.Name) else None
    value = held.expr if held is not None and held.module is module else side
    return value if isinstance(value, ast.BinOp) else None
