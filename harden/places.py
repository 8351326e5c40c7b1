"""Where harden keeps what it writes: decisions in the repository, the undo journal beside git's own data."""

from __future__ import annotations

import hashlib
import os
import tempfile
from pathlib import Path

DECISIONS = ".harden/decisions.toml"
LEDGER = ".harden/ledger.jsonl"


def state_folder(root: Path) -> Path:
    """Return the private folder of a working tree: in its git directory, else in the user's state folder."""
    git = root / ".git"
    if git.is_dir():
        return git / "harden"
    if git.is_file():  # a linked worktree or a submodule: the file names the real directory
        named = git.read_text(encoding="utf-8", errors="replace").partition("gitdir:")[2].strip()
        if named:
            return (root / named).resolve() / "harden"
    from platformdirs import user_state_path

    digest = hashlib.blake2b(str(root).encode("utf-8", "surrogateescape"), digest_size=8).hexdigest()
    return user_state_path("harden", appauthor=False) / digest


def write_atomically(path: Path, data: bytes) -> None:
    """Replace a file in one step, keeping its mode: a crash leaves the old or the new content, no mixture.

    A link is written through. Raises OSError.
    """
    target = path.resolve() if path.is_symlink() else path
    target.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{target.name}.", suffix=".harden", dir=target.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(name, _mode(target))
        os.replace(name, target)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _mode(target: Path) -> int:
    if target.exists():
        return target.stat().st_mode & 0o7777
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask
