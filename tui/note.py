"""Write a note to an answer."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.widgets import Input, Static

from harden.tui.dialog import Dialog, keep


class Note(Dialog[str]):
    """One line of text for the team."""

    BINDINGS: ClassVar[list[BindingType]] = [keep("keep")]

    def __init__(self, question: str, note: str) -> None:
        super().__init__()
        self._question, self._note = question, note

    def compose(self) -> ComposeResult:
        """Show the question and the note as it is."""
        with Vertical(classes="dialog"):
            yield Static(self._question, classes="name", markup=False)
            yield Input(self._note, placeholder="a note for the team", compact=True)
            yield self.hint(("dialog.keep", "keep"))

    def action_keep(self) -> None:
        """Answer with the text."""
        self.dismiss(self.query_one(Input).value.strip())
