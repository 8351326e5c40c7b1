"""The summary: it explains the score, tells what changed, leads on, and is written as a report."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from textual.widgets import Input

from harden import visits
from harden.places import state_folder
from harden.report.jsonl import Done, Start
from harden.scan import FileResult
from harden.session import Session
from harden.tui.choice import Choice
from tests.tui.driving import MAIL, Driver, Open, scan_here

LOUD = "import peer\n\n\ndef shout():\n    peer.shout(1)\n"


def toasts(app: Driver) -> list[str]:
    return [toast.message for toast in app.app._notifications]


def told(app: Driver) -> str:
    """Return the text of the summary without its line breaks."""
    return " ".join(app.text.replace("│", " ").split())


def visited(root: Path) -> visits.Visit:
    before = visits.load(root)
    assert before is not None
    return before


@pytest.fixture
def halted(monkeypatch: pytest.MonkeyPatch) -> asyncio.Event:
    """Hold every scan back after its first file, until the event is set."""
    go_on = asyncio.Event()

    async def slowly(root: Path) -> AsyncIterator[Start | FileResult | Done]:
        events = [event async for event in scan_here(root)]
        for event in events[:2]:
            yield event
        await go_on.wait()
        for event in events[2:]:
            yield event

    monkeypatch.setattr("harden.tui.scanner.stream", slowly)
    return go_on


async def until_first_file(app: Driver) -> None:
    while app.app.review.session is None or not app.app.review.going.done:
        await app.pilot.pause(0.01)


async def test_the_score_is_explained(repository: Path, open_app: Open) -> None:
    async with open_app(repository) as app:
        score, potential = app.session.score(), app.session.score_with_fixes()
        assert f"{potential.points} with 4 fixes" in app.text
        await app.press("app.summary")
        assert f"Readiness {score.points}/100 {potential.points} with 4 fixes" in told(app)
        assert "The number is the mean of the stages" in told(app)
        assert "Most is gained in Resilience: 4 × Call without limit, +5 points." in told(app)
        for rated in score.stages:
            assert f"{rated.stage.title} " in app.text
            for cost in rated.costs:
                assert f"-{cost.points} {cost.text}" in told(app)


@pytest.mark.parametrize("key", ["escape", "s", "q"])
async def test_three_keys_go_back(key: str, repository: Path, open_app: Open) -> None:
    async with open_app(repository) as app:
        await app.press("app.summary")
        assert "Readiness" in app.text.splitlines()[2]
        await app.type(key)
        assert "╭─ Stages" in app.text


async def test_keys_are_a_persons_own(repository: Path, open_app: Open) -> None:
    (repository / "harden.toml").write_text('[keys]\n"summary.report" = "ctrl+w"\n"summary.leave" = "b"\n')
    async with open_app(repository) as app:
        await app.press("app.summary")
        assert "ctrl+w report" in app.text
        await app.type("w", "escape")
        assert "Write a report" not in app.text
        await app.type("ctrl+w")
        assert "Write a report" in app.text
        await app.type("escape", "b")
        assert "╭─ Stages" in app.text


async def test_help_stands_above_it(repository: Path, open_app: Open) -> None:
    async with open_app(repository) as app:
        await app.press("app.summary", "app.help")
        assert "All keys" in app.text or "Anywhere" in app.text
        await app.type("escape")
        assert "Readiness" in app.text


async def test_a_key_that_the_text_names_is_done_on_the_findings(repository: Path, open_app: Open) -> None:
    async with open_app(repository) as app:
        await app.press("app.summary", "stage.3")
        assert "Delivery  0 open" in app.text
        await app.press("app.summary", "app.commit")
        assert toasts(app)[-1] == "Nothing to commit: no fix is applied."
        assert "Readiness" in app.text
        await app.press("summary.leave", "stage.2", "list.next", "fix.apply", "app.summary")
        assert "C commit the 1 fix that is applied and not committed" in told(app)
        await app.press("app.commit")
        assert "1 file, 1 hunk" in app.text


async def test_it_leads_to_the_worst_finding_even_from_a_question(repository: Path, open_app: Open) -> None:
    async with open_app(repository) as app:
        await app.press("stage.3", "move.last", "app.summary")
        assert "n go to the worst of 6 findings; 4 have a fix ready, +1 point with all of them" in told(app)
        await app.press("list.next_best")
        assert app.row == "mail.py:6"
        await app.press("app.summary", "stage.8")
        assert toasts(app)[-1] == "There are 3 stages."


async def test_the_next_question_is_named_until_all_are_answered(repository: Path, open_app: Open) -> None:
    async with open_app(repository) as app:
        await app.press("app.summary")
        assert "1 answer 4 questions, the first at the end of Configuration: +2.7 points" in told(app)
        await app.press("stage.1", "move.last", "answer.yes", "app.summary")
        assert "2 answer 3 questions, the first at the end of Resilience: +2 points" in told(app)
        assert "Secrets come from a store" not in app.text


async def test_it_scrolls_with_the_keys_of_the_list(repository: Path, open_app: Open) -> None:
    async with open_app(repository, 60, 18) as app:
        await app.press("app.summary")
        page = app.app.screen.query_one("Page")
        assert "Readiness" in app.text
        await app.press("move.down", "move.down", "move.up")
        assert page.scroll_y == 1
        await app.press("move.page_down")
        assert page.scroll_y > 1
        await app.press("move.last")
        assert "A bad release is taken back" in told(app)
        await app.press("move.page_up", "move.first")
        assert page.scroll_y == 0


@pytest.mark.parametrize("size", [(120, 40), (80, 24), (60, 18)])
async def test_lines_are_broken_between_words(
    size: tuple[int, int], repository: Path, open_app: Open
) -> None:
    async with open_app(repository, *size) as app:
        await app.press("app.summary", "summary.copy")
        words = set(app.app.clipboard.split())
        seen: set[str] = set()
        page = app.app.screen.query_one("Page")
        while True:
            lines = app.text.splitlines()[1:-2]
            seen.update(word for line in lines for word in line.strip("│▁▂▃▄▅▆▇█▎▌▐ ").split() if word)
            if page.scroll_y >= page.max_scroll_y:
                break
            await app.press("move.page_down")
        assert {word for word in words if "░" not in word and "█" not in word} <= seen | {"│"}


# Copies and reports


async def test_the_summary_is_copied_as_text(repository: Path, open_app: Open) -> None:
    async with open_app(repository, 60, 18) as app:
        await app.press("app.summary", "summary.copy")
        text = app.app.clipboard
        assert text.startswith("Readiness 88/100")
        assert text.endswith("A bad release is taken back within minutes\n")
        assert max(map(len, text.splitlines())) <= 90
        assert toasts(app)[-1] == "The summary is copied."


async def test_a_report_is_written_where_the_person_says(repository: Path, open_app: Open) -> None:
    async with open_app(repository) as app:
        await app.press("app.summary", "summary.report")
        assert "harden-report.md: a new file" in app.text
        await app.type("enter")
        report = repository / "harden-report.md"
        assert report.read_text().splitlines()[2] == "# harden: 88/100 for shop"
        assert toasts(app)[-1] == "Written: harden-report.md"
        await app.press("summary.report")
        assert "harden-report.md: replaces the file that is there" in app.text
        report.write_text("mine\n")
        await app.type("escape")
        assert report.read_text() == "mine\n"
        await app.press("summary.report")
        await app.type("enter")
        assert report.read_text() != "mine\n"


async def test_the_ending_follows_the_format(repository: Path, open_app: Open) -> None:
    async with open_app(repository) as app:
        await app.press("app.summary", "summary.report")
        await app.type("right")
        assert "harden-report.json: a new file" in app.text
        await app.type("left")
        assert "harden-report.md: a new file" in app.text
        app.app.screen.query_one(Input).value = "docs/out"
        app.app.screen.query_one(Choice).value = "json"
        await app.settle()
        assert "docs/out: a new file, and its folder is made" in app.text
        await app.type("enter")
    assert len(json.loads((repository / "docs/out").read_text())["findings"]) == 6


@pytest.mark.parametrize(
    ("format", "name", "start"), [("sarif", "sarif", "{"), ("text", "txt", "mail.py:5:5: L loud [auto]")]
)
async def test_every_format(format: str, name: str, start: str, repository: Path, open_app: Open) -> None:
    async with open_app(repository) as app:
        await app.press("app.summary", "summary.report")
        app.app.screen.query_one(Choice).value = format
        await app.settle()
        await app.type("enter")
    assert (repository / f"harden-report.{name}").read_text().startswith(start)


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("", "! Name a file."),
        ("docs", "! docs is a folder: name a file in it."),
        ("pay.py/x", "! pay.py is no"),
    ],
)
async def test_a_name_that_cannot_be_is_told_at_once(
    name: str, line: str, repository: Path, open_app: Open
) -> None:
    (repository / "docs").mkdir()
    async with open_app(repository) as app:
        await app.press("app.summary", "summary.report")
        app.app.screen.query_one(Input).value = name
        await app.settle()
        assert line in app.text
        await app.type("enter")
        assert "Write a report" in app.text


async def test_what_cannot_be_written_is_one_sentence(
    repository: Path, open_app: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("harden.report.made.write_atomically", refuse)
    async with open_app(repository) as app:
        await app.press("app.summary", "summary.report")
        await app.type("enter")
        wanted = repository / "harden-report.md"
        assert toasts(app)[-1] == f"{wanted} cannot be written: Permission denied"
        assert not wanted.exists()
        assert "Readiness" in app.text


async def test_a_report_that_fails_is_told(
    repository: Path, open_app: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("out of luck")

    monkeypatch.setattr("harden.report.made.render", fail)
    async with open_app(repository) as app:
        await app.press("app.summary", "summary.report")
        await app.type("enter")
        assert "Something went wrong inside harden (RuntimeError: out of luck)" in toasts(app)[-1]


# While a scan is under way


async def test_it_follows_the_scan(repository: Path, open_app: Open, halted: asyncio.Event) -> None:
    async with open_app(repository, settled=False) as app:
        await until_first_file(app)
        await app.pilot.press("s")
        await app.pilot.pause()
        assert "The scan is under way: so far 1 of 2 files were looked at." in app.text
        assert "This is told once the scan is complete." in app.text
        await app.pilot.press("w")
        await app.pilot.pause()
        assert "A report would miss the rest." in toasts(app)[-1]
        halted.set()
        await app.settle()
        for _ in range(300):
            await app.pilot.pause(0.01)
            if "This is the first visit" in app.text:
                break
        assert "The scan is under way" not in app.text
        assert "4 × Call without limit" in app.text


async def test_a_stopped_scan_is_not_remembered(
    repository: Path, open_app: Open, halted: asyncio.Event
) -> None:
    async with open_app(repository, settled=False) as app:
        await until_first_file(app)
        await app.pilot.press("escape")
        await app.settle()
        await app.press("app.summary")
        assert "The scan is stopped: 1 of 2 files were looked at." in app.text
        await app.press("summary.leave", "app.quit")
    assert not halted.is_set()
    assert visits.load(repository) is None


# Visits


async def test_the_first_visit_says_so_and_is_remembered(repository: Path, open_app: Open) -> None:
    async with open_app(repository) as app:
        assert toasts(app) == []
        await app.press("app.summary")
        assert "This is the first visit: the next one tells what changed." in app.text
        await app.press("summary.leave", "app.quit")
    session = Session(repository)
    list(session.scan())
    assert visited(repository).points == session.score().points
    assert set(visited(repository).known) == {finding.fingerprint for finding in session.findings()}


async def test_the_next_visit_tells_what_changed(repository: Path, open_app: Open) -> None:
    async with open_app(repository) as app:
        await app.press("app.quit")
    (repository / "mail.py").write_text(MAIL.replace("    peer.shout(mail)\n", ""))
    (repository / "loud.py").write_text(LOUD)
    async with open_app(repository) as app:
        (toast,) = toasts(app)
        assert toast.startswith("1 new finding since ")
        assert toast.endswith(" today; s shows them.")
        await app.press("app.summary")
        assert "still 88; 1 fixed, 1 new." in told(app)
        assert "new loud.py:5 Loud call" in told(app)
        assert "2 look at the 1 new finding, the first in Resilience" in told(app)
        await app.press("summary.leave", "stage.1", "move.last", "answer.no", "app.summary")
        assert "88 → 87; 1 fixed, 1 new, 1 question answered." in told(app)
        assert "Readiness 87/100 was 88" in told(app)
        assert "83 was 86" in told(app)


async def test_at_most_eight_new_ones_are_listed(repository: Path, open_app: Open) -> None:
    async with open_app(repository) as app:
        await app.press("app.quit")
    (repository / "loud.py").write_text(LOUD + "    peer.shout(1)\n" * 10)
    async with open_app(repository) as app:
        await app.press("app.summary")
        assert app.text.count("new  loud.py:") == 8
        assert "and 3 more" in app.text


async def test_a_glance_keeps_the_news_for_the_next_visit(
    repository: Path, open_app: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_app(repository) as app:
        await app.press("app.quit")
    (repository / "loud.py").write_text(LOUD)
    async with open_app(repository) as app:
        assert len(toasts(app)) == 1
        await app.press("app.quit")
    monkeypatch.setattr(visits, "LEAST", 0)
    async with open_app(repository) as app:
        assert len(toasts(app)) == 1
        await app.press("app.quit")
    async with open_app(repository) as app:
        assert toasts(app) == []


async def test_another_scan_of_the_same_visit_tells_nothing_again(repository: Path, open_app: Open) -> None:
    async with open_app(repository) as app:
        await app.press("app.quit")
    (repository / "loud.py").write_text(LOUD)
    async with open_app(repository) as app:
        assert len(toasts(app)) == 1
        (repository / "louder.py").write_text(LOUD)
        await app.press("app.rescan")
        assert len(toasts(app)) == 1


async def test_a_damaged_memory_is_a_first_visit(repository: Path, open_app: Open) -> None:
    async with open_app(repository) as app:
        await app.press("app.quit")
    (state_folder(repository) / "visit.json").write_text("{")
    async with open_app(repository) as app:
        await app.press("app.summary")
        assert "This is the first visit" in app.text
