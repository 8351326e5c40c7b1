"""What the answers about a project's files rest on: what was looked at for each, and what was seen there."""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import blake2b

LISTING = "*"
"""Noted where the list of all files was looked at."""
OUTSIDE = "!"
"""Noted where something was looked at that is no file of the project: such an answer is never kept."""
CONTENT, PRESENCE, WORD = "=", "?", "#"
"""Stand before the path of a file that was read, of one asked for, and a word searched in all files."""


UNSTEADY = "unsteady"
"""Stands for the digest of a file that said different things while it was looked at."""


@dataclass(slots=True)
class Notes:
    """What was looked at for each file's answers, with what was seen.

    `contents` are digests of files (see `digest_of`), `words` tells which Python files hold a word, `present`
    whether there was a file.
    """

    looks: dict[str, set[str]] = field(default_factory=dict)
    contents: dict[str, str] = field(default_factory=dict)
    words: dict[str, tuple[str, ...]] = field(default_factory=dict)
    present: dict[str, bool] = field(default_factory=dict)

    def read(self, path: str, data: bytes | None) -> None:
        """Note what a file said; nothing where it could not be read."""
        self._saw(path, digest_of(data))

    def _saw(self, path: str, digest: str) -> None:
        if self.contents.setdefault(path, digest) != digest:
            self.contents[path] = UNSTEADY

    def add(self, other: Notes) -> None:
        """Take over what another process noted."""
        for path, looks in other.looks.items():
            self.looks.setdefault(path, set()).update(looks)
        for path, digest in other.contents.items():
            self._saw(path, digest)
        self.words.update(other.words)
        self.present.update(other.present)

    def after(self, told: Notes) -> Notes:
        """Return what `told` does not hold yet, and let it hold that too."""
        new = Notes(
            {path: looks - told.looks.get(path, set()) for path, looks in self.looks.items()},
            {path: digest for path, digest in self.contents.items() if told.contents.get(path) != digest},
            {word: holders for word, holders in self.words.items() if word not in told.words},
            {path: is_there for path, is_there in self.present.items() if path not in told.present},
        )
        new.looks = {path: looks for path, looks in new.looks.items() if looks or path not in told.looks}
        told.add(new)
        return new


def digest_of(data: bytes | None) -> str:
    """Return what tells contents of files apart; an empty text for a file that cannot be read."""
    return "" if data is None else blake2b(data, digest_size=16).hexdigest()
