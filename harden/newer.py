"""Tell whether a newer Python reads what the running one does not, without guessing.

Constructs that came after Python 3.11 are written in older words. Where the whole file parses then, the
newer Python that brought them reads it; where it does not, something else is wrong and nothing is claimed.
"""

from __future__ import annotations

import ast
import re
import sys

from harden.syntax import tree_of

Version = tuple[int, int]

_LEXEME = re.compile(
    r"""#[^\r\n]*|(?<![\w"'])(?P<prefix>[rbuft]|br|rb|fr|rf|tr|rt|)(?P<quote>\"{3}|'{3}|"|')""", re.IGNORECASE
)
_TYPE = re.compile(r"^([ \t]*)type[ \t]+(\w+)[ \t]*(?=[\[=])", re.MULTILINE)
_GENERIC = re.compile(r"\b(?:def|class|type)[ \t]+\w+[ \t]*(\[)")
_EXCEPT = re.compile(r"^([ \t]*except\*?)[ \t]+([^\s(:][^:\n()]*):", re.MULTILINE)
_OPENING, _CLOSING = "([{", ")]}"


class _Unclear(Exception):
    """The source is not what this module knows how to write in older words."""


def needed_version(text: str, running: Version = sys.version_info[:2]) -> Version | None:
    """Return the first Python that reads a source which the running one does not; None where unknown."""
    try:
        needed, older = _older(text)
        tree_of(older)
    except (_Unclear, SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    return needed if needed > running else None


def _older(text: str) -> tuple[Version, str]:
    """Return the source in words of Python 3.11, and the version that reads the original."""
    needed, text = _without_strings(text)
    needed = max(needed, (3, 12))
    parts, at = [], 0
    while found := _GENERIC.search(text, at):
        end = _closing(text, found.start(1))
        parameters = text[found.end(1) : end - 1].strip()
        match tree_of(f"def f({parameters}): ...").body if parameters else ():
            case [ast.FunctionDef(args=arguments)]:
                needed = max(needed, (3, 13) if arguments.defaults else (3, 12))
            case _:
                raise _Unclear
        parts.append(text[at : found.start(1)])
        at = end
    text = _TYPE.sub(r"\1\2 ", "".join([*parts, text[at:]]))
    caught = _EXCEPT.sub(lambda m: f"{m[1]} ({m[2]}):" if _are_classes(m[2]) else m[0], text)
    return (max(needed, (3, 14)) if caught != text else needed), caught


def _are_classes(names: str) -> bool:
    """Tell several classes from `except Error, e`, which is Python 2 although 3.14 would read it."""
    return "," in names and all(name.strip().rpartition(".")[2][:1].isupper() for name in names.split(","))


def _without_strings(text: str) -> tuple[Version, str]:
    """Return the source without comments, and with strings that are surely right as empty ones."""
    needed, at = (3, 11), 0
    parts: list[str] = []
    while match := _LEXEME.search(text, at):
        parts.append(text[at : match.start()])
        at = match.end()
        if match["quote"] is None:
            continue
        prefix = match["prefix"].lower()
        if "f" in prefix or "t" in prefix:
            inner, at = _template(text, at, match["quote"], raw="r" in prefix, check=True)
            needed = max(needed, inner, (3, 14) if "t" in prefix else (3, 11))
            parts.append('""')
            continue
        at = _string_end(text, at, match["quote"])
        literal = text[match.start() : at]
        is_plain = "\\" not in literal and ("b" not in prefix or literal.isascii())
        parts.append(('b""' if "b" in prefix else '""') if is_plain else literal)
    return needed, "".join([*parts, text[at:]])


def _string_end(text: str, at: int, quote: str) -> int:
    """Return where a plain string ends whose content starts at `at`."""
    while at < len(text):
        if text[at] == "\\":
            at += 2
        elif text.startswith(quote, at):
            return at + len(quote)
        elif len(quote) == 1 and text[at] == "\n":
            break
        else:
            at += 1
    raise _Unclear


def _template(text: str, at: int, quote: str, *, raw: bool, check: bool) -> tuple[Version, int]:
    """Return the version that the fields of an f-string or t-string need, and where it ends.

    Without `check` only the end counts: what is nested is checked when its own turn comes.
    """
    needed: Version = (3, 11)
    while at < len(text):
        if text.startswith(quote, at):
            return needed, at + len(quote)
        if text[at] == "\\":
            named = re.compile(r"\\N\{[^{}]*\}").match(text, at)
            at = named.end() if named and not raw else at + (1 if text[at + 1 : at + 2] in "{}" else 2)
        elif text.startswith(("{{", "}}"), at):
            at += 2
        elif text[at] == "{":
            inner, at = _field(text, at + 1, quote, check=check)
            needed = max(needed, inner)
        elif text[at] == "}" or (len(quote) == 1 and text[at] == "\n"):
            break
        else:
            at += 1
    raise _Unclear


def _field(text: str, at: int, quote: str, *, check: bool) -> tuple[Version, int]:
    """Return the version that one `{...}` needs whose content starts at `at`, and where it ends."""
    end = _scan(text, at, stops="}:!")
    needed = _expression(text[at:end].rstrip()) if check else (3, 11)
    if conversion := re.compile(r"![rsa]\s*(?=[:}])").match(text, end):
        end = conversion.end()
    if text[end : end + 1] == ":":
        end += 1
        while text[end : end + 1] not in ("}", ""):
            if text[end] == "{":
                inner, end = _field(text, end + 1, quote, check=check)
                needed = max(needed, inner)
            elif text.startswith(quote, end) or (len(quote) == 1 and text[end] == "\n"):
                raise _Unclear
            else:
                end += 1
    if text[end : end + 1] != "}":
        raise _Unclear
    return needed, end + 1


def _expression(text: str) -> Version:
    """Return the version that the expression of a field needs."""
    if text.endswith("=") and text[-2:-1] not in ("=", "!", "<", ">"):
        text = text[:-1]
    if not text.strip():
        raise _Unclear
    needed, older = _older(f"({text}\n)")
    tree_of(older)
    return needed


def _closing(text: str, at: int) -> int:
    """Return the place behind the bracket that closes the one at `at`."""
    return _scan(text, at + 1, stops="]") + 1


def _scan(text: str, at: int, stops: str) -> int:
    """Return the place of the first of `stops` outside brackets and strings."""
    depth = 0
    while at < len(text):
        character = text[at]
        if depth == 0 and character in stops and text[at : at + 2] != "!=":
            return at
        lexeme = _LEXEME.match(text, at)
        if lexeme and lexeme["quote"]:
            prefix = lexeme["prefix"].lower()
            if "f" in prefix or "t" in prefix:
                _, at = _template(text, lexeme.end(), lexeme["quote"], raw="r" in prefix, check=False)
            else:
                at = _string_end(text, lexeme.end(), lexeme["quote"])
            continue
        if lexeme:
            at = lexeme.end()
            continue
        depth += (character in _OPENING) - (character in _CLOSING)
        if depth < 0:
            break
        at += 2 if text[at : at + 2] == "!=" else 1
    raise _Unclear
