"""Long lines in pieces that fit, broken where a reader expects it."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import replace
from itertools import accumulate

from rich.cells import cell_len
from textual.content import Content

from harden.tui.lines import Line

_NARROWEST = 8


def plain(text: str) -> str:
    """Return a line of a file without its end, tabs widened and control characters made visible."""
    shown = text.rstrip("\r\n").expandtabs(4)
    if shown.isprintable():
        return shown
    return "".join(c if c.isprintable() else "·" if c != "\f" else "^L" for c in shown)


def folded(line: Line, width: int) -> list[Line]:
    """Return a line in pieces; the later ones keep its indent where there is room."""
    gutter = len(line.gutter)
    room = width - gutter
    text = line.content.plain
    if room < _NARROWEST or (len(text) <= room and text.isascii()) or line.content.cell_length <= room:
        return [line]
    indent = len(text) - len(text.lstrip()) + 4
    indent = indent if indent < room // 2 else 0
    ends = [_break(text, room)]
    while (rest := text[ends[-1] :]) and cell_len(rest) > room - indent:
        ends.append(ends[-1] + _break(rest, room - indent))
    later = Content(" " * (gutter + indent))
    pieces: list[Line] = []
    start = 0
    for content in line.content.divide(ends):
        end = start + len(content)
        marks = tuple(
            (max(a, start) - start, min(b, end) - start) for a, b in line.marks if a < end and start < b
        )
        if not pieces:
            pieces.append(replace(line, content=content, marks=marks))
        elif content:
            pieces.append(replace(line, content=content, marks=marks, gutter=later, goes_on=True))
        start = end
    return pieces


def _break(text: str, width: int) -> int:
    """Return where to fold: after a mark in the last half, else where the room ends."""
    cells = list(accumulate(map(cell_len, text[: width + 1])))
    end = bisect_right(cells, width)
    for at in range(end, max(1, end // 2), -1):
        if not (text[at - 1].isalnum() or text[at - 1] in "_.'\""):
            return at
    return max(1, end)
