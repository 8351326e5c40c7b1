"""A repository, a small set of checks, and the app on it without a real terminal."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from harden import registry, resume
from harden.personal import Personal
from harden.scope import Scope
from harden.tui import application, scanner
from harden.tui.application import HardenApp
from tests.tui.driving import MAIL, PAY, Driver, Open, PreviewHere, git, scan_here, started_here, stopped_here

HERE = Path(__file__).parent


@pytest.fixture(autouse=True)
def sample_checks(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Put the sample in the place of the real checks."""
    monkeypatch.syspath_prepend(str(HERE))
    point = EntryPoint("sample", "sample", registry.GROUP)
    ours = {registry.GROUP: [point]}  # libraries look for plug-ins of their own
    monkeypatch.setattr("importlib.metadata.entry_points", lambda group: ours.get(group, []))
    registry.forget()
    yield
    registry.forget()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with code in it, outside git."""
    root = tmp_path / "shop"
    root.mkdir()
    (root / "pay.py").write_text(PAY)
    (root / "mail.py").write_text(MAIL)
    return root


@pytest.fixture
def repository(folder: Path) -> Path:
    """Return the folder as a git repository with one commit."""
    git(folder, "init", "-q", "-b", "main")
    git(folder, "add", ".")
    git(folder, "commit", "-q", "-m", "Start")
    return folder


@pytest.fixture
def open_app(monkeypatch: pytest.MonkeyPatch) -> Open:
    """Return a function that opens the app on a folder, scanned."""
    monkeypatch.setattr(scanner, "start", started_here)
    monkeypatch.setattr(scanner, "stop", stopped_here)
    monkeypatch.setattr(scanner, "stream", scan_here)
    monkeypatch.setattr(application, "Previewer", PreviewHere)
    monkeypatch.setenv("EDITOR", "true")
    monkeypatch.delenv("VISUAL", raising=False)

    @asynccontextmanager
    async def opened(
        root: Path,
        width: int = 120,
        height: int = 40,
        *,
        settled: bool = True,
        seen: bool = True,
        personal: Personal | None = None,
        ascii: bool = False,
        scope: Scope | None = None,
    ) -> AsyncIterator[Driver]:
        if seen and resume.load(root) == resume.View():  # stages open at their findings
            resume.save(root, resume.View(seen=[stage.id for stage in registry.stages()]))
        app = HardenApp(root, personal, ascii=ascii, scope=scope)
        async with app.run_test(size=(width, height)) as pilot:
            driver = Driver(app, pilot)
            if settled:
                await driver.settle()
            yield driver

    return opened
