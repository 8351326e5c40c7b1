"""The words for what could not be looked at: one place, all of them, and where it went wrong."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from textual.content import Content

from harden.words import plural, shortened

if TYPE_CHECKING:
    from harden.findings import Problem

_REST = "The rest of the repository is checked as usual."
_SHOWN = 30


def page(problem: Problem, key: Callable[[str], str]) -> list[str]:
    """Return why a place could not be looked at, and where to read more."""
    copies = f"{key('finding.copy')} copies the details."
    if problem.details:
        return [problem.reason, _REST, f"{key('move.open')} shows where it went wrong; {copies}"]
    return [problem.reason, _REST, copies]


def details(problem: Problem) -> Content:
    """Return all that is known of a problem."""
    return Content(f"{as_text(problem)}\n{_REST}")


def as_text(problem: Problem) -> str:
    """Return a problem for a report."""
    return "\n".join([f"{problem.place}: {problem.reason}", *problem.details.splitlines(), ""])


def listed(problems: Sequence[Problem]) -> list[str]:
    """Return how much could not be looked at, and why, a line each."""
    files = len({problem.path for problem in problems})
    lines = shortened([f"{problem.place}  {problem.reason}" for problem in problems], _SHOWN)
    whole = f"{plural(files, 'file')} could not be checked, or not with every check:"
    return ["\n".join([whole, *lines]), _REST]
