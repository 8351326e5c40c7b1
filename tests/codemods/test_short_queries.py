"""Questions for a number or for a row: asked of the database, with the same answer."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.codemods.conftest import Mend

SQL = """\
from sqlalchemy import func, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column


class Base(DeclarativeBase):
    pass


class User(Base):
    __tablename__ = "users"
    id: Mapped[int] = mapped_column(primary_key=True)


def run(session: Session, given):
    return {body}
"""
DJANGO = """\
from django.db import models


class Item(models.Model):
    name = models.TextField()

    class Meta:
        app_label = "app"


def run(given):
{body}
"""
RUN = """
from sqlalchemy import create_engine
from sqlalchemy.orm import Session
from app.main import Base, User, run

engine = create_engine("sqlite://")
Base.metadata.create_all(engine)
with Session(engine) as session:
    session.add_all([User(id=number) for number in range(7)])
    session.commit()
    print(run(session, 3))
"""


@pytest.mark.parametrize(
    ("body", "after", "answer"),
    [
        ("len(session.query(User).all())", "session.query(User).count()", "7"),
        (
            "len(session.query(User).filter(User.id > given).distinct().all())",
            "session.query(User).filter(User.id > given).distinct().count()",
            "3",
        ),
        ("session.query(User).count() > 0", "session.query(User).first() is not None", "True"),
        ("session.query(User).count() != 0", "session.query(User).first() is not None", "True"),
        ("session.query(User).count() >= 1", "session.query(User).first() is not None", "True"),
        (
            "(session.query(User).filter_by(id=99).count() < 1)",
            "(session.query(User).filter_by(id=99).first() is None)",
            "True",
        ),
        ("not session.query(User).count()", "session.query(User).first() is None", "False"),
        ("len(session.query(User).all()) > 0", "session.query(User).first() is not None", "True"),
        ("not len(session.query(User).all())", "session.query(User).first() is None", "False"),
        (
            "1 if len(session.query(User).all()) else 2",
            "1 if session.query(User).first() is not None else 2",
            "1",
        ),
        (
            "1 if session.query(User).filter_by(id=99).all() else 2",
            "1 if session.query(User).filter_by(id=99).first() is not None else 2",
            "2",
        ),
    ],
)
def test_sqlalchemy(body: str, after: str, answer: str, mend: Mend, tmp_path: Path) -> None:
    mended = mend("wasteful-query", SQL.format(body=body), files={"app/__init__.py": ""})
    assert mended.text == SQL.format(body=after)
    (tmp_path / "app/main.py").write_text(mended.text)
    done = subprocess.run(
        [sys.executable, "-c", RUN], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.stdout.strip() == answer, done.stderr


@pytest.mark.parametrize(
    ("body", "after"),
    [
        ("return len(Item.objects.all())", "return Item.objects.all().count()"),
        ("return len(Item.objects.filter(pk=3)[:10])", "return len(Item.objects.filter(pk=3)[:10])"),
        ("if Item.objects.exclude(pk=3): pass", "if Item.objects.exclude(pk=3).exists(): pass"),
        ("return not Item.objects.all()", "return not Item.objects.all().exists()"),
        ("return Item.objects.count() == 0", "return not Item.objects.exists()"),
        ("return len(Item.objects.all()) == 0", "return not Item.objects.all().exists()"),
        ("if len(Item.objects.exclude(pk=3)): pass", "if Item.objects.exclude(pk=3).exists(): pass"),
        (
            "found = Item.objects.all()\n    return len(found) > 0",
            "found = Item.objects.all()\n    return found.exists()",
        ),
        (
            "while Item.objects.filter(pk=given).count(): pass",
            "while Item.objects.filter(pk=given).exists(): pass",
        ),
        (
            "found = Item.objects.all()\n    found = found.filter(pk=3)\n    return len(found)",
            "found = Item.objects.all()\n    found = found.filter(pk=3)\n    return len(found)",
        ),
        (
            "return len(\n        Item.objects.filter(  # new\n            name=given,\n        )\n    )",
            "return Item.objects.filter(  # new\n            name=given,\n        ).count()",
        ),
    ],
)
def test_django(body: str, after: str, mend: Mend) -> None:
    before = DJANGO.format(body=f"    {body}")
    mended = mend("wasteful-query", before, path="app/models.py")
    assert mended.text == DJANGO.format(body=f"    {after}")


@pytest.mark.parametrize(
    "body",
    [
        "len(session.query(User).join(User.posts).all())",
        "len(session.scalars(select(User)).all())",
        "session.scalars(select(User).order_by(func.random())).first()",
        "session.query(User).order_by(func.random()).first()",
    ],
)
def test_refused(body: str, mend: Mend) -> None:
    mended = mend("wasteful-query", SQL.format(body=body))
    assert mended.text == SQL.format(body=body)
    assert len(mended.refused) == 1


@pytest.mark.parametrize(
    "body",
    [
        "len(given)",
        "given.count() > 0",
        "session.query(User).count() > 1",
        "session.query(User).all() or given",
        "len(session.query(User).with_for_update().all())",
        "len(session.query(User).limit(given))",
        "given.order_by('?')",
        "len(given.query.all())",
        "sum(session.query(User).count(), 0)",
    ],
)
def test_fine(body: str, mend: Mend) -> None:
    mended = mend("wasteful-query", SQL.format(body=body))
    assert (mended.text, mended.refused) == (SQL.format(body=body), ())
