"""What the place is for where the person is, its keys, and then all others."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Static

from harden.tui import keys
from harden.tui.dialog import Dialog
from harden.tui.help_places import FINDINGS, PLACES, Place
from harden.tui.rows import QuestionRow
from harden.tui.scrolling import Page


class Help(Dialog[None]):
    """One text to scroll: the place first."""

    BINDINGS: ClassVar[list[BindingType]] = keys.bound_to({"app.help": "leave", "app.quit": "leave"})

    def __init__(self, place: Place, keymap: Mapping[str, str]) -> None:
        super().__init__()
        self._place, self._keymap = place, keymap

    def compose(self) -> ComposeResult:
        """Show the text and the table."""
        with Vertical(classes="dialog large"):
            with Page():
                yield Static(content(self._place, self._keymap), markup=False)
            yield self.hint(("move.down move.up", "scroll"), ("move.page_down", "page"))


def place_of(screen: Screen[Any]) -> Place:
    """Return where the person is: the pane with the focus, or the screen."""
    from harden.tui.review import ReviewScreen

    asked = isinstance(screen, ReviewScreen) and isinstance(screen.item, QuestionRow)
    for node in (*(screen.focused.ancestors_with_self if screen.focused else ()), screen):
        if node.id == "diff" and asked:
            return PLACES["question"]
        for name in (node.id or "", type(node).__name__):
            if name in PLACES:
                return PLACES[name]
    return FINDINGS


def content(place: Place, keymap: Mapping[str, str]) -> Content:
    """Return the help as text."""
    parts = [
        Content.assemble((place.title, "bold $text-accent"), "\n", place.text),
        _rows(_of_place(place, keymap)),
        Content.styled("All keys", "bold $text-accent"),
    ]
    for where, rows in keys.table(keymap).items():
        parts.append(Content.styled(where, "bold $text-accent") + Content("\n") + _rows(rows))
    return Content("\n\n").join(parts)


def _of_place(place: Place, keymap: Mapping[str, str]) -> Iterable[tuple[str, str]]:
    for key in place.keys:
        if isinstance(key, tuple):
            yield key
        elif key == "stage.1":
            yield keys.stages(keymap), "go to a stage"
        else:
            yield keys.shown(keymap.get(key, keys.BY_ID[key].keys)), keys.BY_ID[key].description


def _rows(rows: Iterable[tuple[str, str]]) -> Content:
    return Content("\n").join([Content.assemble((f"  {shown:<14}", "bold"), text) for shown, text in rows])
