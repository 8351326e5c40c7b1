"""Whole screens as text, each drawn at three sizes by resizing the terminal.

`UPDATE_GOLDENS=1` writes them anew: look at the difference before committing it.
"""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from harden.report.jsonl import Start
from harden.scan import FileResult
from harden.tui import scanner
from tests.tui.driving import MAIL, Driver, Open, git, scan_here

GOLDENS = Path(__file__).parent / "goldens"
SIZES = ((120, 40), (80, 24), (60, 18))


def nothing(_: Path) -> None:
    """Leave the repository as it is."""


@dataclass(frozen=True)
class Shown:
    """What is done to the repository and which keys are pressed, by their ids, before the screen is drawn."""

    keys: Sequence[str] = ()
    before: Callable[[Path], object] = nothing
    seen: bool = True


def remove_code(root: Path) -> None:
    for file in root.glob("*.py"):
        file.unlink()


def one_clean_file(root: Path) -> None:
    remove_code(root)
    (root / "clean.py").write_text("x = 1\n")


def detach(root: Path) -> None:
    git(root, "checkout", "-q", "--detach")


SCREENS = {
    "welcome": Shown(seen=False),
    "guide": Shown(["stage.1"]),
    "stage": Shown(["stage.2", "move.first"]),
    "group": Shown(["stage.2", "move.first", "move.down"]),
    "fix": Shown(["stage.2"]),
    "inside": Shown(["stage.2", "move.open"]),
    "applied": Shown(["stage.2", "fix.apply"]),
    "ignored": Shown(["stage.2", "list.status", "list.status", "list.status"]),
    "zoomed": Shown(["stage.2", "move.open", "pane.zoom"]),
    "split": Shown(["stage.2", "move.open", "pane.zoom", "diff.split"]),
    "why": Shown(["stage.2", "move.open", "tab.next"]),
    "code": Shown(["stage.2", "move.open", "tab.next", "tab.next"]),
    "question": Shown(["move.last", "move.open"]),
    "options": Shown(["stage.2", "fix.options"]),
    "apply-all": Shown(["stage.2", "fix.apply_all"]),
    "own-edits": Shown(
        ["stage.2", "fix.apply"], lambda root: (root / "mail.py").write_text(f"{MAIL}\n# mine\n")
    ),
    "ignore": Shown(["stage.2", "finding.ignore"]),
    "note": Shown(["move.last", "answer.note"]),
    "commit": Shown(["stage.2", "fix.apply", "app.commit"]),
    "commit-off": Shown(["stage.2", "fix.apply"], detach),
    "summary": Shown(["app.summary"]),
    "report": Shown(["app.summary", "summary.report"]),
    "help": Shown(["app.help"]),
    "no-findings": Shown(["move.first"], one_clean_file),
    "not-parsed": Shown(
        ["move.last", "move.unfold", "move.last", "move.open"],
        lambda root: (root / "old.py").write_text("print 'x'\n"),
    ),
    "wrong-settings": Shown(before=lambda root: (root / "harden.toml").write_text("colour = 1\n")),
}


@pytest.mark.parametrize("name", SCREENS)
async def test_screen(name: str, repository: Path, open_app: Open) -> None:
    shown = SCREENS[name]
    shown.before(repository)
    async with open_app(repository, seen=shown.seen) as app:
        await app.press(*shown.keys)
        await compare(name, app)


async def test_outside_git(folder: Path, open_app: Open) -> None:
    async with open_app(folder) as app:
        await app.press("stage.2", "fix.apply", "app.commit")
        await compare("no-git", app)


async def test_while_a_scan_runs(repository: Path, open_app: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    half, rest = asyncio.Event(), asyncio.Event()

    async def halted(root: Path) -> AsyncIterator[object]:
        async for event in scan_here(root):
            yield event
            if isinstance(event, FileResult):
                half.set()
                await rest.wait()
            assert isinstance(event, Start | FileResult)

    async with open_app(repository, settled=False) as app:
        await app.settle()
        monkeypatch.setattr(scanner, "stream", halted)
        app.app.review.going.scan()
        await half.wait()
        await app.pilot.pause(0.5)
        await compare("scanning", app, at_rest=False)


async def compare(name: str, app: Driver, *, at_rest: bool = True) -> None:
    """Compare the screen with what it was, at every size."""
    differing = []
    for width, height in SIZES:
        await app.pilot.resize_terminal(width, height)
        await (app.settle() if at_rest else app.pilot.pause(0.3))
        drawn = re.sub(r"\d{4}-\d\d-\d\d", "2030-12-31", app.text)
        drawn = re.sub(r"\b[0-9a-f]{9} \(detached", "0a1b2c3d4 (detached", drawn)
        file = GOLDENS / f"{name}-{width}x{height}.txt"
        if os.environ.get("UPDATE_GOLDENS"):
            file.write_text(drawn, encoding="utf-8")
        if not file.exists() or drawn != file.read_text(encoding="utf-8"):
            differing.append(f"{file.name}:\n{drawn}")
    assert not differing, "\n".join(differing)
