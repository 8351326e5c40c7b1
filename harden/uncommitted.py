"""What is not committed yet, as diffs for reading: a commit of a plan, and a person's own edits."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from harden.findings import Finding, Risk
from harden.masking import is_secret, masked_hunks, secrets_before, secrets_in
from harden.patches import FileEdit, Patch
from harden.previews import Preview
from harden.tip import Tip

if TYPE_CHECKING:
    from harden.commits import Group
    from harden.session import Session


def group_preview(session: Session, group: Group) -> Preview:
    """Return what a commit of a plan changes, secrets masked."""
    secret = next((entry.check for entry in group.entries if is_secret(entry.check)), "")
    return _shown(session, replace(group.patch, check=secret), ())


def own_edits(session: Session, paths: Iterable[str]) -> Preview:
    """Return what a person changed in some files since the last commit, harden's own fixes left out.

    Raises UnreadableSource for a file that is gone.
    """
    tip = Tip(session)
    for entry in session.applied_entries():
        tip.put(entry)
    project = session.project.renewed(session.project.paths)
    edits = []
    for path in paths:
        before, after = tip.content(path), project.read(path)
        if before != after:
            edits.append(FileEdit(path, before, after))
    patch = Patch("", "", "", Risk.REVIEW, tuple(edits), (), ())
    return _shown(session, patch, [secret for path in patch.paths for secret in secrets_in(project, path)])


def _shown(session: Session, patch: Patch, added: Iterable[Finding]) -> Preview:
    known = tuple(secrets_before(session.project, patch))
    hunks = masked_hunks(patch, known, added=added)
    return Preview(patch, hunks, written=True, diff=patch.diff(hunks), secrets=known)
