"""What the undo journal keeps on disk: a folder for each entry, its record and contents, and a lock."""

from __future__ import annotations

import glob
import json
import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from harden.errors import ApplyError
from harden.patches import FileEdit, Patch, Target
from harden.places import DECISIONS, write_atomically

LOCK_SECONDS = 5.0
"""How long to wait for another harden that is writing to the same repository."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One applied patch, or one decision.

    `state` is applying, applied, undoing, undone, redoing or committed. `resolves` are the
    findings that a patch mends, or the finding or question that a decision is about.
    """

    number: int
    state: str
    check: str
    stage: str
    title: str
    patch: str
    resolves: tuple[str, ...]
    paths: tuple[str, ...]
    created: tuple[bool, ...]
    commit: str = ""
    targets: tuple[Target, ...] = ()

    @property
    def is_decision(self) -> bool:
        """Tell whether this is what a person decided, not an edit of the code."""
        return self.paths == (DECISIONS,)


@dataclass(frozen=True, slots=True)
class Change:
    """A file on its way from `old` to `new`; None where it does not exist."""

    path: str
    old: bytes | None
    new: bytes | None


class Entries:
    """The records below one folder, oldest first. Raises ApplyError where the folder cannot be used."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def all(self) -> list[Entry]:
        """Return every entry, oldest first. Unreadable ones (a crash before the first write) are skipped."""
        found = []
        for file in sorted(glob.glob(f"{glob.escape(str(self.folder))}/*/entry.json")):
            try:
                raw = json.loads(Path(file).read_bytes())
                lists = {key: tuple(raw[key]) for key in ("resolves", "paths", "created")}
                lists["targets"] = tuple(Target(*target) for target in raw.get("targets", ()))
                found.append(Entry(**{**raw, **lists}))
            except (OSError, ValueError, TypeError, KeyError):
                continue
        return found

    def edits(self, entry: Entry) -> tuple[FileEdit, ...]:
        """Return the contents before and after of every file of an entry. Raises ApplyError."""
        return tuple(
            FileEdit(
                path,
                None if created else self._kept(entry, f"{at}.before"),
                self._kept(entry, f"{at}.after"),
            )
            for at, (path, created) in enumerate(zip(entry.paths, entry.created, strict=True))
        )

    def check_readable(self) -> None:
        """Raise ApplyError where the records are there but may not be read."""
        try:
            os.listdir(self.folder)
        except (FileNotFoundError, NotADirectoryError):
            return
        except OSError as error:
            reason = error.strerror or str(error)
            raise ApplyError(
                f"The undo journal {self.folder} cannot be read ({reason}); nothing can be undone."
            ) from error

    def _folder(self, number: int) -> Path:
        return self.folder / f"{number:06d}"

    def open(self, patch: Patch) -> Entry:
        """Write a patch down that is about to be applied."""
        last = max(glob.glob(f"{glob.escape(str(self.folder))}/*/entry.json"), default="0/entry.json")
        number = int(os.path.basename(os.path.dirname(last))) + 1
        entry = Entry(
            number=number,
            state="applying",
            check=patch.check,
            stage=patch.stage,
            title=patch.title,
            patch=patch.id,
            resolves=patch.resolves,
            paths=patch.paths,
            created=tuple(edit.before is None for edit in patch.edits),
            targets=patch.targets,
        )
        folder = self._folder(number)
        try:
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(parents=True)
            for at, edit in enumerate(patch.edits):
                _keep(folder / f"{at}.before", edit.before)
                _keep(folder / f"{at}.after", edit.after)
            self.save(entry)
        except BaseException as error:
            shutil.rmtree(folder, ignore_errors=True)
            if isinstance(error, OSError):
                raise _not_written(folder, error) from error
            raise
        return entry

    def _kept(self, entry: Entry, name: str) -> bytes:
        file = self._folder(entry.number) / name
        try:
            return file.read_bytes()
        except OSError as error:
            raise ApplyError(f"The undo journal {file} cannot be read: {error.strerror or error}") from error

    def save(self, entry: Entry) -> None:
        """Replace the record of an entry."""
        folder = self._folder(entry.number)
        try:
            write_atomically(folder / "entry.json", json.dumps(asdict(entry), indent=1).encode())
        except OSError as error:
            raise _not_written(folder, error) from error

    def drop(self, entry: Entry) -> None:
        """Forget an entry; its record goes first, so that a crash leaves none without its contents."""
        folder = self._folder(entry.number)
        with suppress(OSError):
            (folder / "entry.json").unlink(missing_ok=True)
        shutil.rmtree(folder, ignore_errors=True)

    def keep_flight(self, entry: Entry, changes: Sequence[Change]) -> None:
        """Write down what an undo or redo is about to replace by what."""
        folder = self._folder(entry.number)
        try:
            for at, change in enumerate(changes):
                _keep(folder / f"{at}.old", change.old)
                _keep(folder / f"{at}.new", change.new)
        except OSError as error:
            raise _not_written(folder, error) from error

    def flight(self, entry: Entry) -> list[Change]:
        """Return what an interrupted entry was writing. Raises ApplyError."""
        if entry.state == "applying":
            return [Change(edit.path, edit.before, edit.after) for edit in self.edits(entry)]
        folder = self._folder(entry.number)
        return [
            Change(
                path,
                self._kept(entry, f"{at}.old") if (folder / f"{at}.old").exists() else None,
                self._kept(entry, f"{at}.new") if (folder / f"{at}.new").exists() else None,
            )
            for at, path in enumerate(entry.paths)
        ]

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Keep any other harden from writing to the same repository."""
        from filelock import FileLock, Timeout

        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)  # it may hold secrets of the files
            lock = FileLock(self.folder / "lock", timeout=LOCK_SECONDS)
            lock.acquire()
        except Timeout:
            raise ApplyError(
                "Another harden is writing to this repository; try again when it is done."
            ) from None
        except OSError as error:
            raise _not_written(self.folder, error) from error
        try:
            yield
        finally:
            lock.release()


def _not_written(folder: Path, error: OSError) -> ApplyError:
    reason = error.strerror or str(error)
    return ApplyError(f"The undo journal {folder} cannot be written ({reason}); nothing was changed.")


def _keep(path: Path, data: bytes | None) -> None:
    """Write a content into the journal and on to the disk; None removes what an earlier run left."""
    if data is None:
        path.unlink(missing_ok=True)
        return
    with path.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
