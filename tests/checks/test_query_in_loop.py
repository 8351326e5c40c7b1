"""Loops that ask a database in every turn, in every library's way, and those that need to or hardly do."""

from __future__ import annotations

from pathlib import Path

import pytest

from harden.checklists.database.query_in_loop import check
from harden.project import Project
from harden.scan import Rules, scan_file

HEAD = """\
from django.db import models
from django.shortcuts import get_object_or_404
from pymongo import MongoClient
from sqlalchemy import insert, select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from app.lookups import Users, find, find_all, find_once, put, wrapped

MONGO = MongoClient("db").shop
LIMITS = [1, 2, 3]


class Base(DeclarativeBase):
    pass


class User(Base):
    __tablename__ = "users"
    id: Mapped[int] = mapped_column(primary_key=True)


class Item(models.Model):
    name = models.TextField()


"""
LOOKUPS = """\
from functools import lru_cache

from sqlalchemy import text
from sqlalchemy.orm import Session


def find(session: Session, key):
    row = session.execute(text("SELECT * FROM users WHERE id = :id"), {"id": key}).first()
    if row is None:
        return None
    return dict(row)


def wrapped(session, key):
    return find(session, key)


@lru_cache(100)
def find_once(session: Session, key):
    return session.execute(text("SELECT * FROM users WHERE id = :id"), {"id": key}).first()


def find_all(session: Session, keys):
    return session.execute(text("SELECT * FROM users WHERE id IN (:ids)"), {"ids": keys}).all()


def put(session: Session, key):
    session.execute(text("SELECT pg_notify(:key)"), {"key": key})


class Users:
    def __init__(self, session: Session):
        self.session = session

    def get(self, key):
        return self.session.execute(text("SELECT * FROM users WHERE id = :id"), {"id": key}).first()
"""


def lines(tmp_path: Path, body: str) -> list[str]:
    """Return the flagged lines of a function body."""
    indented = "".join(f"    {line}\n" for line in body.split("\n"))
    code = f"{HEAD}async def run(session: Session, given, later: AsyncSession, users: Users):\n{indented}"
    for name, text in {"app/main.py": code, "app/lookups.py": LOOKUPS}.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    result = scan_file(Project(tmp_path, ("app/lookups.py", "app/main.py")), Rules((check,)), "app/main.py")
    assert not result.problems
    return [code.splitlines()[finding.line - 1].strip() for finding in result.findings]


@pytest.mark.parametrize(
    "body",
    [
        "for key in given:\n    session.get(User, key)",
        "for key in given:\n    session.query(User).filter(User.id == key).first()",
        "for key in given:\n    q = session.query(User).filter_by(id=key)\n    q.one_or_none()",
        "return [session.scalar(select(User).where(User.id == key)) for key in given]",
        "for key in given:\n    r = await later.execute(select(User).where(User.id == key))",
        "for key in given:\n    stmt = text('SELECT * FROM users WHERE id = :id')\n"
        "    session.execute(stmt, {'id': key})",
        "for key in given:\n    session.execute(insert(User).values(id=key))",
        "return {key: Item.objects.get(pk=key) for key in given}",
        "for key in given:\n    if Item.objects.filter(name=key).exists():\n        print(key)",
        "for key in given:\n    for item in Item.objects.filter(name=key):\n        print(item)",
        "for key in given:\n    Item.objects.update_or_create(name=key)",
        "for key in given:\n    some = Item.objects.filter(name=key)\n    print(sum(i.pk for i in some))",
        "for key in given:\n    get_object_or_404(Item, pk=key)",
        "for key in given:\n    MONGO.users.find_one({'_id': key})",
        "for number, key in enumerate(given):\n    MONGO.users.insert_one({'_id': key, 'n': number})",
        "for key in given:\n    find(session, key)",
        "for key in given:\n    name = wrapped(session, key.id)",
        "return [users.get(key) for key in given]",
        "for key in given:\n    item = Item.objects.get(pk=key)\n    if item is None:\n"
        "        raise KeyError(key)",
    ],
)
def test_flagged(body: str, tmp_path: Path) -> None:
    assert len(lines(tmp_path, body)) == 1


