"""Bindings, help, bottom line and README come from one table, and every key in it is tried by a test."""

from __future__ import annotations

import re
from pathlib import Path

from harden.tui import keys
from harden.tui.help import content
from harden.tui.help_places import FINDINGS
from harden.tui.review import ReviewScreen
from tests.tui.driving import Open

HERE = Path(__file__).parent
ALL = (*keys.KEYS, *keys.MOVES)


def test_ids_are_unique_and_keys_mean_one_thing_in_a_place() -> None:
    assert len({key.id for key in ALL}) == len(ALL)
    on_findings = {key.where for key in keys.KEYS} - keys.ELSEWHERE
    for places in (on_findings - {keys.QUESTIONS}, {keys.ANYWHERE, keys.PREVIEW, keys.QUESTIONS}):
        pressed = [one for key in keys.KEYS for one in key.keys.split(",") if key.where in places]
        assert len(pressed) == len(set(pressed))


def test_help_lists_every_key() -> None:
    text = content(FINDINGS, {}).plain
    for key in ALL:
        if not key.id.startswith("stage."):
            assert re.search(
                rf"^ +{re.escape(keys.shown(key.keys))} +{re.escape(key.description)}$", text, re.M
            )
    assert "1 … 8" in text


def test_help_shows_a_persons_own_keys() -> None:
    text = content(FINDINGS, {"fix.apply": "ctrl+a"}).plain
    assert len(re.findall(r"^  ctrl\+a +apply the fix as previewed$", text, re.M)) == 2


def test_the_bottom_line_names_only_known_keys() -> None:
    assert all(keys.BY_ID[id].short for id in keys.FOOTER)


def test_the_screen_binds_every_key_of_the_table() -> None:
    bound = {binding.id for binding in ReviewScreen.BINDINGS if not isinstance(binding, tuple)}
    assert bound == {key.id for key in keys.KEYS if key.where not in keys.ELSEWHERE}


def test_every_key_is_tried() -> None:
    tried: set[str] = set()
    for file in HERE.glob("test_*.py"):
        tried.update(re.findall(r'"([a-z_]+\.[a-z_0-9]+)"', file.read_text()))
    assert {key.id for key in ALL} <= tried


async def test_every_action_has_one_owner(repository: Path, open_app: Open) -> None:
    async with open_app(repository) as app:
        assert set(app.app.review.actions) == {key.id for key in keys.KEYS if key.where not in keys.ELSEWHERE}


async def test_a_key_that_is_held_tells_once_why_it_does_nothing(repository: Path, open_app: Open) -> None:
    async with open_app(repository) as app:
        await app.press("stage.2", "fix.undo", "fix.undo", "fix.redo", "fix.redo")
        assert app.toasts.splitlines() == ["Nothing to undo.", "Nothing to redo."]


async def test_settings_give_actions_other_keys(repository: Path, open_app: Open) -> None:
    (repository / "harden.toml").write_text('[keys]\n"fix.apply" = "ctrl+a"\n')
    async with open_app(repository) as app:
        await app.type("2", "a")
        assert app.state == "open"
        assert "ctrl+a Apply" in app.text
        await app.type("ctrl+a")
        assert app.state == "applied"
