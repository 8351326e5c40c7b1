"""How cost grows with each check: scan a tree with none of the checks, with halves of them, and with all.

`python bench/per_check.py START STEP` is one such scan of the current folder, in one process of its own.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median


@dataclass(frozen=True, slots=True)
class Growth:
    """Processor seconds with no check, with each half, and with all of `checks`."""

    checks: int
    none: float
    halves: tuple[float, float]
    all: float

    def per_check(self, lines: int) -> float:
        """Return the milliseconds that one check adds for 1,000 lines."""
        return (self.all - self.none) / self.checks / lines * 1e6

    def half_per_check(self, lines: int) -> float:
        """Return the same from none to a half of them."""
        return (sum(self.halves) / 2 - self.none) / (self.checks / 2) / lines * 1e6


def growth(run: Callable[[Sequence[str]], float], runs: int) -> Growth:
    """Measure, interleaved. `run` runs a command on the tree and returns its processor time."""
    from harden.registry import checks

    slices = {"none": ("0", "0"), "even": ("0", "2"), "odd": ("1", "2"), "all": ("0", "1")}
    taken: dict[str, list[float]] = {name: [] for name in slices}
    for _ in range(runs):
        for name, slice in slices.items():
            taken[name].append(run([sys.executable, "-P", __file__, *slice]))
    none, even, odd, every = (median(taken[name]) for name in slices)
    return Growth(len(checks()), none, (even, odd), every)


def main() -> None:
    """Scan with every STEPth check from START on; with none where STEP is 0."""
    from harden.discover import list_files
    from harden.project import Project
    from harden.registry import checks
    from harden.scan import scan

    start, step = map(int, sys.argv[1:])
    chosen = list(checks().values())[start::step] if step else []
    root = Path().resolve()
    for _ in scan(Project(root, list_files(root)), chosen):
        pass


if __name__ == "__main__":
    main()
