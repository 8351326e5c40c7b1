"""Give calls that wait for ever a limit: the right parameter, unit and form for each library."""

from __future__ import annotations

from typing import ClassVar

import libcst as cst
from pydantic import BaseModel

from harden.codemods.arguments import with_argument, with_keyword
from harden.codemods.codemod import expression, source_of
from harden.codemods.timeout_values import TimedCodemod, TimeoutOptions, WaitOptions
from harden.errors import Refusal
from harden.findings import Finding, Span

__all__ = ["AddTimeout", "AddWaitLimit", "TimeoutOptions"]


class AddTimeout(TimedCodemod):
    """Add what the finding's facts ask for.

    `set`: keyword arguments as `name=form`, parted by spaces; a form is one that `TimedCodemod.value` knows.
    `at`: the number of a positional argument to replace (`form` `partial`: to wrap). `method`: a method to
    call with the timeout before the statement. `after`: a statement to add, `{form}` in it is replaced.
    `wrap`: a coroutine to await it through.
    """

    Options: ClassVar[type[BaseModel]] = TimeoutOptions
    options: TimeoutOptions | WaitOptions

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
            self._before.append((finding.span, f"{facts['method']}({self.value('seconds')})"))
        if "at" in facts:
            updated_node = self._with_position(updated_node, int(facts["at"]), facts["form"])
        for item in facts.get("set", "").split():
            name, _, form = item.partition("=")
            updated_node = with_keyword(updated_node, name, expression(self.value(form)))
        if "wrap" in facts:
            waiter = self.import_name(*facts["wrap"].split(":"))
            wrapped = expression(f"{waiter}(call, timeout={self.value(facts.get('form', 'seconds'))})")
            if isinstance(wrapped, cst.Call):
                return with_argument(wrapped, 0, updated_node)
        return updated_node

    def _with_position(self, call: cst.Call, at: int, form: str) -> cst.Call:
        """Replace a positional argument, or hand its function over with the timeout."""
        if form != "partial":
            return with_argument(call, at, expression(self.value(form)))
        partial = self.import_member("functools", "partial")
        code = f"{partial}({source_of(call.args[at].value)}, timeout={self.value('pair')})"
        return with_argument(call, at, expression(code))

    def leave_SimpleStatementLine(
        self, original_node: cst.SimpleStatementLine, updated_node: cst.SimpleStatementLine
    ) -> cst.BaseStatement | cst.FlattenSentinel[cst.BaseStatement]:
        """Put the noted statements in front, or the one that the finding asks for behind."""
        finding = self.target(original_node)
        if finding is not None and "after" in finding.facts:
            if len(original_node.body) > 1:
                raise Refusal("Several statements share the line: put this one on a line of its own first.")
            return cst.FlattenSentinel([updated_node, self._behind(finding)])
        here = self.span(original_node)
        mine = [item for item in self._before if here.line <= item[0].line <= here.end_line]
        if not mine:
            return updated_node
        self._before = [item for item in self._before if item not in mine]
        added = [cst.parse_statement(code) for code in dict.fromkeys(code for _, code in mine)]
        first = added[0].with_changes(leading_lines=updated_node.leading_lines)
        return cst.FlattenSentinel([first, *added[1:], updated_node.with_changes(leading_lines=[])])

    def _behind(self, finding: Finding) -> cst.BaseStatement:
        code = finding.facts["after"]
        for form in ("seconds", "pair"):
            if f"{{{form}}}" in code:
                code = code.replace(f"{{{form}}}", self.value(form))
        return cst.parse_statement(code)

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


class AddWaitLimit(AddTimeout):
    """The same for waits within the program, which may take longer than an answer from the network."""

    Options: ClassVar[type[BaseModel]] = WaitOptions
