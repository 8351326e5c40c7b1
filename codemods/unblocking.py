"""Take blocking calls off the event loop."""

from __future__ import annotations

import ast
from typing import ClassVar, Literal

import libcst as cst
from pydantic import BaseModel, Field

from harden.codemods.codemod import Options, PythonCodemod, expression
from harden.errors import Refusal, UnreadableSource
from harden.findings import Finding


class UnblockOptions(Options):
    """How a request handler that awaits nothing is mended."""

    handler: Literal["def", "thread"] = Field(
        "def",
        title="Handlers that await nothing",
        description="def: a plain function, run in a thread by the framework; thread: one call at a time",
    )


class Unblock(PythonCodemod):
    """Await a sleep or a thread instead of blocking, or make a handler a plain function."""

    Options: ClassVar[type[BaseModel]] = UnblockOptions
    options: UnblockOptions

    def prepare(self) -> None:
        """Decide which handlers become plain functions."""
        self._plain: dict[str, list[Finding]] = {}
        for finding in self._targets:
            place = finding.facts["plain"]
            if place and self.options.handler == "def" and not finding.facts["sleep"]:
                self._plain.setdefault(place, []).append(finding)
        for finding in self._targets:  # a sleep in such a handler needs no await
            if finding.facts["plain"] in self._plain and finding.facts["sleep"]:
                self._plain[finding.facts["plain"]].append(finding)

    def leave_FunctionDef(
        self, original_node: cst.FunctionDef, updated_node: cst.FunctionDef
    ) -> cst.FunctionDef:
        """Drop the `async` of a handler that awaits nothing."""
        if original_node.asynchronous is None:
            return updated_node
        span = self.span(original_node)
        findings = self._plain.get(f"{span.line}:{span.column}", [])
        if not findings:
            return updated_node
        if place := self._awaited_elsewhere(original_node.name.value):
            for finding in findings:
                self.refuse(finding, f"{place} awaits {original_node.name.value}(), so it must stay async.")
            return updated_node
        return updated_node.with_changes(asynchronous=None)

    def _awaited_elsewhere(self, name: str) -> str:
        """Return a place in the project that awaits a function of this name, or nothing."""
        wanted = f"{name}(".encode()
        for path in self.project.paths:
            if not path.endswith(".py"):
                continue
            try:
                found = (
                    self.project.module(path).nodes(ast.Await) if wanted in self.project.read(path) else []
                )
            except UnreadableSource:
                continue
            for node in found:
                if isinstance(node.value, ast.Call):
                    func = node.value.func
                    if name == getattr(func, "attr", getattr(func, "id", "")):
                        return f"{path}:{node.lineno}"
        return ""

    def leave_Call(self, original_node: cst.Call, updated_node: cst.Call) -> cst.BaseExpression:
        """Await the sleep, or await the call in a thread."""
        finding = self.target(original_node)
        if finding is None or finding.facts["plain"] in self._plain:
            return updated_node
        if finding.facts["why"]:
            raise Refusal(finding.facts["why"])
        asyncio = self.import_name("asyncio")
        if finding.facts["sleep"]:
            self.drop_import("time")
            call = updated_node.with_changes(func=expression(f"{asyncio}.sleep"), lpar=[], rpar=[])
            return cst.Await(call, lpar=updated_node.lpar, rpar=updated_node.rpar)
        return cst.Await(_in_thread(updated_node, expression(f"{asyncio}.to_thread")))

    def leave_Attribute(
        self, original_node: cst.Attribute, updated_node: cst.Attribute
    ) -> cst.BaseExpression:
        """Put parentheses around an await whose result is used at once."""
        return updated_node.with_changes(value=_in_parentheses(updated_node.value))

    def leave_Subscript(
        self, original_node: cst.Subscript, updated_node: cst.Subscript
    ) -> cst.BaseExpression:
        """Put parentheses around an await whose result is used at once."""
        return updated_node.with_changes(value=_in_parentheses(updated_node.value))


def _in_parentheses(value: cst.BaseExpression) -> cst.BaseExpression:
    if isinstance(value, cst.Await) and not value.lpar:
        return value.with_changes(lpar=[cst.LeftParen()], rpar=[cst.RightParen()])
    return value


def _in_thread(call: cst.Call, to_thread: cst.BaseExpression) -> cst.Call:
    """Return `f(x)` as `to_thread(f, x)`, in the layout that the call has."""
    args = list(call.args)
    before: cst.BaseParenthesizableWhitespace = call.whitespace_before_args
    if not args:
        before = cst.SimpleWhitespace("")
    function = cst.Arg(call.func)
    if call.lpar and not args:  # a chain over several lines in parentheses of its own
        before = call.lpar[-1].whitespace_after
        function = function.with_changes(whitespace_after_arg=call.rpar[0].whitespace_before)
    elif args:
        gap = before if isinstance(before, cst.ParenthesizedWhitespace) else cst.SimpleWhitespace(" ")
        function = function.with_changes(comma=cst.Comma(whitespace_after=gap))
    return cst.Call(to_thread, [function, *args], whitespace_before_args=before)
