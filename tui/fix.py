"""Preview a fix, change its options and hunks, write it, take it back."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from textual.content import Content

from harden.errors import ApplyError, Refusal, UsageError
from harden.patches import Patch
from harden.registry import check_named
from harden.tui import wording
from harden.tui.part import Action, Part
from harden.tui.rows import FindingRow, Group

if TYPE_CHECKING:
    from harden.checks import Check
    from harden.decisions import OptionValue
    from harden.findings import Finding
    from harden.tui.previews import Preview
    from harden.tui.review import ReviewScreen

_SETTLE = 0.05
_KEPT = 50


class Fixing(Part):
    """Holds the preview of the row under the cursor; nothing is written that was not shown."""

    def __init__(self, screen: ReviewScreen) -> None:
        super().__init__(screen)
        self._row: FindingRow | None = None
        self._preview: Preview | None = None
        self._cache: dict[tuple[str, str], tuple[Preview, Content]] = {}
        self._allowed: set[str] = set()
        self._values: dict[str, OptionValue] | None = None

    def actions(self) -> Mapping[str, Action]:
        """Return the actions of this part."""
        return {
            "fix.apply": self._apply,
            "fix.apply_all": self._apply_all,
            "fix.undo": partial(self._reverse, "undo"),
            "fix.redo": partial(self._reverse, "redo"),
            "fix.options": self._open_options,
            "fix.defaults": self._defaults,
            "hunk.next": partial(self._move, 1),
            "hunk.previous": partial(self._move, -1),
            "hunk.toggle": self._toggle,
        }

    def why_not(self, id: str) -> str:
        """Return why an action can do nothing now."""
        match id:
            case "fix.apply":
                return self._why_not_apply()
            case "fix.apply_all":
                check = self._check
                if check is None or not check.fix.codemod:
                    return "No codemod fixes this; the Why tab shows the pattern to follow."
                return "" if self._fixable(check) else "No open finding of this check can be fixed by harden."
            case "fix.options" | "fix.defaults":
                return self._why_no_options(id)
            case "hunk.next" | "hunk.previous" | "hunk.toggle":
                if self._preview is None or not self.screen.detail.diff.hunks:
                    return "There is no diff to choose from."
                return "It is written already; z undoes it." if self._preview.written else ""
        return ""

    def _why_not_apply(self) -> str:
        row = self._row
        if row is None:
            is_check = isinstance(self.screen.item, Group) and self.screen.item.check
            return "A previews every fix of this check." if is_check else "Choose a finding first."
        if row.state == "applied":
            return "It is applied already; z undoes it."
        if row.state == "ignored":
            return "It is ignored; X opens it again."
        if not row.finding.fixable:
            return row.finding.why_not or "Only a person can fix this; the Why tab shows the pattern."
        if self._preview is None:
            return "The fix is still being prepared."
        if self._preview.patch is None:
            return self._preview.refused[0] if self._preview.refused else "There is no fix."
        return "" if self.screen.detail.diff.chosen else "No hunk is selected; space takes one in."

    def _why_no_options(self, id: str) -> str:
        check = self._check
        if check is None or not check.fix.codemod or self._row is None or not self._row.finding.fixable:
            return "There is no fix with options here."
        if id == "fix.defaults" and self.screen.detail.form is None:
            return "p opens the options first."
        return ""

    @property
    def diff_text(self) -> str:
        """Return the patch shown, for the clipboard, secrets masked."""
        return self._preview.diff if self._preview else ""

    @property
    def _check(self) -> Check | None:
        item = self.screen.item
        if isinstance(item, FindingRow):
            return check_named(item.finding.check)
        return item.check if isinstance(item, Group) else None

    def _fixable(self, check: Check) -> list[Finding]:
        return [finding for finding in self.session.open_findings(check=check.id) if finding.fixable]

    # Preview

    def clear(self) -> None:
        """Show no fix."""
        self._row, self._preview = None, None
        self.screen.workers.cancel_group(self.screen, "preview")
        self._close_form()
        self.screen.detail.show_options(Content(""))

    def show(self, row: FindingRow) -> None:
        """Show the fix of a finding: soon, and only if the cursor is still there."""
        if self._row is not None and self._row.key != row.key:
            self._close_form()
        self._row, self._preview = row, None
        detail = self.screen.detail
        if row.state == "open" and not row.finding.fixable:
            self._show_guide(row)
            return
        detail.say("Preparing the fix …")
        self.screen.work(partial(self._show_preview, row), "preview", exclusive=True)

    def show_group(self, group: Group) -> None:
        """Show what can be done for a whole check."""
        self.clear()
        check = group.check
        if check is None:
            return
        fixable = len(self._fixable(check))
        if fixable:
            self.screen.detail.say(
                f"{fixable} of {group.count} open findings can be fixed by harden. "
                "A shows every edit; enter applies them."
            )
        else:
            self.screen.detail.say(
                "The findings of this check need a person; each tells what to do.", wording.pattern(check)
            )

    def _show_guide(self, row: FindingRow) -> None:
        self.screen.workers.cancel_group(self.screen, "preview")
        check = check_named(row.finding.check)
        self.screen.detail.show_options(Content(""))
        reason = row.finding.why_not or "No mechanical edit is safe here, so this one needs a person."
        self.screen.detail.say(reason, wording.pattern(check))

    async def _show_preview(self, row: FindingRow) -> None:
        from harden.tui.diffing import colours_of

        await asyncio.sleep(_SETTLE)
        try:
            preview, options = await self._made(row)
        except UsageError as error:
            if (form := self.screen.detail.form) is not None:
                form.complain(str(error))
                self._preview = None
                self.screen.refresh_keys()
            else:
                self.screen.detail.say(str(error))
            return
        if self._row is None or self._row.key != row.key:
            return
        self._preview = preview
        detail = self.screen.detail
        if (form := detail.form) is not None:
            form.complain("")
        detail.show_options(options if form is None else Content(""))
        if preview.patch is None:
            self._say_why(row, preview)
        else:
            detail.diff.show_hunks(preview.hunks, _notes(preview, row))
        self.screen.refresh_keys()
        if preview.patch is not None:
            colours = await self.app.run_engine(colours_of, preview.patch, preview.hunks)
            if self._preview is preview:
                detail.diff.colour(colours)

    async def _made(self, row: FindingRow) -> tuple[Preview, Content]:
        key = (row.key + row.state, repr(self._values))
        if key not in self._cache:
            from harden.tui.previews import options_text, preview, written

            if row.state == "applied":
                made = await self.app.run_engine(written, self.session, row.finding)
                return made, Content("")
            made = await self.app.run_engine(preview, self.session, [row.finding], self._values)
            told = await self.app.run_engine(options_text, self.session, row.finding.check)
            if len(self._cache) >= _KEPT:
                self._cache.pop(next(iter(self._cache)))
            self._cache[key] = made, told
        return self._cache[key]

    def _say_why(self, row: FindingRow, preview: Preview) -> None:
        if row.state == "applied":
            self.screen.detail.say("This was mended together with another finding, or committed already.")
            return
        reason = preview.refused[0] if preview.refused else "The codemod offers nothing here."
        self.screen.detail.say(
            "harden declines to fix this one.", reason, wording.pattern(check_named(row.finding.check))
        )

    # Hunks

    def _move(self, step: int) -> None:
        self.screen.detail.diff.move(step)

    def _toggle(self) -> None:
        self.screen.detail.diff.toggle()

    # Options

    async def _open_options(self) -> None:
        from harden.tui.form import OptionsForm

        detail, check = self.screen.detail, self._check
        if detail.form is not None or check is None:
            return
        detail.tab = "fix"
        options = await self.app.run_engine(self.session.options, check)
        if not type(options).model_fields:
            self.screen.notify("This fix has no options.", timeout=3)
            return
        detail.show_options(Content(""))
        await detail.query_one("#fix").mount(OptionsForm(options), before="#diff")

    def try_options(self, values: dict[str, OptionValue]) -> None:
        """Preview again with other options, without keeping them."""
        self._values = values
        if self._row is not None:
            self._preview = None
            self.screen.work(partial(self._show_preview, self._row), "preview", exclusive=True)

    async def close_options(self, values: dict[str, OptionValue] | None) -> None:
        """Keep the options, or forget them, and close the form."""
        check, form = self._check, self.screen.detail.form
        if values is not None and check is not None:
            try:
                await self.app.run_engine(self.session.keep_options, check, values)
            except UsageError as error:
                if form is not None:
                    form.complain(str(error))
                return
        self._close_form()
        self._cache.clear()
        if self._row is not None:
            self.show(self._row)
        self.screen.findings.focus()

    def _close_form(self) -> None:
        self._values = None
        if (form := self.screen.detail.form) is not None:
            form.remove()

    def _defaults(self) -> None:
        if (form := self.screen.detail.form) is not None:
            form.action_defaults()

    # Writing

    def _apply(self) -> None:
        preview = self._preview
        if preview is None or preview.patch is None:
            return
        try:
            patch = preview.patch.select(self.screen.detail.diff.chosen)
        except Refusal as refusal:
            self.screen.notify(str(refusal), severity="warning", markup=False)
            return
        self.screen.work(partial(self._write, patch), "write")

    def _apply_all(self) -> None:
        check = self._check
        if check is not None:
            self.screen.work(partial(self._choose_all, check), "write")

    async def _choose_all(self, check: Check) -> None:
        from harden.tui.apply_all import ApplyAll

        patch = await self.app.push_screen_wait(ApplyAll(check.title, self._fixable(check)))
        if patch is not None:
            await self._write(patch)

    async def _write(self, patch: Patch) -> None:
        from harden.changes import edited_by_user
        from harden.tui.edited import Edited

        edited = await self.app.run_engine(edited_by_user, self.session, patch.paths)
        new = [path for path in edited if path not in self._allowed]
        if new and not await self.app.push_screen_wait(Edited(new)):
            return
        self._allowed.update(new)
        try:
            async with self.app.turn:
                await self.app.run_engine(self.session.apply, patch)
        except ApplyError as error:
            self.screen.notify(str(error), severity="warning", timeout=8, markup=False)
            await self.look_again(patch.paths)
            return
        self.changed()
        count = sum(not hunk.supports for hunk in patch.hunks())
        what = f"{count} hunk{'s' if count != 1 else ''} in {named(patch.paths)}. z undoes."
        self.screen.notify(what, timeout=4, markup=False)

    async def _reverse(self, which: str) -> None:
        self.screen.work(partial(self._take_back, which), "write")

    async def _take_back(self, which: str) -> None:
        session = self.session
        try:
            async with self.app.turn:
                entry = await self.app.run_engine(session.undo if which == "undo" else session.redo)
        except ApplyError as error:
            self.screen.notify(str(error), severity="warning", timeout=6, markup=False)
            return
        self.changed()
        verb, back = ("Undone", "Z applies it again") if which == "undo" else ("Applied again", "z undoes")
        self.screen.notify(f"{verb}: {entry.title} in {named(entry.paths)}. {back}.", timeout=4, markup=False)

    async def look_again(self, paths: Sequence[str]) -> None:
        """Scan files again that were changed elsewhere."""
        async with self.app.turn:
            await self.app.run_engine(self.session.rescan, list(paths))
        self.changed()

    def changed(self) -> None:
        """Show what writing changed."""
        self._cache.clear()
        self.screen.showing.forget()
        self.screen.sync()
        self.screen.going.look_at_git()


def named(paths: Sequence[str]) -> str:
    """Return files by their names, the rest as a number."""
    first = PurePosixPath(paths[0]).name if paths else ""
    return first if len(paths) == 1 else f"{first} and {len(paths) - 1} more"


def _notes(preview: Preview, row: FindingRow) -> list[str]:
    if preview.written:
        return ["Applied. z undoes the last fix."]
    notes = list(preview.patch.notes) if preview.patch else []
    others = len(preview.patch.resolves) - 1 if preview.patch else 0
    if others > 0:
        notes.append(f"This also mends {others} other finding{'s' if others > 1 else ''} of the check.")
    return notes + list(preview.refused)
