"""The way through the stages: which finding or question comes next."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from harden.checks import Check
from harden.findings import Finding, Severity
from harden.session import Session
from harden.stages import Question, Stage


class Walk:
    """What is open is always asked of the session, so that a fix that mends two findings ends both.

    Only what a person leaves open is remembered here. What is opened again by an undo comes again,
    also in a stage that was left behind.
    """

    def __init__(self, session: Session, chosen: Sequence[Check], asked: Collection[str]) -> None:
        """Walk the checks of `chosen` in the scope of the session, and ask the stages of `asked`."""
        self._session = session
        self._order = {
            check.id: (-check.severity.weight, check.title, check.id)
            for check in sorted(chosen, key=lambda check: check.id)
        }
        self._asked = frozenset(asked)
        self._least = Severity(session.settings.severity).weight
        self._entered: set[str] = set()
        self._met: dict[str, str] = {}
        self._left: dict[str, str] = {}
        self._skipped: dict[str, str] = {}
        ids = {check.stage for check in chosen} | self._asked
        self.stages = tuple(stage for stage in session.stages if stage.id in ids)

    @property
    def asks(self) -> bool:
        """Tell whether any stage's questions are asked."""
        return bool(self._asked)

    def covers(self, finding: Finding) -> bool:
        """Tell whether a finding lies in the scope of the walk."""
        return finding.check in self._order and finding.severity.weight >= self._least

    def open(self, stage: Stage | None = None) -> list[Finding]:
        """Return what waits for a decision, dearest checks first."""
        found = self._session.open_findings(stage=stage.id if stage else "")
        wanted = [finding for finding in found if self.covers(finding)]
        return sorted(wanted, key=lambda finding: (self._order[finding.check], finding.order))

    def waiting(self, stage: Stage) -> list[Finding]:
        """Return what is open and was not left so."""
        return [finding for finding in self.open(stage) if finding.fingerprint not in self._left]

    def is_open(self, finding: Finding) -> bool:
        """Tell whether a finding still waits for a decision."""
        return any(known.fingerprint == finding.fingerprint for known in self.open())

    def unanswered(self) -> list[Question]:
        """Return the questions of the walk that have no answer."""
        asked = [question for stage in self.stages for question in stage.questions]
        return [q for q in asked if q.stage in self._asked and self._session.answered(q) is None]

    def questions(self, stage: Stage) -> list[Question]:
        """Return the questions of a stage that are still to be asked."""
        return [q for q in self.unanswered() if q.stage == stage.id and q.id not in self._skipped]

    def next_stage(self) -> Stage | None:
        """Return the first stage that was not entered or in which something waits."""
        for stage in self.stages:
            if stage.id not in self._entered or self.waiting(stage) or self.questions(stage):
                return stage
        return None

    def enter(self, stage: Stage) -> bool:
        """Note that a stage is shown; tell whether it is for the first time."""
        first = stage.id not in self._entered
        self._entered.add(stage.id)
        return first

    def position(self, finding: Finding, stage: Stage) -> tuple[int, int]:
        """Return the number of a finding among those of its stage, those done with before it counted."""
        self._met[finding.fingerprint] = stage.id
        waiting = {known.fingerprint for known in self.waiting(stage)}
        done = sum(known == stage.id and print_ not in waiting for print_, known in self._met.items())
        return done + 1, done + len(waiting)

    # What a person passes

    def leave(self, finding: Finding, stage: Stage) -> None:
        """Leave a finding open."""
        self._left[finding.fingerprint] = stage.id

    def skip(self, question: Question) -> None:
        """Leave a question without an answer."""
        self._skipped[question.id] = question.stage

    def leave_stage(self, stage: Stage) -> int:
        """Leave all that waits in a stage, and return how much that is."""
        findings, questions = self.waiting(stage), self.questions(stage)
        for finding in findings:
            self.leave(finding, stage)
        for question in questions:
            self.skip(question)
        return len(findings) + len(questions)

    def back(self, stage: Stage) -> bool:
        """Ask again for the finding of a stage that was left open last. Return False where there is none."""
        still = {finding.fingerprint for finding in self.open(stage)}
        last = next((print_ for print_ in reversed(self._left) if print_ in still), None)
        if last is None:
            return False
        del self._left[last]
        return True

    def marks(self) -> frozenset[str]:
        """Return the identities of all that is open; what is new among them later is asked again."""
        return frozenset(
            [finding.fingerprint for finding in self.open()] + [question.id for question in self.unanswered()]
        )

    def ask_again(self, marks: Collection[str]) -> None:
        """Ask for findings and questions although they were left."""
        for mark in marks:
            self._left.pop(mark, None)
            self._skipped.pop(mark, None)
