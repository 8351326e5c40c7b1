"""Time harden's start-up and scan, side by side with peers, each as the median of fresh processes.

Peers are timed where they are installed: ruff with its security, async, bugbear, logging, print and datetime
rules, and bandit. `ast.parse` is the floor: the same files, read and parsed in one process.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import subprocess
import sys
import time
from pathlib import Path

ACCEPTED = (0, 1)  # nothing found, something found
FLOOR = """
import ast, subprocess, sys, warnings
warnings.simplefilter("ignore")
for name in subprocess.run(["git", "ls-files", "*.py"], capture_output=True, text=True).stdout.splitlines():
    try:
        ast.parse(open(name, "rb").read())
    except (SyntaxError, ValueError, OSError):
        pass
"""


def main() -> int:
    """Print one line per measurement: wall milliseconds, and the multiple of the floor."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("repository", type=Path, nargs="?", default=Path("."))
    parser.add_argument("--runs", type=int, default=5, help="processes per measurement (default: 5)")
    options = parser.parse_args()
    repository = options.repository.resolve()
    print(f"{repository.name}, Python {sys.version.split()[0]}, median of {options.runs} runs")
    rows: dict[str, list[float]] = {name: [] for name in commands()}
    for _ in range(options.runs):  # interleaved, so that a busy moment hits all alike
        for name, command in commands().items():
            rows[name].append(timed(command, repository))
    medians = {name: statistics.median(seconds) for name, seconds in rows.items()}
    for name, seconds in medians.items():
        print(f"{name:>18} {seconds * 1000:8.0f} ms {seconds / medians['ast.parse']:8.2f} x ast.parse")
    return 0


def commands() -> dict[str, list[str]]:
    """Return what is timed, by its name in the table."""
    harden = [sys.executable, "-P", "-m", "harden"]
    found = {
        "bare interpreter": [sys.executable, "-c", ""],
        "harden --version": [*harden, "--version"],
        "harden --help": [*harden, "--help"],
        "ast.parse": [sys.executable, "-c", FLOOR],
        "harden scan": [*harden, "scan"],
    }
    here = Path(sys.executable).parent
    if ruff := shutil.which("ruff", path=str(here)) or shutil.which("ruff"):
        rules = "S,ASYNC,B,BLE,G,LOG,T20,DTZ"
        found["ruff"] = [ruff, "check", "--isolated", "--no-cache", "--quiet", "--select", rules, "."]
    if bandit := shutil.which("bandit", path=str(here)) or shutil.which("bandit"):
        found["bandit"] = [bandit, "-q", "-r", "."]
    return found


def timed(command: list[str], repository: Path) -> float:
    """Return the seconds that a command takes; stop when it fails."""
    start = time.perf_counter()
    result = subprocess.run(command, cwd=repository, capture_output=True, text=True, check=False)
    seconds = time.perf_counter() - start
    if result.returncode not in ACCEPTED or "Traceback" in result.stderr:
        sys.exit(f"{' '.join(command)} failed with {result.returncode}:\n{result.stderr}")
    return seconds


if __name__ == "__main__":
    sys.exit(main())
