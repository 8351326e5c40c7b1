"""The palette: every action by its words, every check, file, stage and question."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, cast

from textual.command import DiscoveryHit, Hit, Hits, Provider
from textual.content import Content
from textual.style import Style

from harden.found import State
from harden.tui import keys
from harden.tui.fuzzy import Candidates
from harden.tui.keyed import Keyed
from harden.tui.words import unmarked

if TYPE_CHECKING:
    from harden.found import Placed
    from harden.session import Session
    from harden.tui.application import HardenApp
    from harden.tui.review import ReviewScreen

_LEFT_OUT = ("app.palette", "app.back", "pane.")


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the palette. `why_not` tells why it can do nothing now."""

    title: str
    help: str
    call: Callable[[], object]
    why_not: str = ""


class Palette(Provider):
    """Actions first, those that can do nothing now dimmed with their reason; then places to go to."""

    _entries: list[Entry]
    _candidates: Candidates

    async def startup(self) -> None:
        """Gather everything once: a search then only compares."""
        self._entries = [*self._actions(), *self._places()]
        self._candidates = Candidates([entry.title for entry in self._entries])

    async def discover(self) -> Hits:
        """Offer the actions that can do something, before anything is typed."""
        for entry in self._actions():
            if not entry.why_not:
                yield DiscoveryHit(self._shown(entry), entry.call, entry.title, entry.help)

    async def search(self, query: str) -> Hits:
        """Offer what matches the words typed."""
        for match in self._candidates.search(query):
            entry = self._entries[match.index]
            score = match.score / 2 if entry.why_not else match.score
            yield Hit(score, self._shown(entry, match.at), entry.call, entry.title, entry.help)

    @property
    def _harden(self) -> HardenApp:
        return cast("HardenApp", self.app)

    @property
    def _review(self) -> ReviewScreen:
        return self._harden.review

    def _shown(self, entry: Entry, at: tuple[int, ...] = ()) -> Content:
        content = Content.styled(entry.title, "$text-disabled dim" if entry.why_not else "")
        for place in at:
            content = content.stylize(self.match_style or Style(bold=True), place, place + 1)
        return content

    # Actions

    def _actions(self) -> Iterator[Entry]:
        yield from self._actions_here()
        review, keymap = self._review, self._harden.keymap
        for key in keys.KEYS:
            if key.id.startswith(_LEFT_OUT) or key.id not in review.actions:
                continue
            title = key.description[:1].upper() + key.description[1:]
            if key.id.startswith("stage.") and review.session is not None:
                at = int(key.id.removeprefix("stage."))
                if at > len(review.session.stages):
                    continue
                title = f"Go to {review.session.stages[at - 1].title}"
            why_not = review.why_not(key.id)
            told = f"{key.where}, {keys.shown(keymap.get(key.id, key.keys))}"
            call = partial(self._do, key.id)
            yield Entry(title, unmarked(f"{told}: {why_not}" if why_not else told), call, why_not)

    def _actions_here(self) -> Iterator[Entry]:
        """Yield what the screen on top can do by itself, where it is not the one of the findings."""
        screen = self.screen
        if screen is self._review or not isinstance(screen, Keyed):
            return
        seen: set[str] = set()
        for bindings in screen._bindings.key_to_bindings.values():
            for binding in bindings:
                key = keys.BY_ID.get(binding.id or "")
                if key is None or key.id in seen or key.where not in keys.ELSEWHERE:
                    continue
                seen.add(key.id)
                title = key.description[:1].upper() + key.description[1:]
                told = f"{key.where}, {keys.shown(self._harden.keymap.get(key.id, key.keys))}"
                yield Entry(title, unmarked(told), partial(screen.run_action, binding.action))

    def _do(self, id: str) -> None:
        if reason := self._review.why_not(id):
            self._harden.notify(reason, timeout=4, markup=False)
        else:
            self._go(partial(self._review.action_do, id))

    def _go(self, call: Callable[[], object]) -> None:
        """Leave what lies over the findings, and do something there."""
        app = self._harden
        if app.screen is self._review:
            app.call_next(call)
        elif isinstance(app.screen, Keyed):
            above = app.screen
            above.action_leave()
            if app.screen is not above:  # it may have a reason to stay
                self._go(call)

    # Places

    def _places(self) -> Iterator[Entry]:
        session = self._review.session
        if session is None:
            return
        by_check: dict[str, list[Placed]] = {}
        by_path: dict[str, list[Placed]] = {}
        for shelf in session.found.shelves():
            finding = shelf[0].finding
            by_check.setdefault(finding.check, []).extend(shelf)
            by_path.setdefault(finding.path, []).extend(shelf)
        stage_of = {check.id: stage.id for stage in session.stages for check in stage.checks}
        yield from self._checks(session, by_check)
        for path, found in by_path.items():
            first = _first(found).finding
            if first.check in stage_of:
                yield Entry(path, unmarked(_count(found)), self._to(first.fingerprint, stage_of[first.check]))
        for problem in session.problems:
            to = self._to(
                f"problem:{problem.path}:{problem.check}",
                stage_of.get(problem.check, self._review.browsing.stage.id),
            )
            yield Entry(problem.path, unmarked(f"could not check: {problem.reason}"), to)
        for stage in session.stages:
            for question in stage.questions:
                told = "answered" if session.answered(question) else "not answered"
                to = self._to(f"question:{question.id}", stage.id)
                yield Entry(question.ask, unmarked(f"question of {stage.title}, {told}"), to)

    def _checks(self, session: Session, by_check: dict[str, list[Placed]]) -> Iterator[Entry]:
        from harden.tui.check_page import CheckPage

        for stage in session.stages:
            for check in stage.checks:
                title = f"{check.title} ({check.id})"
                if found := by_check.get(check.id):
                    to = self._to(_first(found).finding.fingerprint, stage.id)
                    yield Entry(title, unmarked(f"check of {stage.title}, {_count(found)}"), to)
                else:
                    read = partial(self._harden.push_screen, CheckPage(check, stage.title))
                    yield Entry(
                        title, unmarked(f"check of {stage.title}, nothing found: read its page"), read
                    )

    def _to(self, key: str, stage: str) -> Callable[[], object]:
        return partial(self._go, partial(self._review.browsing.go_to, key, stage))


def _first(found: list[Placed]) -> Placed:
    """Return the first finding that is open, else the first."""
    return next((one for one in found if one.state is State.OPEN), found[0])


def _count(found: list[Placed]) -> str:
    open_ = sum(one.state is State.OPEN for one in found)
    return f"{open_} open" if open_ == len(found) else f"{open_} of {len(found)} open"
