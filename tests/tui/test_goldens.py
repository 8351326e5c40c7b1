"""Whole screens as text. `UPDATE_GOLDENS=1` writes them anew: look at the difference before committing it."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from tests.tui.driving import Open

GOLDENS = Path(__file__).parent / "goldens"
WIDE, NARROW, SMALL = (120, 40), (80, 24), (60, 18)
SCREENS = {
    "guide": [],
    "fix": ["stage.2"],
    "applied": ["stage.2", "fix.apply"],
    "split": ["stage.2", "move.open", "pane.zoom", "diff.split"],
    "why": ["stage.2", "tab.next"],
    "code": ["tab.next", "tab.next"],
    "question": ["move.last"],
    "options": ["stage.2", "fix.options"],
    "apply-all": ["stage.2", "fix.apply_all"],
    "ignore": ["stage.2", "finding.ignore"],
    "commit": ["stage.2", "fix.apply", "app.commit"],
    "summary": ["app.summary"],
    "report": ["app.summary", "summary.report"],
    "help": ["app.help"],
}


SHOWN = [(name, WIDE) for name in SCREENS] + [
    (name, NARROW) for name in ("guide", "fix", "options", "apply-all", "ignore", "commit")
]
SHOWN.append(("split", (150, 40)))
SHOWN += [(name, size) for name in ("summary", "report") for size in (NARROW, SMALL)]


@pytest.mark.parametrize(("name", "size"), SHOWN)
async def test_screen(name: str, size: tuple[int, int], repository: Path, open_app: Open) -> None:
    async with open_app(repository, *size) as app:
        await app.press(*SCREENS[name])
        shown = re.sub(r"\d{4}-\d\d-\d\d", "2030-12-31", app.text)
    file = GOLDENS / f"{name}-{size[0]}x{size[1]}.txt"
    if os.environ.get("UPDATE_GOLDENS"):
        file.write_text(shown, encoding="utf-8")
    assert shown == file.read_text(encoding="utf-8")
