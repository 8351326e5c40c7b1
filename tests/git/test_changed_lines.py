"""Which lines changed since a revision: git is asked about real repositories."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from harden.changed_lines import WHOLE, carried, changed_lines, fork_point, touches
from harden.errors import RepositoryError
from tests.given import git, repository, write

TEN = "".join(f"line {number}\n" for number in range(1, 11))


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return repository(tmp_path / "repo", {"a.py": TEN, "b.py": TEN, ".gitignore": "*.log\n"})


def commit(root: Path, message: str = "Change") -> None:
    git(root, "add", "-A")
    git(root, "commit", "-q", "-m", message)


def replaced(number: int, text: str) -> str:
    return TEN.replace(f"line {number}\n", text)


def since(root: Path, revision: str) -> dict[str, tuple[tuple[int, int], ...]]:
    return changed_lines(root, fork_point(root, revision))


def test_committed_staged_unstaged_and_untracked_lines_count(root: Path) -> None:
    git(root, "checkout", "-q", "-b", "feature")
    write(root, {"a.py": replaced(2, "two\n")})
    commit(root)
    write(root, {"a.py": replaced(2, "two\n").replace("line 5\n", "five\nmore\n")})
    git(root, "add", "a.py")
    write(root, {"b.py": TEN + "last\n", "new/c.py": "x\n", "x.log": "ignored\n"})
    assert since(root, "main") == {"a.py": ((2, 2), (5, 6)), "b.py": ((11, 11),), "new/c.py": WHOLE}
    assert since(root, "HEAD") == {"a.py": ((5, 6),), "b.py": ((11, 11),), "new/c.py": WHOLE}


def test_what_others_did_on_the_other_branch_does_not_count(root: Path) -> None:
    git(root, "checkout", "-q", "-b", "feature")
    write(root, {"a.py": replaced(2, "mine\n")})
    commit(root)
    git(root, "checkout", "-q", "main")
    write(root, {"b.py": replaced(3, "theirs\n")})
    commit(root)
    git(root, "checkout", "-q", "feature")
    assert since(root, "main") == {"a.py": ((2, 2),)}
    git(root, "merge", "-q", "--no-edit", "main")
    assert since(root, "main") == {"a.py": ((2, 2),)}
    git(root, "checkout", "-q", "main")
    assert since(root, "feature") == {}


@pytest.mark.parametrize("revision", ["HEAD~1", "v1", "annotated", "@{upstream}", "main", ":/Start", "SHA"])
def test_any_name_of_a_commit_will_do(root: Path, revision: str) -> None:
    git(root, "tag", "v1")
    git(root, "tag", "-a", "annotated", "-m", "a tag")
    git(root, "checkout", "-q", "-b", "feature", "--track", "main")
    write(root, {"a.py": replaced(10, "ten\n")})
    commit(root)
    named = git(root, "rev-parse", "main").strip()[:12] if revision == "SHA" else revision
    assert since(root, named) == {"a.py": ((10, 10),)}


def test_a_renamed_file_is_compared_with_what_it_was(root: Path) -> None:
    git(root, "mv", "a.py", "moved.py")
    write(root, {"moved.py": replaced(4, "four\n")})
    git(root, "mv", "b.py", "only moved.py")
    assert since(root, "HEAD") == {"moved.py": ((4, 4),)}


def test_lines_taken_out_lie_between_two_lines(root: Path) -> None:
    write(root, {"a.py": replaced(5, ""), "b.py": replaced(1, "")})
    found = since(root, "HEAD")
    assert found == {"a.py": ((5, 4),), "b.py": ((1, 0),)}
    assert touches(found["a.py"], 4, 5)
    assert not touches(found["a.py"], 4, 4)
    assert not touches(found["a.py"], 5, 5)
    assert not touches(found["b.py"], 1, 9)
    (root / "a.py").unlink()
    assert since(root, "HEAD") == {"b.py": ((1, 0),)}


def test_names_and_contents_that_look_like_a_diff(root: Path) -> None:
    odd = ["with space.py", "b/b.py", "é.py"]
    odd += [] if sys.platform == "win32" else ['q"uo\\te\t\n\x01.py', "a and b/c.py"]
    write(root, dict.fromkeys(odd, "one\n"))
    commit(root)
    write(root, dict.fromkeys(odd, "one\n++ b/evil.py\n-- a/evil.py\n@@ -1 +1 @@"))
    assert since(root, "HEAD") == dict.fromkeys(odd, ((2, 4),))


def test_no_newline_at_the_end_on_either_side(root: Path) -> None:
    write(root, {"a.py": TEN.removesuffix("\n"), "b.py": "++ b/x\n"})
    assert since(root, "HEAD") == {"a.py": ((10, 10),), "b.py": ((1, 1),)}
    commit(root)
    write(root, {"a.py": TEN})
    assert since(root, "HEAD") == {"a.py": ((10, 10),)}


def test_what_git_takes_for_binary_changed_as_a_whole(root: Path) -> None:
    write(root, {".gitattributes": "b.py -diff\n"})
    commit(root)
    write(root, {"a.py": TEN + "\0\n", "b.py": TEN + "more\n"})
    assert since(root, "HEAD") == {"a.py": WHOLE, "b.py": WHOLE}


def test_a_persons_own_settings_of_git_do_not_matter(root: Path) -> None:
    for key, value in {
        "diff.noprefix": "true",
        "diff.mnemonicPrefix": "true",
        "diff.renames": "false",
        "diff.external": "false",
        "color.ui": "always",
        "diff.context": "7",
        "diff.interHunkContext": "9",
        "core.quotePath": "false",
    }.items():
        git(root, "config", key, value)
    git(root, "mv", "b.py", "ü.py")
    write(root, {"a.py": replaced(2, "two\n"), "ü.py": replaced(9, "nine\n")})
    assert since(root, "HEAD") == {"a.py": ((2, 2),), "ü.py": ((9, 9),)}


def test_nothing_is_written_to_the_repository(root: Path) -> None:
    os.utime(root / "a.py", (1, 1))
    before = (root / ".git/index").read_bytes()
    assert since(root, "HEAD") == {}
    assert (root / ".git/index").read_bytes() == before


@pytest.mark.parametrize(
    ("revision", "line"),
    [
        ("nope", "--since nope: git knows no such commit."),
        ("", "--since '': git knows no such commit."),
        ("HEAD~9", "--since HEAD~9: git knows no such commit."),
        ("-x", "--since -x: git knows no such commit."),
        ("^HEAD", "--since ^HEAD: git knows no such commit."),
        ("main..HEAD", "--since main..HEAD: git knows no such commit."),
        ("HEAD:a.py", "--since HEAD:a.py: "),
        ("@{upstream}", "--since @{upstream}: no upstream configured for branch 'main'."),
    ],
)
def test_unknown_revisions(root: Path, revision: str, line: str) -> None:
    with pytest.raises(RepositoryError) as raised:
        fork_point(root, revision)
    assert str(raised.value).startswith(line)
    assert "\n" not in str(raised.value)


def test_no_repository_no_commit_and_no_common_history(root: Path, tmp_path: Path) -> None:
    with pytest.raises(RepositoryError, match="is not a git repository"):
        fork_point(write(tmp_path / "plain", {"a.py": ""}), "main")
    empty = tmp_path / "empty"
    empty.mkdir()
    git(empty, "init", "-q", "-b", "main")
    with pytest.raises(RepositoryError, match="--since main: git knows no such commit"):
        fork_point(empty, "main")
    git(root, "checkout", "-q", "--orphan", "apart")
    git(root, "commit", "-q", "-m", "Apart")
    with pytest.raises(RepositoryError, match="no commit in common with HEAD; --since compares"):
        fork_point(root, "main")


def test_a_shallow_clone_says_how_to_get_more(root: Path, tmp_path: Path) -> None:
    git(root, "checkout", "-q", "-b", "feature")
    for number in (1, 2):
        write(root, {"a.py": replaced(number, "x\n")})
        commit(root)
    clone = tmp_path / "clone"
    git(tmp_path, "clone", "-q", "--depth=1", "--no-single-branch", root.as_uri(), str(clone))
    for revision in ("origin/main", "HEAD~1"):
        with pytest.raises(RepositoryError, match="this clone is shallow: fetch more of the history"):
            fork_point(clone, revision)
    git(clone, "fetch", "-q", "--unshallow")
    assert since(clone, "origin/main") == {"a.py": ((2, 2),)}


def test_a_conflict_and_another_work_tree(root: Path, tmp_path: Path) -> None:
    git(root, "worktree", "add", "-q", "-b", "side", str(tmp_path / "side"))
    side = write(tmp_path / "side", {"a.py": replaced(2, "side\n")})
    assert since(side, "main") == {"a.py": ((2, 2),)}
    commit(side)
    write(root, {"a.py": replaced(2, "main\n")})
    commit(root)
    with pytest.raises(AssertionError):
        git(root, "merge", "-q", "side")
    assert touches(since(root, "HEAD")["a.py"], 4, 4)


@pytest.mark.parametrize(
    ("runs", "before", "after", "now"),
    [
        (((2, 2),), "a b c d", "x a b c d", ((1, 1), (3, 3))),
        (((2, 3),), "a b c d", "a b x c d", ((2, 2), (3, 3), (4, 4))),
        (((2, 3),), "a b c d", "a b y d", ((2, 2), (3, 3))),
        (((3, 2),), "a b c d", "x a b c d", ((1, 1), (4, 3))),
        (((2, 1),), "a b", "a x b", ((2, 2),)),
        ((), "a b", "a", ((2, 1),)),
        ((), "", "a b", ((1, 2),)),
        (WHOLE, "a b", "c d e", WHOLE),
    ],
)
def test_lines_keep_their_marks_through_an_edit(
    runs: tuple[tuple[int, int], ...], before: str, after: str, now: tuple[tuple[int, int], ...]
) -> None:
    old, new = (text.replace(" ", "\n").encode() for text in (before, after))
    assert tuple(sorted(carried(runs, old, new))) == now
