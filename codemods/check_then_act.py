"""Create or remove a path in one step instead of after a test."""

from __future__ import annotations

import libcst as cst

from harden.codemods.arguments import with_keyword
from harden.codemods.codemod import PythonCodemod, expression
from harden.errors import Refusal


class ActAtOnce(PythonCodemod):
    """Replace `if not exists: create` and `if exists: remove` by the call that copes with both outcomes."""

    def leave_If(
        self, original_node: cst.If, updated_node: cst.If
    ) -> cst.BaseStatement | cst.FlattenSentinel[cst.BaseStatement]:
        """Put the act in the place of the test, or drop the test from a longer condition."""
        finding = self.target(original_node)
        if finding is None:
            return updated_node
        block = cst.ensure_type(updated_node.body, cst.IndentedBlock)
        act = block.body[0]
        if not isinstance(act, cst.SimpleStatementLine) or len(act.body) > 1 or block.footer:
            raise Refusal("More than the one act depends on the test: decide whether it may run each time.")
        new = self._at_once(act, finding.facts["how"])
        if isinstance(updated_node.test, cst.BooleanOperation):
            rest = _without_term(updated_node.test, int(finding.facts["term"]))
            kept = new.with_changes(leading_lines=act.leading_lines)
            return updated_node.with_changes(test=rest, body=block.with_changes(body=[kept]))
        return _with_comment(new, block.header).with_changes(
            leading_lines=[*updated_node.leading_lines, *act.leading_lines]
        )

    def _at_once(self, act: cst.SimpleStatementLine, how: str) -> cst.SimpleStatementLine | cst.With:
        call = cst.ensure_type(cst.ensure_type(act.body[0], cst.Expr).value, cst.Call)
        if how in ("exist_ok", "missing_ok"):
            return _with_call(act, with_keyword(call, how, cst.Name("True")))
        if how == "makedirs":
            name = expression(self.import_name("os") + ".makedirs")
            return _with_call(act, with_keyword(call.with_changes(func=name), "exist_ok", cst.Name("True")))
        suppress = expression(f"{self.import_member('contextlib', 'suppress')}(FileNotFoundError)")
        body = cst.IndentedBlock([act.with_changes(leading_lines=[])])
        return cst.With([cst.WithItem(suppress)], body)


def _with_call(act: cst.SimpleStatementLine, call: cst.Call) -> cst.SimpleStatementLine:
    return act.with_changes(body=[cst.ensure_type(act.body[0], cst.Expr).with_changes(value=call)])


def _with_comment(
    statement: cst.SimpleStatementLine | cst.With, header: cst.TrailingWhitespace
) -> cst.SimpleStatementLine | cst.With:
    """Return the statement with the comment that stood behind the test."""
    if header.comment is None:
        return statement
    if isinstance(statement, cst.With):
        return statement.with_changes(body=statement.body.with_changes(header=header))
    if statement.trailing_whitespace.comment is not None:
        raise Refusal("The test and the act both have a comment on their line: join them by hand.")
    return statement.with_changes(trailing_whitespace=header)


def _without_term(test: cst.BooleanOperation, at: int) -> cst.BaseExpression:
    """Return an `and` condition without the term number `at`."""
    last = _length(test) - 1
    if at == last:
        rest = test.left
    elif last == 1:
        rest = test.right
    else:
        return test.with_changes(left=_without_term(cst.ensure_type(test.left, cst.BooleanOperation), at))
    return rest.with_changes(lpar=[*test.lpar, *rest.lpar], rpar=[*rest.rpar, *test.rpar])


def _length(test: cst.BaseExpression) -> int:
    """Return how many terms an `and` condition has; what stands in parentheses is one."""
    if isinstance(test, cst.BooleanOperation) and isinstance(test.operator, cst.And):
        return 1 + (1 if test.left.lpar else _length(test.left))
    return 1
