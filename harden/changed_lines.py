"""Which lines of a working tree changed since a revision, as git tells it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from harden.differences import changed_blocks
from harden.errors import RepositoryError

Run = tuple[int, int]
"""First and last line, 1-based. Where lines were only taken out, the last is the one before the first."""
WHOLE: tuple[Run, ...] = ((0, sys.maxsize),)
"""Every line of a file."""

_HUNK = re.compile(rb"@@ -\d+(?:,(\d+))? \+(\d+)(?:,(\d+))? @@")
_BINARY = re.compile(rb"Binary files .+ and (.+) differ")
_ESCAPE = re.compile(rb"\\([abtnvfr\"\\]|[0-7]{3})")
_ESCAPED = dict(zip(b'abtnvfr"\\', b'\a\b\t\n\v\f\r"\\', strict=True))
_SHALLOW = "this clone is shallow: fetch more of the history (git fetch --unshallow, or --deepen=100)"


def fork_point(root: Path, revision: str) -> str:
    """Return the commit that HEAD and a revision have in common last. Raises RepositoryError.

    What changed since it is what was done here: not what others did on `revision` meanwhile.
    """
    if not os.path.exists(root / ".git"):
        raise RepositoryError(f"--since asks git what changed: {root} is not a git repository.")
    known = _git(root, "rev-parse", "--verify", revision)
    if known.returncode == 0:  # apart, because `:/words` takes all that follows for words
        known = _git(root, "rev-parse", "--verify", f"{known.stdout.decode().strip()}^{{commit}}")
    commit = known.stdout.decode(errors="replace").strip()
    if known.returncode or revision.startswith(("-", "^")):
        raise RepositoryError(f"--since {revision or repr(revision)}: {_why_unknown(root, known)}.")
    shared = _git(root, "merge-base", commit, "HEAD")
    if shared.returncode == 0:
        return shared.stdout.decode().split()[0]
    why = _SHALLOW if _is_shallow(root) else "--since compares with the last one"
    raise RepositoryError(f"--since {revision}: it has no commit in common with HEAD; {why}.")


def changed_lines(root: Path, commit: str, outright: Sequence[str] = ()) -> dict[str, tuple[Run, ...]]:
    """Return the changed lines of every file that differs from a commit. Raises RepositoryError.

    What is staged, what is not, and what git does not track all counts; a renamed file is compared with
    what it was, and an untracked one is new from end to end; of `outright` also one that git ignores.
    """
    compare = ["diff-index", "-p", "-M", "-U0", "--no-color", "--no-ext-diff", "--no-textconv"]
    prefixes = ["--src-prefix=a/", "--dst-prefix=b/", "--ignore-submodules=all"]
    diff = _output(root, *compare, *prefixes, commit)
    listing = ["--literal-pathspecs", "ls-files", "-z", "--others"]
    others = _output(root, *listing, "--exclude-standard")
    if outright:
        others += _output(root, *listing, "--", *outright)
    return {**_runs(diff), **{os.fsdecode(path): WHOLE for path in others.split(b"\0") if path}}


def touches(runs: tuple[Run, ...], first: int, last: int) -> bool:
    """Tell whether a stretch of lines holds a changed one, or a place where lines were taken out."""
    return any(start <= last and end >= first for start, end in runs)


def carried(runs: tuple[Run, ...], before: bytes, after: bytes) -> tuple[Run, ...]:
    """Return the changed lines of a file once it is edited: the old ones, where they are now, and the new."""
    if runs == WHOLE or before == after:
        return runs
    old, new = before.split(b"\n"), after.split(b"\n")
    found: list[Run] = []
    start, moved = 1, 0
    for a, b, c, d in [*changed_blocks(old, new), (len(old), len(old), len(new), len(new))]:
        for first, last in runs:
            low, high = max(first, start), min(last, a)
            if low <= high or (last < first and start <= last and first <= a):
                found.append((low + moved, high + moved))
        if a < len(old) or c < len(new):
            found.append((c + 1, d))
        start, moved = b + 1, d - b
    return tuple(found)


def _runs(diff: bytes) -> dict[str, tuple[Run, ...]]:
    """Read a diff without context."""
    found: dict[str, tuple[Run, ...]] = {}
    path = ""
    lines = iter(diff.split(b"\n"))
    for line in lines:
        if line.startswith(b"+++ "):
            path = _new_name(line[4:])
        elif hunk := _HUNK.match(line):
            count = int(hunk[3] or 1)
            first = int(hunk[2]) + (count == 0)
            found[path] = (*found.get(path, ()), (first, first + count - 1))
            _skip(lines, int(hunk[1] or 1) + count)
        elif binary := _BINARY.fullmatch(line):
            found[_new_name(binary[1])] = WHOLE
    found.pop(os.devnull, None)  # what was deleted
    return found


def _skip(lines: Iterator[bytes], count: int) -> None:
    """Pass the lines of a hunk, which may look like anything."""
    while count:
        count -= not next(lines).startswith(b"\\")  # "No newline at end of file"


def _new_name(name: bytes) -> str:
    name = name.removesuffix(b"\t")
    if name.startswith(b'"'):
        name = _ESCAPE.sub(_unescaped, name[1:-1])
    return os.fsdecode(name.removeprefix(b"b/"))


def _unescaped(match: re.Match[bytes]) -> bytes:
    code = match[1]
    return bytes([_ESCAPED[code[0]] if len(code) == 1 else int(code, 8)])


def _why_unknown(root: Path, done: subprocess.CompletedProcess[bytes]) -> str:
    said = done.stderr.decode(errors="replace").strip().rpartition("fatal: ")[2]
    if not said or said == "Needed a single revision":
        return f"git knows no such commit; {_SHALLOW}" if _is_shallow(root) else "git knows no such commit"
    return " ".join(said.split())


def _is_shallow(root: Path) -> bool:
    return _git(root, "rev-parse", "--is-shallow-repository").stdout.strip() == b"true"


def _output(root: Path, *arguments: str) -> bytes:
    done = _git(root, *arguments)
    if done.returncode:
        said = " ".join(done.stderr.decode(errors="replace").split())
        raise RepositoryError(f"git {arguments[0]}: {said}")
    return done.stdout


def _git(root: Path, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    """Run git without its writing anything, nor starting a program that the repository names."""
    command = ["git", "--no-optional-locks", "-c", "core.fsmonitor=false", *arguments]
    words: Mapping[str, str] = {**os.environ, "LC_ALL": "C"}  # what it says is read
    try:
        return subprocess.run(
            command, cwd=root, env=words, capture_output=True, check=False, stdin=subprocess.DEVNULL
        )
    except OSError:
        raise RepositoryError("--since asks git what changed: git is not installed.") from None
