"""The scanning process of its own."""

from __future__ import annotations

from pathlib import Path

import pytest

from harden.report.jsonl import Done, Start
from harden.scan import FileResult
from harden.tui.scanner import ScanFailed, start, stop, stream


async def test_a_scan_streams_every_file(folder: Path) -> None:
    events = [event async for event in stream(await start(folder))]
    assert isinstance(events[0], Start)
    assert isinstance(events[-1], Done)
    assert [event.path for event in events if isinstance(event, FileResult)] == ["mail.py", "pay.py"]


async def test_the_users_own_modules_are_not_imported(folder: Path) -> None:
    (folder / "types.py").write_text("raise SystemExit('theirs')\n")
    assert [event async for event in stream(await start(folder))]


async def test_what_the_process_says_is_told(folder: Path) -> None:
    (folder / "harden.toml").write_text("colour = 1\n")
    with pytest.raises(ScanFailed, match="unknown key 'colour'"):
        [event async for event in stream(await start(folder))]


async def test_leaving_early_ends_the_process(folder: Path) -> None:
    events = stream(await start(folder))
    async for _ in events:
        break
    await events.aclose()  # type: ignore[attr-defined]


async def test_a_scan_that_nobody_reads_is_stopped(folder: Path) -> None:
    process = await start(folder)
    await stop(process)
    assert process.returncode is not None
    await stop(process)
