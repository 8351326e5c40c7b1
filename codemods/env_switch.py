"""Yes-or-no settings: read from the environment, off by default, their text parsed."""

from __future__ import annotations

import ast
from typing import ClassVar

import libcst as cst
from pydantic import BaseModel, Field

from harden.codemods.codemod import PythonCodemod, expression, source_of
from harden.codemods.env_config import RequireVariable, VariableOptions
from harden.codemods.env_files import declare_variable
from harden.codemods.env_readers import YES, read_variable, variable_read
from harden.codemods.quotes import favourite_quote
from harden.errors import Refusal
from harden.findings import Finding


class SwitchOptions(VariableOptions):
    """Which variable turns the switch on."""

    tests: bool = Field(
        False, title="Give it to tests", description="switches are off in tests, as in production"
    )


class SwitchByVariable(RequireVariable):
    """Replace `True` by a variable that is off where it is missing."""

    Options: ClassVar[type[BaseModel]] = SwitchOptions

    def leave_Name(self, original_node: cst.Name, updated_node: cst.Name) -> cst.BaseExpression:
        """Replace the `True` of a finding."""
        finding = self.target(original_node)
        return updated_node if finding is None else self._switched(finding)

    def _switched(self, finding: Finding) -> cst.BaseExpression:
        if "value" in finding.facts:
            return expression(finding.facts["value"])
        name = self.options.name or finding.facts["env"]
        quote = favourite_quote(self.module)
        code = read_variable(self, finding, name, quote=quote, default="False", cast="bool")
        if self.options.template:
            declare_variable(self, variable_read(self, finding, name))
        return expression(code)

    def leave_SimpleString(
        self, original_node: cst.SimpleString, updated_node: cst.SimpleString
    ) -> cst.BaseExpression:
        """Turn a default that is on into one that is off."""
        finding = self.target(original_node)
        if finding is None:
            return updated_node
        quote = updated_node.quote
        return updated_node.with_changes(value=f"{quote}{finding.facts['value']}{quote}")

    def leave_Integer(self, original_node: cst.Integer, updated_node: cst.Integer) -> cst.BaseExpression:
        """Turn the default 1 into 0; replace a 1 that stands for `True`."""
        finding = self.target(original_node)
        return updated_node if finding is None else self._switched(finding)


class ParseSwitch(PythonCodemod):
    """Compare the text of a variable with the words for yes."""

    def leave_Call(self, original_node: cst.Call, updated_node: cst.Call) -> cst.BaseExpression:
        """Parse `bool(os.getenv(...))`, or a read used as a condition."""
        finding = self.target(original_node)
        if finding is None:
            return updated_node
        inner = updated_node
        if isinstance(updated_node.func, cst.Name) and updated_node.func.value == "bool":
            return self._parsed(updated_node.args[0].value, finding)
        return self._parsed(inner, finding)

    def leave_Comparison(
        self, original_node: cst.Comparison, updated_node: cst.Comparison
    ) -> cst.BaseExpression:
        """Parse `os.getenv(...) == True`."""
        finding = self.target(original_node)
        return updated_node if finding is None else self._parsed(updated_node.left, finding, updated_node)

    def leave_UnaryOperation(
        self, original_node: cst.UnaryOperation, updated_node: cst.UnaryOperation
    ) -> cst.BaseExpression:
        """Write `not x in y` as `x not in y`."""
        inner = updated_node.expression
        if self.target(original_node.expression) is None or not isinstance(inner, cst.Comparison):
            return updated_node
        operator = cst.NotIn(
            whitespace_before=cst.SimpleWhitespace(" "), whitespace_after=cst.SimpleWhitespace(" ")
        )
        comparison = inner.comparisons[0].with_changes(operator=operator)
        return inner.with_changes(comparisons=[comparison], lpar=updated_node.lpar, rpar=updated_node.rpar)

    def _parsed(
        self, read: cst.BaseExpression, finding: Finding, whole: cst.BaseExpression | None = None
    ) -> cst.BaseExpression:
        if isinstance(read, cst.Call):
            read = _with_text_default(read)
        outer = whole if whole is not None else read
        yes = YES.replace('"', favourite_quote(self.module))
        result = expression(f"{source_of(read.with_changes(lpar=[], rpar=[]))}.lower() in {yes}")
        lpar, rpar = outer.lpar, outer.rpar
        if not lpar and self._needs_parentheses(finding):
            lpar, rpar = [cst.LeftParen()], [cst.RightParen()]
        return result.with_changes(lpar=lpar, rpar=rpar)

    def _needs_parentheses(self, finding: Finding) -> bool:
        for kind in (ast.Call, ast.Compare):
            for node in self.module.nodes(kind):
                if self.module.span(node) == finding.span:
                    parent = self.module.parents.get(node)
                    return isinstance(
                        parent, ast.BinOp | ast.Compare | ast.Attribute | ast.Subscript | ast.Starred
                    )
        return False


def _with_text_default(call: cst.Call) -> cst.Call:
    """Return the read with a default that is text: nothing becomes `""`, `False` becomes `"False"`."""
    quote = call.args[0].value.quote[:1] if isinstance(call.args[0].value, cst.SimpleString) else '"'
    if len(call.args) == 1:
        comma = cst.Comma(whitespace_after=cst.SimpleWhitespace(" "))
        first = call.args[0].with_changes(comma=comma)
        return call.with_changes(args=[first, cst.Arg(expression(f"{quote}{quote}"))])
    default = call.args[1]
    if isinstance(default.value, cst.Name):
        text = "" if default.value.value == "None" else default.value.value
        default = default.with_changes(value=expression(f"{quote}{text}{quote}"))
    if len(call.args) > 2:
        raise Refusal("The call has more arguments than an environment read takes.")
    return call.with_changes(args=[call.args[0], default])
