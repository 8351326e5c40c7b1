"""Draw the diff of a fix: side by side, folded, with more or less around it, and in colours."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from harden.patches import CONTEXT
from harden.tui.diffpane import SPLIT_FROM, DiffPane
from harden.tui.part import Action, Part

if TYPE_CHECKING:
    from harden.patches import Hunk
    from harden.previews import Preview
    from harden.resume import Habits
    from harden.tui.application import HardenApp
    from harden.tui.colouring import Changes
    from harden.tui.review import ReviewScreen

CONTEXTS = (0, CONTEXT, 8, 20, None)
"""How many lines are shown around a change; None is the whole file."""
_BLINK = 0.03
"""Seconds for which a diff waits for its colours: most are there by then, and it is painted once."""


class Drawing(Part):
    """Holds how diffs and files are laid out, and what is drawn."""

    def __init__(self, screen: ReviewScreen) -> None:
        super().__init__(screen)
        self._preview: Preview | None = None
        self._notes: Sequence[str] = ()
        self._context: int | None = CONTEXT
        self.lay_out()

    def actions(self) -> Mapping[str, Action]:
        """Return the actions of this part."""
        return {
            "diff.split": self._split,
            "diff.wrap": self._wrap,
            "diff.less": partial(self._show_around, -1),
            "diff.more": partial(self._show_around, 1),
        }

    def why_not(self, id: str) -> str:
        """Return why an action can do nothing now."""
        tab = self.screen.detail.tab if self.screen.detail.tabs.display else "fix"
        if id == "diff.wrap":
            return "The lines of this text are always folded." if tab == "why" else ""
        if tab != "fix" or self._preview is None or not self.screen.detail.diff.hunks:
            return "There is no diff here: choose a finding with a fix, and its Fix tab."
        if id == "diff.split":
            zoom = f"{self.key('pane.zoom')} zooms this pane."
            reason = why_no_split(self.screen.detail.diff)
            return f"{reason} {zoom}" if reason else ""
        at = CONTEXTS.index(self._context)
        if id == "diff.less" and at == 0:
            return "The changed lines stand alone already."
        if id == "diff.more" and at == len(CONTEXTS) - 1:
            return "The whole file is shown already."
        return ""

    async def draw(self, preview: Preview, notes: Sequence[str]) -> None:
        """Show a diff at once, and its colours when they are there."""
        self._preview, self._notes = preview, notes
        hunks = await self._hunks(preview)
        colouring = asyncio.ensure_future(self._changes(preview, hunks))
        await asyncio.wait([colouring], timeout=_BLINK)
        if self._preview is preview:
            self.screen.detail.diff.show_hunks(hunks, self._all_notes())
            self.screen.refresh_keys()
            _paint(self.screen.detail.diff, hunks, await colouring)

    def clear(self) -> None:
        """Let go of the diff that is shown: what is computed for it is of no use any more."""
        self._preview = None

    async def _hunks(self, preview: Preview) -> Sequence[Hunk]:
        if self._context == CONTEXT:
            return preview.hunks
        return await self.app.run_engine(preview.with_context, self._context)

    async def _changes(self, preview: Preview, hunks: Sequence[Hunk]) -> Changes | None:
        return await _changes(self.app, preview, hunks, lambda: self._preview is preview)

    def _all_notes(self) -> list[str]:
        if self._context == CONTEXT:
            return list(self._notes)
        shown = "the whole file" if self._context is None else str(self._context)
        return [*self._notes, f"context {shown}"]

    def _split(self) -> None:
        self._choose(replace(self.app.habits, split=not self.app.habits.split))

    def _wrap(self) -> None:
        habits = self.app.habits
        if self.screen.detail.tab == "code" and self.screen.detail.tabs.display:
            self._choose(replace(habits, wrap_code=not habits.wrap_code))
        else:
            self._choose(replace(habits, wrap=not habits.wrap))

    def _choose(self, habits: Habits) -> None:
        self.app.habits = habits
        self.lay_out()

    def lay_out(self) -> None:
        """Lay the panes out as the person likes it."""
        habits, detail = self.app.habits, self.screen.detail
        detail.diff.lay_out(split=habits.split, wrap=habits.wrap)
        detail.code.lay_out(wrap=habits.wrap_code)

    def _show_around(self, step: int) -> None:
        self._context = CONTEXTS[CONTEXTS.index(self._context) + step]
        if self._preview is not None:
            self.screen.work(partial(self._widen, self._preview), "context", exclusive=True)

    async def _widen(self, preview: Preview) -> None:
        hunks = await self._hunks(preview)
        if self._preview is preview:
            self.screen.detail.diff.show_more(hunks, self._all_notes())
            _paint(self.screen.detail.diff, hunks, await self._changes(preview, hunks))


async def colour(
    app: HardenApp,
    diff: DiffPane,
    preview: Preview,
    hunks: Sequence[Hunk],
    is_wanted: Callable[[], bool],
) -> None:
    """Colour a diff, if it is still the one that is shown."""
    _paint(diff, hunks, await _changes(app, preview, hunks, is_wanted))


def _paint(diff: DiffPane, hunks: Sequence[Hunk], changes: Changes | None) -> None:
    if changes is not None and diff.hunks is hunks:
        diff.paint(changes.colours, changes.marks)


async def _changes(
    app: HardenApp, preview: Preview, hunks: Sequence[Hunk], is_wanted: Callable[[], bool]
) -> Changes | None:
    """Return the colours and marks of a diff; None once it is not the one that is shown."""
    from harden.tui.colouring import changes_of

    if preview.patch is None:
        return None
    changes = await app.run_engine(changes_of, preview.patch, hunks, is_wanted)
    return changes if is_wanted() else None


def why_no_split(diff: DiffPane) -> str:
    """Return why a diff cannot be shown side by side, or an empty string."""
    return "" if diff.is_wide else f"Split needs {SPLIT_FROM} columns here."
