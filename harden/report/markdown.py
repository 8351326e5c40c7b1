"""The report for a pull request or a wiki page. What people and code wrote is text in it, never markup."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from harden.checks import Check
from harden.findings import Finding, Risk
from harden.places import REPORT_MARK
from harden.printable import printable
from harden.registry import stages
from harden.report.scanned import Scanned, Standing
from harden.score import StageScore
from harden.stages import Stage
from harden.words import plural

_FIX = {Risk.AUTO: "fix", Risk.REVIEW: "fix to review"}


def render(scanned: Scanned) -> str:
    """Return a title with the score, a table of the stages, and a section for everything there is to tell."""
    parts = [REPORT_MARK, _title(scanned), _lead(scanned)]
    if scanned.standing is not None:
        parts.append(_stages(scanned.standing))
    parts += [*_findings(scanned), *_questions(scanned.standing), *_ignored(scanned), *_problems(scanned)]
    return "\n\n".join(parts) + "\n"


def _title(scanned: Scanned) -> str:
    standing = scanned.standing
    if standing is None:
        return f"# harden: {plural(len(scanned.findings), 'finding')}"
    return f"# harden: {standing.score.points}/100 for {text(standing.name)}"


def _lead(scanned: Scanned) -> str:
    where = plural(scanned.files, "file")
    if scanned.changed_since:
        where += f", on lines changed since {text(scanned.changed_since)}"
    if scanned.findings:
        told = f"{plural(len(scanned.findings), 'finding')} ({scanned.counts()}) in {where}"
    else:
        told = f"No findings in {where}"
    if scanned.standing is not None and (ready := scanned.standing.with_fixes).fixes:
        told += f"; {plural(ready.fixes, 'fix', 'fixes')} ready, with which the score is {ready.points}"
    if scanned.ignored:
        told += f"; {len(scanned.ignored)} ignored"
    if scanned.problems:
        told += f"; {plural(len(scanned.problems), 'place')} could not be checked"
    if scanned.least.weight > 1:
        told += f". Findings below {scanned.least.value} are not listed"
    return told + "."


def _stages(standing: Standing) -> str:
    rows = [_stage_row(rated) for rated in standing.score.stages]
    heads = ("Stage", "Score", "Findings", "Questions", "What costs most")
    return _table(heads, rows, ":---|---:|---:|---:|:---")


def _stage_row(rated: StageScore) -> Sequence[str]:
    first = next((f"{text(cost.text)} (-{cost.points})" for cost in rated.costs), "")
    found = sum(cost.count for cost in rated.costs if cost.check)
    asked = sum(bool(cost.question) for cost in rated.costs)
    return (text(rated.stage.title), str(rated.points), str(found), str(asked), first)


def _findings(scanned: Scanned) -> Iterable[str]:
    by_check: dict[str, list[Finding]] = {}
    for finding in scanned.findings:
        by_check.setdefault(finding.check, []).append(finding)
    if by_check:
        yield "## Findings"
    for stage in stages():
        found = [check for check in stage.checks if check.id in by_check]
        if found:
            yield f"### {text(stage.title)}"
        for check in sorted(found, key=lambda check: -check.severity.weight):
            listed = by_check[check.id]
            yield f"#### {text(check.title)}"
            yield f"{code(check.id)}, {check.severity.value}, {plural(len(listed), 'place')}"
            yield "\n".join(_finding(finding, check) for finding in listed)


def _finding(finding: Finding, check: Check) -> str:
    word = _FIX.get(check.fix.risk, "") if finding.fixable else ""
    told = f"{finding.message}, {finding.way}" if finding.way else finding.message
    return f"- {code(finding.place)} {text(told)}" + (f" ({word})" if word else "")


def _questions(standing: Standing | None) -> Iterable[str]:
    if standing is None:
        return
    rows = [row for rated in standing.score.stages for row in _question_rows(rated.stage, standing)]
    if rows:
        yield "## Questions"
        yield _table(("Stage", "Question", "Answer", "Note"), rows)


def _question_rows(stage: Stage, standing: Standing) -> Iterable[Sequence[str]]:
    for question in stage.questions:
        answer = standing.answers.get(question.id)
        kind, note = (answer.answer.value, text(answer.note)) if answer else ("not answered", "")
        yield (text(stage.title), text(question.ask), kind, note)


def _ignored(scanned: Scanned) -> Iterable[str]:
    if scanned.ignored:
        yield "## Ignored"
        rows = [(code(f.place), code(f.check), text(reason)) for f, reason in scanned.ignored]
        yield _table(("Place", "Check", "Reason"), rows)


def _problems(scanned: Scanned) -> Iterable[str]:
    if scanned.problems:
        yield "## Could not be checked"
        rows = [(code(problem.place), text(problem.reason)) for problem in scanned.problems]
        yield _table(("Place", "Reason"), rows)


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]], line: str = "") -> str:
    line = line or "|".join([":---"] * len(heads))
    return "\n".join(["| " + " | ".join(heads) + " |", f"|{line}|", *(f"| {' | '.join(r)} |" for r in rows)])


_MARKUP = re.compile(r"[\\`*_\[\]<>#~|$&]")
_START = re.compile(r"^(\d*)([-+.)])")
_CALLS = re.compile(r"(?<=[@#])(?=\w)|(?<=[a-z]:)(?=//)|(?<=\bwww)(?=\.)", re.IGNORECASE)
"""Where hosts of pull requests see a person, an issue or an address, and make a link of it."""
_PLAIN = re.compile(r"[\w./:+-]+( [\w./:+-]+)*")
_NOTHING = "&#8203;"


def text(words: str) -> str:
    """Return words that read as they are: no markup, HTML, table cell or link, and nobody is called."""
    line = _CALLS.sub("\0", printable(" ".join(words.split())))
    line = _MARKUP.sub(lambda found: f"\\{found[0]}", line)
    line = _START.sub(lambda found: f"{found[1]}\\{found[2]}", line)
    return line.replace("\0", _NOTHING)


def code(name: str) -> str:
    """Return a path or an id as code; as text where it holds what could end the code."""
    return f"`{name}`" if _PLAIN.fullmatch(name) else text(name)
