"""Send lists page by page: limit and offset in the query, asked for by the request."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass

import libcst as cst

from harden.codemods.chains import exploded, extended, is_fluent, is_spread
from harden.codemods.class_settings import with_settings
from harden.codemods.codemod import Edited, expression
from harden.codemods.handing_on import (
    HandOn,
    HandOnElsewhere,
    PageOptions,
    Step,
    above,
    places,
    span_of,
    steps_of,
)
from harden.codemods.line_limits import line_limit
from harden.codemods.rest_settings import paginate_project
from harden.codemods.sql_pages import with_page
from harden.errors import Refusal
from harden.findings import Finding, Span

__all__ = ["PageOptions", "Paginate"]

_CLASS_STYLES = ("class", "rest")
_NO_ENVELOPE = "A template or Django's page object tells the page here: fix this one without `envelope`."
_NOTE = "Lists give one page unless a request asks for another: tell the clients, and link further pages."


@dataclass(frozen=True, slots=True)
class _Plan:
    """One list: what the check learned about it, and what to write for the names it needs."""

    facts: dict[str, str]
    names: tuple[str, ...]

    def __getitem__(self, name: str) -> str:
        return self.facts[name]


class Paginate(HandOn):
    """Limit the query of each finding and take the page from the request."""

    def edit(self, path: str, findings: Sequence[Finding]) -> Edited:
        """Limit the queries of a file, and hand their pages on in the files of the functions that call it."""
        steps = [step for finding in findings for step in steps_of(finding.facts.get("steps", ""))]
        edited = super().edit(path, [*findings, *places([step for step in steps if step.path == path])])
        for other, steps in self._elsewhere.items():
            others = HandOnElsewhere(self.project, self.options)
            extra = others.edit(other, others.plan(steps))
            edited.others[other] = extra.data
        return edited

    def prepare(self) -> None:
        """Ask for the imports first, so that a list that cannot have them stays whole."""
        super().prepare()
        self._queries: dict[Span, _Plan] = {}
        self._statements: dict[tuple[int, int], _Plan] = {}
        self._broken: set[Span] = set()
        self._unordered: set[Span] = set()
        self._ordered_late: set[Span] = set()
        self._elsewhere: dict[str, list[Step]] = {}
        for finding in self._targets:
            style = finding.facts.get("style", "")
            is_class = style == "rest" or (style == "class" and not self.options.envelope)
            for place in finding.facts["query"].splitlines() if is_class else ():
                self._unordered.add(span_of(place))
            if style == "class" and self.options.envelope:
                self.refuse(finding, _NO_ENVELOPE)
            elif style and style not in _CLASS_STYLES:
                mark = self._imports.mark()
                try:
                    self._add(finding)
                except Refusal as refusal:
                    self._imports.reset(mark)
                    self.refuse(finding, str(refusal))
        self.notes.append(_NOTE)

    def _add(self, finding: Finding) -> None:
        facts = {**finding.facts, "order": self.quoted(finding.facts["order"])}
        for tested in facts["tested"].splitlines():
            place, _, rows = tested.rpartition(" ")
            if int(rows) > self.size:
                raise Refusal(f"{place} counts on more rows than a page has.")
        names: tuple[str, ...] = ()
        if facts["framework"] == "django":
            self._current = finding
            names = (self.import_name("django.core.paginator", "Paginator"),)
        plan = _Plan(facts, names)
        if names:
            at = span_of(facts["statement"])
            self._statements[at.line, at.column] = plan
        steps = steps_of(facts.get("steps", ""))
        if self.options.envelope:
            for step in steps:
                if step.envelope.startswith("!"):
                    raise Refusal(step.envelope[1:])
            if not any(step.envelope for step in steps):
                raise Refusal(_NO_ENVELOPE)
        for step in steps:
            if step.path == self.module.path:
                self.hand_on(step, finding)
            else:
                self._elsewhere.setdefault(step.path, []).append(step)
        if facts["query"]:
            self._queries[span_of(facts["query"])] = plan

    def on_leave(
        self, original_node: cst.CSTNodeT, updated_node: cst.CSTNodeT
    ) -> cst.CSTNodeT | cst.RemovalSentinel | cst.FlattenSentinel[cst.CSTNodeT]:
        """Edit the planned queries and statements, whatever kind of node they are."""
        left = super().on_leave(original_node, updated_node)
        if isinstance(left, cst.BaseExpression):
            if self._broken and isinstance(left, cst.Call) and isinstance(original_node, cst.Call):
                left = self._around_broken(original_node, left)  # type: ignore[assignment]
            if self.span(original_node) in self._unordered:
                left = extended(left, [("order_by", self.quoted('"pk"'))])  # type: ignore[assignment]
            plan = self._queries.get(self.span(original_node))
            if plan is not None:
                left = self._laid_out(plan, left)  # type: ignore[assignment]
            if isinstance(original_node, cst.BaseExpression) and isinstance(left, cst.BaseExpression):
                return self.enveloped(original_node, left)  # type: ignore[return-value]
        if isinstance(left, cst.BaseStatement) and not isinstance(left, cst.FunctionDef):
            span = self.span(original_node)
            if plan := self._statements.get((span.line, span.column)):
                return self._with_page(plan, left)  # type: ignore[return-value]
        return left

    def leave_ClassDef(self, original_node: cst.ClassDef, updated_node: cst.ClassDef) -> cst.ClassDef:
        """Give a class-based list a page size."""
        finding = self.target(original_node)
        if finding is None or finding.facts.get("style") not in _CLASS_STYLES:
            return updated_node
        if finding.fingerprint in self.refused:
            return updated_node
        order = self.quoted(finding.facts["order"])
        added = [f"ordering = {order}"] if order else []
        if finding.facts["style"] == "rest" and self.options.rest == "project":
            paginate_project(self, self.size)
        elif finding.facts["style"] == "rest":
            added.append(f"pagination_class = {self._rest_pages()}")
        else:
            added.append(f"paginate_by = {self.size}")
        return with_settings(updated_node, added) if added else updated_node

    def _rest_pages(self) -> str:
        """Return the name of a class of pages for Django REST framework, adding one where there is none."""
        name = "ListPagination"
        known = self.module.names.definitions.get(name)
        if isinstance(known, ast.ClassDef) and "max_limit" in self.module.segment(known):
            return name
        base = self.import_name("rest_framework.pagination", "LimitOffsetPagination")
        code = [f"\nclass {name}({base}):", f"    default_limit = {self.size}"]
        code.append(f"    max_limit = {self.options.maximum}")
        if not self.options.envelope:
            response = self.import_name("rest_framework.response", "Response")
            code += ["", "    def get_paginated_response(self, data):", f"        return {response}(data)"]
            if "drf_spectacular" in self.project.imported:
                code += ["", "    def get_paginated_response_schema(self, schema):", "        return schema"]
        self.top_level("\n".join(code), binds=name)
        return name

    def _laid_out(self, plan: _Plan, query: cst.BaseExpression) -> cst.BaseExpression:
        """Return the limited query, its calls on lines of their own where one line would be too long."""
        limited = self._limited(plan, query)
        span = span_of(plan["query"])
        alone = "" if span in self._envelopes else plan["alone"]
        statement = span_of(plan["statement"])
        if not alone or plan["style"] == "sql" or not is_fluent(limited):
            return limited
        code = [cst.Module([]).code_for_node(node) for node in (limited, query)]
        room = line_limit(self.module)
        if span.line != span.end_line:
            if query.lpar or alone != "yes" or is_spread(query):
                return limited
            return exploded(limited, room - statement.column - 4)
        line = self.module.lines[span.line - 1].rstrip()
        if len(line) + len(code[0]) - len(code[1]) <= room:
            return limited
        if query.lpar:
            return exploded(limited, room).with_changes(lpar=query.lpar, rpar=query.rpar)
        if alone == "yes":
            return exploded(limited, room)
        if statement.line != statement.end_line or len(code[0]) + statement.column + 4 <= room:
            return limited  # fits on the line below, where it is put later
        self._broken.add(span)
        return exploded(limited, room).with_changes(lpar=[], rpar=[])

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
            return with_page(cst.ensure_type(query, cst.Call), plan["mark"], (limit, offset), order)
        if plan["style"] == "mongo":
            steps = [("skip", offset), ("limit", limit)]
            return extended(query, steps if plan["order"] == "given" else [("sort", '"_id", 1'), *steps])
        steps = [("order_by", order)] if order else []
        if plan["style"] == "query":
            return extended(query, [*steps, ("limit", limit), ("offset", offset)], before=plan["before"])
        ordered = extended(query, steps)
        if not plan["variable"]:
            return self._page(plan, ordered)
        span = span_of(plan["query"])
        line = self.module.lines[span.end_line - 1].rstrip()
        if steps and len(line) + len(f".order_by({order})") > line_limit(self.module):
            self._ordered_late.add(span)  # there is room for it on the next line
            return query
        return ordered

    def _page(self, plan: _Plan, query: cst.BaseExpression) -> cst.BaseExpression:
        made = cst.ensure_type(expression(f"{plan.names[0]}(_, {self.size})"), cst.Call)
        made = made.with_changes(args=[made.args[0].with_changes(value=query), made.args[1]])
        page = cst.ensure_type(
            expression(self.quoted(f'_.get_page({plan["request"]}.GET.get("page"))')), cst.Call
        )
        return page.with_changes(func=cst.ensure_type(page.func, cst.Attribute).with_changes(value=made))

    def _with_page(
        self, plan: _Plan, statement: cst.BaseStatement
    ) -> cst.BaseStatement | cst.FlattenSentinel[cst.BaseStatement]:
        """Put a queryset's page below its assignment, or above the statement that uses it."""
        if not (name := plan["variable"]):
            return statement
        late = not plan["query"] or span_of(plan["query"]) in self._ordered_late
        order = f".order_by({plan['order']})" if plan["order"] and late else ""
        get = self.quoted(f'{plan["request"]}.GET.get("page")')
        page = f"{name} = {plan.names[0]}({name}{order}, {self.size}).get_page({get})"
        if plan["query"]:
            return cst.FlattenSentinel([statement, cst.parse_statement(page)])
        return above(statement, [page])
