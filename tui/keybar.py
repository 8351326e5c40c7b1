"""The line at the bottom: the keys that matter now, dimmed where they can do nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from textual import events
from textual.content import Content
from textual.reactive import reactive
from textual.style import Style
from textual.widget import Widget

from harden.tui import keys


@dataclass(frozen=True, slots=True)
class Shown:
    """One key of the line."""

    id: str
    key: str
    word: str
    why_not: str

    @property
    def enabled(self) -> bool:
        """Tell whether the key can do something now."""
        return not self.why_not


class KeyBar(Widget):
    """Keys and their words; a click does what the key does."""

    keys: reactive[Sequence[Shown]] = reactive(())

    def show(self, *, asked: bool, keymap: Mapping[str, str], why_not: Callable[[str], str]) -> None:
        """Show the keys for a question, or for a finding."""
        places = (keys.ANYWHERE, keys.QUESTIONS) if asked else (keys.ANYWHERE, keys.FINDINGS, keys.PREVIEW)
        wanted = [key for key in map(keys.BY_ID.__getitem__, keys.FOOTER) if key.where in places]
        self.keys = tuple(
            Shown(key.id, keys.first(key.id, keymap), key.short, why_not(key.id)) for key in wanted
        )

    def render(self) -> Content:
        """Return as many keys as fit."""
        line = Content("")
        off = "$text-disabled dim" if self.app.no_color else "$text-disabled"
        for item in self.keys:
            click = Style.from_meta({"id": item.id})
            part = Content.assemble(
                (f" {item.key}", "bold $text-accent" if item.enabled else off),
                (f" {item.word} ", "$foreground" if item.enabled else off),
            ).stylize(click)
            if line.cell_length + part.cell_length > self.size.width:
                break
            line += part
        return line

    async def on_click(self, event: events.Click) -> None:
        """Do what the key does, or tell why it can do nothing now."""
        id = event.style.meta.get("id")
        for item in self.keys:
            if item.id == id and item.why_not:
                self.notify(item.why_not, timeout=4, markup=False)
            elif item.id == id:
                await self.screen.run_action(f"do('{id}')")
