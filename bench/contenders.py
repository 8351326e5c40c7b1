"""What is measured side by side on a tree: the floors, harden in three states, and its peers."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

FLOOR, WALK, COLD, WARM, EDITED = (
    "ast.parse",
    "parse + walk, 2 processes",
    "harden",
    "harden, unchanged",
    "harden, 1 edit",
)
RULES = "S,ASYNC,B,BLE,LOG,G,T20,DTZ"
_FLOORS = str(Path(__file__).with_name("floors.py"))
_FOUND = (0, 1)


def _nothing() -> None:
    return None


def compiled_once() -> dict[str, str]:
    """Return the environment as it is after an installation: Python keeps what it has compiled."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


@dataclass(frozen=True, slots=True)
class Contender:
    """A command that is run in the tree. `before` is done ahead of each run and not timed."""

    name: str
    command: Sequence[str]
    before: Callable[[], None] = _nothing
    text: str = ""
    accepted: tuple[int, ...] = _FOUND
    environ: Mapping[str, str] = field(default_factory=compiled_once)


def contenders(tree: Path, files: Sequence[Path], scratch: Path, peers: Path) -> list[Contender]:
    """Return all that can be run, in the order of their rows: harden's states build on one another."""
    names = "\n".join(map(str, files))
    cache = scratch / "cache"
    environ = {**compiled_once(), "XDG_CACHE_HOME": str(cache)}
    scan = [sys.executable, "-P", "-m", "harden", "scan", "--output", os.devnull]

    def forget() -> None:
        shutil.rmtree(cache, ignore_errors=True)

    return [
        Contender(FLOOR, [sys.executable, _FLOORS, "parse", "1"], text=names),
        Contender(WALK, [sys.executable, _FLOORS, "walk", "2"], text=names),
        Contender(COLD, scan, forget, environ=environ),
        Contender(WARM, scan, environ=environ),
        Contender(EDITED, scan, _Edits(files), environ=environ),
        *_ruff(scratch, peers),
        *_bandit(peers),
        *_semgrep(),
    ]


class _Edits:
    """Writes a new function into one file, another file each time."""

    def __init__(self, files: Sequence[Path]) -> None:
        self._files = sorted(files, key=lambda file: file.stat().st_size)[len(files) // 2 :]
        self._times = 0

    def __call__(self) -> None:
        self._times += 1
        file = self._files[self._times % len(self._files)]
        with file.open("a") as out:
            out.write(f"\n\ndef edited_{self._times}(x):\n    return x\n")


def _ruff(scratch: Path, peers: Path) -> list[Contender]:
    program = found("ruff", peers)
    if program is None:
        return []
    check = [program, "check", "--isolated", "--quiet", "--exit-zero", "--select", RULES]
    cached = ["--cache-dir", str(scratch / "ruff")]
    return [
        Contender("ruff", [*check, "--no-cache", "."]),
        Contender("ruff, unchanged", [*check, *cached, "."]),
    ]


def _bandit(peers: Path) -> list[Contender]:
    program = found("bandit", peers)
    return [Contender("bandit", [program, "-q", "-r", "."])] if program else []


def _semgrep() -> list[Contender]:
    """Return semgrep where a person has it; its rules come from the network."""
    program = shutil.which("semgrep")
    quiet = ["scan", "--quiet", "--metrics", "off", "--config", "p/python", "."]
    return [Contender("semgrep, p/python", [program, *quiet])] if program else []


def found(name: str, peers: Path) -> str | None:
    """Return where a peer is: in the environment made for them, beside this Python, or on the path."""
    places = [str(peers), str(Path(sys.executable).parent)]
    return next(filter(None, (shutil.which(name, path=place) for place in (*places, None))), None)
