"""What all parts of a review in lines work on, and the keys that every prompt knows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from harden.errors import HardenError
from harden.plain.talk import Left, Talk
from harden.plain.walk import Walk
from harden.session import Session
from harden.stages import Stage

KEYS = {"s": "skip the rest of this stage", "z": "undo the last thing", "q": "quit"}
MORE = {"Z": "redo what was undone", "C": "commit what was applied"}


@dataclass(slots=True)
class Review:
    """The session, the conversation, the way, and what was done so far."""

    session: Session
    talk: Talk
    walk: Walk
    done: Counter[str] = field(default_factory=Counter)
    told: set[str] = field(default_factory=set)
    """The checks whose reason was given in full."""
    allowed: set[str] = field(default_factory=set)
    """Files with edits of the person's own that may be fixed all the same."""
    _stamps: dict[str, object] = field(default_factory=dict)

    def note(self, paths: Iterable[str]) -> None:
        """Remember how files look on disk, now that they are scanned."""
        self._stamps.update({path: _stamp(self.session.root / path) for path in paths})

    def look_again(self, paths: Iterable[str]) -> None:
        """Scan files again."""
        known = list(paths)
        self.note(known)
        self.session.rescan(known)

    def is_stale(self, path: str) -> bool:
        """Tell whether a file was changed by someone else since it was scanned."""
        return path in self._stamps and self._stamps[path] != _stamp(self.session.root / path)

    def act(self, key: str, stage: Stage) -> None:
        """Do what one of the shared keys means. Raises Left."""
        match key:
            case "s":
                self.walk.leave_stage(stage)
                self.talk.say(f"The rest of {stage.title} is skipped.")
            case "z":
                self._reverse(back=True)
            case "Z":
                self._reverse(back=False)
            case "C":
                from harden.plain.committing import offer_commit

                offer_commit(self)
            case "q":
                raise Left

    def _reverse(self, *, back: bool) -> None:
        before = self.walk.marks()
        try:
            entry = self.session.undo() if back else self.session.redo()
        except HardenError as error:
            self.talk.say(str(error))
            return
        self.note(entry.paths)
        self.walk.ask_again(self.walk.marks() - before)
        self.done["undone" if back else "redone"] += 1
        verb, again = ("Undone", "Z does it again.") if back else ("Done again", "z takes it back.")
        place = f" ({', '.join(entry.paths)})" if entry.paths else ""
        self.talk.say(f"{verb}: {entry.title}{place}. {again}")


def _stamp(path: Path) -> object:
    try:
        told = path.stat()
    except OSError:
        return None
    return told.st_mtime_ns, told.st_size, told.st_ino
