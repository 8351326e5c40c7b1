"""The palette finds every action and every place, from every screen, as fast as one types."""

from __future__ import annotations

from pathlib import Path
from time import perf_counter

import pytest
from textual.command import CommandPalette
from textual.widgets import OptionList

from harden.personal import Personal
from harden.tui.fuzzy import Candidates
from tests.tui.driving import Driver, Open


async def find(app: Driver, words: str) -> list[str]:
    """Open the palette, type, and return the hits."""
    if not isinstance(app.app.screen, CommandPalette):
        await app.press("app.palette")
    await app.type(*(" " if letter == " " else letter for letter in words))
    return hits(app)


def hits(app: Driver) -> list[str]:
    """Return the lines of the palette."""
    found = app.app.screen.query_one(OptionList)
    return [str(found.get_option_at_index(at).prompt) for at in range(found.option_count)]


async def choose(app: Driver, words: str) -> list[str]:
    """Do what the best hit says."""
    found = await find(app, words)
    await app.type("enter")
    await app.settle()
    return found


async def test_it_offers_what_can_be_done_now(repository: Path, open_app: Open) -> None:
    async with open_app(repository) as app:
        await app.press("app.palette")
        shown = "\n".join(hits(app))
        assert "Help" in shown
        assert "Anywhere, ? F1" in shown
        assert "Go to Resilience" in shown
        assert "Open again" not in shown


async def test_what_cannot_be_done_is_found_with_its_reason(repository: Path, open_app: Open) -> None:
    async with open_app(repository) as app:
        found = await choose(app, "open again")
        assert "Findings, X: It is not ignored." in found[0]
        assert "It is not ignored." in app.toasts


async def test_it_goes_to_a_check_with_findings(repository: Path, open_app: Open) -> None:
    async with open_app(repository) as app:
        found = await choose(app, "no-wait")
        assert "check of Resilience" in found[0]
        assert "open" in found[0]
        assert app.app.review.browsing.stage.id == "resilience"
        assert app.row.startswith(("mail.py", "pay.py"))


async def test_it_shows_the_page_of_a_check_without_findings(repository: Path, open_app: Open) -> None:
    (repository / "pay.py").write_text("")
    (repository / "mail.py").write_text("")
    async with open_app(repository) as app:
        found = await choose(app, "no-wait")
        assert "nothing found: read its page" in found[0]
        assert type(app.app.screen).__name__ == "CheckPage"
        assert "Flagged" in app.text
        await app.press("dialog.leave")
        assert app.app.screen is app.app.review


async def test_it_goes_to_files_stages_and_questions(repository: Path, open_app: Open) -> None:
    (repository / "odd[b].py").write_text("def broken(:\n")
    async with open_app(repository) as app:
        await choose(app, "mail.py")
        assert app.row.startswith("mail.py")
        found = await choose(app, "odd[b]")
        assert "could not check" in found[0]
        assert app.row.startswith("odd[b].py")
        await choose(app, "go to delivery")
        assert app.app.review.browsing.stage.id == "delivery"
        await choose(app, "payment service")
        assert "It is known what works" in app.text
        assert app.app.review.browsing.stage.id == "resilience"


@pytest.mark.parametrize("over", ["app.summary", "app.commit", "finding.ignore", "app.help"])
async def test_from_other_screens_it_goes_back_first(over: str, repository: Path, open_app: Open) -> None:
    async with open_app(repository) as app:
        await app.press("stage.2", "list.next", "fix.apply", "list.next", over)
        assert app.app.screen is not app.app.review
        await app.type("ctrl+p")
        await find(app, "mail.py")
        await app.type("enter")
        await app.settle()
        assert app.app.screen is app.app.review
        assert app.row.startswith("mail.py")


async def test_a_screen_offers_what_it_does_itself(repository: Path, open_app: Open) -> None:
    async with open_app(repository) as app:
        await app.press("app.summary")
        found = await choose(app, "copy the summary")
        assert "Summary, Y" in found[0]
        assert "The summary is copied." in app.toasts
        assert "Readiness" in app.text


async def test_its_key_is_the_persons_own(repository: Path, open_app: Open) -> None:
    async with open_app(repository, personal=Personal("c", keys={"app.palette": "f2"})) as app:
        await app.type("ctrl+p", "colon")
        assert not isinstance(app.app.screen, CommandPalette)
        await app.type("f2")
        assert isinstance(app.app.screen, CommandPalette)


def test_ten_thousand_names_are_searched_between_two_keys() -> None:
    names = [f"services/area_{n % 97}/handlers/payments_{n}_receiver.py" for n in range(10_000)]
    candidates = Candidates([*names, "HTTP call without timeout (http-timeout)"])
    took = []
    for query in ("e", "se", "sep", "pay rec", "hcwt", "services/area_8/handlers/payments_9999_"):
        started = perf_counter()
        assert candidates.search(query)
        took.append(perf_counter() - started)
    assert sorted(took)[len(took) // 2] < 0.05, took
    assert candidates.search("htimeout")[0].index == 10_000


def test_letters_in_their_order_match_and_whole_words_come_first() -> None:
    candidates = Candidates(["app/optimes.py", "HTTP timeout", "İstanbul/x.py", "a.py"])
    assert candidates.search("time")[0].index == 1
    assert candidates.search("tmt")[0].index == 1
    assert candidates.search("timeout http")[0].index == 1
    assert candidates.search("i x")[0].at == (0, 9)
    assert candidates.search("zz") == []
    assert candidates.search(" ") == []
