"""The way through a repository: see, preview, change an option, apply, undo."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from textual.widgets import Input, Tree

from harden.report.jsonl import Done, Start
from harden.scan import FileResult
from harden.tui.choice import Choice
from tests.tui.driving import MAIL, PAY, Open, git, scan_here

FIXED = MAIL.replace('mail.example")', 'mail.example", wait=10)')


async def test_the_first_finding_of_a_stage_is_previewed(repository: Path, open_app: Open) -> None:
    async with open_app(repository) as app:
        assert app.row == "pay.py:5"
        assert "Only a person" not in app.text
        await app.press("stage.2")
        assert app.row == "mail.py:6"
        assert 'peer.fetch("https://mail.example", wait=10)' in app.text


async def test_moving_in_the_list(repository: Path, open_app: Open) -> None:
    async with open_app(repository) as app:
        await app.press("stage.2", "move.down")
        assert app.row == "pay.py:9"
        await app.press("move.up", "move.last")
        assert app.row == "limits"
        await app.press("move.first")
        assert app.row == "What this stage is about"
        await app.press("move.fold", "move.down", "move.fold")
        assert "mail.py:6" not in app.text
        await app.press("move.unfold")
        assert "mail.py:6" in app.text
        await app.press("move.page_down")
        assert app.row == "limits"
        await app.press("move.page_up", "move.down", "move.fold")
        assert app.row == "Call without limit"


async def test_next_and_previous_open_finding_cross_stages(repository: Path, open_app: Open) -> None:
    async with open_app(repository) as app:
        await app.press("list.next")
        assert app.row == "mail.py:6"
        await app.press("list.next", "list.next", "list.previous")
        assert app.row == "pay.py:9"
        await app.press("list.previous", "list.previous")
        assert app.row == "pay.py:5"


async def test_stages_by_number_and_a_number_too_high(repository: Path, open_app: Open) -> None:
    async with open_app(repository) as app:
        await app.press("stage.3")
        assert "Delivery  0 open" in app.text
        await app.press("stage.4", "stage.5", "stage.6", "stage.7", "stage.8")
        assert "Delivery  0 open" in app.text
        await app.press("stage.1")
        assert "Configuration  1 open" in app.text


async def test_panes_and_stages_by_cursor(repository: Path, open_app: Open) -> None:
    async with open_app(repository) as app:
        await app.press("pane.previous")
        assert app.app.review.rail.has_focus
        await app.type("j")
        assert "Resilience  5 open" in app.text
        await app.press("move.open")
        assert app.app.review.findings.has_focus
        await app.press("pane.next")
        assert app.app.review.detail.has_focus_within
        await app.press("app.back")
        assert app.app.review.findings.has_focus
        await app.press("move.open")
        assert app.app.review.detail.has_focus_within


async def test_zoom_shows_one_pane(repository: Path, open_app: Open) -> None:
    async with open_app(repository) as app:
        await app.press("stage.2", "pane.zoom")
        assert "Stages" not in app.text
        assert "mail.py:6" in app.text
        await app.press("app.back")
        assert "Stages" in app.text


async def test_tabs_show_why_and_code(repository: Path, open_app: Open) -> None:
    async with open_app(repository) as app:
        await app.press("stage.2", "tab.next")
        assert "The peer says nothing, and the worker is lost." in app.text
        await app.press("tab.next")
        assert '>    6      peer.fetch("https://mail.example")' in app.text
        await app.press("tab.previous", "tab.previous")
        assert "hunk 1/1" in app.text


async def test_secrets_are_never_shown(repository: Path, open_app: Open) -> None:
    async with open_app(repository) as app:
        for step in ("tab.next", "tab.next", "tab.next", "stage.2", "list.next", "app.summary"):
            await app.press(step)
            assert "sk_live" not in app.text
        await app.type("escape")
        await app.press("tab.next", "tab.next")
        assert 'API_KEY = "••••"' in app.text


async def test_filter_by_words_and_by_status(repository: Path, open_app: Open) -> None:
    async with open_app(repository) as app:
        await app.press("stage.2", "list.filter")
        await app.type(*"mail", "enter")
        assert "pay.py" not in app.text.split("╭─ Call")[0]
        assert "/mail" in app.text
        await app.press("app.back")
        assert "pay.py:9" in app.text
        await app.press("list.status")
        assert "open only" in app.text
        await app.press("list.status")
        assert "Nothing in this stage passes the filter." in app.text
        await app.press("app.back")
        assert "pay.py:9" in app.text


async def test_nothing_is_shown_that_a_filter_hides(repository: Path, open_app: Open) -> None:
    async with open_app(repository) as app:
        await app.press("stage.2", "list.filter")
        await app.pilot.press(*"mail")
        app.app.review.filter.value = "no such words"
        await app.settle()
        assert "Nothing in this stage passes the filter." in app.text
        row = app.app.review.findings.root.add_leaf("gone")
        app.app.review.findings.post_message(Tree.NodeHighlighted(row))
        await app.settle()
        assert "Nothing in this stage passes the filter." in app.text
        await app.press("app.back")
        for leave in ("enter", "tab"):
            await app.press("list.filter")
            assert "words to look for" in app.text
            await app.type(leave)
            assert "words to look for" not in app.text, "a filter without words is not left standing"


async def test_a_filter_leaves_out_nothing_of_what_the_heading_counts(
    repository: Path, open_app: Open
) -> None:
    async with open_app(repository) as app:
        await app.press("stage.2", "list.filter")
        await app.type(*"mail", "enter")
        while not app.row.startswith("Call"):
            await app.press("move.up")
        assert "3 of 4 open findings can be fixed by harden." in app.text


async def test_apply_undo_and_redo_write_what_was_previewed(repository: Path, open_app: Open) -> None:
    async with open_app(repository) as app:
        await app.press("stage.2", "fix.apply")
        assert (repository / "mail.py").read_text() == FIXED
        assert app.state == "applied"
        assert "Applied. z undoes the last thing done." in app.text
        await app.press("fix.undo")
        assert (repository / "mail.py").read_text() == MAIL
        assert app.state == "open"
        await app.press("fix.redo")
        assert (repository / "mail.py").read_text() == FIXED
        assert app.state == "applied"


async def test_options_preview_live_and_are_kept(repository: Path, open_app: Open) -> None:
    async with open_app(repository) as app:
        await app.press("stage.2", "fix.options")
        assert "over 0 to 60" in app.text
        field = app.app.review.query_one("OptionsForm Input", Input)
        field.value = "25"
        await app.settle()
        assert "wait=25)" in app.text
        field.value = "100"
        await app.settle()
        assert "! over 0 to 60" in app.text
        field.value = "25"
        app.app.review.query_one("OptionsForm Choice", Choice).value = "ms"
        await app.settle()
        assert "units.ms(25)" in app.text
        await app.press("fix.defaults")
        assert "wait=10)" in app.text
        field.value = "30"
        await app.settle()
        await app.type("enter")
        assert "wait = 30" in app.text
        await app.press("fix.apply")
        assert "wait=30)" in (repository / "mail.py").read_text()
        assert "30" in (repository / ".harden/decisions.toml").read_text()


async def test_escape_forgets_options(repository: Path, open_app: Open) -> None:
    async with open_app(repository) as app:
        await app.press("stage.2", "fix.options")
        app.app.review.query_one("OptionsForm Input", Input).value = "25"
        await app.settle()
        await app.press("app.back")
        assert "wait=10)" in app.text
        assert "wait=25" not in app.text


async def test_hunks_of_a_whole_check_are_chosen_before_enter(repository: Path, open_app: Open) -> None:
    async with open_app(repository) as app:
        await app.press("stage.2", "fix.apply_all")
        assert "2 files will be written:" in app.text
        assert (repository / "mail.py").read_text() == MAIL
        await app.press("hunk.toggle")
        assert "1 file will be written:" in app.text, "the file of the hunk that is left out is not"
        await app.press("hunk.next", "hunk.previous", "hunk.next")
        await app.type("enter")
        assert (repository / "mail.py").read_text() == MAIL
        assert PAY.count("wait=") + 2 == (repository / "pay.py").read_text().count("wait=10")


async def test_an_import_stays_on_and_no_hunk_means_no_fix(repository: Path, open_app: Open) -> None:
    async with open_app(repository) as app:
        await app.press("stage.2", "list.next", "fix.options")
        app.app.review.query_one("OptionsForm Choice", Choice).value = "ms"
        await app.settle()
        await app.type("enter")
        assert "wait=units.ms(" in app.text
        assert "[x]" in app.text
        await app.press("hunk.toggle")
        assert "[ ]" in app.text
        await app.press("fix.apply")
        assert (repository / "pay.py").read_text() == PAY
        await app.press("hunk.toggle", "hunk.next", "hunk.previous", "fix.apply")
        assert "import units" in (repository / "pay.py").read_text()


async def test_what_a_person_has_to_fix_says_so(repository: Path, open_app: Open) -> None:
    async with open_app(repository) as app:
        assert "No mechanical edit is safe here" in app.text
        await app.press("stage.2", "list.next", "list.next", "list.next")
        assert app.row == "pay.py:18"
        assert "The arguments are packed." in app.text
        await app.press("fix.apply")
        assert git(repository, "status", "--short", "--", "*.py") == ""


async def test_ignore_needs_a_reason_and_reopens(repository: Path, open_app: Open) -> None:
    async with open_app(repository) as app:
        await app.press("stage.2", "finding.ignore")
        await app.type("enter")
        assert "A reason is required" in app.text
        await app.type(*"fine", "tab", "right", "tab", *"2001-01-01", "enter")
        assert "2001-01-01 is not in the future." in app.text
        app.app.screen.query_one("#until", Input).value = ""
        await app.type("enter")
        assert app.state == "ignored"
        assert 'reason = "fine"' in (repository / ".harden/decisions.toml").read_text()
        assert 'scope = "file"' in (repository / ".harden/decisions.toml").read_text()
        await app.press("finding.reopen")
        assert app.state == "open"


async def test_questions_are_answered_on_the_list(repository: Path, open_app: Open) -> None:
    (repository / "notes.md").write_text("Keys lie in the vault.\n")
    async with open_app(repository) as app:
        await app.press("move.last")
        assert app.row == "store"
        assert "notes.md:1" in app.text
        assert "Keys lie in the vault." in app.text
        for id, mark in (("answer.yes", "y"), ("answer.no", "n"), ("answer.none", "0")):
            await app.press(id)
            assert f"{mark} Secrets come from a store" in app.text
        await app.press("answer.note")
        await app.type(*"soon", "enter")
        assert "not applicable: soon" in app.text


async def test_copy_takes_the_patch_or_the_place(repository: Path, open_app: Open) -> None:
    async with open_app(repository) as app:
        await app.press("finding.copy")
        assert app.app.clipboard == "pay.py:5"
        await app.press("stage.2", "finding.copy")
        assert app.app.clipboard.startswith("--- a/mail.py\n+++ b/mail.py\n@@")


async def test_the_palette_knows_actions_checks_and_files(repository: Path, open_app: Open) -> None:
    async with open_app(repository) as app:
        await app.press("app.palette")
        await app.type(*"mail.py")
        await app.pilot.pause(0.3)
        await app.type("enter")
        await app.settle()
        assert app.row in ("mail.py:5", "mail.py:6")


async def test_users_own_edits_need_a_second_key(repository: Path, open_app: Open) -> None:
    (repository / "mail.py").write_text(MAIL + "\n# mine\n")
    async with open_app(repository) as app:
        await app.press("stage.2", "fix.apply")
        assert "edits of yours that are not committed" in app.text
        await app.type("escape")
        assert (repository / "mail.py").read_text() == MAIL + "\n# mine\n"
        await app.press("fix.apply", "fix.apply")
        assert (repository / "mail.py").read_text() == FIXED + "\n# mine\n"
        await app.press("fix.undo", "fix.apply")
        assert app.state == "applied", "asked once for a file, not every time"


async def test_a_file_changed_since_the_preview_is_scanned_again(repository: Path, open_app: Open) -> None:
    async with open_app(repository) as app:
        await app.press("stage.2")
        (repository / "mail.py").write_text("# first\n" + MAIL)
        git(repository, "commit", "-qam", "Elsewhere")
        await app.press("fix.apply")
        assert (repository / "mail.py").read_text() == "# first\n" + MAIL
        assert app.row == "mail.py:7"
        await app.press("fix.apply")
        assert (repository / "mail.py").read_text() == "# first\n" + FIXED


async def test_rescan_sees_new_and_gone_files(repository: Path, open_app: Open) -> None:
    async with open_app(repository) as app:
        (repository / "mail.py").rename(repository / "post.py")
        await app.press("stage.2", "app.rescan")
        assert "post.py:6" in app.text
        assert "mail.py" not in app.text


async def test_a_restart_resumes_where_the_person_left_off(repository: Path, open_app: Open) -> None:
    async with open_app(repository) as app:
        await app.press("stage.2", "list.next")
        assert app.row == "pay.py:9"
        await app.press("app.quit")
    async with open_app(repository) as app:
        assert app.row == "pay.py:9"
        assert "Resilience  5 open" in app.text


async def test_a_restart_keeps_the_row_when_results_arrive_above_it(
    repository: Path, open_app: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_app(repository) as app:
        await app.press("stage.2", "list.next")
        assert app.row == "pay.py:9"
        await app.press("app.quit")
    first_shown = asyncio.Event()

    async def one_by_one(root: Path) -> AsyncIterator[Start | FileResult | Done]:
        events = [event async for event in scan_here(root)]
        by_path = {event.path: event for event in events if isinstance(event, FileResult)}
        yield events[0]
        yield by_path["pay.py"]
        await first_shown.wait()
        yield by_path["mail.py"]
        yield events[-1]

    monkeypatch.setattr("harden.tui.scanner.stream", one_by_one)
    async with open_app(repository, settled=False) as app:
        while app.app.review.item is None or app.app.review._sync_timer is not None:
            await app.pilot.pause(0.01)
        assert app.row == "pay.py:9"
        first_shown.set()
        await app.settle()
        assert app.row == "pay.py:9"


async def test_the_editor_opens_at_the_line(
    repository: Path, open_app: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    called: list[tuple[str, int]] = []

    def edit(_app: object, path: Path, line: int) -> str:
        called.append((path.name, line))
        path.write_text(path.read_text().replace("peer.fetch(", "peer.fetch(wait=1, x="))
        return ""

    monkeypatch.setattr("harden.tui.editor.edit", edit)
    async with open_app(repository) as app:
        await app.press("stage.2", "finding.edit")
        assert called == [("mail.py", 6)]
        assert "mail.py:6" not in app.text


async def test_the_cursor_follows_a_line_that_was_edited(
    repository: Path, open_app: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    def edit(_app: object, path: Path, _line: int) -> str:
        path.write_text("\n" + path.read_text().replace("order.url", "order.link"))
        return ""

    monkeypatch.setattr("harden.tui.editor.edit", edit)
    async with open_app(repository) as app:
        await app.press("stage.2", "move.down")
        assert app.row == "pay.py:9"
        await app.press("finding.edit")
        assert app.row == "pay.py:10"
        assert "peer.fetch(order.link, wait=10)" in app.text


async def test_help_names_every_place_and_goes_away(repository: Path, open_app: Open) -> None:
    async with open_app(repository) as app:
        await app.press("app.help")
        assert "What was found in this stage, by check" in app.text
        await app.press("app.back")
        assert "Stages" in app.text


async def test_summary_explains_the_score(repository: Path, open_app: Open) -> None:
    async with open_app(repository) as app:
        await app.press("app.summary")
        assert "Readiness" in app.text
        assert "1 × Secret in the code" in app.text
        assert "What to do next" in app.text
        await app.press("app.back")
        assert "Stages" in app.text


async def test_a_notice_is_shown_once(folder: Path, open_app: Open) -> None:
    async with open_app(folder) as app:
        await app.press("stage.2", "fix.apply")
        assert "cannot be written" not in app.text
        (folder / ".harden" / "ledger.jsonl").unlink()
        (folder / ".harden" / "ledger.jsonl").mkdir()
        await app.press("fix.undo")
        told = [toast for toast in app.app._notifications if "ledger.jsonl cannot be" in toast.message]
        assert [toast.severity for toast in told] == ["warning"]
        await app.press("fix.redo", "move.down")
        told = [toast for toast in app.app._notifications if "ledger.jsonl cannot be" in toast.message]
        assert len(told) == 1
