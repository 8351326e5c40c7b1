"""Lists from tables of SQLAlchemy Core get pages, also those that the `databases` library fetches."""

from __future__ import annotations

import pytest

from tests.codemods.conftest import Mend

TABLES = """\
import sqlalchemy
from databases import Database

database = Database("postgresql://db/notes")
metadata = sqlalchemy.MetaData()
engine = sqlalchemy.create_engine("postgresql://db/notes")
notes = sqlalchemy.Table(
    "notes",
    metadata,
    sqlalchemy.Column("id", sqlalchemy.Integer, primary_key=True),
    sqlalchemy.Column("text", sqlalchemy.String),
)
bare = sqlalchemy.Table("bare", metadata, sqlalchemy.Column("text", sqlalchemy.String))
"""
HEAD = """\
from typing import Annotated

from fastapi import FastAPI, Query
from sqlalchemy import select

from app.tables import bare, database, engine, notes

app = FastAPI()


@app.get("/notes")
"""
PAGE = "order_by(notes.c.id).limit(limit).offset(offset)"
PARAMETERS = "limit: Annotated[int, Query(ge=1, le=200)] = 50, offset: Annotated[int, Query(ge=0)] = 0"
FILES = {"app/__init__.py": "", "app/tables.py": TABLES, "ruff.toml": "line-length = 120\n"}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            "query = notes.select()\n    return await database.fetch_all(query)",
            f"query = notes.select()\n    return await database.fetch_all(query.{PAGE})",
        ),
        (
            "return await database.fetch_all(notes.select())",
            f"return await database.fetch_all(notes.select().{PAGE})",
        ),
        (
            "with engine.connect() as db:\n        return db.execute(select(notes)).mappings().all()",
            f"with engine.connect() as db:\n        return db.execute(select(notes).{PAGE}).mappings().all()",
        ),
        (
            "query = notes.select().order_by(notes.c.text)\n    return await database.fetch_all(query=query)",
            "query = notes.select().order_by(notes.c.text)\n"
            "    return await database.fetch_all(query=query.limit(limit).offset(offset))",
        ),
    ],
)
def test_pages(before: str, after: str, mend: Mend) -> None:
    done = mend("unbounded-query", f"{HEAD}async def every():\n    {before}\n", files=FILES)
    assert not done.refused
    assert done.text == f"{HEAD}async def every({PARAMETERS}):\n    {after}\n"


@pytest.mark.parametrize(
    "body",
    [
        "return await database.fetch_all(notes.select().limit(9))",
        "return await database.fetch_all(notes.select().where(notes.c.id == 3))",
        "return await database.fetch_one(notes.select())",
        "return await database.fetch_all(others.select())",
    ],
)
def test_not_flagged(body: str, mend: Mend) -> None:
    code = f"{HEAD}async def every():\n    {body}\n"
    done = mend("unbounded-query", code, files=FILES)
    assert (done.text, done.refused) == (code, ())


def test_explained_without_a_key(mend: Mend) -> None:
    code = f"{HEAD}async def every():\n    return await database.fetch_all(bare.select())\n"
    done = mend("unbounded-query", code, files=FILES)
    assert ["primary key" in reason for reason in done.refused] == [True]
