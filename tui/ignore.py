"""Ask for the reason why a finding is ignored."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal, cast

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.widgets import Input, Static

from harden.tui.choice import Choice
from harden.tui.dialog import Dialog

if TYPE_CHECKING:
    from harden.findings import Finding

Scope = Literal["line", "file", "check"]


@dataclass(frozen=True, slots=True)
class Ignored:
    """Why, how far, and until when."""

    reason: str
    scope: Scope
    until: datetime.date | None


class Ignore(Dialog[Ignored]):
    """A reason is required; a date reopens the finding."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "keep", "keep", priority=True, show=False),
        Binding("down", "app.focus_next", show=False),
        Binding("up", "app.focus_previous", show=False),
    ]

    def __init__(self, finding: Finding) -> None:
        super().__init__()
        self._finding = finding

    def compose(self) -> ComposeResult:
        """Make the three fields."""
        with Vertical(classes="dialog"):
            yield Static(f"Ignore {self._finding.place}", classes="name", markup=False)
            yield Static(self._finding.message, markup=False)
            with Horizontal(classes="option"):
                yield Static("reason", classes="name")
                yield Input(placeholder="why this is all right here", id="reason", compact=True)
            with Horizontal(classes="option"):
                yield Static("for", classes="name")
                scopes = [("line", "this line"), ("file", "this file"), ("check", "whole check")]
                yield Choice(scopes, "line", id="scope")
            with Horizontal(classes="option"):
                yield Static("until", classes="name")
                yield Input(
                    placeholder="optional, as 2030-12-31; then it is open again", id="until", compact=True
                )
            yield Static("", id="wrong", markup=False)
            yield Static("Saved in .harden/: commit it, the team shares it.", classes="hint")
            yield Static("enter keep   tab next field   esc back", classes="hint")

    def action_keep(self) -> None:
        """Check the fields and go on."""
        reason = self.query_one("#reason", Input).value.strip()
        until = self.query_one("#until", Input).value.strip()
        if not reason:
            self._complain("A reason is required: the team will read it.", "#reason")
            return
        try:
            day = datetime.date.fromisoformat(until) if until else None
        except ValueError:
            self._complain(f"{until!r} is no date: write it as 2030-12-31.", "#until")
            return
        if day is not None and day <= datetime.datetime.now(datetime.UTC).date():
            self._complain(f"{until} is not in the future.", "#until")
            return
        self.dismiss(Ignored(reason, cast("Scope", self.query_one(Choice).value), day))

    @on(Input.Changed)
    def _calm(self) -> None:
        self.query_one("#wrong", Static).display = False

    def _complain(self, text: str, field: str) -> None:
        wrong = self.query_one("#wrong", Static)
        wrong.update(f"! {text}")
        wrong.display = True
        self.query_one(field).focus()
