"""Open harden on a fresh copy of the example app, with a git history of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path
from typing import NamedTuple

HERE = Path(__file__).resolve().parent
APP = HERE / "parcels"
HISTORY = HERE / "history.toml"

FINDINGS = 1  # the exit code of a scan that found something, which is what the demo is for


class Commit(NamedTuple):
    """One commit of the app's history; `files` are git pathspecs, `date` is ISO 8601."""

    message: str
    date: str
    files: list[str]


def main() -> int:
    """Copy the app, open harden there (or print a scan without a terminal) and say where the copy is."""
    repository = copy_app(Path(tempfile.mkdtemp(prefix="harden-demo-")))
    terminal = sys.stdin.isatty() and sys.stdout.isatty()
    command = [sys.executable, "-P", "-m", "harden", *([] if terminal else ["scan"])]
    code = subprocess.run(command, cwd=repository, check=False).returncode
    print(f"\nThe copy stays in {repository}: change it as you like, it is not part of harden.")
    return 0 if code == FINDINGS and not terminal else code


def copy_app(parent: Path) -> Path:
    """Copy the app into a folder below `parent`, replay its commits and return the new repository."""
    repository = parent / APP.name
    shutil.copytree(APP, repository, ignore=shutil.ignore_patterns("__pycache__", ".*_cache"))
    history = tomllib.loads(HISTORY.read_text(encoding="utf-8"))
    _start(repository, history["author"])
    for entry in history["commit"]:
        _commit(
            repository, Commit(entry["message"].strip(), entry["date"].isoformat(), entry.get("files", ["."]))
        )
    return repository


def _start(repository: Path, author: dict[str, str]) -> None:
    """Make an empty repository that depends on no setting of the user."""
    _git(repository, "init", "--quiet", "--template=")
    _git(repository, "symbolic-ref", "HEAD", "refs/heads/main")
    settings = {
        "user.name": author["name"],
        "user.email": author["email"],
        "commit.gpgsign": "false",
        "core.autocrlf": "false",
    }
    for name, value in settings.items():
        _git(repository, "config", name, value)


def _commit(repository: Path, commit: Commit) -> None:
    """Add one commit, at its own date."""
    _git(repository, "add", "--", *commit.files)
    _git(repository, "commit", "--quiet", "--no-verify", "--message", commit.message, date=commit.date)


def _git(repository: Path, *arguments: str, date: str = "") -> None:
    """Run git in the repository, deaf to the user's settings, hooks and git variables."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    environment |= {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    if date:
        environment |= {"GIT_AUTHOR_DATE": date, "GIT_COMMITTER_DATE": date}
    subprocess.run(["git", *arguments], cwd=repository, env=environment, check=True)


if __name__ == "__main__":
    sys.exit(main())
