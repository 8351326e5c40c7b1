"""How ready the repository is, what that is made of, what changed, and what to do next."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual import getters, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.timer import Timer
from textual.widgets import Static

from harden.tui import keys
from harden.tui.keyed import Keyed
from harden.tui.scrolling import Page
from harden.tui.standing import BEST, Told, content

if TYPE_CHECKING:
    from harden.tui.go import Going

_COPIED_WIDTH = 90
_LEADING = (BEST, "app.commit", *(f"stage.{n}" for n in range(1, 9)))
"""Keys that leave the summary for what they do: the text names them."""
_FOOT = {
    "summary.report": "report",
    "summary.copy": "copy",
    "move.down": "down",
    "move.up": "up",
    "app.help": "help",
    "summary.leave": "back",
}


class Body(Static):
    """The text, broken anew when its width changes."""

    def __init__(self) -> None:
        super().__init__(markup=False)
        self._told: Told | None = None
        self._width = 0

    def show(self, told: Told) -> None:
        """Show what is known now."""
        self._told, self._width = told, self.content_size.width
        if self._width:
            self.update(content(told, self._width))

    def on_resize(self) -> None:
        """Break the lines for the new width."""
        if self._told is not None and self.content_size.width != self._width:
            self.show(self._told)


class Summary(Keyed[str]):
    """The summary; a key that its text names closes it and is done on the findings."""

    BINDINGS: ClassVar[list[BindingType]] = keys.bound_to(
        {
            "summary.report": "report",
            "summary.copy": "copy",
            "summary.leave": "leave",
            **{id: f"go('{id}')" for id in _LEADING},
        }
    )
    AUTO_FOCUS = "Page"

    body = getters.query_one(Body)

    def __init__(self, going: Going) -> None:
        super().__init__()
        self._going = going
        self._timer: Timer | None = None

    def compose(self) -> ComposeResult:
        """Show the whole as text."""
        with Vertical(classes="pane page", id="summary"):
            with Page():
                yield Body()
            yield Static(self._foot(), classes="hint", markup=False)

    def on_mount(self) -> None:
        """Follow a scan that still runs."""
        self.query_one("#summary").border_title = "Summary"
        self.body.show(self._going.told())
        if self._going.scanning:
            self._timer = self.set_interval(0.5, self._follow)

    def _follow(self) -> None:
        self.body.show(self._going.told())
        if not self._going.scanning and self._timer is not None:
            self._timer.stop()

    def _foot(self) -> str:
        return "  ".join(f"{self.key(id)} {word}" for id, word in _FOOT.items())

    def action_leave(self) -> None:
        """Go back to the findings."""
        self.dismiss("")

    def action_go(self, id: str) -> None:
        """Go back to the findings, and do there what a key stands for.

        The key of the best finding leads on also where a question under the cursor would take it for a no.
        """
        if id != BEST and (reason := self._going.screen.why_not(id)):
            self.notify(reason, timeout=4, markup=False)
            return
        self.dismiss(id)

    def action_copy(self) -> None:
        """Copy the text of the summary."""
        text = content(self._going.told(), _COPIED_WIDTH).plain
        lines = "\n".join(line.rstrip() for line in text.splitlines())
        self.harden.copy(f"{lines}\n", "The summary is copied.")

    @work(exit_on_error=False, exclusive=True, group="write")
    async def action_report(self) -> None:
        """Ask where to, and write a report there."""
        from harden.previews import reason_of
        from harden.report import made
        from harden.tui.report import ReportDialog

        told = self._going.told()
        if told.partial and not self._going.settled:
            self.notify(f"{told.partial} A report would miss the rest.", timeout=6, markup=False)
            return
        session = told.session
        wanted = await self.app.push_screen_wait(ReportDialog(session.root))
        if wanted is None:
            return
        try:
            async with self.harden.turn:
                run = self.harden.run_engine
                scanned = await run(made.scanned, session, self._going.done, self._going.seconds)
                await run(made.write, scanned, wanted.format, wanted.path, replace=wanted.replace)
        except Exception as error:
            self.notify(reason_of(error), severity="error", timeout=10, markup=False)
            return
        path, root = wanted.path, session.root
        shown = path.relative_to(root) if path.is_relative_to(root) else path
        self.notify(f"Written: {shown}", timeout=6, markup=False)
        self._going.look_at_git()
