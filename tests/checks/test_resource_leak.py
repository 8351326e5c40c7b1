"""What a function opens for its caller is the caller's to close."""

from __future__ import annotations

from pathlib import Path

import pytest

from harden.checklists.state.resource_leak import check
from harden.registry import check_named
from harden.scan import Rules, scan_file
from tests.given import project, write

STORE = """\
import contextlib
import functools
import sqlite3

from flask import g


def fresh():
    made = sqlite3.connect("shop.db")
    made.row_factory = sqlite3.Row
    return made


def again():
    return fresh()


def shared():
    if "db" not in g:
        g.db = sqlite3.connect("shop.db")
    return g.db


def kept():
    made = sqlite3.connect("shop.db")
    g.db = made
    return made


@functools.lru_cache
def one():
    return sqlite3.connect("shop.db")


@contextlib.contextmanager
def managed():
    made = sqlite3.connect("shop.db")
    yield made
    made.close()
"""


@pytest.mark.parametrize(
    ("body", "steps"),
    [
        ("db = fresh()\ndb.execute('x')\ndb.close()", 2),
        ("db = fresh()\ndb.execute('x')", 2),
        ("db = again()\ndb.execute('x')", 3),
        ("db = fresh()\nreturn db", 0),
        ("db = fresh()\ntry:\n    db.execute('x')\nfinally:\n    db.close()", 0),
        ("with contextlib.closing(fresh()) as db:\n    db.execute('x')", 0),
        ("db = shared()\ndb.execute('x')", 0),
        ("db = kept()\ndb.execute('x')", 0),
        ("db = one()\ndb.execute('x')", 0),
        ("with managed() as db:\n    db.execute('x')", 0),
    ],
)
def test_the_caller_closes(tmp_path: Path, body: str, steps: int) -> None:
    lines = "".join(f"    {line}\n" for line in body.split("\n"))
    main = f"import contextlib\n\nfrom .store import *\n\n\ndef use():\n{lines}"
    write(tmp_path, {"app/__init__.py": "", "app/store.py": STORE, "app/main.py": main})
    result = scan_file(project(tmp_path), Rules((check,)), "app/main.py")
    assert not result.problems
    assert [len(finding.steps) for finding in result.findings] == ([steps] if steps else [])


ROLLBACK = check_named("missing-rollback").id
WRITE = "c.execute('INSERT INTO sums VALUES (1)')"


@pytest.mark.parametrize(
    ("path", "body", "expected"),
    [
        ("app.py", f"{WRITE}; c.commit(); c.close()", [ROLLBACK]),
        ("app.py", f"if x: c.close(); return\n    {WRITE}\n    c.commit()\n    c.close()", [ROLLBACK]),
        ("app.py", f"{WRITE}; c.commit()", [check.id]),
        ("app.py", "c.execute('SELECT 1'); c.close()", [check.id]),
        ("scripts/fill.py", f"{WRITE}; c.commit(); c.close()", [check.id]),
        ("schema.py", f"import alembic; {WRITE}; c.commit(); c.close()", [check.id]),
        ("app.py", f"try:\n        {WRITE}; c.commit()\n    finally: c.close()", []),
    ],
)
@pytest.mark.parametrize("opened", ["sqlite3.connect('a.db')", "fresh()"])
def test_a_connection_is_told_once(
    tmp_path: Path, path: str, body: str, expected: list[str], opened: str
) -> None:
    head = "import sqlite3\n\n\ndef fresh():\n    return sqlite3.connect('a.db')\n\n\n"
    code = f"{head}def f(x):\n    c = {opened}\n    {body}\n"
    rules = Rules((check, check_named(ROLLBACK)))
    found = scan_file(project(write(tmp_path, {path: code})), rules, path).findings
    assert [finding.check for finding in found] == expected
