"""Pages are ordered by primary key in front of what cuts them, in every query style."""

# ruff: noqa: E501 - a pair of codes reads best on two lines

from __future__ import annotations

import pytest

from tests.codemods.conftest import Mend

MODELS = """\
from sqlalchemy import Column, Integer


class Item(Base):
    number = Column(Integer, primary_key=True)


class Pair(Base):
    left = Column(Integer, primary_key=True)
    right = Column(Integer, primary_key=True)


class Keyless(Base):
    name = Column(Integer)
"""
DJANGO_MODELS = """\
from django.db import models


class Item(models.Model):
    pass


class Sorted(models.Model):
    class Meta:
        ordering = ["name"]
"""
QUERIES = """\
from pymongo import MongoClient
from sqlalchemy import func, select, text

from app.models import Item, Keyless, Pair

shop = MongoClient().shop


"""
VIEWS = """\
from django.core.paginator import Paginator
from django.views.generic import ListView
from rest_framework.generics import ListAPIView
from shop.models import Elsewhere, Item, Sorted


"""
SCHEMA = "create table if not exists notes (\n  title text,\n  id integer primary key,\n  x numeric(1, 2));\n"
PAIRS = "CREATE TABLE pairs (a INTEGER, b INTEGER, PRIMARY KEY (a, b))"


def body(code: str) -> str:
    return "def page(db, limit, offset):\n" + "".join(f"    {line}\n" for line in code.splitlines())


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            "return db.query(Item).offset(1).limit(2).all()",
            "return db.query(Item).order_by(Item.number).offset(1).limit(2).all()",
        ),
        (
            "return select(Pair).limit(limit).offset(offset)",
            "return select(Pair).order_by(Pair.left, Pair.right).limit(limit).offset(offset)",
        ),
        ("return Item.query.paginate(page=1)", "return Item.query.order_by(Item.number).paginate(page=1)"),
        (
            "return db.paginate(select(Item), page=1)",
            "return db.paginate(select(Item).order_by(Item.number), page=1)",
        ),
        (
            "return db.query(Item.name, Pair).slice(1, 2)",
            "return db.query(Item.name, Pair).order_by(Item.number, Pair.left, Pair.right).slice(1, 2)",
        ),
        (
            "query = db.query(Item)\nif limit:\n    query = query.filter(Item.a == 1)\nreturn query.offset(1)",
            "query = db.query(Item)\nif limit:\n    query = query.filter(Item.a == 1)\nreturn query.order_by(Item.number).offset(1)",
        ),
        (
            "return (\n    select(Item)\n    # all\n    .where(Item.a == 1)\n    .offset(offset)  # skip\n    .limit(limit)\n)",
            "return (\n    select(Item)\n    # all\n    .where(Item.a == 1)\n    .order_by(Item.number)\n    .offset(offset)  # skip\n    .limit(limit)\n)",
        ),
        (
            "return list(shop.items.find({}).skip(offset).limit(limit))",
            'return list(shop.items.find({}).sort("_id", 1).skip(offset).limit(limit))',
        ),
        (
            'db.execute("SELECT * FROM notes LIMIT ? OFFSET ?", (1, 2))',
            'db.execute("SELECT * FROM notes ORDER BY id LIMIT ? OFFSET ?", (1, 2))',
        ),
        (
            'db.execute(text("select a from pairs p limit :l offset :o"), {})',
            'db.execute(text("select a from pairs p ORDER BY p.a, p.b limit :l offset :o"), {})',
        ),
        (
            'db.execute("""\n    SELECT title FROM notes\n    WHERE a = 1\n    LIMIT ? OFFSET ?\n""", (1, 2))',
            'db.execute("""\n    SELECT title FROM notes\n    WHERE a = 1\n    ORDER BY id\n    LIMIT ? OFFSET ?\n""", (1, 2))',
        ),
        (
            'db.execute("SELECT title"\n           " FROM notes LIMIT ?"\n           " OFFSET ?", (1, 2))',
            'db.execute("SELECT title"\n           " FROM notes ORDER BY id LIMIT ?"\n           " OFFSET ?", (1, 2))',
        ),
    ],
)
def test_orders_by_key(before: str, after: str, mend: Mend) -> None:
    files = {"app/models.py": MODELS, "schema.sql": SCHEMA, "app/db.py": f"SQL = '{PAIRS}'\n"}
    files["pyproject.toml"] = "[tool.ruff]\nline-length = 140\n"
    done = mend("unordered-pagination", QUERIES + body(before), files=files)
    assert not done.refused
    assert done.text == QUERIES + body(after)
    assert mend("unordered-pagination", done.data, files=files).data == done.data


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("Paginator(Item.objects.all(), 9)", 'Paginator(Item.objects.all().order_by("pk"), 9)'),
        (
            "Item.objects.filter(a=1)[offset : offset + 9]",
            'Item.objects.filter(a=1).order_by("pk")[offset : offset + 9]',
        ),
        (
            "found = Item.objects.all()\nPaginator(found, 9)",
            'found = Item.objects.all()\nPaginator(found.order_by("pk"), 9)',
        ),
    ],
)
def test_orders_querysets(before: str, after: str, mend: Mend) -> None:
    done = mend(
        "unordered-pagination",
        VIEWS + body(before),
        path="shop/views.py",
        files={"shop/models.py": DJANGO_MODELS},
    )
    assert not done.refused
    assert done.text == VIEWS + body(after)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            "class Items(ListView):\n    model = Item\n    paginate_by = 9\n\n    def get(self): ...\n",
            'class Items(ListView):\n    model = Item\n    paginate_by = 9\n    ordering = ["pk"]\n\n    def get(self): ...\n',
        ),
        (
            "class Items(ListAPIView):\n    queryset = Item.objects.all()\n    pagination_class = Pages\n",
            'class Items(ListAPIView):\n    queryset = Item.objects.all().order_by("pk")\n    pagination_class = Pages\n',
        ),
    ],
)
def test_orders_class_based_lists(before: str, after: str, mend: Mend) -> None:
    done = mend(
        "unordered-pagination", VIEWS + before, path="shop/views.py", files={"shop/models.py": DJANGO_MODELS}
    )
    assert not done.refused
    assert done.text == VIEWS + after


