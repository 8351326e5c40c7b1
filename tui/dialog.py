"""What all questions to a person share: a box in the middle, and esc to leave it."""

from __future__ import annotations

from typing import ClassVar, TypeVar

from textual.binding import Binding, BindingType
from textual.screen import ModalScreen

T = TypeVar("T")


class Dialog(ModalScreen[T | None]):
    """A question; esc answers it with None."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "leave", "back", show=False)]

    def action_leave(self) -> None:
        """Answer nothing."""
        self.dismiss(None)
