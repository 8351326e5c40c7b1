"""The questions that the app asks, and fields that tell at once what is wrong with them."""

from __future__ import annotations

import datetime
from pathlib import Path

import pytest
from textual.widgets import Input, Static

from harden.tui.apply_all import ApplyAll
from harden.tui.choice import Choice
from harden.tui.dialog import Dialog
from harden.tui.edited import Edited
from harden.tui.ignore import Ignore
from harden.tui.note import Note
from tests.tui.driving import MAIL, PAY, Driver, Open, git

FIXED = MAIL.replace('mail.example")', 'mail.example", wait=10)')
TODAY = datetime.datetime.now(datetime.UTC).date()


def flat(app: Driver) -> str:
    """Return the pane at the right, or the dialog, as one line, so that folded sentences are found."""
    lines = [line.split("││")[-1] for line in app.text.splitlines()]
    return " ".join(" ".join(lines).replace("│", " ").split())


def on_findings(app: Driver) -> bool:
    """Tell whether no dialog is open."""
    return app.app.screen is app.app.review


def toml(root: Path) -> str:
    """Return the decisions."""
    path = root / ".harden/decisions.toml"
    return path.read_text() if path.exists() else ""


# A file with a person's own edits


async def test_own_edits_are_shown_before_a_fix_goes_beside_them(repository: Path, open_app: Open) -> None:
    mine = MAIL + '\nMY_KEY = "hunter2-hunter2-99"\nrow["[bold]"] = 1\n'
    (repository / "mail.py").write_text(mine)
    async with open_app(repository) as app:
        await app.press("stage.2", "fix.apply")
        assert isinstance(app.app.screen, Edited)
        assert "mail.py has edits of yours that are not committed." in app.text
        assert "d your edits   a apply   esc back" in app.text
        await app.press("edited.diff")
        assert 'row["[bold]"] = 1' in app.text
        assert 'MY_KEY = "••••"' in app.text
        assert "hunter2" not in app.text
        await app.pilot.resize_terminal(60, 16)
        await app.settle()
        assert 'row["[bold]"] = 1' in app.text
        assert "a apply" in app.text
        await app.press("edited.diff", "dialog.leave")
        assert (repository / "mail.py").read_text() == mine
        assert app.state == "open"
        await app.press("fix.apply", "edited.apply")
        assert app.state == "applied"
    assert "wait=10" in (repository / "mail.py").read_text()


async def test_many_long_paths_fit_and_esc_q_and_clicks_outside_write_nothing(
    repository: Path, open_app: Open
) -> None:
    folder = repository / ("deep_[bold]_" * 8) / ("er[/x]" * 10)
    folder.mkdir(parents=True)
    (folder / "a.py").write_text(MAIL)
    async with open_app(repository, 60, 16) as app:
        await app.press("stage.2", "list.next", "list.next", "list.filter")
        await app.type(*"deep", "enter")
        await app.press("move.first", "list.next")
        assert "deep_[bold]_" in app.row
        for leave in ("escape", "q"):
            await app.press("fix.apply")
            assert isinstance(app.app.screen, Edited)
            assert "deep_[bold]_" in app.text
            assert "a apply" in app.text
            await app.pilot.click(offset=(0, 0))
            await app.settle()
            assert isinstance(app.app.screen, Edited)
            await app.type(leave)
            assert on_findings(app)
    assert (folder / "a.py").read_text() == MAIL


# Ignore


async def test_ignore_tells_what_it_silences_and_judges_the_date(repository: Path, open_app: Open) -> None:
    async with open_app(repository) as app:
        await app.press("stage.2", "list.next", "finding.ignore")
        assert "Ignore pay.py:9" in app.text
        assert "Silences this finding only" in app.text
        await app.type(*"[bold]fine[/x]", "tab", "right")
        assert "Silences 3 findings of this check in pay.py, and those to come." in flat(app)
        await app.type("right")
        assert "Silences 4 findings of this check everywhere, and those to come." in flat(app)
        assert "Without a date it stays ignored." in app.text
        await app.type("tab", *"2030-1")
        assert "A date, as 2030-12-31." in app.text
        await app.type(*"3")
        assert "! '2030-13' is no date" not in app.text
        await app.type(*"-")
        assert "! '2030-13-' is no date: write it as 2030-12-31." not in app.text
        await app.type(*"01")
        assert "! '2030-13-01' is no date: write it as 2030-12-31." in app.text
        app.app.screen.query_one("#until", Input).value = "2001-01-01"
        await app.settle()
        assert "! 2001-01-01 is not in the future." in app.text
        later = TODAY + datetime.timedelta(days=400)
        app.app.screen.query_one("#until", Input).value = later.isoformat()
        await app.settle()
        assert f"Open again after {later:%A}, {later.day} {later:%B %Y}." in app.text
        await app.press("dialog.keep")
        assert app.state == "ignored"
        assert "Ignored: [bold]fine[/x]" in app.text
        assert f"It silences the whole check until {later.isoformat()}." in app.text
        assert "X opens every finding of this check again." in app.text
        await app.press("finding.reopen")
        assert "This check is open again." in app.toasts
        await app.press("fix.undo")
    assert 'scope = "check"' in toml(repository)
    assert later.isoformat() in toml(repository)


