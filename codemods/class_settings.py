"""Add settings to a class where its other settings stand."""

from __future__ import annotations

from collections.abc import Sequence

import libcst as cst

from harden.errors import Refusal


def with_settings(node: cst.ClassDef, lines: Sequence[str]) -> cst.ClassDef:
    """Return a class with statements added below its settings, above its methods. Raises Refusal."""
    if not isinstance(node.body, cst.IndentedBlock):
        raise Refusal("The class is written on one line.")
    body = list(node.body.body)
    at = next((at for at, statement in enumerate(body) if not _is_setting(statement)), len(body))
    if at < len(body) and isinstance(follower := body[at], cst.FunctionDef | cst.ClassDef):
        gap = follower.leading_lines or [cst.EmptyLine(indent=False)]
        body[at] = follower.with_changes(leading_lines=gap)
    body[at:at] = [cst.parse_statement(line) for line in lines]
    return node.with_changes(body=node.body.with_changes(body=body))


def _is_setting(statement: cst.BaseStatement) -> bool:
    """Tell whether a statement at the top of a class is its docstring or one of its settings."""
    return isinstance(statement, cst.SimpleStatementLine) and all(
        isinstance(part, cst.Assign | cst.AnnAssign | cst.Expr) for part in statement.body
    )
