"""The undo journal: every applied patch and decision, written down before the first file is touched."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

from harden.differences import merge
from harden.entries import Change, Entries, Entry
from harden.errors import ApplyError, Overtaken, Stale
from harden.patches import FileEdit, Patch
from harden.places import DECISIONS, remove_unfinished, state_folder, write_atomically

__all__ = ["Entry", "Journal"]

_IN_FLIGHT = {"applying": "Applying", "undoing": "Undoing", "redoing": "Redoing"}
_KEPT_COMMITTED = 50
"""Committed patches that stay in the journal; git knows them all."""
_KEPT_DECISIONS = 100
"""Decisions that can be undone; older ones stand."""


class _EditedMeanwhile(ApplyError):
    """A file holds something else than when the patch was checked."""


class Journal:
    """What was applied and decided in one working tree, oldest first; survives restarts and crashes.

    `can_undo` and `can_redo` tell of the journal as it was read last.
    """

    can_undo = False
    can_redo = False

    def __init__(self, root: Path) -> None:
        self.root = root
        self.folder = state_folder(root) / "journal"
        self._entries = Entries(self.folder)

    def entries(self) -> list[Entry]:
        """Return every entry, oldest first. Unreadable ones (a crash before the first write) are skipped."""
        found = self._entries.all()
        self.can_undo = _undoable(found) is not None
        self.can_redo = _redoable(found) is not None
        return found

    def edits(self, entry: Entry) -> tuple[FileEdit, ...]:
        """Return the contents before and after of every file of an entry. Raises ApplyError."""
        return self._entries.edits(entry)

    def undoable(self) -> Entry | None:
        """Return what undo takes back: the newest entry applied and not committed."""
        return _undoable(self.entries())

    def redoable(self) -> Entry | None:
        """Return what redo applies again: the oldest undone entry after the last applied."""
        return _redoable(self.entries())

    def apply(self, patch: Patch) -> Entry:
        """Write all files of a patch, or none. Raises ApplyError."""
        with self._writing():
            for edit in patch.edits:
                self._check_unchanged(edit)
            return self._apply(patch)

    def apply_made(self, make: Callable[[], Patch | None]) -> Entry | None:
        """Write what `make` returns from the files as they are while no other harden writes.

        Raises ApplyError, and what `make` raises.
        """
        with self._writing():
            patch = make()
            if patch is None:
                return None
            for path in patch.paths:
                self._check_inside(path)
            return self._apply(patch)

    def _apply(self, patch: Patch) -> Entry:
        entry = self._entries.open(patch)
        done = self._carry_out(entry, "applied", [Change(e.path, e.before, e.after) for e in patch.edits])
        entries = self.entries()
        decided = [old for old in entries if old.is_decision and old.state == "applied"]
        for old in [*(old for old in entries if old.state == "undone"), *decided[:-_KEPT_DECISIONS]]:
            self._entries.drop(old)
        return done

    def undo(self) -> Entry:
        """Take the newest entry back, keeping what was edited since. Raises ApplyError.

        A decision that was decided otherwise since is let go, so that what was done before it can be undone.
        """
        with self._writing():
            entry = self.undoable()
            if entry is None:
                raise ApplyError("There is nothing to undo.")
            try:
                changes = [self._merged(e.path, e.after, e.before, "undo") for e in self.edits(entry)]
            except Overtaken:
                self._entries.drop(entry)
                raise Overtaken(
                    f"{entry.title}: decided otherwise since, so that stays; "
                    "undo again for what was done before it."
                ) from None
            return self._reverse(entry, "undoing", "undone", changes)

    def redo(self) -> Entry:
        """Do the last undone entry again, keeping what was edited since. Raises ApplyError."""
        with self._writing():
            entry = self.redoable()
            if entry is None:
                raise ApplyError("There is nothing to redo.")
            try:
                changes = [self._merged(e.path, e.before, e.after, "redo") for e in self.edits(entry)]
            except Overtaken:
                raise Overtaken(f"{entry.title}: decided otherwise since, so that stays.") from None
            return self._reverse(entry, "redoing", "applied", changes)

    def mark_committed(self, numbers: Mapping[int, str]) -> None:
        """Record in which commit each patch ended, and let the decisions go. Raises ApplyError."""
        with self._writing():
            for entry in self.entries():
                if entry.number in numbers and entry.is_decision:
                    self._entries.drop(entry)
                elif entry.number in numbers:
                    self._entries.save(replace(entry, state="committed", commit=numbers[entry.number]))
            committed = [entry for entry in self.entries() if entry.state == "committed"]
            for entry in committed[:-_KEPT_COMMITTED]:
                self._entries.drop(entry)

    def recover(self) -> list[str]:
        """Put back what a crash interrupted. Return a line for each entry. Raises ApplyError."""
        self._entries.check_readable()
        if not any(entry.state in _IN_FLIGHT for entry in self.entries()):
            return []
        with self._writing():
            return [self._recovered(entry) for entry in self.entries() if entry.state in _IN_FLIGHT]

    def _recovered(self, entry: Entry) -> str:
        changes = self._entries.flight(entry)
        for folder in {(self.root / path).resolve().parent for path in entry.paths}:
            remove_unfinished(folder)
        edited = self._put_back(changes)
        self._settle(entry)
        doing = "Saving" if entry.is_decision and entry.state == "applying" else _IN_FLIGHT[entry.state]
        what = f"{doing} {entry.title!r} was interrupted"
        if not edited:
            return f"{what}; its files are as they were before."
        return f"{what}; left as found, because edited since: {', '.join(edited)}."

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """Keep any other harden from writing, and know afterwards what can be undone."""
        with self._entries.lock():
            try:
                yield
            finally:
                self.entries()

    def _check_inside(self, path: str) -> None:
        if not (self.root / path).resolve().is_relative_to(self.root.resolve()):
            raise ApplyError(f"{path} leads outside the repository; it is left alone.")

    def _check_unchanged(self, edit: FileEdit) -> None:
        self._check_inside(edit.path)
        current = self._current(edit.path)
        if current != edit.before:
            what = "holds this fix already" if current == edit.after else "has changed since the preview"
            raise Stale(edit.path, "is gone" if current is None else what)

    def _merged(self, path: str, start: bytes | None, end: bytes | None, verb: str) -> Change:
        """Return the change of a file from what it holds now, towards `end`. Raises ApplyError, Overtaken."""
        current = self._current(path)
        if current in (start, end):
            return Change(path, current, end)
        if path == DECISIONS:
            from harden.decisions import merged_decisions

            return Change(path, current, merged_decisions(current, start, end))
        merged = None if current is None or start is None or end is None else merge(current, start, end)
        if merged is None:
            done = "deleted" if current is None else "edited where the fix is"
            raise ApplyError(f"{path} was {done} since; {verb} it by hand or with git.")
        return Change(path, current, merged)

    def _reverse(self, entry: Entry, state: str, end: str, changes: list[Change]) -> Entry:
        self._entries.keep_flight(entry, changes)
        moving = replace(entry, state=state)
        self._entries.save(moving)
        return self._carry_out(moving, end, changes)

    def _carry_out(self, entry: Entry, end: str, changes: list[Change]) -> Entry:
        """Write one file after the other; when anything fails, all go back. Raises ApplyError."""
        path = ""
        try:
            for change in changes:
                path = change.path
                self._write(change)
            done = replace(entry, state=end)
            self._entries.save(done)
        except BaseException as error:
            self._take_back(entry, changes)
            if isinstance(error, _EditedMeanwhile):
                raise ApplyError(f"{path} was edited meanwhile; nothing was changed.") from None
            if isinstance(error, OSError):
                reason = error.strerror or str(error)
                raise ApplyError(f"{path} cannot be written ({reason}); nothing was changed.") from error
            raise
        return done

    def _take_back(self, entry: Entry, changes: list[Change]) -> None:
        try:
            self._put_back(changes)
        except (OSError, ApplyError) as error:
            raise ApplyError(
                f"{entry.title!r} could not be written, nor taken back ({error}); the next start does that."
            ) from error
        with suppress(ApplyError):  # the next start settles it
            self._settle(entry)

    def _put_back(self, changes: list[Change]) -> list[str]:
        """Give every file its old content, unless it holds neither; return those that do."""
        edited = []
        for change in reversed(changes):
            current = self._current(change.path)
            if current == change.old:
                continue
            if current == change.new:
                try:
                    self._write(Change(change.path, current, change.old))
                except _EditedMeanwhile:
                    edited.append(change.path)
            else:
                edited.append(change.path)
        return edited

    def _settle(self, entry: Entry) -> None:
        """Give an entry whose files are back the state from which it started."""
        if entry.state == "applying":
            self._entries.drop(entry)
        else:
            self._entries.save(replace(entry, state="applied" if entry.state == "undoing" else "undone"))

    def _write(self, change: Change) -> None:
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


def _undoable(entries: Sequence[Entry]) -> Entry | None:
    return next((entry for entry in reversed(entries) if entry.state == "applied"), None)


def _redoable(entries: Sequence[Entry]) -> Entry | None:
    found: Entry | None = None
    for entry in reversed(entries):
        if entry.state != "undone":
            break
        found = entry
    return found
