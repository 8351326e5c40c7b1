"""The lines of the Code tab."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.content import Content

from harden.tui.diffing import coloured_lines
from harden.tui.lines import Line
from harden.tui.previews import source_lines

if TYPE_CHECKING:
    from harden.session import Session


def code_lines(session: Session, path: str, first: int, last: int) -> list[Line]:
    """Return a whole file with the lines of a finding marked. Raises UnreadableSource."""
    lines = coloured_lines(path, source_lines(session, path))
    width = max(4, len(str(len(lines))))
    return [
        Line(
            Content.styled(f" {'>' if first <= number <= last else ' '} {number:>{width}}  ", "$text-muted")
            + text,
            "here" if first <= number <= last else "plain",
        )
        for number, text in enumerate(lines, 1)
    ]
