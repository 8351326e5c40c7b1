"""Turn applied patches into commits: one per stage, of harden's own changes only."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from harden import ledger
from harden.errors import RepositoryError
from harden.journal import Entry
from harden.places import DECISIONS, LEDGER
from harden.registry import check_named, stages
from harden.repository import Commit, FileChange, merge

if TYPE_CHECKING:
    from harden.session import Session


@dataclass(frozen=True, slots=True)
class Group:
    """One commit of a plan: the patches of a stage (of several, where they touch the same lines)."""

    title: str
    entries: tuple[Entry, ...]
    message: str
    chosen: bool = True

    @property
    def paths(self) -> tuple[str, ...]:
        """Return the files it changes."""
        return tuple(sorted({path for entry in self.entries for path in entry.paths}))


@dataclass(frozen=True, slots=True)
class CommitPlan:
    """What would be committed where. `mixed` files also hold the user's own edits, which stay out."""

    branch: str
    current_branch: str
    groups: tuple[Group, ...]
    others: tuple[str, ...]
    mixed: tuple[str, ...]

    def on_branch(self, name: str) -> CommitPlan:
        """Return the plan on another branch; the current branch's name means: stay here."""
        return replace(self, branch=name)

    def with_group(self, index: int, *, message: str | None = None, chosen: bool | None = None) -> CommitPlan:
        """Return the plan with one group's message or choice changed."""
        group = self.groups[index]
        group = replace(
            group,
            message=group.message if message is None else message,
            chosen=group.chosen if chosen is None else chosen,
        )
        return replace(self, groups=(*self.groups[:index], group, *self.groups[index + 1 :]))


def plan(session: Session) -> CommitPlan:
    """Group the applied patches by stage. Raises RepositoryError where nothing can be committed."""
    repository = session.repository
    if reason := repository.blocked():
        raise RepositoryError(reason)
    entries = session.applied_entries()
    if not entries:
        raise RepositoryError("Nothing to commit: no patch is applied.")
    ours = {path for entry in entries for path in entry.paths}
    others = {path for path in repository.changed() if path not in ours and not path.startswith(".harden/")}
    mixed = {
        edit.path
        for entry in entries
        for edit in session.journal.edits(entry)
        if _dirty_before(session, edit.path)
    }
    groups = tuple(Group(title, found, message_for(found)) for title, found in _grouped(session, entries))
    return CommitPlan(
        branch=_free_name(repository.branches()),
        current_branch=repository.branch,
        groups=groups,
        others=tuple(sorted(others)),
        mixed=tuple(sorted(mixed)),
    )


def carry_out(session: Session, commit_plan: CommitPlan) -> list[Commit]:
    """Make the chosen commits, in order. Raises RepositoryError; commits made before it stand."""
    repository = session.repository
    if reason := repository.blocked():
        raise RepositoryError(reason)
    groups = [group for group in commit_plan.groups if group.chosen]
    if not groups:
        raise RepositoryError("No commit is selected.")
    came_from = commit_plan.current_branch
    new_branch = commit_plan.branch != came_from
    if new_branch:
        repository.start_branch(commit_plan.branch)
    made: list[Commit] = []
    contents: dict[str, bytes | None] = {}
    try:
        for group in groups:
            changes = _changes(session, group, contents)
            made.append(_commit_group(session, group, changes))
    except RepositoryError:
        if new_branch and not made:
            repository.switch_back(came_from, commit_plan.branch)
        raise
    return made


def message_for(entries: Sequence[Entry]) -> str:
    """Return a commit message: `harden(stage): what`, the patches, and a trailer for each."""
    found = list(dict.fromkeys(entry.stage for entry in entries))
    titles = list(dict.fromkeys(check_named(entry.check).title for entry in entries))
    subject = f"harden({', '.join(found)}): fix {_inside_sentence(titles[0])}"
    if len(titles) > 1:
        subject += (
            f" and {_inside_sentence(titles[1])}" if len(titles) == 2 else f" and {len(titles) - 1} more"
        )
    lines = [f"- {check_named(entry.check).title}: {', '.join(entry.paths)}" for entry in entries]
    trailers = [f"Harden-Patch: {entry.patch}" for entry in entries]
    return "\n".join([subject, "", *dict.fromkeys(lines), "", *trailers]) + "\n"


def _inside_sentence(title: str) -> str:
    """Return a title without its capital, unless it begins with an abbreviation such as HTTP."""
    return title if title[1:2].isupper() else title[:1].lower() + title[1:]


def _commit_group(session: Session, group: Group, changes: list[FileChange]) -> Commit:
    line = ledger.Line("committed", "", group.paths, note=group.message.partition("\n")[0])
    book = session.root / LEDGER
    before = book.read_bytes() if book.exists() else None
    ledger.append(
        session.root, *(replace(line, check=e.check, patch=e.patch, paths=e.paths) for e in group.entries)
    )
    own = [path for path in (DECISIONS, LEDGER) if (session.root / path).exists()]
    records = [FileChange(path, (session.root / path).read_bytes()) for path in own]
    try:
        commit = session.repository.commit(group.message, [*changes, *records])
    except RepositoryError:
        if before is None:
            book.unlink(missing_ok=True)
        else:
            book.write_bytes(before)
        raise
    session.journal.mark_committed({entry.number: commit.sha for entry in group.entries})
    return commit


def _changes(session: Session, group: Group, contents: dict[str, bytes | None]) -> list[FileChange]:
    """Put a group's patches on top of what is committed so far; the user's own edits are not in it."""
    for entry in group.entries:
        for edit in session.journal.edits(entry):
            at_head = (
                contents[edit.path] if edit.path in contents else session.repository.committed(edit.path)
            )
            merged = _onto(at_head, edit.before, edit.after)
            if merged is None:
                raise RepositoryError(
                    f"{edit.path}: the fix stands on lines that you changed yourself; commit them first."
                )
            contents[edit.path] = merged
    return [FileChange(path, contents[path]) for path in group.paths]


def _onto(at_head: bytes | None, before: bytes | None, after: bytes) -> bytes | None:
    if at_head == before or (at_head is None and before is None):
        return after
    return merge(at_head, before or b"", after) if at_head is not None else None


def _dirty_before(session: Session, path: str) -> bool:
    """Tell whether a file held edits of the user's when harden first touched it."""
    for entry in session.applied_entries():
        for edit in session.journal.edits(entry):
            if edit.path == path:
                return edit.before is not None and session.repository.committed(path) != edit.before
    return False


def _grouped(session: Session, entries: Sequence[Entry]) -> list[tuple[str, tuple[Entry, ...]]]:
    """Return entries by stage; one group for all where a stage alone would not apply to what is committed."""
    by_stage = [(stage.title, tuple(e for e in entries if e.stage == stage.id)) for stage in stages()]
    found = [(title, group) for title, group in by_stage if group]
    contents: dict[str, bytes | None] = {}
    try:
        for title, group in found:
            _changes(session, Group(title, group, ""), contents)
    except RepositoryError:
        return [("All stages", tuple(entries))]
    return found


def _free_name(taken: frozenset[str]) -> str:
    today = datetime.datetime.now(datetime.UTC).date().isoformat()
    name = f"harden/{today}"
    number = 2
    while name in taken:
        name, number = f"harden/{today}-{number}", number + 1
    return name
