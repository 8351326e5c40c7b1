"""Colours for code: computed beside the screen, only for the lines that are shown."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from pygments.lexer import Lexer
from pygments.lexers import get_lexer_by_name, get_lexer_for_filename
from pygments.util import ClassNotFound
from textual.content import Content, Span
from textual.highlight import HighlightTheme

from harden.patches import Hunk, Patch, text_of
from harden.tui.diffing import marks_of
from harden.tui.folding import plain
from harden.tui.lines import Mark, Place

_MANY = 200
"""Lines that are coloured in one go; between them it is asked whether the colours are still wanted."""
_STRING = re.compile(
    r"""#[^\n]*|(\"{3}|'{3})(?:\\.|[^\\])*?(?:\1|\Z)|"(?:\\.|[^"\\\n])*"?|'(?:\\.|[^'\\\n])*'?""", re.DOTALL
)


def always() -> bool:
    """Want the colours whatever happens."""
    return True


@dataclass(frozen=True, slots=True)
class Changes:
    """What a worker found out about hunks: lines in colours, and the words that changed in them."""

    colours: Mapping[Place, Content]
    marks: Mapping[Place, tuple[Mark, ...]]


def changes_of(patch: Patch, hunks: Sequence[Hunk], is_wanted: Callable[[], bool] = always) -> Changes:
    """Find out what a diff is painted with, once its lines are on the screen."""
    marks: dict[Place, tuple[Mark, ...]] = {}
    for hunk in hunks:
        marks |= marks_of(hunk) if is_wanted() else {}
    return Changes(_colours(patch, hunks, is_wanted), marks)


def _colours(patch: Patch, hunks: Sequence[Hunk], is_wanted: Callable[[], bool]) -> dict[Place, Content]:
    """Colour the lines of hunks; strings are read from their start, so that they end where they end."""
    found: dict[Place, Content] = {}
    for edit in patch.edits:
        own = [hunk for hunk in hunks if hunk.path == edit.path]
        for side, data in (("-", edit.before), ("+", edit.after)):
            wanted = {
                row.old if side == "-" else row.new: row.text
                for hunk in own
                for row in hunk.rows
                if row.kind == side or (side == "-" and row.kind == " ")
            }
            if not wanted:
                continue
            lines = text_of(data).split("\n")[: max(wanted)]
            for number, text in wanted.items():
                lines[number - 1] = text
            coloured = coloured_lines(edit.path, lines, wanted, is_wanted)
            found |= {(edit.path, side, number): content for number, content in coloured.items()}
    return found


def coloured_lines(
    path: str,
    lines: Sequence[str],
    wanted: Collection[int] | None = None,
    is_wanted: Callable[[], bool] = always,
) -> dict[int, Content]:
    """Return lines of a file in colours, by 1-based number; nothing once they are not wanted any more."""
    shown = [plain(line) for line in lines]
    chosen = range(1, len(shown) + 1) if wanted is None else sorted(wanted)
    lexer = _lexer(path)
    spans: dict[int, list[Span]] = {}
    for first, last in _stretches(chosen, _strings(shown) if path.endswith(".py") else [(1, len(shown))]):
        if not is_wanted():
            return {}
        _colour(lexer, shown, first, last, spans)
    return {number: Content(shown[number - 1], spans.get(number)) for number in chosen}


def _colour(lexer: Lexer, lines: Sequence[str], first: int, last: int, spans: dict[int, list[Span]]) -> None:
    """Add the spans of the lines from `first` to `last`."""
    number, column = first, 0
    for _, kind, value in lexer.get_tokens_unprocessed("\n".join(lines[first - 1 : last]) + "\n"):
        style = _style(kind)
        for at, piece in enumerate(value.split("\n")):
            if at:
                number, column = number + 1, 0
            if piece and style:
                spans.setdefault(number, []).append(Span(column, column + len(piece), style))
            column += len(piece)


def _strings(lines: Sequence[str]) -> list[tuple[int, int]]:
    """Return the first and last lines of strings over several lines: colours begin outside of them."""
    text = "\n".join(lines)
    found: list[tuple[int, int]] = []
    number = at = 0
    for match in _STRING.finditer(text):
        if "\n" in match[0]:
            number += text.count("\n", at, match.start())
            at = match.start()
            found.append((number + 1, number + 1 + match[0].count("\n")))
    return found


def _stretches(chosen: Sequence[int], whole: Sequence[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Yield runs of lines that hold all the chosen ones; what is `whole` is read from its start."""
    start = end = 0
    for number in chosen:
        at = bisect_right(whole, (number, len(chosen) + number)) - 1
        first = whole[at][0] if at >= 0 and number <= whole[at][1] else number
        if (start and first > end + 1) or end - start > _MANY:
            yield start, end
            start = 0
        start, end = start or first, number
    if start:
        yield start, end


def _lexer(path: str) -> Lexer:
    try:
        return get_lexer_by_name("python") if path.endswith(".py") else get_lexer_for_filename(path)
    except ClassNotFound:
        return get_lexer_by_name("text")


@lru_cache(maxsize=512)
def _style(kind: tuple[str, ...]) -> str:
    """Return Textual's style of a token; errors have none, as a part of a file may be no whole program."""
    while kind:
        if kind[-1:] == ("Error",):
            return ""
        if kind in HighlightTheme.STYLES:
            return HighlightTheme.STYLES[kind]
        kind = kind[:-1]
    return ""
