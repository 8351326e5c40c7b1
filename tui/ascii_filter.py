"""The one place where the screen of a terminal without Unicode is made: all that is drawn passes it."""

from __future__ import annotations

from rich.cells import cell_len
from rich.segment import Segment
from textual.color import Color
from textual.filter import LineFilter

from harden.tui.ascii import ascii_only


class AsciiOnly(LineFilter):
    """Turns every segment into ASCII of the same width."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """Return the segments in ASCII."""
        return [
            segment
            if segment.text.isascii()
            else Segment(_fitted(segment.text), segment.style, segment.control)
            for segment in segments
        ]


def _fitted(text: str) -> str:
    """Return ASCII as wide as the terminal would draw the text: sequences of signs can be one glyph."""
    width = cell_len(text)
    return ascii_only(text)[:width].ljust(width)