@pytest.mark.parametrize(
    "body",
    [
        "for key in given:\n    session.add(User(id=key))\nsession.commit()",
        "for key in LIMITS:\n    session.get(User, key)",
        "for key in (1, 2, 3):\n    session.get(User, key)",
        "for key in given[:5]:\n    session.get(User, key)",
        "for start in range(0, 9000, 100):\n    session.query(User).offset(start).limit(100).all()",
        "for batch in given:\n    session.query(User).filter(User.id.in_(batch)).all()",
        "for keys in given:\n    session.query(User).filter(User.id.in_(keys)).all()",
        "for keys in given:\n    Item.objects.filter(pk__in=keys).count()",
        "for keys in given:\n    find_all(session, keys)",
        "for key in given:\n    find_once(session, key)",
        "for key in given:\n    put(session, key)",
        "for key in given:\n    session.execute(text('VACUUM'), {'x': key})",
        "for key in given:\n    given.get(key, 3)\n    given.first(key)",
        "for key in given:\n    if session.get(User, key):\n        break",
        "known = {}\nfor key in given:\n    if key not in known:\n"
        "        known[key] = session.get(User, key)",
        "for message in given.consumer():\n    session.get(User, message.key)",
        "for model in given:\n    model.objects.get(pk=1)",
        "for key in given:\n    def later():\n        return session.get(User, key)",
        "for user in session.query(User).filter(User.id > 3).all():\n    print(user)",
        "while given:\n    session.get(User, given.pop())",
        "for key in given:\n    session.execute(insert(User).values(id=key))\n    session.commit()",
    ],
)
def test_fine(body: str, tmp_path: Path) -> None:
    assert not lines(tmp_path, body)


def test_a_nested_loop_is_told_once(tmp_path: Path) -> None:
    body = "for order in given:\n    for item in order.items:\n        session.get(User, item.key)"
    assert lines(tmp_path, body) == ["session.get(User, item.key)"]


def test_a_loop_is_told_once(tmp_path: Path) -> None:
    body = "for key in given:\n    session.get(User, key)\n    session.get(User, key + 1)"
    assert lines(tmp_path, body) == ["session.get(User, key)"]


MODELS = """\
from flask_sqlalchemy import SQLAlchemy

db = SQLAlchemy()


class Book(db.Model):
    id = db.Column(db.Integer, primary_key=True)

    def to_dict(self):
        return {"id": self.id, "loans": Loan.query.filter_by(book_id=self.id).count()}


class Loan(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    book_id = db.Column(db.Integer, db.ForeignKey("book.id"))
"""


@pytest.mark.parametrize(
    ("use", "number"),
    [
        ("def show():\n    return [book.to_dict() for book in Book.query.all()]\n", 1),
        ("def show(key):\n    return Book.query.get(key).to_dict()\n", 0),
        ("def show(others):\n    return [other.to_dict() for other in others], Book.query.get(3)\n", 0),
    ],
)
def test_a_method_of_a_model(use: str, number: int, tmp_path: Path) -> None:
    for name, text in {"models.py": MODELS, "views.py": f"from models import Book\n\n\n{use}"}.items():
        (tmp_path / name).write_text(text)
    result = scan_file(Project(tmp_path, ("models.py", "views.py")), Rules((check,)), "models.py")
    assert [finding.line for finding in result.findings] == [10] * number


def test_a_field_of_a_serializer(tmp_path: Path) -> None:
    code = (
        "from django.db import models\nfrom rest_framework import serializers\n\n\n"
        "class Item(models.Model):\n    pass\n\n\nclass Out(serializers.ModelSerializer):\n"
        "    sold = serializers.SerializerMethodField()\n\n    def get_sold(self, obj):\n"
        "        return Item.objects.filter(pk=obj.pk).count()\n\n    def get_other(self, obj):\n"
        "        return Item.objects.filter(pk=obj.pk).count()\n"
    )
    (tmp_path / "api.py").write_text(code)
    result = scan_file(Project(tmp_path, ("api.py",)), Rules((check,)), "api.py")
    assert [finding.line for finding in result.findings] == [13]
