"""Give columns an index: `index=True`, or `db_index=True` in Django."""

from __future__ import annotations

import libcst as cst

from harden.codemods.arguments import argument_at, with_argument, with_keyword
from harden.codemods.codemod import PythonCodemod, expression, source_of
from harden.errors import Refusal
from harden.findings import Finding
from harden.migrations import migrations_of
from harden.model_facts import Orm

_TRUE = expression("True")
_AROUND = ("deferred", "column_property")
_SPACED = cst.AssignEqual(cst.SimpleWhitespace(" "), cst.SimpleWhitespace(" "))


class AddIndex(PythonCodemod):
    """Add the keyword to the call that makes a column, and the call where there is none."""

    def leave_Call(self, original_node: cst.Call, updated_node: cst.Call) -> cst.BaseExpression:
        """Index a column of a `Table(…)`."""
        finding = self.target(original_node)
        if finding is None or finding.facts["place"] != "call":
            return updated_node
        self._note(finding)
        return with_keyword(updated_node, "index", _TRUE)

    def leave_Assign(self, original_node: cst.Assign, updated_node: cst.Assign) -> cst.BaseSmallStatement:
        """Index `email = Column(String)`."""
        finding = self.target(original_node)
        if finding is None:
            return updated_node
        return updated_node.with_changes(value=self._indexed(finding, updated_node.value))

    def leave_AnnAssign(
        self, original_node: cst.AnnAssign, updated_node: cst.AnnAssign
    ) -> cst.BaseSmallStatement:
        """Index `email: Mapped[str]` and `email: str = Field(default="")`."""
        finding = self.target(original_node)
        if finding is None:
            return updated_node
        value = updated_node.value
        if isinstance(value, cst.Call):
            return updated_node.with_changes(value=self._indexed(finding, value))
        if Orm(finding.facts["orm"]) is Orm.SQLMODEL:
            default = f"default={source_of(value)}, " if value is not None else ""
            made = f"{self.import_name('sqlmodel', 'Field')}({default}index=True)"
        elif value is None:
            made = f"{self.import_name('sqlalchemy.orm', 'mapped_column')}(index=True)"
        else:
            raise Refusal("It is not made by a plain call.")
        self._note(finding)
        equal = updated_node.equal if value is not None else _SPACED
        return updated_node.with_changes(value=expression(made), equal=equal)

    def _indexed(self, finding: Finding, value: cst.BaseExpression) -> cst.BaseExpression:
        if not isinstance(value, cst.Call):
            raise Refusal("It is not made by a plain call.")
        orm, last = Orm(finding.facts["orm"]), source_of(value.func).rpartition(".")[2]
        if last in _AROUND and value.args and value.args[0].keyword is None:
            return with_argument(value, 0, self._indexed(finding, value.args[0].value))
        plain = last in ("Column", "mapped_column") if orm is Orm.SQLALCHEMY else last.endswith("Field")
        if not plain:
            raise Refusal(f"It is made by {last}(): give it the index there.")
        self._note(finding)
        at = argument_at(value, "sa_column")
        if at is not None and isinstance(inner := value.args[at].value, cst.Call):
            return with_argument(value, at, with_keyword(inner, "index", _TRUE))
        return with_keyword(value, "db_index" if orm is Orm.DJANGO else "index", _TRUE)

    def _note(self, finding: Finding) -> None:
        migrations = migrations_of(self.project, Orm(finding.facts["orm"]))
        note = migrations.note("Columns get an index.", "Index columns that rows are looked up by")
        if note not in self.notes:
            self.notes.append(note)
