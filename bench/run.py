"""Time harden beside its peers, and beside what no engine can go below: `python -m bench.run TREE...`.

Each figure is the median of fresh processes, interleaved so that a busy moment hits all alike. A tree is
copied first: one of the measurements edits it. Memory is taken in a run of its own.
"""

from __future__ import annotations

import argparse
import datetime
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from bench import per_check, table, trees
from bench.contenders import COLD, RULES, Contender, compiled_once, contenders, found
from bench.lines import counted, python_files
from bench.measure import MEMORY, Failed, Taken, peak_memory, timed

_DOCUMENT = Path(__file__).parents[1] / "docs/performance.md"


def main() -> int:
    """Print a table per tree; with --write put them into docs/performance.md."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("trees", type=Path, nargs="*", metavar="TREE", help="folders or git repositories")
    parser.add_argument("--fetched", type=Path, metavar="FOLDER", help="what bench.trees has put there, too")
    parser.add_argument(
        "--peers", type=Path, default=Path(".venv-bench/bin"), help="where ruff and bandit are"
    )
    parser.add_argument("--runs", type=int, default=5, help="processes per measurement (default: 5)")
    parser.add_argument("--limit", type=float, default=900, help="seconds until a process is given up")
    parser.add_argument("--only", action="append", default=[], help="only contenders whose names begin so")
    parser.add_argument("--skip-growth", action="store_true", help="do not measure the cost of each check")
    parser.add_argument("--write", action="store_true", help=f"write the tables into {_DOCUMENT.name}")
    options = parser.parse_args()
    wanted, absent = _trees(options.trees, options.fetched)
    parts = [_head(options, absent)]
    print(parts[0])
    for tree in wanted:
        with tempfile.TemporaryDirectory(prefix="harden-bench-") as scratch:
            parts.append(table.section(_measured(tree, Path(scratch), options)))
        print(f"\n{parts[-1]}", flush=True)
    if options.write:
        table.write(_DOCUMENT, "\n\n".join(parts))
    return 0


def _trees(named: Sequence[Path], fetched: Path | None) -> tuple[list[Path], list[str]]:
    """Return the folders to measure, and the names of those that were not fetched."""
    made = [fetched / name for name in trees.wanted()] if fetched is not None else []
    there = [folder for folder in made if folder.with_name(f"{folder.name}.fetched").exists()]
    return [*named, *there], [folder.name for folder in made if folder not in there]


def _head(options: argparse.Namespace, absent: Sequence[str]) -> str:
    """Return under which conditions was measured."""
    cores = len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count()
    versions = [
        f"{name} {version}" for name in ("ruff", "bandit", "semgrep") if (version := _version(name, options))
    ]
    today = datetime.datetime.now(datetime.UTC)
    lines = [
        f"Measured {today:%Y-%m-%d} on {platform.system()} {platform.machine()}, "
        f"{cores} cores, load {os.getloadavg()[0]:.1f} at the start, Python {platform.python_version()}; "
        f"{_version('harden', options)}; {', '.join(versions) or 'no peers'}. Median of {options.runs} runs, "
        f"interleaved. ruff runs with --select {RULES}. Memory: {MEMORY}.",
        *(f"Left out, because it could not be fetched: {name}." for name in absent),
    ]
    return "\n\n".join(lines)


def _version(name: str, options: argparse.Namespace) -> str:
    if name == "harden":
        command = [sys.executable, "-P", "-m", "harden"]
    elif (program := found(name, options.peers.resolve())) is not None:
        command = [program]
    else:
        return ""
    said = subprocess.run([*command, "--version"], capture_output=True, text=True, check=False).stdout.split()
    number = next((word for word in said if word[0].isdigit()), "?")
    return f"{name} {number}" if name == "harden" else number


def _measured(origin: Path, scratch: Path, options: argparse.Namespace) -> table.Measured:
    name = origin.resolve().name
    tree = scratch / name
    shutil.copytree(origin, tree, symlinks=True, ignore=shutil.ignore_patterns("__pycache__"))
    files = python_files(tree)
    lines = counted(files)
    print(f"\n{name}: {lines}", file=sys.stderr)
    known = contenders(tree, files, scratch, options.peers.resolve())
    chosen = [one for one in known if not options.only or one.name.startswith(tuple(options.only))]
    runs: dict[str, list[Taken]] = {one.name: [] for one in chosen}
    missing: dict[str, str] = {}
    for number in range(options.runs + 1):  # the first one fills the caches, the file system's too
        for one in chosen:
            if one.name not in missing:
                _run(one, tree, options.limit, runs[one.name] if number else [], missing)
    memory = {one.name: _memory(one, tree, options.limit) for one in chosen if one.name not in missing}
    rows = tuple(table.Row(name, tuple(runs[name]), memory[name]) for name in memory)
    grown = None
    if COLD in memory and not options.skip_growth:
        grown = per_check.growth(lambda command: _cpu(command, tree, options.limit), options.runs)
    return table.Measured(name, lines, rows, tuple(f"{name}: {why}." for name, why in missing.items()), grown)


def _run(one: Contender, tree: Path, limit: float, taken: list[Taken], missing: dict[str, str]) -> None:
    one.before()
    try:
        taken.append(timed(one.command, tree, one.environ, one.text, one.accepted, limit))
    except Failed as error:
        missing[one.name] = str(error)
    else:
        print(".", end="", file=sys.stderr, flush=True)


def _memory(one: Contender, tree: Path, limit: float) -> int | None:
    one.before()
    return peak_memory(one.command, tree, one.environ, one.text, limit)


def _cpu(command: Sequence[str], tree: Path, limit: float) -> float:
    return timed(command, tree, compiled_once(), "", (0,), limit).cpu


if __name__ == "__main__":
    sys.exit(main())
