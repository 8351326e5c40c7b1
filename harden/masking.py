"""Keep secrets off the screen: what a finding calls a secret is shown as dots."""

from __future__ import annotations

import io
import re
import tokenize
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from harden.dotenv import assigned_value, holds_values
from harden.errors import UnreadableSource
from harden.findings import Finding, Span
from harden.module import split_lines
from harden.patches import CONTEXT, Hunk, Patch, Row, text_of
from harden.project import Project
from harden.registry import checks
from harden.scan import Rules, scan_file

DOTS = "••••"

_LITERAL = re.compile(r"""(?P<quote>\"{3}|'{3}|"|')(?P<body>(?:\\.|(?!(?P=quote)).)*)(?P=quote)""", re.DOTALL)
_ASSIGNED = re.compile(r"^(?P<head>[^=:\n]*[=:][ \t]*)(?P<body>[^\s\"'#][^\r\n]*?)(?P<end>\s*)$")
_NAMED = re.compile(r"""(?:env|environ|get|str|config|secret)\s*[(\[]\s*[a-z]*["']+$""", re.IGNORECASE)
"""What stands before the name of a variable in the environment, which is no secret."""
_KEY_BEGINS = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----\s*$")
_KEY_ENDS = re.compile(r"-----END [A-Z ]*PRIVATE KEY-----")
_SHORT = 4
"""Shorter literals are masked where they stand, but not looked for elsewhere."""
_LONG = 16
"""A word of this length with digits in it is a key, no name."""
_FSTRING_MIDDLE = getattr(tokenize, "FSTRING_MIDDLE", -1)  # Python 3.12 splits f-strings


def is_secret(check: str) -> bool:
    """Tell whether the findings of a check, built-in or a plug-in's, are to be masked."""
    known = checks().get(check)
    return known is not None and known.secret


def secrets_before(project: Project, patch: Patch) -> list[Finding]:
    """Return the secrets in the files of a patch as they stand before it."""
    before = {edit.path: edit.before for edit in patch.edits if edit.before is not None}
    changed = {
        path: data for path, data in before.items() if not project.exists(path) or project.read(path) != data
    }
    start = project.with_files(changed) if changed else project
    return [finding for path in before for finding in secrets_in(start, path)]


def secrets_in(project: Project, path: str) -> list[Finding]:
    """Return the secrets in a file, also those of checks that are switched off."""
    try:
        module = project.module(path) if path.endswith(".py") else None
    except UnreadableSource:
        module = None
    if module is None:
        return list(_found(project, path))
    return list(module.once(secrets_in, lambda: _found(project, path)))


def _found(project: Project, path: str) -> tuple[Finding, ...]:
    rules = Rules(tuple(check for check in checks().values() if check.secret))
    return scan_file(project, rules, path).findings


def masked_lines(lines: Sequence[str], findings: Iterable[Finding]) -> list[str]:
    """Return a file's lines with the literals of its secret findings, and every repetition, as dots."""
    places = _secret_places(lines, _spans(findings))
    return _masked(lines, places, _texts(lines, places))


def masked_file(project: Project, path: str, lines: Sequence[str]) -> list[str]:
    """Return a file's lines with its secrets as dots; of an environment file, every value."""
    if holds_values(path):
        return [_without_value(line) for line in lines]
    if any(map(_KEY_BEGINS.match, lines)):
        return _without_keys(lines)
    return masked_lines(lines, secrets_in(project, path))


def _without_keys(lines: Sequence[str]) -> list[str]:
    """Mask the lines of private keys."""
    shown, within = [], False
    for line in lines:
        if _KEY_ENDS.match(line):
            within = False
        shown.append(DOTS + line[len(line.rstrip("\r\n")) :] if within else line)
        within = within or _KEY_BEGINS.match(line) is not None
    return shown


def masked_hunks(
    patch: Patch,
    findings: Iterable[Finding],
    context: int | None = CONTEXT,
    *,
    added: Iterable[Finding] = (),
) -> tuple[Hunk, ...]:
    """Return a patch's hunks with secrets as dots, in removed, kept and added lines.

    `context` is how many kept lines are shown around, None for all. `findings` are those of the patched
    files, with positions of the text before the patch; `added` have positions of the text after it. What a
    fix of a secret takes away is masked even where its finding is no longer known.
    """
    known, later = list(findings), list(added)
    hunks = patch.hunks_with(context)
    old: dict[str, list[str]] = {}
    new: dict[str, list[str]] = {}
    secrets: set[str] = set()
    for edit in patch.edits:
        lines = split_lines(text_of(edit.before))
        spans = _spans(finding for finding in known if finding.path == edit.path)
        if is_secret(patch.check):
            spans += _removed(hunk for hunk in hunks if hunk.path == edit.path)
        places = _secret_places(lines, spans)
        secrets |= _texts(lines, places)
        old[edit.path] = "".join(_masked(lines, places, set())).split("\n")  # rows count as git does
        lines = split_lines(text_of(edit.after))
        places = _secret_places(lines, _spans(finding for finding in later if finding.path == edit.path))
        secrets |= _texts(lines, places)
        new[edit.path] = "".join(_masked(lines, places, set())).split("\n")

    def shown(hunk: Hunk, row: Row) -> Row:
        if holds_values(hunk.path):
            return replace(row, text=_without_value(row.text))
        end = "\n" if row.text.endswith("\n") else ""
        text = (new[hunk.path][row.new - 1] if row.kind == "+" else old[hunk.path][row.old - 1]) + end
        return replace(row, text=_without(text, secrets))

    return tuple(replace(hunk, rows=tuple(shown(hunk, row) for row in hunk.rows)) for hunk in hunks)


