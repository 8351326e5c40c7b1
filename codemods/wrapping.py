"""Break lines that an edit made too long, the way black and ruff break them."""

from __future__ import annotations

import configparser
import io
import keyword
import tokenize
import tomllib
from dataclasses import dataclass
from itertools import pairwise

from harden.errors import UnreadableSource
from harden.module import Module, split_lines
from harden.project import Project

DEFAULT_LIMIT = 88
_MOST = 120
"""A file without a configured limit is measured by its own longest line, but not above this."""
_OPEN, _CLOSE = "([{", ")]}"
_LAYOUT = frozenset({tokenize.INDENT, tokenize.DEDENT, tokenize.NL, tokenize.COMMENT, tokenize.ENDMARKER})


def line_limit(module: Module) -> int:
    """Return the longest line the project allows: its formatter's setting, else what the file itself does."""
    configured = _configured(module.project)
    if configured:
        return configured
    longest = max((len(line.rstrip()) for line in module.lines), default=0)
    return max(DEFAULT_LIMIT, min(longest, _MOST))


def wrapped(text: str, before: str, limit: int) -> str:
    """Return `text` with each line that `before` lacks and that exceeds `limit` broken at its last brackets.

    Lines that are only a part of a statement, or have no brackets to break at, stay as they are.
    """
    known = {line.strip() for line in split_lines(before)}
    lines = split_lines(text)
    long = {
        number
        for number, line in enumerate(lines, 1)
        if len(line.rstrip()) > limit and line.strip() not in known
    }
    if not long:
        return text
    for tokens in _one_line_statements(text):
        number = tokens[0].start[0]
        if number in long:
            lines[number - 1] = _broken(lines[number - 1], limit)
    return "".join(lines)


@dataclass(frozen=True, slots=True)
class _Brackets:
    """Columns of a bracket pair and of the commas directly inside it; `splits`: one may end the last item."""

    open: int
    close: int
    commas: tuple[int, ...]
    splits: bool


def _one_line_statements(text: str) -> list[list[tokenize.TokenInfo]]:
    """Return the tokens of each logical line that stands on one physical line."""
    found: list[list[tokenize.TokenInfo]] = []
    current: list[tokenize.TokenInfo] = []
    try:
        for token in tokenize.generate_tokens(io.StringIO(text).readline):
            if token.type == tokenize.NEWLINE:
                one_line = current and current[0].start[0] == token.start[0]
                if one_line and not _has_second_part(current):
                    found.append(current)
                current = []
            elif token.type not in _LAYOUT:
                current.append(token)
    except (tokenize.TokenError, SyntaxError):
        return found
    return found


def _has_second_part(tokens: list[tokenize.TokenInfo]) -> bool:
    """Tell whether a line holds two statements: `a; b`, or a body after a colon."""
    depth = 0
    for token in tokens[:-1]:
        depth += (token.string in _OPEN) - (token.string in _CLOSE) if token.type == tokenize.OP else 0
        if depth == 0 and (
            token.string == ";" or (token.string == ":" and keyword.iskeyword(tokens[0].string))
        ):
            return True
    return False


def _last_brackets(tokens: list[tokenize.TokenInfo]) -> _Brackets | None:
    """Return the last outermost bracket pair with something in it."""
    best: _Brackets | None = None
    depth, opened, has_for = 0, 0, False
    commas: list[int] = []
    for at, token in enumerate(tokens):
        if token.string in _OPEN and token.type == tokenize.OP:
            if depth == 0:
                opened, commas, has_for = at, [], False
            depth += 1
        elif token.string in _CLOSE and token.type == tokenize.OP:
            depth -= 1
            if depth == 0 and at > opened + 1:
                splits = not has_for and _takes_comma(tokens, opened)
                best = _Brackets(tokens[opened].start[1], token.start[1], tuple(commas), splits)
        elif depth == 1 and token.string == ",":
            commas.append(token.start[1])
        elif depth == 1 and token.string == "for":
            has_for = True
    return best


def _takes_comma(tokens: list[tokenize.TokenInfo], opened: int) -> bool:
    """Tell whether a comma after the last item changes nothing: in calls, lists and dicts."""
    before = tokens[opened - 1] if opened else None
    follows_value = before is not None and (
        (before.type == tokenize.NAME and not keyword.iskeyword(before.string)) or before.string in (")", "]")
    )
    return follows_value if tokens[opened].string == "(" else not follows_value


def _broken(line: str, limit: int) -> str:
    """Break a line at its last brackets; parts that are still too long are broken again."""
    pair = _last_brackets(_tokens(line))
    if pair is None:
        return line
    body_line = line.rstrip("\r\n")
    end = line[len(body_line) :]
    indent = body_line[: len(body_line) - len(body_line.lstrip())]
    inner = indent + ("\t" if indent.endswith("\t") else "    ")
    head, tail = body_line[: pair.open + 1], indent + body_line[pair.close :]
    items = [body_line[pair.open + 1 : pair.close].strip()]
    if (len(inner) + len(items[0]) > limit or items[0].endswith(",")) and pair.splits:
        cuts = [pair.open, *pair.commas, pair.close]
        items = [body_line[a + 1 : b].strip() for a, b in pairwise(cuts)]
        items = [f"{item}," for item in items if item]
    parts = [inner + item + end for item in items]
    parts = [_broken(part, limit) if len(part.rstrip()) > limit else part for part in parts]
    return "".join([head + end, *parts, tail + end])


def _tokens(line: str) -> list[tokenize.TokenInfo]:
    try:
        found = list(tokenize.generate_tokens(io.StringIO(line).readline))
    except (tokenize.TokenError, SyntaxError):
        return []
    return [token for token in found if token.type not in _LAYOUT and token.type != tokenize.NEWLINE]


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
