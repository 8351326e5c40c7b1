"""Everything can be read without colour and in any theme; a theme that was chosen stays chosen."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from rich.color import Color
from rich.segment import Segment

from harden.personal import Personal
from tests.tui.driving import Driver, Open

THEMES = ("textual-dark", "textual-light", "catppuccin-latte", "atom-one-light", "nord", "gruvbox")


def segments(app: Driver) -> Iterator[Segment]:
    """Yield what is drawn."""
    for strip in app.app.screen._compositor.render_strips():
        yield from strip


def reversed_text(app: Driver) -> str:
    """Return what stands in reverse video."""
    return " ".join(s.text.strip() for s in segments(app) if s.style and s.style.reverse and s.text.strip())


def contrast(one: Color, other: Color) -> float:
    """Return the contrast of two colours, from 1 to 21."""
    values = []
    for color in (one, other):
        parts = [part / 255 for part in color.get_truecolor()]
        linear = [part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        values.append(0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2])
    return (max(values) + 0.05) / (min(values) + 0.05)


def faint(app: Driver) -> set[str]:
    """Return words that hardly differ from what is behind them, but for dimmed keys, which are meant to."""
    lines = list(app.app.screen._compositor.render_strips())[:-1]
    return {
        segment.text.strip()
        for strip in lines
        for segment in strip
        if segment.style and segment.style.color and segment.style.bgcolor
        if any(c.isalpha() for c in segment.text)
        if contrast(segment.style.color, segment.style.bgcolor) < 2
    }


@pytest.mark.parametrize("theme", ["textual-dark", "ansi-dark", "ansi-light"])
async def test_without_colour_the_chosen_things_are_reversed(
    theme: str, repository: Path, open_app: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    async with open_app(repository, personal=Personal("c", theme=theme)) as app:
        await app.press("stage.2", "list.next")
        assert app.app.theme == theme
        assert all(
            segment.style is None
            or all(
                color is None or color.is_default for color in (segment.style.color, segment.style.bgcolor)
            )
            for segment in segments(app)
        )
        assert app.row in reversed_text(app)
        assert "Resilience  5 open" in reversed_text(app)
        assert "[Fix]" in app.text
        await app.press("pane.previous")
        assert "Stages" in reversed_text(app)
        underlined = [s.text for s in segments(app) if s.style and s.style.underline]
        assert any("2 Resilience" in text for text in underlined)
        await app.press("pane.next", "finding.ignore")
        await app.press("field.next")
        assert "(•) this line" in reversed_text(app)


@pytest.mark.parametrize("theme", THEMES)
async def test_the_panes_can_be_read_in_any_theme(theme: str, repository: Path, open_app: Open) -> None:
    async with open_app(repository, personal=Personal("c", theme=theme)) as app:
        for pressed in (("stage.2",), ("stage.3", "move.last"), ("app.summary",)):
            await app.press(*pressed)
            assert faint(app) == set()


async def test_a_theme_that_was_chosen_is_there_next_time(repository: Path, open_app: Open) -> None:
    async with open_app(repository) as app:
        await app.press("app.palette")
        await app.type(*"theme", "enter")
        await app.type(*"nord", "enter")
        assert app.app.theme == "nord"
        await app.press("app.quit")
    async with open_app(repository) as app:
        assert app.app.theme == "nord"


async def test_a_theme_of_the_environment_counts_for_this_start_only(
    repository: Path, open_app: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = Personal("config.toml", theme="nord")
    monkeypatch.setenv("TEXTUAL_THEME", "textual-light")
    async with open_app(repository, personal=mine) as app:
        assert app.app.theme != "nord"
        await app.press("app.quit")
    monkeypatch.delenv("TEXTUAL_THEME")
    async with open_app(repository) as app:
        assert app.app.habits.theme == ""
