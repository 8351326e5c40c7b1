"""The notes below the stages: the score, what was decided and done, and what is off."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from harden.found import State

if TYPE_CHECKING:
    from harden.changes import Changes
    from harden.score import Potential
    from harden.session import Session


def notes(
    session: Session,
    changes: Changes,
    points: int | None,
    potential: Potential | None,
    key: Callable[[str], str],
) -> str:
    """Return the notes; `points` are None before the first scan is done."""
    questions = [question for stage in session.stages for question in stage.questions]
    answered = sum(session.answered(question) is not None for question in questions)
    filled = round((points or 0) * 12 / 100)
    lines = [
        "Readiness",
        f"{'█' * filled}{'░' * (12 - filled)}  {'..' if points is None else points}",
        str(potential) if potential is not None and potential.fixes else "",
    ]
    if not session.scope.is_all:
        lines = ["Not the whole, only", session.scope.label, ""]
    lines += [
        "",
        f"applied   {len(changes.applied):>8}",
        f"ignored   {session.found.counts(State.IGNORED).total():>8}",
        f"answered  {f'{answered}/{len(questions)}':>8}",
    ]
    if problems := len(session.problems):
        lines.append(f"unchecked {problems:>8}")
    if changes.blocked:
        lines += ["", changes.blocked]
    elif not changes.is_git:
        lines += ["", f"No git: undo works; {key('app.commit')} writes harden.patch."]
    return "\n".join(lines)
