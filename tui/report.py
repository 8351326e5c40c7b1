"""Ask for the format and the file of a report."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.widgets import Input, Static

from harden.report.made import ENDINGS, default_name
from harden.tui.choice import Choice
from harden.tui.dialog import FIELDS, Dialog, keep


@dataclass(frozen=True, slots=True)
class Wanted:
    """A format, a file, and whether the person was told that it is there and will be replaced."""

    format: str
    path: Path
    replace: bool


class ReportDialog(Dialog[Wanted]):
    """Says what will happen to which file before anything is written."""

    BINDINGS: ClassVar[list[BindingType]] = [
        keep("keep"),
        *FIELDS,
    ]
    AUTO_FOCUS = "#format"

    def __init__(self, root: Path) -> None:
        super().__init__()
        self._root = root
        self._format = next(iter(ENDINGS))

    def compose(self) -> ComposeResult:
        """Make the two fields."""
        with Vertical(classes="dialog"):
            yield Static("Write a report", classes="name")
            with Horizontal(classes="option"):
                yield Static("format ←→", classes="name")
                yield Choice([(name, name) for name in ENDINGS], self._format, id="format")
            with Horizontal(classes="option"):
                yield Static("file", classes="name")
                yield Input(default_name(self._format), id="file", compact=True)
            yield Static("", id="fate", markup=False)
            yield self.hint(("dialog.keep", "write"), ("field.next", "next field"))

    def on_mount(self) -> None:
        """Tell of the default file."""
        self._tell()

    @on(Choice.Changed)
    def _rename(self) -> None:
        """Let the ending of the name follow the format, unless it is the person's own."""
        format = self.query_one(Choice).value
        field = self.query_one(Input)
        name = field.value.strip()
        if name.endswith(ENDINGS[self._format]):
            field.value = name.removesuffix(ENDINGS[self._format]) + ENDINGS[format]
        self._format = format

    @on(Input.Changed)
    def _tell(self) -> None:
        fate, wrong = _fate(self._path, self._root)
        line = self.query_one("#fate", Static)
        line.update(f"! {wrong}" if wrong else fate)
        line.set_class(bool(wrong), "wrong")

    def action_keep(self) -> None:
        """Go on, unless no file can have this name."""
        path = self._path
        _, wrong = _fate(path, self._root)
        if wrong or path is None:
            self._tell()
            self.query_one(Input).focus()
            return
        self.dismiss(Wanted(self._format, path, path.exists()))

    @property
    def _path(self) -> Path | None:
        name = self.query_one(Input).value.strip()
        if not name:
            return None
        try:
            return self._root / Path(name).expanduser()
        except RuntimeError:  # the home of nobody
            return self._root / name


def _fate(path: Path | None, root: Path) -> tuple[str, str]:
    """Return what writing would do to a file, or what is wrong with it."""
    if path is None:
        return "", "Name a file."
    shown = str(path.relative_to(root)) if path.is_relative_to(root) else str(path)
    try:
        if path.is_dir():
            return "", f"{shown} is a folder: name a file in it."
        if path.exists() and not path.is_file():
            return "", f"{shown} is no file."
        if path.exists():
            return f"{shown}: replaces the file that is there", ""
        if (above := next(part for part in path.parents if part.exists())).is_file():
            return "", f"{above.name} is no folder."
        if not path.parent.exists():
            return f"{shown}: a new file, and its folder is made", ""
    except OSError as error:
        return "", f"{shown}: {error.strerror or error}."
    except ValueError:
        return "", "This is no name for a file."
    return f"{shown}: a new file", ""
