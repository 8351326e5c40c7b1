"""Read a scan that runs in a process of its own, so that no key ever waits for it."""

from __future__ import annotations

import asyncio
import os
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from harden.report.jsonl import Done, Start
    from harden.scan import FileResult

COMMAND = (sys.executable, "-P", "-m", "harden", "scan", "--format", "jsonl")
_NICE = 5
_LINE_LIMIT = 64 * 1024 * 1024


class ScanFailed(Exception):
    """The scanning process ended without a result; the text is what it said."""


async def start(root: Path, scope: Sequence[str] = ()) -> Process:
    """Start to scan a repository, keys before findings; what is found waits until it is read.

    `scope` are the arguments that say what of it, if not all.
    """
    process = await asyncio.create_subprocess_exec(
        *COMMAND, *scope, cwd=root, stdin=DEVNULL, stdout=PIPE, stderr=PIPE, limit=_LINE_LIMIT
    )
    if sys.platform != "win32":
        with suppress(OSError):  # it may have ended already
            os.setpriority(os.PRIO_PROCESS, process.pid, _NICE)
    return process


async def stop(process: Process) -> None:
    """End a scan, whatever it has come to."""
    if process.returncode is None:
        process.kill()
        await process.wait()


async def stream(process: Process) -> AsyncIterator[Start | FileResult | Done]:
    """Yield what a scan finds, as it finds it. Raises ScanFailed.

    The process ends with the iteration, whoever ends it.
    """
    if process.stdout is None or process.stderr is None:
        raise ScanFailed("the scanning process has no output")
    complaints = asyncio.create_task(process.stderr.read())
    finished = False
    try:
        from harden.report.jsonl import Done, read

        async for line in process.stdout:
            event = read(line.decode())
            finished = finished or isinstance(event, Done)
            yield event
        await process.wait()
        if not finished:
            said = (await complaints).decode(errors="replace").strip().splitlines()
            raise ScanFailed(said[-1] if said else _ending(process.returncode))
    finally:
        complaints.cancel()
        await stop(process)


def _ending(status: int | None) -> str:
    """Return how a process ended that said nothing."""
    if status is not None and status < 0:
        return f"its process was ended by signal {-status}."
    return f"its process ended with status {status}."
