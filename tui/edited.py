"""Ask before a file is fixed that holds the person's own uncommitted edits."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from textual import getters, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.widgets import Static

from harden.tui import keys
from harden.tui.dialog import Dialog
from harden.tui.reader import ReadPane
from harden.words import shortened

if TYPE_CHECKING:
    from harden.session import Session

_SHOWN = 12


class Edited(Dialog[bool]):
    """A second press of the key applies the fix all the same; the person's own edits can be read first."""

    BINDINGS: ClassVar[list[BindingType]] = keys.bound_to({"edited.apply": "apply", "edited.diff": "read"})

    pane = getters.query_one(ReadPane)

    def __init__(self, session: Session, paths: Sequence[str]) -> None:
        super().__init__()
        self._session = session
        self._paths = paths

    def compose(self) -> ComposeResult:
        """Say which files, and what follows."""
        several = len(self._paths) > 1
        told = f"{len(self._paths)} files have" if several else f"{self._paths[0]} has"
        with Vertical(classes="dialog"):
            yield Static(f"{told} edits of yours that are not committed.", classes="name", markup=False)
            if several:
                yield Static("\n".join(shortened(self._paths, _SHOWN)), id="files", markup=False)
            yield ReadPane(id="own")
            yield Static(
                "The fix can be undone, and your edits stay. A commit of harden takes only its own lines, "
                "and stops where they touch yours.",
                id="follows",
                markup=False,
            )
            yield self.hint(("edited.diff", "your edits"), ("edited.apply", "apply"))

    def on_mount(self) -> None:
        """Keep the diff for when it is asked for."""
        self.pane.display = False

    def action_apply(self) -> None:
        """Go on."""
        self.dismiss(True)

    def action_read(self) -> None:
        """Show the person's own edits, or hide them again."""
        self.pane.display = not self.pane.display
        self.query_one(".dialog").set_class(self.pane.display, "large")
        if self.pane.display:
            self.pane.focus()
            self._read()

    @work(exit_on_error=False, exclusive=True)
    async def _read(self) -> None:
        from harden.uncommitted import own_edits

        await self.pane.read(
            self.harden, partial(self.harden.run_engine, own_edits, self._session, self._paths)
        )
