"""The demo opens a repository of its own and leaves the checkout alone."""

import ast
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

import pytest

from demo import open as demo


def git(repository: Path, *arguments: str) -> str:
    """Return what git prints."""
    command = ["git", *arguments]
    return subprocess.run(command, cwd=repository, check=True, capture_output=True, text=True).stdout.strip()


def stamps(folder: Path) -> dict[Path, tuple[int, int]]:
    """Return size and time of change of every file below a folder."""
    return {
        path: (path.stat().st_size, path.stat().st_mtime_ns)
        for path in folder.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """Return a fresh copy of the app."""
    return demo.copy_app(tmp_path)


def test_history_is_replayed(repository: Path) -> None:
    commits = tomllib.loads(demo.HISTORY.read_text(encoding="utf-8"))["commit"]
    expected = [
        f"{commit['date'].isoformat()} {commit['message'].strip().splitlines()[0]}" for commit in commits
    ]
    assert git(repository, "log", "--reverse", "--format=%aI %s").splitlines() == expected


def test_copy_is_complete_and_clean(repository: Path) -> None:
    assert git(repository, "status", "--porcelain", "--ignored") == ""
    assert git(repository, "branch", "--show-current") == "main"
    copied = {path.relative_to(demo.APP).as_posix() for path in stamps(demo.APP)}
    assert set(git(repository, "ls-files").split("\n")) == copied


def test_two_copies_have_the_same_commits(repository: Path, tmp_path: Path) -> None:
    second = demo.copy_app(tmp_path / "second")
    assert git(repository, "rev-parse", "HEAD") == git(second, "rev-parse", "HEAD")


def test_hostile_git_settings_are_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = tmp_path / "gitconfig"
    settings.write_text("[commit]\n\tgpgsign = true\n[gpg]\n\tprogram = /does/not/exist\n", encoding="utf-8")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(settings))
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "elsewhere"))
    repository = demo.copy_app(tmp_path / "copy")
    monkeypatch.delenv("GIT_DIR")
    assert git(repository, "config", "commit.gpgsign") == "false"
    assert not (tmp_path / "elsewhere").exists()


def test_checkout_is_untouched(tmp_path: Path) -> None:
    before = stamps(demo.HERE)
    repository = demo.copy_app(tmp_path)
    (repository / "worker.py").write_text("", encoding="utf-8")
    assert stamps(demo.HERE) == before


def test_app_parses() -> None:
    for path in demo.APP.rglob("*.py"):
        ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


@pytest.mark.parametrize(
    ("terminal", "arguments", "harden", "expected"),
    [
        (True, [], 0, 0),
        (True, [], 1, 1),
        (False, ["scan"], 0, 0),
        (False, ["scan"], 1, 0),
        (False, ["scan"], 2, 2),
    ],
)
def test_main_opens_or_scans(
    terminal: bool,
    arguments: list[str],
    harden: int,
    expected: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    started: list[list[str]] = []

    def run(command: list[str], *, cwd: Path, check: bool) -> subprocess.CompletedProcess[str]:
        assert cwd == tmp_path
        assert not check
        started.append(command)
        return subprocess.CompletedProcess(command, harden)

    monkeypatch.setattr(demo, "copy_app", lambda parent: tmp_path)
    monkeypatch.setattr(subprocess, "run", run)
    monkeypatch.setattr(tempfile, "mkdtemp", lambda prefix: str(tmp_path))
    monkeypatch.setattr(sys, "stdin", Stream(terminal))
    monkeypatch.setattr(sys.stdout, "isatty", lambda: terminal, raising=False)
    assert demo.main() == expected
    assert started == [[sys.executable, "-P", "-m", "harden", *arguments]]
    assert str(tmp_path) in capsys.readouterr().out


class Stream:
    """A standard input that is a terminal, or is not."""

    def __init__(self, terminal: bool) -> None:
        self._terminal = terminal

    def isatty(self) -> bool:
        """Say what was asked for."""
        return self._terminal
