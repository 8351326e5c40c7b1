"""Readiness: a number that explains itself. Every open item costs points of its stage."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from harden.checks import Check
from harden.findings import Severity
from harden.stages import Stage
from harden.words import plural

FIRST = {Severity.HIGH: 12, Severity.MEDIUM: 6, Severity.LOW: 2}
"""Points that the first open finding of a check costs; each further one costs one, up to as many again."""
QUESTION_NO = 5
QUESTION_OPEN = 2

HOW = (
    "The number is the mean of the stages, and each stage starts at 100. The first open finding of a check "
    f"costs {FIRST[Severity.HIGH]} (high), {FIRST[Severity.MEDIUM]} (medium) or {FIRST[Severity.LOW]} (low) "
    "points of its stage, each further one 1 point, at most as many again; a question costs "
    f"{QUESTION_OPEN} until it is answered, and {QUESTION_NO} when the answer is no."
)
"""How the number is made, in words."""


@dataclass(frozen=True, slots=True)
class Cost:
    """What one open item takes from its stage: a check with `count` open findings, or a question."""

    points: int
    text: str
    check: str = ""
    question: str = ""
    count: int = 1


@dataclass(frozen=True, slots=True)
class StageScore:
    """0..100 for one stage, and what it lacks, dearest first."""

    stage: Stage
    points: int
    costs: tuple[Cost, ...]


@dataclass(frozen=True, slots=True)
class Score:
    """0..100 for the whole repository: the mean of its stages."""

    points: int
    stages: tuple[StageScore, ...]

    def gain(self, paid: Collection[Cost]) -> float:
        """Return by how much the mean rises once these costs are gone."""
        gained = sum(
            _left(cost for cost in rated.costs if cost not in paid) - rated.points for rated in self.stages
        )
        return gained / max(1, len(self.stages))


@dataclass(frozen=True, slots=True)
class Potential:
    """The score once every fix that is ready is applied, and how many fixes that are."""

    points: int
    fixes: int

    def __str__(self) -> str:
        return f"{self.points} with {plural(self.fixes, 'fix', 'fixes')}"


def score(stages: Iterable[Stage], open_counts: Mapping[str, int], answers: Mapping[str, str]) -> Score:
    """Rate a repository from open findings per check id and answers (`yes`, `no`, …) per question id."""
    rated = tuple(_stage_score(stage, open_counts, answers) for stage in stages)
    mean = sum(stage.points for stage in rated) / len(rated) if rated else 100
    return Score(round(mean), rated)


def _stage_score(stage: Stage, open_counts: Mapping[str, int], answers: Mapping[str, str]) -> StageScore:
    costs = [_check_cost(check, open_counts[check.id]) for check in stage.checks if open_counts.get(check.id)]
    for question in stage.questions:
        answer = answers.get(question.id)
        if answer == "no":
            costs.append(Cost(QUESTION_NO, f"answered no: {question.ask}", question=question.id))
        elif answer is None:
            costs.append(Cost(QUESTION_OPEN, f"not answered: {question.ask}", question=question.id))
    costs.sort(key=lambda cost: -cost.points)
    return StageScore(stage, _left(costs), tuple(costs))


def _check_cost(check: Check, count: int) -> Cost:
    first = FIRST[check.severity]
    return Cost(first + min(count - 1, first), f"{count} × {check.title}", check=check.id, count=count)


def _left(costs: Iterable[Cost]) -> int:
    return max(0, 100 - sum(cost.points for cost in costs))
