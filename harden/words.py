"""Names, titles, numbers and lists as words."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

_WORD = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|\d+")


@lru_cache(maxsize=4096)
def words_of(name: str) -> tuple[str, ...]:
    """Split `snake_case`, `camelCase` and `kebab-case` into lower-case words."""
    return tuple(word.lower() for word in _WORD.findall(name))


def inside_sentence(title: str) -> str:
    """Return a title without its capital, unless it begins with an abbreviation such as HTTP."""
    return title if title[1:2].isupper() else title[:1].lower() + title[1:]


def plural(count: int, noun: str, several: str = "") -> str:
    """Return `1 file`, `2 files`; `several` is the plural where an s does not make it."""
    return f"{count} {noun}" if count == 1 else f"{count} {several or noun + 's'}"


def shortened(lines: Sequence[str], most: int) -> list[str]:
    """Return the first lines, indented, and how many more there are."""
    more = [f"  and {len(lines) - most} more"] if len(lines) > most else []
    return [*(f"  {line}" for line in lines[:most]), *more]
