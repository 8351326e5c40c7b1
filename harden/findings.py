"""What a scan reports: findings, and the places where it could not look."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import Enum

NO_FACTS: Mapping[str, str] = {}


class Severity(Enum):
    """How bad a finding is in production."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"

    @property
    def letter(self) -> str:
        """Return H, M or L."""
        return self.value[0].upper()

    @property
    def weight(self) -> int:
        """Return a rank for sorting and scoring: high 5, medium 2, low 1."""
        return {"high": 5, "medium": 2, "low": 1}[self.value]


class Risk(Enum):
    """Who has to agree before a fix is written."""

    AUTO = "auto"
    REVIEW = "review"
    GUIDE = "guide"


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A stretch of source: 1-based lines, 0-based columns counted in characters, end exclusive."""

    line: int
    column: int
    end_line: int
    end_column: int


@dataclass(frozen=True, slots=True)
class Finding:
    """One defect at the place where a person would edit it.

    `facts` are what the check learned and its codemod needs (never a secret's value).
    `fixable` is false where the check knows that its codemod cannot serve this place;
    `why_not` then says why. `steps` is a path such as a call chain, outermost first. `reached` tells how
    production comes to the code: by a request handler, a task, a command, or empty where it is not known.
    """

    check: str
    path: str
    span: Span
    message: str
    severity: Severity
    fingerprint: str = ""
    scope: str = ""
    fixable: bool = True
    why_not: str = ""
    facts: Mapping[str, str] = field(default_factory=dict, compare=False, hash=False)
    steps: tuple[str, ...] = ()
    suppressed: str = ""
    reached: str = ""

    @property
    def line(self) -> int:
        """Return the 1-based line a person would edit."""
        return self.span.line

    @property
    def place(self) -> str:
        """Return `path:line`."""
        return f"{self.path}:{self.span.line}"

    @property
    def way(self) -> str:
        """Return the steps of its path that neither its place nor its message names, in words, or nothing."""
        untold = [step for step in self.steps[1:] if step.partition(" ")[0] not in self.message]
        return f"by way of {', then '.join(untold)}" if untold else ""

    @property
    def order(self) -> tuple[str, int, int, str]:
        """Return the key of the stable order: path, line, column, check."""
        return (self.path, self.span.line, self.span.column, self.check)

    def with_fingerprint(self, fingerprint: str) -> Finding:
        """Return a copy that carries its identity."""
        return replace(self, fingerprint=fingerprint)


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """A file or a check that could not be looked at; `details` hold the traceback, if any."""

    path: str
    line: int
    reason: str
    check: str = ""
    details: str = ""

    @property
    def place(self) -> str:
        """Return `path:line`, or the path alone when no line is known."""
        return f"{self.path}:{self.line}" if self.line else self.path
