"""Time the app in a real pseudo-terminal: first paint, keypress to paint during and after a scan, memory.

The repository is made for it: files with nothing but requests without a timeout. A press of `j` counts as
painted when the terminal has got the number of the finding that it leads to.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pexpect  # type: ignore[import-untyped]

PER_FILE, FIRST = 50, "shop/part0000.py"
PATIENCE = 120
"""Seconds after which the app is taken to hang."""
BETWEEN = 0.08
"""Seconds between two presses: as fast as a held key, and long enough for previews to start."""


def main() -> None:
    """Print one line per measurement."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--findings", type=int, default=10_000)
    parser.add_argument("--presses", type=int, default=200)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="harden-bench-") as folder:
        root = Path(folder)
        files = make_repository(root, options.findings // PER_FILE)
        print(f"{files * PER_FILE} findings in {files} files, Python {sys.version.split()[0]}")
        with opened(root) as app:
            started = time.perf_counter()
            print(f"{'first paint':>24} {until(app, '╭') * 1000:7.0f} ms")
            until(app, "7 Resilience")  # the stages are known
            app.send("7")
            until(app, FIRST)
            print(f"{'first finding listed':>24} {(time.perf_counter() - started) * 1000:7.0f} ms")
            app.send("n")
            until(app, "finding 1 of ")
            report("key to paint, scanning", presses(app, options.presses))
            while not shown_again(app, f"{files} files"):
                pass
            print(f"{'scan done':>24} {time.perf_counter() - started:7.1f} s")
            app.send("gn")
            until(app, "finding 1 of ")
            report("key to paint, listed", presses(app, options.presses))
            own, family = megabytes(app.pid)
            print(f"{'memory':>24} {own:7} MB, with the process that makes previews {family} MB")


def presses(app: pexpect.spawn, count: int) -> Iterator[float]:
    """Yield the seconds from each press to its finding; the cursor stands on the first."""
    for number in range(2, count + 2):
        drawn_for(app, BETWEEN)
        app.send("j")
        yield until(app, f"finding {number} of ")


def until(app: pexpect.spawn, text: str) -> float:
    """Wait until a text is drawn; return the seconds it took."""
    start, drawn = time.perf_counter(), ""
    while text not in drawn:
        drawn += app.read_nonblocking(65536, timeout=PATIENCE)
    return time.perf_counter() - start


def drawn_for(app: pexpect.spawn, seconds: float) -> str:
    """Return what is drawn in a stretch of time."""
    end, drawn = time.perf_counter() + seconds, ""
    while (left := end - time.perf_counter()) > 0:
        with suppress(pexpect.TIMEOUT):
            drawn += app.read_nonblocking(65536, timeout=left)
    return drawn


def shown_again(app: pexpect.spawn, text: str) -> bool:
    """Have the whole screen drawn again, by way of the summary, and tell whether it holds a text."""
    app.send("s")
    drawn_for(app, 0.5)
    app.send("s")
    return text in drawn_for(app, 0.5)


def report(name: str, seconds: Iterator[float]) -> None:
    """Print the median, the 95th percentile and the worst."""
    taken = sorted(second * 1000 for second in seconds)
    p95 = taken[int(len(taken) * 0.95)]
    print(f"{name:>24} {statistics.median(taken):7.1f} ms, 95th percentile {p95:.1f}, worst {taken[-1]:.1f}")


def megabytes(pid: int) -> tuple[int, int]:
    """Return the resident memory of a process, and of it with all that it started."""
    told = subprocess.run(["ps", "-eo", "pid=,ppid=,rss="], capture_output=True, text=True, check=True)
    rows = [tuple(map(int, line.split())) for line in told.stdout.splitlines()]
    family = {pid}
    for child, parent, _ in sorted(rows):
        if parent in family:
            family.add(child)
    sizes = {child: size // 1024 for child, _, size in rows if child in family}
    return sizes[pid], sum(sizes.values())


def make_repository(root: Path, files: int) -> int:
    """Write files with findings of one check, and return how many."""
    (root / "shop").mkdir()
    for number in range(files):
        lines = ["import requests", ""]
        for at in range(PER_FILE):
            lines += ["", f"def call_{at}(order):", f"    answer = requests.get(order.url_{at})"]
            lines += ["    return answer.json()", ""]
        (root / f"shop/part{number:04}.py").write_text("\n".join(lines))
    (root / "harden.toml").write_text('disable = ["unchecked-status"]\n')
    for command in (["init", "-q"], ["add", "."]):
        subprocess.run(["git", *command], cwd=root, check=True)
    return files


@contextmanager
def opened(root: Path) -> Iterator[pexpect.spawn]:
    """Give the app on a repository, and end it."""
    app = pexpect.spawn(
        sys.executable,
        ["-P", "-m", "harden"],
        cwd=str(root),
        env={**os.environ, "TERM": "xterm-256color", "COLUMNS": "120", "LINES": "40"},
        dimensions=(40, 120),
        maxread=65536,
        encoding="utf-8",
    )
    app.delaybeforesend = None
    try:
        yield app
    finally:
        app.close(force=True)


if __name__ == "__main__":
    main()
