"""Where a value shows in the history, without ever telling it to git."""

from __future__ import annotations

from pathlib import Path

import pytest

from harden import history
from harden.history import Sightings, sightings
from tests.given import git, repository, write

VALUE = "otter-8841"


def commit(root: Path, files: dict[str, str], day: int) -> str:
    write(root, files)
    git(root, "add", "-A")
    date = f"2024-03-{day:02}T12:00:00+0000"
    git(root, "commit", "-q", "-m", "Next", GIT_AUTHOR_DATE=date, GIT_COMMITTER_DATE=date)
    return git(root, "log", "-1", "--format=%h").strip()


def test_first_and_last_commit_are_told(tmp_path: Path) -> None:
    root = repository(tmp_path, {"a.py": "x = 1\n"})
    first = commit(root, {"a.py": f'KEY = "{VALUE}"\n'}, 1)
    commit(root, {"a.py": f'KEY = "{VALUE}"\ny = "{VALUE}9"\n'}, 2)
    git(root, "mv", "a.py", "b.py")
    last = commit(root, {"c.yml": f"key: {VALUE}\n"}, 3)
    found = sightings(root, "b.py", {"KEY": VALUE, "OTHER": "never-there"})
    assert str(found["KEY"]) == f"in 2 commits, first {first} (2024-03-01), last {last} (2024-03-03)"
    assert str(found["OTHER"]) == "in no commit yet"
    assert str(Sightings((f"{first} (2024-03-01)",))) == f"in 1 commit: {first} (2024-03-01)"


def test_a_word_counts_only_beside_its_name(tmp_path: Path) -> None:
    root = repository(tmp_path, {"a.py": "x = 'password'\n"})
    sha = commit(root, {"b.yml": "DB_PASSWORD: password\n", "c.py": "ask('password')\n"}, 1)
    found = sightings(root, "a.py", {"MYSQL_PASSWORD": "password"})
    assert found["MYSQL_PASSWORD"].commits == (f"{sha} (2024-03-01)",)


def test_a_built_bundle_takes_no_time(tmp_path: Path) -> None:
    root = repository(tmp_path, {"app.min.js": "password:f(a,b=c);" * 20_000 + "\n"})
    found = sightings(root, "a.py", {"MYSQL_PASSWORD": "changeme"})
    assert found["MYSQL_PASSWORD"].commits == ()


def test_outside_git_nothing_is_told(tmp_path: Path) -> None:
    assert sightings(tmp_path, "a.py", {"KEY": VALUE}) == {}
    (tmp_path / ".git").write_text("gitdir: nowhere\n")
    assert sightings(tmp_path, "a.py", {"KEY": VALUE}) == {}
    assert sightings(repository(tmp_path / "r", {"a": ""}), "a", {"KEY": ""}) == {}


def test_a_history_that_takes_too_long_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = repository(tmp_path, {"a.py": f'KEY = "{VALUE}"\n'})
    asked: list[object] = []

    def slow(*arguments: object) -> None:
        asked.append(arguments[-1])

    monkeypatch.setattr(history, "_searched", slow)
    assert sightings(root, "a.py", {"KEY": VALUE}) == {}
    assert asked == [["--all"], ["--follow", "--", "a.py"]]
