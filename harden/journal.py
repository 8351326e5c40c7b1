"""The undo journal: every applied patch, written down before the first file is touched."""

from __future__ import annotations

import glob
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from harden.differences import merge
from harden.errors import ApplyError
from harden.patches import FileEdit, Patch, Target
from harden.places import remove_unfinished, state_folder, write_atomically

_IN_FLIGHT = {"applying": "Applying", "undoing": "Undoing", "redoing": "Redoing"}
LOCK_SECONDS = 5.0
"""How long to wait for another harden that is writing to the same repository."""
_KEPT_COMMITTED = 50
"""Committed patches that stay in the journal; git knows them all."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One applied patch. `state` is applying, applied, undoing, undone, redoing or committed."""

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


@dataclass(frozen=True, slots=True)
class _Change:
    """A file on its way from `old` to `new`; None where it does not exist."""

    path: str
    old: bytes | None
    new: bytes | None


class _EditedMeanwhile(Exception):
    """A file holds something else than when the patch was checked."""


class Journal:
    """The applied patches of one working tree, oldest first; survives restarts and crashes."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.folder = state_folder(root) / "journal"

    def entries(self) -> list[Entry]:
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

    def undoable(self) -> Entry | None:
        """Return the patch that undo takes back: the newest one applied and not committed."""
        return next((entry for entry in reversed(self.entries()) if entry.state == "applied"), None)

    def redoable(self) -> Entry | None:
        """Return the patch that redo applies again: the oldest undone one after the last applied."""
        found: Entry | None = None
        for entry in reversed(self.entries()):
            if entry.state != "undone":
                break
            found = entry
        return found

    def apply(self, patch: Patch) -> Entry:
        """Write all files of a patch, or none. Raises ApplyError."""
        with self._lock():
            for edit in patch.edits:
                self._check_unchanged(edit)
            entry = self._open(patch)
            done = self._carry_out(
                entry, "applied", [_Change(e.path, e.before, e.after) for e in patch.edits]
            )
            for old in self.entries():
                if old.state == "undone":
                    self._drop(old)
            return done

    def undo(self) -> Entry:
        """Take the newest applied patch back, keeping what was edited since. Raises ApplyError."""
        with self._lock():
            entry = self.undoable()
            if entry is None:
                raise ApplyError("There is nothing to undo.")
            changes = [self._merged(edit.path, edit.after, edit.before, "undo") for edit in self.edits(entry)]
            return self._reverse(entry, "undoing", "undone", changes)

    def redo(self) -> Entry:
        """Apply the last undone patch again, keeping what was edited since. Raises ApplyError."""
        with self._lock():
            entry = self.redoable()
            if entry is None:
                raise ApplyError("There is nothing to redo.")
            changes = [self._merged(edit.path, edit.before, edit.after, "redo") for edit in self.edits(entry)]
            return self._reverse(entry, "redoing", "applied", changes)

    def mark_committed(self, numbers: dict[int, str]) -> None:
        """Record in which commit each entry ended. Raises ApplyError."""
        with self._lock():
            for entry in self.entries():
                if entry.number in numbers:
                    self._save(replace(entry, state="committed", commit=numbers[entry.number]))
            committed = [entry for entry in self.entries() if entry.state == "committed"]
            for entry in committed[:-_KEPT_COMMITTED]:
                self._drop(entry)

    def recover(self) -> list[str]:
        """Put back what a crash interrupted. Return a line for each patch. Raises ApplyError."""
        self._check_readable()
        if not any(entry.state in _IN_FLIGHT for entry in self.entries()):
            return []
        with self._lock():
            return [self._recovered(entry) for entry in self.entries() if entry.state in _IN_FLIGHT]

    def _check_readable(self) -> None:
        try:
            os.listdir(self.folder)
        except (FileNotFoundError, NotADirectoryError):
            return
        except OSError as error:
            reason = error.strerror or str(error)
            raise ApplyError(
                f"The undo journal {self.folder} cannot be read ({reason}); nothing can be undone."
            ) from error

    def _recovered(self, entry: Entry) -> str:
        changes = self._flight(entry)
        for folder in {(self.root / path).resolve().parent for path in entry.paths}:
            remove_unfinished(folder)
        edited = self._put_back(changes)
        self._settle(entry)
        what = f"{_IN_FLIGHT[entry.state]} {entry.title!r} was interrupted"
        if not edited:
            return f"{what}; its files are as they were before."
        return f"{what}; left as found, because edited since: {', '.join(edited)}."

    def _check_unchanged(self, edit: FileEdit) -> None:
        full = self.root / edit.path
        if not full.resolve().is_relative_to(self.root.resolve()):
            raise ApplyError(f"{edit.path} leads outside the repository; it is left alone.")
        current = self._current(edit.path)
        if current != edit.before:
            reason = "holds this fix already" if current == edit.after else "has changed since the preview"
            raise ApplyError(f"{edit.path} {reason}; look at the fix again.")

    def _merged(self, path: str, start: bytes | None, end: bytes | None, verb: str) -> _Change:
        """Return the change of a file from what it holds now, towards `end`. Raises ApplyError."""
        current = self._current(path)
        if current in (start, end):
            return _Change(path, current, end)
        merged = None if current is None or start is None or end is None else merge(current, start, end)
        if merged is None:
            done = "deleted" if current is None else "edited where the fix is"
            raise ApplyError(f"{path} was {done} since; {verb} it by hand or with git.")
        return _Change(path, current, merged)

    def _reverse(self, entry: Entry, state: str, end: str, changes: list[_Change]) -> Entry:
        folder = self._folder(entry.number)
        try:
            for at, change in enumerate(changes):
                _keep(folder / f"{at}.old", change.old)
                _keep(folder / f"{at}.new", change.new)
        except OSError as error:
            raise _not_written(folder, error) from error
        moving = replace(entry, state=state)
        self._save(moving)
        return self._carry_out(moving, end, changes)

    def _carry_out(self, entry: Entry, end: str, changes: list[_Change]) -> Entry:
        """Write one file after the other; when anything fails, all go back. Raises ApplyError."""
        path = ""
        try:
            for change in changes:
                path = change.path
                self._write(change)
            done = replace(entry, state=end)
            self._save(done)
        except BaseException as error:
            self._take_back(entry, changes)
            if isinstance(error, _EditedMeanwhile):
                raise ApplyError(f"{path} was edited meanwhile; nothing was changed.") from None
            if isinstance(error, OSError):
                reason = error.strerror or str(error)
                raise ApplyError(f"{path} cannot be written ({reason}); nothing was changed.") from error
            raise
        return done

    def _take_back(self, entry: Entry, changes: list[_Change]) -> None:
        try:
            self._put_back(changes)
        except (OSError, ApplyError) as error:
            raise ApplyError(
                f"{entry.title!r} could not be written, nor taken back ({error}); the next start does that."
            ) from error
        with suppress(ApplyError):  # the next start settles it
            self._settle(entry)

    def _put_back(self, changes: list[_Change]) -> list[str]:
        """Give every file its old content, unless it holds neither; return those that do."""
        edited = []
        for change in reversed(changes):
            current = self._current(change.path)
            if current == change.old:
                continue
            if current == change.new:
                self._write(_Change(change.path, current, change.old))
            else:
                edited.append(change.path)
        return edited

    def _settle(self, entry: Entry) -> None:
        """Give an entry whose files are back the state from which it started."""
        if entry.state == "applying":
            self._drop(entry)
        else:
            self._save(replace(entry, state="applied" if entry.state == "undoing" else "undone"))

    def _flight(self, entry: Entry) -> list[_Change]:
        """Return what an interrupted entry was writing. Raises ApplyError."""
        if entry.state == "applying":
            return [_Change(edit.path, edit.before, edit.after) for edit in self.edits(entry)]
        folder = self._folder(entry.number)
        return [
            _Change(
                path,
                self._kept(entry, f"{at}.old") if (folder / f"{at}.old").exists() else None,
                self._kept(entry, f"{at}.new") if (folder / f"{at}.new").exists() else None,
            )
            for at, path in enumerate(entry.paths)
        ]

    def _write(self, change: _Change) -> None:
        """Replace a file, unless it was saved by someone else up to the very moment."""

        def confirm() -> None:
            if self._current(change.path) != change.old:
                raise _EditedMeanwhile

        full = self.root / change.path
        if change.new is None:
            confirm()
            full.unlink(missing_ok=True)
        else:
            write_atomically(full, change.new, confirm)

    def _current(self, path: str) -> bytes | None:
        try:
            return (self.root / path).read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise ApplyError(f"{path} cannot be read: {error.strerror or error}") from error

    def _folder(self, number: int) -> Path:
        return self.folder / f"{number:06d}"

    def _open(self, patch: Patch) -> Entry:
        number = max((entry.number for entry in self.entries()), default=0) + 1
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
            self._save(entry)
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

    def _save(self, entry: Entry) -> None:
        folder = self._folder(entry.number)
        try:
            write_atomically(folder / "entry.json", json.dumps(asdict(entry), indent=1).encode())
        except OSError as error:
            raise _not_written(folder, error) from error

    def _drop(self, entry: Entry) -> None:
        """Forget an entry; its record goes first, so that a crash leaves none without its contents."""
        folder = self._folder(entry.number)
        with suppress(OSError):
            (folder / "entry.json").unlink(missing_ok=True)
        shutil.rmtree(folder, ignore_errors=True)

    @contextmanager
    def _lock(self) -> Iterator[None]:
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
