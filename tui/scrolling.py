"""A text that scrolls with the keys of the list."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import BindingType
from textual.containers import VerticalScroll

from harden.tui import keys

SCROLL = {
    "move.down": "scroll_down",
    "move.up": "scroll_up",
    "move.page_down": "page_down",
    "move.page_up": "page_up",
    "move.first": "scroll_home",
    "move.last": "scroll_end",
}
"""What the keys of the list do in a text."""


class Page(VerticalScroll, inherit_bindings=False):
    """Scrolls with the keys of the list."""

    BINDINGS: ClassVar[list[BindingType]] = keys.bound_to(SCROLL)
