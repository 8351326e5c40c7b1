"""How long a line of a file may be."""

from __future__ import annotations

import configparser
import tomllib
from functools import lru_cache
from itertools import pairwise

from harden.codemods.logical_lines import CLOSE, OPEN, statements
from harden.errors import UnreadableSource
from harden.module import Module
from harden.project import Project

DEFAULT_LIMIT = 88
_MOST = 120
"""A file without a configured limit is measured by its own longest breakable line, but not above this."""


def line_limit(module: Module) -> int:
    """Return the longest line the project allows: its formatter's setting, else what the file itself does."""
    configured = _configured(module.project)
    if configured:
        return configured
    return max(DEFAULT_LIMIT, min(_longest(module.text), _MOST))


@lru_cache(maxsize=8)
def _longest(text: str) -> int:
    """Return the length of the longest line that a formatter could have broken: no lone text, no comment."""
    lengths = [0]
    for tokens in statements(text):
        breakable: set[int] = set()
        for token, after in pairwise(tokens):
            line = token.start[0]
            if token.string in ("import", "and", "or") or (
                token.string in OPEN and after.start[0] == line and after.string not in CLOSE
            ):
                breakable.add(line)
        ends = {token.end[0]: token.end[1] for token in tokens if token.start[0] == token.end[0]}
        lengths += [ends[line] for line in breakable & set(ends)]
    return max(lengths)


def _configured(project: Project) -> int:
    """Return the line length that ruff, black or flake8 is configured with, 0 where none is."""
    for name in ("ruff.toml", ".ruff.toml", "pyproject.toml"):
        table = _toml(project, name)
        tools = table.get("tool") if name == "pyproject.toml" else {"ruff": table}
        for tool in ("ruff", "black"):
            section = tools.get(tool) if isinstance(tools, dict) else None
            length = section.get("line-length") if isinstance(section, dict) else None
            if isinstance(length, int):
                return length
    for name in ("setup.cfg", ".flake8", "tox.ini"):
        parser = configparser.ConfigParser(interpolation=None)
        try:
            parser.read_string(_text(project, name))
            return parser.getint("flake8", "max-line-length")
        except (configparser.Error, ValueError):
            continue
    return 0


def _toml(project: Project, name: str) -> dict[str, object]:
    try:
        return tomllib.loads(_text(project, name))
    except tomllib.TOMLDecodeError:
        return {}


def _text(project: Project, name: str) -> str:
    try:
        return project.read(name).decode(errors="replace") if project.exists(name) else ""
    except UnreadableSource:
        return ""
