"""One of a few values, chosen with the arrow keys: `(•) this line  ( ) this file`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.message import Message
from textual.reactive import reactive
from textual.style import Style
from textual.widget import Widget


class Choice(Widget, can_focus=True):
    """Radio buttons in one flowing line; `value` is the chosen (value, label) pair's value."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left", "step(-1)", "previous", show=False),
        Binding("right,space", "step(1)", "next", show=False),
    ]

    at: reactive[int] = reactive(0, init=False, layout=True)

    @dataclass
    class Changed(Message):
        """Another value was chosen."""

        choice: Choice

        @property
        def control(self) -> Choice:
            """Return the widget, for `@on` selectors."""
            return self.choice

    def __init__(
        self,
        choices: Sequence[tuple[str, str]],
        value: str,
        *,
        id: str | None = None,
        name: str | None = None,
        classes: str | None = None,
    ) -> None:
        super().__init__(id=id, name=name, classes=classes)
        self.choices = choices
        self.set_reactive(Choice.at, next((i for i, (v, _) in enumerate(choices) if v == value), 0))

    @property
    def value(self) -> str:
        """Return the chosen value."""
        return self.choices[self.at][0]

    @value.setter
    def value(self, value: str) -> None:
        self.at = next((i for i, (known, _) in enumerate(self.choices) if known == value), self.at)

    def watch_at(self) -> None:
        """Tell who asks."""
        self.post_message(self.Changed(self))

    def action_step(self, step: int) -> None:
        """Choose the next or previous value, round and round."""
        self.at = (self.at + step) % len(self.choices)

    def on_click(self, event: events.Click) -> None:
        """Choose the value under the pointer."""
        if isinstance(at := event.style.meta.get("choice"), int):
            self.at = at

    def render(self) -> Content:
        """Return the line."""
        parts = []
        for index, (_, label) in enumerate(self.choices):
            mark = "(•)" if index == self.at else "( )"
            here = "bold reverse" if self.app.no_color else "bold $text-accent"
            style = here if index == self.at and self.has_focus else ""
            meta = Style.from_meta({"choice": index})
            parts.append(Content.assemble((f"{mark} {label}", style)).stylize(meta))
        return Content("  ").join(parts)
