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
    """Return `text` with each line that `before` lacks and that exceeds `limit` broken.

    A statement on one line is broken at its chain of calls or its last brackets, arguments that stand
    together on one line get a line each. What has no such place stays as it is.
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
    for tokens in _statements(text):
        first, last = tokens[0].start[0], tokens[-1].end[0]
        if first == last and first in long and not _has_second_part(tokens):
            lines[first - 1] = _broken(lines[first - 1], limit)
        for number in long & set(range(first + 1, last)):
            lines[number - 1] = _broken_inside(lines[number - 1], tokens, number, limit)
    return "".join(lines)


@dataclass(frozen=True, slots=True)
class _Brackets:
    """Columns of a bracket pair and of the commas directly inside it; `splits`: one may end the last item."""

    open: int
    close: int
    commas: tuple[int, ...]
    splits: bool


def _statements(text: str) -> list[list[tokenize.TokenInfo]]:
    """Return the tokens of each logical line."""
    found: list[list[tokenize.TokenInfo]] = []
    current: list[tokenize.TokenInfo] = []
    try:
        for token in tokenize.generate_tokens(io.StringIO(text).readline):
            if token.type == tokenize.NEWLINE:
                found += [current] if current else []
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
    depth, opened = 0, 0
    for at, token in enumerate(tokens):
        if token.type != tokenize.OP:
            continue
        if token.string in _OPEN:
            opened = at if depth == 0 else opened
            depth += 1
        elif token.string in _CLOSE:
            depth -= 1
            if depth == 0 and at > opened + 1:
                commas, has_for = _commas(tokens[opened + 1 : at])
                splits = not has_for and _takes_comma(tokens, opened)
                best = _Brackets(tokens[opened].start[1], token.start[1], tuple(commas), splits)
    return best


def _takes_comma(tokens: list[tokenize.TokenInfo], opened: int) -> bool:
    """Tell whether a comma after the last item changes nothing: in calls, lists and dicts."""
    before = tokens[opened - 1] if opened else None
    follows_value = before is not None and (
        (before.type == tokenize.NAME and not keyword.iskeyword(before.string)) or before.string in (")", "]")
    )
    return follows_value if tokens[opened].string == "(" else not follows_value


def _broken(line: str, limit: int) -> str:
    """Break a line at its chain of calls or its last brackets; parts still too long are broken again."""
    tokens = _tokens(line)
    body_line = line.rstrip("\r\n")
    end = line[len(body_line) :]
    indent = body_line[: len(body_line) - len(body_line.lstrip())]
    inner = indent + ("\t" if indent.endswith("\t") else "    ")
    if links := _chain(tokens):
        cuts = [*links, tokens[-1].end[1]]
        items = [body_line[a:b].strip() for a, b in pairwise(cuts)]
        head, tail = body_line[: links[0]] + "(", f"{indent}){body_line[cuts[-1] :]}"
    elif pair := _last_brackets(tokens):
        head, tail = body_line[: pair.open + 1], indent + body_line[pair.close :]
        items = [body_line[pair.open + 1 : pair.close].strip()]
        is_display = body_line[pair.open] != "("
        several = pair.splits and (pair.commas or is_display)
        is_full = is_display and pair.commas  # a list, set or dict is never half open
        if several and (is_full or len(inner) + len(items[0]) > limit or items[0].endswith(",")):
            items = _with_commas(body_line, [pair.open, *pair.commas, pair.close])
        elif len(inner) + len(items[0]) > limit:
            items = _clauses(items[0])
    else:
        return line
    parts = [inner + item + end for item in items]
    parts = [_broken(part, limit) if len(part.rstrip()) > limit else part for part in parts]
    return "".join([head + end, *parts, tail + end])


def _broken_inside(line: str, tokens: list[tokenize.TokenInfo], number: int, limit: int) -> str:
    """Give each argument a line of its own where one line holds all that stands between two brackets."""
    own = [at for at, token in enumerate(tokens) if token.start[0] == token.end[0] == number]
    if not own or any(t.start[0] < number < t.end[0] for t in tokens):
        return line
    opener, closer = own[0] - 1, own[-1] + 1
    body_line = line.rstrip("\r\n")
    end = line[len(body_line) :]
    if tokens[opener].string in _OPEN and closer < len(tokens) and tokens[closer].string in _CLOSE:
        inside = [tokens[at] for at in own]
        commas, has_for = _commas(inside)
        if has_for or not _takes_comma(tokens, opener):
            return line
        indent = body_line[: len(body_line) - len(body_line.lstrip())]
        items = _with_commas(body_line, [inside[0].start[1] - 1, *commas, inside[-1].end[1]])
        parts = [indent + item + end for item in items]
        return "".join(_broken(part, limit) if len(part.rstrip()) > limit else part for part in parts)
    return _broken(line, limit) if tokens[own[-1]].string == "," else line


def _commas(tokens: list[tokenize.TokenInfo]) -> tuple[list[int], bool]:
    """Return the columns of the outermost commas, and whether a comprehension stands beside them."""
    depth, commas, has_for = 0, [], False
    for token in tokens:
        if token.type == tokenize.OP:
            depth += (token.string in _OPEN) - (token.string in _CLOSE)
        if depth == 0 and token.string == ",":
            commas.append(token.start[1])
        has_for = has_for or (depth == 0 and token.string == "for")
    return commas, has_for


def _clauses(text: str) -> list[str]:
    """Return the parts of a comprehension: what it gives, and each `for` and `if` of it."""
    depth, cuts = 0, [0]
    tokens = _tokens(f"({text})\n")
    for at, token in enumerate(tokens):
        if token.type == tokenize.OP:
            depth += (token.string in _OPEN) - (token.string in _CLOSE)
        starts = token.string in ("for", "async") or (token.string == "if" and len(cuts) > 1)
        if depth == 1 and starts and tokens[at - 1].string != "async":
            cuts.append(token.start[1] - 1)
    return [text[a:b].strip() for a, b in pairwise([*cuts, len(text)])]


def _with_commas(body_line: str, cuts: list[int]) -> list[str]:
    items = [body_line[a + 1 : b].strip() for a, b in pairwise(cuts)]
    return [f"{item}," for item in items if item]


def _chain(tokens: list[tokenize.TokenInfo]) -> list[int]:
    """Return the columns at which a value made by a chain of calls is cut: its start, and each further step.

    Empty where the line is no `return` or assignment of such a chain with two steps after its first call.
    """
    start = _value_start(tokens)
    cuts: list[int] = []
    depth = 0
    for at, token in enumerate(tokens[start:], start) if start else ():
        if token.type == tokenize.OP and token.string in _OPEN + _CLOSE:
            depth += 1 if token.string in _OPEN else -1
        elif depth == 0 and token.string == ".":
            cuts += [token.start[1]] if tokens[at - 1].string in (")", "]") else []
        elif depth == 0 and (
            token.type != tokenize.NAME or token.string in ("if", "for", "and", "or", "lambda")
        ):
            return []
    return [tokens[start].start[1], *cuts] if len(cuts) >= 2 else []


def _value_start(tokens: list[tokenize.TokenInfo]) -> int:
    """Return the index of the first token of the value that a line returns or assigns, 0 for other lines."""
    if tokens and tokens[0].string == "return":
        return 1
    depth = 0
    for at, token in enumerate(tokens):
        if token.type == tokenize.OP:
            depth += (token.string in _OPEN) - (token.string in _CLOSE)
        if depth == 0 and token.string == "=":
            return at + 1
        if depth == 0 and keyword.iskeyword(token.string):
            return 0
    return 0


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
