"""The programs that put text on the clipboard of the machine that harden runs on."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Tool:
    """A program that reads the text from its standard input."""

    words: tuple[str, ...]
    encoding: str = "utf-8"


_SET = "[Console]::InputEncoding = [Text.Encoding]::UTF8; Set-Clipboard -Value ([Console]::In.ReadToEnd())"
_POWERSHELL = Tool(("powershell.exe", "-NoProfile", "-NonInteractive", "-Command", _SET))
_CLIP = Tool(("clip.exe",), "utf-16-le")
_WAYLAND = Tool(("wl-copy",))
_X11 = (Tool(("xclip", "-selection", "clipboard")), Tool(("xsel", "--clipboard", "--input")))


def tools(
    environ: Mapping[str, str] = os.environ,
    platform: str = sys.platform,
    found: Callable[[str], str | None] = shutil.which,
) -> list[Tool]:
    """Return the programs to try, best first.

    None on a machine that the person has come to over ssh, unless it draws on their screen: its clipboard is
    not theirs, and the terminal is asked instead.
    """
    is_remote = bool(environ.get("SSH_CONNECTION") or environ.get("SSH_TTY"))
    wanted: list[Tool] = []
    if platform == "darwin":
        wanted = [] if is_remote else [Tool(("pbcopy",))]
    elif platform == "win32":
        wanted = [] if is_remote else [_CLIP, _POWERSHELL]
    else:
        if environ.get("WAYLAND_DISPLAY"):
            wanted.append(_WAYLAND)
        if environ.get("DISPLAY"):
            wanted += _X11
        if environ.get("WSL_DISTRO_NAME") and not is_remote:
            wanted = [_CLIP, _POWERSHELL, *wanted]
    return [tool for tool in wanted if found(tool.words[0])]
