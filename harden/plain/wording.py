"""The words of the review in lines: findings, their fixes, pages of checks, questions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from harden.checks import Check
from harden.errors import HardenError
from harden.findings import Finding, Risk
from harden.pages import page_of
from harden.previews import NO_FIX, Preview, reason_of, source_lines
from harden.session import EvidenceLine, Session
from harden.stages import Question
from harden.words import plural

RISKS = {Risk.AUTO: "safe fix", Risk.REVIEW: "fix to review", Risk.GUIDE: "for a person"}
_CODE_LINES = 8


def finding_lines(finding: Finding, check: Check, *, number: int, total: int, in_full: bool) -> Iterator[str]:
    """Yield what is wrong where, and why that matters; the whole reason when it is told `in_full`."""
    risk = RISKS[check.fix.risk if finding.fixable else Risk.GUIDE]
    yield f"Finding {number} of {total}: {check.title}"
    yield f"{finding.place}, {finding.severity.value} severity, {risk} ({check.id})"
    yield f"Found: {finding.message}"
    if finding.steps:
        yield f"By way of: {', then '.join(finding.steps)}"
    page = page_of(check)
    reason = _flowing(page.text.partition("\n\n")[0]) if in_full else ""
    yield f"Why: {_ascii(' '.join(filter(None, (page.lead, reason))))}"


def fix_lines(session: Session, finding: Finding, check: Check, made: Preview) -> Iterator[str]:
    """Yield the fix as a diff, or why there is none, the code, and the pattern to follow."""
    if made.patch is not None:
        yield from made.diff.rstrip("\n").split("\n")
        for note in (*made.patch.notes, *made.refused):
            yield f"Note: {_ascii(note)}"
        if (others := len(made.patch.resolves) - 1) > 0:
            yield f"Note: this also mends {plural(others, 'other finding')} of the check."
    else:
        yield f"No fix: {_ascii(' '.join(made.refused or (NO_FIX,)))}"
        yield from _code(session, finding)
    for example in made.guide:
        yield "The pattern to follow:"
        yield from _indented(example.code)


def page_lines(check: Check) -> Iterator[str]:
    """Yield the page of a check."""
    page = page_of(check)
    yield _ascii(page.lead)
    if page.text:
        yield ""
        yield _ascii("\n\n".join(map(_flowing, page.text.split("\n\n"))))
    for example in page.examples:
        place = "" if example.path == "app/main.py" else f" ({example.path})"
        yield f"\n{example.kind.capitalize()}{place}:"
        yield from _indented(example.code)
    for pattern in page.patterns:
        yield f"\n{pattern.title}:"
        yield from _indented(pattern.code)
    if page.ignore:
        yield f"\nWhen to ignore: {_ascii(page.ignore)}"
    yield f"In the code, `# harden: ignore[{check.id}] your reason` silences one place."
    if page.references:
        yield "References: " + " ".join(page.references)


def question_lines(
    question: Question, evidence: Sequence[EvidenceLine], *, number: int, total: int
) -> Iterator[str]:
    """Yield a question, its reason and what the repository says."""
    yield f"Question {number} of {total}: {question.ask}"
    yield f"Why: {_flowing(question.why)}"
    if not evidence:
        yield "Nothing in the repository tells."
        return
    yield "In the repository:"
    for line in evidence:
        yield f"  {line.place}: {line.text}"


def intro_lines(text: str) -> list[str]:
    """Return why a stage matters: the first two sentences, a line each."""
    return text.splitlines()[:2]


def _code(session: Session, finding: Finding) -> Iterator[str]:
    """Yield the lines of a finding, secrets masked."""
    try:
        lines = source_lines(session, finding.path)
    except (HardenError, OSError) as error:
        yield f"The code cannot be shown: {reason_of(error)}"
        return
    first = finding.line
    last = min(max(first, finding.span.end_line), first + _CODE_LINES - 1, len(lines))
    if first <= last:
        yield "The code:"
    for number in range(first, last + 1):
        yield f"  {number}: {lines[number - 1].rstrip()}"


def _indented(code: str) -> Iterator[str]:
    for line in code.rstrip("\n").split("\n"):
        yield f"  {_ascii(line)}".rstrip()


def _flowing(text: str) -> str:
    return " ".join(text.split())


def _ascii(text: str) -> str:
    """Return text of ours without the one sign that is not plain."""
    return text.replace("…", "...")
