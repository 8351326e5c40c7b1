"""The fixes of the sample."""

from typing import ClassVar, Literal

import libcst as cst
from pydantic import BaseModel, Field

from harden.codemods.codemod import Options, PythonCodemod, expression


class WaitOptions(Options):
    """How long to wait."""

    wait: float = Field(10, gt=0, le=60, title="Wait", description="seconds")
    unit: Literal["s", "ms"] = Field("s", title="Unit")
    keyword: bool = Field(True, title="By keyword")


class AddWait(PythonCodemod):
    """Give the call its limit, and import what the unit needs."""

    Options: ClassVar[type[BaseModel]] = WaitOptions
    options: WaitOptions

    def leave_Call(self, original_node: cst.Call, updated_node: cst.Call) -> cst.BaseExpression:
        """Add the argument."""
        if self.target(original_node) is None:
            return updated_node
        code = f"{self.options.wait:g}"
        if self.options.unit == "ms":
            code = f"{self.import_name('units')}.ms({code})"
        equal = cst.AssignEqual(cst.SimpleWhitespace(""), cst.SimpleWhitespace(""))
        new = cst.Arg(expression(code), keyword=cst.Name("wait"), equal=equal)
        return updated_node.with_changes(args=[*updated_node.args, new])


class Quieten(PythonCodemod):
    """Call `say` instead."""

    def leave_Call(self, original_node: cst.Call, updated_node: cst.Call) -> cst.BaseExpression:
        """Rename the function."""
        if self.target(original_node) is None:
            return updated_node
        return updated_node.with_changes(func=expression("peer.say"))
