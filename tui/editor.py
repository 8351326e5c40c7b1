"""Open the person's own editor at a line, with the terminal lent to it."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

from textual.app import SuspendNotSupported

from harden.editors import command

if TYPE_CHECKING:
    from textual.app import App

__all__ = ["command", "edit"]


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
