"""From applied fixes to commits, or to a patch file where there is no repository."""

from __future__ import annotations

import re
import threading
from pathlib import Path

import pytest
from textual.containers import VerticalScroll
from textual.widgets import Checkbox, Input

from harden import commits
from harden.errors import RepositoryError
from harden.journal import Entry
from harden.repository import Commit, FileChange, Repository
from harden.session import Session
from harden.tui.commit import CommitScreen
from tests.tui.driving import MAIL, PAY, Driver, Open, git

SECOND = """
from peer import fetch

API_KEY = "sk_live_9876543210"


def later():
    return fetch("/later")
"""
REFUSING = r"seq 1 90 | sed 's/^/line [b] /'; printf '\033[31mno way\033[0m\n' >&2; exit 1"


def hook(root: Path, text: str, name: str = "pre-commit") -> Path:
    """Make a hook of a shell script."""
    file = root / ".git/hooks" / name
    file.parent.mkdir(exist_ok=True)
    file.write_text(f"#!/bin/sh\n{text}\n")
    file.chmod(0o755)
    return file


def subject(app: Driver) -> Input:
    """Return the first line of the first message."""
    return app.app.screen.query(".subject").first(Input)


async def test_one_commit_per_stage_on_a_new_branch(repository: Path, open_app: Open) -> None:
    (repository / "notes.md").write_text("mine\n")
    async with open_app(repository) as app:
        await app.press("stage.2", "fix.apply", "app.commit")
        assert "[x] Resilience   1 file, 1 hunk" in app.text
        assert "harden(resilience): fix call without limit" in app.text
        assert "Not included: 1 file you changed yourself" in app.text
        assert "hooks: none    sign: no" in app.text
        assert "Goes along, for the team: .harden/ledger.jsonl\n" in re.sub(" +│", "", app.text)
        await app.press("commit.now")
        assert "1 commit on the new branch harden/" in app.text
        assert "Nothing was pushed: this repository has no remote." in app.text
        assert "`git switch main` leads back" in app.text
        await app.press("app.back")
        assert "harden/" in app.text.splitlines()[0]
    assert "Harden-Patch:" in git(repository, "log", "-1", "--format=%b")
    assert git(repository, "branch", "--show-current").startswith("harden/")
    assert git(repository, "status", "--short") == "?? notes.md\n"


async def test_stay_on_the_branch(repository: Path, open_app: Open, tmp_path: Path) -> None:
    git(tmp_path, "init", "-q", "--bare", "far")
    git(repository, "remote", "add", "origin", str(tmp_path / "far"))
    async with open_app(repository) as app:
        await app.press("stage.2", "fix.apply", "app.commit")
        await app.type("down", "right")
        assert "(•) stay on main" in app.text
        await app.press("commit.now")
        assert "1 commit on main" in app.text
        assert "share it with `git push -u origin main`." in app.text
    assert git(repository, "branch", "--show-current").strip() == "main"
    assert git(tmp_path / "far", "branch") == ""


async def test_letters_are_keys_until_a_message_is_edited(repository: Path, open_app: Open) -> None:
    async with open_app(repository) as app:
        await app.press("stage.2", "fix.apply", "app.commit")
        before = subject(app).value
        await app.type("w", "k", "j", "Z")
        assert subject(app).value == before
        await app.press("commit.edit")
        assert subject(app).has_focus
        await app.type("home", *"edQ ", "enter")
        assert subject(app).value == f"edQ {before}"
        assert isinstance(app.app.screen, CommitScreen)
        assert not subject(app).has_focus
        await app.press("commit.now")
    assert git(repository, "log", "-1", "--format=%s").strip() == f"edQ {before}"
    assert "Harden-Patch:" in git(repository, "log", "-1", "--format=%b")


async def test_esc_takes_back_what_was_typed_and_then_leaves(repository: Path, open_app: Open) -> None:
    async with open_app(repository) as app:
        await app.press("stage.2", "fix.apply", "app.commit", "commit.edit")
        before = subject(app).value
        await app.type(*"xyz", "escape")
        assert subject(app).value == before
        await app.press("commit.edit")
        await app.type("home", "shift+end", "delete", "enter")
        assert subject(app).value == before, "an empty first line is none"
        await app.press("commit.leave")
        assert app.app.screen is app.app.review
        await app.press("app.commit")
        await app.type("q")
        assert app.app.screen is app.app.review
    assert git(repository, "log", "--format=%s").strip() == "Start"


