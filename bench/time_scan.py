"""Time harden's start-up and its scan of a repository, each as the median of fresh processes."""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ACCEPTED = (0, 1)  # nothing found, something found


def main() -> int:
    """Print one line per measurement, in milliseconds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("repository", type=Path, nargs="?", default=Path("."))
    parser.add_argument("--runs", type=int, default=7, help="processes per measurement (default: 7)")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="harden-bench-") as folder:
        rows = measure(options.repository.resolve(), options.runs, Path(folder))
    print(f"{options.repository.resolve()}, Python {sys.version.split()[0]}, median of {options.runs} runs")
    for name, seconds in rows.items():
        print(f"{name:>18} {seconds * 1000:8.0f} ms")
    return 0


def measure(repository: Path, runs: int, folder: Path) -> dict[str, float]:
    """Return the median seconds of each measurement; `folder` takes the caches."""
    harden = [sys.executable, "-P", "-m", "harden"]
    warm = folder / "warm"
    timed([*harden, "scan"], repository, warm)
    commands = {
        "bare interpreter": [sys.executable, "-c", ""],
        "harden --version": [*harden, "--version"],
        "harden --help": [*harden, "--help"],
        "scan, warm cache": [*harden, "scan"],
    }
    rows = {
        name: statistics.median(timed(command, repository, warm) for _ in range(runs))
        for name, command in commands.items()
    }
    cold = statistics.median(timed([*harden, "scan"], repository, folder / str(run)) for run in range(runs))
    return rows | {"scan, cold cache": cold}


def timed(command: list[str], repository: Path, cache: Path) -> float:
    """Return the seconds that a command takes; stop when it fails."""
    environment = os.environ | {"XDG_CACHE_HOME": str(cache), "LOCALAPPDATA": str(cache)}
    start = time.perf_counter()
    result = subprocess.run(
        command, cwd=repository, env=environment, capture_output=True, text=True, check=False
    )
    seconds = time.perf_counter() - start
    if result.returncode not in ACCEPTED or "Traceback" in result.stderr:
        sys.exit(f"{' '.join(command)} failed with {result.returncode}:\n{result.stderr}")
    return seconds


if __name__ == "__main__":
    sys.exit(main())