async def test_fields_are_gone_through_both_ways_and_the_dialog_fits_a_small_screen(
    repository: Path, open_app: Open
) -> None:
    async with open_app(repository, 60, 16) as app:
        await app.press("stage.2", "finding.ignore")
        app.app.screen.query_one("#reason", Input).value = "very long " * 30
        await app.press("field.next")
        assert isinstance(app.app.screen.focused, Choice)
        await app.press("field.previous", "field.next", "field.next")
        assert app.app.screen.focused is app.app.screen.query_one("#until")
        await app.type("x", "enter")
        assert "'x' is no date" in app.text
        await app.pilot.resize_terminal(40, 12)
        await app.settle()
        await app.pilot.resize_terminal(100, 30)
        await app.settle()
        assert "Ignore mail.py:6" in app.text
        assert "enter keep" in app.text
        await app.press("dialog.leave")
        assert app.state == "open"
    assert toml(repository) == ""


async def test_letters_are_written_and_q_leaves_only_from_a_choice(repository: Path, open_app: Open) -> None:
    async with open_app(repository) as app:
        await app.press("stage.2", "finding.ignore")
        await app.type(*"qa1z")
        assert app.app.screen.query_one("#reason", Input).value == "qa1z"
        await app.type("tab", "q")
        assert on_findings(app)
        assert app.state == "open"


# Questions


async def test_a_note_is_written_and_taken_back(repository: Path, open_app: Open) -> None:
    async with open_app(repository) as app:
        await app.press("move.last")
        assert app.row == "store"
        assert "Copied files end up anywhere." in app.text
        assert "Nothing in the repository tells." in app.text
        assert "y yes   n no   0 not applicable   i note" in app.text
        await app.press("answer.note")
        assert isinstance(app.app.screen, Note)
        await app.type(*"row[b] [/x]", "enter")
        assert "no: row[b] [/x]" in app.text
        assert "answered no until you press y or 0" in app.toasts
        await app.press("answer.note")
        await app.type("end", *" qq", "escape")
        assert "no: row[b] [/x]" in app.text
        await app.press("answer.yes")
        assert "yes: row[b] [/x]" in app.text
        await app.press("fix.undo", "fix.undo")
        assert "not answered" in app.text


# Options


async def test_options_are_judged_beside_their_field_and_taken_back(repository: Path, open_app: Open) -> None:
    async with open_app(repository) as app:
        await app.press("stage.2", "fix.options")
        field = app.app.review.query_one("OptionsForm Input", Input)
        assert "over 0 to 60" in app.text
        for wrong, told in (("100", "! over 0 to 60"), ("x", "! a number over 0 to 60")):
            field.value = wrong
            await app.settle()
            assert told in app.text
            await app.press("fix.apply", "dialog.keep")
            assert app.app.review.detail.form is not None, "what is wrong is not kept"
        await app.press("fix.defaults")
        assert "! " not in app.text
        assert field.value == "10"
        field.value = "25"
        await app.settle()
        await app.press("dialog.leave")
        assert app.app.review.detail.form is None
        assert "wait=10)" in app.text
    assert toml(repository) == ""


async def test_options_are_used_for_every_finding_of_the_check(repository: Path, open_app: Open) -> None:
    async with open_app(repository) as app:
        await app.press("stage.2", "fix.options")
        assert "( ) all 3 of this check" in app.text
        app.app.review.query_one("OptionsForm Input", Input).value = "25"
        app.app.review.query_one("#reach", Choice).value = "all"
        await app.settle()
        await app.press("dialog.keep")
        assert isinstance(app.app.screen, ApplyAll)
        assert "wait=25" in app.text
        assert "wait=10" not in app.text
        await app.press("dialog.keep")
        assert on_findings(app)
        texts = [(repository / name).read_text() for name in ("mail.py", "pay.py")]
        assert sum(text.count("wait=25") for text in texts) == 3
        assert "25" in toml(repository)
        assert "reach" not in toml(repository)
        assert "all" not in toml(repository)


