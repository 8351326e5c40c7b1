"""Send lists page by page: limit and offset in the query, asked for by the request."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import libcst as cst
from pydantic import BaseModel, Field

from harden.codemods.chains import exploded, extended, with_limited_sql
from harden.codemods.codemod import Options, PythonCodemod, expression
from harden.codemods.log_layout import favourite_quote
from harden.codemods.signatures import Parameter, with_parameters
from harden.codemods.wrapping import line_limit
from harden.errors import Refusal
from harden.findings import Finding, Span

_NOTE = "Lists give one page unless a request asks for another: tell the clients, and link further pages."


class PageOptions(Options):
    """How many rows a page has."""

    page_size: int = Field(
        50, ge=1, le=10000, title="Page size", description="rows sent unless asked otherwise"
    )
    maximum: int = Field(200, ge=1, le=10000, title="Maximum", description="most rows a request may ask for")


@dataclass(frozen=True, slots=True)
class _Plan:
    """One list: what the check learned about it, and what to write for the names it needs."""

    facts: dict[str, str]
    names: tuple[str, ...]

    def __getitem__(self, name: str) -> str:
        return self.facts[name]


class Paginate(PythonCodemod):
    """Limit the query of each finding and take the page from the request."""

    Options: ClassVar[type[BaseModel]] = PageOptions
    options: PageOptions

    def prepare(self) -> None:
        """Ask for the imports first, so that a list that cannot have them stays whole."""
        self._queries: dict[Span, _Plan] = {}
        self._statements: dict[tuple[int, int], _Plan] = {}
        self._handlers: dict[tuple[int, int], _Plan] = {}
        self._broken: set[Span] = set()
        for finding in self._targets:
            if finding.facts["style"] != "class":
                mark = self._imports.mark()
                try:
                    self._add(finding)
                except Refusal as refusal:
                    self._imports.reset(mark)
                    self.refuse(finding, str(refusal))
        self.notes.append(_NOTE)

    def _add(self, finding: Finding) -> None:
        facts = {**finding.facts, "order": self._quoted(finding.facts["order"])}
        names: tuple[str, ...]
        if facts["framework"] == "fastapi":  # named in the signature, so imports in the body do not count
            self._current = None
            names = (self.import_name("typing", "Annotated"), self.import_name("fastapi", "Query"))
        elif facts["framework"] == "flask":
            self._current = finding
            names = (self.import_name("flask", "request"),)
        else:
            self._current = finding
            names = (self.import_name("django.core.paginator", "Paginator"),)
        plan = _Plan(facts, names)
        if facts["query"]:
            self._queries[_span(facts["query"])] = plan
        where = self._handlers if facts["framework"] == "fastapi" else self._statements
        at = _span(facts["handler" if facts["framework"] == "fastapi" else "statement"])
        where[at.line, at.column] = plan

    def on_leave(
        self, original_node: cst.CSTNodeT, updated_node: cst.CSTNodeT
    ) -> cst.CSTNodeT | cst.RemovalSentinel | cst.FlattenSentinel[cst.CSTNodeT]:
        """Edit the planned queries, statements and handlers, whatever kind of node they are."""
        left = super().on_leave(original_node, updated_node)
        if isinstance(left, cst.BaseExpression):
            if self._broken and isinstance(left, cst.Call) and isinstance(original_node, cst.Call):
                left = self._around_broken(original_node, left)  # type: ignore[assignment]
            plan = self._queries.get(self.span(original_node))
            return left if plan is None else self._laid_out(plan, left)  # type: ignore[return-value]
        if isinstance(left, cst.BaseStatement):
            span = self.span(original_node)
            if isinstance(left, cst.FunctionDef) and (plan := self._handlers.get((span.line, span.column))):
                return self._with_parameters(plan, left)  # type: ignore[return-value]
            if not isinstance(left, cst.FunctionDef) and (
                plan := self._statements.get((span.line, span.column))
            ):
                return self._with_statements(plan, left)  # type: ignore[return-value]
        return left

    def leave_ClassDef(self, original_node: cst.ClassDef, updated_node: cst.ClassDef) -> cst.ClassDef:
        """Give a class-based list a page size."""
        finding = self.target(original_node)
        if finding is None or finding.facts["style"] != "class":
            return updated_node
        if not isinstance(updated_node.body, cst.IndentedBlock):
            raise Refusal("The class is written on one line.")
        order = self._quoted(finding.facts["order"])
        added = [cst.parse_statement(f"ordering = {order}")] if order else []
        added.append(cst.parse_statement(f"paginate_by = {self._size}"))
        body = list(updated_node.body.body)
        at = next((at for at, statement in enumerate(body) if not _is_setting(statement)), len(body))
        body[at:at] = added
        return updated_node.with_changes(body=updated_node.body.with_changes(body=body))

    @property
    def _size(self) -> int:
        return min(self.options.page_size, self.options.maximum)

    def _laid_out(self, plan: _Plan, query: cst.BaseExpression) -> cst.BaseExpression:
        """Return the limited query, its calls on lines of their own where one line would be too long."""
        limited = self._limited(plan, query)
        span = _span(plan["query"])
        alone, statement = plan["alone"], _span(plan["statement"])
        one_line = statement.line == statement.end_line or (alone == "yes" and span.line == span.end_line)
        if not alone or plan["style"] == "sql" or not one_line:
            return limited
        code = [cst.Module([]).code_for_node(node) for node in (limited, query)]
        line = self.module.lines[span.line - 1].rstrip()
        if len(line) + len(code[0]) - len(code[1]) <= line_limit(self.module):
            return limited
        if query.lpar:
            return exploded(limited).with_changes(lpar=query.lpar, rpar=query.rpar)
        if alone == "yes":
            return exploded(limited)
        if len(code[0]) + statement.column + 4 <= line_limit(self.module):
            return limited  # fits on the line below, where it is put later
        self._broken.add(span)
        return exploded(limited).with_changes(lpar=[], rpar=[])

    def _around_broken(self, original: cst.Call, call: cst.Call) -> cst.Call:
        """Put the only argument of a call on lines of its own, where that is a chain over several lines."""
        if len(call.args) != 1 or self.span(original.args[0].value) not in self._broken:
            return call
        inside = cst.ParenthesizedWhitespace(indent=True, last_line=cst.SimpleWhitespace("    "))
        end = cst.ParenthesizedWhitespace(indent=True)
        only = call.args[0].with_changes(whitespace_after_arg=end, comma=cst.MaybeSentinel.DEFAULT)
        return call.with_changes(whitespace_before_args=inside, args=[only])

    def _limited(self, plan: _Plan, query: cst.BaseExpression) -> cst.BaseExpression:
        limit, offset, order = plan["limit"], plan["offset"], plan["order"]
        if plan["style"] == "sql":
            return with_limited_sql(cst.ensure_type(query, cst.Call), plan["mark"], limit, offset)
        if plan["style"] == "mongo":
            steps = [("skip", offset), ("limit", limit)]
            return extended(query, steps if plan["order"] == "given" else [("sort", '"_id", 1'), *steps])
        steps = [("order_by", order)] if order else []
        if plan["style"] == "query":
            return extended(query, [*steps, ("limit", limit), ("offset", offset)], before=plan["before"])
        query = extended(query, steps)
        return query if plan["variable"] else self._page(plan, query)

    def _page(self, plan: _Plan, query: cst.BaseExpression) -> cst.BaseExpression:
        made = cst.ensure_type(expression(f"{plan.names[0]}(_, {self._size})"), cst.Call)
        made = made.with_changes(args=[made.args[0].with_changes(value=query), made.args[1]])
        page = cst.ensure_type(
            expression(self._quoted(f'_.get_page({plan["request"]}.GET.get("page"))')), cst.Call
        )
        return page.with_changes(func=cst.ensure_type(page.func, cst.Attribute).with_changes(value=made))

    def _with_parameters(self, plan: _Plan, handler: cst.FunctionDef) -> cst.FunctionDef:
        annotated, query = plan.names
        wanted = (
            Parameter(
                plan["limit"], f"{annotated}[int, {query}(ge=1, le={self.options.maximum})]", str(self._size)
            ),
            Parameter(plan["offset"], f"{annotated}[int, {query}(ge=0)]", "0"),
        )
        return with_parameters(handler, wanted, line_limit(self.module))

    def _with_statements(
        self, plan: _Plan, statement: cst.BaseStatement
    ) -> cst.BaseStatement | cst.FlattenSentinel[cst.BaseStatement]:
        """Put what reads the page from the request above a statement, or a queryset's page below it."""
        if plan["framework"] == "django":
            if not (name := plan["variable"]):
                return statement
            order = f".order_by({plan['order']})" if plan["order"] and not plan["query"] else ""
            get = self._quoted(f'{plan["request"]}.GET.get("page")')
            page = f"{name} = {plan.names[0]}({name}{order}, {self._size}).get_page({get})"
            if plan["query"]:
                return cst.FlattenSentinel([statement, cst.parse_statement(page)])
            return _above(statement, [page])
        (request,) = plan.names
        limit, offset = plan["limit"], plan["offset"]
        asked = f'{request}.args.get("limit", {self._size}, type=int)'
        code = [
            f"{limit} = min(max({asked}, 1), {self.options.maximum})",
            f'{offset} = max({request}.args.get("offset", 0, type=int), 0)',
        ]
        return _above(statement, [self._quoted(line) for line in code])

    def _quoted(self, code: str) -> str:
        """Return code in the quotes that the file prefers."""
        return code.replace('"', favourite_quote(self.module))


def _above(statement: cst.BaseStatement, code: list[str]) -> cst.FlattenSentinel[cst.BaseStatement]:
    """Put statements above another one: below its blank lines, above its comments."""
    lines = getattr(statement, "leading_lines", ())
    at = next((at for at, line in enumerate(lines) if line.comment is not None), len(lines))
    first, *rest = (cst.ensure_type(cst.parse_statement(line), cst.SimpleStatementLine) for line in code)
    first = first.with_changes(leading_lines=lines[:at])
    return cst.FlattenSentinel([first, *rest, statement.with_changes(leading_lines=lines[at:])])


def _is_setting(statement: cst.BaseStatement) -> bool:
    """Tell whether a statement at the top of a class is its docstring or one of its settings."""
    return isinstance(statement, cst.SimpleStatementLine) and all(
        isinstance(part, cst.Assign | cst.AnnAssign | cst.Expr) for part in statement.body
    )


def _span(text: str) -> Span:
    return Span(*map(int, text.split(",")))
