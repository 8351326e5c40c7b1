"""A commit in words: what stays out, what git will do, and what came of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harden.words import plural, shortened

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harden.commits import CommitPlan
    from harden.repository import Commit

_SHOWN = 6


def left_out(plan: CommitPlan) -> list[str]:
    """Return what the commits will not hold, a line each."""
    lines: list[str] = []
    if plan.others:
        lines.append(f"Not included: {plural(len(plan.others), 'file')} you changed yourself.")
        lines += shortened(plan.others, _SHOWN)
    if plan.mixed:
        lines.append("Only harden's own lines are taken from files that also hold changes of yours:")
        lines += shortened(plan.mixed, _SHOWN)
    if plan.left_out:
        lines += ["Fixes that cannot be committed now:", *shortened(plan.left_out, _SHOWN)]
    return lines or ["Nothing else is changed in this repository."]


def what_git_does(plan: CommitPlan) -> str:
    """Return what goes along, which hooks will run and whether the commits will be signed."""
    hooks = f"{', '.join(plan.hooks)} will run" if plan.hooks else "none"
    along = f"Goes along, for the team: {'  '.join(plan.records)}\n" if plan.records else ""
    return f"{along}hooks: {hooks}    sign: {'yes' if plan.signs else 'no'}"


def result(made: Sequence[Commit], plan: CommitPlan, push: str) -> list[str]:
    """Return the commits that were made, what was not taken, and what is left to do."""
    place = f"on the new branch {plan.branch}" if plan.branch != plan.current_branch else f"on {plan.branch}"
    commits = "\n".join(f"  {commit.sha[:9]}  {commit.subject}" for commit in made)
    told = [f"{plural(len(made), 'commit')} {place}:\n{commits}"]
    rest = sum(len(group.entries) for group in plan.groups if not group.chosen)
    if rest:
        told.append(f"{rest} applied fix{'es are' if rest != 1 else ' is'} not committed yet.")
    then = f"when your tests pass, share it with `{push}`." if push else "this repository has no remote."
    told.append(f"Nothing was pushed: {then}")
    if plan.branch != plan.current_branch:
        told.append(f"`git switch {plan.current_branch}` leads back to where you were.")
    return told
