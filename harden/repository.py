"""Everything harden asks of git: the state of the tree, and commits of harden's own changes."""

from __future__ import annotations

import os
import shlex
import subprocess
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from harden.differences import merge
from harden.errors import RepositoryError

try:
    import git
except ImportError as missing:  # GitPython says so when there is no git to run
    raise RepositoryError("git is not installed.") from missing

_UNFINISHED = {
    "MERGE_HEAD": "merge",
    "rebase-merge": "rebase",
    "rebase-apply": "rebase",
    "CHERRY_PICK_HEAD": "cherry-pick",
    "REVERT_HEAD": "revert",
    "BISECT_LOG": "bisect",
}
DETACHED = "detached HEAD"
_HOOKS = ("pre-commit", "prepare-commit-msg", "commit-msg", "post-commit")
INDEX_SECONDS = 5.0
"""How long to wait for another git that holds the index; editors ask for the status all the time."""
_PAUSE = 0.02
_NO_IDENTITY = ("user.email", "empty ident", "unable to auto-detect email")


@dataclass(frozen=True, slots=True)
class FileChange:
    """One file of a commit and its new content."""

    path: str
    data: bytes


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
        what = self.unfinished()
        if what == DETACHED:
            return "Commit is off while HEAD is detached: switch to a branch first."
        return f"Commit is off until the {what} is finished." if what else ""

    def unfinished(self) -> str:
        """Return what forbids a commit, such as `merge` or `detached HEAD`; no process is started for it."""
        folder = Path(self.repo.git_dir)
        for mark, what in _UNFINISHED.items():
            if (folder / mark).exists():
                return what
        return DETACHED if self.repo.head.is_detached else ""

    def hooks(self) -> tuple[str, ...]:
        """Return the hooks that git runs for a commit, wherever `core.hooksPath` puts them."""
        told = self._git("rev-parse", "--git-path", "hooks").rstrip("\n")
        folder = self.root / told
        return tuple(name for name in _HOOKS if _is_program(folder / name))

    def signs(self) -> bool:
        """Tell whether git is set up to sign commits."""
        told = self._bytes("config", "--type=bool", "--get", "commit.gpgsign")
        return told is not None and told.strip() == b"true"

    def push_command(self) -> str:
        """Return how a person shares the current branch; empty where there is no remote."""
        remotes = (self._bytes("remote") or b"").decode(errors="replace").split()
        if not remotes:
            return ""
        if self._bytes("rev-parse", "--abbrev-ref", "@{upstream}") is not None:
            return "git push"
        remote = "origin" if "origin" in remotes else remotes[0]
        return f"git push -u {shlex.quote(remote)} {shlex.quote(self.branch)}"

    def ignored_python(self) -> int:
        """Return how many Python files git ignores."""
        listed = self._bytes("ls-files", "-z", "--others", "--ignored", "--exclude-standard", "--", "*.py")
        return (listed or b"").count(b"\0")

    @property
    def head(self) -> str:
        """Return the hash of the commit at HEAD, an empty string before the first one."""
        return self.repo.head.commit.hexsha if self.has_commits() else ""

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
        return self._bytes("cat-file", "--filters", f"HEAD:{path}")

    def is_ignored(self, path: str) -> bool:
        """Tell whether git ignores a path that it does not track."""
        command = ["git", "check-ignore", "-q", "--", path]
        done = subprocess.run(
            command, cwd=self.root, capture_output=True, check=False, stdin=subprocess.DEVNULL
        )
        return done.returncode == 0

    def branches(self) -> frozenset[str]:
        """Return the names of all local branches."""
        return frozenset(head.name for head in self.repo.heads)

    def start_branch(self, name: str) -> None:
        """Create a branch at HEAD and switch to it; index and working tree stay as they are."""
        self._wait_for_index()
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

        What the user has staged stays staged, and the working tree is not touched. Where HEAD has moved
        although this raises, the commit stands.
        """
        self._wait_for_index()
        start = self.head
        with tempfile.TemporaryDirectory(prefix="harden-") as folder:
            environment = {"GIT_INDEX_FILE": str(Path(folder) / "index")}
            before = {change.path: self._blob("HEAD", change.path) for change in changes}
            if self.has_commits():
                self._git("read-tree", "HEAD", env=environment)
            for change in changes:
                self._put(change.path, self._hash(change.data, change.path), environment)
            text = Path(folder) / "message"
            text.write_text(message, encoding="utf-8", errors="backslashreplace")
            try:
                self._git("commit", "-q", "-F", str(text), env=environment)
            finally:  # ctrl+c may come when git is just done
                if self.head != start:
                    self._follow(before)
        head = self.repo.head.commit
        return Commit(head.hexsha, message.partition("\n")[0], tuple(change.path for change in changes))

    def _wait_for_index(self) -> None:
        """Wait while another git writes the user's index. Raises RepositoryError when that takes too long."""
        lock = Path(self.repo.git_dir) / "index.lock"
        end = time.monotonic() + INDEX_SECONDS
        while lock.exists():
            if time.monotonic() > end:
                raise RepositoryError(f"Another git is at work here; if none is, remove {lock}.")
            time.sleep(_PAUSE)

    def _follow(self, before: dict[str, bytes | None]) -> None:
        """Move the user's index to the new commit, else it would take back what was committed."""
        try:
            for path, data in before.items():
                self._wait_for_index()
                self._follow_in_index(path, data)
        except RepositoryError as error:
            paths = " ".join(shlex.quote(path) for path in before)
            raise RepositoryError(
                f"The commit {self.head[:9]} is made, but git's index is locked: when it is free, "
                f"run `git reset -q -- {paths}`."
            ) from error

    def _follow_in_index(self, path: str, before: bytes | None) -> None:
        """Move the user's index to the new commit for one path, keeping what they have staged in it."""
        staged, now = self._blob("", path), self._blob("HEAD", path)
        if now is None or staged == now:
            return
        if staged == before:
            self._put(path, self._hash(now), {})
        elif staged is not None and before is not None:
            merged = merge(staged, before, now)
            if merged is not None:  # else their staged version overlaps: it stays exactly as they staged it
                self._put(path, self._hash(merged), {})

    def _put(self, path: str, sha: str, environment: dict[str, str]) -> None:
        """Put a blob into an index."""
        mode = self._mode(path)
        self._git("update-index", "--add", "--cacheinfo", f"{mode},{sha},{path}", env=environment)

    def _hash(self, data: bytes, path: str = "") -> str:
        """Store a blob; with a path, as git would store that file (line endings, filters)."""
        filters = ["--path", path] if path else ["--no-filters"]
        command = ["git", "hash-object", "-w", "--stdin", *filters]
        done = subprocess.run(command, cwd=self.root, input=data, capture_output=True, check=False)
        if done.returncode:
            raise RepositoryError(f"git hash-object: {done.stderr.decode(errors='replace').strip()}")
        return done.stdout.decode().strip()

    def _mode(self, path: str) -> str:
        full = self.root / path
        listed = self._git("--literal-pathspecs", "ls-files", "-s", "--", path)
        if listed:
            return listed.partition(" ")[0]
        return "100755" if full.exists() and os.access(full, os.X_OK) and os.name != "nt" else "100644"

    def _blob(self, revision: str, path: str) -> bytes | None:
        return self._bytes("cat-file", "blob", f"{revision}:{path}")

    def _bytes(self, *arguments: str) -> bytes | None:
        command = ["git", *arguments]
        done = subprocess.run(
            command, cwd=self.root, capture_output=True, check=False, stdin=subprocess.DEVNULL
        )
        return done.stdout if done.returncode == 0 else None

    def _git(self, *arguments: str, env: dict[str, str] | None = None) -> str:
        """Run git and return what it printed. Raises RepositoryError with git's own words."""
        try:
            result = self.repo.git.execute(
                ["git", *arguments], env=env, strip_newline_in_stdout=False, with_extended_output=False
            )
        except git.GitCommandError as error:
            raise _refused(arguments[0], error) from error
        except git.GitCommandNotFound as error:
            raise RepositoryError("git is not installed.") from error
        return str(result)


def _is_program(path: Path) -> bool:
    return path.is_file() and (os.name == "nt" or os.access(path, os.X_OK))


def _refused(command: str, error: git.GitCommandError) -> RepositoryError:
    """Return what git, or a hook that it ran, printed: as one line, and as it was printed."""
    output = "\n".join(part for part in map(_printed, (error.stdout, error.stderr)) if part)
    if any(sign in output for sign in _NO_IDENTITY):
        return RepositoryError(
            "git does not know who you are: set user.name and user.email with `git config`.", output
        )
    return RepositoryError(f"git {command}: {' '.join(output.split())}", output)


def _printed(text: str) -> str:
    """Return an output without the heading and the quotes that GitPython puts around it."""
    text = text.strip()
    for heading in ("stderr: '", "stdout: '"):
        if text.startswith(heading):
            text = text.removeprefix(heading).removesuffix("'")
    return text.strip()
