"""Offer to commit what was applied; outside git, to write a patch file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harden.committed import left_out, result, what_git_does
from harden.errors import HardenError
from harden.export import PATCH_FILE, is_repository, write_patch
from harden.plain.review import Review
from harden.words import plural

if TYPE_CHECKING:
    from harden.commits import CommitPlan


def offer_commit(review: Review) -> None:
    """Show what would be committed where, and do it when told to. Raises Left."""
    talk = review.talk
    entries = review.session.applied_entries()
    if not entries:
        talk.say("Nothing to commit: no fix is applied.")
        return
    talk.say("", "Commit")
    try:
        if not is_repository(review.session):
            _offer_patch(review, len(entries))
            return
        plan = review.session.commit_plan()
        talk.say(*_plan_lines(plan))
        chosen = _chosen(review, plan)
        if chosen is None:
            talk.say("Nothing is committed; the fixes stay in your working tree.")
            return
        made = review.session.commit(chosen)
    except HardenError as error:
        talk.say(str(error))
        return
    review.done["commits"] += len(made)
    talk.say(*result(made, chosen, review.session.repository.push_command()))


def _offer_patch(review: Review, count: int) -> None:
    review.talk.say("This folder is not a git repository, so there is nothing to commit to.")
    if review.talk.confirm(f"Write what was applied ({plural(count, 'fix', 'fixes')}) to {PATCH_FILE}?"):
        review.talk.say(f"Written: {write_patch(review.session).name}")


def _plan_lines(plan: CommitPlan) -> list[str]:
    lines = []
    for number, group in enumerate(plan.groups, 1):
        fixes, files = plural(len(group.entries), "fix", "fixes"), plural(len(group.paths), "file")
        lines += [
            f"{number}. {group.title}, {fixes} in {files}: {', '.join(group.paths)}",
            f"   {group.message.partition(chr(10))[0]}",
        ]
    return [*lines, *left_out(plan), what_git_does(plan)]


def _chosen(review: Review, plan: CommitPlan) -> CommitPlan | None:
    """Return the plan with the commits and the branch that a person chose, None for no commit."""
    talk = review.talk
    for index, group in enumerate(plan.groups):
        if len(plan.groups) > 1:
            wanted = talk.confirm(f"Include commit {index + 1}, {group.title}?")
            plan = plan.with_group(index, chosen=wanted)
    count = sum(group.chosen for group in plan.groups)
    if not count:
        return None
    stay = plan.current_branch
    if not talk.confirm(f"On a new branch, {plan.branch}? n stays on {stay}."):
        plan = plan.on_branch(stay)
    return plan if talk.confirm(f"Make {plural(count, 'commit')} on {plan.branch} now?") else None
