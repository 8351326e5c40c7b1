"""The screen of the work itself: stages, findings, and the detail of one."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Coroutine
from functools import partial
from time import monotonic
from typing import TYPE_CHECKING, ClassVar

from textual import events, getters, on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.timer import Timer
from textual.widgets import Input, OptionList, Static, Tree
from textual.worker import Worker

from harden.tui import keys
from harden.tui.detail import Detail
from harden.tui.findings import Findings
from harden.tui.go import Going, welcome
from harden.tui.keybar import KeyBar
from harden.tui.keyed import Keyed
from harden.tui.keymap import of
from harden.tui.place import Place
from harden.tui.rail import Rail, Strip
from harden.tui.rows import Item, QuestionRow
from harden.tui.topbar import TopBar
from harden.tui.words import Words

if TYPE_CHECKING:
    from harden.resume import View
    from harden.session import Session
    from harden.tui.browse import Browsing
    from harden.tui.decide import Deciding
    from harden.tui.drawing import Drawing
    from harden.tui.fix import Fixing
    from harden.tui.form import OptionsForm
    from harden.tui.options import Tuning
    from harden.tui.part import Action, Part
    from harden.tui.show import Showing
    from harden.tui.walk import Walking
    from harden.tui.write import Writing

Job = Callable[[], Coroutine[None, None, None]]

_SYNC_EVERY, _SYNC_AT_LEAST = 0.15, 0.6
"""Seconds between two updates of the list while results stream in: the longer one takes, the fewer."""
_LONG_LIST = 5_000
"""Rows for which another second may pass between two updates: keys go before findings."""
_TYPING, _PATIENCE = 0.3, 3.0
"""Seconds after a key for which new results wait for the next one, and for how long they do so at most."""


class ReviewScreen(Keyed[None]):
    """Composes the panes and hands keys to its parts."""

    BINDINGS: ClassVar[list[BindingType]] = [
        *keys.bindings(key for key in keys.KEYS if key.where not in keys.ELSEWHERE)
    ]
    AUTO_FOCUS = "#findings"
    # Textual declares these without ClassVar, so that neither mypy nor ruff can be pleased by a list.
    HORIZONTAL_BREAKPOINTS = [(0, "-tiny"), (40, "-single"), (60, "-portrait"), (100, "-wide")]  # noqa: RUF012
    VERTICAL_BREAKPOINTS = [(0, "-flat"), (10, "-short"), (16, "-tall")]  # noqa: RUF012

    topbar = getters.query_one(TopBar)
    strip = getters.query_one(Strip)
    rail = getters.query_one(Rail)
    rail_notes = getters.query_one("#rail-notes", Words)
    findings = getters.query_one(Findings)
    list_pane = getters.query_one("#list", Vertical)
    filter = getters.query_one("#filter", Input)
    detail = getters.query_one(Detail)
    keybar = getters.query_one(KeyBar)

    def __init__(self) -> None:
        super().__init__()
        self.session: Session | None = None
        self.going = Going(self)
        self._place = Place(self)
        self.browsing: Browsing
        self.walking: Walking
        self.showing: Showing
        self.drawing: Drawing
        self.fixing: Fixing
        self.options: Tuning
        self.writing: Writing
        self.deciding: Deciding
        self.actions: dict[str, Action] = {}
        self._owner: dict[str, Part] = {}
        self._take(self.going)
        self._sync_timer: Timer | None = None
        self._sync_took = 0.0
        self._synced_at = self._pressed_at = 0.0

    def _take(self, *parts: Part) -> None:
        for part in parts:
            self.actions.update(part.actions())
            self._owner.update(dict.fromkeys(part.actions(), part))

    def compose(self) -> ComposeResult:
        """Make the panes once; layouts only hide and move them."""
        yield TopBar()
        yield Strip()
        yield Static(welcome(self.key), id="welcome", markup=False)
        with Horizontal(id="body"):
            with Vertical(id="stages", classes="pane"):
                yield Rail(id="rail")
                yield Words(id="rail-notes")
            with Vertical(id="list", classes="pane"):
                yield Input(placeholder="words to look for", id="filter", compact=True)
                yield Findings(id="findings")
            yield Detail(id="detail", classes="pane")
        yield Static("harden needs 40x10; `harden scan` prints the same.", id="too-small", markup=False)
        yield KeyBar()

    def on_mount(self) -> None:
        """Draw what is known before anything is read."""
        self.query_one("#stages").border_title = "Stages"
        self.detail.border_title = "Detail"
        self.list_pane.border_title = "Findings"
        self.filter.display = False
        self.going.show_status()
        self.refresh_keys()

    # The life of the session

    def opened(self, session: Session, view: View) -> None:
        """Take over the session, once it is loaded, and scan."""
        from harden.tui.browse import Browsing
        from harden.tui.decide import Deciding
        from harden.tui.drawing import Drawing
        from harden.tui.fix import Fixing
        from harden.tui.options import Tuning
        from harden.tui.show import Showing
        from harden.tui.walk import Walking
        from harden.tui.write import Writing

        self.session = session
        self.browsing, self.walking, self.showing = Browsing(self), Walking(self), Showing(self)
        self.drawing = Drawing(self)
        self.fixing, self.options = Fixing(self), Tuning(self)
        self.writing, self.deciding = Writing(self), Deciding(self)
        self._take(self.browsing, self.walking, self.showing)
        self._take(self.drawing, self.fixing, self.options, self.writing, self.deciding)
        self.browsing.restore(view)
        self.query_one("#welcome", Static).update(welcome(self.key))
        self.set_class(not view.started, "-first")
        self.going.start()
        self.sync()

    def fail(self, message: str) -> None:
        """Tell why the repository cannot be opened."""
        self.going.failed = message
        again, leave = self.key("app.rescan"), self.key("app.quit")
        self.detail.focus_view()
        self.detail.say(message, f"Put it right and press {again}, or {leave} to leave.")
        self.going.show_status()

    def leave(self) -> None:
        """Write down where the person is."""
        if self.session is not None:
            self.browsing.remember()
            self.going.visiting.leave()

    # Showing what the session knows

    def sync_soon(self) -> None:
        """Show new results, but not more often than an eye can follow."""
        if self._sync_timer is None:
            at_least = _SYNC_AT_LEAST + self.findings.last_line / _LONG_LIST
            pause = min(max(_SYNC_EVERY, 20 * self._sync_took), at_least)
            self._sync_timer = self.set_timer(pause, self._sync_between_keys)

    def _sync_between_keys(self) -> None:
        """Show new results, but let who moves about in a long list move: each update makes it anew."""
        now = monotonic()
        is_typing = now - self._pressed_at < _TYPING and now - self._synced_at < _PATIENCE
        if is_typing and self.findings.last_line > _LONG_LIST // 10:
            self._sync_timer = self.set_timer(_TYPING, self._sync_between_keys)
        else:
            self.sync()

    def sync(self) -> None:
        """Show what the session knows now."""
        if self._sync_timer is not None:
            self._sync_timer.stop()
            self._sync_timer = None
        if self.session is not None:
            started = monotonic()
            self.browsing.sync()
            self.going.show_status()
            self.refresh_keys()
            self.harden.tell_notices()
            self._synced_at = monotonic()
            self._sync_took = self._synced_at - started

    @property
    def item(self) -> Item | None:
        """Return what the cursor stands on."""
        return self.findings.item

    # Keys

    def why_not(self, id: str) -> str:
        """Return why a key can do nothing now, or an empty string."""
        if id != "app.quit" and (self.has_class("-tiny") or self.has_class("-flat")):
            return "The terminal is too small to see what a key does."
        owner = self._owner.get(id)
        return owner.why_not(id) if owner else self.going.failed or "The repository is still being opened."

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Dim a key that can do nothing now."""
        if action == "do":
            return None if self.why_not(str(parameters[0])) else True
        return super().check_action(action, parameters)

    async def action_do(self, id: str) -> None:
        """Do what a key stands for."""
        result = self.actions[id]()
        if inspect.isawaitable(result):
            await result
        self.refresh_keys()

    def on_key(self, event: events.Key) -> None:
        """Answer a dimmed key with the reason, unless the focused field has a use for it."""
        self.remove_class("-first")
        self._pressed_at = monotonic()
        if self.focused is not None and event.key in self.focused._bindings.key_to_bindings:
            return
        bound = [id for id in self.actions if event.key in of(id, self.harden.keymap)]
        reasons = [self.why_not(id) for id in bound]
        if reasons and all(reasons):
            self.tell_once(reasons[0])
            event.stop()

    def refresh_keys(self) -> None:
        """Show the keys that matter for what is selected."""
        asked = isinstance(self.item, QuestionRow)
        self.keybar.show(asked=asked, keymap=self.harden.keymap, why_not=self.why_not)

    def work(self, job: Job, group: str, *, exclusive: bool = False) -> None:
        """Run a job beside the screen; what goes wrong in it is told, never fatal."""

        async def guarded() -> None:
            from harden.previews import reason_of

            try:
                await job()
            except Exception as error:
                self.log.error(repr(error))
                self.notify(reason_of(error), severity="error", timeout=8, markup=False)

        _: Worker[None] = self.run_worker(guarded, group=group, exclusive=exclusive, exit_on_error=False)

    # Events

    @on(Tree.NodeHighlighted)
    def _moved(self, event: Tree.NodeHighlighted[Item]) -> None:
        event.stop()
        if self.session is not None and event.node is self.findings.cursor_node:  # the list may have changed
            self.showing.show(event.node.data)
            self.refresh_keys()

    @on(Tree.NodeSelected)
    def _entered(self, event: Tree.NodeSelected[Item]) -> None:
        event.stop()
        self.browsing.enter()

    @on(OptionList.OptionHighlighted)
    def _stage_moved(self, event: OptionList.OptionHighlighted) -> None:
        event.stop()
        if self.rail.has_focus:
            self.browsing.go_to_stage(event.option_index)

    @on(Input.Changed, "#filter")
    def _filtered(self, event: Input.Changed) -> None:
        self.browsing.filter_by(event.value)

    @on(OptionList.OptionSelected)
    @on(Input.Submitted, "#filter")
    def _to_the_list(self) -> None:
        self.findings.focus()

    @on(Input.Blurred, "#filter")
    def _filter_left(self) -> None:
        if self.app.app_focus:
            self.filter.display = bool(self.browsing.words)

    def on_detail_turned(self) -> None:
        """Fill the tab that is looked at."""
        if self.session is not None:
            self.showing.fill_tab()

    def on_options_form_changed(self, event: OptionsForm.Changed) -> None:
        """Preview with the options as they stand in the form."""
        self.options.try_out(event.values)

    def on_options_form_closed(self, event: OptionsForm.Closed) -> None:
        """Keep the options or forget them."""
        values = event.values if event.keep else None
        self.work(partial(self.options.finish, values, everywhere=event.everywhere), "act")

    @on(events.DescendantFocus)
    def _focus_moved(self, event: events.DescendantFocus) -> None:
        self._place.follow(event.widget)
        self.refresh_keys()

    @on(events.DescendantBlur)
    @on(events.Resize)
    def _focus_may_be_lost(self) -> None:
        self.call_after_refresh(self._place.keep)

    @on(events.AppFocus)
    def _back_from_elsewhere(self) -> None:
        self.going.look_at_git()
