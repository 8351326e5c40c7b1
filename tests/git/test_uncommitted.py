"""What a commit would hold and what a person changed, as diffs; what git will do for a commit."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from harden.errors import RepositoryError, UnreadableSource
from harden.findings import Risk
from harden.patches import FileEdit, Patch
from harden.session import Session
from harden.uncommitted import group_preview, own_edits

START = 'import requests\n\nTOKEN = "sk_live_0123456789abcdef"\n\n\ndef a():\n    return 1\n'


def git(root: Path, *arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=root, check=True, capture_output=True, text=True)
    return done.stdout


@pytest.fixture
def root(tmp_path: Path) -> Path:
    here = tmp_path / "shop"
    here.mkdir()
    (here / "a.py").write_text(START)
    git(here, "init", "-q", "-b", "main")
    git(here, "add", ".")
    git(here, "commit", "-q", "-m", "Start")
    return here


def apply(session: Session, before: str, after: str, path: str = "a.py", check: str = "http-timeout") -> None:
    text = (session.root / path).read_text()
    assert before in text
    edit = FileEdit(path, text.encode(), text.replace(before, after).encode())
    session.apply(Patch(check, "resilience", "t", Risk.AUTO, (edit,), (), ()))


def hook(root: Path, name: str, text: str, folder: str = ".git/hooks") -> None:
    file = root / folder / name
    file.parent.mkdir(exist_ok=True, parents=True)
    file.write_text(f"#!/bin/sh\n{text}\n")
    file.chmod(0o755)


def test_a_plan_counts_hunks_and_shows_them_without_secrets(root: Path) -> None:
    session = Session(root)
    apply(session, "return 1", "return 2")
    apply(session, "import requests\n", "import requests\nimport time\n")
    (group,) = session.commit_plan().groups
    shown = group_preview(session, group)
    assert len(shown.hunks) == len(group.patch.hunks()) == 1
    assert "sk_live" not in shown.diff
    assert 'TOKEN = "••••"' in shown.diff
    assert "+    return 2\n" in shown.diff


def test_a_persons_own_edits_are_shown_without_hardens(root: Path) -> None:
    session = Session(root)
    apply(session, "return 1", "return 2")
    text = (root / "a.py").read_text()
    (root / "a.py").write_text(text + '\n\nPASSWORD = "hunter2-hunter2-99"\nmine = 1\n')
    (root / "new.py").write_text("x = 1\n")
    shown = own_edits(session, ["a.py", "new.py"])
    assert "+mine = 1\n" in shown.diff
    assert '+PASSWORD = "••••"\n' in shown.diff
    assert "hunter2" not in shown.diff
    assert "-    return 1" not in shown.diff
    assert "+x = 1\n" in shown.diff
    (root / "new.py").unlink()
    with pytest.raises(UnreadableSource, match=r"new\.py: cannot be read"):
        own_edits(session, ["new.py"])


def test_which_hooks_will_run_and_whether_commits_are_signed(root: Path) -> None:
    session = Session(root)
    apply(session, "return 1", "return 2")
    plan = session.commit_plan()
    assert (plan.hooks, plan.signs) == ((), False)
    hook(root, "pre-commit", "exit 0")
    hook(root, "commit-msg.sample", "exit 0")
    (root / ".git/hooks/post-commit").write_text("not executable")
    git(root, "config", "commit.gpgsign", "yes")
    plan = session.commit_plan()
    assert (plan.hooks, plan.signs) == (("pre-commit",), True)
    git(root, "config", "core.hooksPath", "checks/hooks")
    hook(root, "commit-msg", "exit 0", "checks/hooks")
    assert session.commit_plan().hooks == ("commit-msg",)


def test_hooks_of_a_linked_worktree_are_those_of_the_repository(root: Path, tmp_path: Path) -> None:
    hook(root, "pre-commit", "exit 0")
    git(root, "worktree", "add", "-q", "-b", "topic", str(tmp_path / "linked"))
    assert Session(tmp_path / "linked").repository.hooks() == ("pre-commit",)


def test_what_a_hook_prints_is_kept_line_by_line(root: Path) -> None:
    hook(root, "pre-commit", "echo one; echo \"it's 'two'\" >&2; exit 1")
    session = Session(root)
    apply(session, "return 1", "return 2")
    with pytest.raises(RepositoryError) as refused:
        session.commit(session.commit_plan())
    assert sorted(refused.value.output.splitlines()) == ["it's 'two'", "one"]
    assert "\n" not in str(refused.value)


def test_how_to_push(root: Path, tmp_path: Path) -> None:
    repository = Session(root).repository
    assert repository.push_command() == ""
    git(tmp_path, "init", "-q", "--bare", "far")
    git(root, "remote", "add", "upstream", str(tmp_path / "far"))
    assert repository.push_command() == "git push -u upstream main"
    git(root, "push", "-q", "-u", "upstream", "main")
    assert repository.push_command() == "git push"


def test_python_that_git_ignores_is_counted(root: Path) -> None:
    (root / ".gitignore").write_text("build/\n")
    (root / "build").mkdir()
    for name in ("a.py", "b.py", "c.txt"):
        (root / "build" / name).write_text("x = 1\n")
    assert Session(root).repository.ignored_python() == 2
