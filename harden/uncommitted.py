"""What is not committed yet, as diffs for reading: a commit of a plan, and a person's own edits."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from harden.findings import Risk
from harden.masking import is_secret, secrets_in
from harden.patches import FileEdit, Patch
from harden.previews import Preview, shown
from harden.tip import Tip

if TYPE_CHECKING:
    from harden.commits import Group
    from harden.session import Session


def group_preview(session: Session, group: Group) -> Preview:
    """Return what a commit of a plan changes, secrets masked."""
    secret = next((entry.check for entry in group.entries if is_secret(entry.check)), "")
    return shown(session, replace(group.patch, check=secret), written=True)


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
    added = [secret for path in patch.paths for secret in secrets_in(project, path)]
    return shown(session, patch, written=True, added=added)
