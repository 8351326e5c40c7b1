"""What the review screen can do, split by subject: each part offers actions by the id of their key."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from harden.session import Session
    from harden.tui.application import HardenApp
    from harden.tui.review import ReviewScreen

Action = Callable[[], Awaitable[None] | None]


class Part:
    """Some actions of the review screen, and why one of them can do nothing now."""

    def __init__(self, screen: ReviewScreen) -> None:
        self.screen = screen

    @property
    def app(self) -> HardenApp:
        """Return the app."""
        return self.screen.harden

    @property
    def session(self) -> Session:
        """Return the session; parts are asked only once there is one."""
        session = self.screen.session
        if session is None:
            raise RuntimeError("the repository is not open yet")
        return session

    def key(self, id: str) -> str:
        """Return the first key of an action as the person reads it."""
        return self.screen.key(id)

    def actions(self) -> Mapping[str, Action]:
        """Return what to do by the id of a key."""
        raise NotImplementedError

    def why_not(self, id: str) -> str:
        """Return why an action can do nothing now, or an empty string."""
        raise NotImplementedError
