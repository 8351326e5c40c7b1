"""A pane of ready-made lines: only what is on the screen is rendered, whatever the length."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual.binding import BindingType
from textual.content import Content
from textual.geometry import Region, Size
from textual.scroll_view import ScrollView
from textual.selection import Selection
from textual.strip import Strip
from textual.style import Style

from harden.tui import keys


@dataclass(frozen=True, slots=True)
class Line:
    """One line; `kind` picks its style: plain, removed, added, header, current or note."""

    content: Content
    kind: str = "plain"


class LinePane(ScrollView, can_focus=True, inherit_bindings=False):
    """Show lines that may be longer than the pane; code is never wrapped."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "line--removed",
        "line--added",
        "line--header",
        "line--current",
        "line--off",
        "line--note",
        "line--here",
    }
    BINDINGS: ClassVar[list[BindingType]] = keys.bound_to(
        {
            "move.down": "scroll_down",
            "move.up": "scroll_up",
            "move.page_down": "page_down",
            "move.page_up": "page_up",
            "move.first": "scroll_home",
            "move.last": "scroll_end",
            "move.fold": "scroll_left",
            "move.unfold": "scroll_right",
        }
    )

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._lines: Sequence[Line] = ()
        self._strips: dict[int, Strip] = {}

    @property
    def lines(self) -> Sequence[Line]:
        """Return what is shown."""
        return self._lines

    def show(self, lines: Sequence[Line], *, top: int | None = 0) -> None:
        """Show lines, scrolled so that line `top` (0-based) is the first; None keeps the place."""
        self._lines = lines
        self._strips.clear()
        widest = max((line.content.cell_length for line in lines), default=0)
        self.virtual_size = Size(widest + 1, len(lines))
        if top is not None:
            self.scroll_to(0, top, animate=False, immediate=True)
        self.refresh()

    def reveal(self, first: int, count: int) -> None:
        """Scroll just enough to show some lines."""
        region = Region(0, first, 1, max(1, count))
        self.scroll_to_region(region, animate=False, immediate=True, x_axis=False, top=False)

    def notify_style_update(self) -> None:
        """Forget rendered lines when the theme changes."""
        super().notify_style_update()
        self._strips.clear()

    def render_line(self, y: int) -> Strip:
        """Return one line of the pane."""
        left, top = self.scroll_offset
        width = self.size.width
        at = top + y
        if at >= len(self._lines):
            return Strip.blank(width, self.rich_style)
        strip = self._strip(at)
        shown = strip.crop_extend(left, left + width, self._style(self._lines[at].kind).rich_style)
        return shown.apply_offsets(left, at)

    def get_selection(self, selection: Selection) -> tuple[str, str]:
        """Return the selected text."""
        return selection.extract("\n".join(line.content.plain for line in self._lines)), "\n"

    def selection_updated(self, selection: Selection | None) -> None:
        """Render again with the selection shown."""
        self._strips.clear()
        self.refresh()

    def _strip(self, at: int) -> Strip:
        if at not in self._strips:
            line = self._lines[at]
            content = line.content
            if self.text_selection is not None and (span := self.text_selection.get_span(at)) is not None:
                start, end = span
                end = len(content) if end == -1 else end
                marked = self.screen.get_visual_style("screen--selection", partial=True)
                content = content.stylize(marked, start, end)
            segments = content.render_segments(self._style(line.kind))
            self._strips[at] = Strip(segments, content.cell_length)
        return self._strips[at]

    def _style(self, kind: str) -> Style:
        if kind == "plain":
            return self.visual_style
        return self.visual_style + self.get_visual_style(f"line--{kind}", partial=True)
