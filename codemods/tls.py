"""Turn the verification of the other side on again."""

from __future__ import annotations

import libcst as cst

from harden.codemods.arguments import argument_at, with_keyword, without_argument
from harden.codemods.codemod import PythonCodemod, expression
from harden.errors import Refusal


class VerifyPeer(PythonCodemod):
    """Drop the argument, or replace the value, that switches verification off."""

    def leave_Call(self, original_node: cst.Call, updated_node: cst.Call) -> cst.BaseExpression:
        """Drop `verify=False`; add the context that a mail client lacks."""
        call = updated_node
        for arg in original_node.args:
            finding = self.target(arg.value)
            if finding is not None and "drop" in finding.facts:
                at = argument_at(call, finding.facts["drop"])
                if at is None:
                    raise Refusal("The argument could not be found again.")
                call = without_argument(call, at)
        finding = self.target(original_node)
        if finding is not None and "context" in finding.facts:
            made = self.import_member("ssl", "create_default_context") + "()"
            call = with_keyword(call, finding.facts["context"], expression(made))
        return call

    def leave_Name(self, original_node: cst.Name, updated_node: cst.Name) -> cst.BaseExpression:
        """Replace `False` by `True` where it is assigned; rename a class imported by its own name."""
        finding = self.target(original_node)
        if finding is None or "drop" in finding.facts:
            return updated_node
        if "name" in finding.facts:
            return expression(self.import_name("paramiko", self._renamed(finding.facts)))
        return expression(finding.facts["value"])

    def leave_Integer(self, original_node: cst.Integer, updated_node: cst.Integer) -> cst.BaseExpression:
        """Replace a `0` that stands for off."""
        finding = self.target(original_node)
        if finding is None or "value" not in finding.facts:
            return updated_node
        return expression(finding.facts["value"])

    def leave_Attribute(
        self, original_node: cst.Attribute, updated_node: cst.Attribute
    ) -> cst.BaseExpression:
        """Replace the last name of `ssl.CERT_NONE` and the like."""
        finding = self.target(original_node)
        if finding is None or "name" not in finding.facts:
            return updated_node
        return updated_node.with_changes(attr=cst.Name(self._renamed(finding.facts)))

    def _renamed(self, facts: object) -> str:
        name = str(facts["name"])  # type: ignore[index]
        if name == "RejectPolicy":
            self.notes.append(
                "RejectPolicy refuses hosts that are not known: call load_system_host_keys() or "
                "load_host_keys() before connecting, and put the server's key there."
            )
        return name
