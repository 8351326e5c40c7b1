"""Keep money exactly: Numeric and Decimal columns, and cents that are rounded instead of cut off."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from typing import ClassVar

import libcst as cst
from pydantic import BaseModel, Field

from harden.codemods.arguments import argument_at, with_argument, with_keyword
from harden.codemods.codemod import Options, PythonCodemod, expression, source_of
from harden.errors import Refusal
from harden.findings import Finding
from harden.migrations import migrations_of
from harden.model_facts import Orm

_FLOATS = frozenset({"Float", "FLOAT", "REAL", "DOUBLE", "Double", "DOUBLE_PRECISION"})
_MAKERS = ("Column", "mapped_column")


class MoneyOptions(Options):
    """How many digits are kept."""

    precision: int = Field(12, ge=3, le=38, title="Digits", description="digits in all, cents included")
    scale: int = Field(2, ge=0, le=10, title="Decimal places", description="2 for most currencies, 0 for yen")


class ExactMoney(PythonCodemod):
    """Make columns exact; the finding's `place` fact says whether it is a column or `int(price * 100)`."""

    Options: ClassVar[type[BaseModel]] = MoneyOptions
    options: MoneyOptions

    def prepare(self) -> None:
        """Find the columns that are calculated with ones that stay floats."""
        self._alone = _alone(self._targets)

    def leave_Call(self, original_node: cst.Call, updated_node: cst.Call) -> cst.BaseExpression:
        """Round cents."""
        finding = self.target(original_node)
        if finding is None or finding.facts["place"] != "cut":
            return updated_node
        if self.module.names.scopes[self.module.tree].bindings.get("round"):
            raise Refusal("The name round already means something else in this file.")
        return updated_node.with_changes(func=cst.Name("round"))

    def leave_Assign(self, original_node: cst.Assign, updated_node: cst.Assign) -> cst.BaseSmallStatement:
        """Make `price = Column(Float)` and `price = models.FloatField()` exact."""
        finding = self._column(original_node)
        if finding is None:
            return updated_node
        return updated_node.with_changes(value=self._made(finding, updated_node.value))

    def leave_AnnAssign(
        self, original_node: cst.AnnAssign, updated_node: cst.AnnAssign
    ) -> cst.BaseSmallStatement:
        """Make `price: Mapped[float] = mapped_column()` exact."""
        finding = self._column(original_node)
        if finding is None:
            return updated_node
        annotation = updated_node.annotation
        if "float" in source_of(annotation.annotation):
            exact = annotation.annotation.visit(_ToDecimal(self.import_name("decimal", "Decimal")))
            if not isinstance(exact, cst.BaseExpression) or "float" in source_of(exact):
                raise Refusal("Its annotation is written as text.")
            updated_node = updated_node.with_changes(annotation=annotation.with_changes(annotation=exact))
        if updated_node.value is not None:
            return updated_node.with_changes(value=self._made(finding, updated_node.value))
        made = f"{self.import_name('sqlalchemy.orm', 'mapped_column')}({self._numeric('')})"
        return updated_node.with_changes(
            value=expression(made),
            equal=cst.AssignEqual(cst.SimpleWhitespace(" "), cst.SimpleWhitespace(" ")),
        )

    def _column(self, node: cst.CSTNode) -> Finding | None:
        finding = self.target(node)
        if finding is None or finding.facts["place"] != "column":
            return None
        if others := self._alone.get(finding.facts["column"]):
            raise Refusal(f"It is calculated with {others}, which stays a float.")
        return finding

    def _made(self, finding: Finding, value: cst.BaseExpression) -> cst.BaseExpression:
        if not isinstance(value, cst.Call):
            raise Refusal("It is not made by a plain call.")
        orm = Orm(finding.facts["orm"])
        made = self._typed(value) if orm is Orm.SQLALCHEMY else self._field(value)
        made = self._with_default(made)
        note = migrations_of(self.project, orm).note("The type of columns changes.", "Keep money exactly")
        if note not in self.notes:
            self.notes.append(note)
        return made

    def _typed(self, call: cst.Call) -> cst.Call:
        """Give a `Column(…)` its exact type, which is put first where the annotation alone said it."""
        if _last(call.func) not in _MAKERS:
            raise Refusal("It is made by a function of the project.")
        if any(arg.star for arg in call.args):
            raise Refusal("Its arguments are not all in sight.")
        for at, arg in enumerate(call.args):
            if arg.keyword is not None and arg.keyword.value not in ("type_",):
                continue
            kind = arg.value.func if isinstance(arg.value, cst.Call) else arg.value
            if _last(kind) in _FLOATS:
                return with_argument(call, at, expression(self._numeric(source_of(kind))))
        at = 1 if call.args and isinstance(call.args[0].value, cst.SimpleString) else 0
        new = cst.Arg(expression(self._numeric("")))
        if call.args[at:] and call.args[at].keyword is None and not _is_constraint(call.args[at].value):
            raise Refusal("Its type is written in another way than others are.")
        comma = cst.Comma(whitespace_after=_gap(call))
        before = [arg.with_changes(comma=comma) for arg in call.args[:at]]
        rest = call.args[at:]
        return call.with_changes(args=[*before, new.with_changes(comma=comma) if rest else new, *rest])

    def _numeric(self, kind: str) -> str:
        """Return `Numeric(12, 2)` in the words of the type that it replaces."""
        base, _, name = kind.rpartition(".")
        digits = f"({self.options.precision}, {self.options.scale})"
        if base and name == "Float":
            return f"{base}.Numeric{digits}"
        self.drop_import("sqlalchemy")
        return f"{self.import_name('sqlalchemy', 'Numeric')}{digits}"

    def _field(self, call: cst.Call) -> cst.Call:
        """Make a `FloatField` a `DecimalField`."""
        if any(arg.star for arg in call.args):
            raise Refusal("Its arguments are not all in sight.")
        if isinstance(call.func, cst.Attribute) and call.func.attr.value == "FloatField":
            func: cst.BaseExpression = call.func.with_changes(attr=cst.Name("DecimalField"))
        elif isinstance(call.func, cst.Name) and call.func.value == "FloatField":
            home = self._home("FloatField")
            func = expression(self.import_name(home, "DecimalField"))
            self.drop_import(home)
        else:
            raise Refusal("It is a field of a class of its own.")
        call = call.with_changes(func=func)
        for name, value in (("max_digits", self.options.precision), ("decimal_places", self.options.scale)):
            call = with_keyword(call, name, expression(str(value)))
        return call

    def _home(self, name: str) -> str:
        """Return the module that a name is imported from. Raises Refusal."""
        for statement in self.module.tree.body:
            if not isinstance(statement, ast.ImportFrom) or statement.level or not statement.module:
                continue
            if any(alias.name == name and alias.asname is None for alias in statement.names):
                return statement.module
        raise Refusal(f"Where {name} comes from is not seen.")

    def _with_default(self, call: cst.Call) -> cst.Call:
        for name in ("default", "insert_default"):
            at = argument_at(call, name)
            if at is not None and isinstance(number := call.args[at].value, cst.Float):
                exact = f'{self.import_name("decimal", "Decimal")}("{number.value}")'
                call = with_argument(call, at, expression(exact))
        if any(isinstance(node, cst.Float) for node in _floats(call)):
            raise Refusal("It is checked against a float.")
        return call


