"""Columns get their index in every spelling, and the database then uses it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.codemods.conftest import Mend

HEAD = (
    "from sqlalchemy import Column, ForeignKey, Integer, String\nfrom sqlalchemy.orm import DeclarativeBase\n"
    "from sqlalchemy.orm import Mapped, deferred, mapped_column\n\n\n"
    "class Base(DeclarativeBase):\n    pass\n\n\n"
    "class Item(Base):\n    __tablename__ = 'items'\n    id: Mapped[int] = mapped_column(primary_key=True)\n"
)
QUERY = "\n\ndef by_code(db, code):\n    return db.query(Item).filter_by(code=code).first()\n"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("code = Column(String)", "code = Column(String, index=True)"),
        ("code = Column()", "code = Column(index=True)"),
        ("code = deferred(Column(String))", "code = deferred(Column(String, index=True))"),
        ("code: Mapped[str]", "code: Mapped[str] = mapped_column(index=True)"),
        (
            "code: Mapped[str]  # of the maker",
            "code: Mapped[str] = mapped_column(index=True)  # of the maker",
        ),
        ("code: Mapped[str] = mapped_column()", "code: Mapped[str] = mapped_column(index=True)"),
        (
            "code = Column(\n        String(9),  # short\n        nullable=False,\n    )",
            "code = Column(\n        String(9),  # short\n        nullable=False,\n"
            "        index=True,\n    )",
        ),
        ("code = Column(String); x = 1", "code = Column(String, index=True); x = 1"),
    ],
)
def test_columns(mend: Mend, before: str, after: str) -> None:
    made = mend("missing-index", f"{HEAD}    {before}\n{QUERY}")
    assert not made.refused
    assert made.text == f"{HEAD}    {after}\n{QUERY}"
    assert mend("missing-index", made.text).text == made.text


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("code: str", "code: str = Field(index=True)"),
        ('code: str = ""', 'code: str = Field(default="", index=True)'),
        ("code: str = Field(max_length=9)", "code: str = Field(max_length=9, index=True)"),
        (
            "code: str = Field(sa_column=Column(String))",
            "code: str = Field(sa_column=Column(String, index=True))",
        ),
    ],
)
def test_fields_of_sqlmodel(mend: Mend, before: str, after: str) -> None:
    head = "from sqlalchemy import Column, String\nfrom sqlmodel import Field, SQLModel, select\n\n\n"
    head += "class Item(SQLModel, table=True):\n    id: int = Field(primary_key=True)\n"
    tail = "\n\ndef by_code(db, code):\n    return db.exec(select(Item).where(Item.code == code)).first()\n"
    made = mend("missing-index", f"{head}    {before}\n{tail}")
    assert made.text == f"{head}    {after}\n{tail}"


def test_columns_of_a_table(mend: Mend) -> None:
    code = (
        "from sqlalchemy import Column, ForeignKey, Integer, MetaData, Table\n\n"
        'likes = Table("likes", MetaData(), Column("user_id", ForeignKey("users.id")))\n'
    )
    made = mend("missing-index", code)
    assert 'Column("user_id", ForeignKey("users.id"), index=True)' in made.text


@pytest.mark.parametrize(
    ("files", "note"),
    [
        ({}, "no migrations tool is set up"),
        ({"alembic.ini": "[alembic]\n"}, "`alembic revision --autogenerate -m"),
        ({"migrations/env.py": "from alembic import context\n"}, "`alembic revision --autogenerate -m"),
        ({"app/ext.py": "from flask_migrate import Migrate\n"}, "`flask db migrate -m"),
    ],
)
def test_notes_say_how_to_migrate(mend: Mend, files: dict[str, str], note: str) -> None:
    made = mend("missing-index", f"{HEAD}    code = Column(String)\n{QUERY}", files=files)
    assert [note in text for text in made.notes] == [True], made.notes


@pytest.mark.parametrize(
    ("column", "reason"),
    [
        ("code = short('code')", "made by short()"),
        ("@declared_attr\n    def code(cls):\n        return Column(String)", "made by a function"),
    ],
)
def test_what_is_made_elsewhere_stays(mend: Mend, column: str, reason: str) -> None:
    head = "from sqlalchemy.orm import declared_attr\n\n" + HEAD
    head = head.replace("class Base", "def short(name):\n    return Column(name, String(9))\n\n\nclass Base")
    code = f"{head}    {column}\n{QUERY}"
    made = mend("missing-index", code)
    assert made.text == code
    assert [reason in text for text in made.refused] == [True], made.refused


@pytest.mark.parametrize(
    "column",
    [
        "code = Column(String, unique=True)",
        "code = Column(String, index=False)",
        "code = Column(String, **MORE)",
        "code = Column(Boolean)",
        "code = Column(Text)",
    ],
)
def test_nothing_to_do(mend: Mend, column: str) -> None:
    code = f"from sqlalchemy import Boolean, Text\n{HEAD}    {column}\n{QUERY}"
    made = mend("missing-index", code)
    assert (made.text, made.refused) == (code, ())


def test_sqlite_uses_the_index(mend: Mend) -> None:
    """The plan of the query is a scan before, and a search by the index after."""
    code = f"{HEAD}    code = Column(String)\n{QUERY}".replace("id: Mapped[int] = mapped_", "id = ")
    code = code.replace("id = column(primary", "id = Column(Integer, primary")
    assert "SCAN items" in _plan(code)
    assert "INDEX ix_items_code" in _plan(mend("missing-index", code).text)


def _plan(code: str) -> str:
    from sqlalchemy import create_engine, text

    names: dict[str, object] = {"__name__": "models"}
    exec(code, names)  # noqa: S102
    engine = create_engine("sqlite://")
    names["Base"].metadata.create_all(engine)  # type: ignore[attr-defined]
    with engine.connect() as connection:
        rows = connection.execute(text("EXPLAIN QUERY PLAN SELECT * FROM items WHERE code = 'x'")).all()
    engine.dispose()
    return " ".join(str(row[3]) for row in rows)


DJANGO = """
import django
from django.conf import settings

settings.configure(
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
)
django.setup()

from django.db import connection
from models import Item, by_code

with connection.schema_editor() as editor:
    editor.create_model(Item)
print(Item.objects.filter(code="x").explain())
"""


def test_django_uses_the_index(mend: Mend, tmp_path: Path) -> None:
    code = (
        "from django.db import models\n\n\nclass Item(models.Model):\n"
        "    code = models.CharField(max_length=9)\n"
        "\n    class Meta:\n        app_label = 'shop'\n\n\n"
        "def by_code(code):\n    return Item.objects.get(code=code)\n"
    )
    assert "SCAN shop_item" in _django_plan(tmp_path / "before", code)
    made = mend("missing-index", code)
    assert "db_index=True" in made.text
    assert "INDEX shop_item_code" in _django_plan(tmp_path / "after", made.text)


def _django_plan(folder: Path, models: str) -> str:
    folder.mkdir()
    (folder / "models.py").write_text(models)
    (folder / "plan.py").write_text(DJANGO)
    done = subprocess.run(
        [sys.executable, "plan.py"], cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
