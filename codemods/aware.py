"""Give times a zone: UTC, or Django's own `timezone.now()`."""

from __future__ import annotations

import ast

import libcst as cst

from harden.codemods.arguments import with_keyword
from harden.codemods.codemod import PythonCodemod, expression
from harden.errors import Refusal
from harden.migrations import migrations_of

_NOTE = "A column without time zone still gives naive values back; making it aware needs a migration"


class AwareDatetime(PythonCodemod):
    """Replace what makes naive times; the finding's `call` fact names which of them it is."""

    def leave_Call(self, original_node: cst.Call, updated_node: cst.Call) -> cst.BaseExpression:
        """Make `utcnow()`, `now()`, `fromtimestamp(x)` and alike aware."""
        finding = self.target(original_node)
        if finding is None:
            return updated_node
        name, django = finding.facts["call"], bool(finding.facts["django"])
        if name in ("fromtimestamp", "utcfromtimestamp"):
            return self._from_timestamp(updated_node, name, django)
        if django:
            self.drop_import("datetime")
            return expression(f"{self._django()}.now()")
        self._note()
        return self._now(updated_node)

    def leave_Attribute(
        self, original_node: cst.Attribute, updated_node: cst.Attribute
    ) -> cst.BaseExpression:
        """Make `default=datetime.utcnow` aware."""
        finding = self.target(original_node)
        if finding is None:
            return updated_node
        if finding.facts["django"]:
            self.drop_import("datetime")
            return expression(f"{self._django()}.now")
        self._note()
        call = self._now(cst.Call(func=updated_node))
        return cst.Lambda(params=cst.Parameters(), body=call)

    def leave_Name(self, original_node: cst.Name, updated_node: cst.Name) -> cst.BaseExpression:
        """Turn `USE_TZ = False` on."""
        return updated_node if self.target(original_node) is None else updated_node.with_changes(value="True")

    def _now(self, call: cst.Call) -> cst.Call:
        if call.args:
            argument = call.args[0].with_changes(value=expression(self._utc()))
            return call.with_changes(args=[argument])
        func = cst.ensure_type(call.func, cst.Attribute).with_changes(attr=cst.Name("now"))
        return call.with_changes(func=func, args=[cst.Arg(expression(self._utc()))])

    def _from_timestamp(self, call: cst.Call, name: str, django: bool) -> cst.Call:
        try:
            zone = self._utc()
        except Refusal:
            if not django or name != "fromtimestamp":
                raise
            zone = f"{self._django()}.get_current_timezone()"
        func = cst.ensure_type(call.func, cst.Attribute).with_changes(attr=cst.Name("fromtimestamp"))
        if len(call.args) > 1:
            argument = call.args[1].with_changes(value=expression(zone))
            return call.with_changes(func=func, args=[call.args[0], argument])
        return with_keyword(call.with_changes(func=func), "tz", expression(zone))

    def _django(self) -> str:
        """Return what to write for Django's `timezone`, a module that its package does not import."""
        mark = self._imports.mark()
        written = self.import_name("django.utils", "timezone")
        if written == "django.utils.timezone":
            self._imports.reset(mark)
            return self.import_name("django.utils.timezone")
        return written

    def _utc(self) -> str:
        """Return what to write for UTC: the name that the file already uses, else `timezone.utc`."""
        for statement in self.module.tree.body:
            if isinstance(statement, ast.ImportFrom) and statement.module == "datetime":
                for alias in statement.names:
                    if alias.name == "UTC":
                        return alias.asname or "UTC"
        for node in self.module.nodes(ast.Attribute):
            if node.attr == "UTC" and self.module.resolve(node) == "datetime.UTC":
                return self.module.segment(node)
        return f"{self.import_name('datetime', 'timezone')}.utc"

    def _note(self) -> None:
        command = migrations_of(self.project).command("Keep the time zone")
        note = f"{_NOTE}: `{command}`." if command else f"{_NOTE}."
        if note not in self.notes:
            self.notes.append(note)
