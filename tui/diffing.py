"""Turn hunks into lines, one below the other or side by side."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from harden.patches import Hunk, Row
from harden.tui.folding import folded, plain
from harden.tui.lines import Line, Mark, Place
from harden.tui.pairing import beside, compared

_KINDS = {"-": "removed", "+": "added", " ": "plain"}
_GAP = Line("", "gap")


@dataclass(frozen=True, slots=True)
class Look:
    """How a diff is laid out in so many columns."""

    width: int
    digits: int
    split: bool = False
    wrap: bool = True

    @property
    def halves(self) -> tuple[int, int]:
        """Return the columns of both halves, a rule between them."""
        return (self.width - 1) // 2, self.width - 1 - (self.width - 1) // 2


def header(
    hunk: Hunk, hunks: Sequence[Hunk], width: int, *, is_on: bool, is_current: bool, is_choice: bool
) -> Line:
    """Return the rule above a hunk with its number, and its box where it can be left out."""
    mark, kind = ("[*]", "also") if hunk.supports else ("[x]" if is_on else "[ ]", "hunk")
    mark = f" {mark}" if is_choice else "────"
    own = [h.index for h in hunks if h.supports == hunk.supports]
    title = f" {kind} {own.index(hunk.index) + 1}/{len(own)} "
    rule = "─" * max(2, width - len(title) - len(mark) - 1)
    return Line("", "current" if is_current else "header", f"{title}{rule}{mark}")


def digits_of(hunks: Sequence[Hunk]) -> int:
    """Return how wide line numbers are."""
    return len(str(max((n for h in hunks for row in h.rows for n in (row.old, row.new)), default=0)))


def hunk_lines(hunk: Hunk, look: Look, *, is_off: bool) -> tuple[list[Line], int]:
    """Return the lines of a hunk without its header, and which of them is the first changed one."""
    drawn = _Drawn(hunk, look, is_off=is_off)
    rows = drawn.side_by_side() if look.split else drawn.unified()
    lines: list[Line] = []
    first = -1
    for row, made in rows:
        if first < 0 and row.kind != " ":
            first = len(lines)
        lines += made
    return lines, max(0, first)


class _Drawn:
    """Draws one hunk."""

    def __init__(self, hunk: Hunk, look: Look, *, is_off: bool) -> None:
        self.hunk = hunk
        self.look = look
        self.is_off = is_off

    def unified(self) -> Iterator[tuple[Row, list[Line]]]:
        """Yield each row with its lines."""
        for row in self.hunk.rows:
            yield row, self._code(row, row.new if row.kind == "+" else row.old, self.look.width)

    def side_by_side(self) -> Iterator[tuple[Row, list[Line]]]:
        """Yield rows with their lines, what was at the left of what is."""
        left, right = self.look.halves
        for old, new in paired(self.hunk.rows):
            olds = self._code(old, old.old, left) if old is not None else []
            news = self._code(new, new.new, right) if new is not None else []
            count = max(len(olds), len(news))
            lefts = olds + [_GAP] * (count - len(olds))
            rights = news + [_GAP] * (count - len(news))
            if row := old or new:
                made = [replace(one, beside=other) for one, other in zip(lefts, rights, strict=True)]
                yield row, made

    def _code(self, row: Row, number: int, width: int) -> list[Line]:
        kind = "off" if self.is_off else _KINDS[row.kind]
        place = (self.hunk.path, "+", row.new) if row.kind == "+" else (self.hunk.path, "-", row.old)
        gutter = f" {row.kind} {number:>{self.look.digits}}  "
        line = Line(plain(row.text), kind, gutter, None if self.is_off else place)
        return folded(line, width) if self.look.wrap else [line]


def blocks(rows: Sequence[Row]) -> Iterator[tuple[list[Row], list[Row]]]:
    """Yield the removed and added rows of each changed run; a kept row is a run of its own, on both sides."""
    at = 0
    while at < len(rows):
        if rows[at].kind == " ":
            yield [rows[at]], [rows[at]]
            at += 1
            continue
        removed = at
        while at < len(rows) and rows[at].kind == "-":
            at += 1
        added = at
        while at < len(rows) and rows[at].kind == "+":
            at += 1
        yield list(rows[removed:added]), list(rows[added:at])


def paired(rows: Sequence[Row]) -> Iterator[tuple[Row | None, Row | None]]:
    """Yield the rows of a hunk side by side."""
    for removed, added in blocks(rows):
        several = max(len(removed), len(added)) > 1
        pairs = compared(_texts(removed), _texts(added)).pairs if several and removed and added else []
        yield from beside(removed, added, pairs)


def _texts(rows: Sequence[Row]) -> tuple[str, ...]:
    return tuple(plain(row.text) for row in rows)


def marks_of(hunk: Hunk) -> dict[Place, tuple[Mark, ...]]:
    """Return the changed words of a hunk."""
    found: dict[Place, tuple[Mark, ...]] = {}
    for removed, added in blocks(hunk.rows):
        if removed and added and removed[0].kind != " ":
            result = compared(_texts(removed), _texts(added))
            olds = zip(removed, result.removed, strict=True)
            news = zip(added, result.added, strict=True)
            found |= {(hunk.path, "-", row.old): marks for row, marks in olds}
            found |= {(hunk.path, "+", row.new): marks for row, marks in news}
    return found
