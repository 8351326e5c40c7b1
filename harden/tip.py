"""The tip of a branch as it will be: HEAD with applied patches on top, without anybody's other edits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harden.differences import merge
from harden.dotenv import holds_values

if TYPE_CHECKING:
    from harden.journal import Entry
    from harden.session import Session


class Tip:
    """What a branch will hold at its tip while patches are put on top of HEAD.

    Files that git ignores, such as the `.env` that a secret was moved to, never get there.
    """

    def __init__(self, session: Session) -> None:
        self.session = session
        self.contents: dict[str, bytes | None] = {}
        self._ignored: dict[str, bool] = {}

    def takes(self, path: str) -> bool:
        """Tell whether a file may be committed."""
        if path not in self._ignored:
            self._ignored[path] = holds_values(path) or self.session.repository.is_ignored(path)
        return not self._ignored[path]

    def content(self, path: str) -> bytes | None:
        """Return a file as the commits so far leave it."""
        if path not in self.contents:
            self.contents[path] = self.session.repository.committed(path)
        return self.contents[path]

    def put(self, entry: Entry) -> str:
        """Put a patch on top, all of it or nothing; return the file that forbids it, if any."""
        changed: dict[str, bytes | None] = {}
        for edit in self.session.journal.edits(entry):
            if not self.takes(edit.path):
                continue
            merged = _onto(self.content(edit.path), edit.before, edit.after)
            if merged is None:
                return edit.path
            changed[edit.path] = merged
        self.contents.update(changed)
        return ""


def _onto(at_tip: bytes | None, before: bytes | None, after: bytes) -> bytes | None:
    """Return what a file becomes when the change from `before` to `after` is made on what it is."""
    if at_tip in (before, after):
        return after
    return None if at_tip is None or before is None else merge(at_tip, before, after)
