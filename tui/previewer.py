"""Have previews made in a process of its own, so that no key ever waits for one."""

from __future__ import annotations

import asyncio
import pickle
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar, TypeVarTuple, cast

from harden.errors import HardenError

if TYPE_CHECKING:
    from harden.session import Session

T = TypeVar("T")
Arguments = TypeVarTuple("Arguments")

COMMAND = (sys.executable, "-P", "-m", "harden.previewing")


class Previewer:
    """Asks one process, one request after the other; a process that ended is replaced at the next request."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._process: Process | None = None
        self._is_closed = False
        self._turn = asyncio.Lock()

    async def start(self) -> None:
        """Start the process before it is needed: it takes a while to load."""
        async with self._turn:
            await self._running()

    async def ask(self, call: Callable[[Session, *Arguments], T], *arguments: *Arguments) -> T:
        """Return what a function makes of a session there. Raises HardenError.

        Who stops waiting does not stop the work: half a reply would be taken for the next one.
        """
        asked = asyncio.ensure_future(self._ask(call, arguments))
        asked.add_done_callback(lambda done: done.cancelled() or done.exception())
        return cast("T", await asyncio.shield(asked))

    async def _ask(self, call: Callable[..., object], arguments: tuple[object, ...]) -> object:
        from harden.previewing import LENGTH

        request = pickle.dumps((call, arguments))
        async with self._turn:
            process = await self._running()
            if process.stdin is None or process.stdout is None:
                raise HardenError("The process that makes previews cannot be spoken to.")
            try:
                process.stdin.write(LENGTH.pack(len(request)) + request)
                await process.stdin.drain()
                size = LENGTH.unpack(await process.stdout.readexactly(LENGTH.size))[0]
                data = await process.stdout.readexactly(size)
            except (asyncio.IncompleteReadError, OSError):
                await self._end()
                raise HardenError(
                    "The process that made this preview ended; your code is untouched. r tries again."
                ) from None
        reply = pickle.loads(data)  # noqa: S301 - written by a process of our own
        if isinstance(reply, HardenError):
            raise reply
        return reply

    async def _running(self) -> Process:
        if self._is_closed:
            raise HardenError("harden is being left.")
        if self._process is None or self._process.returncode is not None:
            self._process = await asyncio.create_subprocess_exec(
                *COMMAND, str(self._root), stdin=PIPE, stdout=PIPE, stderr=DEVNULL, limit=2**26
            )
        return self._process

    async def close(self) -> None:
        """End the process, whatever it is doing; what is still asked for starts none."""
        self._is_closed = True
        await self._end()

    async def _end(self) -> None:
        process, self._process = self._process, None
        if process is not None and process.returncode is None:
            process.kill()
            await process.wait()
