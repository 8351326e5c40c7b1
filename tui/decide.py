"""Decide without an edit: ignore with a reason, open again, answer a question."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING

from harden.found import State
from harden.tui.part import Action, Part
from harden.tui.rows import FindingRow, QuestionRow

if TYPE_CHECKING:
    from harden.findings import Finding
    from harden.stages import Question
    from harden.tui.ignore import Scope

_ANSWERS = {"answer.yes": "yes", "answer.no": "no", "answer.none": "not applicable"}


class Deciding(Part):
    """Writes decisions into `.harden/`, through the session."""

    def actions(self) -> Mapping[str, Action]:
        """Return the actions of this part."""
        return {
            "finding.ignore": self._ignore,
            "finding.reopen": self._reopen,
            **{id: partial(self._answer, value) for id, value in _ANSWERS.items()},
            "answer.note": self._note,
        }

    def why_not(self, id: str) -> str:
        """Return why an action can do nothing now."""
        item = self.screen.item
        if id.startswith("answer."):
            return (
                "" if isinstance(item, QuestionRow) else "This answers a question; see the end of the list."
            )
        if not isinstance(item, FindingRow):
            return "Choose a finding first."
        if id == "finding.reopen":
            return "" if item.state == "ignored" else "It is not ignored."
        reasons = {
            "ignored": f"It is ignored already; {self.key('finding.reopen')} opens it again.",
            "applied": f"It is fixed; {self.key('fix.undo')} undoes.",
        }
        return reasons.get(item.state, "")

    def _ignore(self) -> None:
        if isinstance(item := self.screen.item, FindingRow):
            self.screen.work(partial(self._ask_why, item.finding), "act")

    async def _ask_why(self, finding: Finding) -> None:
        from harden.tui.ignore import Ignore

        alike = [one.finding for one in self.session.found.placed(finding.check) if one.state is State.OPEN]
        counts: dict[Scope, int] = {
            "line": 1,
            "file": sum(one.path == finding.path for one in alike),
            "check": len(alike),
        }
        chosen = await self.app.push_screen_wait(Ignore(finding, counts))
        if chosen is None:
            return
        save = partial(self.session.ignore, finding, chosen.reason, scope=chosen.scope, until=chosen.until)
        where = {"line": finding.place, "file": f"This check in {finding.path}", "check": "This check"}
        self.screen.writing.decide(
            save, f"{where[chosen.scope]} is ignored; .harden/ keeps the reason.", "It is ignored already."
        )

    def _reopen(self) -> None:
        if isinstance(item := self.screen.item, FindingRow):
            finding = item.finding
            scopes = {one.scope for one in self.session.decisions.ignoring(finding)}
            where = f"This check in {finding.path}" if "file" in scopes else finding.place
            where = "This check" if "check" in scopes else where
            reopen = partial(self.session.reopen, finding)
            self.screen.writing.decide(reopen, f"{where} is open again.", "It is open already.")

    def _answer(self, value: str) -> None:
        from harden.decisions import AnswerKind

        if isinstance(item := self.screen.item, QuestionRow):
            answer = partial(self.session.answer, item.question, AnswerKind(value))
            self.screen.writing.decide(answer, f"Answered {value}.", f"It is answered {value} already.")

    def _note(self) -> None:
        if isinstance(item := self.screen.item, QuestionRow):
            self.screen.work(partial(self._ask_note, item.question), "act")

    async def _ask_note(self, question: Question) -> None:
        from harden.decisions import AnswerKind
        from harden.tui.note import Note

        known = self.session.answered(question)
        text = await self.app.push_screen_wait(Note(question.ask, known.note if known else ""))
        if text is None:
            return
        note = partial(self.session.answer, question, known.answer if known else AnswerKind.NO, text)
        yes, none = self.key("answer.yes"), self.key("answer.none")
        told = "The note is kept." if known else f"Noted, and answered no until you press {yes} or {none}."
        self.screen.writing.decide(note, told, "The note is as it was.")
