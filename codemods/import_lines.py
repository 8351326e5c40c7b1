"""Lines of imports: what one is, and how one more name is written into it."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from dataclasses import dataclass

_LIMIT = 88
"""Longest import line that is extended by one more name; the most common limit of formatters."""
_BLOCK = re.compile(r"from [\w.]+ import \((?:\r\n?|\n)(?:[ \t]+\w+(?: as \w+)?,(?:\r\n?|\n))+\)")
"""A `from` import with one name a line and a trailing comma, as formatters write it."""

ImportStatement = ast.Import | ast.ImportFrom


@dataclass(frozen=True, slots=True)
class LineEdit:
    """Replace original lines `first`..`last` (1-based, inclusive) by `text`; `last` = `first` - 1 inserts."""

    first: int
    last: int
    text: str


@dataclass(frozen=True, slots=True)
class NewImport:
    """An import to add: a module, or a name from one."""

    module: str
    name: str

    @property
    def bound(self) -> str:
        """The name that it binds."""
        return self.name or self.module.partition(".")[0]

    @property
    def path(self) -> str:
        """The dotted path that the bound name stands for."""
        return f"{self.module}.{self.name}" if self.name else self.bound

    @property
    def code(self) -> str:
        """The statement."""
        return f"from {self.module} import {self.name}" if self.name else f"import {self.module}"


def with_name(text: str, name: str, newline: str) -> str:
    """Return a `from` import with one more name, or an empty string where that would spoil its layout."""
    if _BLOCK.fullmatch(text):
        head, *lines, end = text.split(newline)
        indent = lines[0][: len(lines[0]) - len(lines[0].lstrip())]
        names = _inserted([line.strip().rstrip(",") for line in lines], name)
        return newline.join([head, *(f"{indent}{part}," for part in names), end])
    if any(mark in text for mark in "(\\;*\r\n#"):
        return ""
    head, _, names_text = text.partition(" import ")
    parts = _inserted([part.strip() for part in names_text.split(",")], name)
    text = f"{head} import {', '.join(parts)}"
    return text if len(text) <= _LIMIT else ""


def _inserted(parts: list[str], name: str) -> list[str]:
    """Add a name to an import list: in isort's or plain order if it is in that order, else at the end."""
    keys: tuple[Callable[[str], tuple[int, str]], ...] = (_isort_key, _plain_key)
    for key in keys:
        if parts == sorted(parts, key=key):
            return sorted([*parts, name], key=key)
    return [*parts, name]


def _isort_key(part: str) -> tuple[int, str]:
    name = part.partition(" ")[0]
    return (0 if name.isupper() and len(name) > 1 else 1 if name[:1].isupper() else 2), name.lower()


def _plain_key(part: str) -> tuple[int, str]:
    return 0, part.partition(" ")[0].lower()
