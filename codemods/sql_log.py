"""Whether SQL is logged is for the environment to say; without a word it is not."""

from __future__ import annotations

from typing import Literal

import libcst as cst

from harden.codemods.codemod import expression
from harden.codemods.env_files import declare_variable
from harden.codemods.env_readers import read_variable, reader_at, variable_read
from harden.codemods.env_switch import SwitchByVariable
from harden.codemods.quotes import favourite_quote
from harden.codemods.settings_fields import read_field, settings_object
from harden.findings import Finding


class QuietSql(SwitchByVariable):
    """Replace `echo=True`, or a low level of a logger, by a variable or a field of the project's settings."""

    def leave_SimpleString(
        self, original_node: cst.SimpleString, updated_node: cst.SimpleString
    ) -> cst.BaseExpression:
        """Replace `"DEBUG"` and `echo="debug"`; turn a default that is on into one that is off."""
        finding = self.target(original_node)
        if finding is None or "value" in finding.facts:
            return super().leave_SimpleString(original_node, updated_node)
        return self._switched(finding)

    def leave_Attribute(
        self, original_node: cst.Attribute, updated_node: cst.Attribute
    ) -> cst.BaseExpression:
        """Replace `logging.DEBUG`."""
        finding = self.target(original_node)
        return updated_node if finding is None else self._switched(finding)

    def _switched(self, finding: Finding) -> cst.BaseExpression:
        if "value" in finding.facts:
            return super()._switched(finding)
        name = self.options.name or finding.facts["env"]
        kind: Literal["str", "bool"] = "str" if finding.facts.get("kind") == "level" else "bool"
        quote = favourite_quote(self.module)
        default = f"{quote}WARNING{quote}" if kind == "str" else "False"
        found = settings_object(self) if reader_at(self, finding).kind == "os" else None
        if found is not None:
            field, variable = found.field_of(name)
            code = read_field(self, finding, found, field, kind=kind, default=default)
        else:
            code = read_variable(self, finding, name, quote=quote, default=default, cast=kind)
            variable = variable_read(self, finding, name)
        if self.options.template:
            declare_variable(self, variable, default.strip(quote))
        return expression(code)
