"""Give calls that wait for ever a limit: the right parameter, unit and form for each library."""

from __future__ import annotations

import ast
import math
from typing import ClassVar

import libcst as cst
from pydantic import BaseModel, Field

from harden.codemods.arguments import argument_at, with_argument, with_keyword
from harden.codemods.codemod import Options, PythonCodemod, expression
from harden.codemods.pool import with_entry
from harden.errors import Refusal
from harden.findings import Span

__all__ = ["AddDatabaseTimeout", "AddTimeout", "AddWaitLimit", "TimeoutOptions", "with_keyword"]


class TimeoutOptions(Options):
    """How long a call may wait for its peer."""

    timeout: float = Field(10, gt=0, le=3600, title="Timeout", description="seconds before the call gives up")
    connect_timeout: float | None = Field(
        None,
        gt=0,
        le=3600,
        title="Connect timeout",
        description="seconds to connect, where the library tells the two apart; empty: as the timeout",
    )
    slow_timeout: float = Field(
        60,
        gt=0,
        le=3600,
        title="Timeout of slow services",
        description="seconds for language models and the like",
    )


class WaitOptions(Options):
    """How long to wait for another thread, task or program."""

    timeout: float = Field(
        60, gt=0, le=86400, title="Timeout", description="seconds before the wait is given up"
    )


class AddTimeout(PythonCodemod):
    """Add what the finding's facts ask for.

    `set`: keyword arguments as `name=form`, parted by spaces; a form is one of `_FORMS`, of `_MADE`, or a
    value in seconds (`seconds`, `connect`, `slow`). `at`: the number of a positional argument to replace.
    `method`: a method to call with the timeout before the statement. `wrap`: a coroutine to await it through.
    """

    Options: ClassVar[type[BaseModel]] = TimeoutOptions
    options: TimeoutOptions

    def prepare(self) -> None:
        """Start without statements to add."""
        self._before: list[tuple[Span, str]] = []

    def leave_Call(self, original_node: cst.Call, updated_node: cst.Call) -> cst.BaseExpression:
        """Set the arguments of a call, or note the statement that goes before it."""
        finding = self.target(original_node)
        if finding is None:
            return updated_node
        facts = finding.facts
        if "method" in facts:
            self._before.append((finding.span, f"{facts['method']}({self._value('seconds')})"))
        if "at" in facts:
            updated_node = with_argument(updated_node, int(facts["at"]), self._written(facts["form"]))
        for item in facts.get("set", "").split():
            name, _, form = item.partition("=")
            updated_node = with_keyword(updated_node, name, self._written(form))
        if "wrap" in facts:
            waiter = self.import_name(*facts["wrap"].split(":"))
            wrapped = expression(f"{waiter}(call, timeout={self._value('seconds')})")
            if isinstance(wrapped, cst.Call):
                return with_argument(wrapped, 0, updated_node)
        return updated_node

    def leave_SimpleStatementLine(
        self, original_node: cst.SimpleStatementLine, updated_node: cst.SimpleStatementLine
    ) -> cst.BaseStatement | cst.FlattenSentinel[cst.BaseStatement]:
        """Put the noted statements in front."""
        here = self.span(original_node)
        mine = [code for span, code in self._before if here.line <= span.line <= here.end_line]
        if not mine:
            return updated_node
        self._before = [item for item in self._before if item[1] not in mine]
        added = [cst.parse_statement(code) for code in mine]
        first = added[0].with_changes(leading_lines=updated_node.leading_lines)
        return cst.FlattenSentinel([first, *added[1:], updated_node.with_changes(leading_lines=[])])

    def leave_SimpleStatementSuite(
        self, original_node: cst.SimpleStatementSuite, updated_node: cst.SimpleStatementSuite
    ) -> cst.BaseSuite:
        """Refuse where there is no line for another statement."""
        if self._before:
            raise Refusal("The call stands on the line of its `if`: no room for the statement before it.")
        return updated_node

    def leave_Module(self, original_node: cst.Module, updated_node: cst.Module) -> cst.Module:
        """Refuse what found no statement line to stand before, as in the head of an `if`."""
        if self._before:
            raise Refusal("The call is part of a compound statement: no room for the statement before it.")
        return updated_node

    def _written(self, form: str) -> cst.BaseExpression:
        return expression(self._value(form))

    def _value(self, form: str) -> str:
        read = self.options.timeout
        connect = getattr(self.options, "connect_timeout", None) or read
        match form:
            case "connect":
                return _number(connect)
            case "pair":
                return f"({_number(connect)}, {_number(read)})" if connect != read else _number(read)
            case "slow":
                return _number(self.options.slow_timeout)
            case "aiohttp":
                apart = f", connect={_number(connect)}" if connect != read else ""
                return f"{self.import_name('aiohttp', 'ClientTimeout')}(total={_number(read)}{apart})"
            case "boto" | "boto-slow":
                read = self.options.slow_timeout if form == "boto-slow" else read
                if self.is_optional("boto3"):
                    raise Refusal("boto3 is imported only where it may be missing, and botocore with it.")
                config = self.import_name("botocore.config", "Config")
                return f"{config}(connect_timeout={_number(connect)}, read_timeout={_number(read)})"
            case "twilio":
                client = self.import_name("twilio.http.http_client", "TwilioHttpClient")
                return f"{client}(timeout={_number(read)})"
        return _number(read)


