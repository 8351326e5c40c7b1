"""The app: one session, one screen to work on, others on top of it."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, ParamSpec, TypeVar

from textual import work
from textual.app import App, SystemCommand
from textual.binding import Binding, BindingType
from textual.filter import LineFilter, Monochrome, NoColor
from textual.screen import Screen

from harden.personal import Personal
from harden.resume import Habits, View
from harden.tui import scanner
from harden.tui.ascii_filter import AsciiOnly
from harden.tui.keymap import checked, clashes
from harden.tui.previewer import Previewer
from harden.tui.review import ReviewScreen

if TYPE_CHECKING:
    from asyncio.subprocess import Process

    from textual.command import Provider

    from harden.scope import Scope
    from harden.session import Session
    from harden.settings import Settings

_LAST_WRITES = 3.0
"""Seconds that quitting waits for what is still being written."""

P = ParamSpec("P")
T = TypeVar("T")


def _palette() -> type[Provider]:
    from harden.tui.palette import Palette

    return Palette


class HardenApp(App[int]):
    """Holds what all screens share; the engine is loaded after the first paint."""

    CSS_PATH = "app.tcss"
    COMMANDS = App.COMMANDS | {_palette}
    TITLE = "harden"
    ENABLE_COMMAND_PALETTE = True
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+q", "quit", "quit", show=False, priority=True, system=True),
        Binding("ctrl+p", "command_palette", "palette", id="app.palette", show=False),
    ]

    def __init__(
        self,
        root: Path,
        personal: Personal | None = None,
        *,
        ascii: bool = False,
        scope: Scope | None = None,
    ) -> None:
        """Raises SettingsError where a person's own keys are none. The root of a scope is `root`."""
        super().__init__()
        self.root = root
        self.scope = scope
        self.personal = personal or Personal()
        self.keymap = checked(self.personal.keys, f"{self.personal.source} [keys]")
        self._ascii = [AsciiOnly()] if ascii else []
        self.session: Session | None = None
        self._scan_ahead: asyncio.Future[Process] | None = None
        self.previewer = Previewer(root)
        self.view = View()
        self.habits = Habits()
        self.turn = asyncio.Lock()
        self.review = ReviewScreen()
        self._told: set[str] = set()
        self._engine = ThreadPoolExecutor(1, thread_name_prefix="engine")

    def get_default_screen(self) -> Screen[None]:
        """Start on the findings."""
        return self.review

    def on_ready(self) -> None:
        """Load the engine once the first frame is drawn, and scan meanwhile."""
        self._scan_ahead = asyncio.ensure_future(self._start_scan())
        self.open_session()

    async def next_scan(self) -> Process:
        """Return a scan that has started: the one ahead of the session, or a new one."""
        ahead, self._scan_ahead = self._scan_ahead, None
        return await (ahead or self._start_scan())

    async def _start_scan(self) -> Process:
        return await scanner.start(self.root, self.scope.arguments if self.scope else ())

    async def _drop_scan_ahead(self) -> None:
        if self._scan_ahead is not None:
            with suppress(OSError):  # it could not be started
                await scanner.stop(await self.next_scan())

    @work(exit_on_error=False, group="open")
    async def open_session(self) -> None:
        """Open the repository and start the scan; what is wrong with the settings is told on the screen."""
        try:
            session, self.view, self.habits = await self.run_engine(_open, self.root, self.scope)
            self._take_keys(session.settings)
        except Exception as error:  # whatever it is, the person is told, and not by a traceback
            from harden.previews import reason_of

            await self._drop_scan_ahead()
            self.review.fail(reason_of(error))
            return
        self.session = session
        self.run_worker(self.previewer.start(), exit_on_error=False)
        theme = self.personal.theme or self.habits.theme
        if theme in self.available_themes and not os.environ.get("TEXTUAL_THEME"):
            self.theme = theme
        self.review.opened(session, self.view)

    def _take_keys(self, settings: Settings) -> None:
        """Take a person's own keys, the repository's before theirs; tell where two actions share one."""
        own = checked(settings.keys, f"{settings.source} [keys]")
        self.keymap = {**checked(self.personal.keys, self.personal.source), **own}
        for line in clashes(self.keymap):
            self.notify(line, severity="warning", timeout=10, markup=False)

    def get_line_filters(self) -> Sequence[LineFilter]:
        """Draw without any colour, or in ASCII, where that is asked for.

        Textual turns colours to greys, and those of the terminal itself to black on black.
        """
        filters = super().get_line_filters()
        if self.no_color:
            greys = (Monochrome, NoColor)
            filters = [*(filter for filter in filters if not isinstance(filter, greys)), NoColor()]
        return [*filters, *self._ascii]

    def copy(self, text: str, told: str) -> None:
        """Put text on the clipboard: by the terminal, which also works over ssh, and by the system."""
        from harden.tui import copying

        self.copy_to_clipboard(text)
        if not self.is_web:  # the system would be the one that serves
            self.run_worker(copying.copy(text), group="copy", exclusive=True, exit_on_error=False)
        self.notify(told, timeout=4, markup=False)

    async def run_engine(self, call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a call into the engine beside the screen; calls come one after the other."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._engine, partial(call, *args, **kwargs))

    def tell_notices(self) -> None:
        """Show what the session could not do besides its work, each line once."""
        for line in self.session.notices if self.session is not None else ():
            if line not in self._told:
                self._told.add(line)
                self.notify(line, severity="warning", timeout=10, markup=False)

    def remember(self, view: View) -> None:
        """Write down where the person is."""
        from harden import resume

        self.view = view
        if self.session is not None:
            resume.save(self.session.root, view)
            if not os.environ.get("TEXTUAL_THEME"):
                self.habits = replace(self.habits, theme=self.theme)
            resume.save_habits(self.habits)

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """Leave the palette to harden's own commands and the choice of a theme."""
        yield SystemCommand("Theme", "Choose the colours", self.action_change_theme)

    def _fatal_error(self) -> None:
        """End without Textual's traceback, which shows what variables hold; `run` tells what went wrong."""
        self._close_messages_no_wait()

    @property
    def failure(self) -> Exception | None:
        """Return the error that ended the app, if one did."""
        return self._exception

    async def action_quit(self) -> None:
        """Leave; the scan ends with the app."""
        await asyncio.sleep(0)  # what the keys before this one asked for gets in line
        with suppress(TimeoutError):
            async with asyncio.timeout(_LAST_WRITES), self.turn:
                self.workers.cancel_all()
        self.review.leave()
        self.workers.cancel_all()
        self._engine.shutdown(wait=False, cancel_futures=True)
        await self._drop_scan_ahead()
        await self.previewer.close()
        self.exit(0)


def _open(root: Path, scope: Scope | None) -> tuple[Session, View, Habits]:
    from harden import resume
    from harden.session import Session
    from harden.tui import browse, decide, drawing, fix, options, show, walk, write  # noqa: F401 - loaded here, beside the first paint

    session = Session(root)
    session.scope = scope or session.scope
    _ = session.stages
    return session, resume.load(session.root), resume.load_habits()
