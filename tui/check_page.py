"""The page of a check that found nothing here: any check can be read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Static

from harden.tui import wording
from harden.tui.dialog import Dialog
from harden.tui.scrolling import Page

if TYPE_CHECKING:
    from harden.checks import Check


class CheckPage(Dialog[None]):
    """What the Why tab shows for a finding."""

    def __init__(self, check: Check, stage: str) -> None:
        super().__init__()
        self._check, self._stage = check, stage

    def compose(self) -> ComposeResult:
        """Show the page."""
        check = self._check
        told = f"\n{check.severity.value}  {wording.RISKS[check.fix.risk]}  {check.id}  {self._stage}"
        with Vertical(classes="dialog large"):
            yield Static(Content.assemble((check.title, "bold"), (told, "$text-muted")), markup=False)
            with Page():
                yield Static(wording.page(check), markup=False)
            yield self.hint(("move.down move.up", "scroll"), ("move.page_down", "page"))
