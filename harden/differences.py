"""What differs between two texts, line by line, and the merge of two changes of one text."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Hashable, Iterator, Sequence
from difflib import SequenceMatcher
from typing import TypeVar

Line = TypeVar("Line", bound=Hashable)
Block = tuple[int, int, int, int]
"""Old start, old end, new start, new end of a changed run of lines, 0-based, ends exclusive."""
Edit = tuple[int, int, bytes]
"""Start, end (exclusive) and new text of replaced lines, 0-based."""

_PATIENT = 2000
"""Lines up to which a stretch without unique lines is compared exactly; the effort grows with the square."""


def changed_blocks(old: Sequence[Line], new: Sequence[Line]) -> list[Block]:
    """Return every changed run of lines.

    Lines that occur once on either side anchor the comparison, so that the result follows the
    structure of the text, and that long files are quick.
    """
    head = 0
    while head < min(len(old), len(new)) and old[head] == new[head]:
        head += 1
    tail = 0
    while tail < min(len(old), len(new)) - head and old[-1 - tail] == new[-1 - tail]:
        tail += 1
    ends = (len(old) - tail, len(new) - tail)
    found: list[Block] = []
    at, at_new = head, head
    for anchor, anchor_new in [*_anchors(old, new, (head, ends[0], head, ends[1])), ends]:
        found += _compared(old, new, (at, anchor, at_new, anchor_new))
        at, at_new = anchor + 1, anchor_new + 1
    return found


def _anchors(old: Sequence[Line], new: Sequence[Line], within: Block) -> list[tuple[int, int]]:
    """Return the longest rising chain of line pairs that are unique in both stretches."""
    unique = _unique(old, within[0], within[1])
    unique_new = _unique(new, within[2], within[3])
    pairs = [(at, unique_new[line]) for line, at in unique.items() if line in unique_new]
    ends: list[int] = []
    last: list[int] = []
    before: list[int] = []
    for number, (_, at_new) in enumerate(pairs):
        length = bisect_left(ends, at_new)
        ends[length : length + 1] = [at_new]
        last[length : length + 1] = [number]
        before.append(last[length - 1] if length else -1)
    chain: list[tuple[int, int]] = []
    number = last[-1] if last else -1
    while number >= 0:
        chain.append(pairs[number])
        number = before[number]
    return chain[::-1]


def _unique(lines: Sequence[Line], start: int, end: int) -> dict[Line, int]:
    counts = Counter(lines[start:end])
    return {line: at for at, line in enumerate(lines[start:end], start) if counts[line] == 1}


def _compared(old: Sequence[Line], new: Sequence[Line], within: Block) -> Iterator[Block]:
    a, b, c, d = within
    if a == b or c == d:
        if a < b or c < d:
            yield within
        return
    matcher = SequenceMatcher(None, old[a:b], new[c:d], autojunk=max(b - a, d - c) > _PATIENT)
    for tag, i, j, k, m in matcher.get_opcodes():
        if tag != "equal":
            yield a + i, a + j, c + k, c + m


def merge(ours: bytes, base: bytes, theirs: bytes, *, touching: bool = False) -> bytes | None:
    """Merge two changes of `base` line by line; None where they overlap, or touch and may not."""
    if ours in (base, theirs):
        return theirs
    if theirs == base:
        return ours
    lines = base.splitlines(keepends=True)
    edits = sorted({*_edits(lines, ours), *_edits(lines, theirs)}, key=lambda edit: edit[:2])
    merged: list[bytes] = []
    at = 0
    for number, (start, end, text) in enumerate(edits):
        if number and not _apart(edits[number - 1], (start, end, text), touching=touching):
            return None
        merged += [*lines[at:start], text]
        at = end
    return b"".join([*merged, *lines[at:]])


def _apart(edit: Edit, later: Edit, *, touching: bool) -> bool:
    """Tell whether two edits of a text can both be made; of two insertions at one place none is the first."""
    return edit[1] < later[0] or (touching and edit[1] == later[0] and edit[:2] != later[:2])


def _edits(base: list[bytes], changed: bytes) -> set[Edit]:
    new = changed.splitlines(keepends=True)
    return {(a, b, b"".join(new[c:d])) for a, b, c, d in changed_blocks(base, new)}
