"""What is copied goes to the terminal and to the system; a system that does not answer holds nobody up."""

from __future__ import annotations

import sys
from pathlib import Path
from time import monotonic

import pytest

from harden import clipboard
from harden.clipboard import Tool, tools
from harden.tui import copying
from tests.tui.driving import Open


def python(code: str) -> Tool:
    """Return a program that stands for one of a clipboard."""
    return Tool((sys.executable, "-c", code))


async def test_it_goes_to_the_terminal_and_the_system(
    repository: Path, open_app: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = tmp_path / "kept"
    tool = python(f"import sys; open({str(kept)!r}, 'wb').write(sys.stdin.buffer.read())")
    monkeypatch.setattr(copying, "tools", lambda: [tool])
    async with open_app(repository) as app:
        await app.press("stage.2", "list.next", "tab.next", "finding.copy")
        assert app.app.clipboard == kept.read_text() == app.row
        assert f"{app.row} is copied." in app.toasts


async def test_one_that_fails_is_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    works = python("import sys; sys.stdin.read()")
    monkeypatch.setattr(copying, "tools", lambda: [Tool(("no-such-program",)), python("exit(1)"), works])
    assert await copying.copy("ü") == sys.executable


async def test_one_that_hangs_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(copying, "tools", lambda: [python("import time; time.sleep(60)")])
    monkeypatch.setattr(copying, "_LIMIT", 0.3)
    started = monotonic()
    assert await copying.copy("x" * 1_000_000) == ""
    assert monotonic() - started < 10


@pytest.mark.parametrize(
    ("platform", "environ", "wanted"),
    [
        ("darwin", {}, ["pbcopy"]),
        ("darwin", {"SSH_CONNECTION": "1"}, []),
        ("win32", {}, ["clip.exe", "powershell.exe"]),
        ("linux", {}, []),
        ("linux", {"DISPLAY": ":0"}, ["xclip", "xsel"]),
        ("linux", {"WAYLAND_DISPLAY": "w", "DISPLAY": ":0"}, ["wl-copy", "xclip", "xsel"]),
        ("linux", {"WSL_DISTRO_NAME": "Debian"}, ["clip.exe", "powershell.exe"]),
        ("linux", {"DISPLAY": "localhost:10.0", "SSH_CONNECTION": "1"}, ["xclip", "xsel"]),
    ],
)
def test_the_program_of_each_system(platform: str, environ: dict[str, str], wanted: list[str]) -> None:
    assert [tool.words[0] for tool in tools(environ, platform, lambda name: name)] == wanted
    assert clipboard.tools(environ, platform, lambda name: None) == []
