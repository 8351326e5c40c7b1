"""Take a flush of the terminal away that stands right behind what no longer goes there."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import libcst as cst

from harden.codemods.codemod import PythonCodemod

_FLUSHES = ("sys.stderr.flush()", "sys.stdout.flush()")


class DropsFlushes(PythonCodemod):
    """Base of codemods that turn what is printed into something else."""

    def prepare(self) -> None:
        """Start without flushes."""
        self._flushes: list[cst.SimpleStatementLine] = []

    def is_printed(self, call: cst.BaseExpression) -> bool:
        """Tell whether a call prints, and will do so no more."""
        return self.target(call) is not None

    def visit_IndentedBlock(self, node: cst.IndentedBlock) -> None:
        """Find the flushes of what is printed."""
        self._flushes += _flushes_after(node.body, self.is_printed)

    def leave_SimpleStatementLine(
        self, original_node: cst.SimpleStatementLine, updated_node: cst.SimpleStatementLine
    ) -> cst.BaseStatement | cst.RemovalSentinel:
        """Take a flush away that has nothing left to do."""
        if not any(original_node is flush for flush in self._flushes):
            return updated_node
        self.drop_import("sys")
        return cst.RemoveFromParent()


def _flushes_after(
    body: Sequence[cst.CSTNode], is_mended: Callable[[cst.BaseExpression], bool]
) -> list[cst.SimpleStatementLine]:
    """Return the statements of a block that only flush what a mended one before them wrote.

    One with a comment stays.
    """
    found: list[cst.SimpleStatementLine] = []
    mended = False
    for statement in body:
        call = _only_call(statement)
        if mended and call is not None and _is_bare_flush(statement, call):
            found.append(cst.ensure_type(statement, cst.SimpleStatementLine))
            continue
        mended = call is not None and is_mended(call)
    return found


def _only_call(statement: cst.CSTNode) -> cst.Call | None:
    """Return the call that is all of a line."""
    match statement:
        case cst.SimpleStatementLine(body=[cst.Expr(value=cst.Call() as call)]):
            return call
    return None


def _is_bare_flush(statement: cst.CSTNode, call: cst.Call) -> bool:
    code = cst.Module([])
    return code.code_for_node(call) in _FLUSHES and "#" not in code.code_for_node(statement)
