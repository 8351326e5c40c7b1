"""The words that a name is made of."""

from __future__ import annotations

import re
from functools import lru_cache

_WORD = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|\d+")


@lru_cache(maxsize=4096)
def words_of(name: str) -> tuple[str, ...]:
    """Split `snake_case`, `camelCase` and `kebab-case` into lower-case words."""
    return tuple(word.lower() for word in _WORD.findall(name))
