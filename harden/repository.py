"""Everything harden asks of git: the state of the tree, and commits of harden's own changes."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import git

from harden.errors import RepositoryError


@dataclass(frozen=True, slots=True)
class FileChange:
    """One file of a commit: its new content, None where it is removed."""

    path: str
    data: bytes | None


@dataclass(frozen=True, slots=True)
class Commit:
    """A commit that harden made: hash, subject, files."""

    sha: str
    subject: str
    paths: tuple[str, ...]


class Repository:
    """A git working tree. Raises RepositoryError from everything that git refuses."""

    def __init__(self, root: Path) -> None:
        try:
            self.repo = git.Repo(root)
        except (git.InvalidGitRepositoryError, git.NoSuchPathError) as error:
            raise RepositoryError(f"{root} is not a git repository.") from error
        if self.repo.bare:
            raise RepositoryError(f"{root} is a bare repository: it has no files to fix.")
        self.root = root

    @property
    def branch(self) -> str:
        """Return the branch name, or the short hash of a detached HEAD."""
        try:
            return self.repo.active_branch.name
        except TypeError:
            return self.repo.head.commit.hexsha[:9]

    def blocked(self) -> str:
        """Return why nothing can be committed now, or an empty string."""
        folder = Path(self.repo.git_dir)
        for mark, what in (
            ("MERGE_HEAD", "a merge"),
            ("rebase-merge", "a rebase"),
            ("rebase-apply", "a rebase"),
            ("CHERRY_PICK_HEAD", "a cherry-pick"),
            ("REVERT_HEAD", "a revert"),
            ("BISECT_LOG", "a bisect"),
        ):
            if (folder / mark).exists():
                return f"Commit is off until {what} is finished."
        return ""

    def has_commits(self) -> bool:
        """Tell whether HEAD points at a commit."""
        return self.repo.head.is_valid()

    def changed(self) -> frozenset[str]:
        """Return the paths that differ from HEAD: staged, unstaged and untracked."""
        listed = self._git("status", "--porcelain=v1", "-z", "--untracked-files=all", "--no-renames")
        return frozenset(line[3:] for line in listed.split("\0") if line)

    def committed(self, path: str) -> bytes | None:
        """Return a file's content at HEAD as the working tree would hold it, None where HEAD lacks it.

        Line-ending and other checkout filters are applied, so it compares with the bytes on disk.
        """
        if not self.has_commits():
            return None
        command = ["git", "cat-file", "--filters", f"HEAD:{path}"]
        done = subprocess.run(
            command, cwd=self.root, capture_output=True, check=False, stdin=subprocess.DEVNULL
        )
        return done.stdout if done.returncode == 0 else None

    def branches(self) -> frozenset[str]:
        """Return the names of all local branches."""
        return frozenset(head.name for head in self.repo.heads)

    def start_branch(self, name: str) -> None:
        """Create a branch at HEAD and switch to it; index and working tree stay as they are."""
        if self.has_commits():
            self._git("checkout", "-q", "-b", name)
        else:
            self._git("symbolic-ref", "HEAD", f"refs/heads/{name}")

    def switch_back(self, name: str, unwanted: str) -> None:
        """Return to branch `name`, which stands at the same commit, and delete the branch just made."""
        self._git("symbolic-ref", "HEAD", f"refs/heads/{name}")
        if unwanted in self.branches():
            self._git("branch", "-q", "-D", unwanted)

    def commit(self, message: str, changes: Sequence[FileChange]) -> Commit:
        """Commit exactly `changes` on top of HEAD; hooks run and signing is honoured as git is set up.

        What the user has staged stays staged, and the working tree is not touched.
        """
        with tempfile.TemporaryDirectory(prefix="harden-") as folder:
            index = str(Path(folder) / "index")
            environment = {"GIT_INDEX_FILE": index}
            if self.has_commits():
                self._git("read-tree", "HEAD", env=environment)
            for change in changes:
                self._stage(change, environment)
            text = Path(folder) / "message"
            text.write_text(message, encoding="utf-8")
            self._git("commit", "-q", "-F", str(text), env=environment)
            if Path(self.repo.git_dir, "index").exists() or not self.has_commits():
                for change in changes:
                    self._follow_in_index(change)
        head = self.repo.head.commit
        return Commit(head.hexsha, message.partition("\n")[0], tuple(change.path for change in changes))

    def _stage(self, change: FileChange, environment: dict[str, str]) -> None:
        if change.data is None:
            self._git("rm", "-q", "--cached", "--ignore-unmatch", "--", change.path, env=environment)
            return
        sha = self._hash(change)
        self._git(
            "update-index",
            "--add",
            "--cacheinfo",
            f"{self._mode(change.path)},{sha},{change.path}",
            env=environment,
        )

    def _hash(self, change: FileChange) -> str:
        command = ["git", "hash-object", "-w", "--stdin", "--path", change.path]
        done = subprocess.run(command, cwd=self.root, input=change.data, capture_output=True, check=False)
        if done.returncode:
            raise RepositoryError(f"git hash-object: {done.stderr.decode(errors='replace').strip()}")
        return done.stdout.decode().strip()

    def _mode(self, path: str) -> str:
        full = self.root / path
        listed = self._git("ls-files", "-s", "--", path)
        if listed:
            return listed.partition(" ")[0]
        return "100755" if full.exists() and os.access(full, os.X_OK) and os.name != "nt" else "100644"

    def _follow_in_index(self, change: FileChange) -> None:
        """Move the user's index to the new commit for one path, keeping what they have staged in it."""
        before = self._blob("HEAD~1", change.path)
        staged = self._blob("", change.path)
        if staged != before and staged is not None and before is not None and change.data is not None:
            merged = merge(staged, before, self._blob("HEAD", change.path) or b"")
            if merged is None:
                return  # their staged version overlaps ours: it stays exactly as they staged it
            self._stage_raw(change.path, merged)
        elif staged == before:
            self._stage(change, {})

    def _stage_raw(self, path: str, data: bytes) -> None:
        command = ["git", "hash-object", "-w", "--stdin"]
        done = subprocess.run(command, cwd=self.root, input=data, capture_output=True, check=True)
        self._git(
            "update-index",
            "--add",
            "--cacheinfo",
            f"{self._mode(path)},{done.stdout.decode().strip()},{path}",
        )

    def _blob(self, revision: str, path: str) -> bytes | None:
        command = ["git", "cat-file", "blob", f"{revision}:{path}"]
        done = subprocess.run(
            command, cwd=self.root, capture_output=True, check=False, stdin=subprocess.DEVNULL
        )
        return done.stdout if done.returncode == 0 else None

    def _git(self, *arguments: str, env: dict[str, str] | None = None) -> str:
        try:
            result = self.repo.git.execute(
                ["git", *arguments], env=env, strip_newline_in_stdout=False, with_extended_output=False
            )
        except git.GitCommandError as error:
            said = " ".join(
                f"{error.stderr} {error.stdout}".replace("stderr:", "").replace("stdout:", "").split()
            )
            raise RepositoryError(f"git {arguments[0]}: {said.strip()}") from error
        except git.GitCommandNotFound as error:
            raise RepositoryError("git is not installed.") from error
        return str(result)


def merge(ours: bytes, base: bytes, theirs: bytes) -> bytes | None:
    """Merge two changes of `base` line by line; None where they overlap or git is missing."""
    if ours == base:
        return theirs
    if theirs in (base, ours):
        return ours
    with tempfile.TemporaryDirectory(prefix="harden-") as folder:
        files = [Path(folder) / name for name in ("ours", "base", "theirs")]
        for file, data in zip(files, (ours, base, theirs), strict=True):
            file.write_bytes(data)
        command = ["git", "merge-file", "-p", "-q", *map(str, files)]
        try:
            done = subprocess.run(command, capture_output=True, check=False, stdin=subprocess.DEVNULL)
        except OSError:
            return None
    return done.stdout if done.returncode == 0 else None
