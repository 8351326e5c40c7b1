"""Add a timeout to a call that waits for ever."""

from __future__ import annotations

from typing import ClassVar

import libcst as cst
from pydantic import BaseModel, Field

from harden.codemods.codemod import Options, PythonCodemod, expression


class TimeoutOptions(Options):
    """How long a call may wait."""

    timeout: float = Field(10, gt=0, le=3600, title="Timeout", description="seconds before the call gives up")


class AddTimeout(PythonCodemod):
    """Give a call the timeout argument named by the finding's `keyword` fact."""

    Options: ClassVar[type[BaseModel]] = TimeoutOptions
    options: TimeoutOptions

    def leave_Call(self, original_node: cst.Call, updated_node: cst.Call) -> cst.BaseExpression:
        """Add or replace the keyword argument."""
        finding = self.target(original_node)
        if finding is None:
            return updated_node
        value = expression(f"{self.options.timeout:g}")
        return with_keyword(updated_node, finding.facts["keyword"], value)


def with_keyword(call: cst.Call, name: str, value: cst.BaseExpression) -> cst.Call:
    """Return the call with a keyword argument set, in the layout that the call already has."""
    for at, arg in enumerate(call.args):
        if arg.keyword is not None and arg.keyword.value == name:
            return call.with_changes(
                args=[*call.args[:at], arg.with_changes(value=value), *call.args[at + 1 :]]
            )
    equal = cst.AssignEqual(
        whitespace_before=cst.SimpleWhitespace(""), whitespace_after=cst.SimpleWhitespace("")
    )
    new = cst.Arg(keyword=cst.Name(name), value=value, equal=equal)
    if not call.args:
        return call.with_changes(args=[new])
    *rest, last = call.args
    at = len(rest) + 1
    if isinstance(last.comma, cst.Comma):  # magic trailing comma: the new argument gets one too
        ends = last.comma.whitespace_after
        between = (
            rest[-1].comma.whitespace_after
            if rest and isinstance(rest[-1].comma, cst.Comma)
            else call.whitespace_before_args
        )
        first = last.with_changes(comma=cst.Comma(whitespace_after=between))
        return call.with_changes(
            args=[*rest, first, new.with_changes(comma=cst.Comma(whitespace_after=ends))]
        )
    between = (
        rest[-1].comma.whitespace_after
        if rest and isinstance(rest[-1].comma, cst.Comma)
        else cst.SimpleWhitespace(" ")
    )
    first = last.with_changes(
        comma=cst.Comma(whitespace_after=between), whitespace_after_arg=cst.SimpleWhitespace("")
    )
    return call.with_changes(
        args=[*rest, first, new.with_changes(whitespace_after_arg=last.whitespace_after_arg)]
    )
