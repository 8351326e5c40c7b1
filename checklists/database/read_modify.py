"""Columns that a function reads, changes in Python and writes back."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from harden.checklists.database.rows import Origin, Row, row_of
from harden.flow import How
from harden.model_facts import Orm
from harden.module import Module
from harden.tree import FunctionNode, own_nodes

ALCHEMY = (Orm.SQLALCHEMY, Orm.SQLMODEL)
SAVES = frozenset({"save", "asave", "bulk_update", "abulk_update", "update_fields"})
_DEEP = 3
_PLAIN = frozenset({"min", "max", "round", "int", "float", "abs", "Decimal"})
"""Calls through which a value is still the column's own."""
_NUMBERS = (
    *("int", "float", "decimal", "numeric", "double", "real", "money"),
    *("integerfield", "decimalfield", "floatfield", "number"),
)


@dataclass(frozen=True, slots=True)
class Change:
    """An attribute of a row that is written from what was read of it.

    `base` names the row, `value` is what is written. `direct`: the old value stands in the statement itself.
    """

    module: Module
    function: FunctionNode
    node: ast.Assign | ast.AugAssign
    base: ast.expr
    attr: str
    row: Row
    direct: bool

    @property
    def said(self) -> str:
        """Return the attribute as it is written: `product.stock`."""
        return f"{self.module.segment(self.base)}.{self.attr}"


def change_at(module: Module, node: ast.Assign | ast.AugAssign) -> Change | None:
    """Return the change of a column that a statement makes from its old value, None where it makes none."""
    target = node.target if isinstance(node, ast.AugAssign) else node.targets[0]
    if not isinstance(target, ast.Attribute) or (isinstance(node, ast.Assign) and len(node.targets) > 1):
        return None
    function = module.function(node)
    if function is None or function.name == "__init__":
        return None
    direct = isinstance(node, ast.AugAssign) or _computes(node.value, target)
    if not direct and not _computed_before(module, node.value, target):
        return None
    row = row_of(module, target.value)
    if row is None or row.origin is Origin.CREATED or not is_number(row, target.attr, node):
        return None
    change = Change(module, function, node, target.value, target.attr, row, direct)
    return None if _is_set_here(change) or not _is_written(change) else change


def is_number(row: Row, attr: str, node: ast.Assign | ast.AugAssign) -> bool:
    """Tell whether an attribute is a column of numbers, by its type or else by what is done to it."""
    column = row.model.columns.get(attr) if row.model is not None else None
    if row.model is not None and column is None and row.model.complete:
        return False
    kind = column.kind.lower() if column is not None else ""
    if kind:
        return kind.endswith(_NUMBERS) or kind.startswith(("int", "numeric", "float", "decimal"))
    if isinstance(node, ast.AugAssign) and isinstance(node.op, ast.Sub | ast.Mult | ast.Div):
        return True
    constants = (part.value for part in ast.walk(node.value) if isinstance(part, ast.Constant))
    return any(type(value) in (int, float) for value in constants)


def _computes(value: ast.expr, target: ast.Attribute) -> bool:
    """Tell whether a value is worked out from the attribute that it is given to."""
    return not isinstance(value, ast.Attribute) and any(reads(part, target) for part in parts_of(value))


def parts_of(value: ast.expr) -> Iterator[ast.expr]:
    """Yield what a sum, a bound or a rounding is made of."""
    match value:
        case ast.BinOp(left=left, right=right):
            yield from parts_of(left)
            yield from parts_of(right)
        case ast.UnaryOp(operand=inner) | ast.NamedExpr(value=inner):
            yield from parts_of(inner)
        case ast.IfExp(body=body, orelse=orelse):
            yield from parts_of(body)
            yield from parts_of(orelse)
        case ast.BoolOp(values=values):
            for part in values:
                yield from parts_of(part)
        case ast.Call(func=func, args=args) if getattr(func, "id", getattr(func, "attr", "")) in _PLAIN:
            for part in args:
                yield from parts_of(part)
        case _:
            yield value


def reads(expr: ast.AST, target: ast.Attribute) -> bool:
    """Tell whether an expression is a read of the same attribute of the same name."""
    return (
        isinstance(expr, ast.Attribute)
        and expr.attr == target.attr
        and ast.unparse(expr.value) == ast.unparse(target.value)
    )


def _computed_before(module: Module, value: ast.expr, target: ast.Attribute, depth: int = 0) -> bool:
    """Tell whether a value was worked out from the attribute some statements earlier."""
    if depth > _DEEP:
        return False
    for part in parts_of(value):
        if not isinstance(part, ast.Name):
            continue
        values = module.flow.values(part)
        added = any(given.how is How.ADDED for given in values)
        for given in values:
            if given.how is not How.GIVEN or given.expr is None or given.module is not module:
                continue
            if (added or not isinstance(value, ast.Name)) and reads(given.expr, target):
                return True
            if _computes(given.expr, target) or _computed_before(module, given.expr, target, depth + 1):
                return True
    return False


def _is_set_here(change: Change) -> bool:
    """Tell whether the function itself gave the attribute a fresh value before: a sum that it builds anew."""
    target = ast.Attribute(change.base, change.attr)
    for node in own_nodes(change.function):
        if node is change.node:
            return False
        if isinstance(node, ast.Assign) and any(reads(item, target) for item in node.targets):
            return _is_fresh(change.module, node, target)
    return False


def _is_fresh(module: Module, node: ast.Assign, target: ast.Attribute) -> bool:
    """Tell whether an assignment takes nothing of the old value along."""
    return not _computes(node.value, target) and not _computed_before(module, node.value, target)


def _is_written(change: Change) -> bool:
    """Tell whether the row is saved: SQLAlchemy does so itself, others only where they are told to."""
    if change.row.orm in ALCHEMY:
        return True
    steps = change.row.steps
    if change.row.orm is None and not steps & {"objects"}:
        return not steps.isdisjoint({"query", "select", "execute", "scalars", "exec", "get"})
    return any(True for _ in saves_of(change))


def saves_of(change: Change) -> Iterator[ast.Call]:
    """Yield the calls of a function that save the row after it was changed."""
    name = ast.unparse(change.base)
    for node in own_nodes(change.function):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
            continue
        if node.func.attr not in SAVES or node.lineno < change.node.lineno:
            continue
        if ast.unparse(node.func.value) == name or node.func.attr.endswith("bulk_update"):
            yield node
