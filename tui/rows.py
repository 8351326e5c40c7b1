"""What the list shows: a stage's findings by check, its questions, and what could not be read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harden.findings import Risk, Severity

if TYPE_CHECKING:
    from harden.checks import Check
    from harden.decisions import Answer
    from harden.findings import Finding, Problem
    from harden.journal import Entry
    from harden.registry import Question, Stage
    from harden.session import Session

STATUSES = ("all", "open", "applied", "ignored")
_RANK = {Severity.HIGH: 0, Severity.MEDIUM: 1, Severity.LOW: 2}


@dataclass(frozen=True, slots=True)
class FindingRow:
    """A finding and where it stands: open, applied or ignored."""

    finding: Finding
    state: str
    word: str

    @property
    def key(self) -> str:
        """Return the identity of the row while the list changes around it."""
        return self.finding.fingerprint


@dataclass(frozen=True, slots=True)
class QuestionRow:
    """A question for a person, with the answer given."""

    question: Question
    answer: Answer | None

    @property
    def key(self) -> str:
        """Return the identity of the row."""
        return f"question:{self.question.id}"


@dataclass(frozen=True, slots=True)
class ProblemRow:
    """A file, or a check on a file, that could not be looked at."""

    problem: Problem

    @property
    def key(self) -> str:
        """Return the identity of the row."""
        return f"problem:{self.problem.path}:{self.problem.check}"


@dataclass(frozen=True, slots=True)
class EntryRow:
    """A fix that was applied before the app was started, and is not committed."""

    entry: Entry

    @property
    def key(self) -> str:
        """Return the identity of the row."""
        return f"entry:{self.entry.number}"


@dataclass(frozen=True, slots=True)
class Group:
    """A heading and the rows below it. `check` is None for questions and problems."""

    key: str
    title: str
    letter: str
    count: str
    check: Check | None
    rows: tuple[Row, ...]


Row = FindingRow | QuestionRow | ProblemRow | EntryRow
Item = Row | Group


def groups_of(
    session: Session,
    stage: Stage,
    *,
    words: str = "",
    status: str = "all",
    applied: Iterable[Entry] = (),
) -> list[Group]:
    """Return what a stage shows, dearest first, questions and unreadable files at the end."""
    wanted = _matcher(words)
    found: list[Group] = []
    by_check: dict[str, list[Finding]] = {}
    for finding in session.findings(stage=stage.id):
        by_check.setdefault(finding.check, []).append(finding)
    for check in sorted(stage.checks, key=lambda c: (_RANK[c.severity], c.title)):
        rows = [
            row
            for finding in by_check.get(check.id, ())
            for row in [_finding_row(session, finding, check)]
            if status in ("all", row.state) and wanted(check.title, check.id, finding.path, finding.message)
        ]
        if rows:
            still = sum(row.state == "open" for row in rows)
            found.append(
                Group(f"check:{check.id}", check.title, check.severity.letter, str(still), check, tuple(rows))
            )
    if status in ("all", "applied"):
        found += _earlier(session, stage, wanted, applied)
    if status == "all":
        found += _questions(session, stage, wanted)
        found += _problems(session, stage, wanted)
    return found


def open_counts(session: Session) -> Counter[str]:
    """Return how many findings wait for a decision, by the id of their stage."""
    stage_of = {check.id: stage.id for stage in session.stages for check in stage.checks}
    return Counter(stage_of[finding.check] for finding in session.open_findings())


def fixable_count(session: Session) -> int:
    """Return how many open findings have a fix."""
    return sum(finding.fixable for finding in session.open_findings())


def keys_of(groups: Sequence[Group]) -> list[str]:
    """Return the identities of all rows in order."""
    return [row.key for group in groups for row in group.rows]


def _finding_row(session: Session, finding: Finding, check: Check) -> FindingRow:
    state = session.state(finding).value
    if state != "open":
        return FindingRow(finding, state, state)
    risk = check.fix.risk if finding.fixable else Risk.GUIDE
    return FindingRow(finding, state, {Risk.AUTO: "fix", Risk.REVIEW: "suggest", Risk.GUIDE: "guide"}[risk])


def _earlier(
    session: Session, stage: Stage, wanted: Callable[..., bool], applied: Iterable[Entry]
) -> Iterable[Group]:
    """Yield the fixes of earlier starts, whose findings are no longer known."""
    rows = [
        EntryRow(entry)
        for entry in applied
        if entry.stage == stage.id
        and wanted(entry.title, entry.check, *entry.paths)
        and not any(session.finding(print_) for print_ in entry.resolves)
    ]
    if rows:
        yield Group("earlier", "Applied earlier", "", str(len(rows)), None, tuple(rows))


def _questions(session: Session, stage: Stage, wanted: Callable[..., bool]) -> Iterable[Group]:
    rows = [QuestionRow(q, session.answered(q)) for q in stage.questions if wanted(q.ask, "questions")]
    if rows:
        done = sum(row.answer is not None for row in rows)
        yield Group("questions", "Questions for you", "", f"{done}/{len(rows)}", None, tuple(rows))


def _problems(session: Session, stage: Stage, wanted: Callable[..., bool]) -> Iterable[Group]:
    own = {check.id for check in stage.checks}
    rows = [
        ProblemRow(problem)
        for problem in session.problems
        if (not problem.check or problem.check in own) and wanted(problem.path, problem.reason)
    ]
    if rows:
        yield Group("problems", "Could not check", "!", str(len(rows)), None, tuple(rows))


def _matcher(words: str) -> Callable[..., bool]:
    parts = words.casefold().split()

    def matches(*texts: str) -> bool:
        line = " ".join(texts).casefold()
        return all(part in line for part in parts)

    return matches
