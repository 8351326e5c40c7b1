"""What the app says where there is nothing to show, or something is wrong."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from harden.tui import scanner
from harden.tui.scanner import start, stop, stream
from tests.tui.driving import MAIL, PAY, Driver, Open, git


def flat(app: Driver) -> str:
    """Return the pane at the right, or the dialog, as one line, so that folded sentences are found."""
    lines = [line.split("││")[-1] for line in app.text.splitlines()]
    return " ".join(" ".join(lines).replace("│", " ").split())


async def test_a_file_that_does_not_parse_is_listed(repository: Path, open_app: Open) -> None:
    (repository / "old.py").write_text("print 'x'\n")
    async with open_app(repository) as app:
        assert "Could not check" in app.text
        assert "unchecked        1" in app.text
        await app.press("move.last", "move.unfold", "move.last")
        assert app.row == "old.py:1"
        assert "The rest of the repository is checked as usual." in app.text


async def test_a_first_start_says_what_happens_and_shows_a_finding(folder: Path, open_app: Open) -> None:
    (folder / "pay.py").unlink()
    async with open_app(folder) as app:
        assert "Nothing is written until you press a on a preview" in " ".join(app.text.split())
        assert app.row == "mail.py:6"
        await app.press("move.down")
        assert "Nothing is" not in app.text
        await app.press("app.quit")
    async with open_app(folder) as app:
        assert "Nothing is" not in app.text


async def test_no_findings(folder: Path, open_app: Open) -> None:
    (folder / "pay.py").write_text("x = 1\n")
    (folder / "mail.py").unlink()
    async with open_app(folder) as app:
        await app.press("stage.2", "list.filter")
        await app.type(*"zz", "enter")
        assert "Nothing in this stage passes the filter." in app.text
        await app.press("app.back", "list.next")
        assert "Resilience  0 open" in app.text


async def test_no_python_at_all(folder: Path, open_app: Open) -> None:
    (folder / "pay.py").unlink()
    (folder / "mail.py").unlink()
    async with open_app(folder) as app:
        assert "0 files" in app.text.splitlines()[0]
        await app.press("list.filter")
        await app.type("z", "enter")
        await app.press("app.back")


async def test_no_findings_are_told_with_what_is_left(repository: Path, open_app: Open) -> None:
    (repository / "pay.py").write_text("x = 1\n")
    (repository / "mail.py").write_text("print 'x'\n")
    async with open_app(repository, seen=False) as app:
        await app.press("move.first")
        assert "No issues in 2 files. 4 questions wait for you." in flat(app)
        assert "1 file could not be checked, or not with every check:" in flat(app)
        assert "mail.py:1" in app.text


async def test_without_python_what_git_ignores_is_counted(repository: Path, open_app: Open) -> None:
    git(repository, "rm", "-q", "pay.py", "mail.py")
    (repository / ".gitignore").write_text("build/\n")
    (repository / "build").mkdir()
    for name in ("a.py", "b.py", "c.txt"):
        (repository / "build" / name).write_text("x = 1\n")
    async with open_app(repository, seen=False) as app:
        await app.press("move.first")
        assert "No .py files under" in flat(app)
        assert "(2 ignored by git)." in flat(app)


async def test_what_could_not_be_checked_is_listed_and_copied(
    repository: Path, open_app: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    from harden.registry import check_named

    told = "no luck [b] [/x]\npeer.shout('secret code')"

    def crash(*_: object) -> object:
        raise RuntimeError(told)

    monkeypatch.setattr(check_named("loud"), "calls", [("peer.shout", crash)])
    (repository / "old[b].py").write_text("print 'x'\n")
    async with open_app(repository) as app:
        await app.press("stage.2", "move.last")
        assert app.row == "Could not check"
        assert "2 files could not be checked, or not with every check:" in flat(app)
        assert "old[b].py:1" in app.text.split("could not be checked")[1]
        await app.press("move.unfold", "move.last")
        assert app.row == "old[b].py:1"
        await app.press("move.up")
        assert app.row == "mail.py"
        assert "loud could not look here: RuntimeError: no luck [b] [/x]" in flat(app)
        assert "enter shows where it went wrong; Y copies the details." in flat(app)
        assert "Traceback" not in app.text
        await app.press("finding.copy")
        assert "RuntimeError: no luck [b] [/x]\n" in app.app.clipboard
        assert "secret code" not in app.app.clipboard
        await app.press("move.open")
        assert "[Why]" in app.text
        assert "Traceback (most recent call last):" in app.text
        await app.press("app.back", "move.up", "move.up", "move.up", "move.up", "move.up")
        assert "[Fix]" in app.text, "the tab is the person's own again"


async def test_a_codemod_that_fails_leaves_a_sentence_and_details_to_copy(
    repository: Path, open_app: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    from sample.codemods import AddWait  # type: ignore[import-not-found]

    def crash(*_: object) -> object:
        raise RuntimeError("no luck [/x]\nfrom the code")

    monkeypatch.setattr(AddWait, "edit", crash)
    async with open_app(repository) as app:
        await app.press("stage.2")
        assert "Preview failed; your code is untouched. Y copies the details." in flat(app)
        assert "RuntimeError: no luck [/x]" in flat(app)
        assert "Preparing the fix" not in app.text
        await app.press("finding.copy")
        assert app.app.clipboard.startswith("Traceback (most recent call last):\n")
        assert app.app.clipboard.endswith("RuntimeError: no luck [/x]\n")
        await app.press("fix.apply")
        assert "RuntimeError" in app.toasts
        await app.press("move.last", "finding.copy")
        assert app.app.clipboard == "Limits of outside services are known"
    assert (repository / "mail.py").read_text() == MAIL


async def test_a_crash_of_the_engine_is_told_too(
    repository: Path, open_app: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    from harden.session import Session

    async with open_app(repository) as app:

        def crash(*_: object) -> object:
            raise ZeroDivisionError("none")

        monkeypatch.setattr(Session, "preview", crash)
        await app.press("stage.2")
        assert "Preview failed; your code is untouched." in flat(app)
        assert "ZeroDivisionError: none" in flat(app)
        await app.press("finding.copy", "fix.apply_all")
        assert "ZeroDivisionError: none" in app.app.clipboard
        assert "ZeroDivisionError: none" in app.text
        await app.press("dialog.keep", "dialog.leave")
        monkeypatch.undo()
        await app.press("move.down", "move.up")
        assert "hunk 1/1" in app.text


async def test_a_file_that_changed_is_scanned_again_and_told(repository: Path, open_app: Open) -> None:
    async with open_app(repository) as app:
        await app.press("stage.2")
        (repository / "mail.py").write_text("# first\n" + MAIL)
        git(repository, "commit", "-qam", "Elsewhere")
        await app.press("fix.apply")
        assert "mail.py changed since the scan; it was scanned again." in app.toasts
        assert app.row == "mail.py:7"


async def test_a_file_that_is_gone_is_told(repository: Path, open_app: Open) -> None:
    (repository / "mail.py").rename(repository / "my mail.py")
    git(repository, "add", ".")
    git(repository, "commit", "-qam", "Spaces")
    async with open_app(repository) as app:
        await app.press("stage.2")
        assert app.row == "my mail.py:6"
        (repository / "my mail.py").unlink()
        await app.press("fix.apply")
        assert app.toasts == "my mail.py is gone."
        assert "my mail.py" not in app.text.replace(app.toasts, "")


async def test_a_disk_that_takes_nothing_is_told(
    repository: Path, open_app: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))

    async with open_app(repository) as app:
        await app.press("stage.2")
        monkeypatch.setattr("harden.journal.write_atomically", full)
        await app.press("fix.apply")
        assert "Read-only file system" in app.toasts
        assert "nothing was changed" in app.toasts
        assert app.state == "open"
        monkeypatch.undo()
    assert (repository / "mail.py").read_text() == MAIL


async def test_a_detached_head_is_named_and_commit_is_off(repository: Path, open_app: Open) -> None:
    git(repository, "checkout", "-q", "--detach")
    async with open_app(repository) as app:
        assert "(detached HEAD)" in app.text.splitlines()[0]
        await app.press("stage.2", "fix.apply", "app.commit")
        assert "Commit is off while HEAD is detached: switch to a branch first." in app.toasts
        assert app.app.screen is app.app.review


async def test_a_repository_without_commits_says_what_comes_first(folder: Path, open_app: Open) -> None:
    git(folder, "init", "-q", "-b", "main")
    async with open_app(folder) as app:
        assert " main " in app.text.splitlines()[0]
        await app.press("stage.2", "fix.apply", "edited.diff")
        assert "+  6      peer.fetch" in app.text.replace("+ 6 ", "+  6 ")
        await app.press("edited.apply", "app.commit")
        assert "mail.py is not in git yet: commit it first." in flat(app)
        await app.press("commit.leave", "fix.undo")
        assert app.state == "open"


async def test_a_linked_worktree_is_committed_to(repository: Path, open_app: Open, tmp_path: Path) -> None:
    linked = tmp_path / "linked"
    git(repository, "worktree", "add", "-q", "-b", "topic", str(linked))
    async with open_app(linked) as app:
        assert " topic " in app.text.splitlines()[0]
        await app.press("stage.2", "fix.apply", "app.commit", "commit.now")
        assert "1 commit on the new branch harden/" in app.text
        assert "`git switch topic` leads back" in app.text
    assert git(repository, "status", "--short") == ""


async def test_a_submodule_is_a_repository_of_its_own(
    repository: Path, open_app: Open, tmp_path: Path
) -> None:
    outer = tmp_path / "outer"
    outer.mkdir()
    git(outer, "init", "-q", "-b", "main")
    git(outer, "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(repository), "lib")
    git(outer, "commit", "-q", "-m", "Add lib")
    async with open_app(outer / "lib") as app:
        await app.press("stage.2", "fix.apply", "app.commit", "commit.now")
        assert "1 commit on the new branch harden/" in app.text
    assert git(outer, "status", "--short") == " M lib\n"


async def test_decisions_that_cannot_be_read_are_named(repository: Path, open_app: Open) -> None:
    file = repository / ".harden/decisions.toml"
    file.parent.mkdir()
    file.write_text("[answers\n")
    async with open_app(repository) as app:
        assert "decisions.toml" in app.text
        assert "Put it right and press r, or q to leave." in flat(app)
        await app.press("app.commit")
        assert "decisions.toml" in app.toasts
        file.unlink()
        await app.press("app.rescan")
        assert app.row == "pay.py:5"


async def test_decisions_broken_meanwhile_are_named_and_left_alone(repository: Path, open_app: Open) -> None:
    file = repository / ".harden/decisions.toml"
    async with open_app(repository) as app:
        file.parent.mkdir(exist_ok=True)
        file.write_text("[answers\n")
        await app.press("stage.2", "finding.ignore")
        await app.type(*"why", "enter")
        assert "decisions.toml" in app.toasts
        assert app.state == "open"
        assert file.read_text() == "[answers\n"


async def test_a_scan_that_is_killed_says_so(
    folder: Path, open_app: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_app(folder) as app:
        for name, real in (("start", start), ("stop", stop), ("stream", stream)):
            monkeypatch.setattr(scanner, name, real)
        killed = (sys.executable, "-c", "import os; os.kill(os.getpid(), 9)")
        monkeypatch.setattr(scanner, "COMMAND", killed)
        await app.press("app.rescan")
        assert "scan failed" in app.text.splitlines()[0]
        await app.press("stage.3", "move.first")
        assert "The scan stopped: its process was ended by signal 9. r starts it again." in flat(app)


async def test_wrong_settings_are_named(folder: Path, open_app: Open) -> None:
    (folder / "harden.toml").write_text("colour = 1\n")
    async with open_app(folder) as app:
        assert "unknown key 'colour'" in app.text
        (folder / "harden.toml").unlink()
        await app.press("app.rescan")
        assert app.row == "pay.py:5"


async def test_a_scan_that_fails_says_why(
    folder: Path, open_app: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def failing(root: Path) -> AsyncIterator[None]:
        if root == folder:
            raise scanner.ScanFailed("out of luck")
        yield

    async with open_app(folder) as app:
        monkeypatch.setattr(scanner, "stream", failing)
        await app.press("app.rescan")
        assert "scan failed" in app.text.splitlines()[0]


async def test_code_is_never_read_as_markup(repository: Path, open_app: Open) -> None:
    (repository / "a[b].py").write_text("import peer\n\npeer.fetch('[/x] [bold]')\n")
    async with open_app(repository) as app:
        await app.press("stage.2")
        assert app.row == "a[b].py:3"
        assert "peer.fetch('[/x] [bold]', wait=10)" in app.text
        await app.press("list.filter")
        await app.type("left_square_bracket", "slash", "enter")
        await app.press("app.back", "fix.apply")
        assert "a[b].py" in app.text
        await app.press("fix.apply")
        assert app.state == "applied"


async def test_a_terminal_too_small_says_so(repository: Path, open_app: Open) -> None:
    async with open_app(repository, 38, 12) as app:
        assert "harden needs 40x10" in app.text


async def test_one_pane_at_a_time(repository: Path, open_app: Open) -> None:
    async with open_app(repository, 50, 18) as app:
        await app.press("stage.2")
        assert "mail.py:6" in app.text
        assert "hunk 1/1" not in app.text
        await app.press("move.open")
        assert "hunk 1/1" in app.text
        await app.press("app.back")
        assert "hunk 1/1" not in app.text


async def test_an_applied_fix_survives_a_restart(repository: Path, open_app: Open) -> None:
    async with open_app(repository) as app:
        await app.press("stage.2", "list.next", "fix.apply", "app.quit")
    async with open_app(repository) as app:
        assert "applied          1" in app.text
        assert "Applied earlier" in app.text
        await app.press("list.filter")
        await app.type(*"pay.py", "enter")
        await app.press("move.last")
        assert "Applied. z undoes the last thing done." in app.text
        assert "return peer.fetch(order.url, wait=10)" in app.text
        await app.press("app.back")
        await app.press("fix.undo")
        assert (repository / "pay.py").read_text() == PAY
