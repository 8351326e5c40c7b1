"""Put statements that belong together into one transaction."""

from __future__ import annotations

from collections.abc import Sequence

import libcst as cst

from harden.codemods.codemod import PythonCodemod, expression
from harden.codemods.handing_on import span_of
from harden.codemods.with_blocks import with_block
from harden.errors import Refusal
from harden.findings import Finding, Span


class InTransaction(PythonCodemod):
    """Wrap the statements from `begin` to `end` of each finding that names them."""

    def prepare(self) -> None:
        """Collect the statements that are to be wrapped, those of several findings together."""
        self.gone: set[Span] = set()
        self._wrapped = _joined(
            [
                (span_of(finding.facts["begin"]), span_of(finding.facts["end"]), finding)
                for finding in self._targets
                if finding.facts.get("begin")
            ]
        )

    def leave_IndentedBlock(
        self, original_node: cst.IndentedBlock, updated_node: cst.IndentedBlock
    ) -> cst.IndentedBlock:
        """Put the statements of a block that were asked for into a `with`."""
        body: list[cst.BaseStatement] = []
        opened: list[cst.BaseStatement] = []
        run: tuple[Span, Span, Finding] | None = None
        left = list(updated_node.body)
        for original in original_node.body:
            span = self.span(original)
            if span in self.gone:
                continue
            statement = left.pop(0)
            run = run or next((item for item in self._wrapped if starts(item[0], span)), None)
            into = body if run is None else opened
            into += [*self.statements_before(span), statement, *self.statements_after(span)]
            if run is not None and starts(run[1], span):
                body.append(self._transaction(run[2], opened))
                opened, run = [], None
        return updated_node.with_changes(body=[*body, *opened])

    def statements_before(self, span: Span) -> list[cst.BaseStatement]:
        """Return what is to come before a statement; override where needed."""
        return []

    def statements_after(self, span: Span) -> list[cst.BaseStatement]:
        """Return what is to follow a statement; override where needed."""
        return []

    def _transaction(self, finding: Finding, body: Sequence[cst.BaseStatement]) -> cst.BaseStatement:
        self._current = finding
        if note := finding.facts.get("note", ""):
            self.notes.append(note)
        leading_lines = getattr(body[0], "leading_lines", ())
        plain = [body[0].with_changes(leading_lines=()), *body[1:]]
        if opener := finding.facts.get("opener", ""):
            block = with_block([cst.WithItem(expression(f"{opener}.transaction()"))], plain, leading_lines)
            space = cst.SimpleWhitespace(" ")
            return block.with_changes(asynchronous=cst.Asynchronous(whitespace_after=space))
        name = self.import_name("django.db", "transaction")
        return with_block([cst.WithItem(expression(f"{name}.atomic()"))], plain, leading_lines)


class CommitOnce(InTransaction):
    """Keep what belongs together by one commit, or by one transaction around it."""

    def prepare(self) -> None:
        """Collect the commits that go."""
        super().prepare()
        self._commits = {
            span_of(place): finding
            for finding in self._targets
            for place in finding.facts.get("places", "").splitlines()
        }

    def leave_Call(self, original_node: cst.Call, updated_node: cst.Call) -> cst.BaseExpression:
        """Send what is written to the database, so that keys are known, but keep the transaction open."""
        finding = self._commits.get(self.span(original_node))
        if finding is None or finding.facts["form"] != "flush":
            return updated_node
        func = cst.ensure_type(updated_node.func, cst.Attribute)
        return updated_node.with_changes(func=func.with_changes(attr=cst.Name("flush")))

    def leave_SimpleStatementLine(
        self, original_node: cst.SimpleStatementLine, updated_node: cst.SimpleStatementLine
    ) -> cst.SimpleStatementLine | cst.RemovalSentinel:
        """Take away a commit that comes too early."""
        found = [self._dropped(small) for small in original_node.body]
        finding = next((item for item in found if item is not None), None)
        if finding is None:
            return updated_node
        self._current = finding
        if len(found) > 1 or updated_node.trailing_whitespace.comment is not None:
            raise Refusal("The commit shares its line with something else: take it away by hand.")
        if any(line.comment is not None for line in updated_node.leading_lines):
            raise Refusal("A comment belongs to the commit that goes: take both away by hand.")
        self.gone.add(self.span(original_node))
        return cst.RemoveFromParent()

    def _dropped(self, small: cst.BaseSmallStatement) -> Finding | None:
        value = small.value if isinstance(small, cst.Expr) else None
        value = value.expression if isinstance(value, cst.Await) else value
        finding = self._commits.get(self.span(value)) if isinstance(value, cst.Call) else None
        return finding if finding is not None and finding.facts["form"] == "drop" else None


class CommitAfter(CommitOnce):
    """Commit once after a loop that no commit follows yet, or put the whole loop into one transaction."""

    def prepare(self) -> None:
        """Collect the commits that go, and the loops after which one is put."""
        super().prepare()
        self._moved = {
            span_of(finding.facts["commit"]): finding
            for finding in self._targets
            if "commit" in finding.facts
        }
        after = [finding for finding in self._moved.values() if finding.facts["loop"]]
        self._loops = {span_of(finding.facts["loop"]): finding for finding in after}
        self._taken: dict[str, cst.SimpleStatementLine] = {}

    def leave_SimpleStatementLine(
        self, original_node: cst.SimpleStatementLine, updated_node: cst.SimpleStatementLine
    ) -> cst.SimpleStatementLine | cst.RemovalSentinel:
        """Take the commit out of the loop, or keep it in mind where the loop still sends what it writes."""
        span = self.span(original_node)
        finding = next((item for place, item in self._moved.items() if starts(place, span)), None)
        if finding is None:
            return updated_node
        if finding.facts["form"] == "flush":
            self._taken[finding.fingerprint] = cst.SimpleStatementLine(original_node.body)
            return updated_node
        above = [line for line in updated_node.leading_lines if line.comment is not None]
        self._taken[finding.fingerprint] = updated_node.with_changes(leading_lines=above)
        self.gone.add(span)
        return cst.RemoveFromParent()

    def statements_after(self, span: Span) -> list[cst.BaseStatement]:
        """Return the commit that follows a loop."""
        found = next((item for place, item in self._loops.items() if starts(place, span)), None)
        taken = self._taken.get(found.fingerprint) if found is not None else None
        return [taken] if taken is not None else []


def starts(first: Span, span: Span) -> bool:
    """Tell whether a stretch begins where another one does."""
    return (first.line, first.column) == (span.line, span.column)


def _joined(runs: Sequence[tuple[Span, Span, Finding]]) -> list[tuple[Span, Span, Finding]]:
    """Return runs of statements of which none overlaps another."""
    result: list[tuple[Span, Span, Finding]] = []
    for first, last, finding in sorted(runs, key=lambda run: run[:2]):
        if result and first <= result[-1][1]:
            result[-1] = (result[-1][0], max(result[-1][1], last), result[-1][2])
        elif result and first.line <= result[-1][1].end_line:
            continue  # within a statement that is in a transaction already
        else:
            result.append((first, last, finding))
    return result
