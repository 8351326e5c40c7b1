"""The first frame needs none of the heavy libraries, and stands where the app draws the next one."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from harden.tui.app import first_frame
from tests.tui.driving import Open

LATE = ("pydantic", "libcst", "git", "pygments", "harden.session", "harden.registry", "harden.scan")


def loaded_by(module: str) -> set[str]:
    code = f"import sys, {module}; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    return set(done.stdout.split())


def test_the_first_frame_comes_before_textual() -> None:
    loaded = loaded_by("harden.tui.app, harden.cli")
    assert not loaded & {"textual", "rich", "asyncio", *LATE}


def test_the_first_screen_comes_before_the_engine() -> None:
    assert not loaded_by("harden.tui.application") & set(LATE)


def corners(line: str) -> list[int]:
    return [at for at, character in enumerate(line) if character in "╭╮"]


@pytest.mark.parametrize("size", [(120, 40), (80, 24), (200, 50)])
async def test_the_first_frame_is_the_first_screen_without_content(
    size: tuple[int, int], repository: Path, open_app: Open
) -> None:
    async with open_app(repository, *size) as app:
        drawn = app.text.splitlines()
    frame = first_frame("shop", *size).split("\r\n")
    assert len(frame) <= size[1]
    assert all(len(line) <= size[0] for line in frame)
    if size[0] >= 100:
        late = next(line for line in drawn if "╭─ Stages" in line)
        assert corners(frame[1]) == corners(late)


def test_too_small_a_terminal_gets_no_frame() -> None:
    assert first_frame("shop", 39, 40) == ""
    assert first_frame("shop", 80, 9) == ""
