"""Text that seldom changes its height, so that the screen is seldom laid out anew; text without markup."""

from __future__ import annotations

from textual.content import Content
from textual.widget import Widget
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


def unmarked(text: str) -> str:
    """Return text that Textual shows as it is where it looks for markup, as in the title of a pane."""
    return text.replace("[", r"\[")


def entitle(pane: Widget, title: str, subtitle: str = "") -> None:
    """Write what stands in the border of a pane, plain text; the same words repaint nothing."""
    title, subtitle = unmarked(title), unmarked(subtitle)
    if pane.border_title != title:
        pane.border_title = title
    if (pane.border_subtitle or "") != subtitle:
        pane.border_subtitle = subtitle
