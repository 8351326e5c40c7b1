"""What git says about the working tree, as a person reading the app needs it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harden.errors import RepositoryError

if TYPE_CHECKING:
    from harden.journal import Entry
    from harden.session import Session


@dataclass(frozen=True, slots=True)
class Changes:
    """The branch (empty outside git), why nothing can be committed now, and other people's edits.

    `unfinished` is what forbids a commit in one word. `others` are changed files that no applied patch
    touches; `applied` are the patches not yet committed.
    """

    branch: str = ""
    blocked: str = ""
    unfinished: str = ""
    is_git: bool = True
    others: tuple[str, ...] = ()
    applied: tuple[Entry, ...] = ()


def changes(session: Session) -> Changes:
    """Return the state of the working tree; outside git only the applied patches are known."""
    entries = tuple(session.applied_entries())
    try:
        repository = session.repository
        changed = repository.changed()
    except RepositoryError:
        return Changes(is_git=False, applied=entries)
    ours = {path for entry in entries for path in entry.paths}
    others = tuple(sorted(path for path in changed if path not in ours and not path.startswith(".harden/")))
    return Changes(
        repository.branch, repository.blocked(), repository.unfinished(), others=others, applied=entries
    )


def unfinished(session: Session) -> str:
    """Return what forbids a commit now in one word; cheap enough to be asked every few seconds."""
    try:
        return session.repository.unfinished()
    except RepositoryError:
        return ""


def ignored_python(session: Session) -> int:
    """Return how many Python files git ignores; none outside git."""
    try:
        return session.repository.ignored_python()
    except RepositoryError:
        return 0


def edited_by_user(session: Session, paths: Iterable[str]) -> tuple[str, ...]:
    """Return the files that hold edits of the user's that are not committed; none outside git."""
    try:
        repository = session.repository
        changed = repository.changed()
    except RepositoryError:
        return ()
    there = [path for path in paths if path in changed and (session.root / path).exists()]
    return tuple(path for path in there if not _only_ours(session, path))


def _only_ours(session: Session, path: str) -> bool:
    """Tell whether every uncommitted change of a file was written by harden."""
    content = session.repository.committed(path)
    for entry in session.applied_entries():
        for edit in session.journal.edits(entry):
            if edit.path == path:
                if edit.before != content:
                    return False
                content = edit.after
    try:
        return (session.root / path).read_bytes() == content
    except OSError:
        return content is None