def masked_diff(patch: Patch, findings: Iterable[Finding]) -> str:
    """Return the unified diff of a patch for reading; where it held secrets it no longer applies."""
    return patch.diff(masked_hunks(patch, findings))


def _without_value(line: str) -> str:
    """Mask what an environment file says; a line that assigns nothing may go on with a value."""
    place = assigned_value(line)
    if place is not None:
        return line[: place[0]] + (DOTS if place[1] > place[0] else "") + line[place[1] :]
    end = line[len(line.rstrip("\r\n")) :]
    return line if not line.strip() or line.lstrip().startswith("#") else DOTS + end


def _spans(findings: Iterable[Finding]) -> list[Span]:
    return [finding.span for finding in findings if is_secret(finding.check)]


def _removed(hunks: Iterable[Hunk]) -> list[Span]:
    """Return the runs of lines that a patch takes away."""
    return [Span(a + 1, 0, b + 1, 0) for hunk in hunks for a, b, _, _ in hunk.blocks if b > a]


def _secret_places(lines: Sequence[str], spans: Sequence[Span]) -> list[Span]:
    if not spans:
        return []
    within = [place for place in _literals(lines) if any(_within(place, span) for span in spans)]
    places = [place for place in within if not _is_name(lines, place)]
    return places + list(_assigned(lines, spans, within))


def _literals(lines: Sequence[str]) -> list[Span]:
    """Return where the inside of each string literal stands; by pattern where the text is no Python."""
    found = []
    text = "".join(line.rstrip("\r\n") + "\n" for line in lines)  # tokenize knows no line that ends in CR
    try:
        for token in tokenize.generate_tokens(io.StringIO(text).readline):
            if token.type == _FSTRING_MIDDLE:
                found.append(Span(*token.start, *token.end))
            elif token.type == tokenize.STRING and (match := _LITERAL.search(token.string)):
                quote = len(match["quote"])
                start = token.start[1] + match.start("body")
                found.append(Span(token.start[0], start, token.end[0], token.end[1] - quote))
    except (tokenize.TokenError, SyntaxError):
        found = [
            Span(number, match.start("body"), number, match.end("body"))
            for number, line in enumerate(lines, 1)
            for match in _LITERAL.finditer(line)
        ]
    return [span for span in found if (span.line, span.column) < (span.end_line, span.end_column)]


def _assigned(lines: Sequence[str], spans: Iterable[Span], known: Sequence[Span]) -> Iterator[Span]:
    """Yield the values of `NAME=value` and `name: value` lines that hold a secret without quotes."""
    for span in spans:
        last = span.end_line if span.end_column else span.end_line - 1
        for number in range(span.line, min(last, len(lines)) + 1):
            if any(place.line <= number <= place.end_line for place in known):
                continue
            match = _ASSIGNED.match(lines[number - 1])
            if match and not match["body"].endswith(("(", "[", "{")):
                yield Span(number, match.start("body"), number, match.end("body"))


def _is_name(lines: Sequence[str], place: Span) -> bool:
    """Tell whether a literal is the name of a variable that is read: `getenv("TOKEN", ...)`."""
    before, text = lines[place.line - 1][: place.column], _text(lines, place)
    return text.isidentifier() and _NAMED.search(before) is not None


def _within(place: Span, span: Span) -> bool:
    starts = (span.line, span.column) <= (place.line, place.column)
    return starts and (place.end_line, place.end_column) <= (span.end_line, span.end_column)


def _texts(lines: Sequence[str], places: Iterable[Span]) -> set[str]:
    return {text for place in places if len(text := _text(lines, place)) >= _SHORT}


def _text(lines: Sequence[str], place: Span) -> str:
    if place.line != place.end_line:
        return ""
    return lines[place.line - 1][place.column : place.end_column]


def _masked(lines: Sequence[str], places: Iterable[Span], secrets: set[str]) -> list[str]:
    result = list(lines)
    for place in sorted(set(places), reverse=True):
        _put_dots(result, place)
    return [_without(line, secrets) for line in result]


def _without(line: str, secrets: Iterable[str]) -> str:
    """Mask repetitions of secrets; one that could be a name in the code only where it stands as a value."""
    for secret in sorted(secrets, key=len, reverse=True):
        if secret in line and secret != DOTS:
            before = r"(?<=[\"'=:/@])" if _could_be_name(secret) else ""
            line = re.sub(before + re.escape(secret), DOTS, line)
    return line


def _could_be_name(secret: str) -> bool:
    return secret.isidentifier() and (len(secret) < _LONG or not any(map(str.isdigit, secret)))


def _put_dots(lines: list[str], place: Span) -> None:
    """Replace the inside of a literal; of one over several lines, each line's part."""
    for number in range(place.line, place.end_line + 1):
        line = lines[number - 1]
        start = place.column if number == place.line else 0
        end = place.end_column if number == place.end_line else len(line.rstrip("\r\n"))
        if end > start:
            lines[number - 1] = line[:start] + DOTS + line[end:]
