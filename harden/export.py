"""Write applied patches to a file, where there is no repository to commit them to."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from harden.dotenv import holds_values
from harden.errors import ApplyError, RepositoryError
from harden.findings import Risk
from harden.masking import masked_hunks, secrets_before
from harden.patches import FileEdit, Hunk, Patch, bytes_of
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
    """Write every applied patch to `harden.patch` at the root and return its path. Raises ApplyError.

    Hunks that show a secret, in a line that they take away or keep, stay out of it; its first lines say so.
    """
    path = session.root / PATCH_FILE
    patches = [patch for patch in _joined(session) if not holds_values(patch.paths[0])]
    shown = [(patch, _without_secrets(session, patch)) for patch in patches]
    left_out = [patch.paths[0] for patch, hunks in shown if len(hunks) < len(patch.hunks())]
    text = "".join(
        f"Left out of {file}: changes of lines that hold a secret.\n" for file in dict.fromkeys(left_out)
    )
    text += "".join(patch.diff(hunks) for patch, hunks in shown if hunks or not patch.hunks())
    try:
        write_atomically(path, bytes_of(text))
    except OSError as error:
        raise ApplyError(f"{path} cannot be written: {error.strerror or error}") from error
    return path


def _without_secrets(session: Session, patch: Patch) -> list[Hunk]:
    """Return the hunks that hold no secret."""
    masked = masked_hunks(patch, secrets_before(session.project, patch))
    return [hunk for hunk, shown in zip(patch.hunks(), masked, strict=True) if hunk.rows == shown.rows]


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
