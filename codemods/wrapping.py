"""Break lines that an edit made too long, the way black and ruff break them."""

from __future__ import annotations

import io
import keyword
import re
import tokenize
from dataclasses import dataclass
from itertools import pairwise

from harden.codemods.logical_lines import CLOSE, LAYOUT, OPEN, statements
from harden.module import split_lines


def wrapped(text: str, before: str, limit: int) -> str:
    """Return `text` with each line that `before` lacks and that exceeds `limit` broken.

    A statement on one line is broken at its chain of calls or its last brackets, arguments that stand
    together on one line get a line each. What has no such place stays as it is.
    """
    if text and not text.endswith(("\n", "\r")):  # the end of a file that lacks its last newline
        top = split_lines(text + "\n")[0]
        newline = top[len(top.rstrip("\r\n")) :]
        return wrapped(text + newline, before, limit).removesuffix(newline)
    known = {line.strip() for line in split_lines(before)}
    lines = split_lines(text)
    long = {
        number
        for number, line in enumerate(lines, 1)
        if len(line.rstrip()) > limit and line.strip() not in known
    }
    if not long:
        return text
    for tokens in statements(text):
        first, last = tokens[0].start[0], tokens[-1].end[0]
        if first == last and first in long and not _has_second_part(tokens):
            lines[first - 1] = _broken(lines[first - 1], limit)
        elif first in long and not _has_second_part(tokens) and (joined := _joined(lines[first - 1 : last])):
            lines[first - 1 : last] = [_broken(joined, limit), *[""] * (last - first)]
            long -= set(range(first, last + 1))
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


def _joined(lines: list[str]) -> str:
    """Return a statement that hangs in its brackets on one line; nothing where that would change more.

    A comment, a text over several lines or a comma before the end keeps it as it was laid out.
    """
    first, *rest = (line.strip() for line in lines)
    whole = "".join(lines)
    if not first.endswith(tuple(OPEN)) or "#" in whole or "\\" in whole or re.search(r"\"{3}|'{3}", whole):
        return ""
    for line in rest:
        if first.endswith(",") and line.startswith(tuple(CLOSE)):
            return ""
        first += line if first.endswith(tuple(OPEN)) or line.startswith(tuple(CLOSE)) else f" {line}"
    head, end = lines[0], lines[-1]
    return head[: len(head) - len(head.lstrip())] + first + end[len(end.rstrip("\r\n")) :]


def _has_second_part(tokens: list[tokenize.TokenInfo]) -> bool:
    """Tell whether a line holds two statements: `a; b`, or a body after a colon."""
    depth = 0
    for token in tokens[:-1]:
        depth += (token.string in OPEN) - (token.string in CLOSE) if token.type == tokenize.OP else 0
        if depth == 0 and (
            token.string == ";" or (token.string == ":" and keyword.iskeyword(tokens[0].string))
        ):
            return True
    return False


def _brackets(tokens: list[tokenize.TokenInfo]) -> list[_Brackets]:
    """Return the outermost bracket pairs with something in them, the last one first."""
    found: list[_Brackets] = []
    depth, opened = 0, 0
    for at, token in enumerate(tokens):
        if token.type != tokenize.OP:
            continue
        if token.string in OPEN:
            opened = at if depth == 0 else opened
            depth += 1
        elif token.string in CLOSE:
            depth -= 1
            if depth == 0 and at > opened + 1:
                commas, has_for = _commas(tokens[opened + 1 : at])
                splits = not has_for and _takes_comma(tokens, opened)
                found.append(_Brackets(tokens[opened].start[1], token.start[1], tuple(commas), splits))
    return found[::-1]


def _best(pairs: list[_Brackets], body_line: str, indent: str, limit: int) -> _Brackets | None:
    """Return the last pair before which a line is short enough, if what follows it is too; else the last."""
    for pair in pairs:
        if pair.open < limit and len(indent) + len(body_line) - pair.close <= limit:
            return pair
    return pairs[0] if pairs else None


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
    elif pair := _best(_brackets(tokens), body_line, indent, limit):
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
    if tokens[opener].string in OPEN and closer < len(tokens) and tokens[closer].string in CLOSE:
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
            depth += (token.string in OPEN) - (token.string in CLOSE)
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
            depth += (token.string in OPEN) - (token.string in CLOSE)
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
        if token.type == tokenize.OP and token.string in OPEN + CLOSE:
            depth += 1 if token.string in OPEN else -1
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
            depth += (token.string in OPEN) - (token.string in CLOSE)
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
    return [token for token in found if token.type not in LAYOUT and token.type != tokenize.NEWLINE]