@pytest.mark.parametrize(
    "code",
    [
        "return db.query(Item).order_by(Item.a).offset(1).all()",
        "return db.query(Item).limit(5).all()",
        "return db.query(Item).offset(0).limit(5).all()",
        "return db.query(Item.a).distinct().offset(1).all()",
        "return db.query(Item.a, func.count()).group_by(Item.a).offset(1).all()",
        "q = select(Item).offset(1).limit(2)\nq = q.order_by(Item.a)\nreturn q",
        "q = select(Item)\nq = q.order_by(Item.a) if limit else q.order_by(Item.b)\nreturn q.offset(1)",
        "return limit.offset(1)",
        "return list(shop.items.find({}).sort('a').skip(1))",
        "return text.slice(1, 2)",
        "db.execute('SELECT a FROM notes ORDER BY a LIMIT 1 OFFSET 2')",
        "db.execute('SELECT a FROM notes LIMIT 1')",
        "db.execute('SELECT count(*) FROM notes LIMIT 1 OFFSET 2')",
    ],
)
def test_fine(code: str, mend: Mend) -> None:
    done = mend(
        "unordered-pagination", QUERIES + body(code), files={"app/models.py": MODELS, "schema.sql": SCHEMA}
    )
    assert (done.text, done.refused) == (QUERIES + body(code), ())


@pytest.mark.parametrize(
    "code",
    [
        "Paginator(Sorted.objects.all(), 9)",
        "Paginator(Item.objects.order_by('a'), 9)",
        "Paginator(Item.objects.newest(), 9)",
        "Paginator(Elsewhere.objects.all(), 9)",
        "Paginator([1, 2], 9)",
        "Item.objects.all()[:9]",
        "Item.objects.all()[0:9]",
        "limit[offset:]",
    ],
)
def test_fine_in_django(code: str, mend: Mend) -> None:
    done = mend(
        "unordered-pagination",
        VIEWS + body(code),
        path="shop/views.py",
        files={"shop/models.py": DJANGO_MODELS},
    )
    assert (done.text, done.refused) == (VIEWS + body(code), ())


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("return db.query(Keyless).offset(1).all()", "primary key of its model cannot be told"),
        ("return db.query(Elsewhere).offset(1).all()", "not defined in this project"),
        ("db.execute('SELECT a FROM other LIMIT 1 OFFSET 2')", "primary key of its table"),
        ("db.execute('SELECT a FROM notes JOIN b LIMIT 1 OFFSET 2')", "primary key of its table"),
        ("sql = 'SELECT a FROM notes LIMIT 1 OFFSET 2'\ndb.execute(sql)", "not one plain text"),
    ],
)
def test_explains(code: str, reason: str, mend: Mend) -> None:
    done = mend(
        "unordered-pagination", QUERIES + body(code), files={"app/models.py": MODELS, "schema.sql": SCHEMA}
    )
    assert [reason in text for text in done.refused] == [True]
    assert done.text == QUERIES + body(code)


def test_keeps_line_endings(mend: Mend) -> None:
    code = (QUERIES + body("return db.query(Item).offset(1).all()")).replace("\n", "\r\n")
    done = mend("unordered-pagination", code, files={"app/models.py": MODELS})
    assert "order_by(Item.number)" in done.text
    assert done.data.count(b"\r\n") == done.data.count(b"\n")
