"""Turn hunks into lines: plain at once, coloured when a worker has done it."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Iterator, Mapping, Sequence
from difflib import SequenceMatcher
from itertools import accumulate

from rich.cells import cell_len
from textual.content import Content, Span
from textual.highlight import HighlightTheme, guess_language, highlight

from harden.module import split_lines
from harden.patches import Hunk, Patch, Row, text_of
from harden.tui.lines import Line

_LONG = 500
Colours = Mapping[tuple[str, str, int], Content]
"""Coloured text by (path, `-` or `+`, 1-based line); kept lines count as `-`."""


def plain(text: str) -> str:
    """Return a line of a file without its end, tabs widened and control characters made visible."""
    shown = text.rstrip("\r\n").expandtabs(4)
    return "".join(c if c.isprintable() else "·" if c != "\f" else "^L" for c in shown)


def diff_lines(
    hunks: Sequence[Hunk],
    chosen: Collection[int],
    current: int,
    width: int,
    colours: Colours | None = None,
) -> tuple[list[Line], dict[int, tuple[int, int]]]:
    """Return the lines of a diff, and for each hunk its first line and its number of lines."""
    lines: list[Line] = []
    places: dict[int, tuple[int, int]] = {}
    shown = ""
    digits = len(str(max((n for h in hunks for row in h.rows for n in (row.old, row.new)), default=0)))
    several = len({hunk.path for hunk in hunks}) > 1
    for hunk in hunks:
        if several and hunk.path != shown:
            lines += [Line(Content("")), Line(Content(f" {hunk.path}"), "note")] if lines else []
            if not shown:
                lines.append(Line(Content(f" {hunk.path}"), "note"))
            shown = hunk.path
        first = len(lines)
        lines.append(_header(hunk, hunks, chosen, current, width))
        off = hunk.index not in chosen and not hunk.supports
        for row in hunk.rows:
            lines += _row(row, hunk, off, colours, digits, width)
        places[hunk.index] = (first, len(lines) - first)
    return lines, places


def _header(hunk: Hunk, hunks: Sequence[Hunk], chosen: Collection[int], current: int, width: int) -> Line:
    if hunk.supports:
        mark, kind = "[*]", "also"
    else:
        mark, kind = ("[x]" if hunk.index in chosen else "[ ]"), "hunk"
    own = [h for h in hunks if h.supports == hunk.supports]
    title = f" {kind} {own.index(hunk) + 1}/{len(own)} "
    rule = "─" * max(2, width - len(title) - len(mark) - 2)
    return Line(Content(f"{title}{rule} {mark}"), "current" if hunk.index == current else "header")


def _row(row: Row, hunk: Hunk, off: bool, colours: Colours | None, digits: int, width: int) -> Iterator[Line]:
    """Yield a line of code, folded where it is longer than the pane: a change must be seen."""
    number = row.new if row.kind == "+" else row.old
    kind = "off" if off else {"-": "removed", "+": "added", " ": "plain"}[row.kind]
    gutter = f" {row.kind} {number:>{digits}}  "
    side = "+" if row.kind == "+" else "-"
    body = None if off or colours is None else colours.get((hunk.path, side, number))
    text = body if body is not None else Content(plain(row.text))
    for part in folded(text, width - len(gutter)):
        yield Line(Content.styled(gutter, "$text-muted" if kind == "plain" else "") + part, kind)
        gutter = " " * len(gutter)


def folded(text: Content, width: int) -> list[Content]:
    """Return a line in pieces that fit; the later ones keep its indent where there is room."""
    if text.cell_length <= width or width < 8:
        return [text]
    indent = len(text.plain) - len(text.plain.lstrip()) + 4
    indent = indent if indent < width // 2 else 0
    first, rest = text.divide([_break(text.plain, width)])
    pieces = [first]
    while rest:
        room = width - indent
        if rest.cell_length <= room:
            pieces.append(Content(" " * indent) + rest)
            break
        piece, rest = rest.divide([_break(rest.plain, room)])
        pieces.append(Content(" " * indent) + piece)
    return pieces


def _break(text: str, width: int) -> int:
    """Return where to fold: after a mark in the last half, else where the room ends."""
    cells = list(accumulate(map(cell_len, text)))
    end = bisect_right(cells, width)
    for at in range(end, max(1, end // 2), -1):
        if not (text[at - 1].isalnum() or text[at - 1] in "_.'\""):
            return at
    return max(1, end)


def colours_of(patch: Patch, hunks: Sequence[Hunk]) -> Colours:
    """Colour the lines of hunks; whole files are read, so that strings end where they end."""
    found: dict[tuple[str, str, int], Content] = {}
    for edit in patch.edits:
        own = [hunk for hunk in hunks if hunk.path == edit.path]
        for side, data in (("-", edit.before), ("+", edit.after)):
            lines = split_lines(text_of(data))
            wanted = {
                number: row.text
                for hunk in own
                for row in hunk.rows
                if row.kind in (" ", side)
                for number in [row.old if side == "-" else row.new]
            }
            for number, text in wanted.items():
                lines[number - 1] = text
            coloured = coloured_lines(edit.path, lines)
            found |= {(edit.path, side, number): coloured[number - 1] for number in wanted}
        for hunk in own:
            for removed, added in _pairs(hunk.rows):
                _mark_changes(found, hunk.path, removed, added)
    return found


def coloured_lines(path: str, lines: Sequence[str]) -> list[Content]:
    """Return a file's lines in colours."""
    text = "\n".join(plain(line) for line in lines)
    language = "python" if path.endswith(".py") else guess_language("", path)
    coloured = highlight(text, language=language, theme=_Theme).split("\n", allow_blank=True)
    return coloured + [Content("")] * (len(lines) - len(coloured))


class _Theme(HighlightTheme):
    """Textual's colours without red marks: a part of a file may be no whole program."""


_Theme.STYLES = {kind: style for kind, style in HighlightTheme.STYLES.items() if kind[-1:] != ("Error",)}


def _pairs(rows: Sequence[Row]) -> Iterator[tuple[Row, Row]]:
    """Yield removed lines with the added ones that stand for them."""
    at = 0
    while at < len(rows):
        removed = at
        while at < len(rows) and rows[at].kind == "-":
            at += 1
        added = at
        while at < len(rows) and rows[at].kind == "+":
            at += 1
        yield from zip(rows[removed:added], rows[added:at], strict=False)
        at = max(at, removed + 1)


def _mark_changes(found: dict[tuple[str, str, int], Content], path: str, removed: Row, added: Row) -> None:
    old, new = plain(removed.text), plain(added.text)
    if max(len(old), len(new)) > _LONG:
        return
    matcher = SequenceMatcher(None, old, new, autojunk=False)
    if matcher.ratio() < 0.5:
        return
    for tag, a, b, c, d in matcher.get_opcodes():
        if tag == "equal":
            continue
        for key, start, end, style in (
            ((path, "-", removed.old), a, b, "on $error 30%"),
            ((path, "+", added.new), c, d, "on $success 30%"),
        ):
            if key in found and end > start:
                found[key] = found[key].add_spans([Span(start, end, style)])
