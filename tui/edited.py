"""Ask before a file is fixed that holds the person's own uncommitted edits."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets import Static

from harden.tui.dialog import Dialog


class Edited(Dialog[bool]):
    """A second `a` applies the fix all the same."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("a", "apply", "apply all the same", show=False)]

    def __init__(self, paths: Sequence[str]) -> None:
        super().__init__()
        self._paths = paths

    def compose(self) -> ComposeResult:
        """Say which files, and what follows."""
        with Vertical(classes="dialog"):
            noun = "This file holds" if len(self._paths) == 1 else "These files hold"
            yield Static(f"{noun} changes of yours that are not committed:", markup=False)
            yield Static("\n".join(f"  {path}" for path in self._paths[:12]), classes="name", markup=False)
            yield Static(
                "The fix can be undone, and your changes stay. A commit of harden takes only its own lines, "
                "and stops where they touch yours.",
                markup=False,
            )
            yield Static("a apply   esc back", classes="hint", markup=False)

    def action_apply(self) -> None:
        """Go on."""
        self.dismiss(True)
