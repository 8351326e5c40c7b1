"""The diff of a fix: hunks that are switched on and off before anything is written."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from textual import events
from textual.content import Content

from harden.tui.lines import Line, LinePane

if TYPE_CHECKING:
    from harden.patches import Hunk
    from harden.tui.diffing import Look

SPLIT_FROM = 100
"""Columns from which on two versions of a line fit side by side."""


class DiffPane(LinePane):
    """Hunks with a cursor and a box each. Hunks that others need are forced on."""

    is_choice = True

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.hunks: Sequence[Hunk] = ()
        self.chosen: set[int] = set()
        self.current = 0
        self.split = False
        self.wrap = True
        self._notes: Sequence[str] = ()
        self._sentences: Sequence[Content | str] = ()
        self._places: dict[int, tuple[int, int, int]] = {}
        self._bodies: dict[tuple[int, bool], tuple[list[Line], int]] = {}
        self._look: Look | None = None

    @property
    def is_wide(self) -> bool:
        """Tell whether the pane is wide enough for a split diff."""
        return self.size.width >= SPLIT_FROM

    def show_hunks(self, hunks: Sequence[Hunk], notes: Sequence[str] = ()) -> None:
        """Show a new diff with every hunk on."""
        self.hunks, self._notes = hunks, notes
        self.chosen = {hunk.index for hunk in hunks if not hunk.supports}
        self.current = min(self.chosen, default=0)
        self.paint({}, {})
        self._bodies.clear()
        self._draw(top=0)
        self._reveal()

    def show_more(self, hunks: Sequence[Hunk], notes: Sequence[str]) -> None:
        """Show the same hunks with more or fewer lines around."""
        self.hunks, self._notes = hunks, notes
        self._redraw()

    def show_text(self, sentences: Sequence[Content | str]) -> None:
        """Show sentences instead of a diff."""
        self.hunks, self.chosen, self._places = (), set(), {}
        self._sentences = sentences
        self._write(top=0)

    def _write(self, top: int | None = None) -> None:
        from harden.tui.folding import wrapped

        self._look = None
        self.show(wrapped(self._sentences, max(20, self.size.width) - 2), top=top)

    def lay_out(self, *, split: bool, wrap: bool) -> None:
        """Show both versions side by side or not, and long lines folded or not."""
        self.split, self.wrap = split, wrap
        self.set_class(not wrap, "-sideways")
        if wrap:
            self.scroll_to(x=0, animate=False, immediate=True, force=True)
        if self.hunks:
            self._redraw()

    def move(self, step: int) -> None:
        """Go to the next or previous hunk."""
        own = [hunk.index for hunk in self.hunks if not hunk.supports]
        if not own:
            return
        at = own.index(self.current) if self.current in own else 0
        self.current = own[max(0, min(len(own) - 1, at + step))]
        self._draw()
        self._reveal()

    def toggle(self) -> None:
        """Leave the current hunk out, or take it in."""
        self.chosen ^= {self.current}
        self._draw()

    def on_resize(self, event: events.Resize) -> None:
        """Draw the lines as wide as the pane."""
        if not self.hunks:
            self._write()
        elif self._look is None or self._look.width != self.room:
            self._redraw()
        if self.hunks:
            self.call_after_refresh(self._reveal)

    def on_click(self, event: events.Click) -> None:
        """Toggle a hunk by its header, or choose it by its lines."""
        if self.text_selection is not None:
            return  # the mouse was drawn over text to copy it
        at = event.y + self.scroll_offset.y
        own = {hunk.index for hunk in self.hunks if not hunk.supports}
        for index, (first, count, _) in self._places.items():
            if first <= at < first + count and index in own:
                self.current = index
                if at == first:
                    self.toggle()
                else:
                    self._draw()

    def _reveal(self) -> None:
        """Scroll to the current hunk: as much of it as fits, its first change in any case."""
        if self.current not in self._places:
            return
        first, count, change = self._places[self.current]
        self.reveal(first, count)
        if count > self.size.height:
            self.reveal(max(first, change - self.size.height // 3), self.size.height)

    def _redraw(self) -> None:
        """Draw in another way, the current hunk where it is on the screen."""
        before = self._places.get(self.current)
        self._bodies.clear()
        self._draw()
        after = self._places.get(self.current)
        if before is not None and after is not None:
            top = self.scroll_offset.y + after[2] - before[2]
            self.scroll_to(y=max(0, top), animate=False, immediate=True)

    def _draw(self, top: int | None = None) -> None:
        from harden.tui import diffing  # it loads more than the first paint needs

        split = self.split and self.is_wide
        self._look = diffing.Look(self.room, diffing.digits_of(self.hunks), split, self.wrap)
        lines: list[Line] = []
        self._places = {}
        several = len({hunk.path for hunk in self.hunks}) > 1
        shown = ""
        for hunk in self.hunks:
            if several and hunk.path != shown:
                lines += [Line(Content(""))] if lines else []
                lines.append(Line(Content(f" {hunk.path}"), "note"))
                shown = hunk.path
            is_on = hunk.index in self.chosen
            is_current = hunk.index == self.current
            body, change = self._body(hunk, is_off=not is_on and not hunk.supports)
            self._places[hunk.index] = (len(lines), len(body) + 1, len(lines) + 1 + change)
            lines.append(
                diffing.header(
                    hunk,
                    self.hunks,
                    self._look.width,
                    is_on=is_on,
                    is_current=is_current,
                    is_choice=self.is_choice,
                )
            )
            lines += body
        if self._notes:
            lines.append(Line(Content("")))
            lines += [
                Line(Content(" ") + part, "note")
                for note in self._notes
                for part in Content(note).wrap(max(20, self.size.width - 3))
            ]
        self.show(lines, top=top)

    def _body(self, hunk: Hunk, *, is_off: bool) -> tuple[list[Line], int]:
        from harden.tui.diffing import hunk_lines

        key = (hunk.index, is_off)
        if key not in self._bodies and self._look is not None:
            self._bodies[key] = hunk_lines(hunk, self._look, is_off=is_off)
        return self._bodies[key]
