"""What every report of a finished scan is made from."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from harden.findings import Finding, Problem, Severity


@dataclass(frozen=True, slots=True)
class Scanned:
    """Open findings in stable order, ignored ones with their reasons, and what could not be looked at."""

    findings: tuple[Finding, ...]
    ignored: tuple[tuple[Finding, str], ...]
    problems: tuple[Problem, ...]
    files: int
    seconds: float

    def counts(self) -> str:
        """Return `3 high, 1 low`, without the severities that do not occur."""
        by = Counter(finding.severity for finding in self.findings)
        return ", ".join(f"{by[severity]} {severity.value}" for severity in Severity if by[severity])


def plural(count: int, noun: str, several: str = "") -> str:
    """Return `1 file`, `2 files`; `several` is the plural where an s does not make it."""
    return f"{count} {noun}" if count == 1 else f"{count} {several or noun + 's'}"
