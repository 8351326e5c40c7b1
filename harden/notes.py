"""What the answers about a project's files rest on: what was looked at for each, and what was seen there."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from hashlib import blake2b
from string import ascii_letters, digits

LISTING, IMPORTED = "*", "%"
"""Noted where the list of all files was looked at, and which packages the project imports."""
OUTSIDE = "!"
"""Noted where something was looked at that is no file of the project: such an answer is never kept."""
MODULE, TEXT, PRESENCE, WORD = "=", "-", "?", "#"
"""Stand before the path of a file whose code was asked for all that it rests on, of one whose text alone was
read, of one that may be there, and before a word searched in all files."""
WHOLE, CALLED, IMPORTED = "\b", "\b(", "\b<"
"""Stand after a word that is looked for as a whole name, as one that is called or given another name, and as
one that is imported from somewhere."""
EXPORTS, BOUND = "~", "^"
"""Stand before the path of a file that was asked what its top-level names stand for, or just for them."""


_IMPORTS = rb"\bimport\b(?:[\s(\\]|#[^\n]*\n)*(?:\w+(?:\s+as\s+\w+)?\s*,(?:[\s\\]|#[^\n]*\n)*)*%b(?!\w)"
_PLAIN = b" \t.,()[]" + (ascii_letters + digits + "_").encode()
"""What may stand between the sign of an assignment and the name that is assigned."""
ROUTES = "@"
"""Stands for the project's routes, and before the module of which it was asked what is given to a route."""
UNSTEADY = "unsteady"
"""Stands for the digest of a file that said different things while it was looked at."""


@dataclass(slots=True)
class Notes:
    """What was looked at for each file's answers, with what was seen.

    `contents` are digests of files (see `digest_of`), `told` digests of what files told of their top-level
    names, `words` tells which Python files hold a word, `present` whether there was a file.
    """

    looks: dict[str, set[str]] = field(default_factory=dict)
    contents: dict[str, str] = field(default_factory=dict)
    told: dict[str, str] = field(default_factory=dict)
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
        self.told.update(other.told)
        self.words.update(other.words)
        self.present.update(other.present)

    def after(self, sent: Notes) -> Notes:
        """Return what `sent` does not hold yet, and let it hold that too."""
        new = Notes(
            {path: looks - sent.looks.get(path, set()) for path, looks in self.looks.items()},
            {path: digest for path, digest in self.contents.items() if sent.contents.get(path) != digest},
            {look: digest for look, digest in self.told.items() if look not in sent.told},
            {word: holders for word, holders in self.words.items() if word not in sent.words},
            {path: is_there for path, is_there in self.present.items() if path not in sent.present},
        )
        new.looks = {path: looks for path, looks in new.looks.items() if looks or path not in sent.looks}
        sent.add(new)
        return new


def holds(data: bytes, word: str) -> bool:
    """Tell whether a file's text contains a word, in the way that a mark after it says."""
    plain, mark, _ = word.partition(WHOLE)
    name = plain.encode("utf-8", "surrogatepass")
    if not mark or name not in data:
        return name in data
    if word.endswith(IMPORTED):
        return re.search(_IMPORTS % re.escape(name), data) is not None
    places = re.finditer(rb"(?<!\w)%b(?!\w)" % re.escape(name), data)
    return any(_is_called(data, place) if word.endswith(CALLED) else True for place in places)


def _is_called(data: bytes, place: re.Match[bytes]) -> bool:
    """Tell whether a name is called, or given another name: by `as`, an assignment, the head of a class."""
    if data[place.end() : place.end() + 8].lstrip().startswith((b"(", b"as ")):
        return True
    before = data[data.rfind(b"\n", 0, place.start()) + 1 : place.start()]
    _, given, value = before.rpartition(b"=")
    return before.lstrip().startswith(b"class ") or (bool(given) and not value.strip(_PLAIN))


def digest_of(data: bytes | None) -> str:
    """Return what tells contents of files apart; an empty text for a file that cannot be read."""
    return "" if data is None else blake2b(data, digest_size=16).hexdigest()
