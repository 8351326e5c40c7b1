"""Text that seldom changes its height: the screen is laid out anew only when it does."""

from __future__ import annotations

from textual.content import Content
from textual.widgets import Static


class Words(Static):
    """A static whose `show` repaints itself alone while its height stays: a layout repaints the screen."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id, markup=False)

    def show(self, content: Content) -> None:
        """Show other words."""
        size = self.content_size
        fits = size.width > 0 and len(content.wrap(size.width)) == size.height
        self.update(content, layout=not fits)
