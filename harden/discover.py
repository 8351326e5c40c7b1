"""List the files of a project: what git tracks or would track, else a walk that honours `.gitignore`."""

from __future__ import annotations

import os
import re
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
_CLOSED = re.compile(r"^warning: could not open directory '(.+)/': ", re.MULTILINE)


def find_root(start: Path) -> Path:
    """Return the top of the git checkout that contains `start`, or `start` itself outside git.

    Raises UsageError when `start` does not exist or may not be looked at.
    """
    existing(start)
    folder = (start if start.is_dir() else start.parent).resolve()
    return next((above for above in (folder, *folder.parents) if _holds_git(above)), folder)


def existing(path: Path) -> Path:
    """Return a path without links, absolute. Raises UsageError where nothing can be found there."""
    try:
        return path.resolve(strict=True)
    except (FileNotFoundError, NotADirectoryError):
        raise UsageError(f"{path}: no such file or directory") from None
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror or error}") from None
    except RuntimeError:  # how pathlib tells of links in a circle before Python 3.13
        raise UsageError(f"{path} is a link that leads in a circle") from None


def _holds_git(folder: Path) -> bool:
    return os.path.exists(folder / ".git")


def list_files(root: Path) -> tuple[str, ...]:
    """Return the POSIX paths, relative to `root` and sorted, of every file that belongs to the project.

    Links are left out when they lead outside the project, in a circle, or to a file that is listed itself.
    A folder that may not be read stands for what is in it, with a slash at its end.
    """
    listed = _git_files(root)
    if listed is None:
        listed = _walked_files(root)
    known = frozenset(listed)
    return tuple(sorted({shown for path in known if (shown := _listed(root, path, known))}))


def _listed(root: Path, path: str, known: frozenset[str]) -> str:
    """Return the path of a file that belongs to the project, the closed folder that hides it, or nothing."""
    if path.endswith("/"):  # git names checkouts inside the checkout so, too
        return _closed_folder(root, path)
    try:
        return path if _belongs(root, path, known) else ""
    except PermissionError:
        return _closed_folder(root, path)


def _closed_folder(root: Path, path: str) -> str:
    """Return the outermost folder above a path that may not be looked into; nothing where all may be."""
    parts = path.split("/")
    folders = ["/".join(parts[:end]) for end in range(1, len(parts))]
    return next((f"{f}/" for f in folders if not os.access(root / f, os.R_OK | os.X_OK)), "")


def _git_files(root: Path) -> list[str] | None:
    if not _holds_git(root):
        return None
    quiet = ["-c", "core.fsmonitor=false"]  # else git may start a program that the repository names
    listing = ["ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    command = ["git", "-C", str(root), *quiet, *listing]
    words = {**os.environ, "LC_ALL": "C"}  # warnings are read
    try:
        done = subprocess.run(command, env=words, capture_output=True, check=False, stdin=subprocess.DEVNULL)
    except OSError:
        return None
    if done.returncode:
        return None
    closed = [f"{folder}/" for folder in _CLOSED.findall(os.fsdecode(done.stderr))]
    return os.fsdecode(done.stdout).split("\0")[:-1] + closed


def _belongs(root: Path, path: str, listed: frozenset[str]) -> bool:
    full = os.path.join(root, path)
    try:
        mode = os.lstat(full).st_mode
        if not stat.S_ISLNK(mode):
            return stat.S_ISREG(mode)
        target = Path(full).resolve(strict=True)
    except PermissionError:
        raise
    except (OSError, RuntimeError):
        return False
    if not target.is_file() or not target.is_relative_to(root):
        return False
    inside = target.relative_to(root)
    return ".git" not in inside.parts and inside.as_posix() not in listed


def _walked_files(root: Path) -> list[str]:
    found: list[str] = []
    ignored = _IgnoreFiles(root)

    def closed(error: OSError) -> None:
        found.append(f"{Path(error.filename).relative_to(root).as_posix()}/")

    for folder, names, files in os.walk(root, onerror=closed):
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
