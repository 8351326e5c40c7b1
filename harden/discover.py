"""List the files of a project: what git tracks or would track, else a walk that honours `.gitignore`."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from harden.errors import UsageError

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

    Links are left out when they lead outside the project or in a circle.
    """
    listed = _git_files(root)
    if listed is None:
        listed = _walked_files(root)
    return tuple(sorted(path for path in listed if _belongs(root, path)))


def _git_files(root: Path) -> list[str] | None:
    if not (root / ".git").exists():
        return None
    command = ["git", "-C", str(root), "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    try:
        done = subprocess.run(command, capture_output=True, check=False, stdin=subprocess.DEVNULL)
    except OSError:
        return None
    if done.returncode:
        return None
    return list(dict.fromkeys(os.fsdecode(done.stdout).split("\0")[:-1]))


def _belongs(root: Path, path: str) -> bool:
    full = root / path
    try:
        if not full.is_symlink():
            return full.is_file()
        target = full.resolve(strict=True)
    except (OSError, RuntimeError):
        return False
    return target.is_file() and target.is_relative_to(root) and not _is_listed_target(root, target)


def _is_listed_target(root: Path, target: Path) -> bool:
    """Tell whether a link's target is itself a file of the project, which would be scanned twice."""
    return ".git" not in target.relative_to(root).parts


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
    """The `.gitignore` files above a path, read when first needed."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._read: dict[Path, object] = {}

    def matches(self, path: Path, *, folder: bool) -> bool:
        """Tell whether git would ignore the path."""
        from pathspec import GitIgnoreSpec

        for parent in path.parents:
            if parent not in self._read:
                file = parent / ".gitignore"
                lines = file.read_text(errors="replace").splitlines() if file.is_file() else []
                self._read[parent] = GitIgnoreSpec.from_lines(lines)
            spec = self._read[parent]
            name = path.relative_to(parent).as_posix() + ("/" if folder else "")
            if isinstance(spec, GitIgnoreSpec) and spec.match_file(name):
                return True
            if parent == self.root:
                break
        return False
