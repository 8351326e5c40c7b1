"""What the app says where there is nothing to show, or something is wrong."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from harden.tui import scanner
from tests.tui.driving import PAY, Open


async def test_a_file_that_does_not_parse_is_listed(repository: Path, open_app: Open) -> None:
    (repository / "old.py").write_text("print 'x'\n")
    async with open_app(repository) as app:
        assert "Could not check" in app.text
        assert "unchecked        1" in app.text
        await app.press("move.last", "move.unfold", "move.last")
        assert app.row == "old.py:1"
        assert "The rest of the repository is checked as usual." in app.text


async def test_a_first_start_says_what_happens_and_shows_a_finding(folder: Path, open_app: Open) -> None:
    (folder / "pay.py").unlink()
    async with open_app(folder) as app:
        assert "Nothing is written until you press a on a preview" in " ".join(app.text.split())
        assert app.row == "mail.py:6"
        await app.press("move.down")
        assert "Nothing is" not in app.text
        await app.press("app.quit")
    async with open_app(folder) as app:
        assert "Nothing is" not in app.text


async def test_no_findings(folder: Path, open_app: Open) -> None:
    (folder / "pay.py").write_text("x = 1\n")
    (folder / "mail.py").unlink()
    async with open_app(folder) as app:
        await app.press("stage.2", "list.filter")
        await app.type(*"zz", "enter")
        assert "Nothing in this stage passes the filter." in app.text
        await app.press("app.back", "list.next")
        assert "Resilience  0 open" in app.text


async def test_no_python_at_all(folder: Path, open_app: Open) -> None:
    (folder / "pay.py").unlink()
    (folder / "mail.py").unlink()
    async with open_app(folder) as app:
        assert "0 files" in app.text.splitlines()[0]
        await app.press("list.filter")
        await app.type("z", "enter")
        await app.press("app.back")


async def test_wrong_settings_are_named(folder: Path, open_app: Open) -> None:
    (folder / "harden.toml").write_text("colour = 1\n")
    async with open_app(folder) as app:
        assert "unknown key 'colour'" in app.text
        (folder / "harden.toml").unlink()
        await app.press("app.rescan")
        assert app.row == "pay.py:5"


async def test_a_scan_that_fails_says_why(
    folder: Path, open_app: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def failing(root: Path) -> AsyncIterator[None]:
        if root == folder:
            raise scanner.ScanFailed("out of luck")
        yield

    async with open_app(folder) as app:
        monkeypatch.setattr(scanner, "stream", failing)
        await app.press("app.rescan")
        assert "scan failed" in app.text.splitlines()[0]


async def test_code_is_never_read_as_markup(repository: Path, open_app: Open) -> None:
    (repository / "a[b].py").write_text("import peer\n\npeer.fetch('[/x] [bold]')\n")
    async with open_app(repository) as app:
        await app.press("stage.2")
        assert app.row == "a[b].py:3"
        assert "peer.fetch('[/x] [bold]', wait=10)" in app.text
        await app.press("list.filter")
        await app.type("left_square_bracket", "slash", "enter")
        await app.press("app.back", "fix.apply")
        assert "a[b].py" in app.text
        await app.press("fix.apply")
        assert app.state == "applied"


async def test_a_terminal_too_small_says_so(repository: Path, open_app: Open) -> None:
    async with open_app(repository, 38, 12) as app:
        assert "harden needs 40x10" in app.text


async def test_one_pane_at_a_time(repository: Path, open_app: Open) -> None:
    async with open_app(repository, 50, 18) as app:
        await app.press("stage.2")
        assert "mail.py:6" in app.text
        assert "hunk 1/1" not in app.text
        await app.press("move.open")
        assert "hunk 1/1" in app.text
        await app.press("app.back")
        assert "hunk 1/1" not in app.text


async def test_an_applied_fix_survives_a_restart(repository: Path, open_app: Open) -> None:
    async with open_app(repository) as app:
        await app.press("stage.2", "list.next", "fix.apply", "app.quit")
    async with open_app(repository) as app:
        assert "applied          1" in app.text
        assert "Applied earlier" in app.text
        await app.press("list.filter")
        await app.type(*"pay.py", "enter")
        await app.press("move.last")
        assert "Applied. z undoes the last thing done." in app.text
        assert "return peer.fetch(order.url, wait=10)" in app.text
        await app.press("app.back")
        await app.press("fix.undo")
        assert (repository / "pay.py").read_text() == PAY
