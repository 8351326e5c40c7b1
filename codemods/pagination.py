"""Send lists page by page: limit and offset in the query, asked for by the request."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import libcst as cst

from harden.codemods.chains import exploded, extended, with_limited_sql
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
from harden.codemods.wrapping import line_limit
from harden.errors import Refusal
from harden.findings import Finding, Span

__all__ = ["PageOptions", "Paginate"]

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
        self._elsewhere: dict[str, list[Step]] = {}
        for finding in self._targets:
            if finding.facts.get("style", "class") not in ("class", "rest"):
                mark = self._imports.mark()
                try:
                    self._add(finding)
                except Refusal as refusal:
                    self._imports.reset(mark)
                    self.refuse(finding, str(refusal))
        self.notes.append(_NOTE)

    def _add(self, finding: Finding) -> None:
        facts = {**finding.facts, "order": self.quoted(finding.facts["order"])}
        names: tuple[str, ...] = ()
        if facts["framework"] == "django":
            self._current = finding
            names = (self.import_name("django.core.paginator", "Paginator"),)
        plan = _Plan(facts, names)
        if names:
            at = span_of(facts["statement"])
            self._statements[at.line, at.column] = plan
        for step in steps_of(facts.get("steps", "")):
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
            plan = self._queries.get(self.span(original_node))
            return left if plan is None else self._laid_out(plan, left)  # type: ignore[return-value]
        if isinstance(left, cst.BaseStatement) and not isinstance(left, cst.FunctionDef):
            span = self.span(original_node)
            if plan := self._statements.get((span.line, span.column)):
                return self._with_page(plan, left)  # type: ignore[return-value]
        return left

    def leave_ClassDef(self, original_node: cst.ClassDef, updated_node: cst.ClassDef) -> cst.ClassDef:
        """Give a class-based list a page size."""
        finding = self.target(original_node)
        if finding is None or finding.facts["style"] != "class":
            return updated_node
        if not isinstance(updated_node.body, cst.IndentedBlock):
            raise Refusal("The class is written on one line.")
        order = self.quoted(finding.facts["order"])
        added = [cst.parse_statement(f"ordering = {order}")] if order else []
        added.append(cst.parse_statement(f"paginate_by = {self.size}"))
        body = list(updated_node.body.body)
        at = next((at for at, statement in enumerate(body) if not _is_setting(statement)), len(body))
        body[at:at] = added
        return updated_node.with_changes(body=updated_node.body.with_changes(body=body))

    def _laid_out(self, plan: _Plan, query: cst.BaseExpression) -> cst.BaseExpression:
        """Return the limited query, its calls on lines of their own where one line would be too long."""
        limited = self._limited(plan, query)
        span = span_of(plan["query"])
        alone, statement = plan["alone"], span_of(plan["statement"])
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
        order = f".order_by({plan['order']})" if plan["order"] and not plan["query"] else ""
        get = self.quoted(f'{plan["request"]}.GET.get("page")')
        page = f"{name} = {plan.names[0]}({name}{order}, {self.size}).get_page({get})"
        if plan["query"]:
            return cst.FlattenSentinel([statement, cst.parse_statement(page)])
        return above(statement, [page])


def _is_setting(statement: cst.BaseStatement) -> bool:
    """Tell whether a statement at the top of a class is its docstring or one of its settings."""
    return isinstance(statement, cst.SimpleStatementLine) and all(
        isinstance(part, cst.Assign | cst.AnnAssign | cst.Expr) for part in statement.body
    )
