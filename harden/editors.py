"""Which command opens the person's own editor at a line."""

from __future__ import annotations

import os
import shlex
import shutil
from pathlib import Path

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
