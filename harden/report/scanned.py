"""What every report of a finished scan is made from."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harden.findings import Finding, Problem, Severity

if TYPE_CHECKING:
    from harden.decisions import Answer
    from harden.score import Potential, Score


@dataclass(frozen=True, slots=True)
class Standing:
    """How the whole repository stands: its name, its score, and the answers by the ids of their questions."""

    name: str
    score: Score
    with_fixes: Potential
    answers: Mapping[str, Answer]


@dataclass(frozen=True, slots=True)
class Scanned:
    """Open findings in stable order, ignored ones with their reasons, and what could not be looked at.

    `standing` is None where it is not shown, or only a part of the repository or of the checks was looked at.
    Findings below `least` are left out. With `changed_since`, so are those that touch no line changed since.
    """

    findings: tuple[Finding, ...]
    ignored: tuple[tuple[Finding, str], ...]
    problems: tuple[Problem, ...]
    files: int
    seconds: float
    least: Severity = Severity.LOW
    standing: Standing | None = None
    changed_since: str = ""

    def counts(self) -> str:
        """Return `3 high, 1 low`, without the severities that do not occur."""
        by = Counter(finding.severity for finding in self.findings)
        return ", ".join(f"{by[severity]} {severity.value}" for severity in Severity if by[severity])
