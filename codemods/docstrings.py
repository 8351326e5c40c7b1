"""Document new parameters where the docstring documents the others, in its own style."""

from __future__ import annotations

import re
from collections.abc import Mapping

import libcst as cst

_GOOGLE = re.compile(r"^(?P<indent>[ \t]*)(Args|Arguments|Parameters):[ \t]*$")
_NUMPY = re.compile(r"^(?P<indent>[ \t]*)Parameters[ \t]*$")
_SPHINX = re.compile(r"^(?P<indent>[ \t]*):param (?P<kind>\w+ )?\w+:")


def documented(function: cst.FunctionDef, texts: Mapping[str, str]) -> cst.FunctionDef:
    """Return a function whose docstring tells of these parameters, if it tells of any."""
    body = function.body
    first = body.body[0] if isinstance(body, cst.IndentedBlock) and body.body else None
    if not isinstance(first, cst.SimpleStatementLine) or not isinstance(first.body[0], cst.Expr):
        return function
    literal = first.body[0].value
    if not isinstance(literal, cst.SimpleString) or len(literal.quote) != 3:
        return function
    lines = literal.value.splitlines(keepends=True)
    at, new = _place(lines, texts)
    if not new:
        return function
    ending = "\r\n" if lines[0].endswith("\r\n") else "\n"
    lines[at:at] = [line + ending for line in new]
    return function.with_deep_changes(literal, value="".join(lines))


def _place(lines: list[str], texts: Mapping[str, str]) -> tuple[int, list[str]]:
    """Return the line to put new entries in front of, and the entries."""
    for at, line in enumerate(lines):
        if found := _GOOGLE.match(line.rstrip("\r\n")):
            end = _end_of_block(lines, at + 1, found["indent"])
            if end > at + 1:
                return end, _google(lines[at + 1], texts)
        if (found := _NUMPY.match(line.rstrip("\r\n"))) and at + 2 < len(lines) and "---" in lines[at + 1]:
            indent = found["indent"]
            end = _end_of_numpy(lines, at + 2, indent)
            entries = [(f"{indent}{name} : int", f"{indent}    {text}") for name, text in texts.items()]
            return end, [line for entry in entries for line in entry]
    parameters = [(at, found) for at, line in enumerate(lines) if (found := _SPHINX.match(line))]
    if not parameters:
        return 0, []
    at, found = parameters[-1]
    end = at + 1
    while end < len(lines) - 1 and lines[end].strip() and not lines[end].lstrip().startswith(":"):
        end += 1
    kind = "int " if found["kind"] else ""
    return end, [f"{found['indent']}:param {kind}{name}: {text}" for name, text in texts.items()]


def _google(entry: str, texts: Mapping[str, str]) -> list[str]:
    indent = entry[: len(entry) - len(entry.lstrip())]
    kind = " (int)" if re.match(r"\s*\*{0,2}\w+ ?\(.*\):", entry) else ""
    return [f"{indent}{name}{kind}: {text}" for name, text in texts.items()]


def _end_of_block(lines: list[str], start: int, indent: str) -> int:
    """Return the first line that is blank, no deeper than `indent`, or closes the docstring."""
    at = start
    while at < len(lines) - 1:
        line = lines[at]
        if not line.strip() or len(line) - len(line.lstrip()) <= len(indent):
            break
        at += 1
    return at


def _end_of_numpy(lines: list[str], start: int, indent: str) -> int:
    at = start
    while at < len(lines) - 1 and lines[at].strip() and lines[at].startswith(indent):
        at += 1
    return at
