"""Which Python files hold a word: names are listed once, and only files that can hold it are searched."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from functools import cached_property

from harden.notes import WHOLE, holds

_RUN = re.compile(rb"\w+")
_BOUNDED = re.compile(rb"(?<=\W)\w+(?=\W)")


class Mentions:
    """The names in a project's Python files; `read` gives a file's bytes, the same each time."""

    def __init__(self, paths: Iterable[str], read: Callable[[str], bytes]) -> None:
        self._paths = tuple(path for path in paths if path.endswith(".py"))
        self._read = read

    def of(self, word: str) -> tuple[str, ...]:
        """Return the files whose text holds a word, in the way that a mark after it says (`notes.holds`)."""
        files = self._candidates(word)
        if WHOLE in word:
            return tuple(path for path in files if holds(self._read(path), word))
        text = word.encode("utf-8", "surrogatepass")
        return tuple(path for path in files if text in self._read(path))

    def _candidates(self, word: str) -> Iterable[str]:
        """Return the files with the rarest name that stands in the word as a whole, or all of them."""
        plain, mark, _ = word.partition(WHOLE)
        text = plain.encode("utf-8", "surrogatepass")
        names = _BOUNDED.findall(b" %b " % text if mark else text)
        return min((self._files.get(name, []) for name in names), key=len, default=self._paths)

    @cached_property
    def _files(self) -> dict[bytes, list[str]]:
        found: dict[bytes, list[str]] = {}
        for path in self._paths:
            for name in set(_RUN.findall(self._read(path))):
                found.setdefault(name, []).append(path)
        return found
