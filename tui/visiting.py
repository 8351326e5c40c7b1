"""One visit: what the last one left, what is new since, and what this one leaves."""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING

from harden.words import plural

if TYPE_CHECKING:
    from harden.tui.review import ReviewScreen
    from harden.visits import Since, Visit


class Visiting:
    """Counts from the moment when the whole repository is known; before that nothing is compared or kept."""

    def __init__(self, screen: ReviewScreen) -> None:
        self._screen = screen
        self._before: Visit | None = None
        self._started: float | None = None

    @property
    def complete(self) -> bool:
        """Tell whether the whole repository was scanned since the app was started."""
        return self._started is not None

    async def scanned(self) -> None:
        """Note that a scan came to its end; the first time, tell of what is new."""
        from harden import visits

        session = self._screen.session
        if self.complete or session is None or not session.scope.is_all:
            return
        self._before = await self._screen.harden.run_engine(visits.load, session.root)
        self._started = monotonic()
        if (since := self.since()) is not None and (count := len(since.new)):
            key = self._screen.key("app.summary")
            told = f"{plural(count, 'new finding')} since {since.when}; {key} shows them."
            self._screen.notify(told, timeout=8, markup=False)

    def since(self) -> Since | None:
        """Return what changed since the last visit, if there was one and the scan is complete."""
        from harden import visits

        session = self._screen.session
        if session is None or self._before is None:
            return None
        return visits.since(self._before, session)

    def leave(self) -> None:
        """Write down how things stand, if all of it is known."""
        from harden import visits

        session = self._screen.session
        if session is not None and self._started is not None:
            visits.keep(session, self._before, monotonic() - self._started)
