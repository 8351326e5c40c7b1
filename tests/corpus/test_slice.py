"""A slice of the corpus in every run of the tests: installed packages and the standard library.

`make corpus` does the same over millions of lines.
"""

from __future__ import annotations

import sysconfig
from pathlib import Path

import pytest

from harden.project import Project
from harden.registry import checks
from tests.corpus.properties import examine

_INSTALLED = Path(sysconfig.get_path("purelib"))
_LIBRARY = Path(sysconfig.get_path("stdlib"))


@pytest.mark.parametrize(
    "pattern",
    ["git/*.py", "pip/_internal/*/*.py", "setuptools/*.py", "_pytest/*.py", "xdist/*.py", "libcst/*/*.py"],
)
def test_every_fix_in_an_installed_package_keeps_what_it_must(pattern: str) -> None:
    failures, fixed = _examined(_INSTALLED / pattern.partition("/")[0], pattern.partition("/")[2])
    assert not failures
    assert fixed or "xdist" in pattern


@pytest.mark.parametrize("package", ["http", "logging", "multiprocessing", "urllib", "concurrent"])
def test_every_fix_in_the_standard_library_keeps_what_it_must(package: str) -> None:
    failures, _ = _examined(_LIBRARY / package, "**/*.py")
    assert not failures


def _examined(root: Path, pattern: str) -> tuple[list[str], int]:
    every = tuple(sorted(path.relative_to(root).as_posix() for path in root.rglob("*.py")))
    wanted = sorted(path.relative_to(root).as_posix() for path in root.glob(pattern))
    project, known = Project(root, every), list(checks().values())
    tallies = [examine(project, known, path) for path in wanted]
    return [line for tally in tallies for line in tally.failures], sum(t.fixed.total() for t in tallies)
