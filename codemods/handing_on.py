"""Take a page from the request, and hand it on from function to function down to the query."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal

import libcst as cst
from pydantic import BaseModel, Field

from harden.codemods.arguments import with_keyword
from harden.codemods.codemod import Options, PythonCodemod, expression
from harden.codemods.docstrings import documented
from harden.codemods.line_limits import line_limit
from harden.codemods.quotes import favourite_quote
from harden.codemods.signatures import Parameter, has_annotations, with_parameters
from harden.codemods.sql_pages import appended
from harden.findings import Finding, Severity, Span


class PageOptions(Options):
    """How many rows a page has, and how it is sent."""

    page_size: int = Field(
        50, ge=1, le=10000, title="Page size", description="rows sent unless asked otherwise"
    )
    maximum: int = Field(200, ge=1, le=10000, title="Maximum", description="most rows a request may ask for")
    envelope: bool = Field(
        default=False,
        title="Envelope",
        description="send {items, limit, offset} instead of a bare list (Django REST framework: its own one)",
    )
    rest: Literal["class", "project"] = Field(
        default="class",
        title="Django REST framework",
        description="class: pages for the lists of a file, in the shape they have; project: the default"
        " in the settings, for all lists, in the framework's envelope",
    )


_PAGE = ("limit", "offset")


@dataclass(frozen=True, slots=True)
class Step:
    """One function that hands a page on, as the check found it.

    `given` is what it names limit and offset, `taken` the parameters of what it calls.
    """

    path: str
    kind: str
    function: Span
    statement: Span | None
    call: Span | None
    given: tuple[str, str]
    taken: tuple[str, str]
    envelope: str


def steps_of(fact: str) -> list[Step]:
    """Read the steps that the check wrote down, one per line."""
    found = []
    for line in fact.splitlines():
        path, kind, function, statement, call, limit, offset, first, second, envelope = line.split("\t")
        found.append(
            Step(
                path,
                kind,
                span_of(function),
                span_of(statement) if statement else None,
                span_of(call) if call else None,
                (limit, offset),
                (first, second),
                envelope,
            )
        )
    return found


def span_of(text: str) -> Span:
    """Read a span as the check wrote it down."""
    return Span(*map(int, text.split(",")))


def places(steps: Sequence[Step]) -> list[Finding]:
    """Return findings in name only, so that the statements in which a page is handed on are visited."""
    spans = [(step.path, span) for step in steps for span in (step.function, step.call) if span is not None]
    return [Finding("", path, span, "", Severity.LOW) for path, span in spans]


class HandOn(PythonCodemod):
    """Give functions the parameters of a page, or read them from the request, and pass them on."""

    Options: ClassVar[type[BaseModel]] = PageOptions
    options: PageOptions

    def prepare(self) -> None:
        """Start without a plan: steps are added by `hand_on`."""
        self._functions: dict[tuple[int, int], tuple[Step, tuple[str, ...]]] = {}
        self._read: dict[tuple[int, int], tuple[Step, tuple[str, ...]]] = {}
        self._calls: dict[Span, Step] = {}
        self._envelopes: dict[Span, Step] = {}

    def hand_on(self, step: Step, at: Finding) -> None:
        """Plan one step in this file. Raises Refusal where an import that it needs is not to be had."""
        key = (step.function.line, step.function.column)
        self._current = None
        if step.kind == "fastapi":  # named in the signature, so imports in the body do not count
            names: tuple[str, ...] = (
                self.import_name("typing", "Annotated"),
                self.import_name("fastapi", "Query"),
            )
            self._functions[key] = step, names
        elif step.kind == "plain":
            self._functions[key] = step, ()
        elif step.statement is not None:
            self._current = at
            names = (self.import_name("flask", "request"),) if step.kind == "flask" else ()
            self._read[step.statement.line, step.statement.column] = step, names
        if step.call is not None:
            self._calls[step.call] = step
        if self.options.envelope and step.envelope:
            self._envelopes[span_of(step.envelope)] = step

    def on_leave(
        self, original_node: cst.CSTNodeT, updated_node: cst.CSTNodeT
    ) -> cst.CSTNodeT | cst.RemovalSentinel | cst.FlattenSentinel[cst.CSTNodeT]:
        """Edit the planned functions, statements and calls."""
        left = super().on_leave(original_node, updated_node)
        if isinstance(left, cst.Call):
            step = self._calls.get(self.span(original_node))
            return left if step is None else _passing(left, step)  # type: ignore[return-value]
        if not isinstance(left, cst.BaseStatement):
            return left
        span = self.span(original_node)
        if isinstance(left, cst.FunctionDef):
            planned = self._functions.get((span.line, span.column))
            return left if planned is None else self._with_parameters(*planned, left)  # type: ignore[return-value]
        asked = self._read.get((span.line, span.column))
        return left if asked is None else self._asking(*asked, left)  # type: ignore[return-value]

    @property
    def size(self) -> int:
        """Return how many rows a page has."""
        return min(self.options.page_size, self.options.maximum)

    def enveloped(self, original: cst.BaseExpression, rows: cst.BaseExpression) -> cst.BaseExpression:
        """Return what a handler sends together with its page, where that is wanted."""
        step = self._envelopes.get(self.span(original))
        if step is None:
            return rows
        page = [(self.quoted(f'"{name}"'), given) for name, given in zip(_PAGE, step.given, strict=True)]
        if isinstance(rows, cst.Dict):
            added = [cst.DictElement(expression(name), expression(given)) for name, given in page]
            return rows.with_changes(elements=appended(rows.elements, added))
        entries = "".join(f", {name}: {given}" for name, given in page)
        made = cst.ensure_type(expression(self.quoted('{"items": _') + entries + "}"), cst.Dict)
        first = made.elements[0].with_changes(value=rows)
        return made.with_changes(elements=[first, *made.elements[1:]])

    def _with_parameters(
        self, step: Step, names: tuple[str, ...], function: cst.FunctionDef
    ) -> cst.FunctionDef:
        limit, offset = step.given
        if names:
            annotated, query = names
            kinds = [
                f"{annotated}[int, {query}(ge=1, le={self.options.maximum})]",
                f"{annotated}[int, {query}(ge=0)]",
            ]
        else:
            kinds = ["int", "int"] if has_annotations(function) else ["", ""]
        wanted = (Parameter(limit, kinds[0], str(self.size)), Parameter(offset, kinds[1], "0"))
        after = with_parameters(function, wanted, line_limit(self.module))
        if after is function:
            return function
        texts = {limit: "Most rows to give.", offset: "Rows to leave out first."}
        return documented(after, texts)

    def _asking(
        self, step: Step, names: tuple[str, ...], statement: cst.BaseStatement
    ) -> cst.FlattenSentinel[cst.BaseStatement]:
        """Put what reads the page from the request above a statement."""
        limit, offset = step.given
        size, most = self.size, self.options.maximum
        if names:
            asked = f"{names[0]}.args.get"
            code = [
                f'{limit} = min(max({asked}("limit", {size}, type=int), 1), {most})',
                f'{offset} = max({asked}("offset", 0, type=int), 0)',
            ]
        else:
            asked = "page_asked" if "asked" in self.module.text else "asked"
            code = [
                f'{asked} = request.query_params.get("limit", "")',
                f"{limit} = min(max(int({asked}), 1), {most}) if {asked}.isdecimal() else {size}",
                f'{asked} = request.query_params.get("offset", "")',
                f"{offset} = int({asked}) if {asked}.isdecimal() else 0",
            ]
        return above(statement, [self.quoted(line) for line in code])

    def quoted(self, code: str) -> str:
        """Return code in the quotes that the file prefers."""
        return code.replace('"', favourite_quote(self.module))


class HandOnElsewhere(HandOn):
    """The steps of a page that lie in another file than the query."""

    def plan(self, steps: list[Step]) -> list[Finding]:
        """Remember the steps and return what stands for findings in that file."""
        self._steps = steps
        return places(steps)

    def prepare(self) -> None:
        """Plan the steps given before."""
        super().prepare()
        for step in self._steps:
            at = next(f for f in self._targets if f.span in (step.call, step.function))
            self.hand_on(step, at)

    def on_leave(
        self, original_node: cst.CSTNodeT, updated_node: cst.CSTNodeT
    ) -> cst.CSTNodeT | cst.RemovalSentinel | cst.FlattenSentinel[cst.CSTNodeT]:
        """Put an envelope around what handlers send, last of all."""
        left = super().on_leave(original_node, updated_node)
        if isinstance(left, cst.BaseExpression) and isinstance(original_node, cst.BaseExpression):
            return self.enveloped(original_node, left)  # type: ignore[return-value]
        return left


def _passing(call: cst.Call, step: Step) -> cst.Call:
    """Return a call that passes limit and offset on, laid out as its other arguments are."""
    for taken, given in zip(step.taken, step.given, strict=True):
        call = with_keyword(call, taken, expression(given))
    return call


def above(statement: cst.BaseStatement, code: list[str]) -> cst.FlattenSentinel[cst.BaseStatement]:
    """Put statements above another one: below its blank lines, above its comments."""
    lines = getattr(statement, "leading_lines", ())
    at = next((at for at, line in enumerate(lines) if line.comment is not None), len(lines))
    first, *rest = (cst.ensure_type(cst.parse_statement(line), cst.SimpleStatementLine) for line in code)
    first = first.with_changes(leading_lines=lines[:at])
    return cst.FlattenSentinel([first, *rest, statement.with_changes(leading_lines=lines[at:])])
