"""The whole way in a real terminal: start, preview, apply, undo, apply, commit, quit."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pexpect  # type: ignore[import-untyped]
import pytest

from tests.tui.driving import git

CODE = """\
import requests


def charge(order):
    return requests.get(order.url)
"""


@pytest.mark.parametrize(("columns", "lines"), [(120, 40), (80, 24)])
def test_from_start_to_commit(tmp_path: Path, columns: int, lines: int) -> None:
    (tmp_path / "app.py").write_text(CODE)
    git(tmp_path, "init", "-q", "-b", "main")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-q", "-m", "Start")
    environment = {**os.environ, "TERM": "xterm-256color", "COLUMNS": str(columns), "LINES": str(lines)}
    child = pexpect.spawn(
        sys.executable,
        ["-P", "-m", "harden"],
        cwd=str(tmp_path),
        env=environment,
        dimensions=(lines, columns),
        timeout=60,
        encoding="utf-8",
    )
    try:
        child.expect("Findings")
        child.expect("1 file")
        child.send("7")
        press_until(child, "a", "z undoes")
        assert "timeout=" in (tmp_path / "app.py").read_text()
        press_until(child, "z", "applies")
        assert (tmp_path / "app.py").read_text() == CODE
        press_until(child, "a", "z undoes")
        press_until(child, "C", "new branch")
        press_until(child, "\x13", "1 commit")
        press_until(child, "\x1b", "Resilience")
        child.send("q")
        child.expect(pexpect.EOF)
    finally:
        child.close()
    assert child.exitstatus == 0
    assert git(tmp_path, "branch", "--show-current").startswith("harden/")
    assert git(tmp_path, "log", "--format=%s").count("\n") == 2
    assert git(tmp_path, "status", "--short", "--", "app.py") == ""


def press_until(child: pexpect.spawn, key: str, text: str) -> None:
    """Press a key, again if the app was not ready for it, until it shows a text."""
    for _ in range(20):
        child.send(key)
        if child.expect([text, pexpect.TIMEOUT], timeout=3) == 0:
            return
    raise AssertionError(f"{key!r} does not lead to {text!r}")
