"""From applied fixes to commits, or to a patch file where there is no repository."""

from __future__ import annotations

from pathlib import Path

from textual.widgets import Checkbox, Input

from harden.tui.choice import Choice
from tests.tui.driving import MAIL, Open, git


async def test_one_commit_per_stage_on_a_new_branch(repository: Path, open_app: Open) -> None:
    (repository / "notes.md").write_text("mine\n")
    async with open_app(repository) as app:
        await app.press("stage.2", "fix.apply", "app.commit")
        assert "Resilience   1 fix in 1 file" in app.text
        assert "Not included: 1 file you changed yourself" in app.text
        app.app.screen.query_one(".subject", Input).value = "Bound every call"
        await app.press("commit.now")
        assert "1 commit on the new branch harden/" in app.text
        await app.press("app.back")
        assert "harden/" in app.text.splitlines()[0]
    assert git(repository, "log", "-1", "--format=%s").strip() == "Bound every call"
    assert "Harden-Patch:" in git(repository, "log", "-1", "--format=%b")
    assert git(repository, "branch", "--show-current").startswith("harden/")
    assert git(repository, "status", "--short") == "?? notes.md\n"


async def test_stay_on_the_branch(repository: Path, open_app: Open) -> None:
    async with open_app(repository) as app:
        await app.press("stage.2", "fix.apply", "app.commit")
        app.app.screen.query_one(Choice).value = "stay"
        await app.press("commit.now")
        assert "1 commit on main" in app.text
    assert git(repository, "branch", "--show-current").strip() == "main"


async def test_a_failing_hook_is_told_and_nothing_changes(repository: Path, open_app: Open) -> None:
    hook = repository / ".git/hooks/pre-commit"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\necho no way >&2\nexit 1\n")
    hook.chmod(0o755)
    async with open_app(repository) as app:
        await app.press("stage.2", "fix.apply", "app.commit", "commit.now")
        assert "ctrl+s try again" in app.text
    assert git(repository, "log", "--format=%s").strip() == "Start"
    assert git(repository, "branch", "--show-current").strip() == "main"


async def test_nothing_chosen_is_no_commit(repository: Path, open_app: Open) -> None:
    async with open_app(repository) as app:
        await app.press("stage.2", "fix.apply", "app.commit")
        app.app.screen.query_one(Checkbox).value = False
        await app.press("commit.now")
    assert git(repository, "log", "--format=%s").strip() == "Start"


async def test_a_merge_blocks_with_its_reason(repository: Path, open_app: Open) -> None:
    async with open_app(repository) as app:
        await app.press("stage.2", "fix.apply")
        (repository / ".git/MERGE_HEAD").write_text(git(repository, "rev-parse", "HEAD"))
        await app.press("app.commit")
        assert "Commit is off until the merge is finished." in app.text


async def test_outside_git_a_patch_file_is_written(folder: Path, open_app: Open) -> None:
    async with open_app(folder) as app:
        await app.press("stage.2", "fix.apply", "app.commit")
        assert "not a git repository" in app.text
        await app.press("commit.now")
        assert "Written: harden.patch" in app.text
    git(folder, "init", "-q")
    assert "wait=10" in (folder / "mail.py").read_text()
    git(folder, "apply", "-R", "harden.patch")
    assert (folder / "mail.py").read_text() == MAIL
