"""The code around a finding: long lines run on, or are folded on request."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence

from textual import events

from harden.tui.lines import Line, LinePane


class CodePane(LinePane):
    """Shows a file, in its own lines or in folded ones."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.wrap = False
        self._file: Sequence[Line] = ()
        self._tops: Sequence[int] = ()
        self._drawn_room = 0
        self._wanted: int | None = None

    def show_file(self, lines: Sequence[Line], line: int) -> None:
        """Show a file around a 1-based line."""
        self._file = lines
        self.paint({}, {})
        self._draw()
        self._wanted = line
        self._go_to(self._above(line))
        self.call_after_refresh(self._go_to_wanted)  # what was just shown is as long only then

    def lay_out(self, *, wrap: bool) -> None:
        """Fold long lines or not, and leave the file where it is."""
        at = self._at
        self.wrap = wrap
        self.scroll_to(x=0, animate=False, immediate=True, force=True)
        self._draw()
        self._go_to(at)

    def _go_to_wanted(self) -> None:
        """Go to the line that was asked for; a pane that is not seen waits until it is."""
        if self._wanted is not None and self.size.height:
            self._go_to(self._above(self._wanted))
            self._wanted = None

    def _above(self, line: int) -> int:
        """Return the first line to show, 0-based, for a 1-based line to be seen among its neighbours."""
        return line - 1 - max(3, self.size.height // 3)

    def on_resize(self, event: events.Resize) -> None:
        """Fold again where the width has changed."""
        self.call_after_refresh(self._go_to_wanted)
        if self.wrap and self.room != self._drawn_room:
            at = self._at
            self._draw()
            self._go_to(at)

    @property
    def _at(self) -> int:
        """Return the 0-based line of the file that is the first one shown."""
        return max(0, bisect_right(self._tops, self.scroll_offset.y) - 1)

    def _go_to(self, line: int) -> None:
        if self._tops:
            top = self._tops[max(0, min(line, len(self._tops) - 1))]
            self.scroll_to(y=top, animate=False, immediate=True)

    def _draw(self) -> None:
        self._drawn_room = self.room
        if not self.wrap:
            self._tops = range(len(self._file))
            self.show(self._file, top=None)
            return
        from harden.tui.folding import folded

        shown: list[Line] = []
        tops: list[int] = []
        for line in self._file:
            tops.append(len(shown))
            shown += folded(line, self.room)
        self._tops = tops
        self.show(shown, top=None)
