"""Decide without an edit: ignore with a reason, open again, answer a question."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING

from harden.errors import HardenError
from harden.tui.part import Action, Part
from harden.tui.rows import FindingRow, QuestionRow

if TYPE_CHECKING:
    from harden.findings import Finding
    from harden.registry import Question

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
        reasons = {"ignored": "It is ignored already; X opens it again.", "applied": "It is fixed; z undoes."}
        return reasons.get(item.state, "")

    def _ignore(self) -> None:
        if isinstance(item := self.screen.item, FindingRow):
            self.screen.work(partial(self._ask_why, item.finding), "act")

    async def _ask_why(self, finding: Finding) -> None:
        from harden.tui.ignore import Ignore

        chosen = await self.app.push_screen_wait(Ignore(finding))
        if chosen is None:
            return
        self.session.ignore(finding, chosen.reason, scope=chosen.scope, until=chosen.until)
        self.screen.sync()
        self.screen.notify("Ignored; the reason is saved in .harden/. X opens it again.", timeout=4)

    def _reopen(self) -> None:
        if isinstance(item := self.screen.item, FindingRow):
            try:
                self.session.reopen(item.finding)
            except HardenError as error:
                self.screen.notify(str(error), severity="warning", markup=False)
                return
            self.screen.sync()

    def _answer(self, value: str) -> None:
        from harden.decisions import AnswerKind

        if isinstance(item := self.screen.item, QuestionRow):
            self.session.answer(item.question, AnswerKind(value))
            self.screen.sync()

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
        self.session.answer(question, known.answer if known else AnswerKind.NO, text)
        self.screen.sync()
        if known is None:
            self.screen.notify("Noted, and answered no until you press y or 0.", timeout=5)
