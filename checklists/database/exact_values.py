"""Values that are surely whole numbers or Decimals, so that a Decimal can be calculated with them."""

from __future__ import annotations

import ast

from harden.annotated import kind_of
from harden.checklists.database.float_amounts import FLOATS
from harden.flow import returned
from harden.model_facts import Column, last_of
from harden.models import models_of
from harden.module import Module
from harden.tree import FunctionNode

SAME = frozenset({"round", "abs", "min", "max", "sum"})
"""Functions that give back what they are given, or a sum of it."""
_EXACT = (
    *("Integer", "BigInteger", "SmallInteger", "INTEGER", "BIGINT", "int", "AutoField", "BigAutoField"),
    *("IntegerField", "PositiveIntegerField", "BigIntegerField", "PositiveSmallIntegerField"),
    *("SmallIntegerField", "Numeric", "NUMERIC", "DECIMAL", "Decimal", "DecimalField"),
)
_STEPS = 6


class ExactValues:
    """What may meet a column's values once they are Decimals.

    `seen` are expressions that will be Decimals themselves; `together` collects columns that must be
    changed with this one.
    """

    def __init__(self, column: Column) -> None:
        self.column = column
        self.seen: set[ast.AST] = set()
        self.together: set[str] = set()

    def holds(self, module: Module, expr: ast.expr, depth: int = 0) -> bool:
        """Tell whether an expression is exact."""
        if depth > _STEPS:
            return False
        match expr:
            case ast.Constant(value=value):
                return isinstance(value, int) or value is None
            case ast.BinOp(left=left, right=right):
                return self.holds(module, left, depth + 1) and self.holds(module, right, depth + 1)
            case ast.UnaryOp(operand=inner):
                return self.holds(module, inner, depth + 1)
            case ast.Call():
                called = last_of(module.resolve(expr.func)) or _spelled(expr.func)
                if called in ("Decimal", "int", "len"):
                    return True
                return called in SAME and all(self.holds(module, item, depth + 1) for item in expr.args)
            case ast.GeneratorExp(elt=item) | ast.ListComp(elt=item):
                return self.holds(module, item, depth + 1)
            case ast.Attribute():
                return self._attribute(expr) or self._property(expr, depth)
            case ast.Name():
                found = module.flow.values(expr)
                return bool(found) and all(
                    self._parameter(value.module, value.node)
                    if isinstance(value.node, ast.arg)
                    else value.how.name in ("GIVEN", "ADDED")
                    and value.expr is not None
                    and (value.expr in self.seen or self.holds(value.module, value.expr, depth + 1))
                    for value in found
                )
        return expr in self.seen

    def _parameter(self, module: Module, parameter: ast.arg) -> bool:
        return kind_of(module, parameter.annotation).path in ("builtins.int", "decimal.Decimal")

    def _property(self, node: ast.Attribute, depth: int) -> bool:
        """Tell whether an attribute is a property of models that gives exact values."""
        found = [
            (source, statement)
            for model in models_of(self.column.place.module.project).all
            for source, owner in model.lineage
            for statement in owner.body
            if isinstance(statement, FunctionNode)
            and statement.name == node.attr
            and any("property" in ast.unparse(decorator) for decorator in statement.decorator_list)
        ]
        return bool(found) and all(
            self.holds(source, value, depth + 1) for source, function in found for value in returned(function)
        )

    def _attribute(self, node: ast.Attribute) -> bool:
        """Tell whether an attribute is a whole number or a Decimal, by the columns that have its name."""
        if node.attr == self.column.name:
            return True
        found = [
            m.columns[node.attr]
            for m in models_of(self.column.place.module.project).all
            if node.attr in m.columns
        ]
        for column in found:
            if column.kind in FLOATS and column.place.path == self.column.place.path:
                owner = column.place.module.owner(column.place.node)
                self.together.add(f"{owner.name if owner else ''}.{column.name}")
            elif column.kind not in _EXACT:
                return False
        return bool(found)


def _spelled(func: ast.expr) -> str:
    return func.attr if isinstance(func, ast.Attribute) else func.id if isinstance(func, ast.Name) else ""
