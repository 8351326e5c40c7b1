"""The words of the summary: the score, what changed, what to do next, and what every open item costs."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from textual.content import Content

from harden.found import State
from harden.score import HOW
from harden.tui import keys
from harden.words import plural

if TYPE_CHECKING:
    from harden.findings import Finding
    from harden.score import Cost, Score, StageScore
    from harden.session import Session
    from harden.visits import Since

BEST = "list.next_best"
"""The key that leads to the finding which is worth most."""
_BAR = 10
_BESIDE = 96
"""Columns from which on the costs stand beside the bars, not below them."""
_NEW = 8
_IGNORED = 20


@dataclass(frozen=True, slots=True)
class Told:
    """What the summary is made of. `partial` says why not all is known, if that is so.

    `since` is None on a first visit, and before a scan is complete. `applied` fixes are not committed.
    """

    session: Session
    partial: str = ""
    since: Since | None = None
    applied: int = 0
    keymap: Mapping[str, str] = field(default_factory=dict)


def content(told: Told, width: int) -> Content:
    """Return the summary as lines of at most `width` columns, broken between words."""
    score = told.session.score()
    parts = [
        _readiness(told, score, width),
        _section("What changed", _changes(told, width)),
        _section("What to do next", _next(told, score, width)),
        _section("What every open item costs", _wrapped("  ", HOW, width, "$text-muted")),
        Content("\n").join(_stages(told, score, width)),
    ]
    if ignored := _ignored(told, width):
        parts.append(_section("Ignored", ignored))
    return Content("\n\n").join(parts)


def _section(title: str, lines: Iterable[Content]) -> Content:
    return Content("\n").join([Content.styled(title, "bold $text-accent"), *lines])


# The number


def _readiness(told: Told, score: Score, width: int) -> Content:
    head = Content.assemble(("Readiness ", "bold"), (f"{score.points}/100", "bold $text-accent"))
    if told.since is not None and told.since.before != score.points:
        head += Content.styled(f"   was {told.since.before}", "$text-muted")
    if (potential := told.session.score_with_fixes()).fixes:
        head += Content.styled(f"   {potential}", "$text-success")
    lines = [head]
    if told.partial:
        lines += _wrapped("", told.partial, width, "$text-warning")
    if dearest := _dearest(score):
        rated, cost = dearest
        gain = _points(score.gain([cost]))
        lines += _wrapped("", f"Most is gained in {rated.stage.title}: {cost.text}, {gain}.", width)
    return Content("\n").join(lines)


def _dearest(score: Score) -> tuple[StageScore, Cost] | None:
    """Return the cost whose end raises the number most."""
    costs = [(rated, cost) for rated in score.stages for cost in rated.costs]
    return max(costs, key=lambda pair: score.gain([pair[1]]), default=None)


def _points(gain: float) -> str:
    """Return `+1.5 points`; more than nothing never reads as nothing."""
    number = f"{max(gain, 0.1):.1f}".removesuffix(".0")
    return f"+{number} point{'s' if number != '1' else ''}"


# What changed


def _changes(told: Told, width: int) -> list[Content]:
    since = told.since
    if since is None:
        first = "This is the first visit: the next one tells what changed."
        return _wrapped("  ", "This is told once the scan is complete." if told.partial else first, width)
    lines = _wrapped("  ", since.sentence, width)
    lines += [line for finding in since.new[:_NEW] for line in _new(finding, told.session, width)]
    if (more := len(since.new) - _NEW) > 0:
        lines += _wrapped("    ", f"and {more} more", width, "$text-muted")
    return lines


def _new(finding: Finding, session: Session, width: int) -> list[Content]:
    titles = {check.id: check.title for check in session.checks}
    title = titles.get(finding.check, finding.check)
    return _wrapped("    new  ", f"{finding.place}  {title}", width)


# What to do next


def _next(told: Told, score: Score, width: int) -> list[Content]:
    """Return at most four steps, each with its key, and what it gains where that is known."""
    steps = [*_next_finding(told, score), *_next_question(told, score)]
    if told.applied:
        fixes = f"{told.applied} fix{'es that are' if told.applied != 1 else ' that is'} applied"
        steps.append(("app.commit", f"commit the {fixes} and not committed"))
    if told.since is not None and (new := told.since.new):
        at, title = _stage_of(told.session, new[0].check)
        noun = plural(len(new), "new finding")
        steps.append((f"stage.{at}", f"look at the {noun}, the first in {title}"))
    lines = []
    for id, text in steps:
        lines += _wrapped(f"  {keys.first(id, told.keymap):<4}", text, width, lead_style="bold $text-accent")
    return lines or _wrapped("  ", "Nothing is open.", width)


def _next_finding(told: Told, score: Score) -> Iterable[tuple[str, str]]:
    found = sum(cost.count for rated in score.stages for cost in rated.costs if cost.check)
    if not found:
        return
    potential = told.session.score_with_fixes()
    verb = "has" if potential.fixes == 1 else "have"
    ready = f"{potential.fixes or 'none'} {verb} a fix ready"
    if (gain := potential.points - score.points) > 0:
        ready += f", {_points(gain)} with all of them"
    noun = plural(found, "finding")
    yield BEST, f"go to the worst of {noun}; {ready}"


def _next_question(told: Told, score: Score) -> Iterable[tuple[str, str]]:
    waiting = [
        (at, rated, cost)
        for at, rated in enumerate(score.stages, 1)
        for cost in rated.costs
        if cost.question and told.session.decisions.answers.get(cost.question) is None
    ]
    if not waiting:
        return
    at, rated, _ = waiting[0]
    gain = _points(score.gain([cost for _, _, cost in waiting]))
    end = f"at the end of {rated.stage.title}"
    if len(waiting) == 1:
        yield f"stage.{at}", f"answer the question {end}: {gain} with a yes"
    else:
        yield f"stage.{at}", f"answer {len(waiting)} questions, the first {end}: {gain} if all are yes"


def _stage_of(session: Session, check: str) -> tuple[int, str]:
    return next(
        (at, stage.title)
        for at, stage in enumerate(session.stages, 1)
        if any(known.id == check for known in stage.checks)
    )


# What it costs


def _stages(told: Told, score: Score, width: int) -> list[Content]:
    ready = told.session.found.counts(State.OPEN, fixable=True)
    longest = max((len(rated.stage.title) for rated in score.stages), default=0)
    lines: list[Content] = []
    for rated in score.stages:
        then = told.since.stages.get(rated.stage.id, rated.points) if told.since else rated.points
        was = f"  was {then}" if then != rated.points else ""
        head = _bar(rated, longest) + Content.styled(f"{was:<9}", "$text-muted")
        beside = width >= _BESIDE
        lead = " " * head.cell_length if beside else "    "
        costs = [
            line
            for cost in rated.costs
            for line in _wrapped(f"{lead}{-cost.points:>4}  ", _cost(cost, ready), width, "$text-muted")
        ]
        if beside and costs:
            first = costs.pop(0)
            lines.append(head + first[head.cell_length :])
        else:
            lines.append(head.rstrip())
        lines += costs
    return lines


def _bar(rated: StageScore, longest: int) -> Content:
    filled = round(rated.points * _BAR / 100)
    colour = (
        "$text-success" if rated.points >= 80 else "$text-warning" if rated.points >= 50 else "$text-error"
    )
    return Content.assemble(
        f"  {rated.stage.title:<{longest}} ",
        ("█" * filled + "░" * (_BAR - filled), colour),
        (f" {rated.points:>3}", "bold"),
    )


def _cost(cost: Cost, ready: Mapping[str, int]) -> str:
    fixes = ready.get(cost.check, 0)
    if not fixes:
        return cost.text
    some = "" if cost.count == 1 else "all " if fixes == cost.count else f"{fixes} "
    return f"{cost.text}, {some}with a fix"


def _ignored(told: Told, width: int) -> list[Content]:
    session = told.session
    found = [one.finding for one in session.found.placed() if one.state is State.IGNORED]
    lines = [
        line
        for finding in found[:_IGNORED]
        for line in _wrapped("  ", f"{finding.place}  {session.why_ignored(finding)}", width)
    ]
    if (more := len(found) - _IGNORED) > 0:
        lines += _wrapped("  ", f"and {more} more", width, "$text-muted")
    return lines


def _wrapped(lead: str, text: str, width: int, style: str = "", *, lead_style: str = "") -> list[Content]:
    """Return a text in lines of at most `width`, the later ones below the beginning of the first."""
    room = max(20, width - len(lead))
    parts = textwrap.wrap(text, room, break_long_words=False, break_on_hyphens=False) or [""]
    return [
        Content.assemble((lead if at == 0 else " " * len(lead), lead_style or style), (part, style))
        for at, part in enumerate(parts)
    ]
