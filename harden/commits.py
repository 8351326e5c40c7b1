"""Turn applied patches into commits: one per stage, of harden's own changes only."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from harden import ledger
from harden.differences import merge
from harden.dotenv import holds_values
from harden.errors import ApplyError, RepositoryError
from harden.findings import Risk
from harden.journal import Entry
from harden.patches import FileEdit, Patch
from harden.places import DECISIONS, LEDGER, write_atomically
from harden.registry import check_named, stages
from harden.repository import Commit, FileChange
from harden.tip import Tip
from harden.words import inside_sentence

if TYPE_CHECKING:
    from harden.session import Session


@dataclass(frozen=True, slots=True)
class Group:
    """One commit of a plan: the patches of a stage (of several, where they touch the same lines)."""

    title: str
    entries: tuple[Entry, ...]
    message: str
    patch: Patch
    chosen: bool = True

    @property
    def paths(self) -> tuple[str, ...]:
        """Return the files it changes."""
        return tuple(sorted({path for entry in self.entries for path in _told(entry)}))


@dataclass(frozen=True, slots=True)
class CommitPlan:
    """What would be committed where.

    `others` are files that the user changed and harden did not. `mixed` files also hold the user's own
    edits, which stay out. `left_out` tells, a line for each, which applied patches cannot be committed.
    `hooks` are those that git will run, and `signs` tells whether it will sign.
    """

    branch: str
    current_branch: str
    groups: tuple[Group, ...]
    others: tuple[str, ...]
    mixed: tuple[str, ...]
    left_out: tuple[str, ...] = ()
    records: tuple[str, ...] = ()
    hooks: tuple[str, ...] = ()
    signs: bool = False

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
    changed = repository.changed()
    entries = [entry for entry in session.applied_entries() if _is_uncommitted(session, entry, changed)]
    tip = Tip(session)
    fitting, left_out = [], []
    for entry in entries:
        before = [tip.content(path) for path in entry.paths]
        if stuck := tip.put(entry):
            left_out.append(f"{entry.title}: {_why_stuck(session, stuck)}")
        elif before != [tip.content(path) for path in entry.paths]:
            fitting.append(entry)
    if not fitting:
        reason = left_out[0] if left_out else "no patch is applied."
        raise RepositoryError(f"Nothing to commit: {reason}")
    ours = {path for entry in entries for path in entry.paths if tip.takes(path)}
    return CommitPlan(
        branch=_free_name(repository.branches()),
        current_branch=repository.branch,
        groups=_groups(session, fitting),
        others=tuple(sorted(path for path in changed - ours if not path.startswith(".harden/"))),
        mixed=tuple(sorted(path for path in ours if _is_mixed(session, tip, path))),
        left_out=tuple(left_out),
        records=tuple(
            path
            for path in (DECISIONS, LEDGER)
            if (path == LEDGER or (session.root / path).exists()) and not repository.is_ignored(path)
        ),
        hooks=repository.hooks(),
        signs=repository.signs(),
    )


def carry_out(session: Session, commit_plan: CommitPlan) -> list[Commit]:
    """Make the chosen commits, in order. Raises RepositoryError; commits made before it stand."""
    repository = session.repository
    if reason := repository.blocked():
        raise RepositoryError(reason)
    groups = [group for group in commit_plan.groups if group.chosen]
    if not groups:
        raise RepositoryError("No commit is selected.")
    came_from, start = commit_plan.current_branch, repository.head
    new_branch = commit_plan.branch != came_from
    if new_branch:
        repository.start_branch(commit_plan.branch)
    tip = Tip(session)
    try:
        return [_commit_group(session, group, tip) for group in groups]
    except BaseException:
        if new_branch and repository.head == start:
            repository.switch_back(came_from, commit_plan.branch)
        raise


def message_for(entries: Sequence[Entry]) -> str:
    """Return a commit message: `harden(stage): what`, the patches, and a trailer for each."""
    found = list(dict.fromkeys(entry.stage for entry in entries))
    mended = [entry for entry in entries if entry.resolves]
    titles = list(dict.fromkeys(check_named(entry.check).title for entry in mended))
    titles += dict.fromkeys(entry.title for entry in entries if not entry.resolves)
    subject = f"harden({', '.join(found)}): {'fix ' if mended else ''}{inside_sentence(titles[0])}"
    if len(titles) > 1:
        subject += (
            f" and {inside_sentence(titles[1])}" if len(titles) == 2 else f" and {len(titles) - 1} more"
        )
    lines = [f"- {check_named(entry.check).title}: {', '.join(_told(entry))}" for entry in entries]
    trailers = [f"Harden-Patch: {entry.patch}" for entry in entries]
    return "\n".join([subject, "", *dict.fromkeys(lines), "", *trailers]) + "\n"


def _told(entry: Entry) -> tuple[str, ...]:
    """Return the files of a patch that a commit may hold: none with values for the environment."""
    return tuple(path for path in entry.paths if not holds_values(path))


def _commit_group(session: Session, group: Group, tip: Tip) -> Commit:
    for entry in group.entries:
        if stuck := tip.put(entry):
            raise RepositoryError(_why_stuck(session, stuck))
    book, start = session.root / LEDGER, session.repository.head
    before = book.read_bytes() if book.exists() else None
    note = group.message.partition("\n")[0]
    entries = [*group.entries, *_decided(session)]
    ledger.append(
        session.root, *(ledger.Line("committed", e.check, e.paths, e.patch, note) for e in group.entries)
    )
    try:
        commit = session.repository.commit(group.message, [*_changes(tip, group), *_records(session)])
    except BaseException:
        if session.repository.head == start:
            _restore(book, before)
        else:  # the commit stands, only git's index could not follow
            _mark(session, entries)
        raise
    _mark(session, entries)
    return commit


def _mark(session: Session, entries: Sequence[Entry]) -> None:
    with suppress(ApplyError):  # a plan knows by the files what is committed
        session.journal.mark_committed({entry.number: session.repository.head for entry in entries})


def _decided(session: Session) -> list[Entry]:
    """Return the decisions that a commit takes along: they are sealed with it, not undone behind it."""
    if session.repository.is_ignored(DECISIONS):
        return []
    return [entry for entry in session.journal.entries() if entry.is_decision and entry.state == "applied"]


def _changes(tip: Tip, group: Group) -> list[FileChange]:
    contents = {path: tip.content(path) for path in group.paths if tip.takes(path)}
    return [FileChange(path, data) for path, data in contents.items() if data is not None]


def _records(session: Session) -> list[FileChange]:
    """Return harden's own files, which travel with the commits unless git is told to ignore them."""
    own = [path for path in (DECISIONS, LEDGER) if (session.root / path).exists()]
    return [
        FileChange(path, (session.root / path).read_bytes())
        for path in own
        if not session.repository.is_ignored(path)
    ]


