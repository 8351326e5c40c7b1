"""The lines of one commit on the commit screen: chosen or not, its message, its files."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual import getters, on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Input, Static

from harden.tui import keys
from harden.tui.box import Box
from harden.words import plural

if TYPE_CHECKING:
    from textual.app import App

    from harden.commits import Group

_SHOWN = 8


class GroupBox(Box, inherit_bindings=False):
    """The box of a commit: only the key of the table switches it, and a click."""

    BINDINGS: ClassVar[list[BindingType]] = keys.bound_to({"commit.choose": "toggle_button"})


class GroupLines(Vertical):
    """A commit as it will be. Its message is text until it is edited, so that letters stay keys."""

    box = getters.query_one(GroupBox)
    subject = getters.query_one(Input)

    def __init__(self, group: Group, index: int) -> None:
        super().__init__(classes="group")
        self.group = group
        self.index = index
        self._body = group.message.partition("\n")[2]
        self._before = ""

    def compose(self) -> ComposeResult:
        """Make the three lines."""
        yield GroupBox(Content(f"{self.group.title}   {size(self.group)}"), self.group.chosen, compact=True)
        subject = Input(self.group.message.partition("\n")[0], compact=True, classes="subject")
        subject.can_focus = False
        yield subject
        paths = self.group.paths
        more = [f"and {len(paths) - _SHOWN} more"] if len(paths) > _SHOWN else []
        yield Static("  ".join([*paths[:_SHOWN], *more]), classes="hint", markup=False)

    @property
    def message(self) -> str:
        """Return the message as it stands; without a first line, the one that was proposed."""
        subject = self.subject.value.strip()
        return f"{subject}\n{self._body}" if subject else self.group.message

    @message.setter
    def message(self, message: str) -> None:
        self.subject.value, _, self._body = message.partition("\n")

    @property
    def is_editing(self) -> bool:
        """Tell whether the first line is being written."""
        return self.subject.has_focus

    def edit(self) -> None:
        """Write the first line."""
        self._before = self.subject.value
        self.subject.can_focus = True
        self.subject.focus()

    def done(self, *, keep: bool) -> None:
        """Go back to the box."""
        if not keep or not self.subject.value.strip():
            self.subject.value = self._before
        self.box.focus()

    @on(Input.Submitted)
    def _keep(self, event: Input.Submitted) -> None:
        event.stop()
        self.done(keep=True)

    @on(Input.Blurred)
    def _left(self) -> None:
        self.subject.can_focus = False


def edit_message(app: App[int], message: str) -> tuple[str, str]:
    """Let a person edit a message in their editor. Return it, and what went wrong, if anything."""
    from harden.tui import editor

    with tempfile.TemporaryDirectory(prefix="harden-") as folder:
        file = Path(folder) / "COMMIT_EDITMSG"
        file.write_text(message, encoding="utf-8", errors="surrogateescape")
        if problem := editor.edit(app, file, 1):
            return message, problem
        try:
            written = file.read_text(encoding="utf-8", errors="surrogateescape").strip()
        except OSError as error:
            return message, f"The message cannot be read: {error.strerror}. It stays as it was."
    return (f"{written}\n", "") if written else (message, "An empty message is none: it stays as it was.")


def size(group: Group) -> str:
    """Return how much a commit changes."""
    files, hunks = len(group.patch.edits), len(group.patch.hunks())
    return f"{plural(files, 'file')}, {plural(hunks, 'hunk')}"
