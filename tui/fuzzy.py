"""Find among thousands of names by a few letters, between two key presses."""

from __future__ import annotations

import heapq
import re
from collections.abc import Sequence
from dataclasses import dataclass

_MOST = 60
"""How many are shown: nobody reads more, and each costs time to draw."""


@dataclass(frozen=True, slots=True)
class Match:
    """Which candidate, how well, and which of its characters."""

    index: int
    score: float
    at: tuple[int, ...]


class Candidates:
    """Names in lower case, ready to be searched as often as a key is pressed."""

    def __init__(self, names: Sequence[str]) -> None:
        self._names = [_lower(name) for name in names]
        self._marked = [_marked(name) for name in self._names]

    def search(self, query: str) -> list[Match]:
        """Return the best matches, best first: every word is in the name, or its letters in their order."""
        words = _lower(query).split()
        if not words:
            return []
        pool: Sequence[int] = range(len(self._names))
        scores: dict[int, float] = dict.fromkeys(pool, 0.0)
        for word in words:
            worth = self._worth(word, pool)
            scores = {index: scores[index] + worth[index] for index in worth}
            pool = list(scores)
        names = self._names
        best = heapq.nsmallest(_MOST, pool, key=lambda index: (-scores[index], len(names[index]), index))
        return [
            Match(index, scores[index] - at / 1000, _letters(names[index], words))
            for at, index in enumerate(best)
        ]

    def _worth(self, word: str, pool: Sequence[int]) -> dict[int, float]:
        """Return how well a word matches which names.

        The beginning of a word is best. Letters that are scattered count where little else matches.
        """
        names, marked = self._names, self._marked
        begin = _marked(word)
        worth = {index: 4.0 if begin in marked[index] else 3.0 for index in pool if word in names[index]}
        if len(worth) < _MOST:
            scattered = re.compile("".join(f"[^{re.escape(c)}]*{re.escape(c)}" for c in word)).match
            found = {index: match for index in pool if (match := scattered(names[index]))}
            for index, match in found.items():
                start = names[index].index(word[0])
                worth.setdefault(index, 1 + len(word) / (match.end() - start))
        return worth


def _lower(name: str) -> str:
    """Return lower case of the same length: a few letters have a longer one."""
    lower = name.lower()
    return lower if len(lower) == len(name) else "".join(c.lower()[:1] for c in name)


def _marked(name: str) -> str:
    """Return a name with a mark where its words begin."""
    return "\0" + re.sub(r"[\W_]+", "\0", name)


def _letters(name: str, words: Sequence[str]) -> tuple[int, ...]:
    """Return the characters of a name that the words account for."""
    at: set[int] = set()
    for word in words:
        start = name.find(word)
        if start >= 0:
            at.update(range(start, start + len(word)))
            continue
        place = -1
        for letter in word:
            place = name.find(letter, place + 1)
            at.add(place)
    return tuple(sorted(at))
