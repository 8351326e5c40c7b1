"""Load data, and nothing but data."""

from __future__ import annotations

import libcst as cst

from harden.codemods.arguments import argument_at, with_keyword, without_argument
from harden.codemods.codemod import PythonCodemod, expression


class LoadDataOnly(PythonCodemod):
    """Call `yaml.safe_load`, or give `torch.load` its `weights_only=True`."""

    def leave_SimpleString(
        self, original_node: cst.SimpleString, updated_node: cst.SimpleString
    ) -> cst.BaseExpression:
        """Name the kind of loader that reads data only."""
        finding = self.target(original_node)
        if finding is None or "value" not in finding.facts:
            return updated_node
        quote = updated_node.quote
        return updated_node.with_changes(value=f"{quote}{finding.facts['value']}{quote}")

    def leave_Call(self, original_node: cst.Call, updated_node: cst.Call) -> cst.BaseExpression:
        """Rewrite the call of a finding."""
        finding = self.target(original_node)
        if finding is None:
            return updated_node
        if "keyword" in finding.facts:
            return with_keyword(updated_node, finding.facts["keyword"], expression("True"))
        at = argument_at(updated_node, "Loader")
        if at is None and len(updated_node.args) > 1 and updated_node.args[1].keyword is None:
            at = 1
        call = updated_node if at is None else without_argument(updated_node, at)
        name = finding.facts["call"]
        self.drop_import("yaml")
        if isinstance(call.func, cst.Attribute):
            return call.with_changes(func=call.func.with_changes(attr=cst.Name(name)))
        return call.with_changes(func=expression(self.import_name("yaml", name)))
