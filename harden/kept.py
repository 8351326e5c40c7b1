"""What scans found out, as it is kept for the next one, and which of it no longer holds.

A file's result rests on its own content and on what was looked at for it (`notes`): the contents of other
files, and all that these rest on, whether a file is there, which files hold a word, the list of all files.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from posixpath import basename, dirname

from harden.notes import BOUND, EXPORTS, MODULE, OUTSIDE, PRESENCE, ROUTES, TEXT, WORD, holds
from harden.project import Project
from harden.report.records import finding_record, read_finding
from harden.roles import FileKind, file_kind
from harden.scan import FileResult


@dataclass(slots=True)
class Kept:
    """Results without problems by file, and what they rest on.

    `listing` and `contents` are digests (an empty one: the file cannot be read), `imports` the top-level
    packages that each Python file imports, the others as in `Notes`.
    """

    listing: str = ""
    contents: dict[str, str] = field(default_factory=dict)
    told: dict[str, str] = field(default_factory=dict)
    imports: dict[str, list[str]] = field(default_factory=dict)
    looks: dict[str, list[str]] = field(default_factory=dict)
    words: dict[str, list[str]] = field(default_factory=dict)
    present: dict[str, bool] = field(default_factory=dict)
    results: dict[str, FileResult] = field(default_factory=dict)

    def stale(self, project: Project, changed: Mapping[str, bytes], others: Iterable[str]) -> set[str]:
        """Return the files whose answers may be others now.

        `changed` is what files say that changed, `others` are looks at the whole project that see otherwise.
        """
        wrong = {OUTSIDE, *others}
        wrong |= {TEXT + path for path in changed}
        wrong |= {PRESENCE + path for path, was in self.present.items() if project.exists(path) != was}
        for word, holders in self.words.items():
            held = frozenset(holders)
            if any((path in held) != holds(data, word) for path, data in changed.items() if _is_code(path)):
                wrong.add(WORD + word)
        if not changed and all(map(wrong.isdisjoint, self.looks.values())):
            return set()
        users: dict[str, list[str]] = {}
        for path, looks in self.looks.items():
            for look in looks:
                users.setdefault(look, []).append(path)
        wrong |= self._told_otherwise(project, changed, users)
        todo = [*changed, *(path for look in wrong for path in users.get(look, ()))]
        found: set[str] = set()
        while todo:
            path = todo.pop()
            if path in found:
                continue
            found.add(path)
            todo += users.get(MODULE + path, ())
            if path == ROUTES:
                asked = [look for look in self.told if look.startswith(ROUTES)]
                others = [look for look in asked if project.seen(look) != self.told[look]]
                todo += (user for look in others for user in users.get(look, ()))
        return found

    def _told_otherwise(
        self, project: Project, changed: Iterable[str], users: Mapping[str, list[str]]
    ) -> set[str]:
        """Return the looks at top-level names that see something else now.

        What a file tells of its names rests on its text and on what others tell of theirs, by star imports.
        """
        found: set[str] = set()
        todo = list(changed)
        while todo:
            path = todo.pop()
            for look in (EXPORTS + path, BOUND + path):
                if look in self.told and look not in found and project.seen(look) != self.told[look]:
                    found.add(look)
                    todo += users.get(look, ())
        return found

    def forget(self, paths: Iterable[str]) -> None:
        """Drop the results of files, and what they rest on."""
        for path in paths:
            self.results.pop(path, None)
            self.looks.pop(path, None)

    def record(self) -> dict[str, object]:
        """Return everything as plain data."""
        results = {path: [*map(finding_record, known.findings)] for path, known in self.results.items()}
        return {name: getattr(self, name) for name in self.__slots__} | {"results": results}

    @classmethod
    def of(cls, record: dict[str, object]) -> Kept:
        """Make it back from plain data. Raises TypeError, KeyError or ValueError for anything else."""
        results = record["results"]
        if not isinstance(results, dict):
            raise TypeError("no results")
        made = {path: FileResult(path, tuple(map(read_finding, found))) for path, found in results.items()}
        return cls(**{**record, "results": made})  # type: ignore[arg-type]


def naming(imports: Mapping[str, Iterable[str]]) -> tuple[frozenset[str], ...]:
    """Return all that decides what names stand for besides the contents of the modules that they lead to.

    These are the Python files, their folders that any file imports by name, and the files that import a
    library which is named as they are (see `Layout`); `imports` tells of each file what it imports.
    """
    folders = {part for path in imports for part in dirname(path).split("/")}
    itself = frozenset(path for path, names in imports.items() if basename(path)[:-3] in names)
    return frozenset(imports), used_in(imports) & folders, itself


def used_in(imports: Mapping[str, Iterable[str]]) -> frozenset[str]:
    """Return the top-level packages that files import, tests aside."""
    used = (names for path, names in imports.items() if file_kind(path) is not FileKind.TEST)
    return frozenset(name for names in used for name in names)


def _is_code(path: str) -> bool:
    return path.endswith(".py")
