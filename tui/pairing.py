"""What changed within lines: words that are gone or new, and which lines stand for each other."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from functools import lru_cache
from itertools import zip_longest
from typing import NamedTuple, TypeVar

from harden.tui.lines import Mark

T = TypeVar("T")

_TOKEN = re.compile(r"\w+|[^\w\s]")
_LONG = 500
"""Characters from which on a line is not looked into."""
_MANY = 60_000
"""Pairs of tokens up to which a block is compared; the effort grows with their number."""
_IN_COMMON = 0.5
"""The part of the shorter line's words that two lines must share to be alike."""


class _Token(NamedTuple):
    text: str
    line: int
    start: int
    end: int

    @property
    def weight(self) -> int:
        return len(self.text) if self.text.isalnum() or "_" in self.text else 0


@dataclass(slots=True)
class Compared:
    """The changed characters of each line of both sides, and the pairs of lines, both in rising order."""

    removed: list[tuple[Mark, ...]]
    added: list[tuple[Mark, ...]]
    pairs: list[tuple[int, int]] = field(default_factory=list)


@lru_cache(maxsize=256)
def compared(removed: tuple[str, ...], added: tuple[str, ...]) -> Compared:
    """Compare the lines of a changed block word by word, wherever in the block a word went."""
    result = Compared([()] * len(removed), [()] * len(added))
    old, new = list(_tokens(removed)), list(_tokens(added))
    if not old or not new or len(old) * len(new) > _MANY:
        return result
    matcher = SequenceMatcher(None, [t.text for t in old], [t.text for t in new], autojunk=False)
    kept_old: set[int] = set()
    kept_new: set[int] = set()
    shared: Counter[tuple[int, int]] = Counter()
    for block in matcher.get_matching_blocks():
        for at in range(block.size):
            one, other = old[block.a + at], new[block.b + at]
            kept_old.add(block.a + at)
            kept_new.add(block.b + at)
            shared[one.line, other.line] += one.weight
    weights, new_weights = _weights(old), _weights(new)
    alike = [
        (i, j)
        for (i, j), weight in sorted(shared.items())
        if weight and weight >= _IN_COMMON * min(weights[i], new_weights[j])
    ]
    result.removed = _marks(removed, old, kept_old, {i for i, _ in alike})
    result.added = _marks(added, new, kept_new, {j for _, j in alike})
    for i, j in alike:  # first come, first served
        if not result.pairs or (i > result.pairs[-1][0] and j > result.pairs[-1][1]):
            result.pairs.append((i, j))
    return result


def beside(
    removed: Sequence[T], added: Sequence[T], pairs: Sequence[tuple[int, int]]
) -> Iterator[tuple[T | None, T | None]]:
    """Yield the lines of a block side by side: pairs in one row, the others in order between them."""
    at, at_new = 0, 0
    for i, j in [*pairs, (len(removed), len(added))]:
        yield from zip_longest(removed[at:i], added[at_new:j])
        if i < len(removed):
            yield removed[i], added[j]
        at, at_new = i + 1, j + 1


def _tokens(lines: Sequence[str]) -> Iterator[_Token]:
    for number, line in enumerate(lines):
        if len(line) <= _LONG:
            for match in _TOKEN.finditer(line):
                yield _Token(match[0], number, match.start(), match.end())


def _weights(tokens: Sequence[_Token]) -> Counter[int]:
    weights: Counter[int] = Counter()
    for token in tokens:
        weights[token.line] += token.weight
    return weights


def _marks(
    lines: Sequence[str], tokens: Sequence[_Token], kept: set[int], alike: set[int]
) -> list[tuple[Mark, ...]]:
    """Return the marks of each line that is like one of the other side."""
    found: list[list[Mark]] = [[] for _ in lines]
    for at, token in enumerate(tokens):
        if at in kept or token.line not in alike:
            continue
        marks = found[token.line]
        if marks and at - 1 not in kept and not lines[token.line][marks[-1][1] : token.start].strip():
            marks[-1] = (marks[-1][0], token.end)
        else:
            marks.append((token.start, token.end))
    return [tuple(marks) for marks in found]
