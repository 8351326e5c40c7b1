"""Readiness: a number that explains itself. Every open item costs points of its stage."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from harden.checks import Check
from harden.findings import Severity
from harden.registry import Stage

FIRST = {Severity.HIGH: 12, Severity.MEDIUM: 6, Severity.LOW: 2}
"""Points that the first open finding of a check costs; each further one costs one, up to as many again."""
QUESTION_NO = 5
QUESTION_OPEN = 2


@dataclass(frozen=True, slots=True)
class Cost:
    """What one open item takes from its stage, and the words for it."""

    points: int
    text: str


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


def score(stages: Iterable[Stage], open_counts: dict[str, int], answers: dict[str, str]) -> Score:
    """Rate a repository from open findings per check id and answers (`yes`, `no`, …) per question id."""
    rated = tuple(_stage_score(stage, open_counts, answers) for stage in stages)
    mean = sum(stage.points for stage in rated) / len(rated) if rated else 100
    return Score(round(mean), rated)


def _stage_score(stage: Stage, open_counts: dict[str, int], answers: dict[str, str]) -> StageScore:
    costs = [_check_cost(check, open_counts[check.id]) for check in stage.checks if open_counts.get(check.id)]
    for question in stage.questions:
        answer = answers.get(question.id)
        if answer == "no":
            costs.append(Cost(QUESTION_NO, f"answered no: {question.ask}"))
        elif answer is None:
            costs.append(Cost(QUESTION_OPEN, f"not answered: {question.ask}"))
    costs.sort(key=lambda cost: -cost.points)
    return StageScore(stage, max(0, 100 - sum(cost.points for cost in costs)), tuple(costs))


def _check_cost(check: Check, count: int) -> Cost:
    first = FIRST[check.severity]
    return Cost(first + min(count - 1, first), f"{count} × {check.title}")
