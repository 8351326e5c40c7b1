"""What the measurements count and write; nothing here is timed."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from bench import trees
from bench.lines import counted, python_files
from bench.per_check import Growth
from tests.given import write

SOURCE = '"""Doc.\n\ntext"""\n# note\n\nx = 1  # one\n'
posix = pytest.mark.skipif(sys.platform == "win32", reason="os.wait4 is not there")


def test_lines_are_counted_of_what_a_scan_looks_at(tmp_path: Path) -> None:
    write(tmp_path, {"a.py": SOURCE, "b/c.py": "y = 2", "d.txt": "text\n", "venv/e.py": "z = 3\n"})
    lines = counted(python_files(tmp_path))
    assert (lines.files, lines.all, lines.blank, lines.comment, lines.code) == (2, 7, 2, 1, 4)
    assert str(lines) == "7 lines (4 of code) in 2 files"


def test_the_cost_of_a_check_is_told_for_a_thousand_lines() -> None:
    grown = Growth(checks=40, none=2.0, halves=(3.0, 5.0), all=6.0)
    assert grown.per_check(lines=100_000) == pytest.approx(1.0)
    assert grown.half_per_check(lines=100_000) == pytest.approx(1.0)


def test_every_tree_is_pinned() -> None:
    assert all("==" in requirement for _, made in trees.packages() for requirement in made)
    assert all(len(commit) == 40 for _, _, commit in trees.repositories())
    assert len(trees.wanted()) == 4


@posix
def test_figures_replace_those_of_the_last_time(tmp_path: Path) -> None:
    from bench.contenders import COLD, FLOOR
    from bench.lines import Lines
    from bench.measure import Taken
    from bench.table import Measured, Row, section, write

    rows = (
        Row(FLOOR, (Taken(1.0, 1.0), Taken(9.0, 1.0), Taken(2.0, 2.0)), None),
        Row(COLD, (Taken(4.0, 7.0),), 50_000_000),
    )
    growth = Growth(38, 1.0, (2.0, 2.0), 3.0)
    text = section(Measured("shop", Lines(3, 2000, 100, 100), rows, ("bandit: it failed.",), growth))
    assert "| ast.parse | 2.00 | 1.00 | 1000.0 |  | 1.00 |  |" in text
    assert "| harden | 4.00 | 7.00 | 2000.0 | 50 | 2.00 |  |" in text
    assert "50 MB of 102 MB" in text
    assert text.endswith("Left out: bandit: it failed.\n")
    document = tmp_path / "performance.md"
    document.write_text("# How fast\n")
    for figures in ("old", "new", text):
        write(document, figures)
    whole = document.read_text()
    assert whole.startswith("# How fast\n\n<!-- bench: written by make bench -->\n\n### shop")
    assert whole.count("<!-- bench") == 2
    assert "old" not in whole


@posix
def test_a_run_counts_what_its_children_take_and_tells_how_it_failed(tmp_path: Path) -> None:
    from bench.measure import Failed, timed

    code = (
        "import subprocess, sys; subprocess.run([sys.executable, '-c', 'sum(range(10**6))']); print(input())"
    )
    taken = timed([sys.executable, "-c", code], tmp_path, os.environ, "word\n", (0,), 60)
    assert taken.cpu > 0
    assert taken.wall > 0
    command = [sys.executable, "-c", "import sys; print('gone wrong', file=sys.stderr); sys.exit(3)"]
    command = [sys.executable, "-c", "import sys; print('gone wrong', file=sys.stderr); sys.exit(3)"]
    with pytest.raises(Failed, match="status 3: gone wrong"):
        timed(command, tmp_path, os.environ, "", (0,), 60)
    with pytest.raises(Failed, match="nowhere"):
        timed(["/nowhere/program"], tmp_path, os.environ, "", (0,), 60)
