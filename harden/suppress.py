"""Comments that silence a finding: harden's own, and the field's `noqa` and `nosec`."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterable
from dataclasses import dataclass

from harden.checks import Check
from harden.findings import Span
from harden.module import Module, split_lines

_MARKS = ("harden:", "noqa", "NOQA", "nosec")
_OWN = re.compile(r"#\s*harden:\s*ignore\[([^\]]*)\]\s*(.*)")
_NOQA = re.compile(r"#\s*noqa(?::\s*([A-Z][A-Z0-9]*(?:[\s,]+[A-Z][A-Z0-9]*)*))?", re.IGNORECASE)
_NOSEC = re.compile(r"#\s*nosec\b:?\s*((?:B\d+[\s,]*)*)")
_BANDIT = re.compile(r"B[1-7]\d\d")
_CODE = re.compile(r"[A-Z]+\d+", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Suppression:
    """A comment on `line` that silences checks by id or by another tool's codes."""

    line: int
    ids: frozenset[str]
    codes: frozenset[str]
    alone: bool
    reason: str

    def silences(self, check: Check) -> bool:
        """Tell whether this comment speaks of the check."""
        if "nosec" in self.codes and any(_BANDIT.fullmatch(code) for code in check.codes):
            return True
        return check.id in self.ids or not self.codes.isdisjoint(check.codes)


def suppressions(text: str) -> list[Suppression]:
    """Return every suppression comment of a Python source."""
    if not any(mark in text for mark in _MARKS):
        return []
    found = []
    try:
        for token in tokenize.generate_tokens(io.StringIO(text).readline):
            if token.type == tokenize.COMMENT:
                alone = not token.line[: token.start[1]].strip()
                found += _parse(token.string, token.start[0], alone)
    except (tokenize.TokenError, SyntaxError):
        return found
    return found


def comment_suppressions(text: str) -> list[Suppression]:
    """Return every suppression comment of a file that is not Python but has `#` comments."""
    found = []
    for number, line in enumerate(split_lines(text), 1):
        before, mark, comment = line.partition("#")
        if mark and any(word in comment for word in _MARKS):
            found += _parse(mark + comment, number, not before.strip())
    return found


def _parse(comment: str, line: int, alone: bool) -> list[Suppression]:
    found = []
    if own := _OWN.search(comment):
        ids = frozenset(part.strip() for part in own[1].split(",") if part.strip())
        found.append(Suppression(line, ids, frozenset(), alone, own[2].strip() or "ignored in code"))
    if (noqa := _NOQA.search(comment)) and noqa[1]:
        codes = frozenset(code.upper() for code in _CODE.findall(noqa[1]))
        found.append(Suppression(line, frozenset(), codes, False, f"noqa: {', '.join(sorted(codes))}"))
    if nosec := _NOSEC.search(comment):
        codes = frozenset(_CODE.findall(nosec[1])) or frozenset({"nosec"})
        found.append(Suppression(line, frozenset(), codes, False, "nosec"))
    return found


def reason_for(check: Check, found: list[Suppression], lines: range) -> str:
    """Return why a finding of `check` is silenced, or an empty string; `lines` are those of its statement."""
    for suppression in found:
        on_statement = suppression.line in lines
        above = suppression.alone and suppression.line == lines.start - 1
        if (on_statement or above) and suppression.silences(check):
            return suppression.reason
    return ""


def statement_extents(module: Module) -> list[range]:
    """Return the lines of every statement; of a compound statement those of its head."""
    return [
        _extent(node)
        for kind, nodes in module.names.nodes.items()
        if issubclass(kind, ast.stmt | ast.ExceptHandler)
        for node in nodes
    ]


def statement_lines(extents: Iterable[range], span: Span) -> range:
    """Return the lines of the innermost statement around a finding."""
    around = [extent for extent in extents if span.line in extent]
    return min(around, key=len, default=range(span.line, span.end_line + 1))


def _extent(node: ast.AST) -> range:
    decorators = getattr(node, "decorator_list", [])
    first = min([node.lineno, *(decorator.lineno for decorator in decorators)])  # type: ignore[attr-defined]
    body = getattr(node, "body", getattr(node, "cases", None))
    if isinstance(body, list) and body:
        start = getattr(body[0], "lineno", first + 1)
        return range(first, max(first + 1, start))
    return range(first, (node.end_lineno or first) + 1)  # type: ignore[attr-defined]
