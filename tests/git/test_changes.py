"""Which files hold edits of the user's."""

from __future__ import annotations

import subprocess
from pathlib import Path

from harden.changes import changes, edited_by_user
from harden.findings import Risk
from harden.patches import FileEdit, Patch
from harden.session import Session


def git(root: Path, *arguments: str) -> None:
    subprocess.run(["git", *arguments], cwd=root, check=True, capture_output=True)


def repository(root: Path) -> Session:
    (root / "a.py").write_text("a = 1\n")
    (root / "b.py").write_text("b = 1\n")
    git(root, "init", "-q", "-b", "main")
    git(root, "add", ".")
    git(root, "commit", "-q", "-m", "Start")
    return Session(root)


def apply(session: Session, path: str, after: str) -> None:
    edit = FileEdit(path, (session.root / path).read_bytes(), after.encode())
    session.journal.apply(Patch("http-timeout", "resilience", "t", Risk.AUTO, (edit,), (), ()))


def test_hardens_own_edits_are_not_the_users(tmp_path: Path) -> None:
    session = repository(tmp_path)
    apply(session, "a.py", "a = 2\n")
    assert edited_by_user(session, ["a.py", "b.py"]) == ()
    told = changes(session)
    assert (told.branch, told.others, len(told.applied), told.blocked) == ("main", (), 1, "")


def test_edits_before_and_after_a_fix_are_the_users(tmp_path: Path) -> None:
    session = repository(tmp_path)
    (tmp_path / "b.py").write_text("b = 1\nmine = 1\n")
    apply(session, "b.py", "b = 2\nmine = 1\n")
    apply(session, "a.py", "a = 2\n")
    (tmp_path / "a.py").write_text("a = 3\n")
    assert edited_by_user(session, ["a.py", "b.py"]) == ("a.py", "b.py")


def test_untracked_files_and_other_changes(tmp_path: Path) -> None:
    session = repository(tmp_path)
    (tmp_path / "new.py").write_text("n = 1\n")
    (tmp_path / ".harden").mkdir()
    (tmp_path / ".harden/x").write_text("")
    assert edited_by_user(session, ["a.py", "new.py"]) == ("new.py",)
    assert changes(session).others == ("new.py",)


def test_outside_git_nothing_is_known(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("a = 1\n")
    session = Session(tmp_path)
    assert edited_by_user(session, ["a.py"]) == ()
    assert changes(session).branch == ""
