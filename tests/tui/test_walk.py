"""The guided walk: stages open with what they are about, `n` leads to what matters most, an end is told."""

from __future__ import annotations

from pathlib import Path

from tests.tui.driving import Open

HANDLER = """\
import peer
from flask import Flask

app = Flask(__name__)


@app.route("/")
def index():
    return peer.fetch("https://one.example")
"""


async def test_a_stage_opens_with_why_it_matters_once(repository: Path, open_app: Open) -> None:
    async with open_app(repository, seen=False) as app:
        await app.press("stage.2")
        assert app.row == "What this stage is about"
        for told in ("Every call may fail.", "It looks for", "H     4  Call without limit", "It asks you"):
            assert told in app.text
        assert "?  Limits of outside services are known" in app.text
        await app.press("stage.3", "stage.2")
        assert app.row == "mail.py:6"
        await app.press("app.quit")
    async with open_app(repository) as app:
        assert app.row == "mail.py:6"
        await app.press("stage.3", "stage.2")
        assert app.row == "mail.py:6"


async def test_a_stage_is_entered_again_where_it_was_left(repository: Path, open_app: Open) -> None:
    async with open_app(repository) as app:
        await app.press("stage.2", "move.down", "move.down")
        row = app.row
        await app.press("stage.1", "stage.2")
        assert app.row == row


async def test_next_leads_to_the_worst_and_most_exposed(repository: Path, open_app: Open) -> None:
    (repository / "web.py").write_text(HANDLER)
    async with open_app(repository) as app:
        await app.press("stage.3", "move.first", "list.next_best")
        assert app.row == "web.py:9"
        assert "no-wait  handler" in app.text
        seen = [app.row]
        for _ in range(20):
            await app.press("list.next_best")
            if app.row == seen[0]:
                break
            seen.append(app.row)
        severity = {finding.place: finding.severity.weight for finding in app.session.findings()}
        severities = [severity[row] for row in seen]
        assert severities == sorted(severities, reverse=True)
        assert len(seen) == len(app.session.open_findings())


async def test_next_answers_on_a_question(repository: Path, open_app: Open) -> None:
    async with open_app(repository) as app:
        await app.press("stage.3", "move.last")
        assert app.row == "rollback"
        assert "n No" in app.text
        assert "n Next" not in app.text
        await app.press("list.next_best")  # the same key
        assert app.row == "rollback"
        answer = app.session.decisions.answers["rollback"]
        assert answer.answer.value == "no"


async def test_a_stage_that_is_done_says_so(folder: Path, open_app: Open) -> None:
    (folder / "pay.py").write_text("x = 1\n")
    (folder / "mail.py").unlink()
    async with open_app(folder) as app:
        await app.press("stage.3")
        assert "3 Delivery      1?" in app.text
        await app.press("move.last", "answer.yes")
        assert "Delivery is done: nothing is open in it. 1 of 3 stages are; n goes on." in app.toasts
        assert "3 Delivery      ok" in app.text
        await app.press("move.first")
        assert "done: nothing is open here" in app.text


async def test_next_goes_on_to_questions_and_ends(folder: Path, open_app: Open) -> None:
    (folder / "pay.py").write_text("x = 1\n")
    (folder / "mail.py").unlink()
    async with open_app(folder) as app:
        await app.press("stage.3", "move.first", "list.next_best")
        assert app.row == "Questions for you"
        assert app.app.review.browsing.stage.id == "config"
        await app.press("move.down", "answer.none", "move.up", "list.next_best")
        assert app.app.review.browsing.stage.id == "resilience"
        await app.press("move.down", "answer.yes", "move.down", "answer.yes", "move.first", "list.next_best")
        assert app.app.review.browsing.stage.id == "delivery"
        await app.press("move.down", "answer.yes", "move.up", "list.next_best")
        assert "Nothing is open" in app.toasts
