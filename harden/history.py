"""In which commits a secret already is."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Timer

SECONDS = 1.5
"""How long git may take for the whole history, and then for that of the file alone."""
_QUIET = ("-c", "core.fsmonitor=false", "-c", "log.showSignature=false")
_SIGN = re.compile(rb"[=:,(]")
_LOG = ("log", "--format=%x00%h %as", "-p", "-U0", "--no-color", "--no-ext-diff", "--no-textconv")


@dataclass(frozen=True, slots=True)
class Sightings:
    """The commits that write or remove a line with a value, newest first, as `hash (date)`."""

    commits: tuple[str, ...]

    def __str__(self) -> str:
        """Say it as a part of a sentence."""
        if not self.commits:
            return "in no commit yet"
        if len(self.commits) == 1:
            return f"in 1 commit: {self.commits[0]}"
        return f"in {len(self.commits)} commits, first {self.commits[-1]}, last {self.commits[0]}"


def sightings(root: Path, path: str, values: Mapping[str, str]) -> dict[str, Sightings]:
    """Return where each value, by the name it goes under, shows in the history; nothing outside git.

    Git is never given a value, which would stand in the list of processes (`git log -S`): it prints what
    changed, and the search is done here. Where that takes too long, the file's own history has to do.
    """
    sought = {name: _Sought(name, value) for name, value in values.items() if value}
    if not sought or not (root / ".git").exists():
        return {}
    found = _searched(root, sought, ["--all"])
    if found is None:
        found = _searched(root, sought, ["--follow", "--", path])
    return {name: Sightings(tuple(commits)) for name, commits in (found or {}).items()}


class _Sought:
    """The longest line of a value, not inside of a longer word.

    A value that could be any word counts only behind the last word of its name and a sign like `=`.
    Built bundles have lines of megabytes: each part is looked for once, from where the one before ends.
    """

    def __init__(self, name: str, value: str) -> None:
        line = max(value.splitlines(), key=len, default="").encode("utf-8", "surrogateescape")
        self._whole = re.compile(rb"(?<![\w-])" + re.escape(line) + rb"(?![\w-])")
        word = re.escape(name.rpartition("_")[2].encode())
        is_any_word = len(value) < 8 or value.isalpha()
        self._before = (re.compile(rb"(?i:" + word + rb")\b"), _SIGN) if is_any_word else ()

    def is_in(self, line: bytes) -> bool:
        """Tell whether a line shows the value."""
        at = 0
        for part in (*self._before, self._whole):
            found = part.search(line, at)
            if found is None:
                return False
            at = found.end()
        return True


def _searched(
    root: Path, sought: Mapping[str, _Sought], what: Sequence[str]
) -> dict[str, dict[str, None]] | None:
    """Return the commits by name; None where git fails or is too slow."""
    command = ["git", *_QUIET, *_LOG, *what]
    found: dict[str, dict[str, None]] = {name: {} for name in sought}
    try:
        process = subprocess.Popen(
            command, cwd=root, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
    except OSError:
        return None
    timer = Timer(SECONDS, process.kill)
    timer.start()
    with process:
        for commit, line in _changed_lines(process):
            for name, one in sought.items():
                if one.is_in(line):
                    found[name][commit] = None
    timer.cancel()
    return found if process.returncode == 0 else None


def _changed_lines(process: subprocess.Popen[bytes]) -> Iterator[tuple[str, bytes]]:
    commit = ""
    for line in process.stdout or ():
        if line.startswith(b"\0"):
            sha, _, date = line[1:].decode("ascii", "replace").strip().partition(" ")
            commit = f"{sha} ({date})"
        elif line.startswith((b"+", b"-")) and not line.startswith((b"+++ ", b"--- ")):
            yield commit, line[1:]
