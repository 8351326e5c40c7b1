"""Columns and the queries that look rows up by them, in several files, in SQL and in MongoDB."""

from __future__ import annotations

from pathlib import Path

import pytest

from harden.registry import check_named
from harden.scan import scan
from tests.given import project, write

MODELS = """from sqlalchemy import Column, DateTime, ForeignKey, Integer, String
from sqlalchemy.orm import declarative_base

Base = declarative_base()


class Stamped:
    made_at = Column(DateTime)


class Order(Stamped, Base):
    __tablename__ = "orders"
    id = Column(Integer, primary_key=True)
    number = Column(String)
    owner_id = Column(Integer, ForeignKey("users.id"), index=True)
"""
USE = (
    "from sqlalchemy import and_, or_, select\n\nfrom app.models import Order as O\n\n\n"
    "def f(db, x, y, **more):\n"
)


def found(root: Path, files: dict[str, str]) -> list[str]:
    results = scan(project(write(root, files)), (check_named("missing-index"),))
    return [
        f"{item.path}:{item.line} {item.severity.letter}" for result in results for item in result.findings
    ]


@pytest.mark.parametrize(
    "query",
    [
        "db.query(O).filter(O.number == x).first()",
        "db.query(O.id).filter(O.number == x).all()",
        "db.execute(select(O).where(and_(O.number == x, O.id != y)))",
        "db.execute(select(O).where((O.number == x) & (O.made_at > y)))",
        "db.scalars(select(O).where(O.number.in_(x)))",
        "db.query(O).order_by(O.number.desc()).limit(5).all()",
        "q = select(O)\n    q = q.where(O.number == x)\n    db.scalars(q)",
        "O.query.filter_by(number=x).first_or_404()",
    ],
)
def test_queries_in_another_file(tmp_path: Path, query: str) -> None:
    files = {"app/models.py": MODELS, "app/use.py": f"{USE}    {query}\n"}
    assert "app/models.py:14 M" in found(tmp_path, files)


@pytest.mark.parametrize(
    "query",
    [
        "db.query(O).filter(O.number == x, O.id == y).first()",
        "db.query(O).filter(O.owner_id == x).filter(O.number == y).all()",
        "db.query(O).filter(or_(O.number == x, O.made_at == y)).all()",
        "db.query(O).filter(O.number != x).all()",
        "db.query(O).filter(O.number.ilike(x)).all()",
        "db.query(O).filter_by(number=x, **more).all()",
        "db.query(O).order_by(O.number).all()",
        "narrowed(db).filter(O.number == x).all()",
        "db.query(O).join(O.owner).order_by(O.number).limit(3)",
    ],
)
def test_queries_that_need_none(tmp_path: Path, query: str) -> None:
    assert found(tmp_path, {"app/models.py": MODELS, "app/use.py": f"{USE}    {query}\n"}) == []


def test_a_mixin_is_explained(tmp_path: Path) -> None:
    use = f"{USE}    db.query(O).filter(O.made_at > x).all()\n"
    (result,) = (
        item
        for item in scan(
            project(write(tmp_path, {"app/models.py": MODELS, "app/use.py": use})),
            (check_named("missing-index"),),
        )
        if item.findings
    )
    assert [(finding.line, finding.fixable) for finding in result.findings] == [(8, False)]


def test_foreign_keys_of_mysql_have_an_index(tmp_path: Path) -> None:
    models = MODELS.replace(", index=True", "")
    assert found(tmp_path / "a", {"app/models.py": models}) == ["app/models.py:15 L"]
    other = {"app/models.py": models, "app/db.py": "URL = 'mysql+pymysql://db/shop'\n"}
    assert found(tmp_path / "b", other) == []


TABLE = (
    "CREATE TABLE notes (\n    id INTEGER PRIMARY KEY,\n    owner TEXT,\n    code TEXT UNIQUE,\n"
    "    done INTEGER,\n    FOREIGN KEY (owner) REFERENCES users (id)\n);\n"
)


@pytest.mark.parametrize(
    ("statement", "more", "lines"),
    [
        ("SELECT * FROM notes WHERE owner = ?", "", ["schema.sql:3 M"]),
        ("SELECT n.id FROM notes n WHERE n.owner = ? AND n.done = 0", "", ["schema.sql:3 M"]),
        ("DELETE FROM notes WHERE owner = ?", "", ["schema.sql:3 M"]),
        ("UPDATE notes SET done = 1 WHERE owner IN (?)", "", ["schema.sql:3 M"]),
        ("SELECT n.id FROM notes n JOIN users u ON u.id = n.owner WHERE n.owner = ?", "", ["schema.sql:3 M"]),
        ("SELECT n.id FROM notes n JOIN users u ON u.id = n.owner WHERE u.name = ?", "", []),
        ("SELECT * FROM notes WHERE id = ? AND owner = ?", "", []),
        ("SELECT * FROM notes WHERE code = ?", "", []),
        ("SELECT * FROM notes WHERE done = 1", "", []),
        ("SELECT * FROM notes WHERE owner = ? OR done = 1", "", []),
        ("SELECT * FROM notes WHERE owner LIKE ?", "", []),
        ("SELECT * FROM notes WHERE owner = ?", "CREATE INDEX ix ON notes (owner, id);\n", []),
    ],
)
def test_sql(tmp_path: Path, statement: str, more: str, lines: list[str]) -> None:
    code = f'def f(db):\n    return db.execute("{statement}")\n'
    assert found(tmp_path, {"schema.sql": TABLE + more, "app/use.py": code}) == lines


MONGO = "from pymongo import MongoClient\n\ndb = MongoClient().shop\n\n\ndef f(x):\n    return {}\n"


@pytest.mark.parametrize(
    ("call", "index", "count"),
    [
        ("db.users.find_one({'email': x})", "", 1),
        ("db.users.find(filter={'email': x})", "", 1),
        ("db.users.find({'age': {'$gt': x}})", "", 1),
        ("db.users.find_one({'email': x})", "db.users.create_index('email')\n", 0),
        ("db.users.find_one({'email': x})", "db[x].create_index(y)\n", 0),
        ("db.users.find_one({'email': {'$regex': x}})", "", 0),
        ("db.users.find({'$or': [{'a': x}]})", "", 0),
        ("db.users.find({**x})", "", 0),
        ("db.users.find({'status': x})", "", 0),
    ],
)
def test_documents(tmp_path: Path, call: str, index: str, count: int) -> None:
    assert len(found(tmp_path, {"app/main.py": MONGO.format(call) + index})) == count


def test_documents_are_told_of_once(tmp_path: Path) -> None:
    code = MONGO.format("db.users.find_one({'email': x})")
    assert found(tmp_path, {"app/a.py": code + code, "app/b.py": code}) == ["app/a.py:7 M"]
