"""Help begins with the place where the person is, shows their own keys, and opens from everywhere."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from harden.personal import Personal
from harden.tui import keys
from harden.tui.help import Help
from harden.tui.help_places import PLACES
from tests.tui.driving import Driver, Open


async def opened(app: Driver, *pressed: str) -> str:
    """Press keys by their id, ask for help by F1, and return where it says the person is."""
    await app.press(*pressed)
    await app.type("f1")
    assert isinstance(app.app.screen, Help)
    return app.app.screen._place.title


@pytest.mark.parametrize(
    ("pressed", "title"),
    [
        ((), "Findings"),
        (("pane.previous",), "Stages"),
        (("stage.2", "move.open"), "Fix"),
        (("stage.2", "move.open", "tab.next"), "Why"),
        (("stage.2", "move.open", "tab.next", "tab.next"), "Code"),
        (("list.filter",), "Filter"),
        (("stage.3", "move.last", "move.open"), "Question"),
        (("stage.2", "fix.options"), "Options"),
        (("stage.2", "finding.ignore"), "Ignore"),
        (("stage.2", "fix.apply_all"), "Apply all"),
        (("stage.3", "move.last", "answer.note"), "Note"),
        (("app.summary",), "Summary"),
        (("app.summary", "summary.report"), "Report"),
        (("stage.2", "list.next", "fix.apply", "app.commit"), "Commit"),
    ],
)
async def test_it_begins_with_the_place(
    pressed: Sequence[str], title: str, repository: Path, open_app: Open
) -> None:
    async with open_app(repository) as app:
        assert await opened(app, *pressed) == title
        assert f"{title} " in app.text
        below = app.app.screen_stack[-2]
        await app.type("f1")
        assert app.app.screen is below


async def test_a_question_mark_is_written_in_a_field_and_opens_help_elsewhere(
    repository: Path, open_app: Open
) -> None:
    async with open_app(repository) as app:
        await app.press("stage.2", "finding.ignore")
        await app.type("w", "question_mark")
        assert "w?" in app.text
        assert not isinstance(app.app.screen, Help)
        await app.press("dialog.leave", "app.help")
        assert type(app.app.screen).__name__ == "Help"
        await app.press("app.quit")
        assert app.app.screen is app.app.review


async def test_it_scrolls_by_the_keys_of_the_list(repository: Path, open_app: Open) -> None:
    async with open_app(repository, 80, 24) as app:
        await app.press("app.help")
        top = app.text
        await app.press("move.down", "move.page_down")
        assert app.text != top
        await app.press("move.last")
        assert "to the detail" in app.text
        await app.press("move.page_up", "move.first")
        assert app.text == top


async def test_it_shows_the_keys_of_the_person(repository: Path, open_app: Open) -> None:
    own = Personal("config.toml", keys={"finding.ignore": "F6", "app.help": "ctrl+g", "move.down": "n"})
    async with open_app(repository, personal=own) as app:
        await app.type("ctrl+g")
        assert "  F6            ignore, with a reason" in app.text
        assert "n k scroll" in app.text
        await app.type("ctrl+g")
        assert app.app.screen is app.app.review


def test_every_place_names_keys_that_are_there_and_says_two_things() -> None:
    for place in PLACES.values():
        assert place.text.count(". ") + place.text.endswith(".") >= 2, place.title
        assert all(isinstance(key, tuple) or key in keys.BY_ID for key in place.keys)
        assert len(set(place.keys)) == len(place.keys)
