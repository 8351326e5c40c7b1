"""The palette: every action by its words, every check and every file with findings."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING

from textual.command import DiscoveryHit, Hit, Hits, Provider
from textual.content import Content

from harden.tui import keys

if TYPE_CHECKING:
    from harden.tui.review import ReviewScreen

_LEFT_OUT = ("app.palette", "app.back", "pane.")


class Palette(Provider):
    """Actions that can do something now, then places to go to."""

    async def discover(self) -> Hits:
        """Offer the actions before anything is typed."""
        for title, text, call in self._actions():
            yield DiscoveryHit(Content(title), call, title, text)

    async def search(self, query: str) -> Hits:
        """Offer what matches the words typed."""
        matcher = self.matcher(query)
        for title, text, call in (*self._actions(), *self._places()):
            score = matcher.match(title)
            if score > 0:
                yield Hit(score, matcher.highlight(title), call, title, text)

    @property
    def _review(self) -> ReviewScreen | None:
        from harden.tui.review import ReviewScreen

        return self.screen if isinstance(self.screen, ReviewScreen) else None

    def _actions(self) -> Iterator[tuple[str, str, Callable[[], object]]]:
        review = self._review
        if review is None:
            return
        keymap = review.session.settings.keys if review.session else {}
        for key in keys.KEYS:
            if key.id.startswith(_LEFT_OUT) or key.id not in review.actions or review.why_not(key.id):
                continue
            title = key.description[:1].upper() + key.description[1:]
            if key.id.startswith("stage.") and review.session is not None:
                title = f"Go to {review.session.stages[int(key.id[6:]) - 1].title}"
            pressed = keys.shown(keymap.get(key.id, key.keys))
            yield title, f"{key.where}, {pressed}", partial(review.run_action, f"do('{key.id}')")

    def _places(self) -> Iterator[tuple[str, str, Callable[[], object]]]:
        review = self._review
        if review is None or review.session is None:
            return
        browsing = review.browsing
        first: dict[str, tuple[str, str]] = {}
        counts: dict[str, int] = {}
        for stage in review.session.stages:
            for finding in review.session.findings(stage=stage.id):
                for name in (finding.check, finding.path):
                    first.setdefault(name, (finding.fingerprint, stage.id))
                    counts[name] = counts.get(name, 0) + 1
            for check in stage.checks:
                if check.id in first:
                    key, found = first.pop(check.id)
                    title = f"{check.title} ({check.id})"
                    yield title, f"{counts[check.id]} found", partial(browsing.go_to, key, found)
        for path, (key, found) in first.items():
            yield path, f"{counts[path]} found", partial(browsing.go_to, key, found)
