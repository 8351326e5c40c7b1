"""Where harden keeps what it writes: decisions in the repository, the undo journal beside git's own data."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from harden.dotenv import holds_values

DECISIONS = ".harden/decisions.toml"
LEDGER = ".harden/ledger.jsonl"
REPORT = "harden-report"
"""The name of a report, without the ending that its format asks for."""
REPORT_MARK = "<!-- harden report -->"
"""The first line of a report in Markdown, which no reader shows."""
_UNFINISHED = (".harden-", ".tmp")


def state_folder(root: Path) -> Path:
    """Return the private folder of a working tree: in its git directory, else in the user's state folder."""
    git = root / ".git"
    if os.path.isdir(git):
        return git / "harden"
    if (named := _git_folder(git)) is not None:
        return named / "harden"
    from platformdirs import user_state_path

    digest = hashlib.blake2b(str(root).encode("utf-8", "surrogateescape"), digest_size=8).hexdigest()
    return user_state_path("harden", appauthor=False) / digest


def cache_folder() -> Path:
    """Return the user's folder for what can be worked out again at any time."""
    from platformdirs import user_cache_path

    return user_cache_path("harden", appauthor=False)


def _git_folder(git: Path) -> Path | None:
    """Return the directory that the `.git` file of a linked worktree or a submodule names, if it is there."""
    try:
        named = git.read_text(encoding="utf-8", errors="surrogateescape").partition("gitdir:")[2].strip()
    except OSError:
        return None
    folder = git.parent / named
    return folder.resolve() if named and os.path.isdir(folder) else None


def is_report(path: str, text: str) -> bool:
    """Tell whether a file is a report of harden's own, by its name or its first line."""
    return path.rpartition("/")[2].startswith(f"{REPORT}.") or text.startswith(REPORT_MARK)


def is_absent(path: Path) -> bool:
    """Tell whether nothing is at a path; False where that may not be looked at."""
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return True
    except OSError:
        return False
    return False


def write_atomically(path: Path, data: bytes, confirm: Callable[[], None] = lambda: None) -> None:
    """Replace a file in one step, keeping its mode: a crash leaves the old or the new content, no mixture.

    A link is written through. `confirm` is called at the last moment and may raise to keep the file as
    it is. Raises OSError; then the file is as it was.
    """
    target = path.resolve() if path.is_symlink() else path
    target.parent.mkdir(parents=True, exist_ok=True)
    prefix, suffix = _UNFINISHED
    handle, name = tempfile.mkstemp(prefix=prefix, suffix=suffix, dir=target.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        _keep_owner_and_mode(target, name)
        confirm()
        os.replace(name, target)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    with suppress(OSError):  # the content is safe already; this keeps its name through a power cut
        _sync_folder(target.parent)


def remove_unfinished(folder: Path) -> None:
    """Remove what `write_atomically` left in a folder when its process was killed."""
    prefix, suffix = _UNFINISHED
    for left in folder.glob(f"{prefix}*{suffix}"):
        with suppress(OSError):
            left.unlink()


def _keep_owner_and_mode(target: Path, name: str) -> None:
    try:
        old = target.stat()
    except FileNotFoundError:
        mask = os.umask(0)
        os.umask(mask)
        os.chmod(name, (0o600 if holds_values(target.name) else 0o666) & ~mask)
        return
    if os.name == "posix":
        with suppress(OSError):  # only root may give files away
            os.chown(name, old.st_uid, old.st_gid)
    os.chmod(name, old.st_mode & 0o7777)


def _sync_folder(folder: Path) -> None:
    if os.name == "posix":
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
