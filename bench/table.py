"""The figures of a run as Markdown, and their place in docs/performance.md."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from bench.contenders import COLD, FLOOR, WALK
from bench.lines import Lines
from bench.measure import Taken
from bench.per_check import Growth

START, END = "<!-- bench: written by make bench -->", "<!-- bench: end -->"
_ALLOWED = "1 KB for each line and 100 MB"


@dataclass(frozen=True, slots=True)
class Row:
    """A contender and its runs; `memory` is None where it was not told."""

    name: str
    runs: tuple[Taken, ...]
    memory: int | None

    @property
    def wall(self) -> float:
        """Return the median of the wall seconds."""
        return median(run.wall for run in self.runs)

    @property
    def cpu(self) -> float:
        """Return the median of the processor seconds."""
        return median(run.cpu for run in self.runs)


@dataclass(frozen=True, slots=True)
class Measured:
    """A tree with its rows, and why some are missing."""

    name: str
    lines: Lines
    rows: tuple[Row, ...]
    missing: tuple[str, ...]
    growth: Growth | None


def section(measured: Measured) -> str:
    """Return the table of a tree, with what follows from it."""
    by_name = {row.name: row for row in measured.rows}
    heads = ("", "wall s", "CPU s", "ms per 1,000 lines", "peak MB", f"x {FLOOR}", f"x {WALK}")
    lines = [
        f"### {measured.name}: {measured.lines}",
        "",
        _line(heads),
        _line(["---", *["---:"] * (len(heads) - 1)]),
    ]
    for row in measured.rows:
        memory = f"{row.memory / 1e6:,.0f}" if row.memory is not None else ""
        figures = (f"{row.wall:.2f}", f"{row.cpu:.2f}", f"{row.wall / measured.lines.all * 1e6:.1f}", memory)
        ratios = (
            f"{row.wall / by_name[floor].wall:.2f}" if floor in by_name else "" for floor in (FLOOR, WALK)
        )
        lines.append(_line((row.name, *figures, *ratios)))
    lines += ["", *_notes(measured, by_name.get(COLD))]
    return "\n".join(lines).rstrip() + "\n"


def _notes(measured: Measured, cold: Row | None) -> list[str]:
    notes = []
    if cold is not None and cold.memory is not None:
        allowed = measured.lines.all * 1000 + 100_000_000
        notes.append(
            f"Memory of harden: {cold.memory / 1e6:,.0f} MB of {allowed / 1e6:,.0f} MB ({_ALLOWED})."
        )
    if (grown := measured.growth) is not None:
        first, second = grown.halves
        notes.append(
            f"Processor time by number of checks: none {grown.none:.2f} s, the halves {first:.2f} s and "
            f"{second:.2f} s, all {grown.checks} {grown.all:.2f} s. One check adds "
            f"{grown.per_check(measured.lines.all):.2f} ms for 1,000 lines "
            f"({grown.half_per_check(measured.lines.all):.2f} ms from none to a half)."
        )
    return [*notes, *(f"Left out: {why}" for why in measured.missing)]


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def write(file: Path, text: str) -> None:
    """Replace what stands between the marks of a file; put it at the end where there are none."""
    whole = file.read_text() if file.exists() else ""
    before, found, rest = whole.partition(START)
    after = rest.partition(END)[2] if found else "\n"
    gap = "" if found or not before else "\n"
    file.write_text(f"{before}{gap}{START}\n\n{text.strip()}\n\n{END}{after}")
