"""The line on top: repository, branch, other changes, scan and score."""

from __future__ import annotations

from dataclasses import dataclass

from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget


@dataclass(frozen=True, slots=True)
class Status:
    """What the top line tells. `score` is None before the first scan is done."""

    repository: str = ""
    branch: str = ""
    others: int = 0
    scan: str = ""
    score: int | None = None


class TopBar(Widget):
    """One line, shortened from the middle where the terminal is narrow."""

    status: reactive[Status] = reactive(Status())

    def render(self) -> Content:
        """Return the line as wide as the screen."""
        width, told = self.size.width, self.status
        wide = width >= 100
        left = Content.assemble(
            (" harden ", "bold $text-primary"),
            (f" {told.repository} ", "bold"),
            (f" {told.branch} " if told.branch else "", "$text-muted"),
        )
        if told.others:
            noun = "file" if told.others == 1 else "files"
            words = (
                f" {told.others} {noun} changed outside harden"
                if wide
                else f" {told.others} other {noun} changed"
            )
            left += Content.styled(words, "$text-warning")
        right = Content.styled(told.scan, "$text-muted")
        if told.score is not None:
            right += Content.styled(f"  {told.score}/100 ", "bold")
        room = width - right.cell_length
        return (
            left.truncate(max(0, room - 1), ellipsis=True, pad=False).pad_right(
                max(1, room - min(left.cell_length, max(0, room - 1)))
            )
            + right
        )
