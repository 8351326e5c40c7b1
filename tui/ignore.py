"""Ask for the reason why a finding is ignored."""

from __future__ import annotations

import datetime
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal, cast

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.widgets import Input, Static

from harden.deciding import day_of
from harden.errors import UsageError
from harden.tui.choice import Choice
from harden.tui.dialog import FIELDS, Dialog, keep
from harden.words import plural

if TYPE_CHECKING:
    from harden.findings import Finding

Scope = Literal["line", "file", "check"]

_BEGUN = re.compile(r"\d{0,4}|\d{4}-\d{0,2}|\d{4}-\d\d-\d?")
"""A date that is still being written."""


@dataclass(frozen=True, slots=True)
class Ignored:
    """Why, how far, and until when."""

    reason: str
    scope: Scope
    until: datetime.date | None


class Ignore(Dialog[Ignored]):
    """A reason is required; a date reopens the finding. What will be silenced is told before it is."""

    BINDINGS: ClassVar[list[BindingType]] = [
        keep("keep"),
        *FIELDS,
    ]

    def __init__(self, finding: Finding, counts: Mapping[Scope, int]) -> None:
        super().__init__()
        self._finding = finding
        self._counts = counts

    def compose(self) -> ComposeResult:
        """Make the three fields, and below each of the last two what it comes to."""
        with VerticalScroll(classes="dialog", can_focus=False):
            yield Static(f"Ignore {self._finding.place}", classes="name", markup=False)
            yield Static(self._finding.message, markup=False)
            with Horizontal(classes="option"):
                yield Static("reason", classes="name")
                yield Input(placeholder="why this is all right here", id="reason", compact=True)
            with Horizontal(classes="option"):
                yield Static("for", classes="name")
                scopes = [("line", "this line"), ("file", "this file"), ("check", "whole check")]
                yield Choice(scopes, "line", id="scope")
            yield Static(self._silenced("line"), id="silenced", classes="below hint", markup=False)
            with Horizontal(classes="option"):
                yield Static("until", classes="name")
                yield Input(placeholder="optional, as 2030-12-31", id="until", compact=True)
            yield Static(_EVER, id="day", classes="below hint", markup=False)
            yield Static("", id="wrong", markup=False)
            yield Static("Saved in .harden/: commit it, the team shares it.", classes="hint")
            yield self.hint(("dialog.keep", "keep"), ("field.next", "next field"))

    def action_keep(self) -> None:
        """Check the fields and go on."""
        reason = self.query_one("#reason", Input).value.strip()
        if not reason:
            self._complain("A reason is required: the team will read it.", "#reason")
            return
        try:
            until = day_of(self.query_one("#until", Input).value.strip())
        except UsageError as error:
            self._show_day(f"! {error}", is_wrong=True)
            self.query_one("#until").focus()
        else:
            self.dismiss(Ignored(reason, self._scope, until))

    @property
    def _scope(self) -> Scope:
        return cast("Scope", self.query_one(Choice).value)

    def _silenced(self, scope: Scope) -> str:
        count = self._counts[scope]
        findings = f"{plural(count, 'finding')} of this check"
        where = {
            "line": "Silences this finding only, until its line changes.",
            "file": f"Silences {findings} in {self._finding.path}, and those to come.",
            "check": f"Silences {findings} everywhere, and those to come.",
        }
        return where[scope]

    @on(Choice.Changed)
    def _tell_silenced(self) -> None:
        self.query_one("#silenced", Static).update(self._silenced(self._scope))

    @on(Input.Changed, "#until")
    def _tell_day(self, event: Input.Changed) -> None:
        text = event.value.strip()
        if _BEGUN.fullmatch(text):
            self._show_day("A date, as 2030-12-31." if text else _EVER, is_wrong=False)
            return
        try:
            day = day_of(text)
        except UsageError as error:
            self._show_day(f"! {error}", is_wrong=True)
            return
        if day is not None:
            self._show_day(f"Open again after {day:%A}, {day.day} {day:%B %Y}.", is_wrong=False)

    def _show_day(self, text: str, *, is_wrong: bool) -> None:
        told = self.query_one("#day", Static)
        told.update(text)
        told.set_class(is_wrong, "wrong")

    @on(Input.Changed)
    def _calm(self) -> None:
        self.query_one("#wrong", Static).display = False

    def _complain(self, text: str, field: str) -> None:
        wrong = self.query_one("#wrong", Static)
        wrong.update(f"! {text}")
        wrong.display = True
        self.query_one(field).focus(scroll_visible=False)
        wrong.scroll_visible(animate=False)


_EVER = "Without a date it stays ignored."
