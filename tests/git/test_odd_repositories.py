"""Repositories in a state that few are in: all that works elsewhere works there, or says why not."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from harden.cli import main
from harden.errors import RepositoryError
from harden.places import state_folder
from harden.repository import Repository
from harden.session import Session
from tests.given import Content, git, patch_of, repository, tree, write

CODE = "import requests\n\nrequests.get('https://example.com/')\n"
FILES: dict[str, Content] = {"a.py": CODE, "b.py": "b = 1\n"}
Prepare = Callable[[Path], Path]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return repository(tmp_path / "repo", FILES)


def _conflict(root: Path, *command: str) -> Path:
    """Let git stop in the middle of a merge or the like, with a conflict in b.py."""
    git(root, "checkout", "-q", "-b", "other")
    write(root, {"b.py": "b = 'other'\n"})
    git(root, "commit", "-q", "-am", "Other")
    git(root, "checkout", "-q", "main")
    write(root, {"b.py": "b = 'main'\n"})
    git(root, "commit", "-q", "-am", "Main")
    done = subprocess.run(["git", *command, "other"], cwd=root, capture_output=True, check=False)
    assert done.returncode
    return root


def _without_commits(root: Path) -> Path:
    shutil.rmtree(root / ".git")
    git(root, "init", "-q", "-b", "main")
    return root


def _detached(root: Path) -> Path:
    git(root, "checkout", "-q", "--detach")
    return root


def _linked(root: Path) -> Path:
    git(root, "worktree", "add", "-q", "-b", "topic", str(root.parent / "linked"))
    return root.parent / "linked"


def _orphaned(root: Path) -> Path:
    """Return a linked worktree whose repository was moved away."""
    linked = _linked(root)
    root.rename(root.parent / "moved")
    return linked


def _submodule(root: Path) -> Path:
    outer = repository(root.parent / "outer", {"main.py": "x = 1\n"})
    git(outer, "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(root), "lib")
    return outer / "lib"


def _broken(name: str, content: str) -> Prepare:
    def prepare(root: Path) -> Path:
        (root / ".git" / name).write_text(content)
        return root

    return prepare


def _no_git_folder(root: Path) -> Path:
    shutil.rmtree(root / ".git")
    (root / ".git").write_bytes(b"\xff\n")
    return root


def _empty_git_folder(root: Path) -> Path:
    shutil.rmtree(root / ".git")
    (root / ".git").mkdir()
    return root


ODD: dict[str, tuple[Prepare, str]] = {
    "no commit": (_without_commits, "Nothing to commit: HTTP call without timeout: a.py is not in git yet"),
    "detached": (_detached, "Commit is off while HEAD is detached"),
    "merge": (lambda root: _conflict(root, "merge"), "Commit is off until the merge is finished."),
    "rebase": (lambda root: _conflict(root, "rebase"), "Commit is off until the rebase is finished."),
    "cherry-pick": (lambda root: _conflict(root, "cherry-pick"), "off until the cherry-pick is finished."),
    "linked worktree": (_linked, ""),
    "orphaned worktree": (_orphaned, " is not a git repository."),
    "submodule": (_submodule, ""),
    "broken HEAD": (_broken("HEAD", "junk\n"), " is not a git repository."),
    "broken index": (_broken("index", "junk"), "git status: "),
    "unborn branch": (_broken("HEAD", "ref: refs/heads/none\n"), "Nothing to commit: "),
    ".git is no text": (_no_git_folder, " is not a git repository."),
    ".git is empty": (_empty_git_folder, " is not a git repository."),
}


@pytest.mark.parametrize(("prepare", "refused"), ODD.values(), ids=ODD)
def test_scan_fix_undo_and_commit(
    root: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    prepare: Prepare,
    refused: str,
) -> None:
    place = prepare(root)
    monkeypatch.chdir(place)
    before, conflict = tree(place), "<<<<" in (place / "b.py").read_text()
    assert main(["scan"]) == 1
    out, err = capfd.readouterr()
    assert "a.py:3:1: H http-timeout" in out
    assert ("b.py:1: could not check: does not parse: a merge conflict is not resolved" in out) == conflict
    assert err == ""
    assert main(["fix", "--apply"]) == (2 if conflict else 0)
    assert "timeout=10" in (place / "a.py").read_text()
    assert main(["undo"]) == 0
    assert tree(place) == before
    assert main(["redo"]) == 0
    assert capfd.readouterr().err == ""
    session = Session(place)
    if refused:
        with pytest.raises(RepositoryError) as told:
            session.commit_plan()
        assert refused in str(told.value)
        assert "\n" not in str(told.value)
        session.undo()
        assert tree(place) == before
    else:
        (commit,) = session.commit(session.commit_plan())
        assert git(place, "rev-parse", "HEAD").strip() == commit.sha
        assert git(place, "status", "--porcelain") == ""


def test_a_repository_of_someone_else(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Git refuses to look at it, as in a container that mounts a folder."""
    monkeypatch.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")
    session = Session(root)
    assert session.project.paths == ("a.py", "b.py")
    session.apply(patch_of(root, {"b.py": "b = 2\n"}))
    with pytest.raises(RepositoryError, match="dubious ownership") as told:
        session.commit_plan()
    assert "\n" not in str(told.value)
    session.undo()


