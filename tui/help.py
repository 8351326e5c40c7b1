"""All keys, and what the screen is for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Static

from harden.tui import keys
from harden.tui.dialog import Dialog

TEXT = (
    "Choose a stage at the left and a finding in the middle; the pane at the right shows the fix as a diff, "
    "why it matters, and the code. What you see in the diff is what is written, to the byte. fix is safe to "
    "apply, suggest asks for a look, guide needs a person. Every fix can be undone, also after a restart."
)


class Help(Dialog[None]):
    """A list of every key by its place."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("question_mark,q", "leave", "back", show=False)]

    def __init__(self, keymap: Mapping[str, str]) -> None:
        super().__init__()
        self._keymap = keymap

    def compose(self) -> ComposeResult:
        """Show the text and the table."""
        with Vertical(classes="dialog large"):
            with VerticalScroll():
                yield Static(content(self._keymap), markup=False)
            yield Static("esc back", classes="hint")


def content(keymap: Mapping[str, str]) -> Content:
    """Return the help as text."""
    parts = [Content(TEXT)]
    for where, rows in keys.table(keymap).items():
        lines = [Content.styled(where, "bold $text-accent")]
        lines += [Content.assemble((f"  {shown:<12}", "bold"), text) for shown, text in rows]
        parts.append(Content("\n").join(lines))
    return Content("\n\n").join(parts)
