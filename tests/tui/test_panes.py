"""The focus is always where the person looks: one pane at a time, zoomed, and through every size."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.tui.driving import PAY, Driver, Open


def seen(app: Driver) -> bool:
    """Return whether what has the focus is on the screen."""
    focused = app.app.review.focused
    return focused is not None and bool(focused.region.area) and focused.region.y < app.app.size.height


async def resize(app: Driver, width: int, height: int) -> None:
    """Change the size of the terminal and wait."""
    await app.pilot.resize_terminal(width, height)
    await app.settle()


async def test_the_next_finding_is_read_in_the_same_pane(repository: Path, open_app: Open) -> None:
    async with open_app(repository, 59, 15) as app:
        await app.press("list.next_best", "move.open", "list.next_best")
        before = app.row
        assert seen(app)
        assert "[Fix]" in app.text
        await app.press("app.back")
        assert seen(app)
        assert "[Fix]" not in app.text
        assert app.row == before


async def test_options_lead_back_to_the_pane_they_were_opened_in(repository: Path, open_app: Open) -> None:
    async with open_app(repository, 59, 15) as app:
        await app.press("stage.2", "list.next", "move.open", "fix.options", "app.back")
        assert "[Fix]" in app.text
        await app.press("app.back", "fix.options", "app.back")
        assert "[Fix]" not in app.text


@pytest.mark.parametrize("size", [(120, 40), (80, 24), (59, 15)])
async def test_a_zoom_follows_the_focus(size: tuple[int, int], repository: Path, open_app: Open) -> None:
    async with open_app(repository, *size) as app:
        await app.press("stage.2", "list.next", "pane.zoom", "move.open")
        assert seen(app)
        assert "[Fix]" in app.text
        await app.press("list.filter")
        assert seen(app)
        assert "[Fix]" not in app.text
        await app.press("app.back", "fix.options")
        assert seen(app)
        await app.press("app.back", "app.back")
        assert app.app.review.findings.has_focus


async def test_what_a_smaller_layout_hides_gives_the_focus_on(repository: Path, open_app: Open) -> None:
    async with open_app(repository) as app:
        await app.press("stage.2", "pane.previous")
        assert app.app.review.rail.has_focus
        await resize(app, 80, 24)
        assert app.app.review.findings.has_focus
        await app.press("move.open")
        for size in ((120, 40), (59, 15), (40, 10), (39, 9), (80, 24), (39, 9), (59, 15)):
            await resize(app, *size)
            assert size == (39, 9) or seen(app), size
        assert "[Fix]" in app.text
        await app.press("app.back")
        assert app.app.review.findings.has_focus


async def test_words_of_a_filter_outlive_a_terminal_too_small(repository: Path, open_app: Open) -> None:
    async with open_app(repository, 80, 24) as app:
        await app.press("stage.2", "list.filter")
        await app.type(*"mail")
        await resize(app, 39, 9)
        await resize(app, 80, 24)
        await app.type(*".py")
        assert app.app.review.filter.value == "mail.py"


async def test_nothing_is_written_where_nothing_can_be_seen(repository: Path, open_app: Open) -> None:
    async with open_app(repository, 80, 24) as app:
        await app.press("stage.2", "list.next")
        await resize(app, 39, 9)
        await app.press("fix.apply")
        assert "too small" in app.toasts
        assert (repository / "pay.py").read_text() == PAY


async def test_a_first_start_in_the_smallest_terminal_shows_the_list(
    repository: Path, open_app: Open
) -> None:
    async with open_app(repository, 40, 10, seen=False) as app:
        assert "●" in app.text
        await app.press("stage.2", "list.next", "move.open")
        assert 'peer.fetch("https:' in app.text, "no changed line is seen"


async def test_why_nothing_can_be_opened_is_seen_in_one_pane(repository: Path, open_app: Open) -> None:
    decisions = repository / ".harden" / "decisions.toml"
    decisions.parent.mkdir()
    decisions.write_text("answers = [ broken")
    async with open_app(repository, 59, 15) as app:
        assert "decisions.toml" in app.text
        await app.press("app.commit")
        assert "decisions.toml" in app.toasts
        decisions.unlink()
        await app.press("app.rescan")
        assert app.app.review.findings.has_focus
        assert "open" in app.text.splitlines()[2]
