"""Start the app. The first frame is drawn before the libraries are loaded that draw all others."""

from __future__ import annotations

import os
import sys
from pathlib import Path

_ENTER, _LEAVE = "\x1b[?1049h\x1b[?25l\x1b[H", "\x1b[?25h\x1b[?1049l"
_SMALL = (40, 10)
_WIDE = 100


def run(root: Path) -> int:
    """Run the app on a repository and return its exit status."""
    terminal = sys.__stderr__  # where textual draws
    if terminal is None or not terminal.isatty():
        print(
            "harden draws on standard error, which is no terminal here: try `harden scan`.", file=sys.stdout
        )
        return 2
    terminal.write(_ENTER + first_frame(root.resolve().name, *os.get_terminal_size(terminal.fileno())))
    terminal.flush()
    try:
        from harden.tui.application import HardenApp

        app = HardenApp(root)
    except BaseException:
        terminal.write(_LEAVE)
        terminal.flush()
        raise
    app.run()
    return app.return_code or 0


def first_frame(name: str, width: int, height: int) -> str:
    """Return the empty panes, where the app will draw them."""
    if (width, height) < _SMALL or height < _SMALL[1]:
        return ""
    told = "opening …"
    head = f" harden  {name} "[: width - len(told) - 1]
    lines = [head + " " * (width - len(head) - len(told)) + told]
    panes = _panes(width)
    rows = height - 2 if width >= _WIDE else height - 3
    if width < _WIDE:
        lines.append("")
    lines.append("".join(f"╭─ {title} {'─' * (size - len(title) - 5)}╮" for title, size in panes))
    lines += ["".join(f"│{' ' * (size - 2)}│" for _, size in panes)] * (rows - 2)
    lines.append("".join(f"╰{'─' * (size - 2)}╯" for _, size in panes))
    return "\r\n".join(lines)


def _panes(width: int) -> list[tuple[str, int]]:
    if width < _WIDE:
        return [("Findings", width)]
    findings = max(40, min(64, (width - 22) * 2 // 5))
    return [("Stages", 22), ("Findings", findings), ("Detail", width - 22 - findings)]
