"""Where a person left off is remembered, and nothing depends on it."""

from __future__ import annotations

from pathlib import Path

import pytest

from harden import resume
from harden.places import state_folder
from harden.resume import View


def test_a_view_comes_back(tmp_path: Path) -> None:
    view = View(stage="state", selected="abc", filter="x", status="open", theme="nord", started=True)
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
