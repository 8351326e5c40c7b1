"""What all screens share: help and palette at hand, and a person's own keys."""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING, ClassVar, TypeVar, cast

from textual.binding import BindingsMap, BindingType
from textual.dom import DOMNode
from textual.keys import key_to_character
from textual.screen import Screen

from harden.tui import keys
from harden.tui.keymap import rebound

if TYPE_CHECKING:
    from harden.tui.application import HardenApp

T = TypeVar("T")
_STAYS = 4.0
"""Seconds for which a reason is on the screen."""


class Keyed(Screen[T]):
    """A screen whose bindings follow the person's keys, by the ids of `harden.tui.keys`."""

    BINDINGS: ClassVar[list[BindingType]] = keys.bound_to({"app.help": "help", "app.palette": "palette"})
    _reason, _told_at = "", 0.0

    @property
    def harden(self) -> HardenApp:
        """Return the app."""
        return cast("HardenApp", self.app)

    def key(self, id: str) -> str:
        """Return the first key of an action as the person reads it."""
        return keys.first(id, self.harden.keymap)

    def tell_once(self, reason: str) -> None:
        """Tell why a key does nothing: once, however long it is held."""
        now = monotonic()
        if reason != self._reason or now - self._told_at > _STAYS:
            self.notify(reason, timeout=_STAYS, markup=False)
            self._reason, self._told_at = reason, now

    @property
    def _binding_chain(self) -> list[tuple[DOMNode, BindingsMap]]:
        """Return bindings from the focus up, without keys that a field writes."""
        keymap = self.harden.keymap
        if not keymap:
            return super()._binding_chain
        focused = self.focused if self.focused is not None and not self.focused.loading else None
        nodes = [self, self.app] if focused is None else focused.ancestors_with_self
        chain: list[tuple[DOMNode, BindingsMap]] = []
        for node in nodes:
            found = rebound(node._bindings, keymap)
            for key in list(found.key_to_bindings):
                character = key_to_character(key)
                if any(below.check_consume_key(key, character) for below, _ in chain):
                    del found.key_to_bindings[key]
            chain.append((node, found))
        return chain

    def action_help(self) -> None:
        """Tell what this place is for, and all keys."""
        from harden.tui.help import Help, place_of

        self.app.push_screen(Help(place_of(self), self.harden.keymap))

    def action_palette(self) -> None:
        """Find any action or place by its words."""
        self.app.action_command_palette()

    def action_leave(self) -> None:
        """Go back to the findings."""
        raise NotImplementedError
