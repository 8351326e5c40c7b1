"""Open the person's own editor at a line, with the terminal lent to it."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

from textual.app import SuspendNotSupported

if TYPE_CHECKING:
    from textual.app import App

_PLUS = frozenset(
    {"vi", "vim", "nvim", "view", "nano", "emacs", "emacsclient", "micro", "kak", "joe", "ne", "pico"}
)
_GOTO = frozenset({"code", "codium", "cursor", "windsurf"})
_COLON = frozenset({"hx", "helix", "subl", "zed"})


def command(path: Path, line: int) -> list[str]:
    """Return how to open a file at a line: VISUAL, then EDITOR, then the first editor that is installed."""
    named = os.environ.get("VISUAL") or os.environ.get("EDITOR") or ""
    words = shlex.split(named) or [next((e for e in ("nano", "vim", "vi") if shutil.which(e)), "vi")]
    name = Path(words[0]).stem
    if name in _PLUS:
        return [*words, f"+{line}", str(path)]
    if name in _GOTO:
        return [*words, *([] if "--wait" in words else ["--wait"]), "--goto", f"{path}:{line}"]
    if name in _COLON:
        return [*words, f"{path}:{line}"]
    return [*words, str(path)]


def edit(app: App[int], path: Path, line: int) -> str:
    """Open the editor and wait for it. Return what went wrong, or an empty string."""
    problem = ""
    try:
        words = command(path, line)
        with app.suspend():
            try:  # an exception in here would leave the terminal as it was lent
                done = subprocess.run(words, check=False)
                if done.returncode:
                    problem = f"{words[0]} ended with status {done.returncode}."
            except OSError as error:
                problem = f"{words[0]} cannot be started: {error.strerror}. Set EDITOR to your editor."
    except SuspendNotSupported:
        problem = "No editor can be opened here: the terminal cannot be lent to it."
    except ValueError as error:
        problem = f"EDITOR cannot be understood: {error}."
    app.refresh()
    return problem
