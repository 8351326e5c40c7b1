"""z takes back whatever was done last, Z does it again, and each says what it was."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from textual.widgets import Input

from tests.tui.driving import MAIL, Driver, Open, git

DECISIONS = ".harden/decisions.toml"


def toasts(app: Driver) -> list[str]:
    return [toast.message for toast in app.app._notifications]


def saved(root: Path) -> str | None:
    file = root / DECISIONS
    return file.read_text() if file.exists() else None


async def ignore(app: Driver, reason: str = "fine") -> None:
    await app.press("finding.ignore")
    await app.type(*reason, "enter")


async def test_an_ignored_finding_and_a_reopened_one(repository: Path, open_app: Open) -> None:
    async with open_app(repository) as app:
        await app.press("stage.2")
        await ignore(app)
        assert app.state == "ignored"
        assert toasts(app) == ["mail.py:6 is ignored; .harden/ keeps the reason. z undoes."]
        await app.press("fix.undo")
        assert (app.state, saved(repository)) == ("open", None)
        assert toasts(app) == ["Undone: ignored mail.py:6 (Call without limit). Z does it again."]
        await app.press("fix.redo")
        assert app.state == "ignored"
        assert toasts(app) == ["Done again: ignored mail.py:6 (Call without limit). z undoes."]
        await app.press("finding.reopen")
        assert toasts(app) == ["mail.py:6 is open again. z undoes."]
        await app.press("fix.undo")
        assert app.state == "ignored"
        assert toasts(app) == ["Undone: opened mail.py:6 again (Call without limit). Z does it again."]


async def test_answers_and_notes(repository: Path, open_app: Open) -> None:
    async with open_app(repository) as app:
        await app.press("move.last", "answer.yes")
        assert toasts(app) == ["Answered yes. z undoes."]
        await app.press("answer.yes")
        assert toasts(app) == ["It is answered yes already."]
        await app.press("answer.note")
        await app.type(*"soon", "enter")
        assert toasts(app) == ["The note is kept. z undoes."]
        assert "yes: soon" in app.text
        await app.press("fix.undo")
        assert "yes: soon" not in app.text
        assert toasts(app)[0].startswith("Undone: note on: Secrets come from a store")
        await app.press("fix.undo")
        assert "? Secrets come from a store" in app.text
        await app.press("fix.redo", "fix.redo")
        assert "yes: soon" in app.text


async def test_options(repository: Path, open_app: Open) -> None:
    async with open_app(repository) as app:
        await app.press("stage.2", "fix.options")
        app.app.review.query_one("OptionsForm Input", Input).value = "25"
        await app.settle()
        await app.type("enter")
        assert toasts(app) == ["The options are kept. z undoes."]
        assert "wait=25)" in app.text
        await app.press("fix.undo")
        assert toasts(app) == ["Undone: options of no-wait. Z does it again."]
        assert "wait=10)" in app.text
        assert app.row == "mail.py:6", "the cursor stays where the options count"
        await app.press("fix.redo")
        assert "wait=25)" in app.text
        await app.press("fix.options")
        await app.type("enter")
        assert toasts(app) == ["The options are as they were."]


async def test_fixes_and_decisions_are_one_stack_over_a_restart(repository: Path, open_app: Open) -> None:
    async with open_app(repository) as app:
        await app.press("stage.2", "fix.apply", "move.last", "answer.no", "app.quit")
    async with open_app(repository) as app:
        await app.press("fix.undo")
        assert saved(repository) is None
        assert (repository / "mail.py").read_text() != MAIL
        await app.press("fix.undo")
        assert (repository / "mail.py").read_text() == MAIL
        await app.press("fix.redo", "fix.redo")
        assert "no" in (saved(repository) or "")


async def test_the_cursor_goes_to_what_changed(repository: Path, open_app: Open) -> None:
    async with open_app(repository) as app:
        await app.press("stage.2")
        await ignore(app)
        await app.press("move.last")
        assert app.row == "limits"
        await app.press("fix.undo")
        assert app.row == "mail.py:6"
        await app.press("stage.1", "fix.redo")
        assert app.row == "pay.py:5", "another stage is not left"
        assert toasts(app) == ["Done again in Resilience: ignored mail.py:6 (Call without limit). z undoes."]


async def test_nothing_to_undo_is_said_without_reading(
    repository: Path, open_app: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_app(repository) as app:
        monkeypatch.setattr("harden.entries.Entries.all", None)
        await app.press("fix.undo")
        assert toasts(app) == ["Nothing to undo."]
        await app.press("fix.redo")
        assert toasts(app) == ["Nothing to undo.", "Nothing to redo."]


async def test_fast_answers_keep_their_order_and_none_is_lost(repository: Path, open_app: Open) -> None:
    async with open_app(repository) as app:
        await app.press("stage.2", "move.last", "move.up")
        first = app.row
        keys = ["y", "n", "0", "y", "j", "0", "n", "k", "n", "0"]
        for key in keys:
            app.app.simulate_key(key)
        await app.settle()
        kept = app.session.decisions.answers
        assert kept[first].answer.value == "not applicable"
        assert kept["limits"].answer.value == "no"
        titles = [entry.title.split(":")[0] for entry in app.session.journal.entries()]
        assert titles == [
            f"Answered {said}"
            for said in ("yes", "no", "not applicable", "yes", "not applicable", "no", "no", "not applicable")
        ]
        assert len(toasts(app)) == 1
        for _ in range(3):
            app.app.simulate_key("z")
        await app.settle()
        assert app.session.decisions.answers[first].answer.value == "yes"
        assert app.session.decisions.answers["limits"].answer.value == "not applicable"


async def test_an_answer_that_is_being_written_is_not_lost_by_quitting(
    repository: Path, open_app: Open
) -> None:
    async with open_app(repository) as app:
        await app.press("move.last")
        app.app.simulate_key("y")
        app.app.simulate_key("z")
        app.app.simulate_key("n")
        app.app.simulate_key("q")
        async with asyncio.timeout(20):
            while app.app.return_code is None:
                await app.pilot.pause(0.01)
    assert 'answer = "no"' in (saved(repository) or "")


async def test_decisions_are_written_beside_the_screen(
    repository: Path, open_app: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    import threading

    from harden.journal import Journal

    threads, real = [], Journal.apply_made

    def noted(journal: Journal, make: object) -> object:
        threads.append(threading.current_thread())
        return real(journal, make)  # type: ignore[arg-type]

    monkeypatch.setattr(Journal, "apply_made", noted)
    async with open_app(repository) as app:
        await app.press("stage.2")
        await ignore(app)
        await app.press("finding.reopen", "move.last", "answer.no", "answer.note")
        await app.type("a", "enter")
    assert len(threads) == 4
    assert threading.main_thread() not in threads


async def test_a_disk_that_cannot_be_written_is_one_sentence(
    repository: Path, open_app: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(30, "Read-only file system")

    async with open_app(repository) as app:
        await app.press("move.last", "answer.yes", "answer.none")
        monkeypatch.setattr("harden.journal.write_atomically", full)
        told = ".harden/decisions.toml cannot be written (Read-only file system); nothing was changed."
        for key in ("answer.no", "fix.undo"):
            app.app.clear_notifications()
            await app.press(key)
            assert toasts(app) == [told]
            assert "0 Secrets come from a store" in app.text


async def test_a_comment_in_the_code_is_reopened_there(repository: Path, open_app: Open) -> None:
    text = MAIL.replace("peer.shout(mail)", "peer.shout(mail)  # harden: ignore[loud] meant so")
    (repository / "mail.py").write_text(text)
    async with open_app(repository) as app:
        await app.press("stage.2", "list.filter")
        await app.type(*"loud", "enter")
        await app.press("move.last")
        assert app.state == "ignored"
        await app.press("finding.reopen")
        assert toasts(app) == ["mail.py:5 is ignored by a comment in the code: remove it there."]


async def test_what_others_decided_stays_and_is_shown(repository: Path, open_app: Open) -> None:
    async with open_app(repository) as app:
        await app.press("move.last", "answer.yes")
        (repository / DECISIONS).write_text('[answers.store]\nanswer = "no"\non = 2030-01-01\n')
        await app.press("fix.undo")
        assert "decided otherwise since, so that stays" in toasts(app)[-1]
        assert "n Secrets come from a store" in app.text


async def test_a_commit_ends_what_z_takes_back(repository: Path, open_app: Open) -> None:
    async with open_app(repository) as app:
        await app.press("move.last", "answer.yes", "stage.2", "fix.apply", "app.commit", "commit.now")
        await app.press("app.back", "fix.undo")
        assert "Nothing to undo." in toasts(app)
    assert git(repository, "status", "--short") == ""
