"""Where only ASCII can be shown, nothing else is drawn, and everything stays where it is."""

from __future__ import annotations

from itertools import cycle
from pathlib import Path

import pytest
from rich.cells import cell_len

from harden.tui.app import first_frame, wants_ascii
from harden.tui.ascii import ascii_only
from harden.tui.ascii_filter import _fitted
from tests.tui.driving import MAIL, Driver, Open

ODD = """\
import peer


def greet(name):  # Grüße, 你好, naïve, e\u0301, 👩‍👩‍👧 …
    peer.shout(name)
    return peer.fetch("https://例え.example/" + name)
"""


def check(app: Driver) -> None:
    """Demand that the screen is ASCII, each line as wide as the terminal."""
    strips = app.app.screen._compositor.render_strips()
    for strip in strips:
        text = "".join(segment.text for segment in strip)
        assert text.isascii(), text
        assert len(text) == app.app.size.width, text


async def test_the_whole_screen_of_every_state(repository: Path, open_app: Open) -> None:
    sizes = cycle([(80, 24), (60, 18), (120, 40)])
    (repository / "mail.py").write_text(MAIL + ODD.partition("\n")[2])
    (repository / "grüße.py").write_text("def broken(:\n")
    async with open_app(repository, ascii=True, seen=False) as app:
        check(app)
        for pressed in (
            ("stage.3", "list.next"),
            ("tab.next", "tab.next"),
            ("tab.next", "hunk.toggle", "list.next", "list.next", "list.next"),
            ("pane.zoom", "diff.more", "diff.more", "app.back"),
            ("fix.options",),
            ("dialog.leave", "finding.ignore"),
            ("dialog.leave", "fix.apply_all"),
            ("dialog.leave", "app.help"),
            ("move.last",),
            ("dialog.leave", "app.palette"),
        ):
            await app.press(*pressed)
            await app.pilot.resize_terminal(*next(sizes))
            await app.settle()
            check(app)
        await app.type("f", "i", "x")
        check(app)
        await app.type("escape")
        for ids in (
            ("app.summary", "move.last"),
            ("summary.report",),
            ("dialog.leave", "summary.leave", "fix.apply", "app.commit"),
            ("commit.leave", "move.last", "answer.note"),
            ("dialog.leave", "list.filter"),
        ):
            await app.press(*ids)
            await app.pilot.resize_terminal(*next(sizes))
            await app.settle()
            check(app)


async def test_glyphs_have_their_likes(repository: Path, open_app: Open) -> None:
    async with open_app(repository) as app:
        await app.press("stage.2", "list.next")
        before = app.text
    async with open_app(repository, ascii=True) as app:
        await app.press("stage.2", "list.next")
        after = app.text
    assert "│  ● mail.py:6" in before
    assert "|  * mail.py:6" in after
    assert "+- Stages ---" in after
    assert "|v H  Call without limit" in after
    assert [cell_len(line) for line in before.splitlines()] == [len(line) for line in after.splitlines()]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain", "plain"),
        ("╭─ A ─╮│", "+- A -+|"),
        ("Reading …", "Reading ."),
        ("…ices/pay.py", "~ices/pay.py"),
        ("naïve Grüße", "naive Gruse"),
        ("你好", "????"),
        ("e\u0301", "e"),
        ("ｆ", "f "),
        ("‘a’ “b” × → ✓", "'a' \"b\" x > v"),
        ("██░░", "##.."),
        ("\u2809⠋", ".."),
    ],
)
def test_it_is_as_wide_as_it_was(text: str, shown: str) -> None:
    assert ascii_only(text) == shown
    assert len(_fitted(text)) == cell_len(text)


def test_the_first_frame_too() -> None:
    frame = ascii_only(first_frame("dépôt", 120, 40))
    assert frame.isascii()
    assert "+- Stages ---" in frame
    assert " harden  depot" in frame


@pytest.mark.parametrize(
    ("environ", "asked", "own", "encoding", "wanted"),
    [
        ({}, False, None, "utf-8", False),
        ({}, True, False, "utf-8", True),
        ({"HARDEN_ASCII": "1"}, False, None, "utf-8", True),
        ({"HARDEN_ASCII": "0", "LANG": "C"}, False, True, "utf-8", False),
        ({"HARDEN_ASCII": ""}, False, True, "utf-8", True),
        ({"LANG": "C"}, False, False, "ascii", False),
        ({"LANG": "C", "LC_CTYPE": "C.UTF-8"}, False, None, "utf-8", True),
        ({"LANG": "C", "LC_CTYPE": "en_US.UTF-8"}, False, None, "utf-8", False),
        ({"LC_CTYPE": "C.UTF-8"}, False, None, "utf-8", False),
        ({"LC_ALL": "POSIX", "LANG": "en_US.UTF-8"}, False, None, "utf-8", True),
        ({"LANG": "de_DE"}, False, None, "iso8859-1", True),
        ({"LANG": "en_US.UTF-8"}, False, None, "UTF-8", False),
    ],
)
def test_who_decides(
    environ: dict[str, str], asked: bool, own: bool | None, encoding: str, wanted: bool
) -> None:
    assert wants_ascii(environ, asked=asked, own=own, encoding=encoding) is wanted
