"""Mend every finding in real source trees and count: `python -m tests.corpus.run FOLDER...`.

A folder with Python files or a git repository is one project; of others, each folder in it is one.
Exit status 1 where a property is broken.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import lru_cache
from multiprocessing import Pool
from pathlib import Path
from time import monotonic

from harden.discover import list_files
from harden.project import Project
from harden.registry import checks
from tests.corpus.properties import Tally, examine

_CHUNK = 50
_SHOWN = 40


def projects(folders: Sequence[Path]) -> Iterator[Path]:
    """Yield the root of each project."""
    for folder in folders:
        if any(folder.glob("*.py")) or (folder / ".git").exists():
            yield folder
        else:
            yield from sorted(child for child in folder.iterdir() if any(child.rglob("*.py")))


def _examine(job: tuple[Path, Sequence[str]]) -> Tally:
    """Examine some files of one project."""
    root, paths = job
    tally = Tally()
    known = list(checks().values())
    for path in paths:
        try:
            tally.add(examine(_project(root), known, path))
        except Exception as error:  # a crash is a failure like any other, and the rest goes on
            tally.failures.append(f"{root.name}/{path}: {type(error).__name__}: {error}")
    tally.failures = [f"{root.name}: {line}" for line in tally.failures]
    return tally


@lru_cache(maxsize=2)
def _project(root: Path) -> Project:
    return Project(root, list_files(root))


def report(tally: Tally) -> Iterator[str]:
    """Yield the lines of the report."""
    yield f"{tally.files} files, {tally.lines} lines, {tally.unreadable} that cannot be read"
    yield f"{'check':28}{'findings':>10}{'explained':>10}{'fixed':>10}{'refused':>10}"
    refused: Counter[str] = Counter()
    for (check, _), count in tally.refused.items():
        refused[check] += count
    for check, count in sorted(tally.findings.items()):
        if count:
            yield _row(check, count, tally.guided[check], tally.fixed[check], refused[check])
    totals = [tally.findings.total(), tally.guided.total(), tally.fixed.total(), refused.total()]
    yield _row("", *totals)
    yield f"{tally.compositions} compositions of several fixes in one file"
    yield "most frequent reasons for a refusal:"
    for (check, reason), count in tally.refused.most_common(_SHOWN):
        yield f"{count:>6}  {check}: {reason}"
    yield f"{len(tally.failures)} broken properties"
    yield from (f"  {line}" for line in sorted(tally.failures))


def _row(name: str, *counts: int) -> str:
    return f"{name:28}" + "".join(f"{count:>10}" for count in counts)


def main(folders: Sequence[str]) -> int:
    """Examine the folders and print the counts."""
    started = monotonic()
    jobs = [
        (root, paths[at : at + _CHUNK])
        for root in projects([Path(folder).resolve() for folder in folders])
        for paths in [[path for path in list_files(root) if path.endswith(".py")]]
        for at in range(0, len(paths), _CHUNK)
    ]
    tally = Tally()
    with Pool(maxtasksperchild=20) as pool:  # so that memory stays bounded
        for number, part in enumerate(pool.imap_unordered(_examine, jobs), 1):
            tally.add(part)
            print(*part.failures, f"{number} of {len(jobs)}", sep="\n", file=sys.stderr, flush=True)
    print("\n".join(report(tally)))
    print(f"{monotonic() - started:.0f} s")
    return 1 if tally.failures else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
