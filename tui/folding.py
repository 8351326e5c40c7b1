"""Long lines in pieces that fit, broken where a reader expects it."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
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
    text, gutter = line.text, len(line.gutter)
    room = width - gutter
    if room < _NARROWEST or _cells(text) <= room:
        return [line]
    indent = len(text) - len(text.lstrip()) + 4
    indent = indent if indent < room // 2 else 0
    end = _break(text, room)
    pieces = [replace(line, content=text[:end])]
    later = " " * (gutter + indent)
    while end < len(text):
        start = end
        end += _break(text[start:], room - indent)
        pieces.append(Line(text[start:end], line.kind, later, line.place, start, goes_on=True))
    return pieces


def _break(text: str, width: int) -> int:
    """Return where to fold: after a mark in the last half, else where the room ends."""
    if _cells(text) <= width:
        return len(text)
    end = width
    if not text.isascii():
        end = bisect_right(list(accumulate(map(cell_len, text[: width + 1]))), width)
    for at in range(end, max(1, end // 2), -1):
        if not (text[at - 1].isalnum() or text[at - 1] in "_.'\""):
            return at
    return max(1, end)


def _cells(text: str) -> int:
    return len(text) if text.isascii() else cell_len(text)


def wrapped(sentences: Sequence[Content | str], width: int) -> list[Line]:
    """Return sentences as lines that fit, an empty line after each."""
    lines: list[Line] = []
    for sentence in sentences:
        content = sentence if isinstance(sentence, Content) else Content(sentence)
        lines += [Line(Content(" ") + part) for part in content.wrap(width)]
        lines.append(Line(Content("")))
    return lines