class AddWaitLimit(AddTimeout):
    """The same for waits within the program, which may take longer than an answer from the network."""

    Options: ClassVar[type[BaseModel]] = WaitOptions


def _number(seconds: float) -> str:
    return str(math.trunc(seconds)) if seconds == math.trunc(seconds) else repr(seconds)


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


class AddDatabaseTimeout(AddTimeout):
    """The same for clients of databases; `inside` names the argument or entry whose dict takes them."""

    Options: ClassVar[type[BaseModel]] = DatabaseOptions

    def leave_Call(self, original_node: cst.Call, updated_node: cst.Call) -> cst.BaseExpression:
        """Set keyword arguments, or entries of the dict that one of them holds."""
        finding = self.target(original_node)
        if finding is None:
            return updated_node
        inside = finding.facts.get("inside", "")
        if not inside:
            for name, value in self._pairs(finding.facts["set"]):
                updated_node = with_keyword(updated_node, name, expression(value))
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
        quote = self._quote(original_node)
        code = cst.Module([]).code_for_node(self._filled(cst.Dict([]), wanted, original_node))
        return with_entry(updated_node, f"{quote}{inside}{quote}", code)

    def _filled(self, mapping: cst.BaseExpression, wanted: str, near: cst.CSTNode) -> cst.Dict:
        if not isinstance(mapping, cst.Dict):
            raise Refusal("The arguments for the driver are made elsewhere.")
        quote = self._quote(near)
        for name, value in self._pairs(wanted):
            mapping = with_entry(mapping, f"{quote}{name}{quote}", value)
        return mapping

    def _pairs(self, wanted: str) -> list[tuple[str, str]]:
        pairs = (item.partition("=")[::2] for item in wanted.split())
        return [(name, value) for name, form in pairs if (value := self._value(form))]

    def _value(self, form: str) -> str:
        connect, answer = self.options.connect_timeout or 0, self.options.timeout
        statement = getattr(self.options, "statement_timeout", None)
        values = {
            "connect": _number(connect),
            "answer": _number(answer),
            "connect-ms": str(round(connect * 1000)),
            "answer-ms": str(round(answer * 1000)),
            "statement": f'"-c statement_timeout={round(statement * 1000)}"' if statement else "",
        }
        return values[form]

    def _quote(self, node: cst.CSTNode) -> str:
        """Return the quotation mark of the code at hand, else the file's own."""
        code = cst.Module([]).code_for_node(node)
        marks = [mark for mark in code if mark in "'\""]
        if not marks:
            texts = [node for node in self.module.nodes(ast.Constant) if isinstance(node.value, str)]
            marks = [mark for text in texts[:50] if (mark := self.module.segment(text)[:1]) in "'\""]
        return "'" if marks.count("'") > marks.count('"') else '"'
