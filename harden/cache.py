"""Scan with what earlier scans found out: only what may have another answer is looked at again.

What is kept lies in the user's cache folder, one file for each repository and selection of checks. It is a
faster way to the same answer and nothing else: it is safe to delete, and one that cannot be used is not.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from harden.checks import Check
from harden.errors import UnreadableSource
from harden.files import imports_in
from harden.kept import Kept, naming, used_in
from harden.notes import (
    BOUND,
    EXPORTS,
    IMPORTED,
    LISTING,
    MODULE,
    OUTSIDE,
    PRESENCE,
    TEXT,
    UNSTEADY,
    WORD,
    digest_of,
)
from harden.places import cache_folder, write_atomically
from harden.project import Project
from harden.registry import sources
from harden.scan import FileResult, scan, wanted_by

_KEPT_FOR = 30 * 24 * 3600
"""Seconds after its last use for which a repository's results are kept."""


def scan_again(
    project: Project, checks: Sequence[Check], *, only: Iterable[str] | None = None
) -> Iterator[FileResult]:
    """Yield what `scan` yields, and keep it for the next time."""
    if project.overlay:  # an edit that is tried out
        yield from scan(project, checks, only=only)
        return
    file = _file(project, checks)
    kept = _load(file)
    is_new = _drop_stale(kept, project)
    wanted = wanted_by(checks, project.paths if only is None else sorted(only))
    made = scan(project, checks, only=[path for path in wanted if path not in kept.results])
    found: dict[str, FileResult] = {}
    for path in wanted:
        known = kept.results.get(path)
        if known is None:
            known = found[path] = next(made)
        yield known
    if _take(kept, found, project) or is_new:
        _save(file, kept)


def _drop_stale(kept: Kept, project: Project) -> bool:
    """Let go of what no longer holds, note how the project is now, and tell whether it was otherwise."""
    code = {path for path in project.paths if path.endswith(".py")}
    unknown = code - kept.imports.keys()
    changed: dict[str, bytes] = {}
    for path in code | kept.contents.keys():
        data = _content(project, path)
        if kept.contents.get(path) != project.notes.contents[path] or path in unknown:
            changed[path] = data or b""
    imports = {path: kept.imports[path] for path in code - changed.keys()}
    imports |= {path: sorted(imports_in(changed[path])) for path in code & changed.keys()}
    listing = digest_of("\0".join(project.paths).encode("utf-8", "surrogateescape"))
    others = [LISTING] if listing != kept.listing else []
    if imports != kept.imports and used_in(imports) != used_in(kept.imports):
        others.append(IMPORTED)
    if imports != kept.imports and naming(imports) != naming(kept.imports):
        kept.forget([*kept.results, *kept.looks])
    else:
        kept.forget(kept.stale(project, changed, others))
    kept.imports, kept.listing = imports, listing
    return bool(changed or others)


def _take(kept: Kept, found: Mapping[str, FileResult], project: Project) -> bool:
    """Keep results with what they rest on, and tell whether there are any.

    A file that was written during the scan counts as changed next time. What could not be looked at is looked
    at again each time.
    """
    notes = project.notes
    steady = {
        path: result
        for path, result in found.items()
        if not result.problems and OUTSIDE not in notes.looks.get(path, ())
    }
    kept.results |= steady
    for path, looks in notes.looks.items():
        kept.looks[path] = sorted(looks.union(kept.looks.get(path, ())))
    named = {look for looks in kept.looks.values() for look in looks}
    kept.told |= notes.told
    kept.told = {look: digest for look, digest in kept.told.items() if look in named}
    kept.words |= {word: list(holders) for word, holders in notes.words.items()}
    kept.words = {word: holders for word, holders in kept.words.items() if WORD + word in named}
    kept.present |= notes.present
    kept.present = {path: was for path, was in kept.present.items() if PRESENCE + path in named}
    rested = {look[1:] for look in named if look[0] in (MODULE, TEXT, EXPORTS, BOUND)}
    rested |= kept.results.keys() | kept.imports.keys()
    kept.contents = {
        path: digest for path, digest in notes.contents.items() if path in rested and digest != UNSTEADY
    }
    return bool(steady)


def _content(project: Project, path: str) -> bytes | None:
    try:
        return project.read(path)
    except UnreadableSource:
        return None


def _file(project: Project, checks: Sequence[Check]) -> Path:
    """Return where results are kept: another place for each repository, engine and selection of checks."""
    said = "\0".join([sources(), *(check.id for check in checks)])
    return cache_folder() / digest_of(os.fsencode(project.root)) / f"{digest_of(said.encode())}.json"


def _load(file: Path) -> Kept:
    """Return what was kept, or nothing where that cannot be used."""
    try:
        record = json.loads(file.read_bytes())
        os.utime(file)
        return Kept.of(record)
    except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return Kept()


def _save(file: Path, kept: Kept) -> None:
    with suppress(OSError, ValueError):  # a full or read-only disk costs time, not answers
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_atomically(file, json.dumps(kept.record(), separators=(",", ":")).encode())
        for other in file.parent.parent.glob("*/*.json"):
            if time.time() - other.stat().st_mtime > _KEPT_FOR:
                other.unlink()
