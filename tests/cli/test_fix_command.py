"""`harden fix`, `undo`, `redo`: what is shown is what is written, and it can be taken back."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.given import Content, repository, tree, write

if TYPE_CHECKING:
    from tests.cli.conftest import Run

CODE = """import random
import requests


def token(users):
    # one of them
    return random.choice(users)


def charge(order, log=[]):
    answer = requests.post(
        "https://pay.example/charge",
        json=order,  # as it is
    )
    answer.raise_for_status()
    log.append(answer)
    return requests.get("https://pay.example/state")
"""
FILES: dict[str, Content] = {
    "app/main.py": CODE,
    "app/win.py": CODE.replace("\n", "\r\n"),
    "app/latin.py": ("# coding: latin-1\n" + CODE.replace("as it is", "ist: \xe9")).encode("latin-1"),
    "app/bom.py": b"\xef\xbb\xbf" + CODE.encode().rstrip(b"\n"),
    "app/a b ü.py": CODE,
}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return repository(tmp_path / "repo", FILES)


def test_the_diff_is_what_is_written(root: Path, run: Run, tmp_path: Path) -> None:
    before = tree(root)
    shown = run(root, "fix")
    assert shown.code == 1
    assert tree(root) == before
    assert shown.out.splitlines()[-1].endswith("Nothing is written: add --apply.")
    copy = write(tmp_path / "copy", before)
    (tmp_path / "shown.diff").write_bytes(shown.out.encode("utf-8", "surrogateescape"))
    command = ["git", "apply", "--whitespace=nowarn", str(tmp_path / "shown.diff")]
    done = subprocess.run(command, cwd=copy, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    applied = run(root, "fix", "--apply")
    assert tree(root) == tree(copy)
    assert all(tree(root)[name] != before[name] for name in FILES)
    assert applied.out.rsplit("\n", 2)[0] == shown.out.rsplit("\n", 2)[0]


def test_a_second_time_changes_nothing(root: Path, run: Run) -> None:
    run(root, "fix", "--apply")
    once = tree(root)
    again = run(root, "fix", "--apply")
    assert tree(root) == once
    assert "Would fix" not in again.out
    assert "Fixed" not in again.out


def test_undo_takes_all_back_and_redo_does_it_again(root: Path, run: Run) -> None:
    before = tree(root)
    run(root, "fix", "--apply", "--check", "http-timeout", "--check", "mutable-default")
    after = tree(root)
    assert run(root, "undo").out.startswith("Undone: ")
    while (undone := run(root, "undo")).code == 0:
        assert undone.out.startswith("Undone: ")
    assert undone.err == "harden: There is nothing to undo.\n"
    assert tree(root) == before
    while (redone := run(root, "redo")).code == 0:
        assert redone.out.startswith("Applied again: ")
    assert redone.err == "harden: There is nothing to redo.\n"
    assert tree(root) == after


def test_only_what_was_named_is_fixed(root: Path, run: Run) -> None:
    before = tree(root)
    run(root, "fix", "--apply", "app/win.py", "--check", "http-timeout")
    assert [path for path, data in tree(root).items() if data != before[path]] == ["app/win.py"]


def test_options(root: Path, run: Run) -> None:
    one = ("fix", "app/main.py", "--check", "http-timeout")
    assert "timeout=10" in run(root, *one).out
    assert "timeout=7" in run(root, *one, "--set", "http-timeout.timeout=7").out
    write(root, {"harden.toml": "[options.http-timeout]\ntimeout = 5\n"})
    assert "timeout=5" in run(root, *one).out
    assert "timeout=7" in run(root, *one, "--set", "http-timeout.timeout=7").out


@pytest.mark.parametrize(
    ("item", "line"),
    [
        ("timeout=3", "--set timeout=3: write CHECK.OPTION=VALUE, e.g. http-timeout.timeout=5"),
        ("http-timeout.timeout", "write CHECK.OPTION=VALUE"),
        ("http-timeout.=3", "write CHECK.OPTION=VALUE"),
        ("http-timeot.timeout=3", "There is no check 'http-timeot'. Did you mean http-timeout"),
        ("http-timeout.tiemout=3", "http-timeout: unknown key 'tiemout' (options: timeout"),
        ("http-timeout.timeout=soon", "http-timeout: timeout = 'soon': input should be a valid number"),
        ("http-timeout.timeout=-1", "http-timeout: timeout = '-1': input should be greater than 0"),
    ],
)
def test_wrong_options_are_told_before_anything_is_done(root: Path, run: Run, item: str, line: str) -> None:
    ran = run(root, "fix", "--set", item)
    assert (ran.code, ran.out) == (2, "")
    assert line in ran.err
    assert len(ran.err.splitlines()) == 1


def test_wrong_options_in_the_settings_are_told(root: Path, run: Run) -> None:
    write(root, {"harden.toml": "[options.http-timeout]\ntimeout = 'soon'\n"})
    ran = run(root, "fix")
    assert ran.code == 2
    assert ran.err.startswith("harden: http-timeout: timeout = 'soon': ")


def test_a_file_saved_in_between(root: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """An edit saved while a fix is being made is neither lost nor mixed into the patch."""
    import harden.fixing

    real, mine = harden.fixing._verify_text, CODE.replace("one of them", "mine")

    def saved_meanwhile(*arguments: object) -> None:
        write(root, {"app/main.py": mine})
        real(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(harden.fixing, "_verify_text", saved_meanwhile)
    ran = run(root, "fix", "--apply", "app/main.py", "--check", "http-timeout")
    assert ran.code == 2
    assert ran.err == "harden: app/main.py has changed since the preview; look at the fix again.\n"
    assert (root / "app/main.py").read_text() == mine


def test_equal_lines_are_all_fixed(tmp_path: Path, run: Run) -> None:
    code = "import requests\n\n\ndef f(u):\n" + "    requests.get(u)\n" * 3
    ran = run(write(tmp_path, {"a.py": code}), "fix", "--apply", "--check", "http-timeout")
    assert ran.out.splitlines()[-1].startswith("Fixed 3 findings in 1 patch.")
    assert (tmp_path / "a.py").read_text().count("timeout=10") == 3


def test_what_is_ignored_is_not_fixed(root: Path, run: Run) -> None:
    code = CODE.replace('state")', 'state")  # harden: ignore[http-timeout] watched')
    write(root, {"app/main.py": code})
    run(root, "fix", "--apply", "app/main.py", "--check", "http-timeout")
    assert (root / "app/main.py").read_text().count("timeout=") == 1


def test_outside_git(tmp_path: Path, run: Run) -> None:
    write(tmp_path, {"a.py": CODE})
    assert run(tmp_path, "fix", "--apply", "--check", "http-timeout").code == 0
    assert "timeout=10" in (tmp_path / "a.py").read_text()
    assert run(tmp_path, "undo").code == 0
    assert (tmp_path / "a.py").read_text() == CODE


def test_nothing_to_fix(tmp_path: Path, run: Run) -> None:
    ran = run(write(tmp_path, {"a.py": "x = 1\n"}), "fix")
    assert (ran.code, ran.out) == (0, "Nothing to fix.\n")


def test_an_interrupted_run_is_told(root: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    from harden.entries import Entries
    from harden.journal import Journal

    before = tree(root)
    with monkeypatch.context() as dying:
        dying.setattr(Entries, "save", _dies_when_applied(Entries.save))
        dying.setattr(Journal, "_take_back", lambda *_: None)
        with pytest.raises(SystemExit):
            run(root, "fix", "--apply", "--check", "http-timeout")
    assert tree(root) != before
    ran = run(root, "scan", "app/main.py")
    assert "harden: Applying 'HTTP call without timeout' was interrupted; its files" in ran.err
    assert tree(root) == before


def _dies_when_applied(save: object) -> object:
    def saving(journal: object, entry: object) -> None:
        if getattr(entry, "state", "") == "applied":
            raise SystemExit
        save(journal, entry)  # type: ignore[operator]

    return saving


def test_what_another_fix_makes_possible_is_fixed_in_the_same_run(tmp_path: Path, run: Run) -> None:
    code = (
        "from flask import Flask, jsonify, request\n\nfrom app.db import connection\n\n"
        "app = Flask(__name__)\n\n\n"
        '@app.route("/items")\ndef items():\n    q = request.args.get("q", "")\n'
        "    cursor = connection().cursor()\n"
        "    cursor.execute(f\"SELECT * FROM items WHERE name = '{q}' ORDER BY id\")\n"
        "    return jsonify([dict(row) for row in cursor.fetchall()])\n"
    )
    db = "import sqlite3\n\n\ndef connection():\n    return sqlite3.connect('shop.db')\n"
    root = repository(tmp_path, {"app/__init__.py": "", "app/db.py": db, "app/main.py": code})
    shown = run(root, "fix", "--check", "unbounded-query", "--check", "sql-injection", "--apply")
    assert "WHERE name = ? ORDER BY id LIMIT ? OFFSET ?" in (root / "app/main.py").read_text()
    assert "Fixed 2 findings in 2 patches." in shown.out
    assert shown.code == 0
    assert run(root, "fix", "--check", "unbounded-query", "--check", "sql-injection").code == 0
