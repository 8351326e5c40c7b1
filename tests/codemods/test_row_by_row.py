"""Loops go through cursors: the same rows, one after the other, in little memory."""

from __future__ import annotations

import runpy
import sqlite3
import tracemalloc
from pathlib import Path

import pytest

from tests.codemods.conftest import Mend

HEAD = """\
import sqlite3

import aiosqlite
import mysql.connector
import psycopg2


"""


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            "def run(c: sqlite3.Cursor, use):\n    c.execute('SELECT a FROM t')\n"
            "    for row in c.fetchall():\n        use(row)\n",
            "def run(c: sqlite3.Cursor, use):\n    c.execute('SELECT a FROM t')\n"
            "    for row in c:\n        use(row)\n",
        ),
        (
            "def run(c: sqlite3.Cursor, use):\n    c.execute('SELECT a FROM t')\n\n"
            "    rows = c.fetchall()\n    print('now')\n    for row in rows:  # all\n        use(row)\n",
            "def run(c: sqlite3.Cursor, use):\n    c.execute('SELECT a FROM t')\n"
            "    print('now')\n    for row in c:  # all\n        use(row)\n",
        ),
        (
            "def run(c: sqlite3.Connection, use):\n"
            "    for row in c.execute('SELECT a FROM t').fetchall(): use(row)\n",
            "def run(c: sqlite3.Connection, use):\n    for row in c.execute('SELECT a FROM t'): use(row)\n",
        ),
        (
            "def run(use):\n    with psycopg2.connect('x') as c, c.cursor() as k:\n"
            "        k.execute('SELECT a FROM t')\n"
            "        rows = k.fetchall()\n        for row in rows:\n            use(row)\n",
            "def run(use):\n    with psycopg2.connect('x') as c, c.cursor() as k:\n"
            "        k.execute('SELECT a FROM t')\n"
            "        for row in k:\n            use(row)\n",
        ),
    ],
)
def test_loops(before: str, after: str, mend: Mend) -> None:
    mended = mend("fetchall-unbounded", HEAD + before)
    assert (mended.text, mended.refused) == (HEAD + after, ())
    assert mend("fetchall-unbounded", mended.text).text == mended.text
    crlf = mend("fetchall-unbounded", (HEAD + before).replace("\n", "\r\n").encode())
    assert crlf.data.decode() == (HEAD + after).replace("\n", "\r\n")


@pytest.mark.parametrize(
    "body",
    [
        "def run(c: sqlite3.Cursor):\n    c.execute('SELECT a FROM t')\n    for (a,) in c.fetchall():\n"
        "        c.execute('UPDATE t SET a = ?', (a,))\n",
        "def run(c: sqlite3.Cursor, use):\n    c.execute('SELECT a FROM t')\n    for row in c.fetchall():\n"
        "        use(c, row)\n",
        "def run(use):\n    k = sqlite3.connect('x')\n    c = k.cursor()\n    c.execute('SELECT a FROM t')\n"
        "    rows = c.fetchall()\n    k.close()\n    for row in rows:\n        use(row)\n",
        "def run(use):\n    with sqlite3.connect('x') as c:\n"
        "        rows = c.execute('SELECT a FROM t').fetchall()\n"
        "    for row in rows:\n        use(row)\n",
        "def run(use):\n    c = mysql.connector.connect().cursor()\n    c.execute('SELECT a FROM t')\n"
        "    for row in c.fetchall():\n        use(row)\n",
        "async def run(c: aiosqlite.Cursor, use):\n    await c.execute('SELECT a FROM t')\n"
        "    for row in await c.fetchall():\n        use(row)\n",
    ],
)
def test_refused(body: str, mend: Mend) -> None:
    mended = mend("fetchall-unbounded", HEAD + body)
    assert mended.text == HEAD + body
    assert len(mended.refused) == 1


def test_a_large_table_takes_little_memory(mend: Mend, tmp_path: Path) -> None:
    code = (
        "import sqlite3\n\n\ndef total(connection: sqlite3.Connection):\n    found = 0\n"
        "    rows = connection.execute('SELECT id, name FROM items').fetchall()\n"
        "    for key, name in rows:\n        found += key\n    return found\n"
    )
    connection = sqlite3.connect(tmp_path / "shop.db")
    connection.execute("CREATE TABLE items (id INTEGER PRIMARY KEY, name TEXT)")
    connection.executemany("INSERT INTO items (name) VALUES (?)", ((f"item {n}",) for n in range(30_000)))
    mended = mend("fetchall-unbounded", code).text
    before, after = (_peak(tmp_path / "run.py", text, connection) for text in (code, mended))
    assert before[0] == after[0] == 450_015_000
    assert before[1] > 3_000_000
    assert after[1] < 100_000


def _peak(file: Path, code: str, connection: sqlite3.Connection) -> tuple[int, int]:
    """Return what a program gives, and the most memory that it takes meanwhile."""
    file.write_text(code)
    total = runpy.run_path(str(file))["total"]
    tracemalloc.start()
    found = total(connection)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return found, most
