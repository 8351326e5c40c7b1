"""Where a person left off is remembered, and nothing depends on it."""

from __future__ import annotations

from pathlib import Path

import pytest
from platformdirs import user_state_path

from harden import resume
from harden.places import state_folder
from harden.resume import Habits, View


def test_a_view_comes_back(tmp_path: Path) -> None:
    view = View(stage="state", selected="abc", filter="x", status="open", started=True)
    resume.save(tmp_path, view)
    assert resume.load(tmp_path) == view


@pytest.mark.parametrize("text", ["", "[]", "{", '{"stage": 1, "started": "yes"}', '{"new": 1}'])
def test_what_cannot_be_read_is_a_first_start(tmp_path: Path, text: str) -> None:
    file = state_folder(tmp_path) / "view.json"
    file.parent.mkdir(parents=True)
    file.write_text(text)
    assert resume.load(tmp_path) == View()


def test_a_folder_that_cannot_be_written_is_no_error(tmp_path: Path) -> None:
    state_folder(tmp_path).parent.mkdir(parents=True, exist_ok=True)
    state_folder(tmp_path).write_text("in the way")
    resume.save(tmp_path, View())
    assert resume.load(tmp_path) == View()


def test_habits_come_back_in_every_repository() -> None:
    habits = Habits(theme="nord", split=True, wrap=False, wrap_code=True)
    resume.save_habits(habits)
    assert resume.load_habits() == habits


@pytest.mark.parametrize("text", ["", "[]", "{", '{"theme": 1, "split": "yes"}', "[" * 100_000])
def test_habits_that_cannot_be_read_are_the_usual_ones(text: str) -> None:
    file = user_state_path("harden", appauthor=False) / "habits.json"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    assert resume.load_habits() == Habits()


def test_habits_that_cannot_be_written_are_no_error() -> None:
    file = user_state_path("harden", appauthor=False) / "habits.json"
    file.unlink(missing_ok=True)
    file.mkdir(parents=True)
    resume.save_habits(Habits(split=True))
    assert resume.load_habits() == Habits()
