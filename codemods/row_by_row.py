"""Go through a cursor row by row, instead of fetching all rows first."""

from __future__ import annotations

import libcst as cst

from harden.codemods.codemod import PythonCodemod, expression
from harden.codemods.handing_on import span_of
from harden.errors import Refusal


class RowByRow(PythonCodemod):
    """Drop the `fetchall()` of each finding: a cursor is what a loop can go through."""

    def prepare(self) -> None:
        """Note the assignments that go, and the loops that then name the cursor itself."""
        self._assigned = {span_of(f.facts["assigned"]) for f in self._targets if "assigned" in f.facts}
        self._rows = {span_of(f.facts["rows"]): f for f in self._targets if "rows" in f.facts}

    def leave_SimpleStatementLine(
        self, original_node: cst.SimpleStatementLine, updated_node: cst.SimpleStatementLine
    ) -> cst.BaseStatement | cst.RemovalSentinel:
        """Take away the name that a plain cursor was given."""
        if self.span(original_node.body[0]) not in self._assigned:
            return updated_node
        if len(original_node.body) > 1:
            raise Refusal("Several statements share this line.")
        return cst.RemoveFromParent()

    def leave_Name(self, original_node: cst.Name, updated_node: cst.Name) -> cst.BaseExpression:
        """Return the cursor in a loop that named the list of its rows."""
        finding = self._rows.get(self.span(original_node)) if self._rows else None
        if finding is None:
            return updated_node
        span = finding.span
        lines = self.module.lines[span.line - 1 : span.end_line]
        code = "".join(lines)[span.column :].partition(".fetchall")[0]
        return expression(code)

    def leave_Call(self, original_node: cst.Call, updated_node: cst.Call) -> cst.BaseExpression:
        """Return what `fetchall()` was called on."""
        if self.target(original_node) is None:
            return updated_node
        if not isinstance(updated_node.func, cst.Attribute) or updated_node.args:
            raise Refusal("The rows are not fetched by a plain call.")
        rows = updated_node.func.value
        return rows.with_changes(lpar=[*updated_node.lpar, *rows.lpar], rpar=[*rows.rpar, *updated_node.rpar])
