"""The project as one of its files sees it: what the file's answers rest on is noted while they are made.

A kept answer (`cache`) holds as long as nothing changes that was looked at for it. What several files ask for
is worked out once, so what a file's own names lead to is noted for that file, whoever asked first: who asks a
file's code rests on all that the file rests on. Most ask only what a file's top-level names stand for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from harden.following import unmarked
from harden.notes import BOUND, EXPORTS, IMPORTED, LISTING, MODULE, OUTSIDE, PRESENCE, ROUTES, TEXT, WORD
from harden.project import Above, Exports, Project

if TYPE_CHECKING:
    from harden.evidence import EvidenceLine
    from harden.layout import Layout
    from harden.module import Known, Module
    from harden.routes import Routes


class View(Project):
    """All that a `Project` answers, each question noted; its own state is that of the whole project."""

    def __init__(self, whole: Project, looks: set[str]) -> None:
        self._whole = whole
        self._looks = looks

    # What is noted

    def read(self, path: str) -> bytes:
        """Return the bytes of a file. Raises UnreadableSource."""
        self._looks.add(TEXT + path)
        return self._whole.read(path)

    def _bytes(self, path: str) -> bytes:
        self._looks.add(TEXT + path)
        return self._whole._bytes(path)

    def exists(self, path: str) -> bool:
        """Tell whether a file is there, tracked or not."""
        self._looks.add(PRESENCE + path)
        is_there = self._whole.notes.present[path] = self._whole.exists(path)
        return is_there

    def module(self, path: str) -> Module:
        """Return a parsed Python file. Raises UnreadableSource."""
        self._looks.add(MODULE + path)
        return self._whole.module(path)

    def rests_on(self, paths: Iterable[str]) -> None:
        """Take note that an answer rests on what modules say that were read before."""
        self._looks.update(MODULE + path for path in paths)

    def worked_out(self, path: str, key: object, make: Callable[[Module], Known]) -> Known:
        """Return what `make` works out of a file. Raises UnreadableSource."""
        self.rests_on((path,))
        return self._whole.worked_out(path, key, make)

    def mentions(self, word: str) -> tuple[str, ...]:
        """Return the paths of the Python files whose text contains `word`."""
        self._looks.add(WORD + word)
        return self._whole.mentions(word)

    def canonical(self, path: str) -> str:
        """Follow a dotted path through the project's own modules to what it stands for."""
        if not self._whole.owns(path):
            return unmarked(path)
        followed = self._whole.followed(path)
        self._looks.update(followed.looks)
        return followed.path

    def above(self, bases: tuple[str, ...]) -> Above:
        """Return what stands above some classes, and what was looked at to tell."""
        above = self._whole.above(bases)
        self._looks.update(above.looks)
        return above

    def exports(self, name: str) -> Exports | None:
        """Return what the module `name` exports, or None when it cannot be read."""
        self._looks.add(self._whole.told(EXPORTS + self.names[name]))
        return self._whole.exports(name)

    def _top_level(self, name: str) -> tuple[frozenset[str], tuple[str, ...]]:
        self._looks.add(self._whole.told(BOUND + self.names[name]))
        return self._whole._top_level(name)

    @property
    def routes(self) -> Routes:
        """Return the routes that the project makes by name."""
        self._looks.add(MODULE + ROUTES)
        return self._whole.routes

    def handlers_in(self, module: str) -> frozenset[str]:
        """Return the qualified names of a module's functions and classes that any file gives to a route."""
        self._looks.add(self._whole.told(ROUTES + module))
        return self._whole.handlers_in(module)

    @property
    def paths(self) -> tuple[str, ...]:  # type: ignore[override]
        """Return the paths of all files."""
        self._looks.add(LISTING)
        return self._whole.paths

    @property
    def root(self) -> Path:  # type: ignore[override]
        """Return the folder of the repository: what is read from there otherwise is not known."""
        self._looks.add(OUTSIDE)
        return self._whole.root

    @property
    def imported(self) -> frozenset[str]:
        """Return the top-level packages that the project's Python files, tests aside, seem to import."""
        self._looks.add(IMPORTED)
        return self._whole.imported

    # What holds as long as no file comes, goes, or imports a folder of the project that no other imports

    @property
    def layout(self) -> Layout:
        """Return how the project's files are imported."""
        return self._whole.layout

    @property
    def tops(self) -> frozenset[str]:
        """Return the first parts of all names of the project's modules."""
        return self._whole.tops

    # Other projects and what belongs to no file

    @property
    def overlay(self) -> dict[str, bytes]:  # type: ignore[override]
        """Return the content that stands in for files."""
        return self._whole.overlay

    @property
    def evidence(self) -> dict[str, tuple[EvidenceLine, ...]]:  # type: ignore[override]
        """Return what was found for questions."""
        return self._whole.evidence

    def pinned(self) -> Project:
        """Return the project read afresh, and each file only once: what is decided on is what is compared."""
        return self._whole.pinned()

    def renewed(self, paths: tuple[str, ...]) -> Project:
        """Return the project as it is now; what is known of it stays known if no file has changed since."""
        return self._whole.renewed(paths)

    def with_files(self, overlay: dict[str, bytes]) -> Project:
        """Return the project as it would be with these files replaced or added."""
        return self._whole.with_files(overlay)
