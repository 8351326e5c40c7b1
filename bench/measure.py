"""Run a command to its end and tell what it took: wall, processor time of all its processes, peak memory."""

from __future__ import annotations

import os
import subprocess
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

_PROC = Path("/proc")
_PAUSE = 0.05
MEMORY = "largest sum, over the processes of a run, of their proportional share (PSS)"
"""What the memory of a run means: a page that two processes share counts half in each."""


class Failed(Exception):
    """A command ended as it should not, or did not end; the text tells why."""


@dataclass(frozen=True, slots=True)
class Taken:
    """Seconds of a run. `cpu` is user and system time, of the processes that it started too."""

    wall: float
    cpu: float


def timed(
    command: Sequence[str],
    folder: Path,
    environ: Mapping[str, str],
    text: str,
    accepted: Sequence[int],
    limit: float,
) -> Taken:
    """Run a command with a text as its input. Raises Failed."""
    with tempfile.TemporaryFile() as given, tempfile.TemporaryFile() as said:
        given.write(text.encode())
        given.seek(0)
        start = time.perf_counter()
        process = _started(command, folder, environ, given.fileno(), said.fileno())
        stop = threading.Timer(limit, process.kill)
        stop.start()
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - start
        stop.cancel()
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode not in accepted:
            said.seek(0)
            lines = said.read().decode(errors="replace").strip().splitlines() or ["it said nothing"]
            late = f"it took more than {limit:.0f} s; " if wall >= limit else ""
            raise Failed(f"{late}status {process.returncode}: {lines[-1][:200]}")
    return Taken(wall, usage.ru_utime + usage.ru_stime)


def peak_memory(
    command: Sequence[str], folder: Path, environ: Mapping[str, str], text: str, limit: float
) -> int | None:
    """Run a command and return its peak in bytes; None where the system does not tell.

    Looking takes time: it is no run that is timed.
    """
    if not (_PROC / "self/smaps_rollup").exists():
        return None
    with tempfile.TemporaryFile() as given, tempfile.TemporaryFile() as said:
        given.write(text.encode())
        given.seek(0)
        process = _started(command, folder, environ, given.fileno(), said.fileno())
        peak, end = 0, time.monotonic() + limit
        while process.poll() is None and time.monotonic() < end:
            peak = max(peak, sum(map(_share, _family(process.pid))))
            time.sleep(_PAUSE)
        process.kill()
        process.wait()
    return peak


def _started(
    command: Sequence[str], folder: Path, environ: Mapping[str, str], given: int, said: int
) -> subprocess.Popen[bytes]:
    try:
        return subprocess.Popen(
            command, cwd=folder, env=environ, stdin=given, stdout=subprocess.DEVNULL, stderr=said
        )
    except OSError as error:
        raise Failed(str(error)) from error


def _family(pid: int) -> list[int]:
    """Return a process and all below it."""
    below: dict[int, list[int]] = {}
    for file in _PROC.glob("[0-9]*/stat"):
        try:
            told = file.read_text(errors="replace").rpartition(")")[2].split()
        except OSError:  # it has ended
            continue
        below.setdefault(int(told[1]), []).append(int(file.parent.name))
    found = [pid]
    for parent in found:
        found += below.get(parent, [])
    return found


def _share(pid: int) -> int:
    try:
        rows = (_PROC / f"{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return next((int(row.split()[1]) * 1024 for row in rows if row.startswith("Pss:")), 0)
