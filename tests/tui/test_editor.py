"""Which command opens which editor at a line."""

from __future__ import annotations

from pathlib import Path

import pytest

from harden.tui.editor import command

FILE = Path("/x/a.py")


@pytest.mark.parametrize(
    ("editor", "wanted"),
    [
        ("vim", ["vim", "+7", "/x/a.py"]),
        ("nano -w", ["nano", "-w", "+7", "/x/a.py"]),
        ("code", ["code", "--wait", "--goto", "/x/a.py:7"]),
        ("code --wait", ["code", "--wait", "--goto", "/x/a.py:7"]),
        ("hx", ["hx", "/x/a.py:7"]),
        ("'/my tools/ed' -s", ["/my tools/ed", "-s", "/x/a.py"]),
    ],
)
def test_editors(editor: str, wanted: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("VISUAL", raising=False)
    monkeypatch.setenv("EDITOR", editor)
    assert command(FILE, 7) == wanted


def test_visual_comes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VISUAL", "emacs")
    monkeypatch.setenv("EDITOR", "vim")
    assert command(FILE, 7)[0] == "emacs"