async def test_all_is_offered_only_where_there_is_more_than_one(repository: Path, open_app: Open) -> None:
    (repository / "pay.py").write_text("x = 1\n")
    async with open_app(repository) as app:
        await app.press("stage.2", "fix.options")
        assert "of this check" not in app.text.replace("Silences", "")
        await app.type("tab", "tab", "q")
        assert app.app.review.detail.form is None


async def test_what_a_codemod_notes_stands_in_the_form(
    repository: Path, open_app: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    from sample.codemods import AddWait  # type: ignore[import-not-found]

    edit = AddWait.edit

    def noting(self: AddWait, path: str, findings: object) -> object:
        self.notes.append("WAIT [x] is already read: conf.py:9")
        return edit(self, path, findings)

    monkeypatch.setattr(AddWait, "edit", noting)
    async with open_app(repository) as app:
        await app.press("stage.2", "fix.options")
        notes = app.app.review.query_one("#notes", Static)
        assert str(notes.visual) == "! WAIT [x] is already read: conf.py:9"
        assert notes.display
        await app.press("dialog.leave")
        await app.pilot.resize_terminal(60, 16)
        await app.settle()
        await app.press("fix.options")
        assert "over 0 to 60" in app.text, "notes do not push the field out of sight"


async def test_every_dialog_lets_go_of_the_screen_with_esc(repository: Path, open_app: Open) -> None:
    async with open_app(repository, 60, 16) as app:
        await app.press("stage.2")
        for id in ("finding.ignore", "fix.apply_all", "app.help"):
            await app.press(id)
            assert isinstance(app.app.screen, Dialog)
            await app.pilot.resize_terminal(120, 40)
            await app.settle()
            await app.pilot.click(offset=(0, 0))
            await app.settle()
            assert isinstance(app.app.screen, Dialog)
            await app.pilot.resize_terminal(60, 16)
            await app.settle()
            await app.type("escape")
            assert on_findings(app)
    assert git(repository, "status", "--short", "--", "*.py") == ""
    assert (repository / "pay.py").read_text() == PAY


async def test_ignoring_in_a_file_named_like_markup(repository: Path, open_app: Open) -> None:
    (repository / "a[x] [bold].py").write_text('import peer\n\nrow = {}\nrow["[b]"] = peer.fetch("[/y]")\n')
    async with open_app(repository) as app:
        await app.press("stage.2", "finding.ignore")
        assert isinstance(app.app.screen, Ignore)
        assert "Ignore a[x] [bold].py:4" in app.text
        await app.type(*"row[b]", "tab", "right", "enter")
        assert app.state == "ignored"
        await app.press("finding.reopen", "fix.apply", "edited.diff")
        assert 'row["[b]"] = peer.fetch("[/y]")' in app.text
        await app.press("edited.apply", "app.commit", "commit.leave")
        assert app.state == "applied"


async def test_a_field_tells_all_of_what_is_wrong(repository: Path, open_app: Open) -> None:
    async with open_app(repository) as app:
        await app.press("stage.2", "fix.options")
        form = app.app.review.query_one("OptionsForm")
        for beside in form.query(".beside.number").results(Static):
            beside.update("! a whole number over 0 to 86400, or nothing at all")
        await app.settle()
        assert "! a whole number over 0 to" in flat(app)
        assert all(form.region.contains_region(beside.region) for beside in form.query(".beside.number"))


async def test_a_form_makes_no_preview_anew_before_something_is_changed(
    repository: Path, open_app: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_app(repository) as app:
        await app.press("stage.2")
        tried: list[object] = []
        monkeypatch.setattr(app.app.review.options, "try_out", tried.append)
        await app.press("fix.options")
        assert tried == []
        await app.type("7")
        assert [dict(values)["wait"] for values in tried] == ["7"]  # type: ignore[call-overload]


async def test_a_preview_may_come_while_the_form_is_being_made(repository: Path, open_app: Open) -> None:
    from harden.tui.form import OptionsForm

    async with open_app(repository) as app:
        await app.press("stage.2")
        check = app.app.review.fixing.check
        assert check is not None
        form = OptionsForm(app.session.options(check), 3)
        form.complain("")
        form.note(["read [x] before"])
        await app.app.review.detail.query_one("#fix").mount(form, before="#diff")
        await app.settle()
        assert "! read [x] before" in app.text
