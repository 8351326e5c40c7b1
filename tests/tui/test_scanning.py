"""Scans that meet something else: another scan, a fix, a crash before the start."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest

from harden.report.jsonl import Done, Start
from harden.resume import Habits, View
from harden.scan import FileResult
from harden.scope import Scope
from harden.session import Session
from harden.tui import application
from tests.tui.driving import Driver, Open, scan_here

Event = Start | FileResult | Done


class Halted:
    """Scans that have looked at everything, and tell of it once they may."""

    def __init__(self) -> None:
        self.may_tell = asyncio.Event()
        self.started = 0

    async def stream(self, root: Path) -> AsyncIterator[Event]:
        """Tell how many files there are, and wait."""
        events = [event async for event in scan_here(root)]
        self.started += 1
        yield events[0]
        try:
            await self.may_tell.wait()
        except asyncio.CancelledError:
            await asyncio.sleep(0.05)  # as long as a process takes to end
            raise
        for event in events[1:]:
            yield event

    async def begun(self, app: Driver, count: int) -> None:
        """Wait until so many scans were started."""
        while self.started < count:
            await app.pilot.pause(0.01)
        await app.pilot.pause(0.1)


@pytest.fixture
def halted() -> Halted:
    return Halted()


async def test_a_fix_written_while_a_scan_runs_is_not_overtaken_by_it(
    repository: Path, open_app: Open, halted: Halted, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_app(repository) as app:
        await app.press("stage.2", "list.next")
        place = app.row
        assert app.state == "open"
        monkeypatch.setattr("harden.tui.scanner.stream", halted.stream)
        await app.pilot.press("r")
        await halted.begun(app, 1)
        await app.pilot.press("a")
        for _ in range(300):
            await app.pilot.pause(0.01)
            if app.state == "applied":
                break
        assert (app.row, app.state) == (place, "applied")
        halted.may_tell.set()
        await app.settle()
        assert (app.row, app.state) == (place, "applied")


async def test_a_scan_started_again_is_told_as_running(
    repository: Path, open_app: Open, halted: Halted, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_app(repository) as app:
        monkeypatch.setattr("harden.tui.scanner.stream", halted.stream)
        await app.pilot.press("r")
        await halted.begun(app, 1)
        await app.pilot.press("r")
        await halted.begun(app, 2)
        assert "scanning 0/2" in app.text.splitlines()[0]
        halted.may_tell.set()
        await app.settle()
        assert "2 files" in app.text.splitlines()[0]


async def test_nothing_is_called_done_while_a_scan_runs(
    repository: Path, open_app: Open, halted: Halted, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("harden.tui.scanner.stream", halted.stream)
    async with open_app(repository, settled=False) as app:
        await halted.begun(app, 1)
        assert "[Fix]" not in app.text, "no tabs before there is something in them"
        await app.pilot.press("g", "n", "J")
        await app.pilot.pause()
        assert app.toasts.splitlines() == [
            "No finding is open so far; the scan goes on.",
            "Nothing else is open so far.",
        ]
        halted.may_tell.set()
        await app.settle()


async def test_a_repository_is_opened_once(
    repository: Path, open_app: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[Path] = []
    go_on = threading.Event()
    real = application._open

    def slowly(root: Path, scope: Scope | None) -> tuple[Session, View, Habits]:
        opened.append(root)
        go_on.wait()
        return real(root, scope)

    monkeypatch.setattr(application, "_open", slowly)
    async with open_app(repository, settled=False) as app:
        try:
            while not opened:
                await app.pilot.pause(0.01)
            await app.pilot.press("r")
            await app.pilot.pause()
            assert app.toasts == "The repository is still being opened."
        finally:
            go_on.set()
        await app.settle()
    assert opened == [repository]


async def test_what_is_wrong_is_told_also_where_no_process_can_be_started(
    repository: Path, open_app: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refused(root: Path, scope: Sequence[str]) -> Path:
        raise OSError(11, "Resource temporarily unavailable")

    (repository / "harden.toml").write_text("colour = 1\n")
    monkeypatch.setattr("harden.tui.scanner.start", refused)
    async with open_app(repository) as app:
        assert "unknown key 'colour'" in app.text


async def test_what_a_scan_ahead_recovers_is_told(
    repository: Path, open_app: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def recovering(root: Path) -> AsyncIterator[Event]:
        yield Start(0, ("Applying 'Limit calls' was interrupted; its files are as they were before.",))
        yield Done(0, 0.0)

    async with open_app(repository) as app:
        monkeypatch.setattr("harden.tui.scanner.stream", recovering)
        await app.press("app.rescan")
        assert "was interrupted; its files are as they were before." in app.toasts
