"""The app: one session, one screen to work on, others on top of it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, ParamSpec, TypeVar

from textual import work
from textual.app import App, SystemCommand
from textual.binding import Binding, BindingType
from textual.screen import Screen

from harden.resume import Habits, View
from harden.tui.previewer import Previewer
from harden.tui.review import ReviewScreen

if TYPE_CHECKING:
    from textual.command import Provider

    from harden.session import Session

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
    COMMAND_PALETTE_BINDING = "ctrl+p"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+q", "quit", "quit", show=False, priority=True, system=True)
    ]

    def __init__(self, root: Path) -> None:
        super().__init__()
        self.root = root
        self.session: Session | None = None
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
        """Load the engine once the first frame is drawn."""
        self.open_session()

    @work(exit_on_error=False, group="open")
    async def open_session(self) -> None:
        """Open the repository and start the scan; what is wrong with the settings is told on the screen."""
        try:
            session, self.view, self.habits = await self.run_engine(_open, self.root)
        except Exception as error:  # whatever it is, the person is told, and not by a traceback
            from harden.previews import reason_of

            self.review.fail(reason_of(error))
            return
        self.session = session
        self.previewer = Previewer(session.root)
        self.run_worker(self.previewer.start(), exit_on_error=False)
        if self.habits.theme in self.available_themes:
            self.theme = self.habits.theme
        if session.settings.keys:
            self.set_keymap(session.settings.keys)
        self.review.opened(session, self.view)

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
            self.habits = replace(self.habits, theme=self.theme)
            resume.save_habits(self.habits)

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """Leave the palette to harden's own commands and the choice of a theme."""
        yield SystemCommand("Theme", "Choose the colours", self.action_change_theme)

    async def action_quit(self) -> None:
        """Leave; the scan ends with the app."""
        self.review.leave()
        await asyncio.sleep(0)  # what the keys before this one asked for gets in line
        with suppress(TimeoutError):
            async with asyncio.timeout(_LAST_WRITES), self.turn:
                self.workers.cancel_all()
        self.workers.cancel_all()
        self._engine.shutdown(wait=False, cancel_futures=True)
        await self.previewer.close()
        self.exit(0)


def _open(root: Path) -> tuple[Session, View, Habits]:
    from harden import resume
    from harden.session import Session
    from harden.tui import browse, decide, drawing, fix, options, show, walk, write  # noqa: F401 - loaded here, beside the first paint

    session = Session(root)
    _ = session.stages
    return session, resume.load(session.root), resume.load_habits()
