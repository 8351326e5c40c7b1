"""What the list shows: a stage's findings by check, its questions, and what could not be read."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from harden.findings import Risk, Severity
from harden.found import State

if TYPE_CHECKING:
    from harden.checks import Check
    from harden.decisions import Answer
    from harden.findings import Finding, Problem
    from harden.found import Shelf
    from harden.journal import Entry
    from harden.session import Session
    from harden.stages import Question, Stage

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
class StageRow:
    """The first line of a stage: what it is about, and how much waits in it."""

    stage: Stage
    findings: int
    questions: int

    @property
    def key(self) -> str:
        """Return the identity of the row."""
        return f"stage:{self.stage.id}"

    @property
    def rows(self) -> tuple[Row, ...]:
        """Return nothing: no rows stand below it."""
        return ()


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
Heading = StageRow | Group
Item = Row | Heading


class Rows:
    """Makes the rows of a stage; those of a file are made once, until one of its findings changes."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._made: dict[tuple[str, str], tuple[Shelf, tuple[FindingRow, ...]]] = {}

    def of(
        self, stage: Stage, left: Left, *, words: str = "", status: str = "all", applied: Iterable[Entry] = ()
    ) -> list[Heading]:
        """Return what a stage shows: what it is about, its checks, dearest first, questions, problems."""
        session, wanted = self._session, _matcher(words)
        found: list[Heading] = []
        if status == "all" and not words:
            found.append(StageRow(stage, *left))
        for check in sorted(stage.checks, key=lambda c: (_RANK[c.severity], c.title)):
            rows = self._of_check(check)
            if words or status != "all":
                rows = [
                    row
                    for row in rows
                    if status in ("all", row.state)
                    and wanted(check.title, check.id, row.finding.path, row.finding.message)
                ]
            if rows:
                still = str(sum(row.state == "open" for row in rows))
                found.append(
                    Group(f"check:{check.id}", check.title, check.severity.letter, still, check, tuple(rows))
                )
        if status in ("all", "applied"):
            found += _earlier(session, stage, wanted, applied)
        if status == "all":
            found += _questions(session, stage, wanted)
            found += _problems(session, stage, wanted)
        return found

    def _of_check(self, check: Check) -> list[FindingRow]:
        rows: list[FindingRow] = []
        for shelf in self._session.found.shelves(check.id):
            key = (check.id, shelf[0].finding.path)
            known, made = self._made.get(key, (None, ()))
            if known is not shelf:
                made = tuple(_finding_row(one.finding, one.state.value, check) for one in shelf)
                self._made[key] = (shelf, made)
            rows += made
        return rows


class Left(NamedTuple):
    """What waits in a stage: findings that are open, questions without an answer."""

    findings: int
    questions: int


def left_of(session: Session) -> dict[str, Left]:
    """Return what waits for a person, by the id of the stage."""
    counts = session.found.counts(State.OPEN)
    return {
        stage.id: Left(
            sum(counts[check.id] for check in stage.checks),
            sum(session.answered(question) is None for question in stage.questions),
        )
        for stage in session.stages
    }


def keys_of(groups: Sequence[Heading]) -> list[str]:
    """Return the identities of all rows in order."""
    return [row.key for group in groups for row in group.rows]


def _finding_row(finding: Finding, state: str, check: Check) -> FindingRow:
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
