"""Keep secrets off the screen: what a finding calls a secret is shown as dots."""

from __future__ import annotations

import io
import re
import tokenize
from collections.abc import Iterable, Sequence
from dataclasses import replace

from harden.findings import Finding, Span
from harden.module import split_lines
from harden.patches import Hunk, Patch, Row, text_of

SECRET_CHECKS = frozenset({"hardcoded-secret", "secret-default"})
DOTS = "••••"

_LITERAL = re.compile(r"""(?P<quote>\"{3}|'{3}|"|')(?P<body>(?:\\.|(?!(?P=quote)).)*)(?P=quote)""")
_ASSIGNED = re.compile(r"^(?P<head>[^=:\n]*[=:][ \t]*)(?P<body>[^\s\"'#][^\r\n]*?)(?P<end>\s*)$")
_SHORT = 4
"""Shorter literals are masked where they stand, but not looked for elsewhere."""


def masked_lines(lines: Sequence[str], findings: Iterable[Finding]) -> list[str]:
    """Return a file's lines with the literals of its secret findings, and every repetition, as dots."""
    spans = [finding.span for finding in findings if finding.check in SECRET_CHECKS]
    if not spans:
        return list(lines)
    places = [place for place in _literals(lines) if any(_within(place, span) for span in spans)]
    places += _assigned(lines, spans, places)
    found = {_text(lines, place) for place in places}
    result = list(lines)
    for place in sorted(places, reverse=True):
        _put_dots(result, place)
    return [_without(line, found) for line in result]


def masked_hunks(patch: Patch, findings: Iterable[Finding]) -> tuple[Hunk, ...]:
    """Return a patch's hunks with secrets as dots, in removed, kept and added lines.

    `findings` are those of the patched files, with positions of the text before the patch.
    """
    known = list(findings)
    masked_old: dict[str, list[str]] = {}
    secrets: set[str] = set()
    for edit in patch.edits:
        lines = split_lines(text_of(edit.before))
        own = [f for f in known if f.path == edit.path and f.check in SECRET_CHECKS]
        masked_old[edit.path] = masked_lines(lines, own)
        secrets |= secret_texts(lines, own)
    hunks = patch.hunks()
    if patch.check in SECRET_CHECKS:
        secrets |= {
            text for hunk in hunks for row in hunk.rows if row.kind == "-" for text in _bodies(row.text)
        }
    return tuple(_masked(hunk, masked_old[hunk.path], secrets, patch.check) for hunk in hunks)


def secret_texts(lines: Sequence[str], findings: Iterable[Finding]) -> set[str]:
    """Return the literals that the secret findings of a file stand on."""
    spans = [finding.span for finding in findings if finding.check in SECRET_CHECKS]
    places = [place for place in _literals(lines) if any(_within(place, span) for span in spans)]
    return {_text(lines, place) for place in [*places, *_assigned(lines, spans, places)]}


def masked_diff(patch: Patch, findings: Iterable[Finding]) -> str:
    """Return the unified diff of a patch for reading; where it held secrets it no longer applies."""
    return patch.diff(masked_hunks(patch, findings))


def _masked(hunk: Hunk, old: Sequence[str], secrets: set[str], check: str) -> Hunk:
    def text(row: Row) -> str:
        shown = old[row.old - 1] if row.kind != "+" else row.text
        if row.kind == "-" and check in SECRET_CHECKS:
            shown = _LITERAL.sub(_dotted, shown)
        return _without(shown, secrets)

    return replace(hunk, rows=tuple(replace(row, text=text(row)) for row in hunk.rows))


def _dotted(match: re.Match[str]) -> str:
    quote = match["quote"]
    return f"{quote}{DOTS if match['body'] else ''}{quote}"


def _bodies(text: str) -> Iterable[str]:
    return [match["body"] for match in _LITERAL.finditer(text) if len(match["body"]) >= _SHORT]


def _without(line: str, secrets: Iterable[str]) -> str:
    for secret in sorted(secrets, key=len, reverse=True):
        if len(secret) >= _SHORT and secret != DOTS:
            line = line.replace(secret, DOTS)
    return line


def _literals(lines: Sequence[str]) -> list[Span]:
    """Return where the inside of each string literal stands; by pattern where the text is no Python."""
    found = []
    try:
        for token in tokenize.generate_tokens(io.StringIO("".join(lines)).readline):
            if token.type == tokenize.STRING:
                match = _LITERAL.search(token.string.replace("\n", " "))
                skip = match.start("body") if match else 0
                ends = len(match["quote"]) if match else 0
                found.append(Span(token.start[0], token.start[1] + skip, token.end[0], token.end[1] - ends))
    except (tokenize.TokenError, SyntaxError):
        found = [
            Span(number, match.start("body"), number, match.end("body"))
            for number, line in enumerate(lines, 1)
            for match in _LITERAL.finditer(line)
        ]
    return [span for span in found if (span.line, span.column) < (span.end_line, span.end_column)]


def _assigned(lines: Sequence[str], spans: Iterable[Span], known: Sequence[Span]) -> list[Span]:
    """Return the values of `NAME=value` and `name: value` lines that hold a secret without quotes."""
    found = []
    for span in spans:
        for number in range(span.line, min(span.end_line, len(lines)) + 1):
            if any(place.line <= number <= place.end_line for place in known):
                continue
            if match := _ASSIGNED.match(lines[number - 1]):
                found.append(Span(number, match.start("body"), number, match.end("body")))
    return found


def _within(place: Span, span: Span) -> bool:
    return (span.line, span.column) <= (place.line, place.column) and (place.end_line, place.end_column) <= (
        span.end_line,
        span.end_column,
    )


def _text(lines: Sequence[str], place: Span) -> str:
    if place.line == place.end_line:
        return lines[place.line - 1][place.column : place.end_column]
    return ""


def _put_dots(lines: list[str], place: Span) -> None:
    """Replace the inside of a literal; of one over several lines, each line's part."""
    for number in range(place.line, place.end_line + 1):
        line = lines[number - 1]
        body = line.rstrip("\r\n")
        start = place.column if number == place.line else 0
        end = place.end_column if number == place.end_line else len(body)
        if end > start:
            lines[number - 1] = line[:start] + DOTS + line[end:]
