"""Lines of the repository that bear on a question."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from harden.places import is_report

if TYPE_CHECKING:
    from harden.project import Project
    from harden.stages import Question

_SHOWN = 5
_READ = 200_000
"""Characters of a file that are looked at."""


@dataclass(frozen=True, slots=True)
class EvidenceLine:
    """A line of the repository that bears on a question."""

    path: str
    line: int
    text: str

    @property
    def place(self) -> str:
        """Return `path:line`."""
        return f"{self.path}:{self.line}"


def evidence(project: Project, question: Question) -> list[EvidenceLine]:
    """Return the first lines that bear on a question; the project knows them until a file changes."""
    if question.id not in project.evidence:
        project.evidence[question.id] = tuple(islice(_found(project, question), _SHOWN))
    return list(project.evidence[question.id])


def _found(project: Project, question: Question) -> Iterator[EvidenceLine]:
    from pathspec import GitIgnoreSpec

    for wanted in question.evidence:
        spec, pattern = GitIgnoreSpec.from_lines([wanted.glob]), re.compile(wanted.pattern, re.MULTILINE)
        for path in project.paths:
            if not spec.match_file(path):
                continue
            text = project.text(path)[:_READ]
            # a report repeats the question, and shows nothing; a text without a match has no line with one
            if is_report(path, text) or not pattern.search(text):
                continue
            for number, line in enumerate(text.splitlines(), 1):
                if pattern.search(line):
                    yield EvidenceLine(path, number, line.strip()[:120])
