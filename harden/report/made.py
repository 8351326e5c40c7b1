"""Make the report of a session in one of the formats, and write it to a file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from harden.errors import HardenError
from harden.findings import Severity
from harden.found import State
from harden.places import REPORT, write_atomically
from harden.report.scanned import Scanned, Standing

if TYPE_CHECKING:
    from harden.session import Session

ENDINGS = {"md": ".md", "json": ".json", "sarif": ".sarif", "text": ".txt"}
"""The formats for people and programs, and how the names of their files end."""


def scanned(
    session: Session,
    files: int,
    seconds: float,
    *,
    least: Severity = Severity.LOW,
    rated: bool = True,
) -> Scanned:
    """Return what a report is made from. `rated` is false where no score is to be shown."""
    found = [one for one in session.found.placed() if one.finding.severity.weight >= least.weight]
    ignored = [finding for finding, state in found if state is State.IGNORED]
    return Scanned(
        findings=tuple(finding for finding, state in found if state is State.OPEN),
        ignored=tuple((finding, session.why_ignored(finding)) for finding in ignored),
        problems=tuple(session.problems),
        files=files,
        seconds=seconds,
        least=least,
        standing=_standing(session) if rated and session.scope.is_all else None,
        changed_since=session.scope.since,
    )


def _standing(session: Session) -> Standing:
    name = session.root.resolve().name
    return Standing(name, session.score(), session.score_with_fixes(), session.decisions.answers)


def render(scanned: Scanned, format: str) -> str:
    """Return the report as text."""
    match format:
        case "md":
            from harden.report.markdown import render
        case "json":
            from harden.report.json import render
        case "sarif":
            from harden.report.sarif import render
        case _:
            from harden.report.text import render
    return render(scanned)


def default_name(format: str) -> str:
    """Return `harden-report.md` and the like."""
    return REPORT + ENDINGS[format]


def write(scanned: Scanned, format: str, path: Path, *, replace: bool) -> None:
    """Write a report in one step; only with `replace` over a file that is there. Raises HardenError."""

    def confirm() -> None:
        if path.exists() and not replace:
            raise HardenError(f"{path} is there by now; nothing was written.")

    try:
        if path.exists() and not path.is_file():
            raise HardenError(f"{path} is no file: name one.")
        data = render(scanned, format).encode("utf-8", "backslashreplace")
        write_atomically(path, data, confirm)
    except OSError as error:
        raise HardenError(f"{path} cannot be written: {error.strerror or error}") from error
