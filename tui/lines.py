"""A pane of ready-made lines: only what is on the screen is rendered, whatever the length."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from rich.cells import cell_len
from textual.binding import BindingType
from textual.content import Content
from textual.geometry import Offset, Region, Size
from textual.scroll_view import ScrollView
from textual.selection import Selection
from textual.strip import Strip
from textual.style import Style

from harden.tui import keys
from harden.tui.scrolling import SCROLL

_REVERSED = Style(bold=True, reverse=True)
_NUMBER = "$foreground 55%"
_RIGHT = 1 << 20
"""Where the columns of right halves begin for the mouse, so that a selection knows its side."""


Place = tuple[str, str, int]
"""A line of a file: path, `-` before or `+` after the change, 1-based number; kept lines count as `-`."""
Mark = tuple[int, int]
"""Characters that changed: first, and the one after the last."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line, or the left half of one with another `beside` it.

    `kind` picks its style: plain, removed, added, header, current, off, note, here or gap. The gutter
    stays where it is when the content scrolls sideways, and is never selected. `place` names the line of
    a file whose characters from `start` on these are; `goes_on` tells that it continues the line above.
    """

    content: Content | str
    kind: str = "plain"
    gutter: str = ""
    place: Place | None = None
    start: int = 0
    goes_on: bool = False
    beside: Line | None = None

    @property
    def text(self) -> str:
        """Return the content without styles."""
        return self.content if isinstance(self.content, str) else self.content.plain

    @property
    def cells(self) -> int:
        """Return the columns that the line takes, gutter included."""
        text = self.text
        return len(self.gutter) + (len(text) if text.isascii() else cell_len(text))


class LinePane(ScrollView, can_focus=True, inherit_bindings=False):
    """Show lines; what is longer than the pane scrolls sideways."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "line--removed",
        "line--added",
        "line--removed-mark",
        "line--added-mark",
        "line--header",
        "line--current",
        "line--off",
        "line--note",
        "line--here",
        "line--gap",
        "line--rule",
    }
    BINDINGS: ClassVar[list[BindingType]] = keys.bound_to(
        {**SCROLL, "move.fold": "scroll_left", "move.unfold": "scroll_right"}
    )

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._lines: Sequence[Line] = ()
        self._strips: dict[int, Strip] = {}
        self._drawn = (0, 0)
        self._colours: Mapping[Place, Content] = {}
        self._marks: Mapping[Place, tuple[Mark, ...]] = {}

    @property
    def lines(self) -> Sequence[Line]:
        """Return what is shown."""
        return self._lines

    @property
    def room(self) -> int:
        """Return the columns for lines; the last one is left to the scroll bar."""
        return max(1, self.size.width - 1)

    def show(self, lines: Sequence[Line], *, top: int | None = 0) -> None:
        """Show lines, scrolled so that line `top` (0-based) is the first; None keeps the place."""
        self._lines = lines
        self._strips.clear()
        self._measure(Size(self._overhang() + self.size.width, len(lines)))
        if top is not None:
            self.scroll_to(0, top, animate=False, immediate=True)
        self.refresh()

    def paint(self, colours: Mapping[Place, Content], marks: Mapping[Place, tuple[Mark, ...]]) -> None:
        """Give lines their colours and show what changed in them; it costs only what is on the screen."""
        self._colours, self._marks = colours, marks
        self._strips.clear()
        self.refresh()

    def marks_of(self, line: Line) -> list[Mark]:
        """Return the characters of a line that changed."""
        end = line.start + len(line.text)
        return [
            (max(first, line.start) - line.start, min(last, end) - line.start)
            for first, last in (self._marks.get(line.place, ()) if line.place is not None else ())
            if first < end and last > line.start
        ]

    def _overhang(self) -> int:
        """Return by how many columns the longest line is wider than its room."""
        left, right = self._halves()
        widest = 0
        for line in self._lines:
            widest = max(widest, line.cells - (self.room if line.beside is None else left))
            if line.beside is not None:
                widest = max(widest, line.beside.cells - right)
        return widest

    def _halves(self) -> tuple[int, int]:
        """Return the columns of the left and of the right half, a rule between them."""
        return (self.room - 1) // 2, self.room - 1 - (self.room - 1) // 2

    def _measure(self, virtual: Size) -> None:
        """Set how far the pane scrolls; where it need not scroll, without a layout of the whole screen."""
        widest = max(self.virtual_size.width, virtual.width)
        longest = max(self.virtual_size.height, virtual.height)
        if widest <= self.size.width and longest <= self.size.height:
            self.set_reactive(LinePane.virtual_size, virtual)
        else:
            self.virtual_size = virtual

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
        if self._drawn != (left, width):
            self._strips.clear()
            self._drawn = (left, width)
        at = top + y
        if at >= len(self._lines):
            return Strip.blank(width, self.rich_style)
        if at not in self._strips:
            self._strips[at] = self._strip(at, left, width)
        return self._strips[at]

    def get_selection(self, selection: Selection) -> tuple[str, str] | None:
        """Return the selected code without numbers and signs, folded lines in one piece."""
        found: list[str] = []
        first = selection.start.y if selection.start is not None else 0
        last = selection.end.y if selection.end is not None else len(self._lines) - 1
        on_right = _is_right(selection)
        for at in range(max(0, first), min(last, len(self._lines) - 1) + 1):
            line = self._lines[at]
            part = line.beside if on_right and line.beside is not None else line
            if part.kind in ("header", "current", "gap"):
                continue
            span = _selected(selection, at, len(part.text), on_right=part is line.beside)
            text = part.text[span[0] : span[1]] if span is not None else ""
            if part.goes_on and found:
                found[-1] += text
            else:
                found.append(text)
        return "\n".join(found), "\n"

    def selection_updated(self, selection: Selection | None) -> None:
        """Render again with the selection shown."""
        self._strips.clear()
        self.refresh()

    def _strip(self, at: int, left: int, width: int) -> Strip:
        line = self._lines[at]
        if line.beside is None:
            return self._part(line, at, left, width)
        half, other = self._halves()
        rule = Content("│").render_segments(self._style("rule"))
        shown = Strip.join(
            [
                self._part(line, at, left, half),
                Strip(rule, 1),
                self._part(line.beside, at, left, other, on_right=True),
            ]
        )
        return shown.extend_cell_length(width, self.rich_style)

    def _part(self, line: Line, at: int, left: int, width: int, *, on_right: bool = False) -> Strip:
        style = self._style(line.kind)
        content = self._coloured(line)
        for start, end in self.marks_of(line):
            content = content.stylize(self._marked(line.kind), start, end)
        selection = self.text_selection
        if selection is not None and _is_right(selection) == on_right:
            span = _selected(selection, at, len(content), on_right=on_right)
            if span is not None and line.kind not in ("header", "current", "gap"):
                marked = self.screen.get_visual_style("screen--selection", partial=True)
                content = content.stylize(marked, *span)
        base = _RIGHT if on_right else 0
        body = Strip(content.render_segments(style), content.cell_length)
        if not line.gutter:
            return body.crop_extend(left, left + width, style.rich_style).apply_offsets(base + left, at)
        number = Content.styled(line.gutter, _NUMBER if line.kind in ("plain", "here") else "")
        gutter = Strip(number.render_segments(style), len(line.gutter))
        room = max(0, width - len(line.gutter))
        shown = body.crop_extend(left, left + room, style.rich_style)
        places = [gutter.apply_offsets(base, at), shown.apply_offsets(base + left, at)]
        return Strip.join(places).adjust_cell_length(width, style.rich_style)

    def _coloured(self, line: Line) -> Content:
        """Return the content; sixteen colours are too few to tell both the syntax and what changed."""
        is_told_by_colour = line.kind in ("removed", "added") and self.app.native_ansi_color
        if line.place is None or line.place not in self._colours or is_told_by_colour:
            return Content(line.content) if isinstance(line.content, str) else line.content
        return self._colours[line.place][line.start : line.start + len(line.content)]

    def _marked(self, kind: str) -> Style:
        if self.app.native_ansi_color:
            return _REVERSED  # which component styles cannot say
        return self.get_visual_style(f"line--{kind}-mark", partial=True)

    def _style(self, kind: str) -> Style:
        if kind == "plain":
            return self.visual_style
        return self.visual_style + self.get_visual_style(f"line--{kind}", partial=True)


def _is_right(selection: Selection) -> bool:
    """Tell whether a selection was begun in a right half: it then stays in it."""
    start: Offset | None = selection.start if selection.start is not None else selection.end
    return start is not None and start.x >= _RIGHT


def _selected(selection: Selection, at: int, length: int, *, on_right: bool) -> tuple[int, int] | None:
    """Return the selected characters of one line."""
    span = selection.get_span(at)
    if span is None:
        return None
    start, end = span
    if on_right:
        start = start - _RIGHT
        end = end if end == -1 else max(0, end - _RIGHT)
    start, end = max(0, start), length if end == -1 else min(end, length)
    return (start, end) if start < end else None
