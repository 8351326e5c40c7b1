"""Let the database count rows, or say whether there is one, instead of fetching them all."""

from __future__ import annotations

import libcst as cst

from harden.codemods.chains import extended
from harden.codemods.codemod import PythonCodemod, expression
from harden.errors import Refusal


class AskLess(PythonCodemod):
    """Replace each finding by a question for no more than is wanted."""

    def leave_Call(self, original_node: cst.Call, updated_node: cst.Call) -> cst.BaseExpression:
        """Replace `len(rows)`, `rows.count()` in a test, and rows that are only tested for."""
        finding = self.target(original_node)
        if finding is None:
            return updated_node
        facts = finding.facts
        if facts["form"] == "len":
            rows = updated_node.args[0].value
            return _in_its_place(_counted(rows, facts["library"]), updated_node)
        if facts["form"] == "any":
            found = _is_there(_asked_of(updated_node, facts["library"]), facts["library"])
            return _in_its_place(found, updated_node)
        rows = _without_last(updated_node) if facts["library"] == "sqlalchemy" else updated_node
        return _in_its_place(_is_there(rows, facts["library"]), updated_node)

    def leave_Comparison(
        self, original_node: cst.Comparison, updated_node: cst.Comparison
    ) -> cst.BaseExpression:
        """Replace `rows.count() > 0` and the like."""
        finding = self.target(original_node)
        if finding is None:
            return updated_node
        return self._question(
            updated_node, updated_node.left, finding.facts["library"], finding.facts["there"]
        )

    def leave_UnaryOperation(
        self, original_node: cst.UnaryOperation, updated_node: cst.UnaryOperation
    ) -> cst.BaseExpression:
        """Replace `not rows.count()` and `not rows`."""
        finding = self.target(original_node)
        if finding is None:
            return updated_node
        facts, rows = finding.facts, updated_node.expression
        if facts["form"] == "test" and facts["library"] == "django":
            return updated_node.with_changes(expression=extended(rows, [("exists", "")]))
        return self._question(updated_node, rows, facts["library"], "")

    def _question(
        self, node: cst.BaseExpression, rows: cst.BaseExpression, library: str, there: str
    ) -> cst.BaseExpression:
        found = _is_there(_asked_of(rows, library), library)
        if there:
            return _in_its_place(found, node)
        if library == "django":
            return _in_its_place(cst.UnaryOperation(cst.Not(), found), node)
        none = cst.ensure_type(expression("_ is None"), cst.Comparison)
        return _in_its_place(none.with_changes(left=cst.ensure_type(found, cst.Comparison).left), node)


def _counted(rows: cst.BaseExpression, library: str) -> cst.BaseExpression:
    """Return the number of rows, asked of the database."""
    return _with_last(rows, "count") if library == "sqlalchemy" else extended(rows, [("count", "")])


def _is_there(rows: cst.BaseExpression, library: str) -> cst.BaseExpression:
    """Return whether there is a row."""
    if library == "django":
        return extended(rows, [("exists", "")])
    test = cst.ensure_type(expression("_ is not None"), cst.Comparison)
    return test.with_changes(left=extended(rows, [("first", "")]))


def _asked_of(number: cst.BaseExpression, library: str) -> cst.BaseExpression:
    """Return the query whose number of rows `rows.count()` or `len(rows)` is."""
    if isinstance(number, cst.Call) and isinstance(number.func, cst.Name) and number.func.value == "len":
        rows = number.args[0].value
        return _without_last(rows) if library == "sqlalchemy" else rows
    return _without_last(number)


def _without_last(rows: cst.BaseExpression) -> cst.BaseExpression:
    """Return a query without its last call."""
    if isinstance(rows, cst.Call) and isinstance(rows.func, cst.Attribute) and not rows.args:
        return rows.func.value
    raise Refusal("The query is not written as a chain of calls.")


def _with_last(rows: cst.BaseExpression, name: str) -> cst.BaseExpression:
    """Return a query with another last call of no arguments."""
    if isinstance(rows, cst.Call) and isinstance(rows.func, cst.Attribute) and not rows.args:
        return rows.with_changes(func=rows.func.with_changes(attr=cst.Name(name)))
    raise Refusal("The query is not written as a chain of calls.")


def _in_its_place(found: cst.BaseExpression, node: cst.BaseExpression) -> cst.BaseExpression:
    """Return an expression in the parentheses of the one that it replaces."""
    return found.with_changes(lpar=[*node.lpar, *found.lpar], rpar=[*found.rpar, *node.rpar])
