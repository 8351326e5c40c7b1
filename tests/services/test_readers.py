"""What reading costs on PostgreSQL, before a fix and after it: queries, plans, sums, memory and time."""

from __future__ import annotations

import os
import subprocess
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, event, func, select, text
from sqlalchemy.orm import Session

from tests.codemods.conftest import Mend
from tests.services.test_writers import space_of

pytestmark = pytest.mark.services

HEAD = (
    "from sqlalchemy import Column, Float, ForeignKey, Integer, String, select\n"
    "from sqlalchemy.orm import DeclarativeBase, Session, relationship\n\n\n"
    "class Base(DeclarativeBase):\n    pass\n\n\nclass Maker(Base):\n    __tablename__ = 'makers'\n"
    "    id = Column(Integer, primary_key=True)\n    name = Column(String)\n\n\n"
    "class Item(Base):\n    __tablename__ = 'items'\n    id = Column(Integer, primary_key=True)\n"
    "    {}\n    maker_id = Column(ForeignKey('makers.id'))\n    maker = relationship(Maker)\n\n\n"
)
LISTED = HEAD.format("code = Column(String)") + (
    "def names(db: Session):\n    return [item.maker.name for item in db.query(Item).all()]\n"
)


def queries(code: str, engine: Engine) -> int:
    """Return how many queries a list of 30 items of 30 makers takes."""
    space = space_of(code, engine)
    asked: list[str] = []
    with Session(engine) as session:
        session.add_all([space["Maker"](id=number, name=f"m{number}") for number in range(1, 31)])
        session.flush()
        session.add_all([space["Item"](id=number, maker_id=number) for number in range(1, 31)])
        session.commit()
    listener = lambda *given: asked.append(given[2])  # noqa: E731
    event.listen(engine, "before_cursor_execute", listener)
    with Session(engine) as session:
        assert sorted(space["names"](session)) == sorted(f"m{number}" for number in range(1, 31))
    event.remove(engine, "before_cursor_execute", listener)
    return len(asked)


def test_a_list_takes_few_queries(engine: Engine, mend: Mend) -> None:
    made = mend("n-plus-one", LISTED)
    assert not made.refused
    assert queries(LISTED, engine) == 31
    assert queries(made.text, engine) <= 2


FOUND = HEAD.format("code = Column(String)") + (
    "def by_code(db: Session, code):\n    return db.query(Item).filter_by(code=code).first()\n"
)


def plan(code: str, engine: Engine) -> str:
    """Return how PostgreSQL finds one of 50,000 rows."""
    space_of(code, engine)
    with engine.begin() as connection:
        connection.execute(
            text("INSERT INTO items (code) SELECT 'c' || n FROM generate_series(1, 50000) AS n")
        )
        connection.execute(text("ANALYZE items"))
        rows = connection.execute(text("EXPLAIN SELECT * FROM items WHERE code = 'c9'")).all()
    return "\n".join(str(row[0]) for row in rows)


def test_rows_are_found_by_the_index(engine: Engine, mend: Mend) -> None:
    made = mend("missing-index", FOUND)
    assert not made.refused
    assert "Seq Scan on items" in plan(FOUND, engine)
    assert "ix_items_code" in plan(made.text, engine)


def total(code: str, engine: Engine) -> object:
    """Return the sum of 0.1 and 0.2, as the database adds it up."""
    space = space_of(code, engine)
    with Session(engine) as session:
        session.add_all([space["Item"](price=0.1), space["Item"](price=0.2)])
        session.commit()
        return session.scalar(select(func.sum(space["Item"].price)))


def test_sums_of_money_are_exact(engine: Engine, mend: Mend) -> None:
    code = HEAD.format("price = Column(Float)")
    made = mend("float-money", code)
    assert not made.refused
    assert total(code, engine) == 0.1 + 0.2
    assert total(made.text, engine) == Decimal("0.30")


SHOP = """import os

from flask import Flask, jsonify
from sqlalchemy import Column, Integer, String, create_engine
from sqlalchemy.orm import DeclarativeBase, Session

app = Flask(__name__)
engine = create_engine(os.environ["DATABASE_URL"])


class Base(DeclarativeBase):
    pass


class Item(Base):
    __tablename__ = "items"
    id = Column(Integer, primary_key=True)
    name = Column(String)


@app.get("/items")
def items():
    with Session(engine) as session:
        found = session.query(Item).all()
        return jsonify([{"id": item.id, "name": item.name} for item in found])
"""
MEASURE = """
import resource
import time

from main import app

client = app.test_client()
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
began = time.perf_counter()
answer = client.get("/items")
took = time.perf_counter() - began
assert answer.status_code == 200, answer.data
print(len(answer.data), took, (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024)
"""


def measured(folder: Path, code: str, url: str) -> tuple[float, ...]:
    """Return the bytes, seconds and megabytes that one request for the list takes in a process of its own."""
    folder.mkdir()
    (folder / "main.py").write_text(code)
    done = subprocess.run(
        [sys.executable, "-c", MEASURE],
        cwd=folder,
        env={**os.environ, "DATABASE_URL": url},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return tuple(map(float, done.stdout.split()))


def test_a_page_of_a_million_rows(
    url: str, engine: Engine, mend: Mend, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """One page costs a small part of what all rows cost: bytes, seconds, megabytes."""
    made = mend("unbounded-query", SHOP)
    assert not made.refused
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE items (id integer PRIMARY KEY, name text)"))
        connection.execute(
            text("INSERT INTO items SELECT n, 'item ' || n FROM generate_series(1, 1000000) AS n")
        )
        connection.execute(text("ANALYZE items"))
    before, after = (measured(tmp_path / name, code, url) for name, code in (("a", SHOP), ("b", made.text)))
    with capsys.disabled():
        _told("all rows", before)
        _told("one page", after)
    assert all(small * 10 < large for small, large in zip(after, before, strict=True))


def _told(what: str, figures: tuple[Any, ...]) -> None:
    size, seconds, memory = figures
    print(f"\n{what}: {size:,.0f} bytes, {seconds:.3f} s, {memory:,.0f} MB more", end="")