class _ToDecimal(cst.CSTTransformer):
    def __init__(self, name: str) -> None:
        super().__init__()
        self._name = name

    def leave_Name(self, original_node: cst.Name, updated_node: cst.Name) -> cst.BaseExpression:
        return expression(self._name) if original_node.value == "float" else updated_node


class _Floats(cst.CSTVisitor):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[cst.Float] = []

    def visit_Float(self, node: cst.Float) -> None:
        self.found.append(node)

    def visit_Call(self, node: cst.Call) -> bool:
        return _last(node.func) != "Decimal"


def _gap(call: cst.Call) -> cst.BaseParenthesizableWhitespace:
    """Return the space between arguments: a line of its own for each where the call is laid out so."""
    space = call.whitespace_before_args
    return space if isinstance(space, cst.ParenthesizedWhitespace) else cst.SimpleWhitespace(" ")


def _is_constraint(expr: cst.BaseExpression) -> bool:
    return isinstance(expr, cst.Call) and _last(expr.func).endswith(("Key", "Constraint"))


def _floats(node: cst.CSTNode) -> list[cst.Float]:
    visitor = _Floats()
    node.visit(visitor)
    return visitor.found


def _last(expr: cst.BaseExpression) -> str:
    return source_of(expr).rpartition(".")[2]


def _alone(targets: Sequence[Finding]) -> dict[str, str]:
    """Return the columns that cannot change now, each with those that would have to change with it."""
    linked = {
        finding.facts["column"]: set(finding.facts["with"].split())
        for finding in targets
        if finding.fixable and finding.facts.get("place") == "column"
    }
    alone: dict[str, str] = {}
    while True:
        missing = {
            column: sorted(other for other in others if other not in linked or other in alone)
            for column, others in linked.items()
            if column not in alone
        }
        new = {column: ", ".join(others) for column, others in missing.items() if others}
        if not new:
            return alone
        alone |= new