async def test_a_whole_message_is_edited_in_an_editor(
    repository: Path, open_app: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown: list[str] = []
    answers = [("Bound calls\n\nBecause [bold].\n", ""), ("  \n", ""), ("", "true ended with status 1.")]

    def edit(_app: object, path: Path, line: int) -> str:
        shown.append(path.read_text())
        text, problem = answers[len(shown) - 1]
        path.write_text(text)
        return problem

    monkeypatch.setattr("harden.tui.editor.edit", edit)
    async with open_app(repository) as app:
        await app.press("stage.2", "fix.apply", "app.commit", "commit.editor")
        assert "Harden-Patch: " in shown[0]
        assert "Bound calls" in app.text
        await app.press("commit.editor")
        assert "An empty message is none: it stays as it was." in app.toasts
        await app.press("commit.editor")
        assert shown[1:] == ["Bound calls\n\nBecause [bold].\n"] * 2
        assert "ended with status 1" in app.toasts
        await app.press("commit.now")
    assert git(repository, "log", "-1", "--format=%B").strip() == "Bound calls\n\nBecause [bold]."


async def test_the_diff_of_a_commit_is_read_without_secrets(repository: Path, open_app: Open) -> None:
    (repository / "pay.py").write_text(PAY + SECOND)
    git(repository, "commit", "-qam", "Later")
    async with open_app(repository) as app:
        await app.press("stage.2", "list.next", "fix.apply", "list.next", "fix.apply")
        await app.press("list.next", "list.next", "fix.apply", "app.commit", "commit.diff")
        assert "wait=10" in app.text
        assert "hunk 1/2" in app.text
        assert "sk_live" not in app.text
        await app.press("hunk.next", "hunk.previous", "hunk.toggle")
        assert "[ ]" not in app.text, "what is read is no choice"
        await app.press("commit.diff")
        assert "[x] Resilience   1 file, 2 hunks" in app.text
        assert app.app.screen.query(Checkbox).first().has_focus
        await app.press("commit.diff", "dialog.leave", "commit.leave")
        assert app.app.screen is app.app.review


async def test_what_is_not_chosen_stays(repository: Path, open_app: Open) -> None:
    async with open_app(repository) as app:
        await app.press("stage.2", "fix.apply", "app.commit", "commit.choose")
        assert "[ ] Resilience" in app.text
        await app.press("commit.now")
        assert "No commit is selected." in app.text
        await app.type("tab")
        await app.press("move.up", "move.up", "move.down")
        assert git(repository, "log", "--format=%s").strip() == "Start"


async def test_a_failing_hook_is_told_in_its_own_words_and_nothing_is_lost(
    repository: Path, open_app: Open
) -> None:
    file = hook(repository, REFUSING)
    async with open_app(repository) as app:
        await app.press("stage.2", "fix.apply", "app.commit")
        assert "hooks: pre-commit will run" in app.text
        await app.press("commit.edit")
        await app.type("home", *"My ", "enter")
        await app.press("commit.now")
        assert "No commit was made, and nothing is lost: ctrl+s tries again." in app.text
        assert "line [b] 1\n" in "\n".join(line.strip(" │") for line in app.text.splitlines()) + "\n"
        assert app.app.screen.query_one("#trouble", VerticalScroll).has_focus
        await app.type("end")
        assert "no way" in app.text
        assert "My harden(resilience)" in subject(app).value
        assert git(repository, "log", "--format=%s").strip() == "Start"
        assert git(repository, "branch", "--show-current").strip() == "main"
        await app.press("commit.edit")
        await app.type("home", *"Own ", "enter")
        assert subject(app).value.startswith("Own My harden(resilience)"), "the only commit, from anywhere"
        file.unlink()
        await app.press("commit.now")
        assert "1 commit on the new branch" in app.text
        assert "no way" not in app.text
    assert git(repository, "log", "-1", "--format=%s").startswith("Own My harden(resilience)")


async def test_commits_before_a_refused_one_stand_and_leave_the_screen(
    repository: Path, open_app: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, calls = Repository.commit, [0]

    def second_fails(self: Repository, message: str, changes: list[FileChange]) -> Commit:
        calls[0] += 1
        if calls[0] == 2:
            raise RepositoryError("git commit: refused", "refused")
        return real(self, message, changes)

    def apart(session: object, entries: list[Entry]) -> list[tuple[str, tuple[Entry, ...]]]:
        return [(f"Part {entry.number}", (entry,)) for entry in entries]

    monkeypatch.setattr(Repository, "commit", second_fails)
    monkeypatch.setattr(commits, "_grouped", apart)
    async with open_app(repository) as app:
        await app.press("stage.2", "fix.apply", "list.next", "fix.apply", "app.commit")
        assert "Part 1" in app.text
        await app.type("down")
        await app.press("commit.edit")
        await app.type("home", *"Mine ", "enter")
        await app.press("commit.now")
        assert "1 commit was made on harden/" in app.text
        assert "the next one was refused" in app.text
        assert "Part 1" not in app.text
        assert "Mine harden(resilience)" in app.text
        assert "(•) stay on harden/" in app.text
        await app.press("commit.now")
        assert "1 commit on harden/" in app.text
    assert git(repository, "log", "--format=%s").count("harden(resilience)") == 2


async def test_keys_of_the_screen_are_a_persons_own(repository: Path, open_app: Open) -> None:
    (repository / "harden.toml").write_text(
        '[keys]\n"commit.now" = "ctrl+g"\n"commit.choose" = "m"\n"commit.leave" = "b"\n"commit.diff" = "y"\n'
    )
    async with open_app(repository) as app:
        await app.press("stage.2", "fix.apply", "app.commit")
        assert "ctrl+g commit   m choose" in app.text
        await app.type("m")
        assert "[ ] Resilience" in app.text
        await app.type("space", "m", "y")
        assert "hunk 1/1" in app.text
        await app.type("escape", "q", "b")
        assert app.app.screen is app.app.review


async def test_nothing_is_written_before_git_has_told(
    repository: Path, open_app: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    may_tell = threading.Event()
    plan = Session.commit_plan

    def slow(session: Session) -> commits.CommitPlan:
        may_tell.wait()
        return plan(session)

    monkeypatch.setattr(Session, "commit_plan", slow)
    async with open_app(repository) as app:
        await app.press("stage.2", "fix.apply")
        try:
            await app.pilot.press("C")
            while not isinstance(app.app.screen, CommitScreen):
                await app.pilot.pause(0.01)
            await app.pilot.press("ctrl+s")
            await app.pilot.pause(0.05)
            assert "git is still being asked what would be committed." in app.toasts
        finally:
            may_tell.set()
        await app.settle()
        assert not (repository / "harden.patch").exists()
        await app.press("commit.now")
        assert "1 commit on the new branch" in app.text


async def test_a_merge_dims_the_key_and_blocks_with_its_reason(repository: Path, open_app: Open) -> None:
    async with open_app(repository) as app:
        await app.press("stage.2", "fix.apply")
        head = git(repository, "rev-parse", "HEAD")
        (repository / ".git/MERGE_HEAD").write_text(head)
        await app.press("app.commit")
        assert "Commit is off until the merge is finished." in app.text
        await app.press("commit.now", "commit.edit")
        assert "There is no commit here." in app.toasts
        await app.press("commit.leave", "app.rescan", "app.commit")
        assert app.app.screen is app.app.review
        assert "Commit is off until the merge is finished." in app.toasts
        assert "main (merge)" in app.text.splitlines()[0]
        assert "until the merge is" in app.text.replace("│", ""), "the rail tells it too"
        (repository / ".git/MERGE_HEAD").unlink()
        app.app.review.going._watch_git()
        await app.settle()
        await app.press("app.commit")
        assert "[x] Resilience" in app.text


async def test_outside_git_a_patch_file_is_written(folder: Path, open_app: Open) -> None:
    async with open_app(folder) as app:
        assert "no git" in app.text.splitlines()[0]
        await app.press("stage.2", "fix.apply", "app.commit")
        assert "not a git repository" in app.text
        assert "`git init` makes this folder a repository" in " ".join(app.text.replace("│", "").split())
        await app.press("commit.now")
        assert "Written: harden.patch" in app.text
    git(folder, "init", "-q")
    assert "wait=10" in (folder / "mail.py").read_text()
    git(folder, "apply", "-R", "harden.patch")
    assert (folder / "mail.py").read_text() == MAIL


async def test_a_patch_file_that_cannot_be_written_is_told(folder: Path, open_app: Open) -> None:
    (folder / "harden.patch").mkdir()
    async with open_app(folder) as app:
        await app.press("stage.2", "fix.apply", "app.commit", "commit.now")
        assert "Nothing was written." in app.text
        assert "harden.patch cannot be written" in app.text
        (folder / "harden.patch").rmdir()
        await app.press("commit.now")
        assert "Written: harden.patch" in app.text


async def test_a_small_screen_shows_all_of_a_long_plan(repository: Path, open_app: Open) -> None:
    git(repository, "checkout", "-q", "-b", "feature/" + "x" * 150 + "]b")
    for number in range(30):
        (repository / f"a[{number}] [bold].txt").write_text("mine\n")
    async with open_app(repository, 60, 16) as app:
        await app.press("stage.2", "fix.apply", "app.commit")
        assert "[x] Resilience   1 file, 1 hunk" in app.text
        await app.press("move.page_down")
        assert "a[10] [bold].txt" in app.text
        await app.press("move.page_down")
        assert "hooks: none" in app.text
        await app.press("move.page_up", "move.page_up")
        assert "[x] Resilience" in app.text
        await app.pilot.resize_terminal(120, 40)
        await app.settle()
        assert "Not included: 30 files" in app.text
        assert "and 24 more" in app.text
