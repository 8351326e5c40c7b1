"""Find one's way: stages, the list with its filters, and the panes."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING

from harden.tui.part import Action, Part
from harden.tui.rail import StageLine
from harden.tui.rows import STATUSES, Heading, Left, ProblemRow, Rows, StageRow, left_of
from harden.tui.words import entitle

if TYPE_CHECKING:
    from harden.resume import View
    from harden.stages import Stage
    from harden.tui.review import ReviewScreen


class Browsing(Part):
    """Holds which stage is shown and by what the list is narrowed."""

    at = 0
    words = ""
    status = "all"
    _wanted = ""
    _first_start = False
    _shown_stage = ""
    _came_from = ""

    def __init__(self, screen: ReviewScreen) -> None:
        super().__init__(screen)
        self._rows = Rows(self.session)
        self._seen: set[str] = set()
        self._left_at: dict[str, str] = {}

    def actions(self) -> Mapping[str, Action]:
        """Return the actions of this part."""
        return {
            **{f"stage.{n}": partial(self.go_to_stage, n - 1) for n in range(1, 9)},
            "pane.next": self._next_pane,
            "pane.previous": self._previous_pane,
            "pane.zoom": self._zoom,
            "app.back": self.back,
            "list.filter": self._open_filter,
            "list.status": self._next_status,
        }

    def why_not(self, id: str) -> str:
        """Return why an action can do nothing now."""
        if id.startswith("stage.") and int(id.removeprefix("stage.")) > len(self.session.stages):
            return f"There are {len(self.session.stages)} stages."
        return ""

    @property
    def stage(self) -> Stage:
        """Return the stage that is shown."""
        return self.session.stages[self.at]

    # Coming and going

    def restore(self, view: View) -> None:
        """Go back to where the person left off."""
        ids = [stage.id for stage in self.session.stages]
        self.at = ids.index(view.stage) if view.stage in ids else 0
        self.status = view.status if view.status in STATUSES else "all"
        self.words = view.filter
        self._wanted = view.selected
        self._seen = {id for id in ids if id in view.seen}
        self._first_start = not view.started
        with self.screen.prevent(self.screen.filter.Changed):
            self.screen.filter.value = self.words
        self.screen.filter.display = bool(self.words)
        self.screen.findings.focus()

    def begin(self) -> None:
        """On a first start, go to the first stage with something open, unless the person has moved."""
        if self._first_start and not self.screen.findings.touched:
            left, stages = left_of(self.session), self.session.stages
            self.at = next((at for at, stage in enumerate(stages) if left[stage.id].findings), self.at)

    def remember(self) -> None:
        """Write down where the person is."""
        from harden.resume import View

        item = self.screen.item
        self.app.remember(
            View(
                stage=self.stage.id,
                selected=item.key if item else self._wanted,
                filter=self.words,
                status=self.status,
                seen=sorted({*self._seen, self.stage.id}),
                started=True,
            )
        )

    # The list

    def sync(self) -> None:
        """Show the stage as the session knows it now."""
        findings = self.screen.findings
        session = self.session
        if self._shown_stage != self.stage.id:
            findings.reset_rows()
            findings.touched = False
            self._shown_stage = self.stage.id
        left = left_of(session)
        applied = self.screen.going.changes.applied
        groups = self._rows.of(
            self.stage, left[self.stage.id], words=self.words, status=self.status, applied=applied
        )
        findings.sync(groups)
        self._place_cursor(groups)
        self._title(left[self.stage.id].findings)
        scanning = self.screen.going.scanning
        if self._wanted and not scanning:  # the row that was left is gone
            self._wanted = ""
            self._select_first()
        lines = tuple(
            StageLine(number, stage.title, _mark(left[stage.id], scanning=scanning))
            for number, stage in enumerate(session.stages, 1)
        )
        self.screen.rail.show(lines, self.at)
        self.screen.strip.stages, self.screen.strip.at = lines, self.at
        self.screen.walking.tell_done(left, scanning=scanning)

    def _select_first(self) -> None:
        """Start a stage with what it is about; one that was left before, with its first finding."""
        self.screen.findings.select_first(heading=self.stage.id not in self._seen)

    def _place_cursor(self, groups: list[Heading]) -> None:
        findings = self.screen.findings
        if self._wanted and findings.select(self._wanted):
            self._wanted = ""
            findings.touched = True  # a row that was asked for stays, whatever is found above it
        elif groups and not self._wanted and (findings.cursor_node is None or not findings.touched):
            self._select_first()
        if findings.item is not None:
            self.screen.showing.refresh(findings.item)
        if not groups:
            self.screen.showing.show(None)

    def _title(self, count: int) -> None:
        told = [f"{self.status} only"] if self.status != "all" else []
        told += [f"/{self.words}"] if self.words else []
        entitle(self.screen.list_pane, f"{self.stage.title}  {count} open", "  ".join(told) or self._hint)

    @property
    def _hint(self) -> str:
        return f"{self.key('list.filter')} filter  {self.key('list.status')} status"

    def go_to_stage(self, at: int) -> None:
        """Show another stage."""
        if at != self.at:
            self._leave_stage()
            self.at = at
            self._wanted = self._left_at.get(self.stage.id, "")
            self.sync()

    def _leave_stage(self) -> None:
        self._seen.add(self.stage.id)
        item = self.screen.item
        if self.screen.findings.touched and item is not None and not isinstance(item, StageRow):
            self._left_at[self.stage.id] = item.key

    def go_to(self, key: str, stage: str) -> None:
        """Show a row wherever it is, filters off."""
        self._clear_filters()
        ids = [known.id for known in self.session.stages]
        if stage != self.stage.id:
            self._leave_stage()
            self.at = ids.index(stage)
        self._wanted = key
        self.sync()
        if not self.screen.detail.has_focus_within:
            self.screen.findings.focus()

    def filter_by(self, words: str) -> None:
        """Narrow the list to rows that hold every word."""
        self.words = words.strip()
        self.sync()

    def _open_filter(self) -> None:
        self.screen.filter.display = True
        self.screen.filter.focus()

    def _clear_filters(self) -> None:
        self.words, self.status = "", "all"
        self.screen.filter.value = ""
        self.screen.filter.display = False

    def _next_status(self) -> None:
        self.status = STATUSES[(STATUSES.index(self.status) + 1) % len(STATUSES)]
        self.sync()

    # Panes

    def enter(self) -> None:
        """Go from the list to the detail; where something could not be checked, to what is known of it."""
        if isinstance(self.screen.item, ProblemRow) and self.screen.detail.tab == "fix":
            self.screen.detail.tab, self._came_from = "why", "fix"
        self.screen.detail.focus_view()

    def back(self) -> None:
        """Undo one step: the form, the filter, the zoom, the detail, the scan."""
        screen = self.screen
        if screen.detail.form is not None:
            screen.detail.form.action_cancel()
        elif screen.filter.has_focus or (screen.findings.has_focus and (self.words or self.status != "all")):
            self._clear_filters()
            self.sync()
            screen.findings.focus()
        elif screen.has_class("-zoomed"):
            self._zoom()
        elif not screen.findings.has_focus:
            screen.detail.tab, self._came_from = self._came_from or screen.detail.tab, ""
            screen.findings.focus()
        else:
            screen.going.stop_scan()

    def _zoom(self) -> None:
        screen = self.screen
        panes = list(screen.query(".pane"))
        zoomed = screen.has_class("-zoomed")
        here = next((pane for pane in panes if pane.has_focus_within), screen.detail)
        screen.set_class(not zoomed, "-zoomed")
        for pane in panes:
            pane.set_class(not zoomed and pane is here, "-here")

    def _next_pane(self) -> None:
        self._focus_pane(1)

    def _previous_pane(self) -> None:
        self._focus_pane(-1)

    def _focus_pane(self, step: int) -> None:
        screen = self.screen
        if screen.detail.form is not None:
            screen.focus_next() if step > 0 else screen.focus_previous()
            return
        stops = [screen.rail, screen.findings, screen.detail]
        stops = [stop for stop in stops if stop.region.width and not screen.has_class("-zoomed")] or stops[1:]
        here = next((i for i, stop in enumerate(stops) if stop.has_focus or stop.has_focus_within), 0)
        wanted = stops[(here + step) % len(stops)]
        if wanted is screen.detail:
            self.enter()
        else:
            wanted.focus()


def _mark(left: Left, *, scanning: bool) -> str:
    """Return what waits in a stage: findings, else questions; `ok` when nothing does."""
    if left.findings:
        return str(left.findings)
    if scanning:
        return ".."
    return f"{left.questions}?" if left.questions else "ok"
