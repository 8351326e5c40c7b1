"""Add a timeout to a call that waits for ever."""

from __future__ import annotations

from typing import ClassVar

import libcst as cst
from pydantic import BaseModel, Field

from harden.codemods.arguments import with_keyword
from harden.codemods.codemod import Options, PythonCodemod, expression

__all__ = ["AddTimeout", "TimeoutOptions", "with_keyword"]


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
