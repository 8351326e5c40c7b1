"""What engine tests start from: files in a folder, a git repository, a patch of given contents."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from pathlib import Path

from harden.discover import list_files
from harden.findings import Risk
from harden.patches import FileEdit, Patch, Target
from harden.project import Project

Content = str | bytes


def write(root: Path, files: Mapping[str, Content]) -> Path:
    """Write files below `root` and return it."""
    for name, content in files.items():
        file = root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(_bytes(content))
    return root


def tree(root: Path) -> dict[str, bytes]:
    """Return the content of every file below `root`, git's and harden's own left out."""
    return {
        file.relative_to(root).as_posix(): file.read_bytes()
        for file in sorted(root.rglob("*"))
        if file.is_file() and not {".git", ".harden"} & set(file.relative_to(root).parts)
    }


def git(root: Path, *arguments: str, **environment: str) -> str:
    """Run git in `root` and return what it prints; fail when it fails."""
    import os

    done = subprocess.run(
        ["git", *arguments],
        cwd=root,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def repository(root: Path, files: Mapping[str, Content]) -> Path:
    """Write files into a new git repository and commit them."""
    write(root, files)
    git(root, "init", "-q", "-b", "main")
    git(root, "add", "-A")
    git(root, "commit", "-q", "-m", "Start")
    return root


def project(root: Path) -> Project:
    """Return the project of a folder as a scan would list it."""
    return Project(root, list_files(root))


def patch_of(
    root: Path, changes: Mapping[str, Content], *, check: str = "http-timeout", stage: str = "resilience"
) -> Patch:
    """Return a patch that gives files new contents, from what they hold now."""
    edits = tuple(
        FileEdit(path, (root / path).read_bytes() if (root / path).exists() else None, _bytes(after))
        for path, after in changes.items()
    )
    targets = tuple(Target(edit.path, 1, 1) for edit in edits)
    return Patch(
        check=check,
        stage=stage,
        title="HTTP call without timeout",
        risk=Risk.AUTO,
        edits=edits,
        resolves=tuple(f"{number:016x}" for number, _ in enumerate(edits)),
        targets=targets,
    )


def _bytes(content: Content) -> bytes:
    return content if isinstance(content, bytes) else content.encode()
