"""List the files of a project: what git tracks or would track, else a walk that honours `.gitignore`."""

from __future__ import annotations

import os
import stat
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

from harden.errors import UsageError

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec

_SKIPPED = frozenset(
    {".git", ".hg", ".svn", "__pycache__", "node_modules", ".venv", "venv", ".tox", ".nox", ".mypy_cache"}
    | {".pytest_cache", ".ruff_cache", "site-packages", ".eggs", "build", "dist", ".harden"}
)


def find_root(start: Path) -> Path:
    """Return the top of the git checkout that contains `start`, or `start` itself outside git.

    Raises UsageError when `start` is not an existing directory.
    """
    if not start.exists():
        raise UsageError(f"{start}: no such file or directory")
    folder = start if start.is_dir() else start.parent
    for candidate in (folder.resolve(), *folder.resolve().parents):
        if (candidate / ".git").exists():
            return candidate
    return folder.resolve()


def list_files(root: Path) -> tuple[str, ...]:
    """Return the POSIX paths, relative to `root` and sorted, of every file that belongs to the project.

    Links are left out when they lead outside the project, in a circle, or to a file that is listed itself.
    """
    listed = _git_files(root)
    if listed is None:
        listed = _walked_files(root)
    known = frozenset(listed)
    return tuple(sorted(path for path in known if _belongs(root, path, known)))


def _git_files(root: Path) -> list[str] | None:
    if not (root / ".git").exists():
        return None
    quiet = ["-c", "core.fsmonitor=false"]  # else git may start a program that the repository names
    listing = ["ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    command = ["git", "-C", str(root), *quiet, *listing]
    try:
        done = subprocess.run(command, capture_output=True, check=False, stdin=subprocess.DEVNULL)
    except OSError:
        return None
    if done.returncode:
        return None
    return os.fsdecode(done.stdout).split("\0")[:-1]


def _belongs(root: Path, path: str, listed: frozenset[str]) -> bool:
    full = os.path.join(root, path)
    try:
        mode = os.lstat(full).st_mode
        if not stat.S_ISLNK(mode):
            return stat.S_ISREG(mode)
        target = Path(full).resolve(strict=True)
    except (OSError, RuntimeError):
        return False
    if not target.is_file() or not target.is_relative_to(root):
        return False
    inside = target.relative_to(root)
    return ".git" not in inside.parts and inside.as_posix() not in listed


def _walked_files(root: Path) -> list[str]:
    found = []
    ignored = _IgnoreFiles(root)
    for folder, names, files in os.walk(root):
        here = Path(folder)
        names[:] = sorted(
            n for n in names if n not in _SKIPPED and not ignored.matches(here / n, folder=True)
        )
        found += [
            (here / name).relative_to(root).as_posix()
            for name in files
            if not ignored.matches(here / name, folder=False)
        ]
    return found


class _IgnoreFiles:
    """The `.gitignore` files above a path, read when first needed; the nearest one that speaks decides."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._read: dict[Path, GitIgnoreSpec] = {}

    def matches(self, path: Path, *, folder: bool) -> bool:
        """Tell whether git would ignore the path."""
        for parent in path.parents:
            name = path.relative_to(parent).as_posix() + ("/" if folder else "")
            verdict = self._spec(parent).check_file(name).include
            if verdict is not None:
                return verdict
            if parent == self.root:
                break
        return False

    def _spec(self, folder: Path) -> GitIgnoreSpec:
        from pathspec import GitIgnoreSpec

        if folder not in self._read:
            try:
                lines = (folder / ".gitignore").read_text(encoding="utf-8", errors="replace").splitlines()
            except OSError:
                lines = []
            self._read[folder] = GitIgnoreSpec.from_lines(lines)
        return self._read[folder]
