"""Let a response raise when its status is an error."""

from __future__ import annotations

import libcst as cst

from harden.codemods.codemod import PythonCodemod
from harden.errors import Refusal
from harden.findings import Finding


class RaiseForStatus(PythonCodemod):
    """Call `raise_for_status()` as soon as there is a response.

    Facts: `name` of the response; `place` is `after` its assignment, in a `with`, or a `chain` to be parted.
    """

    def prepare(self) -> None:
        """Start without requests in hand."""
        self._open: list[Finding] = []
        self._parted: cst.BaseExpression | None = None

    def leave_Call(self, original_node: cst.Call, updated_node: cst.Call) -> cst.BaseExpression:
        """Note the request, and take a chained one out of its expression."""
        finding = self.target(original_node)
        if finding is None:
            return updated_node
        if not finding.facts["name"]:
            raise Refusal("The names response, answer and reply are all in use in this function.")
        if any(other.facts["place"] != "with" for other in self._open):
            raise Refusal("Another request is made in the same statement.")
        self._open.append(finding)
        if finding.facts["place"] != "chain":
            return updated_node
        self._parted = updated_node
        return cst.Name(finding.facts["name"])

    def leave_Await(self, original_node: cst.Await, updated_node: cst.Await) -> cst.BaseExpression:
        """Take the `await` of a chained request along, and the parentheses that it needed."""
        if self._parted is None or not isinstance(updated_node.expression, cst.Name):
            return updated_node
        if not isinstance(original_node.expression, cst.Call):
            return updated_node
        self._parted = updated_node.with_changes(expression=self._parted, lpar=[], rpar=[])
        return updated_node.expression

    def leave_SimpleStatementLine(
        self, original_node: cst.SimpleStatementLine, updated_node: cst.SimpleStatementLine
    ) -> cst.BaseStatement | cst.FlattenSentinel[cst.BaseStatement]:
        """Add the statements on lines of their own."""
        finding = self._closed()
        if finding is None:
            return updated_node
        if len(updated_node.body) > 1:
            return updated_node.with_changes(body=self._beside(updated_node.body, finding))
        name = finding.facts["name"]
        if self._parted is None:
            return cst.FlattenSentinel([updated_node, _line(f"{name}.raise_for_status()")])
        assigned = cst.SimpleStatementLine(
            [cst.Assign([cst.AssignTarget(cst.Name(name))], self._parted)],
            leading_lines=updated_node.leading_lines,
        )
        self._parted = None
        rest = updated_node.with_changes(leading_lines=[])
        return cst.FlattenSentinel([assigned, _line(f"{name}.raise_for_status()"), rest])

    def leave_SimpleStatementSuite(
        self, original_node: cst.SimpleStatementSuite, updated_node: cst.SimpleStatementSuite
    ) -> cst.BaseSuite:
        """Add the statement on the line of an `if` and the like."""
        finding = self._closed()
        if finding is None:
            return updated_node
        return updated_node.with_changes(body=self._beside(updated_node.body, finding))

    def leave_With(self, original_node: cst.With, updated_node: cst.With) -> cst.BaseStatement:
        """Add the statement as the first of the block."""
        mine = [finding for finding in self._open if finding.facts["place"] == "with"]
        if not mine or not any(self._holds(original_node, finding) for finding in mine):
            return updated_node
        self._open = [finding for finding in self._open if finding not in mine]
        if not isinstance(updated_node.body, cst.IndentedBlock):
            raise Refusal("The block stands on the line of its `with`: no room for another statement.")
        added = [_line(f"{finding.facts['name']}.raise_for_status()") for finding in mine]
        block = updated_node.body
        return updated_node.with_changes(body=block.with_changes(body=[*added, *block.body]))

    def leave_Module(self, original_node: cst.Module, updated_node: cst.Module) -> cst.Module:
        """Refuse what found no statement to go to."""
        if self._open:
            raise Refusal("The request is part of a compound statement: give its response a name first.")
        return updated_node

    def _holds(self, node: cst.With, finding: Finding) -> bool:
        return any(
            self.span(item).line <= finding.span.line <= self.span(item).end_line for item in node.items
        )

    def _closed(self) -> Finding | None:
        """Return the request of the statement that is left, unless it belongs to a `with`."""
        if not self._open or self._open[-1].facts["place"] == "with":
            return None
        return self._open.pop()

    def _beside(self, body: object, finding: Finding) -> list[cst.BaseSmallStatement]:
        """Return the statements of one line with the new one after the assignment."""
        if self._parted is not None:
            raise Refusal("Several statements share the line of the request.")
        name = finding.facts["name"]
        statements: list[cst.BaseSmallStatement] = []
        for statement in body if isinstance(body, list | tuple) else ():
            target = statement.targets[0].target if isinstance(statement, cst.Assign) else None
            if isinstance(target, cst.Name) and target.value == name:
                check = cst.Expr(cst.Call(cst.Attribute(cst.Name(name), cst.Name("raise_for_status"))))
                semicolon = cst.Semicolon(whitespace_after=cst.SimpleWhitespace(" "))
                last = not isinstance(statement.semicolon, cst.Semicolon)
                statements += [
                    statement.with_changes(semicolon=semicolon),
                    check if last else check.with_changes(semicolon=statement.semicolon),
                ]
            else:
                statements.append(statement)
        return statements


def _line(code: str) -> cst.SimpleStatementLine:
    parsed = cst.parse_statement(code)
    if not isinstance(parsed, cst.SimpleStatementLine):
        raise TypeError(f"not a simple statement: {code}")
    return parsed
