"""Fetch the source trees that are measured: `python -m bench.trees FOLDER`.

What cannot be had is told and left out.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

HERE = Path(__file__).parent
_PIP = (sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check")
_SOURCE_ONLY = ("--no-deps", "--no-compile", "--only-binary", ":all:")
_SECONDS = 900


def main() -> int:
    """Fetch what is not there yet; what is there as pinned is kept."""
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for name, requirements in packages():
        target = folder / name
        pip = [*_PIP, *_SOURCE_ONLY, "--target", str(target), *requirements]
        _fetch(target, " ".join(requirements), [pip])
    for name, address, commit in repositories():
        target = folder / name
        at = ["git", "-C", str(target)]
        clone = ["git", "clone", "--quiet", "--filter=blob:none", "--no-checkout", address, str(target)]
        _fetch(target, commit, [clone, [*at, "checkout", "--quiet", commit]])
    return 0


def packages() -> Iterator[tuple[str, list[str]]]:
    """Yield each tree that is made of packages, with what it is made of."""
    for line in _lines(HERE / "packages.txt"):
        name, _, requirements = line.partition(":")
        yield name, requirements.split()


def repositories() -> Iterator[tuple[str, str, str]]:
    """Yield each repository: name, address, commit."""
    for line in _lines(HERE / "repositories.txt"):
        name, address, commit = line.split()
        yield name, address, commit


def wanted() -> list[str]:
    """Return the names of all trees, the smaller ones first."""
    made = [name for name, _ in packages()]
    return [*(name for name, _, _ in repositories()), *made]


def _lines(file: Path) -> list[str]:
    return [line for line in file.read_text().splitlines() if line and not line.startswith("#")]


def _fetch(target: Path, pin: str, commands: Sequence[Sequence[str]]) -> None:
    """Run commands that make a folder, unless they made it of the same before."""
    mark = target.with_name(f"{target.name}.fetched")
    if mark.exists() and mark.read_text() == pin and target.exists():
        return
    mark.unlink(missing_ok=True)
    shutil.rmtree(target, ignore_errors=True)
    print(f"fetching {target.name}")
    for command in commands:
        try:
            done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=_SECONDS)
        except (OSError, subprocess.TimeoutExpired) as error:
            _left_out(target, str(error))
            return
        if done.returncode:
            said = done.stderr.strip().splitlines() or ["it failed"]
            _left_out(target, said[-1])
            return
    mark.write_text(pin)


def _left_out(target: Path, why: str) -> None:
    shutil.rmtree(target, ignore_errors=True)
    print(f"left out: {target.name}: {why}")


if __name__ == "__main__":
    sys.exit(main())
