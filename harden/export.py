"""Write applied patches to a file, where there is no repository to commit them to."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from harden.errors import ApplyError, RepositoryError
from harden.findings import Risk
from harden.patches import FileEdit, Patch, bytes_of
from harden.places import write_atomically

if TYPE_CHECKING:
    from harden.journal import Entry
    from harden.session import Session

PATCH_FILE = "harden.patch"


def is_repository(session: Session) -> bool:
    """Tell whether the session works in a git repository."""
    try:
        return session.repository is not None
    except RepositoryError:
        return False


def patch_of(session: Session, entry: Entry) -> Patch:
    """Return what the journal wrote down as a patch."""
    edits = session.journal.edits(entry)
    return Patch(entry.check, entry.stage, entry.title, Risk.REVIEW, edits, entry.resolves, entry.targets)


def write_patch(session: Session) -> Path:
    """Write every applied patch to `harden.patch` at the root and return its path. Raises ApplyError."""
    path = session.root / PATCH_FILE
    text = "".join(patch.diff() for patch in _joined(session))
    try:
        write_atomically(path, bytes_of(text))
    except OSError as error:
        raise ApplyError(f"{path} cannot be written: {error.strerror or error}") from error
    return path


def _joined(session: Session) -> list[Patch]:
    """Return the patches in order, edits of one file made one where they follow each other."""
    edits: list[FileEdit] = []
    last: dict[str, int] = {}
    for entry in session.applied_entries():
        for edit in session.journal.edits(entry):
            at = last.get(edit.path)
            if at is not None and edits[at].after == edit.before:
                edits[at] = FileEdit(edit.path, edits[at].before, edit.after)
            else:
                last[edit.path] = len(edits)
                edits.append(edit)
    return [Patch("", "", "", Risk.REVIEW, (edit,), (), ()) for edit in edits]
