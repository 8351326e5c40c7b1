"""Preview a fix and choose its hunks."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING

from textual.content import Content

from harden.details import details_of
from harden.errors import WrongOption
from harden.found import State
from harden.pages import page_of
from harden.previews import reason_of
from harden.registry import check_named
from harden.tui import wording
from harden.tui.part import Action, Part
from harden.tui.prepared import Prepared
from harden.tui.rows import EntryRow, FindingRow, Group
from harden.words import plural

if TYPE_CHECKING:
    from harden.checks import Check
    from harden.findings import Finding
    from harden.patches import Patch
    from harden.previews import Preview
    from harden.tui.review import ReviewScreen

_PREPARING = "The fix is still being prepared."
_SETTLE = 0.05
_PATIENCE = 0.15
"""Seconds for which the diff before stays, so that the pane is not emptied for the blink of an eye."""


class Fixing(Part):
    """Holds the preview of the row under the cursor; nothing is written that was not shown."""

    def __init__(self, screen: ReviewScreen) -> None:
        super().__init__(screen)
        self._row: FindingRow | None = None
        self._preview: Preview | None = None
        self._prepared = Prepared(self.app.previewer)
        self._wrong = self._details = ""

    def actions(self) -> Mapping[str, Action]:
        """Return the actions of this part."""
        return {
            "hunk.next": partial(self._move, 1),
            "hunk.previous": partial(self._move, -1),
            "hunk.toggle": self._toggle,
        }

    def why_not(self, id: str) -> str:
        """Return why an action can do nothing now."""
        if self._is_preparing:
            return _PREPARING
        if self._preview is None or not self.screen.detail.diff.hunks:
            return "There is no diff to choose from."
        return f"It is written already; {self.key('fix.undo')} undoes it." if self._preview.written else ""

    def why_not_apply(self) -> str:
        """Return why the fix shown cannot be written, or an empty string."""
        row = self._row
        if row is None:
            is_check = isinstance(self.screen.item, Group) and self.screen.item.check
            every = f"{self.key('fix.apply_all')} previews every fix of this check."
            return every if is_check else "Choose a finding first."
        if row.state == "applied":
            return f"It is applied already; {self.key('fix.undo')} undoes it."
        if row.state == "ignored":
            return f"It is ignored; {self.key('finding.reopen')} opens it again."
        if self._preview is None:
            return self._wrong or _PREPARING
        if self._preview.patch is None and not row.finding.fixable:
            return row.finding.why_not or "Only a person can fix this; the Why tab shows the pattern."
        if self._preview.patch is None:
            return self._preview.refused[0] if self._preview.refused else "There is no fix."
        if self.screen.detail.diff.chosen:
            return ""
        return f"No hunk is selected; {self.key('hunk.toggle')} takes one in."

    @property
    def _is_preparing(self) -> bool:
        row = self._row
        is_open = row is not None and row.state == "open"
        return is_open and self._preview is None and not self._wrong

    @property
    def row(self) -> FindingRow | None:
        """Return the finding whose fix is shown."""
        return self._row

    @property
    def diff_text(self) -> str:
        """Return the patch shown, for the clipboard, secrets masked."""
        return self._preview.diff if self._preview else ""

    @property
    def details(self) -> str:
        """Return where the preview failed, for the clipboard, if it did."""
        return self._details

    @property
    def check(self) -> Check | None:
        """Return the check that the cursor stands for."""
        item = self.screen.item
        if isinstance(item, FindingRow):
            return check_named(item.finding.check)
        return item.check if isinstance(item, Group) else None

    def fixable(self, check: Check) -> list[Finding]:
        """Return the open findings of a check that have a fix."""
        return [finding for finding in self.session.open_findings(check=check.id) if finding.fixable]

    def chosen_patch(self) -> Patch | None:
        """Return the patch shown, with the hunks that are switched on. Raises Refusal."""
        if self._preview is None or self._preview.patch is None:
            return None
        return self._preview.patch.select(self.screen.detail.diff.chosen)

    def try_again(self) -> None:
        """Preview the fix with the options as they stand in the form."""
        if self._row is not None:
            self._preview = None
            self.screen.work(partial(self._show_preview, self._row), "preview", exclusive=True)

    def forget(self) -> None:
        """Make every preview anew: a file has changed."""
        self._prepared.clear()

    # Preview

    def clear(self) -> None:
        """Show no fix."""
        self._row, self._preview, self._details = None, None, ""
        self.screen.drawing.clear()
        self.screen.workers.cancel_group(self.screen, "preview")
        self.screen.options.close()
        self.screen.detail.show_options(Content(""))

    def show(self, row: FindingRow) -> None:
        """Show the fix of a finding: soon, and only if the cursor is still there."""
        if self._row is not None and self._row.key != row.key:
            self.screen.options.close()
        self._row, self._preview, self._wrong, self._details = row, None, "", ""
        self.screen.drawing.clear()
        detail = self.screen.detail
        if row.state == "ignored":
            self.screen.workers.cancel_group(self.screen, "preview")
            detail.show_options(Content(""))
            decided = [] if row.finding.suppressed else self.session.decisions.ignoring(row.finding)
            detail.say(
                f"Ignored: {self.session.why_ignored(row.finding)}",
                *wording.reach_of(decided),
                wording.reopening(decided, self.key("finding.reopen")),
            )
            return
        self.screen.work(partial(self._show_preview, row), "preview", exclusive=True)

    def show_entry(self, row: EntryRow) -> None:
        """Show a fix of an earlier start."""
        self.clear()
        self.screen.detail.say("Reading the fix …")
        self.screen.work(partial(self._show_entry, row), "preview", exclusive=True)

    async def _show_entry(self, row: EntryRow) -> None:
        from harden.previews import written_entry

        await asyncio.sleep(_SETTLE)
        try:
            preview = await self.app.previewer.ask(written_entry, row.entry)
        except Exception as error:
            self._crashed(error)
            return
        if self.screen.item == row:
            self._preview = preview
            await self._draw(preview)

    def tell_notes(self) -> None:
        """Show above the diff what there is to know of it, while its options are being changed."""
        form, preview = self.screen.detail.form, self._preview
        if form is not None and preview is not None:
            form.note([*(preview.patch.notes if preview.patch is not None else ()), *preview.refused])

    def _crashed(self, error: Exception) -> None:
        self._fail(reason_of(error), getattr(error, "details", "") or details_of(error))

    def _fail(self, reason: str, details: str) -> None:
        """Tell that there is no preview; what is known of the reason can be copied."""
        self._wrong, self._details = reason, details
        copies = f"{self.key('finding.copy')} copies the details."
        self.screen.detail.say(f"Preview failed; your code is untouched. {copies}", reason)
        self.screen.refresh_keys()

    def show_group(self, group: Group) -> None:
        """Show what can be done for a whole check."""
        self.clear()
        check = group.check
        if check is None:
            return
        found = self.session.found
        fixable = found.counts(State.OPEN, fixable=True)[check.id]
        if fixable:
            every = found.counts(State.OPEN)[check.id]  # not only those that the filter leaves
            self.screen.detail.say(
                f"{fixable} of {every} open findings can be fixed by harden. "
                f"{self.key('fix.apply_all')} shows every edit; {self.key('dialog.keep')} applies them."
            )
        else:
            self.screen.detail.say(
                "The findings of this check need a person; each tells what to do.",
                wording.patterns(page_of(check).guide(())),
            )

    async def _show_preview(self, row: FindingRow) -> None:
        await asyncio.sleep(_SETTLE)
        waiting = self.screen.set_timer(_PATIENCE, partial(self.screen.detail.say, "Preparing the fix …"))
        try:
            preview, options = await self._prepared.get(row, self.screen.options.values)
        except WrongOption as error:
            self._wrong = error.problem
            if (form := self.screen.detail.form) is not None:
                form.complain(self._wrong)
                self.screen.refresh_keys()
            else:
                self.screen.detail.say(str(error))
            return
        except Exception as error:
            self._crashed(error)
            return
        finally:
            waiting.stop()
        if self._row is None or self._row.key != row.key:
            return
        self._preview, self._wrong = preview, ""
        detail = self.screen.detail
        if detail.form is not None:
            detail.form.complain("")
            self.tell_notes()
        if options:
            options += Content.styled(f"   {self.key('fix.options')} to change", "$text-muted")
        detail.show_options(options if detail.form is None else Content(""))
        if preview.patch is None:
            self._say_why(row, preview)
        await self._draw(preview)
        if self.screen.options.values is None and (following := self.screen.findings.row_below) is not None:
            self._prepared.ahead(following)

    async def _draw(self, preview: Preview) -> None:
        if preview.patch is not None:
            await self.screen.drawing.draw(preview, self._notes(preview))
        else:
            self.screen.refresh_keys()

    def _say_why(self, row: FindingRow, preview: Preview) -> None:
        if row.state == "applied":
            self.screen.detail.say("This was mended together with another finding, or committed already.")
            return
        if preview.details:
            self._fail(preview.refused[-1], preview.details)
            return
        declined = ["harden declines to fix this one."] if row.finding.fixable else []
        self.screen.detail.say(*declined, *preview.refused, wording.patterns(preview.guide))

    def _notes(self, preview: Preview) -> list[str]:
        if preview.written:
            return [f"Applied. {self.key('fix.undo')} undoes the last thing done."]
        notes = list(preview.patch.notes) if preview.patch else []
        others = len(preview.patch.resolves) - 1 if preview.patch else 0
        if others > 0:
            notes.append(f"This also mends {plural(others, 'other finding')} of the check.")
        return notes + list(preview.refused)

    # Hunks

    def _move(self, step: int) -> None:
        self.screen.detail.diff.move(step)

    def _toggle(self) -> None:
        self.screen.detail.diff.toggle()
