"""Previews come from a process of their own, which may fail, or be killed, without harm to the app."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from importlib.metadata import entry_points
from pathlib import Path

import pytest

from harden import registry
from harden.errors import Crashed, HardenError, UnreadableSource, UsageError
from harden.findings import Finding
from harden.previews import option_words, preview, source_lines
from harden.session import Session
from harden.tui.previewer import Previewer


@pytest.fixture(autouse=True)
def real_checks(sample_checks: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Use the checks that the process finds too."""
    monkeypatch.setattr("importlib.metadata.entry_points", entry_points)
    registry.forget()


@pytest.fixture
def session(tmp_path: Path) -> Session:
    (tmp_path / "a.py").write_text("import requests\n\nrequests.get('https://one.example')\n")
    (tmp_path / "types.py").write_text("raise SystemExit('a module of the project, not of Python')\n")
    session = Session(tmp_path)
    list(session.scan())
    return session


@pytest.fixture
async def previewer(session: Session) -> AsyncIterator[Previewer]:
    previewer = Previewer(session.root)
    yield previewer
    await previewer.close()


@pytest.fixture
def finding(session: Session) -> Finding:
    return session.findings(check="http-timeout")[0]


async def test_a_preview_is_the_one_that_the_session_makes(
    session: Session, previewer: Previewer, finding: Finding
) -> None:
    await previewer.start()
    assert await previewer.ask(preview, [finding]) == preview(session, [finding])
    session.keep_options(registry.check_named("http-timeout"), {"timeout": 3})
    made = await previewer.ask(preview, [finding])
    assert "timeout=3" in made.diff
    words = await previewer.ask(option_words, finding)
    assert words is not None
    assert "timeout = 3" in words


async def test_errors_come_through_and_the_process_goes_on(previewer: Previewer, finding: Finding) -> None:
    with pytest.raises(UsageError, match="timeout"):
        await previewer.ask(preview, [finding], {"timeout": -1})
    with pytest.raises(Crashed, match="your code is untouched") as crash:
        await previewer.ask(preview, [])
    assert "IndexError" in crash.value.details
    assert (await previewer.ask(preview, [finding])).patch is not None
    (previewer._root / "a.py").unlink()
    with pytest.raises(UnreadableSource, match=r"^a\.py: cannot be read") as gone:
        await previewer.ask(source_lines, "a.py")
    assert gone.value.path == "a.py"


async def test_what_is_asked_for_while_the_app_is_left_starts_no_process(
    previewer: Previewer, finding: Finding
) -> None:
    await previewer.start()
    asked = [asyncio.ensure_future(previewer.ask(preview, [finding])) for _ in range(2)]
    await asyncio.sleep(0)
    await previewer.close()
    answers = await asyncio.gather(*asked, return_exceptions=True)
    assert [type(answer) for answer in answers] == [HardenError, HardenError]
    assert previewer._process is None


async def test_a_process_that_ends_is_replaced(previewer: Previewer, finding: Finding) -> None:
    await previewer.start()
    assert previewer._process is not None
    asked = asyncio.ensure_future(previewer.ask(preview, [finding]))
    await asyncio.sleep(0)
    previewer._process.kill()
    with pytest.raises(HardenError, match="ended; your code is untouched"):
        await asked
    assert (await previewer.ask(preview, [finding])).patch is not None


async def test_who_stops_waiting_gets_no_other_reply_mixed_up(previewer: Previewer, finding: Finding) -> None:
    asked = asyncio.ensure_future(previewer.ask(preview, [finding]))
    await asyncio.sleep(0)
    asked.cancel()
    words = await previewer.ask(option_words, finding)
    assert words is not None
    assert any(word.startswith("timeout") for word in words)
