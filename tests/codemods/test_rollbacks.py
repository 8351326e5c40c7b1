"""A failed transaction is ended: proven by what comes after it, and with hard input."""

from __future__ import annotations

import sqlite3
from typing import Any

import pytest

from tests.codemods.conftest import Mend

ID = "missing-rollback"
MADE = "import sqlite3\n\nconn = sqlite3.connect('a.db')\n\n\n"
ALCHEMY = "from sqlalchemy.orm import Session\n\n\n"

DONE = [
    pytest.param(
        MADE,
        "def f(n):\n    x = n\n\n    # keep\n    conn.execute('INSERT INTO a VALUES (?)', (x,))  # one\n"
        "    if n:\n        conn.execute('DELETE FROM b')\n    conn.commit()  # done\n    return x\n",
        "def f(n):\n    x = n\n\n    # keep\n    try:\n"
        "        conn.execute('INSERT INTO a VALUES (?)', (x,))  # one\n"
        "        if n:\n            conn.execute('DELETE FROM b')\n        conn.commit()  # done\n"
        "    except Exception:\n        conn.rollback()\n        raise\n    return x\n",
        id="comments",
    ),
    pytest.param(
        MADE,
        "def f(n):\r\n\tfor x in n:\r\n\t\tconn.execute('INSERT INTO a VALUES (?)', (x,))\r\n"
        "\t\tconn.commit()\r\n",
        "def f(n):\r\n\tfor x in n:\r\n\t\ttry:\r\n\t\t\tconn.execute('INSERT INTO a VALUES (?)', (x,))\r\n"
        "\t\t\tconn.commit()\r\n\t\texcept Exception:\r\n\t\t\tconn.rollback()\r\n\t\t\traise\r\n",
        id="tabs in a loop",
    ),
    pytest.param(
        ALCHEMY,
        "async def f(db: Session, row):\n    try:\n        db.add(row)\n        await db.commit()\n"
        "    except Exception as e:  # told\n        # why\n        print(e)\n",
        "async def f(db: Session, row):\n    try:\n        db.add(row)\n        await db.commit()\n"
        "    except Exception as e:  # told\n        await db.rollback()\n        # why\n"
        "        print(e)\n",
        id="awaited",
    ),
    pytest.param(
        "import pymysql\n\n\n",
        "def f(n):\n    conn = pymysql.connect(host='x')\n    cur = conn.cursor()\n"
        "    cur.execute('DELETE FROM a WHERE n = %s', (n,))\n    conn.commit()\n    # bye\n"
        "    conn.close()\n    return n\n",
        "def f(n):\n    conn = pymysql.connect(host='x')\n    try:\n        cur = conn.cursor()\n"
        "        cur.execute('DELETE FROM a WHERE n = %s', (n,))\n        conn.commit()\n"
        "    finally:\n        # bye\n"
        "        conn.close()\n    return n\n",
        id="closed",
    ),
]


@pytest.mark.parametrize(("head", "before", "after"), DONE)
def test_is_ended(mend: Mend, head: str, before: str, after: str) -> None:
    done = mend(ID, head + before)
    assert done.data.decode() == head + after
    assert mend(ID, done.data).data == done.data


LEFT = [
    pytest.param(
        MADE,
        "def f(n):\n    if n:\n        conn.execute('DELETE FROM a')\n    else:\n"
        "        conn.commit(); print(n)\n",
        id="a shared line",
    ),
    pytest.param(
        ALCHEMY,
        "def f(db: Session, row):\n    try:\n        db.add(row)\n        db.commit()\n"
        "    except Exception: print(row)\n",
        id="a handler in one line",
    ),
    pytest.param(
        "import sqlite3\n\n\n",
        "def f(n):\n    conn = sqlite3.connect('a.db')\n    conn.execute('DELETE FROM a')\n"
        "    conn.commit()\n    if n:\n"
        "        conn.close()\n        return 1\n    conn.close()\n",
        id="closed twice",
    ),
    pytest.param(
        "import sqlite3\n\n\n",
        "def f(n):\n    if n:\n        conn = sqlite3.connect('a.db')\n    else:\n"
        "        conn = sqlite3.connect('b.db')\n"
        "    conn.execute('DELETE FROM a')\n    conn.commit()\n    conn.close()\n",
        id="opened in a branch",
    ),
    pytest.param(
        "import sqlite3\n\n\n",
        "def get():\n    conn = sqlite3.connect('a.db')\n    x = yield conn\n    conn.close()\n"
        "    print(x)\n",
        id="a yield that gives back",
    ),
    pytest.param(
        ALCHEMY,
        "def f(db: Session, row):\n    db.add(row)\n    db.commit()\n",
        id="the caller's",
    ),
]


@pytest.mark.parametrize(("head", "code"), LEFT)
def test_is_left_alone(mend: Mend, head: str, code: str) -> None:
    assert mend(ID, head + code).data.decode() == head + code


SHARED = (
    "from sqlalchemy import Column, Integer, create_engine\n"
    "from sqlalchemy.orm import Session, declarative_base\n\n"
    "Base = declarative_base()\nengine = create_engine('sqlite://')\nsession = Session(engine)\n\n\n"
    "class Item(Base):\n    __tablename__ = 'items'\n    id = Column(Integer, primary_key=True)\n\n\n"
    "def add(pk):\n    session.add(Item(id=pk))\n    session.commit()\n"
)


def test_a_session_that_lives_on_can_be_used_again(mend: Mend) -> None:
    from sqlalchemy.exc import IntegrityError, PendingRollbackError

    def added(code: str) -> int:
        space: dict[str, Any] = {}
        exec(compile(code, "app.py", "exec"), space)  # noqa: S102
        space["Base"].metadata.create_all(space["engine"])
        space["add"](1)
        with pytest.raises(IntegrityError):
            space["add"](1)
        try:
            space["add"](2)
            return int(space["session"].query(space["Item"]).count())
        finally:
            space["session"].close()
            space["engine"].dispose()

    with pytest.raises(PendingRollbackError):
        added(SHARED)
    assert added(mend(ID, SHARED).text) == 2


PAIR = (
    "import sqlite3\n\nconn = sqlite3.connect(':memory:')\n\n\ndef place(n):\n"
    "    conn.execute('INSERT INTO orders VALUES (?)', (n,))\n"
    "    conn.execute('INSERT INTO lines VALUES (?)', (n,))\n    conn.commit()\n"
)


def test_the_next_commit_keeps_no_half(mend: Mend) -> None:
    kept = []
    for code in (PAIR, mend(ID, PAIR).text):
        space: dict[str, Any] = {}
        exec(compile(code, "app.py", "exec"), space)  # noqa: S102
        conn = space["conn"]
        conn.executescript("CREATE TABLE orders (n); CREATE TABLE lines (n CHECK (n > 5))")
        with pytest.raises(sqlite3.IntegrityError):
            space["place"](3)
        space["place"](7)
        kept.append([row[0] for row in conn.execute("SELECT n FROM orders")])
        conn.close()
    assert kept == [[3, 7], [7]]
