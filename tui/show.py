"""Fill the detail pane with what the cursor stands on."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from functools import partial

from textual.content import Content

from harden.errors import HardenError
from harden.found import State
from harden.registry import check_named
from harden.tui import trouble, wording
from harden.tui.part import Action, Part
from harden.tui.rows import EntryRow, FindingRow, Group, Item, ProblemRow, QuestionRow, StageRow
from harden.tui.words import entitle

_SETTLE = 0.05
"""Seconds that the cursor rests before work is done for a row."""


class Showing(Part):
    """Shows headings at once, and what needs reading when a worker has it."""

    _shown: Item | None = None
    _code_of: str | None = None
    _told: Sequence[str] = ()

    def actions(self) -> Mapping[str, Action]:
        """Return the actions of this part."""
        return {
            "tab.previous": partial(self._turn, -1),
            "tab.next": partial(self._turn, 1),
            "finding.copy": self._copy,
            "finding.edit": self._edit,
        }

    def why_not(self, id: str) -> str:
        """Return why an action can do nothing now."""
        if id.startswith("tab.") and not self.screen.detail.tabs.display:
            return "There is one view of this only."
        if id == "finding.edit" and self.app.is_web:
            return "No editor can be opened in a browser: it would open on the machine that serves."
        if id == "finding.edit" and self.place is None:
            return "Choose a finding: the editor opens at its line."
        return "Choose a finding first." if id == "finding.copy" and self._shown is None else ""

    @property
    def place(self) -> tuple[str, int] | None:
        """Return the path and 1-based line that the cursor stands for."""
        match self.screen.item:
            case FindingRow(finding=finding):
                return finding.path, finding.line
            case ProblemRow(problem=problem):
                return problem.path, problem.line or 1
        return None

    def forget(self) -> None:
        """Show the item again in full next time: its file has changed."""
        self._shown = None

    def refresh(self, item: Item) -> None:
        """Show an item again if anything about it has changed."""
        if item != self._shown or (
            isinstance(item, StageRow) and self._told != self.screen.going.how_it_stands()
        ):
            self.show(item)

    def show(self, item: Item | None) -> None:
        """Show an item."""
        same = item is not None and self._shown is not None and item.key == self._shown.key
        self._shown = item
        screen, detail = self.screen, self.screen.detail
        detail.offer_tabs(offered=isinstance(item, FindingRow | ProblemRow) or bool(self._check_of(item)))
        match item:
            case FindingRow():
                check = check_named(item.finding.check)
                entitle(detail, check.title)
                detail.show_heading(wording.heading(item, check), self._position(item))
                if not same:
                    detail.show_why(wording.page(check))
                screen.fixing.show(item)
            case StageRow():
                self._show_stage(item)
            case Group(check=None):
                entitle(detail, item.title)
                detail.show_heading(wording.group_heading(item), "")
                screen.fixing.clear()
                shown = trouble.listed(self.session.problems) if item.key == "problems" else []
                detail.say(*shown, "Choose a line below.")
                detail.show_why(wording.intro(screen.browsing.stage))
            case Group(check=check) if check is not None:
                entitle(detail, check.title)
                detail.show_heading(wording.group_heading(item), "")
                detail.show_why(wording.page(check))
                screen.fixing.show_group(item)
            case QuestionRow():
                self._show_question(item)
            case EntryRow():
                entitle(detail, item.entry.title)
                detail.show_heading(wording.entry_heading(item), "")
                screen.fixing.show_entry(item)
            case ProblemRow():
                entitle(detail, "Could not check")
                detail.show_heading(wording.problem_heading(item), "")
                screen.fixing.clear()
                detail.say(*trouble.page(item.problem, self.key))
                detail.show_why(trouble.details(item.problem))
            case None:
                self._show_nothing()
        if not same:
            self._code_of = None
            self.fill_tab()

    def fill_tab(self) -> None:
        """Read the code of the finding once it is looked at."""
        item, detail = self._shown, self.screen.detail
        if not isinstance(item, FindingRow | ProblemRow):
            detail.show_code([], 1)
        elif detail.tab == "code" and self._code_of != item.key:
            self._code_of = item.key
            self.screen.work(partial(self._read_code, item), "code", exclusive=True)

    def _check_of(self, item: Item | None) -> str:
        return item.check.id if isinstance(item, Group) and item.check is not None else ""

    def _show_question(self, item: QuestionRow) -> None:
        detail = self.screen.detail
        entitle(detail, "Question")
        detail.show_heading(wording.question_heading(item), "")
        self.screen.fixing.clear()
        detail.say(wording.question(item.question, item.answer, None, self._answers))
        self.screen.work(partial(self._look_for_evidence, item), "code", exclusive=True)

    def _show_stage(self, item: StageRow) -> None:
        screen = self.screen
        screen.fixing.clear()
        entitle(screen.detail, item.stage.title)
        screen.detail.show_heading(wording.stage_heading(item), "")
        counts = self.session.found.counts(State.OPEN)
        self._told = screen.going.how_it_stands()
        screen.detail.say(*wording.stage_page(item, counts, self._told))

    def _show_nothing(self) -> None:
        screen = self.screen
        screen.fixing.clear()
        entitle(screen.detail, "Detail")
        screen.detail.show_heading(Content(""), "")
        screen.detail.say(*screen.going.nothing_to_show())
        screen.detail.show_why(wording.intro(screen.browsing.stage))

    def _position(self, item: FindingRow) -> str:
        node = self.screen.findings.cursor_node
        group = node.parent.data if node is not None and node.parent is not None else None
        if node is None or node.parent is None or not isinstance(group, Group) or node.data != item:
            return ""
        return f"finding {list(node.parent.children).index(node) + 1} of {len(group.rows)}"

    async def _read_code(self, item: FindingRow | ProblemRow) -> None:
        await asyncio.sleep(_SETTLE)
        from harden.tui.reading import code_lines, coloured

        path, line = (
            (item.finding.path, item.finding.line)
            if isinstance(item, FindingRow)
            else (item.problem.path, item.problem.line or 1)
        )
        last = item.finding.span.end_line if isinstance(item, FindingRow) else line
        try:
            lines = await self.app.run_engine(code_lines, self.session, path, line, last)
        except HardenError as error:
            self.screen.detail.show_code([], 1)
            self.screen.log(str(error))
            return
        if self._is_still(item):
            self.screen.detail.show_code(lines, line)
        for colour in coloured(path, lines, line, partial(self._is_still, item)):
            colours = await self.app.run_engine(colour)
            if self._is_still(item):
                self.screen.detail.code.paint(colours, {})

    @property
    def _answers(self) -> str:
        words = (("yes", "yes"), ("no", "no"), ("none", "not applicable"), ("note", "note"))
        return "   ".join(f"{self.key(f'answer.{id}')} {word}" for id, word in words)

    async def _look_for_evidence(self, item: QuestionRow) -> None:
        await asyncio.sleep(_SETTLE)
        from harden.previews import evidence

        found = await self.app.run_engine(evidence, self.session, item.question.id)
        if self._is_still(item):
            text = wording.question(item.question, item.answer, found, self._answers)
            self.screen.detail.say(text)

    def _is_still(self, item: Item) -> bool:
        return self.screen.item is not None and self.screen.item.key == item.key

    def _turn(self, step: int) -> None:
        self.screen.detail.turn(step)

    def _copy(self) -> None:
        diff, details = self.screen.fixing.diff_text, self.screen.fixing.details
        if details:
            self.app.copy(details, "The details are copied.")
        elif isinstance(self._shown, ProblemRow):
            self.app.copy(trouble.as_text(self._shown.problem), "The details are copied.")
        elif diff and self.screen.detail.tab == "fix":
            masked = " Secrets in it are masked." if "••••" in diff else ""
            self.app.copy(diff, f"The patch is copied.{masked}")
        elif self.place is not None:
            path, line = self.place
            self.app.copy(f"{path}:{line}", f"{path}:{line} is copied.")
        elif isinstance(self._shown, QuestionRow):
            self.app.copy(self._shown.question.ask, "The question is copied.")

    def _edit(self) -> None:
        if self.place is not None:
            from harden.tui.editor import edit

            path, line = self.place
            if problem := edit(self.app, self.session.root / path, line):
                self.screen.notify(problem, severity="error", timeout=8, markup=False)
            else:
                self.screen.work(partial(self.screen.writing.look_again, [path]), "act")
