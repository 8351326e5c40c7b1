"""Write a note to an answer."""

from __future__ import annotations

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Input, Static

from harden.tui.dialog import Dialog


class Note(Dialog[str]):
    """One line of text for the team."""

    def __init__(self, question: str, note: str) -> None:
        super().__init__()
        self._question, self._note = question, note

    def compose(self) -> ComposeResult:
        """Show the question and the note as it is."""
        with Vertical(classes="dialog"):
            yield Static(self._question, classes="name", markup=False)
            yield Input(self._note, placeholder="a note for the team", compact=True)
            yield Static("enter keep   esc back", classes="hint", markup=False)

    @on(Input.Submitted)
    def _keep(self, event: Input.Submitted) -> None:
        self.dismiss(event.value.strip())
