"""The lines of the Code tab, and the pane that shows them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING

from textual.content import Content

from harden.previews import source_lines
from harden.tui.colouring import coloured_lines
from harden.tui.folding import plain
from harden.tui.lines import Line, Place

if TYPE_CHECKING:
    from harden.session import Session


_NEAR = 100
"""Lines around the finding that are coloured first."""


def code_lines(session: Session, path: str, first: int, last: int) -> list[Line]:
    """Return a whole file with the lines of a finding marked. Raises UnreadableSource."""
    lines = source_lines(session, path)
    width = max(4, len(str(len(lines))))
    return [
        Line(
            plain(text),
            "here" if first <= number <= last else "plain",
            f" {'>' if first <= number <= last else ' '} {number:>{width}}  ",
            ("", "-", number),
        )
        for number, text in enumerate(lines, 1)
    ]


def coloured(
    path: str, lines: Sequence[Line], around: int, is_wanted: Callable[[], bool]
) -> Iterator[Callable[[], dict[Place, Content]]]:
    """Yield calls that colour lines of a file, those around a place first, then all."""
    texts = [line.text for line in lines]
    near = [n for n in range(around - _NEAR, around + _NEAR) if 1 <= n <= len(lines)]
    for wanted in (near, None) if len(lines) > len(near) else (None,):
        yield partial(_coloured, path, texts, wanted, is_wanted)


def _coloured(
    path: str, texts: Sequence[str], wanted: Sequence[int] | None, is_wanted: Callable[[], bool]
) -> dict[Place, Content]:
    found = coloured_lines(path, texts, wanted, is_wanted)
    return {("", "-", number): content for number, content in found.items()}
