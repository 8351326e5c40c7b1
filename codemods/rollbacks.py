"""End a failed transaction: by a rollback, or by closing what it ran on."""

from __future__ import annotations

from collections.abc import Sequence

import libcst as cst

from harden.codemods.codemod import PythonCodemod
from harden.codemods.handing_on import span_of
from harden.codemods.transactions import starts
from harden.errors import Refusal
from harden.findings import Finding, Span


class RollBack(PythonCodemod):
    """Roll back what failed and go on raising, or close the connection whatever happens."""

    def prepare(self) -> None:
        """Collect the statements that are guarded."""
        self._guarded: list[tuple[Span, Span, Finding]] = [
            (span_of(finding.facts["begin"]), span_of(finding.facts["end"]), finding)
            for finding in self._targets
            if finding.facts.get("begin")
        ]

    def leave_ExceptHandler(
        self, original_node: cst.ExceptHandler, updated_node: cst.ExceptHandler
    ) -> cst.ExceptHandler:
        """Roll back first where a failure is caught."""
        finding = self.target(original_node)
        if finding is None or finding.facts["form"] != "handler":
            return updated_node
        block = cst.ensure_type(updated_node.body, cst.IndentedBlock)
        return updated_node.with_changes(body=block.with_changes(body=[_rollback(finding), *block.body]))

    def leave_IndentedBlock(
        self, original_node: cst.IndentedBlock, updated_node: cst.IndentedBlock
    ) -> cst.IndentedBlock:
        """Put the statements that were asked for into a `try`."""
        body: list[cst.BaseStatement] = []
        opened: list[cst.BaseStatement] = []
        run: tuple[Span, Span, Finding] | None = None
        for original, statement in zip(original_node.body, updated_node.body, strict=True):
            span = self.span(original)
            run = run or next((item for item in self._guarded if starts(item[0], span)), None)
            (body if run is None else opened).append(statement)
            if run is not None and starts(run[1], span):
                self._current = run[2]
                body.append(_attempt(run[2], opened))
                opened, run = [], None
        return updated_node.with_changes(body=[*body, *opened])


def _rollback(finding: Finding) -> cst.BaseStatement:
    return cst.parse_statement(f"{finding.facts['await']}{finding.facts['handle']}.rollback()")


def _attempt(finding: Finding, body: Sequence[cst.BaseStatement]) -> cst.Try:
    leading_lines = getattr(body[0], "leading_lines", ())
    plain = [body[0].with_changes(leading_lines=()), *body[1:]]
    if finding.facts["form"] == "guard":
        raises = cst.SimpleStatementLine([cst.Raise()])
        handler = cst.ExceptHandler(cst.IndentedBlock([_rollback(finding), raises]), cst.Name("Exception"))
        return cst.Try(cst.IndentedBlock(plain), [handler], leading_lines=leading_lines)
    close = plain.pop()
    if not plain:
        raise Refusal("Nothing stands between opening and closing.")
    above = [line for line in getattr(close, "leading_lines", ()) if line.comment is not None]
    final = cst.Finally(cst.IndentedBlock([close.with_changes(leading_lines=above)]))
    return cst.Try(cst.IndentedBlock(plain), finalbody=final, leading_lines=leading_lines)
