"""Commits hold harden's own changes and nothing else; what the user staged or edited stays theirs."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from harden.errors import RepositoryError
from harden.repository import Commit
from harden.session import Session
from tests.given import Content, git, patch_of, repository, tree, write

LONG = "".join(f"v{number} = {number}\n" for number in range(1, 31))
FILES: dict[str, Content] = {"a.py": LONG, "b.py": "b = 1\n", "c.py": "c = 1\n"}
STATE = {"check": "mutable-default", "stage": "state"}


def line(number: int, text: str, of: str = LONG) -> str:
    return of.replace(f"v{number} = {number}\n", f"{text}\n")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return repository(tmp_path / "repo", FILES)


def committed(root: Path, path: str, revision: str = "HEAD") -> str:
    return git(root, "show", f"{revision}:{path}")


def commit_all(session: Session, *, stay: bool = False) -> list[Commit]:
    plan = session.commit_plan()
    return session.commit(plan.on_branch(plan.current_branch) if stay else plan)


def status(root: Path) -> list[str]:
    return git(root, "status", "--porcelain", "--untracked-files=all").splitlines()


def test_one_commit_per_stage_on_a_new_branch(root: Path) -> None:
    session = Session(root)
    session.apply(patch_of(root, {"a.py": line(5, "fixed = 5")}))
    session.apply(patch_of(root, {"b.py": "b = 2\n"}, **STATE))
    plan = session.commit_plan()
    assert [group.title for group in plan.groups] == ["State", "Resilience"]
    assert plan.branch.startswith("harden/")
    assert (plan.current_branch, plan.others, plan.mixed, plan.left_out) == ("main", (), (), ())
    first, second = session.commit(plan)
    assert git(root, "branch", "--show-current").strip() == plan.branch
    assert git(root, "log", "--format=%s", "main..").splitlines() == [second.subject, first.subject]
    assert first.subject.startswith("harden(state): fix ")
    assert set(git(root, "show", "--name-only", "--format=", first.sha).split()) == {
        "b.py",
        ".harden/ledger.jsonl",
    }
    assert set(git(root, "show", "--name-only", "--format=", second.sha).split()) == {
        "a.py",
        ".harden/ledger.jsonl",
    }
    assert "Harden-Patch: " in git(root, "show", "-s", "--format=%B", second.sha)
    assert status(root) == []
    assert session.applied_entries() == []
    with pytest.raises(RepositoryError, match="Nothing to commit"):
        session.commit_plan()


def test_the_branch_stays_when_asked(root: Path) -> None:
    session = Session(root)
    session.apply(patch_of(root, {"b.py": "b = 2\n"}))
    commit_all(session, stay=True)
    assert git(root, "branch", "--format=%(refname:short)").split() == ["main"]
    assert committed(root, "b.py") == "b = 2\n"


def test_a_second_branch_of_the_day_has_a_name_of_its_own(root: Path) -> None:
    session = Session(root)
    names = []
    for number in range(2, 5):
        session.apply(patch_of(root, {"b.py": f"b = {number}\n"}))
        names.append(session.commit_plan().branch)
        commit_all(session)
    assert names[1:] == [f"{names[0]}-2", f"{names[0]}-3"]


def test_messages_and_choices_are_the_persons(root: Path) -> None:
    session = Session(root)
    session.apply(patch_of(root, {"a.py": line(5, "fixed = 5")}))
    session.apply(patch_of(root, {"b.py": "b = 2\n"}, **STATE))
    plan = session.commit_plan().with_group(0, chosen=False).with_group(1, message="Mine: ä\n\n# kept\n")
    (commit,) = session.commit(plan)
    assert git(root, "show", "-s", "--format=%B", commit.sha).strip() == "Mine: ä\n\n# kept"
    assert status(root) == [" M b.py"]
    assert [entry.paths for entry in session.applied_entries()] == [("b.py",)]
    with pytest.raises(RepositoryError, match="No commit is selected"):
        session.commit(session.commit_plan().with_group(0, chosen=False))


def test_edits_of_the_user_stay_out_and_stay(root: Path) -> None:
    write(root, {"a.py": line(20, "mine = 20"), "c.py": "c = 'mine'\n", "new.py": "new = 1\n"})
    session = Session(root)
    session.apply(patch_of(root, {"a.py": line(5, "fixed = 5", of=line(20, "mine = 20"))}))
    plan = session.commit_plan()
    assert plan.others == ("c.py", "new.py")
    assert plan.mixed == ("a.py",)
    session.commit(plan)
    assert committed(root, "a.py") == line(5, "fixed = 5")
    assert (root / "a.py").read_text() == line(5, "fixed = 5", of=line(20, "mine = 20"))
    assert status(root) == [" M a.py", " M c.py", "?? new.py"]
    assert "+mine = 20" in git(root, "diff", "a.py")
    assert "fixed" not in git(root, "diff", "a.py").replace(" fixed", "")


def test_edits_made_after_the_fix_stay_out(root: Path) -> None:
    session = Session(root)
    session.apply(patch_of(root, {"a.py": line(5, "fixed = 5")}))
    write(root, {"a.py": line(5, "fixed = 5", of=line(20, "mine = 20"))})
    assert session.commit_plan().mixed == ("a.py",)
    commit_all(session)
    assert committed(root, "a.py") == line(5, "fixed = 5")


def test_what_is_staged_stays_staged(root: Path) -> None:
    write(root, {"c.py": "c = 'staged'\n", "added.py": "x = 1\n"})
    (root / "b.py").unlink()
    git(root, "add", "-A")
    session = Session(root)
    session.apply(patch_of(root, {"a.py": line(5, "fixed = 5")}))
    commit_all(session)
    assert status(root) == ["A  added.py", "D  b.py", "M  c.py"]
    assert committed(root, "c.py") == "c = 1\n"


def test_what_is_staged_in_the_same_file_stays_staged(root: Path) -> None:
    staged = line(20, "staged = 20")
    write(root, {"a.py": staged})
    git(root, "add", "a.py")
    edited = line(28, "edited = 28", of=staged)
    write(root, {"a.py": edited})
    session = Session(root)
    session.apply(patch_of(root, {"a.py": line(5, "fixed = 5", of=edited)}))
    commit_all(session)
    assert committed(root, "a.py") == line(5, "fixed = 5")
    assert git(root, "show", ":a.py") == line(5, "fixed = 5", of=staged)
    assert (root / "a.py").read_text() == line(5, "fixed = 5", of=edited)
    assert status(root) == ["MM a.py"]


def test_two_stages_in_one_file_are_two_right_commits(root: Path) -> None:
    session = Session(root)
    one = line(5, "fixed = 5")
    both = line(25, "also = 25", of=one)
    session.apply(patch_of(root, {"a.py": one}))
    session.apply(patch_of(root, {"a.py": both}, **STATE))
    first, second = commit_all(session)
    assert committed(root, "a.py", first.sha) == line(25, "also = 25")
    assert committed(root, "a.py", second.sha) == both == (root / "a.py").read_text()


def test_overlapping_patches_are_one_commit(root: Path) -> None:
    session = Session(root)
    session.apply(patch_of(root, {"a.py": line(5, "fixed = 5")}))
    session.apply(patch_of(root, {"a.py": line(5, "fixed = 6")}, **STATE))
    plan = session.commit_plan()
    assert [group.title for group in plan.groups] == ["All stages"]
    (commit,) = session.commit(plan)
    assert committed(root, "a.py") == line(5, "fixed = 6")
    assert commit.subject.startswith("harden(resilience, state): ")


def test_a_fix_on_the_users_own_lines_is_left_out_and_told(root: Path) -> None:
    write(root, {"b.py": "b = 'mine'\n", "new.py": "new = 1\n"})
    session = Session(root)
    session.apply(patch_of(root, {"b.py": "b = 'mine, fixed'\n"}))
    session.apply(patch_of(root, {"new.py": "new = 2\n"}))
    session.apply(patch_of(root, {"a.py": line(5, "fixed = 5")}))
    plan = session.commit_plan()
    assert [group.paths for group in plan.groups] == [("a.py",)]
    assert [left.partition(": ")[2] for left in plan.left_out] == [
        "b.py holds your own uncommitted edits where the fix is: commit them first.",
        "new.py is not in git yet: commit it first.",
    ]
    session.commit(plan)
    assert status(root) == [" M b.py", "?? new.py"]
    with pytest.raises(
        RepositoryError, match=r"Nothing to commit: .*b\.py holds your own.*commit them first"
    ):
        session.commit_plan()


def test_what_the_user_committed_is_not_committed_again(root: Path) -> None:
    session = Session(root)
    session.apply(patch_of(root, {"b.py": "b = 2\n"}))
    session.apply(patch_of(root, {"a.py": line(5, "fixed = 5")}))
    git(root, "commit", "-q", "-m", "By hand", "b.py")
    plan = session.commit_plan()
    assert [group.paths for group in plan.groups] == [("a.py",)]
    git(root, "commit", "-q", "-m", "By hand", "a.py")
    with pytest.raises(RepositoryError, match="no patch is applied"):
        session.commit_plan()


def test_what_the_user_took_back_by_hand_is_not_committed(root: Path) -> None:
    session = Session(root)
    session.apply(patch_of(root, {"a.py": line(5, "fixed = 5")}))
    write(root, {"a.py": line(20, "mine = 20")})
    with pytest.raises(RepositoryError, match="no patch is applied"):
        session.commit_plan()


def test_new_files_and_executables(root: Path) -> None:
    (root / "b.py").chmod(0o755)
    git(root, "commit", "-q", "-am", "Executable")
    session = Session(root)
    names = {
        "b.py": "b = 2\n",
        "-dash.py": "x = 1\n",
        "with space.py": "x = 1\n",
        "ä/[id].py": "x = 1\n",
        "*.py": "",
    }
    session.apply(patch_of(root, names))
    commit_all(session)
    assert status(root) == []
    listed = git(root, "-c", "core.quotePath=false", "ls-tree", "-r", "HEAD").splitlines()
    modes = {entry.partition("\t")[2]: entry.split()[0] for entry in listed}
    assert modes["b.py"] == "100755"
    assert {modes[name] for name in names if name != "b.py"} == {"100644"}


def test_ignored_records_are_not_committed(root: Path) -> None:
    write(root, {".gitignore": ".harden/\n"})
    git(root, "add", "-A")
    git(root, "commit", "-q", "-m", "Ignore")
    session = Session(root)
    session.apply(patch_of(root, {"b.py": "b = 2\n"}))
    (commit,) = commit_all(session)
    assert git(root, "show", "--name-only", "--format=", commit.sha).split() == ["b.py"]


def test_line_endings_are_stored_as_git_is_told(root: Path) -> None:
    git(root, "config", "core.autocrlf", "true")
    write(root, {"win.py": "a = 1\r\nb = 1\r\n"})
    git(root, "add", "win.py")
    git(root, "commit", "-q", "-m", "Windows")
    assert committed(root, "win.py") == "a = 1\nb = 1\n"
    session = Session(root)
    session.apply(patch_of(root, {"win.py": "a = 2\r\nb = 1\r\n"}))
    assert session.commit_plan().mixed == ()
    commit_all(session)
    assert committed(root, "win.py") == "a = 2\nb = 1\n"
    assert (root / "win.py").read_bytes() == b"a = 2\r\nb = 1\r\n"
    assert status(root) == []


# Hooks, signatures, identity


def hook(root: Path, name: str, script: str) -> None:
    file = root / ".git" / "hooks" / name
    file.parent.mkdir(exist_ok=True)
    file.write_text(f"#!/bin/sh\n{script}\n")
    file.chmod(0o755)


def test_hooks_run_on_what_is_committed(root: Path) -> None:
    write(root, {"c.py": "c = 'mine'\n"})
    hook(root, "pre-commit", "git diff --cached --name-only > .git/seen; git ls-files '*.py' >> .git/seen")
    hook(root, "commit-msg", 'echo "Signed-off-by: hook" >> "$1"')
    session = Session(root)
    session.apply(patch_of(root, {"b.py": "b = 2\n"}))
    (commit,) = commit_all(session)
    seen = (root / ".git/seen").read_text().split()
    assert seen == [".harden/ledger.jsonl", "b.py", "a.py", "b.py", "c.py"]
    assert "Signed-off-by: hook" in git(root, "show", "-s", "--format=%B", commit.sha)


@pytest.mark.parametrize("stay", [True, False])
def test_a_failing_hook_leaves_all_as_it_was(root: Path, *, stay: bool) -> None:
    write(root, {"c.py": "c = 'staged'\n"})
    git(root, "add", "c.py")
    hook(root, "pre-commit", "echo 'line is too long' >&2; exit 1")
    session = Session(root)
    session.apply(patch_of(root, {"b.py": "b = 2\n"}))
    before = (
        status(root),
        tree(root),
        git(root, "rev-parse", "HEAD"),
        (root / ".harden/ledger.jsonl").read_text(),
    )
    with pytest.raises(RepositoryError, match="line is too long"):
        commit_all(session, stay=stay)
    after = (
        status(root),
        tree(root),
        git(root, "rev-parse", "HEAD"),
        (root / ".harden/ledger.jsonl").read_text(),
    )
    assert after == before
    assert git(root, "branch", "--format=%(refname:short)").split() == ["main"]
    assert git(root, "branch", "--show-current").strip() == "main"
    assert len(session.applied_entries()) == 1
    session.undo()
    assert (root / "b.py").read_text() == "b = 1\n"


def test_commits_made_before_a_failure_stand(root: Path) -> None:
    session = Session(root)
    session.apply(patch_of(root, {"b.py": "b = 2\n"}, **STATE))
    session.apply(patch_of(root, {"c.py": "c = 2\n"}))
    hook(root, "pre-commit", "! git diff --cached --name-only | grep -q c.py")
    plan = session.commit_plan()
    with pytest.raises(RepositoryError):
        session.commit(plan)
    assert git(root, "branch", "--show-current").strip() == plan.branch
    assert committed(root, "b.py") == "b = 2\n"
    assert [entry.paths for entry in session.applied_entries()] == [("c.py",)]
    (root / ".git/hooks/pre-commit").unlink()
    commit_all(session, stay=True)
    assert status(root) == []


def test_a_journal_that_cannot_be_written_costs_no_commit(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from harden.errors import ApplyError
    from harden.journal import Journal

    def full(*_: object) -> None:
        raise ApplyError("full")

    session = Session(root)
    session.apply(patch_of(root, {"b.py": "b = 2\n"}))
    with monkeypatch.context() as broken:
        broken.setattr(Journal, "mark_committed", full)
        commit_all(session)
    assert committed(root, "b.py") == "b = 2\n"
    with pytest.raises(RepositoryError, match="no patch is applied"):
        session.commit_plan()


def test_commits_are_signed_where_git_is_told_to(root: Path, tmp_path: Path) -> None:
    program = tmp_path / "gpg"
    program.write_text(
        "#!/bin/sh\ncat > /dev/null\necho '[GNUPG:] SIG_CREATED ' >&2\n"
        "echo '-----BEGIN PGP SIGNATURE-----'\necho fake\necho '-----END PGP SIGNATURE-----'\n"
    )
    program.chmod(0o755)
    git(root, "config", "gpg.program", str(program))
    git(root, "config", "commit.gpgSign", "true")
    git(root, "config", "user.signingKey", "me")
    session = Session(root)
    session.apply(patch_of(root, {"b.py": "b = 2\n"}))
    (commit,) = commit_all(session)
    assert "gpgsig -----BEGIN PGP SIGNATURE-----" in git(root, "cat-file", "-p", commit.sha)


def test_an_unknown_identity_is_one_clear_line(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AUTHOR_NAME", "AUTHOR_EMAIL", "COMMITTER_NAME", "COMMITTER_EMAIL"):
        monkeypatch.delenv(f"GIT_{name}")
    git(root, "config", "user.useConfigOnly", "true")
    session = Session(root)
    session.apply(patch_of(root, {"b.py": "b = 2\n"}))
    with pytest.raises(
        RepositoryError, match=r"^git does not know who you are: set user\.name and user\.email"
    ):
        commit_all(session)
    assert git(root, "branch", "--show-current").strip() == "main"


# Places where git is in an unusual state


@pytest.mark.parametrize(
    ("mark", "what"),
    [
        ("MERGE_HEAD", "the merge"),
        ("rebase-merge", "the rebase"),
        ("CHERRY_PICK_HEAD", "the cherry-pick"),
        ("BISECT_LOG", "the bisect"),
    ],
)
def test_unfinished_business_comes_first(root: Path, mark: str, what: str) -> None:
    session = Session(root)
    session.apply(patch_of(root, {"b.py": "b = 2\n"}))
    plan = session.commit_plan()
    (root / ".git" / mark).touch()
    for deed in (session.commit_plan, lambda: session.commit(plan)):
        with pytest.raises(RepositoryError, match=f"off until {what} is finished"):
            deed()
    session.undo()
    assert (root / "b.py").read_text() == "b = 1\n"


def test_a_real_merge_conflict_blocks(root: Path) -> None:
    git(root, "checkout", "-q", "-b", "other")
    write(root, {"b.py": "b = 'other'\n"})
    git(root, "commit", "-q", "-am", "Other")
    git(root, "checkout", "-q", "main")
    write(root, {"b.py": "b = 'main'\n"})
    git(root, "commit", "-q", "-am", "Main")
    with pytest.raises(AssertionError):
        git(root, "merge", "other")
    assert Session(root).repository.blocked() == "Commit is off until the merge is finished."


def test_a_detached_head_blocks(root: Path) -> None:
    git(root, "checkout", "-q", "--detach")
    session = Session(root)
    session.apply(patch_of(root, {"b.py": "b = 2\n"}))
    with pytest.raises(RepositoryError, match="HEAD is detached"):
        session.commit_plan()
    assert session.repository.branch == git(root, "rev-parse", "HEAD")[:9]


def test_a_repository_without_commits(tmp_path: Path) -> None:
    root = write(tmp_path / "fresh", {"a.py": "a = 1\n"})
    git(root, "init", "-q", "-b", "main")
    session = Session(root)
    session.apply(patch_of(root, {"a.py": "a = 2\n"}))
    with pytest.raises(RepositoryError, match=r"a\.py is not in git yet"):
        session.commit_plan()
    session.apply(patch_of(root, {"new.py": "x = 1\n"}))
    plan = session.commit_plan()
    session.commit(plan)
    assert git(root, "branch", "--show-current").strip() == plan.branch
    assert git(root, "ls-tree", "-r", "--name-only", "HEAD").split() == [".harden/ledger.jsonl", "new.py"]
    assert status(root) == ["?? a.py"]


@pytest.mark.parametrize("stay", [True, False])
def test_a_linked_worktree(root: Path, tmp_path: Path, *, stay: bool) -> None:
    other = tmp_path / "linked"
    git(root, "worktree", "add", "-q", "-b", "topic", str(other))
    session = Session(other)
    session.apply(patch_of(other, {"b.py": "b = 2\n"}))
    commit_all(session, stay=stay)
    assert committed(other, "b.py") == "b = 2\n"
    assert status(other) == []
    assert status(root) == []
    assert Session(root).journal.entries() == []
    assert not list(other.glob(".git/harden"))


def test_a_submodule_is_a_repository_of_its_own(root: Path, tmp_path: Path) -> None:
    outer = repository(tmp_path / "outer", {"main.py": "x = 1\n"})
    git(outer, "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(root), "lib")
    git(outer, "commit", "-q", "-m", "Add lib")
    inner = outer / "lib"
    assert Session(inner / "a.py").root == inner
    assert Session(outer).project.paths == (".gitmodules", "main.py")
    session = Session(inner)
    session.apply(patch_of(inner, {"b.py": "b = 2\n"}))
    commit_all(session)
    assert committed(inner, "b.py") == "b = 2\n"
    assert status(outer) == [" M lib"]


def test_outside_git_there_is_nothing_to_commit_to(tmp_path: Path) -> None:
    root = write(tmp_path, {"a.py": "a = 1\n"})
    session = Session(root)
    session.apply(patch_of(root, {"a.py": "a = 2\n"}))
    with pytest.raises(RepositoryError, match="is not a git repository"):
        session.commit_plan()
    session.undo()
    assert (root / "a.py").read_text() == "a = 1\n"


WITHOUT_GIT = """
import sys
from pathlib import Path
from harden.errors import RepositoryError
from harden.session import Session
from tests.given import patch_of

root = Path(sys.argv[1])
session = Session(root)
session.apply(patch_of(root, {"a.py": "a = 2"}))
try:
    session.commit_plan()
except RepositoryError as error:
    print(error)
session.undo()
"""


def test_a_machine_without_git(tmp_path: Path) -> None:
    root = write(tmp_path, {"a.py": "a = 1\n"})
    command = [sys.executable, "-c", WITHOUT_GIT, str(root)]
    environment = {**os.environ, "PATH": "/nowhere"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert done.stdout == "git is not installed.\n"
    assert (root / "a.py").read_text() == "a = 1\n"


def test_modes_of_files_on_disk_are_not_touched(root: Path) -> None:
    (root / "b.py").chmod(0o640)
    session = Session(root)
    session.apply(patch_of(root, {"b.py": "b = 2\n"}))
    commit_all(session)
    assert stat.S_IMODE((root / "b.py").stat().st_mode) == 0o640
