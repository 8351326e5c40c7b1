"""Names and titles as words."""

from __future__ import annotations

import re
from functools import lru_cache

_WORD = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|\d+")


@lru_cache(maxsize=4096)
def words_of(name: str) -> tuple[str, ...]:
    """Split `snake_case`, `camelCase` and `kebab-case` into lower-case words."""
    return tuple(word.lower() for word in _WORD.findall(name))


def inside_sentence(title: str) -> str:
    """Return a title without its capital, unless it begins with an abbreviation such as HTTP."""
    return title if title[1:2].isupper() else title[:1].lower() + title[1:]
