"""Put text on the clipboard: through the system's own program, within a limit and beside the screen."""

from __future__ import annotations

import asyncio
from asyncio.subprocess import DEVNULL, PIPE
from contextlib import suppress

from harden.clipboard import Tool, tools

_LIMIT = 2.0
"""Seconds that a program may take: one that waits for a display that is gone would wait for ever."""


async def copy(text: str) -> str:
    """Copy with the first program that does it, and return its name; an empty string where none does."""
    for tool in tools():
        if await _copied(tool, text):
            return tool.words[0]
    return ""


async def _copied(tool: Tool, text: str) -> bool:
    try:
        process = await asyncio.create_subprocess_exec(
            *tool.words, stdin=PIPE, stdout=DEVNULL, stderr=DEVNULL
        )
    except OSError:
        return False
    try:
        async with asyncio.timeout(_LIMIT):
            await process.communicate(text.encode(tool.encoding, "replace"))
    except (TimeoutError, OSError):
        return False
    finally:
        if process.returncode is None:
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()
    return process.returncode == 0
