"""The stages: a list at the left, or a strip on top where the terminal is narrow."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual import events
from textual.binding import BindingType
from textual.content import Content
from textual.reactive import reactive
from textual.style import Style
from textual.widget import Widget
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from harden.tui import keys


@dataclass(frozen=True, slots=True)
class StageLine:
    """A stage as the rail shows it; `mark` is a count, `ok` or `..` while it is being scanned."""

    number: int
    title: str
    mark: str

    @property
    def style(self) -> str:
        """Return the colour of the mark, which also says it in words."""
        return "$text-success" if self.mark == "ok" else "$text-muted" if self.mark == ".." else "bold"


class Rail(OptionList, inherit_bindings=False):
    """The eight stages with what is open in each."""

    BINDINGS: ClassVar[list[BindingType]] = keys.bound_to(
        {
            "move.down": "cursor_down",
            "move.up": "cursor_up",
            "move.first": "first",
            "move.last": "last",
            "move.open": "select",
        }
    )

    _shown: list[Content]

    def show(self, stages: Sequence[StageLine], at: int) -> None:
        """Show the stages with one of them current."""
        prompts = [self._prompt(stage) for stage in stages]
        if len(prompts) != self.option_count:
            self.clear_options()
            self.add_options([Option(prompt) for prompt in prompts])
        else:
            for index, prompt in enumerate(prompts):
                if not prompt.is_same(self._shown[index]):
                    self.replace_option_prompt_at_index(index, prompt)
        self._shown = prompts
        if self.highlighted != at:
            self.highlighted = at

    def _prompt(self, stage: StageLine) -> Content:
        room = 18 - len(stage.mark)
        title = f"{stage.number} {stage.title}"[: room - 1].ljust(room)
        return Content.assemble(title, (stage.mark, stage.style))


class Strip(Widget):
    """All stages in one line; a click or a number goes to one."""

    stages: reactive[tuple[StageLine, ...]] = reactive(())
    at: reactive[int] = reactive(0)

    def render(self) -> Content:
        """Return the line, titles cut to what fits."""
        count = max(1, len(self.stages))
        marks = sum(len(stage.mark) + 5 for stage in self.stages)
        room = max(0, (self.size.width - marks) // count)
        parts = []
        for index, stage in enumerate(self.stages):
            name = stage.title[: min(room, 14)].rstrip()
            here = index == self.at
            text = f"{stage.number}{' ' if name else ''}{name} {stage.mark}"
            part = Content(f"[{text}]" if here else f" {text} ")
            part = part.stylize("bold reverse" if here else stage.style)
            parts.append(part.stylize(Style.from_meta({"stage": stage.number})))
        return Content("").join(parts)

    async def on_click(self, event: events.Click) -> None:
        """Go to the stage."""
        if number := event.style.meta.get("stage"):
            await self.screen.run_action(f"do('stage.{number}')")
