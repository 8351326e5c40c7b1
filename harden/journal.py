"""The undo journal: every applied patch, written down before the first file is touched."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from harden.errors import ApplyError
from harden.patches import FileEdit, Patch
from harden.places import state_folder, write_atomically

Merge = Callable[[bytes, bytes, bytes], bytes | None]
"""Three-way merge of (ours, base, theirs); None when they conflict."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One applied patch. `state` is applying, applied, undoing, undone or committed."""

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


class Journal:
    """The applied patches of one working tree, oldest first; survives restarts and crashes."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.folder = state_folder(root) / "journal"

    def entries(self) -> list[Entry]:
        """Return every entry, oldest first. Unreadable ones (a crash before the first write) are skipped."""
        found = []
        for file in sorted(self.folder.glob("*/entry.json")):
            try:
                raw = json.loads(file.read_text(encoding="utf-8"))
                lists = {key: tuple(raw[key]) for key in ("resolves", "paths", "created")}
                found.append(Entry(**{**raw, **lists}))
            except (OSError, ValueError, TypeError, KeyError):
                continue
        return found

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
                if self._current(edit.path) != edit.before:
                    raise ApplyError(f"{edit.path} has changed since the preview; look at the fix again.")
            self._forget_undone()
            entry = self._open(patch)
            return self._replace_all(entry, "applied", self._edits(entry))

    def undo(self, merge: Merge) -> Entry:
        """Take the newest applied patch back, keeping what was edited since. Raises ApplyError."""
        with self._lock():
            entry = self.undoable()
            if entry is None:
                raise ApplyError("There is nothing to undo.")
            return self._reverse(entry, "undone", merge, back=True)

    def redo(self, merge: Merge) -> Entry:
        """Apply the last undone patch again. Raises ApplyError."""
        with self._lock():
            entry = self.redoable()
            if entry is None:
                raise ApplyError("There is nothing to redo.")
            return self._reverse(entry, "applied", merge, back=False)

    def mark_committed(self, numbers: dict[int, str]) -> None:
        """Record in which commit each entry ended."""
        with self._lock():
            for entry in self.entries():
                if entry.number in numbers:
                    self._save(replace(entry, state="committed", commit=numbers[entry.number]))

    def recover(self) -> list[str]:
        """Finish what a crash interrupted: files go back to what they were. Return a line for each patch."""
        lines: list[str] = []
        if not any(entry.state in ("applying", "undoing") for entry in self.entries()):
            return lines
        with self._lock():
            for entry in self.entries():
                if entry.state not in ("applying", "undoing"):
                    continue
                undoing = entry.state == "undoing"
                for edit in self._edits(entry):
                    wanted, other = (edit.after, edit.before) if undoing else (edit.before, edit.after)
                    if self._current(edit.path) == other and other != wanted:
                        self._write(edit.path, wanted)
                if undoing:
                    self._save(replace(entry, state="applied"))
                else:
                    shutil.rmtree(self._folder(entry.number), ignore_errors=True)
                what = "Undoing" if undoing else "Applying"
                lines.append(f"{what} {entry.title!r} was interrupted; its files are as they were before.")
        return lines

    def edits(self, entry: Entry) -> tuple[FileEdit, ...]:
        """Return the contents before and after of every file of an entry."""
        return tuple(self._edits(entry))

    def _reverse(self, entry: Entry, state: str, merge: Merge, *, back: bool) -> Entry:
        changes = []
        for edit in self._edits(entry):
            start, end = (edit.after, edit.before) if back else (edit.before, edit.after)
            current = self._current(edit.path)
            if current != start:
                merged = merge(current or b"", start or b"", end or b"") if current is not None else None
                if merged is None:
                    verb = "undo" if back else "redo"
                    raise ApplyError(f"{edit.path} was edited where the patch is; {verb} it by hand or git.")
                end = merged
            changes.append((edit.path, current, end))
        self._save(replace(entry, state="undoing" if back else "applying"))
        try:
            self._write_all(changes)
        except ApplyError:
            self._save(entry)
            raise
        done = replace(entry, state=state)
        self._save(done)
        return done

    def _replace_all(self, entry: Entry, state: str, edits: list[FileEdit]) -> Entry:
        try:
            self._write_all([(edit.path, edit.before, edit.after) for edit in edits])
        except ApplyError:
            shutil.rmtree(self._folder(entry.number), ignore_errors=True)
            raise
        done = replace(entry, state=state)
        self._save(done)
        return done

    def _write_all(self, changes: list[tuple[str, bytes | None, bytes | None]]) -> None:
        """Write (path, old, new) one after the other; when one fails, the earlier ones go back."""
        written: list[tuple[str, bytes | None]] = []
        for path, old, new in changes:
            try:
                self._write(path, new)
            except OSError as error:
                for earlier, content in reversed(written):
                    self._write(earlier, content)
                reason = error.strerror or str(error)
                raise ApplyError(f"{path} cannot be written ({reason}); nothing was changed.") from error
            written.append((path, old))

    def _write(self, path: str, data: bytes | None) -> None:
        full = self.root / path
        if data is None:
            full.unlink(missing_ok=True)
        else:
            write_atomically(full, data)

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
        created = tuple(edit.before is None for edit in patch.edits)
        entry = Entry(
            number,
            "applying",
            patch.check,
            patch.stage,
            patch.title,
            patch.id,
            patch.resolves,
            patch.paths,
            created,
        )
        folder = self._folder(number)
        try:
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(parents=True)
            for at, edit in enumerate(patch.edits):
                _write_durably(folder / f"{at}.before", edit.before or b"")
                _write_durably(folder / f"{at}.after", edit.after)
            self._save(entry)
        except OSError as error:
            shutil.rmtree(folder, ignore_errors=True)
            reason = error.strerror or str(error)
            raise ApplyError(
                f"The undo journal {folder} cannot be written ({reason}); nothing was changed."
            ) from error
        return entry

    def _edits(self, entry: Entry) -> list[FileEdit]:
        folder = self._folder(entry.number)
        try:
            return [
                FileEdit(
                    path,
                    None if created else (folder / f"{at}.before").read_bytes(),
                    (folder / f"{at}.after").read_bytes(),
                )
                for at, (path, created) in enumerate(zip(entry.paths, entry.created, strict=True))
            ]
        except OSError as error:
            raise ApplyError(
                f"The undo journal {folder} cannot be read: {error.strerror or error}"
            ) from error

    def _save(self, entry: Entry) -> None:
        data = json.dumps(asdict(entry), indent=1).encode()
        try:
            write_atomically(self._folder(entry.number) / "entry.json", data)
        except OSError as error:
            reason = error.strerror or str(error)
            raise ApplyError(f"The undo journal {self.folder} cannot be written: {reason}") from error

    def _forget_undone(self) -> None:
        for entry in self.entries():
            if entry.state == "undone":
                shutil.rmtree(self._folder(entry.number), ignore_errors=True)

    @contextmanager
    def _lock(self) -> Iterator[None]:
        from filelock import FileLock, Timeout

        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            lock = FileLock(self.folder / "lock", timeout=5)
            lock.acquire()
        except Timeout:
            raise ApplyError(
                "Another harden is writing to this repository; try again when it is done."
            ) from None
        except OSError as error:
            reason = error.strerror or str(error)
            raise ApplyError(f"The undo journal {self.folder} cannot be written: {reason}") from error
        try:
            yield
        finally:
            lock.release()


def _write_durably(path: Path, data: bytes) -> None:
    with path.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
