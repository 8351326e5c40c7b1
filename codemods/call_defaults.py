"""Let a default be worked out each time that it is needed."""

from __future__ import annotations

import libcst as cst

from harden.codemods.codemod import expression
from harden.codemods.mutable_defaults import CreateEachTime


class CallEachTime(CreateEachTime):
    """Give a column or field what is to be called, and a parameter None plus a guard."""

    def leave_Arg(self, original_node: cst.Arg, updated_node: cst.Arg) -> cst.Arg:
        """Replace the value, and the keyword where a factory has one of its own."""
        finding = self.target(original_node.value)
        if finding is None or finding.facts.get("how") != "argument":
            return updated_node
        keyword, equal = updated_node.keyword, updated_node.equal
        if keyword is None:
            none = cst.SimpleWhitespace("")
            equal = cst.AssignEqual(whitespace_before=none, whitespace_after=none)
        return updated_node.with_changes(
            keyword=cst.Name(finding.facts["keyword"]), equal=equal, value=_callable(updated_node.value)
        )

    def leave_AnnAssign(self, original_node: cst.AnnAssign, updated_node: cst.AnnAssign) -> cst.AnnAssign:
        """Turn the value of a field into what makes it."""
        if original_node.value is None or updated_node.value is None:
            return updated_node
        finding = self.target(original_node.value)
        if finding is None or finding.facts.get("how") != "attribute":
            return updated_node
        package, _, name = finding.facts["maker"].rpartition(".")
        none = cst.SimpleWhitespace("")
        given = cst.Arg(
            keyword=cst.Name(finding.facts["keyword"]),
            value=_callable(updated_node.value),
            equal=cst.AssignEqual(whitespace_before=none, whitespace_after=none),
        )
        return updated_node.with_changes(value=cst.Call(expression(self.import_name(package, name)), [given]))


def _callable(value: cst.BaseExpression) -> cst.BaseExpression:
    """Return what gives the value when it is called: the function itself, else a lambda."""
    if isinstance(value, cst.Call) and not value.args and not value.lpar and _is_dotted(value.func):
        return value.func
    return cst.Lambda(cst.Parameters(), value)


def _is_dotted(expr: cst.BaseExpression) -> bool:
    while isinstance(expr, cst.Attribute):
        expr = expr.value
    return isinstance(expr, cst.Name)