def test_nothing_is_made_where_a_worktree_pointed_to(root: Path) -> None:
    linked = _orphaned(root)
    Session(linked).apply(patch_of(linked, {"b.py": "b = 2\n"}))
    assert not root.exists()
    assert not state_folder(linked).is_relative_to(linked)


# Another git is at work


def _apply(root: Path) -> Session:
    session = Session(root)
    session.apply(patch_of(root, {"b.py": "b = 2\n"}))
    return session


@pytest.mark.parametrize("stay", [True, False])
def test_an_index_in_use_stops_a_commit_before_it_begins(
    root: Path, monkeypatch: pytest.MonkeyPatch, *, stay: bool
) -> None:
    monkeypatch.setattr("harden.repository.INDEX_SECONDS", 0)
    session = _apply(root)
    plan = session.commit_plan()
    (root / ".git/index.lock").touch()
    start, ledger = git(root, "rev-parse", "HEAD"), (root / ".harden/ledger.jsonl").read_bytes()
    with pytest.raises(RepositoryError, match=r"^Another git is at work here; if none is, remove "):
        session.commit(plan.on_branch("main") if stay else plan)
    (root / ".git/index.lock").unlink()
    assert git(root, "rev-parse", "HEAD") == start
    assert git(root, "branch", "--format=%(refname:short)").split() == ["main"]
    assert (root / ".harden/ledger.jsonl").read_bytes() == ledger
    assert git(root, "status", "--porcelain", "b.py") == " M b.py\n"
    assert len(session.applied_entries()) == 1


def test_an_index_in_use_for_a_moment_is_waited_for(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lock, session, waited = root / ".git/index.lock", _apply(root), 0

    def free(seconds: float) -> None:
        nonlocal waited
        waited += 1
        lock.unlink()

    monkeypatch.setattr("harden.repository.time.sleep", free)
    _hook(root, "post-commit", "touch .git/index.lock")
    plan = session.commit_plan()
    lock.touch()
    session.commit(plan)
    assert waited == 2
    assert git(root, "status", "--porcelain") == ""


def test_an_index_in_use_after_the_commit_costs_neither_commit_nor_truth(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("harden.repository.INDEX_SECONDS", 0)
    session = _apply(root)
    _hook(root, "post-commit", "touch .git/index.lock")
    with pytest.raises(RepositoryError) as told:
        session.commit(session.commit_plan())
    sha = git(root, "rev-parse", "HEAD").strip()
    command = "git reset -q -- b.py .harden/ledger.jsonl"
    assert str(told.value) == (
        f"The commit {sha[:9]} is made, but git's index is locked: when it is free, run `{command}`."
    )
    assert git(root, "branch", "--show-current").startswith("harden/")
    assert git(root, "show", "HEAD:b.py") == "b = 2\n"
    assert session.applied_entries() == []
    (root / ".git/index.lock").unlink()
    git(root, *command.split()[1:])
    assert git(root, "status", "--porcelain") == ""


def test_ctrl_c_when_the_commit_is_just_made(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    session, real = _apply(root), Repository._git

    def stopped(self: Repository, *arguments: str, env: dict[str, str] | None = None) -> str:
        said = real(self, *arguments, env=env)
        if arguments[0] == "commit":
            raise KeyboardInterrupt
        return said

    monkeypatch.setattr(Repository, "_git", stopped)
    with pytest.raises(KeyboardInterrupt):
        session.commit(session.commit_plan())
    assert git(root, "show", "HEAD:b.py") == "b = 2\n"
    assert git(root, "status", "--porcelain") == ""
    assert session.applied_entries() == []


def _hook(root: Path, name: str, script: str) -> None:
    file = root / ".git/hooks" / name
    file.parent.mkdir(exist_ok=True)
    file.write_text(f"#!/bin/sh\n{script}\n")
    file.chmod(0o755)
