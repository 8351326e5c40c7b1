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
    enabled: bool


class KeyBar(Widget):
    """Keys and their words; a click does what the key does."""

    keys: reactive[Sequence[Shown]] = reactive(())

    def show(self, *, asked: bool, keymap: Mapping[str, str], why_not: Callable[[str], str]) -> None:
        """Show the keys for a question, or for a finding."""
        places = (keys.ANYWHERE, keys.QUESTIONS) if asked else (keys.ANYWHERE, keys.FINDINGS, keys.PREVIEW)
        wanted = [key for key in map(keys.BY_ID.__getitem__, keys.FOOTER) if key.where in places]
        self.keys = tuple(
            Shown(key.id, keys.shown(keymap.get(key.id, key.keys)).split()[0], key.short, not why_not(key.id))
            for key in wanted
        )

    def render(self) -> Content:
        """Return as many keys as fit."""
        line = Content("")
        for item in self.keys:
            click = Style.from_meta({"id": item.id})
            part = Content.assemble(
                (f" {item.key}", "bold $text-accent" if item.enabled else "$text-disabled"),
                (f" {item.word} ", "$foreground" if item.enabled else "$text-disabled"),
            ).stylize(click)
            if line.cell_length + part.cell_length > self.size.width:
                break
            line += part
        return line

    async def on_click(self, event: events.Click) -> None:
        """Do what the key does."""
        if id := event.style.meta.get("id"):
            await self.screen.run_action(f"do('{id}')")
