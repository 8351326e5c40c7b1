"""Drive the app in a test: press keys by their id, wait until it rests, read the screen."""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from pathlib import Path

from textual.pilot import Pilot

from harden.errors import HardenError
from harden.previewing import answer
from harden.report.jsonl import Done, Start
from harden.scan import FileResult, scan
from harden.session import Session
from harden.tui import keys
from harden.tui.application import HardenApp
from harden.tui.previewer import Previewer

PAY = '''\
"""Payments."""

import peer

API_KEY = "sk_live_0123456789"


def charge(order):
    return peer.fetch(order.url)


def refund(order):
    print(API_KEY)
    return peer.fetch(order.refund_url, retries=3)


def packed(*args):
    return peer.fetch(*args)
'''
MAIL = """\
import peer


def send(mail):
    peer.shout(mail)
    peer.fetch("https://mail.example")
"""

Open = Callable[..., AbstractAsyncContextManager["Driver"]]


class Driver:
    """Presses keys by their id and waits until the app has done what they ask."""

    def __init__(self, app: HardenApp, pilot: Pilot[int]) -> None:
        self.app = app
        self.pilot = pilot

    @property
    def session(self) -> Session:
        """Return the session."""
        assert self.app.session is not None
        return self.app.session

    @property
    def row(self) -> str:
        """Return the place or the text of the row under the cursor."""
        item = self.app.review.item
        assert item is not None
        if item.key.startswith("stage:"):
            return "What this stage is about"
        for name in ("finding", "question", "problem"):
            if hasattr(item, name):
                thing = getattr(item, name)
                return str(getattr(thing, "place", "") or thing.id)
        return str(getattr(item, "title", ""))

    @property
    def toasts(self) -> str:
        """Return what the notifications on the screen say, one in a line."""
        return "\n".join(str(notification.message) for notification in self.app._notifications)

    @property
    def state(self) -> str:
        """Return where the finding under the cursor stands."""
        return str(getattr(self.app.review.item, "state", ""))

    async def press(self, *ids: str) -> None:
        """Press the first key of each binding id."""
        for id in ids:
            await self.type(keys.BY_ID[id].keys.split(",")[0])

    async def type(self, *pressed: str) -> None:
        """Press keys and wait after each."""
        for key in pressed:
            await self.pilot.press(key)
            await self.settle()

    async def settle(self) -> None:
        """Wait until nothing is under way that changes the screen."""
        for _ in range(400):
            await self.pilot.pause()
            waiting = len(self.app.screen_stack) > 1
            busy = any(
                worker.is_running and not (waiting and worker.group in ("write", "act"))
                for worker in self.app.workers
            )
            if not busy and self.app.review._sync_timer is None:
                return
            await self.pilot.pause(0.01)
        raise AssertionError("the app does not come to rest")

    @property
    def text(self) -> str:
        """Return the screen as text."""
        strips = self.app.screen._compositor.render_strips()
        lines = ("".join(segment.text for segment in strip).rstrip() for strip in strips)
        return "\n".join(lines) + "\n"


def git(root: Path, *arguments: str) -> str:
    """Run git and return what it says."""
    return subprocess.run(["git", *arguments], cwd=root, check=True, capture_output=True, text=True).stdout


class PreviewHere(Previewer):
    """Make previews in this process, which knows the checks of the sample."""

    async def start(self) -> None:
        """Start nothing."""

    async def _ask(self, call: Callable[..., object], arguments: tuple[object, ...]) -> object:
        reply = await asyncio.to_thread(answer, Session(self._root), call, arguments)
        if isinstance(reply, HardenError):
            raise reply
        return reply


async def started_here(root: Path, scope: Sequence[str] = ()) -> Path:
    """Start no process: the scan of this one needs to know where only."""
    return root


async def stopped_here(started: Path) -> None:
    """Stop nothing."""


async def scan_here(root: Path) -> AsyncIterator[Start | FileResult | Done]:
    """Scan in this process: what the scanning process of the app would tell."""
    session = Session(root)
    results = list(scan(session.project, session.checks))
    yield Start(len(results))
    for result in results:
        yield result
    yield Done(len(results), 0.0)
