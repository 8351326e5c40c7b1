"""Everything that can be seen can be clicked, and the wheel turns what is under the pointer."""

from __future__ import annotations

from pathlib import Path

from textual.command import CommandPalette
from textual.events import MouseScrollDown
from textual.widgets import OptionList

from harden.tui.choice import Choice
from harden.tui.help import Help
from harden.tui.summary import Summary
from tests.tui.driving import Driver, Open


async def click(app: Driver, text: str, *, after: str = "", column: int = 0) -> None:
    """Click the first place where a text stands, below a line that holds another text."""
    lines = app.text.splitlines()
    start = next((at for at, line in enumerate(lines) if after in line), 0) if after else 0
    y = next(at for at, line in enumerate(lines[start:], start) if text in line)
    await app.pilot.click(offset=(lines[y].index(text) + column, y))
    await app.settle()


async def test_stages_rows_and_groups(repository: Path, open_app: Open) -> None:
    async with open_app(repository) as app:
        await click(app, "2 Resilience")
        assert app.app.review.browsing.stage.id == "resilience"
        await click(app, "pay.py:14")
        assert app.row == "pay.py:14"
        assert app.app.review.findings.has_focus
        await click(app, f"● {app.row}")
        assert app.app.review.detail.has_focus_within
        await click(app, "▾ H")
        assert "● pay.py:9" not in app.text
        await click(app, "▸ H")
        assert "● pay.py:9" in app.text


async def test_stages_in_the_strip(repository: Path, open_app: Open) -> None:
    async with open_app(repository, 80, 24) as app:
        await click(app, "3 Delivery")
        assert app.app.review.browsing.stage.id == "delivery"


async def test_tabs_and_hunks(repository: Path, open_app: Open) -> None:
    async with open_app(repository) as app:
        await app.press("stage.2", "list.next")
        await click(app, " Why ", column=1)
        assert app.app.review.detail.tab == "why"
        await click(app, " Fix ", column=1)
        await click(app, "hunk 1/")
        assert "No hunk is selected" in app.app.review.why_not("fix.apply")
        await click(app, "hunk 1/")
        assert app.app.review.why_not("fix.apply") == ""


async def test_keys_of_the_bottom_line(repository: Path, open_app: Open) -> None:
    async with open_app(repository) as app:
        await click(app, " z Undo", column=2)
        assert "Nothing to undo." in app.toasts
        await click(app, " s Summary", column=2)
        assert isinstance(app.app.screen, Summary)
        await app.press("summary.leave")
        await click(app, " ? Help", column=2)
        assert isinstance(app.app.screen, Help)


async def test_hits_of_the_palette_and_choices_of_a_dialog(repository: Path, open_app: Open) -> None:
    async with open_app(repository) as app:
        await app.press("stage.2", "list.next", "app.palette")
        assert isinstance(app.app.screen, CommandPalette)
        await app.type(*"ignore")
        assert app.app.screen.query_one(OptionList).option_count
        await click(app, "Ignore, with a reason")
        await click(app, "( ) whole check")
        assert app.app.screen.query_one(Choice).value == "check"


async def test_the_wheel_turns_the_pane_under_the_pointer(repository: Path, open_app: Open) -> None:
    (repository / "pay.py").write_text((repository / "pay.py").read_text() + "\n\n# more\n" * 60)
    async with open_app(repository, 120, 20) as app:
        await app.press("stage.2", "list.next", "tab.previous")
        code, findings = app.app.review.detail.code, app.app.review.findings
        before = code.scroll_offset.y
        assert findings.has_focus
        await app.pilot._post_mouse_events([MouseScrollDown], code, offset=(5, 5))
        await app.settle()
        assert code.scroll_offset.y > before
        assert findings.scroll_offset.y == 0
