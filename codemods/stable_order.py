"""Order queries by primary key, so that each row stands on one page and stays there."""

from __future__ import annotations

import re
from collections.abc import Sequence

import libcst as cst

from harden.codemods.chains import extended
from harden.codemods.class_settings import with_settings
from harden.codemods.codemod import Edited, PythonCodemod
from harden.codemods.handing_on import span_of
from harden.codemods.quotes import favourite_quote
from harden.codemods.sql_pages import with_clauses
from harden.findings import Finding, Span

_LIMIT = re.compile(r"(?i)\blimit\b")
_STEPS = {"query": "order_by", "queryset": "order_by", "mongo": "sort"}


class OrderByKey(PythonCodemod):
    """Put an order by primary key in front of what cuts a query to a page."""

    def edit(self, path: str, findings: Sequence[Finding]) -> Edited:
        """Remember the querysets that class-based lists need ordered, then edit."""
        self._querysets: set[Span] = {
            span_of(place)
            for finding in findings
            if finding.facts["style"] in ("class", "rest")
            for place in finding.facts["query"].splitlines()
        }
        return super().edit(path, findings)

    def on_leave(
        self, original_node: cst.CSTNodeT, updated_node: cst.CSTNodeT
    ) -> cst.CSTNodeT | cst.RemovalSentinel | cst.FlattenSentinel[cst.CSTNodeT]:
        """Extend the queries, whatever kind of expression they are."""
        left = super().on_leave(original_node, updated_node)
        if not isinstance(left, cst.BaseExpression):
            return left
        if self.span(original_node) in self._querysets:
            return extended(left, [("order_by", self._quoted('"pk"'))])  # type: ignore[return-value]
        finding = self.target(original_node)
        if finding is None:
            return left
        facts = finding.facts
        if facts["style"] == "sql":
            clause = f"ORDER BY {facts['order']}"
            return with_clauses(left, [clause], before=_LIMIT)  # type: ignore[return-value]
        step = (_STEPS[facts["style"]], self._quoted(facts["order"]))
        return extended(left, [step], before=facts["before"])  # type: ignore[return-value]

    def leave_ClassDef(self, original_node: cst.ClassDef, updated_node: cst.ClassDef) -> cst.ClassDef:
        """Name an order in a class-based list whose model has none."""
        finding = self.target(original_node)
        if finding is None or not finding.facts["order"]:
            return updated_node
        return with_settings(updated_node, [f"ordering = {self._quoted(finding.facts['order'])}"])

    def _quoted(self, code: str) -> str:
        return code.replace('"', favourite_quote(self.module))
