"""The words of the detail pane: headings, pages of checks, questions and problems."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from textual.content import Content
from textual.highlight import highlight

from harden.findings import Risk, Severity
from harden.pages import Example, page_of
from harden.tui.rows import EntryRow, FindingRow, Group, ProblemRow, QuestionRow, StageRow
from harden.words import plural

if TYPE_CHECKING:
    from harden.checks import Check
    from harden.decisions import Answer, Ignored
    from harden.findings import Finding
    from harden.session import EvidenceLine
    from harden.stages import Question, Stage

RISKS = {Risk.AUTO: "safe fix", Risk.REVIEW: "fix to review", Risk.GUIDE: "guide"}
_SEVERITY_STYLE = {
    Severity.HIGH: "$text-error",
    Severity.MEDIUM: "$text-warning",
    Severity.LOW: "$text-muted",
}


def heading(row: FindingRow, check: Check) -> Content:
    """Return what is wrong where, in two lines."""
    finding = row.finding
    risk = RISKS[check.fix.risk if finding.fixable else Risk.GUIDE]
    message = sentence(finding.message)
    return Content.assemble(
        (message, "bold"),
        (f" {finding.way}" if finding.way else "", "$text-muted"),
        "\n",
        finding.place,
        "  ",
        (finding.severity.value, _SEVERITY_STYLE[finding.severity]),
        (f"  {row.state if row.state != 'open' else risk}  {check.id}{_reached(finding)}", "$text-muted"),
    )


def _reached(finding: Finding) -> str:
    return f"  {finding.reached.split()[-1]}" if finding.reached else ""


def sentence(text: str) -> str:
    """Return a fragment as a sentence; a name from the code that it begins with stays as it is."""
    first = text.split(maxsplit=1)[0] if text.strip() else ""
    return text[:1].upper() + text[1:] if first.isalpha() and first.islower() else text


def group_heading(group: Group) -> Content:
    """Return the heading of a check, or of the questions."""
    if group.check is None:
        return Content.assemble((group.title, "bold"), "\n", (group.count, "$text-muted"))
    check = group.check
    return Content.assemble(
        (check.title, "bold"),
        "\n",
        (check.severity.value, _SEVERITY_STYLE[check.severity]),
        (f"  {RISKS[check.fix.risk]}  {check.id}  {group.count} open", "$text-muted"),
    )


_pages: dict[str, Content] = {}


def page(check: Check) -> Content:
    """Return the page of a check: why it matters, examples, when to ignore it, references."""
    if check.id not in _pages:
        _pages[check.id] = _page(check)
    return _pages[check.id]


def _page(check: Check) -> Content:
    text = page_of(check)
    parts: list[Content] = [Content.styled(text.lead, "bold"), _flowing(text.text)]
    for before, after in text.pairs[:2]:
        parts += [_titled("Flagged", before.code, before.path), _titled("Fixed", after.code, after.path)]
    parts += [_titled(one.title, one.code, "app/main.py") for one in text.patterns]
    if text.ignore:
        parts.append(Content.assemble(("When to ignore  ", "bold $text-accent"), text.ignore))
    parts.append(
        Content.assemble(
            ("In the code  ", "bold $text-accent"),
            f"# harden: ignore[{check.id}] your reason",
            "  silences one place.",
        )
    )
    if text.references:
        parts.append(Content.styled("\n".join(text.references), "$text-muted"))
    return Content("\n\n").join(part for part in parts if part)


def patterns(shown: Sequence[Example]) -> Content:
    """Return the code to aim at, where only a person can write the fix."""
    return Content("\n\n").join(_titled("The pattern to follow", one.code, one.path) for one in shown)


def question(
    asked: Question, answer: Answer | None, evidence: Sequence[EvidenceLine] | None, keys: str
) -> Content:
    """Return a question with its reason, the answer given, what the repository tells, and the keys."""
    parts = [Content.assemble(("Why  ", "bold $text-accent"), asked.why)]
    if answer:
        said = Content.assemble(("Answer  ", "bold $text-accent"), answer.answer.value)
        if answer.note:
            said += Content(f": {answer.note}")
        parts.append(said)
    if evidence is None:
        parts.append(Content.styled("Looking for evidence …", "$text-muted"))
    elif evidence:
        found = [Content.assemble((f"{e.place}  ", "$text-muted"), e.text) for e in evidence]
        parts.append(Content("\n").join([Content.styled("In the repository", "bold $text-accent"), *found]))
    else:
        parts.append(Content.styled("Nothing in the repository tells.", "$text-muted"))
    parts.append(Content(keys))
    return Content("\n\n").join(parts)


def question_heading(row: QuestionRow) -> Content:
    """Return the question itself."""
    state = row.answer.answer.value if row.answer else "not answered"
    return Content.assemble((row.question.ask, "bold"), "\n", (f"question   {state}", "$text-muted"))


def entry_heading(row: EntryRow) -> Content:
    """Return which fix was applied."""
    entry = row.entry
    told = f"applied earlier  {entry.check}"
    return Content.assemble((entry.title, "bold"), "\n", ", ".join(entry.paths), "  ", (told, "$text-muted"))


def problem_heading(row: ProblemRow) -> Content:
    """Return what could not be looked at."""
    return Content.assemble(
        ("Could not check", "bold"), "\n", row.problem.place, (f"   {row.problem.check}", "$text-muted")
    )


def stage_heading(row: StageRow) -> Content:
    """Return how much of a stage waits."""
    waits = [f"{row.findings} open" if row.findings else "", _asked(row.questions) if row.questions else ""]
    told = ", ".join(part for part in waits if part) or "done: nothing is open here"
    return Content.assemble((row.stage.title, "bold"), "\n", (told, "$text-muted"))


def reach_of(decided: Sequence[Ignored]) -> list[str]:
    """Return what decisions silence, and until when, where it is more than one finding for ever."""
    told = []
    silenced = {"line": "this finding", "file": "this check in the whole file", "check": "the whole check"}
    for one in decided:
        until = f" until {one.until}" if one.until else ""
        if until or one.scope != "line":
            told.append(f"It silences {silenced[one.scope]}{until}.")
    return told


def reopening(decided: Sequence[Ignored], key: str) -> str:
    """Return what the key does that opens an ignored finding again."""
    if not decided:
        return "A comment in the code ignores it; remove it there to open it again."
    every = {"file": "every finding of this check in the file", "check": "every finding of this check"}
    widest = max((one.scope for one in decided), key=("line", "file", "check").index)
    return f"{key} opens {every.get(widest, 'it')} again."


def _asked(count: int) -> str:
    return f"{plural(count, 'question')} to answer"


def stage_page(row: StageRow, counts: Mapping[str, int], state: Sequence[str]) -> list[Content | str]:
    """Return why a stage matters, what it looks for with what is open, and what it asks."""
    stage = row.stage
    looks = [
        Content.assemble(
            (f"  {check.severity.letter} ", _SEVERITY_STYLE[check.severity]),
            (f"{counts[check.id]:>5}" if counts.get(check.id) else "    -", "bold"),
            f"  {check.title}",
        )
        for check in sorted(stage.checks, key=lambda check: (-check.severity.weight, check.title))
    ]
    parts: list[Content | str] = [*state, intro(stage)]
    if looks:
        parts.append(Content("\n").join([Content.styled("It looks for", "bold $text-accent"), *looks]))
    if stage.questions:
        asked = [Content(f"  ?  {question.ask}") for question in stage.questions]
        parts.append(Content("\n").join([Content.styled("It asks you", "bold $text-accent"), *asked]))
    return parts


def intro(stage: Stage) -> Content:
    """Return why a stage matters."""
    return _flowing(stage.intro)


def _flowing(text: str) -> Content:
    return Content("\n\n".join(" ".join(part.split()) for part in text.split("\n\n")))


def _titled(title: str, code: str, path: str) -> Content:
    body = (
        highlight(code.rstrip("\n"), language="python")
        if path.endswith(".py")
        else Content(code.rstrip("\n"))
    )
    lines = [Content("  ") + line for line in body.split("\n", allow_blank=True)]
    place = "" if path == "app/main.py" else f"  {path}"
    return Content("\n").join(
        [Content.assemble((title, "bold $text-accent"), (place, "$text-muted")), *lines]
    )
