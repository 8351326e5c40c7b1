"""Where the focus is: its pane is shown where there is room for one only, and while one is zoomed."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from textual.widget import Widget

    from harden.tui.review import ReviewScreen


class Place:
    """Follows the focus, and gives it back after a layout has hidden what had it."""

    _last: Widget | None = None

    def __init__(self, screen: ReviewScreen) -> None:
        self._screen = screen

    def follow(self, widget: Widget) -> None:
        """Show the pane of what has the focus."""
        screen, self._last = self._screen, widget
        screen.set_class(screen.detail in widget.ancestors, "-inside")
        if screen.has_class("-zoomed"):
            for pane in screen.query(".pane"):
                pane.set_class(pane in widget.ancestors, "-here")

    def keep(self) -> None:
        """Give a focus that was lost back to where it was, or to what is seen instead."""
        screen, last = self._screen, self._last
        if last is None or screen.focused is not None or not screen.app.app_focus:
            return
        if _is_seen(last):
            screen.set_focus(last, from_app_focus=True)  # so that words in a field are not selected
        elif screen.detail in last.ancestors and _is_seen(screen.detail):
            screen.detail.focus_view()
        elif _is_seen(screen.findings):
            screen.findings.focus()


def _is_seen(widget: Widget) -> bool:
    return widget.is_attached and all(node.display for node in widget.ancestors_with_self)