def _restore(book: Path, before: bytes | None) -> None:
    if before is None:
        book.unlink(missing_ok=True)
    else:
        write_atomically(book, before)


def _is_uncommitted(session: Session, entry: Entry, changed: frozenset[str]) -> bool:
    """Tell whether a patch still stands in the working tree and was not committed by hand."""
    return any(
        merge(now, edit.after, edit.before or b"") != now
        for edit in session.journal.edits(entry)
        if edit.path in changed and (now := _on_disk(session, edit.path)) is not None
    )


def _on_disk(session: Session, path: str) -> bytes | None:
    full = session.root / path
    return full.read_bytes() if full.is_file() else None


def _is_mixed(session: Session, tip: Tip, path: str) -> bool:
    """Tell whether a file holds more than what the commits will take from it."""
    return _on_disk(session, path) != tip.content(path)


def _why_stuck(session: Session, path: str) -> str:
    """Return why a fix of a file cannot be put on top of HEAD."""
    if session.repository.committed(path) is None:
        return f"{path} is not in git yet: commit it first."
    return f"{path} holds your own uncommitted edits where the fix is: commit them first."


def _groups(session: Session, entries: Sequence[Entry]) -> tuple[Group, ...]:
    """Return a group for each commit, with all that it changes as one patch."""
    tip = Tip(session)
    groups = []
    for title, own in _grouped(session, entries):
        paths = sorted({path for entry in own for path in _told(entry) if tip.takes(path)})
        before = {path: tip.content(path) for path in paths}
        for entry in own:
            tip.put(entry)
        edits = tuple(FileEdit(path, old, tip.content(path) or b"") for path, old in before.items())
        groups.append(Group(title, own, message_for(own), Patch("", "", title, Risk.REVIEW, edits, (), ())))
    return tuple(groups)


def _grouped(session: Session, entries: Sequence[Entry]) -> list[tuple[str, tuple[Entry, ...]]]:
    """Return entries by stage; one group for all where a stage alone would not apply to what is committed."""
    by_stage = [(stage.title, tuple(e for e in entries if e.stage == stage.id)) for stage in stages()]
    found = [(title, group) for title, group in by_stage if group]
    tip = Tip(session)
    if any(tip.put(entry) for _, group in found for entry in group):
        return [("All stages", tuple(entries))]
    return found


def _free_name(taken: frozenset[str]) -> str:
    today = datetime.datetime.now(datetime.UTC).date().isoformat()
    name = f"harden/{today}"
    number = 2
    while name in taken:
        name, number = f"harden/{today}-{number}", number + 1
    return name
