"""Give clients of databases a limit: keyword arguments, or entries of the dict that holds the driver's."""

from __future__ import annotations

from typing import ClassVar

import libcst as cst
from pydantic import BaseModel, Field

from harden.codemods.arguments import argument_at, with_keyword
from harden.codemods.codemod import Options, PythonCodemod, expression
from harden.codemods.pool import with_entry
from harden.codemods.quotes import quote_near
from harden.codemods.timeout_values import number
from harden.errors import Refusal


class DatabaseOptions(Options):
    """How long to wait for a database."""

    connect_timeout: int = Field(
        5, gt=0, le=3600, title="Connect timeout", description="seconds to connect, and to find a server"
    )
    timeout: float = Field(
        30,
        gt=0,
        le=3600,
        title="Answer timeout",
        description="seconds for an answer, where the client can limit it",
    )
    statement_timeout: float | None = Field(
        None,
        gt=0,
        le=86400,
        title="Statement timeout",
        description="seconds after which PostgreSQL ends a statement itself; PgBouncer refuses the option",
    )


class AddDatabaseTimeout(PythonCodemod):
    """Set the arguments that `set` names; `inside` is the argument or entry whose dict takes them."""

    Options: ClassVar[type[BaseModel]] = DatabaseOptions
    options: DatabaseOptions

    def leave_Call(self, original_node: cst.Call, updated_node: cst.Call) -> cst.BaseExpression:
        """Set keyword arguments, or entries of the dict that one of them holds."""
        finding = self.target(original_node)
        if finding is None:
            return updated_node
        inside = finding.facts.get("inside", "")
        if not inside:
            for name, value in self._pairs(finding.facts["set"]):
                code = value.replace('"', quote_near(self.module, original_node))
                updated_node = with_keyword(updated_node, name, expression(code))
            return updated_node
        at = argument_at(updated_node, inside)
        mapping = updated_node.args[at].value if at is not None else cst.Dict([])
        return with_keyword(updated_node, inside, self._filled(mapping, finding.facts["set"], original_node))

    def leave_Dict(self, original_node: cst.Dict, updated_node: cst.Dict) -> cst.BaseExpression:
        """Set entries of the dict that is an entry of this one."""
        finding = self.target(original_node)
        if finding is None:
            return updated_node
        inside, wanted = finding.facts["inside"], finding.facts["set"]
        for at, element in enumerate(updated_node.elements):
            key = element.key if isinstance(element, cst.DictElement) else None
            if isinstance(key, cst.SimpleString) and key.raw_value == inside:
                filled = element.with_changes(value=self._filled(element.value, wanted, original_node))
                elements = [*updated_node.elements[:at], filled, *updated_node.elements[at + 1 :]]
                return updated_node.with_changes(elements=elements)
        quote = quote_near(self.module, original_node)
        code = cst.Module([]).code_for_node(self._filled(cst.Dict([]), wanted, original_node))
        return with_entry(updated_node, f"{quote}{inside}{quote}", code)

    def _filled(self, mapping: cst.BaseExpression, wanted: str, near: cst.CSTNode) -> cst.Dict:
        if not isinstance(mapping, cst.Dict):
            raise Refusal("The arguments for the driver are made elsewhere.")
        quote = quote_near(self.module, near)
        for name, value in self._pairs(wanted):
            mapping = with_entry(mapping, f"{quote}{name}{quote}", value.replace('"', quote))
        return mapping

    def _pairs(self, wanted: str) -> list[tuple[str, str]]:
        pairs = (item.partition("=")[::2] for item in wanted.split())
        return [(name, value) for name, form in pairs if (value := self._value(form))]

    def _value(self, form: str) -> str:
        connect, answer = self.options.connect_timeout, self.options.timeout
        statement = self.options.statement_timeout
        values = {
            "connect": number(connect),
            "answer": number(answer),
            "connect-ms": str(round(connect * 1000)),
            "answer-ms": str(round(answer * 1000)),
            "statement": f'"-c statement_timeout={round(statement * 1000)}"' if statement else "",
        }
        return values[form]
