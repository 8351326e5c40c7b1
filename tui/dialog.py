"""What all questions to a person share: a box in the middle, and a key to leave it."""

from __future__ import annotations

from typing import ClassVar, TypeVar

from textual.binding import Binding, BindingType
from textual.screen import ModalScreen
from textual.widgets import Static

from harden.tui import keys
from harden.tui.keyed import Keyed

T = TypeVar("T")

FIELDS: tuple[BindingType, ...] = tuple(
    keys.bound_to({"field.next": "app.focus_next", "field.previous": "app.focus_previous"})
)
"""Bindings that go from field to field."""


def keep(action: str) -> BindingType:
    """Return the binding that answers, also while something is being written in a field."""
    key = keys.BY_ID["dialog.keep"]
    return Binding(key.keys, action, key.description, id=key.id, priority=True, show=False)


class Dialog(Keyed[T | None], ModalScreen[T | None]):
    """A question; leaving it answers None."""

    VERTICAL_BREAKPOINTS = [(0, "-low"), (24, "-high")]  # noqa: RUF012 - as Textual declares it
    BINDINGS: ClassVar[list[BindingType]] = [
        *keys.bound_to({"dialog.leave": "leave"}),
        Binding("q", "leave", "back", show=False),
    ]

    def action_leave(self) -> None:
        """Answer nothing."""
        self.dismiss(None)

    def hint(self, *words: tuple[str, str]) -> Static:
        """Return the last line: what the keys do, by their ids, and how to leave."""
        return Static(self.hints(*words, ("dialog.leave", "back")), classes="hint", markup=False)

    def hints(self, *words: tuple[str, str]) -> str:
        """Return `key word` for actions by their ids; several ids share a word."""
        return "   ".join(" ".join([*(self.key(id) for id in ids.split()), word]) for ids, word in words)
