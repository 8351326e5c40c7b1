"""Rows that are fetched into a list of which only the length, or being there, is asked."""

from __future__ import annotations

from pathlib import Path

import pytest

from harden.findings import Finding
from harden.project import Project
from harden.registry import check_named
from harden.scan import Rules, scan_file

HEAD = """import sqlite3

from pymongo import MongoClient
from sqlalchemy import select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

db = MongoClient().shop


class Base(DeclarativeBase):
    pass


class User(Base):
    __tablename__ = "users"
    id: Mapped[int] = mapped_column(primary_key=True)
    age: Mapped[int]


"""


def findings(tmp_path: Path, body: str) -> tuple[Finding, ...]:
    lines = "".join(f"    {line}\n" for line in body.split("\n"))
    (tmp_path / "app.py").write_text(f"{HEAD}def f(session: Session, cur: sqlite3.Cursor):\n{lines}")
    project = Project(tmp_path, ("app.py",))
    result = scan_file(project, Rules((check_named("wasteful-query"),)), "app.py")
    assert not result.problems
    return result.findings


@pytest.mark.parametrize(
    ("body", "advice"),
    [
        ("users = session.query(User).all()\nreturn len(users)", ".count()"),
        ("users = session.scalars(select(User)).all()\nreturn len(users)", "func.count"),
        (
            "users = session.query(User).all()\nif users:\n    return len(users)\nreturn len(users)",
            ".count()",
        ),
        ("return len(list(db.users.find({'age': 3})))", "count_documents"),
        ("users = list(db.users.find())\nreturn 0 if not users else len(users)", "count_documents"),
        ("cur.execute('SELECT id FROM users WHERE age > 3')\nreturn len(cur.fetchall())", "COUNT(*)"),
        ("cur.execute('SELECT * FROM users')\nrows = cur.fetchall()\nreturn len(rows)", "COUNT(*)"),
    ],
)
def test_only_counted(tmp_path: Path, body: str, advice: str) -> None:
    (finding,) = findings(tmp_path, body)
    assert finding.message == "all rows are fetched only to be counted"
    assert advice in finding.why_not


@pytest.mark.parametrize(
    "body",
    [
        "users = session.query(User).all()\nprint(users)\nreturn len(users)",
        "users = session.query(User).all()\nreturn len(users), [user.id for user in users]",
        "users = session.query(User).limit(10).all()\nreturn len(users)",
        "users = session.query(User).all()\nusers.append(1)\nreturn len(users)",
        "users = session.query(User).all()\nusers = users or [1]\nreturn len(users)",
        "global users\nusers = session.query(User).all()\nreturn len(users)",
        "users, n = session.query(User).all(), 1\nreturn len(users)",
        "cur.execute('SELECT age FROM users GROUP BY age')\nreturn len(cur.fetchall())",
        "cur.execute('SELECT DISTINCT age FROM users')\nreturn len(cur.fetchall())",
        "cur.execute('SELECT id FROM users LIMIT 5')\nreturn len(cur.fetchall())",
        "return len(list(db.users.find().limit(5)))",
        "return len(list(session.info))",
    ],
)
def test_wanted_for_more(tmp_path: Path, body: str) -> None:
    assert not findings(tmp_path, body)
