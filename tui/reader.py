"""A diff to read, in a dialog: nothing in it can be switched on or off."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, ClassVar

from textual import getters, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Static

from harden.tui import keys
from harden.tui.dialog import Dialog
from harden.tui.diffpane import DiffPane

if TYPE_CHECKING:
    from harden.previews import Preview
    from harden.tui.application import HardenApp

Ask = Callable[[], Awaitable["Preview"]]


class ReadPane(DiffPane):
    """A diff whose hunks are no choice."""

    is_choice = False
    BINDINGS: ClassVar[list[BindingType]] = keys.bound_to(
        {"hunk.next": "move(1)", "hunk.previous": "move(-1)"}
    )

    def toggle(self) -> None:
        """Leave everything as it is."""

    def action_move(self, step: int) -> None:
        """Go to another hunk."""
        self.move(step)

    async def read(self, app: HardenApp, ask: Ask) -> None:
        """Show what a worker makes, at first without colours, or why it cannot be made."""
        from harden.previews import reason_of
        from harden.tui.drawing import colour

        self.say("Reading …")
        try:
            made = await ask()
        except Exception as error:
            self.say(reason_of(error))
            return
        if not made.hunks:
            self.say("There is no difference.")
            return
        self.lay_out(split=app.habits.split, wrap=app.habits.wrap)
        self.show_hunks(made.hunks)
        await colour(app, self, made, made.hunks, lambda: self.is_attached)

    def say(self, sentence: str) -> None:
        """Show a sentence."""
        self.show_text([Content(sentence)])


class Reader(Dialog[None]):
    """A diff over the whole screen; the key that opened it closes it too."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("d", "leave", "back", id="commit.diff", show=False)]

    pane = getters.query_one(ReadPane)

    def __init__(self, title: str, ask: Ask) -> None:
        super().__init__()
        self._title = title
        self._ask = ask

    def compose(self) -> ComposeResult:
        """Make the pane."""
        with Vertical(classes="dialog large"):
            yield Static(self._title, classes="name", markup=False)
            yield ReadPane(id="read")
            yield self.hint(("hunk.previous hunk.next", "hunk"))

    def on_mount(self) -> None:
        """Read beside the screen."""
        self.pane.focus()
        self._read()

    @work(exit_on_error=False, exclusive=True)
    async def _read(self) -> None:
        await self.pane.read(self.harden, self._ask)
