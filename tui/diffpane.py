"""The diff of a fix: hunks that are switched on and off before anything is written."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from textual import events
from textual.content import Content

from harden.tui.lines import Line, LinePane

if TYPE_CHECKING:
    from harden.patches import Hunk
    from harden.tui.diffing import Colours


class DiffPane(LinePane):
    """Hunks with a cursor and a box each. Hunks that others need are forced on."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.hunks: Sequence[Hunk] = ()
        self.chosen: set[int] = set()
        self.current = 0
        self._notes: Sequence[str] = ()
        self._colours: Colours | None = None
        self._places: dict[int, tuple[int, int]] = {}
        self._drawn_width = 0

    def show_hunks(self, hunks: Sequence[Hunk], notes: Sequence[str] = ()) -> None:
        """Show a new diff with every hunk on."""
        self.hunks, self._notes, self._colours = hunks, notes, None
        self.chosen = {hunk.index for hunk in hunks if not hunk.supports}
        self.current = min(self.chosen, default=0)
        self._draw(top=0)
        if self.current in self._places:
            self.reveal(*self._places[self.current])

    def show_text(self, content: Sequence[Line]) -> None:
        """Show sentences instead of a diff."""
        self.hunks, self.chosen, self._places = (), set(), {}
        self.show(content)

    def colour(self, colours: Colours) -> None:
        """Colour the diff that is shown."""
        self._colours = colours
        self._draw()

    def move(self, step: int) -> None:
        """Go to the next or previous hunk."""
        own = [hunk.index for hunk in self.hunks if not hunk.supports]
        if not own:
            return
        at = own.index(self.current) if self.current in own else 0
        self.current = own[max(0, min(len(own) - 1, at + step))]
        self._draw()
        self.reveal(*self._places[self.current])

    def toggle(self) -> None:
        """Leave the current hunk out, or take it in."""
        self.chosen ^= {self.current}
        self._draw()

    def on_resize(self, event: events.Resize) -> None:
        """Draw the rules as wide as the pane."""
        if self.hunks and event.size.width != self._drawn_width:
            self._draw()

    def on_click(self, event: events.Click) -> None:
        """Toggle a hunk by its header, or choose it by its lines."""
        at = event.y + self.scroll_offset.y
        for index, (first, count) in self._places.items():
            if first <= at < first + count and index in {h.index for h in self.hunks if not h.supports}:
                self.current = index
                if at == first:
                    self.toggle()
                else:
                    self._draw()

    def _draw(self, top: int | None = None) -> None:
        from harden.tui.diffing import diff_lines  # it loads pygments, which the first paint does without

        self._drawn_width = self.size.width
        lines, self._places = diff_lines(
            self.hunks, self.chosen, self.current, self.size.width - 1, self._colours
        )
        if self._notes:
            lines.append(Line(Content("")))
            lines += [
                Line(Content(" ") + part, "note")
                for note in self._notes
                for part in Content(note).wrap(max(20, self.size.width - 3))
            ]
        self.show(lines, top=top)
