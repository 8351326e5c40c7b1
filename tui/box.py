"""A box to tick whose state is written, not only coloured: `[x]` or `[ ]`."""

from __future__ import annotations

from textual.content import Content
from textual.widgets import Checkbox


class Box(Checkbox):
    """A checkbox in the characters that the rest of the app uses for choices."""

    @property
    def _button(self) -> Content:
        return Content("[x]" if self.value else "[ ]")
