"""The whole way in a real terminal: start, preview, apply, undo, apply, commit, quit."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
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
        press_until(child, "7n", lambda: child.expect(["finding 1 of", pexpect.TIMEOUT], timeout=1) == 0)
        file = tmp_path / "app.py"
        press_until(child, "a", lambda: "timeout=" in file.read_text())
        press_until(child, "z", lambda: file.read_text() == CODE)
        press_until(child, "a", lambda: "timeout=" in file.read_text())
        press_until(child, "C", lambda: child.expect(["new branch", pexpect.TIMEOUT], timeout=1) == 0)
        press_until(child, "\x13", lambda: git(tmp_path, "log", "--format=%s").count("\n") == 2)
        leave(child)
    finally:
        child.close()
    assert child.exitstatus == 0
    assert git(tmp_path, "branch", "--show-current").startswith("harden/")
    assert git(tmp_path, "log", "--format=%s").count("\n") == 2
    assert git(tmp_path, "status", "--short", "--", "app.py") == ""


def leave(child: pexpect.spawn) -> None:
    """Go back from the commit screen and quit."""
    for _ in range(10):
        for key, seconds in (("\x1b", 1), ("q", 4)):
            child.send(key)
            if child.expect([pexpect.EOF, pexpect.TIMEOUT], timeout=seconds) == 0:
                return
    raise AssertionError(f"the app does not end, but shows {child.before!r}")


def press_until(child: pexpect.spawn, key: str, done: Callable[[], bool]) -> None:
    """Press a key, and again after a while if the app was not ready for it."""
    for _ in range(10):
        child.send(key)
        for _ in range(20):
            child.expect([pexpect.TIMEOUT], timeout=0.2)  # reads what is drawn
            if done():
                return
    raise AssertionError(f"{key!r} leads to {child.before!r}")


def test_a_bug_ends_the_app_with_one_line(tmp_path: Path) -> None:
    broken = """
import sys
from harden.tui import findings

def label(*_):
    password = "hunter2"
    raise ValueError("no label")

findings.Findings.render_label = label
from harden.cli import main
sys.exit(main([]))
"""
    (tmp_path / "app.py").write_text(CODE)
    child = pexpect.spawn(
        sys.executable,
        ["-P", "-c", broken],
        cwd=str(tmp_path),
        env={**os.environ, "TERM": "xterm-256color"},
        dimensions=(24, 80),
        timeout=60,
        encoding="utf-8",
    )
    child.expect(pexpect.EOF)
    child.close()
    told = str(child.before)
    assert "harden: this is a bug: ValueError: no label" in told
    assert "Traceback" not in told
    assert "hunter2" not in told
    assert child.exitstatus == 2
