"""Show every fix of a check before any of them is written."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from textual import getters, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.widgets import Static

from harden.errors import Refusal
from harden.patches import Patch
from harden.tui import keys
from harden.tui.dialog import Dialog, keep
from harden.tui.diffpane import DiffPane
from harden.tui.drawing import why_no_split
from harden.words import plural

if TYPE_CHECKING:
    from harden.decisions import OptionValue
    from harden.findings import Finding
    from harden.previews import Preview
    from harden.resume import Habits


class ApplyAll(Dialog[Patch]):
    """Files first, then the whole diff; enter applies what is switched on."""

    BINDINGS: ClassVar[list[BindingType]] = [
        keep("apply"),
        *keys.bound_to(
            {
                "hunk.next": "move(1)",
                "hunk.previous": "move(-1)",
                "hunk.toggle": "switch",
                "diff.split": "split",
                "diff.wrap": "wrap",
            }
        ),
    ]

    files = getters.query_one("#files", Static)
    diff = getters.query_one(DiffPane)

    def __init__(
        self, title: str, findings: Sequence[Finding], values: Mapping[str, OptionValue] | None = None
    ) -> None:
        super().__init__()
        self._title = title
        self._findings = findings
        self._values = values
        self._preview: Preview | None = None

    def compose(self) -> ComposeResult:
        """Make the two panes."""
        with Vertical(classes="dialog large"):
            yield Static(self._title, classes="name", markup=False)
            yield Static(f"Preparing {len(self._findings)} fixes …", id="files", markup=False)
            yield DiffPane(id="all")
            yield self.hint(
                ("dialog.keep", "apply"), ("hunk.previous hunk.next", "hunk"), ("hunk.toggle", "leave out")
            )

    def on_mount(self) -> None:
        """Make the patch beside the screen."""
        self._lay_out()
        self.diff.focus()
        self._prepare()

    @work(exit_on_error=False, exclusive=True)
    async def _prepare(self) -> None:
        from harden.previews import preview, reason_of
        from harden.tui.drawing import colour

        app = self.harden
        try:
            made = await app.previewer.ask(preview, self._findings, self._values)
        except Exception as error:
            self.files.update(reason_of(error))
            return
        self._preview = made
        if made.patch is not None:
            self.diff.show_hunks(made.hunks, made.refused)
        self.files.update(_told(made, self.diff.chosen))
        if made.patch is not None:
            await colour(app, self.diff, made, made.hunks, lambda: self.is_attached)

    def action_move(self, step: int) -> None:
        """Go to another hunk."""
        self.diff.move(step)

    def action_switch(self) -> None:
        """Leave the hunk out, or take it in."""
        if self.diff.hunks:
            self.diff.toggle()
            if self._preview is not None:
                self.files.update(_told(self._preview, self.diff.chosen))

    def action_split(self) -> None:
        """Show both versions side by side, or one below the other."""
        if reason := why_no_split(self.diff):
            self.notify(reason, timeout=4)
        else:
            self._choose(replace(self.harden.habits, split=not self.harden.habits.split))

    def action_wrap(self) -> None:
        """Fold long lines, or let them run on."""
        self._choose(replace(self.harden.habits, wrap=not self.harden.habits.wrap))

    def _choose(self, habits: Habits) -> None:
        self.harden.habits = habits
        self._lay_out()
        self.harden.review.drawing.lay_out()

    def _lay_out(self) -> None:
        habits = self.harden.habits
        self.diff.lay_out(split=habits.split, wrap=habits.wrap)

    def action_apply(self) -> None:
        """Answer with the patch as it is shown."""
        if self._preview is None:
            self.notify("The fixes are still being prepared.", timeout=3)
        elif self._preview.patch is None:
            self.notify("There is nothing to apply.", timeout=3)
        else:
            try:
                self.dismiss(self._preview.patch.select(self.diff.chosen))
            except Refusal as refusal:
                self.notify(str(refusal), severity="warning", markup=False)


def _told(made: Preview, chosen: Collection[int]) -> str:
    """Return the files with their numbers of hunks that are left in, and how many findings were declined."""
    edits, targets = (made.patch.edits, made.patch.targets) if made.patch is not None else ((), ())
    along = {edit.path for edit in edits} - {target.path for target in targets}  # go with any hunk
    counts: dict[str, int] = {}
    for hunk in made.hunks:
        if hunk.index in chosen or hunk.path in along:
            counts[hunk.path] = counts.get(hunk.path, 0) + (not hunk.supports)
    lines = [f"  {path}  {plural(count, 'hunk')}" for path, count in counts.items()]
    if len(lines) > 8:
        lines = [*lines[:7], f"  and {len(lines) - 7} more files"]
    lines.insert(0, f"{plural(len(counts), 'file')} will be written:")
    if not any(hunk.index in chosen for hunk in made.hunks):
        lines = ["No hunk is left in." if made.hunks else "Nothing can be applied."]
    if made.refused:
        lines.append(f"{len(made.refused)} declined; the reasons stand below the diff.")
    return "\n".join(lines)
