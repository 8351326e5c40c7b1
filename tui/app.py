"""Start the app. The first frame is drawn before the libraries are loaded that draw all others."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from harden.tui.ascii import ascii_only

_ENTER, _LEAVE = "\x1b[?1049h\x1b[?25l\x1b[H", "\x1b[?25h\x1b[?1049l"
_SMALL = (40, 10)
_PLAIN = ("C", "POSIX")
_PUT_THERE = ("C.UTF-8", "C.utf8", "UTF-8")
"""What Python itself sets for LC_CTYPE where the locale is plain."""
_WIDE = 100


def run(root: Path, *, ascii: bool = False, paths: Sequence[str] = (), since: str | None = None) -> int:
    """Run the app on a repository, or on a scope of it, and return its exit status.

    Raises SettingsError for a person's own settings, UsageError and RepositoryError for a scope.
    """
    from harden import personal

    own = personal.load()
    scope = None
    if paths or since is not None:
        from harden.scope import scope_of

        scope = scope_of(paths, since)
        root = scope.root
    terminal = sys.__stderr__  # where textual draws
    if os.environ.get("TEXTUAL_DRIVER"):  # something else draws, such as a browser
        terminal = None
    elif terminal is None or not terminal.isatty():
        print(
            "harden draws on standard error, which is no terminal here: try `harden scan`.", file=sys.stdout
        )
        return 2
    ascii = wants_ascii(
        os.environ, asked=ascii, own=own.ascii, encoding=terminal.encoding if terminal else ""
    )
    if terminal is not None:
        frame = first_frame(root.resolve().name, *os.get_terminal_size(terminal.fileno()))
        terminal.write(_ENTER + (ascii_only(frame) if ascii else frame))
        terminal.flush()
    try:
        from harden.tui.application import HardenApp

        app = HardenApp(root, own, ascii=ascii, scope=scope)
    except BaseException:
        if terminal is not None:
            terminal.write(_LEAVE)
            terminal.flush()
        raise
    app.run()
    if app.failure is not None:
        raise app.failure
    return app.return_code or 0


def wants_ascii(environ: Mapping[str, str], *, asked: bool, own: bool | None, encoding: str) -> bool:
    """Tell whether nothing but ASCII may be drawn: as asked for, else as the locale says."""
    told = environ.get("HARDEN_ASCII", "").lower()
    if asked or told:
        return asked or told not in ("0", "false", "no", "off")
    if own is not None:
        return own
    if encoding and encoding.lower().replace("-", "").replace("_", "") not in ("utf8", "cp65001"):
        return True
    named = environ.get("LANG", "")
    if environ.get("LC_CTYPE") and not (named in _PLAIN and environ["LC_CTYPE"] in _PUT_THERE):
        named = environ["LC_CTYPE"]
    return (environ.get("LC_ALL") or named) in _PLAIN


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
