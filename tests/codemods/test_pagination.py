"""Lists get pages in every framework and query style, or a reason why not."""

from __future__ import annotations

from pathlib import Path

import pytest

from harden.checklists.database.unbounded_query import check
from harden.codemods.pagination import PageOptions
from harden.fixing import Offer, make_offer
from harden.project import Project
from harden.scan import Rules, scan_file

MODELS = """\
from sqlalchemy import Column, Integer
from sqlmodel import Field, SQLModel


class Item(Base):
    id = Column(Integer, primary_key=True)


class Pair(Base):
    left = Column(Integer, primary_key=True)
    right = Column(Integer, primary_key=True)


class Keyless(Base):
    name = Column(Integer)


class Hero(SQLModel, table=True):
    number: int | None = Field(default=None, primary_key=True)


class Tagged(Item):
    pass
"""
FASTAPI = """\
from typing import Annotated

from fastapi import FastAPI, Query
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app.models import Hero, Item, Keyless, Pair, Tagged

app = FastAPI()


@app.get("/items")
"""
FLASK = """\
import sqlite3

from flask import Flask, jsonify, render_template, request

from app.models import Item, Keyless

app = Flask(__name__)


@app.route("/items")
"""
DJANGO = """\
from django.core.paginator import Paginator
from django.db import models
from django.http import JsonResponse
from django.shortcuts import render
from django.views import View


class Item(models.Model):
    pass


class Sorted(models.Model):
    class Meta:
        ordering = ["name"]


"""
LIMIT = "limit: Annotated[int, Query(ge=1, le=200)] = 50"
OFFSET = "offset: Annotated[int, Query(ge=0)] = 0"
ASKED = """\
    limit = min(max(request.args.get("limit", 50, type=int), 1), 200)
    offset = max(request.args.get("offset", 0, type=int), 0)
"""
PATH = {FASTAPI: "app/main.py", FLASK: "app/main.py", DJANGO: "shop/views.py"}
CONFIG = "[tool.black]\nline-length = 120\n"


def offer(tmp_path: Path, code: str, path: str, options: PageOptions | None = None, **others: str) -> Offer:
    files = {path: code, "app/models.py": MODELS, "app/__init__.py": "", "pyproject.toml": CONFIG}
    files |= {f"app/{name}.py": text for name, text in others.items()}
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(text.encode())
    project = Project(tmp_path, tuple(sorted(files)))
    result = scan_file(project, Rules((check,)), path)
    assert not result.problems
    return make_offer(project, check, result.findings, options)


def mended(tmp_path: Path, head: str, code: str, options: PageOptions | None = None) -> str:
    made = offer(tmp_path, head + code, PATH[head], options)
    assert not made.refused
    assert made.patch is not None
    after = made.patch.edits[0].after.decode()
    assert offer(tmp_path, after, PATH[head], options).patch is None
    assert after.startswith(head)
    return after.removeprefix(head)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            "def items(db: Session):\n    return db.query(Item).all()\n",
            f"def items(db: Session, {LIMIT}, {OFFSET}):\n"
            "    return db.query(Item).order_by(Item.id).limit(limit).offset(offset).all()\n",
        ),
        (
            "async def items(db):\n    result = await db.execute(select(Pair))\n"
            "    return result.scalars().all()\n",
            f"async def items(db, {LIMIT}, {OFFSET}):\n"
            "    result = await db.execute(select(Pair).order_by(Pair.left,"
            " Pair.right).limit(limit).offset(offset))\n"
            "    return result.scalars().all()\n",
        ),
        (
            "def items(db):\n    statement = select(Hero)\n"
            "    statement = statement.where(Hero.name == 'x')\n"
            "    return db.exec(statement).all()\n",
            f"def items(db, {LIMIT}, {OFFSET}):\n    statement = select(Hero)\n"
            "    statement = statement.where(Hero.name == 'x')\n"
            "    return db.exec(statement.order_by(Hero.number).limit(limit).offset(offset)).all()\n",
        ),
        (
            "def items(db):\n    return list(db.scalars(select(Tagged).order_by(Tagged.name)))\n",
            f"def items(db, {LIMIT}, {OFFSET}):\n"
            "    return list(db.scalars(select(Tagged).order_by(Tagged.name).limit(limit).offset(offset)))\n",
        ),
        (
            "def items(\n    db: Session,  # ours\n):\n    return db.query(Tagged).all()\n",
            f"def items(\n    db: Session,  # ours\n    {LIMIT},\n    {OFFSET},\n):\n"
            "    return db.query(Tagged).order_by(Tagged.id).limit(limit).offset(offset).all()\n",
        ),
        (
            "def items(db, *, kind=None):\n    return db.query(Item).all()\n",
            f"def items(\n    db,\n    {LIMIT},\n    {OFFSET},\n    *,\n    kind=None,\n):\n"
            "    return db.query(Item).order_by(Item.id).limit(limit).offset(offset).all()\n",
        ),
        (
            "def items(db, skip: int = 0, limit: int = 10):\n    rows = db.query(Item).all()\n"
            "    return rows\n",
            "def items(db, skip: int = 0, limit: int = 10):\n"
            "    rows = db.query(Item).order_by(Item.id).limit(limit).offset(skip).all()\n    return rows\n",
        ),
        (
            "def items(db, limit: float):\n    return {'limit': limit, 'items': db.query(Item).all()}\n",
            "def items(\n    db,\n    limit: float,\n"
            "    page_limit: Annotated[int, Query(ge=1, le=200)] = 50,\n"
            "    page_offset: Annotated[int, Query(ge=0)] = 0,\n):\n    return {'limit': limit, "
            "'items': db.query(Item).order_by(Item.id).limit(page_limit).offset(page_offset).all()}\n",
        ),
        (
            "def items(db):\n    out = []\n    for item in db.query(Item).all():\n"
            "        out.append(item.name)\n"
            "    return out\n",
            f"def items(db, {LIMIT}, {OFFSET}):\n    out = []\n"
            "    for item in db.query(Item).order_by(Item.id).limit(limit).offset(offset).all():\n"
            "        out.append(item.name)\n    return out\n",
        ),
        (
            "def items(db: Session):\n    return db.execute(text('SELECT a FROM t ORDER BY a')).fetchall()\n",
            f"def items(db: Session, {LIMIT}, {OFFSET}):\n"  # noqa: S608
            "    return db.execute(\n        text('SELECT a FROM t ORDER BY a LIMIT :limit OFFSET :offset'), "
            '{"limit": limit, "offset": offset}\n    ).fetchall()\n',
        ),
    ],
)
def test_fastapi(before: str, after: str, tmp_path: Path) -> None:
    assert mended(tmp_path, FASTAPI, before) == after


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            "def items():\n    '''All.'''\n\n    # newest\n    items = Item.query.order_by(Item.at).all()\n"
            "    return jsonify([i.name for i in items])\n",
            f"def items():\n    '''All.'''\n\n{ASKED}    # newest\n"
            "    items = Item.query.order_by(Item.at).limit(limit).offset(offset).all()\n"
            "    return jsonify([i.name for i in items])\n",
        ),
        (
            "def items():\n    if request.args:\n        return jsonify(Item.query.filter_by(a=1).all())\n"
            "    return jsonify(Item.query.all())\n",
            "def items():\n    if request.args:\n"
            + ASKED.replace("    l", "        l").replace("    o", "        o")
            + "        return"
            " jsonify(Item.query.filter_by(a=1).order_by(Item.id).limit(limit).offset(offset).all())\n"
            + ASKED
            + "    return jsonify(Item.query.order_by(Item.id).limit(limit).offset(offset).all())\n",
        ),
        (
            "def items():\n\tdb = sqlite3.connect('x')\n\trows = db.execute(\n"
            '\t\t"""\n\t\tSELECT a FROM t WHERE b = ?\n\t\tORDER BY a;\n\t\t""",\n\t\t(1,),\n\t).fetchall()\n'
            "\treturn render_template('x.html', rows=rows)\n",
            "def items():\n\tdb = sqlite3.connect('x')\n"
            + ASKED.replace("    ", "\t")
            + '\trows = db.execute(\n\t\t"""\n\t\tSELECT a FROM t WHERE b = ?\n\t\tORDER BY a\n'
            '\t\tLIMIT ? OFFSET ?\n\t\t""",\n\t\t(1, limit, offset),\n\t).fetchall()\n'
            "\treturn render_template('x.html', rows=rows)\n",
        ),
        (
            "def items():\n    cur = sqlite3.connect('x').cursor()\n"
            "    cur.execute('SELECT a FROM t ORDER BY a')\n"
            "    return jsonify(cur.fetchall())\n",
            f"def items():\n    cur = sqlite3.connect('x').cursor()\n{ASKED}"  # noqa: S608
            "    cur.execute('SELECT a FROM t ORDER BY a LIMIT ? OFFSET ?', (limit, offset))\n"
            "    return jsonify(cur.fetchall())\n",
        ),
    ],
)
def test_flask(before: str, after: str, tmp_path: Path) -> None:
    assert mended(tmp_path, FLASK, before) == after


def test_mongo(tmp_path: Path) -> None:
    head = FLASK.replace("import sqlite3\n", "from pymongo import MongoClient\n\ndb = MongoClient().shop\n")
    made = offer(
        tmp_path, head + "def items():\n    return jsonify(list(db.items.find({'a': 1})))\n", "app/main.py"
    )
    assert made.patch is not None
    after = made.patch.edits[0].after.decode()
    assert """list(db.items.find({'a': 1}).sort("_id", 1).skip(offset).limit(limit))""" in after


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            "def items(request):\n    items = Item.objects.all()\n    if request.GET:\n"
            "        items = items.filter(a=1)\n    return render(request, 'x.html', {'items': items})\n",
            "def items(request):\n    items = Item.objects.all()\n    if request.GET:\n"
            "        items = items.filter(a=1)\n"
            '    items = Paginator(items.order_by("pk"), 50).get_page(request.GET.get("page"))\n'
            "    return render(request, 'x.html', {'items': items})\n",
        ),
        (
            "def items(request):\n    return JsonResponse({'a': list(Sorted.objects.values())})\n",
            "def items(request):\n"
            "    return JsonResponse({'a': list(Paginator(Sorted.objects.values(), 50)"
            '.get_page(request.GET.get("page")))})\n',
        ),
        (
            "class Items(View):\n    def get(self, request):\n        found = Sorted.objects.filter(a=1)\n"
            "        return render(request, 'x.html', {'found': found})\n",
            "class Items(View):\n    def get(self, request):\n        found = Sorted.objects.filter(a=1)\n"
            '        found = Paginator(found, 50).get_page(request.GET.get("page"))\n'
            "        return render(request, 'x.html', {'found': found})\n",
        ),
    ],
)
def test_django(before: str, after: str, tmp_path: Path) -> None:
    assert mended(tmp_path, DJANGO, before) == after


def test_django_lists(tmp_path: Path) -> None:
    head = DJANGO.replace("import View", "import View, generic")
    code = 'class Items(generic.ListView):\n    """All."""\n\n    model = Item\n\n    def get(self): ...\n'
    made = offer(tmp_path, head + code, "shop/views.py")
    assert made.patch is not None
    assert made.patch.edits[0].after.decode() == head + code.replace(
        "model = Item\n", 'model = Item\n    ordering = ["pk"]\n    paginate_by = 50\n'
    )


def test_options(tmp_path: Path) -> None:
    options = PageOptions(page_size=500, maximum=100)
    after = mended(tmp_path, FASTAPI, "def items(db):\n    return db.query(Item).all()\n", options)
    assert "le=100)] = 100," in after


def test_long_queries_are_laid_out_in_lines(tmp_path: Path) -> None:
    head = "# " + "-" * 60 + "\n" + FLASK
    code = (
        "def items():\n    found = (\n"
        "        Item.query.filter_by(a=1).filter_by(a_long_name=1)"
        ".filter_by(another_long_name=request.args['a']).all()\n    )\n    return jsonify(found)\n"
    )
    made = offer(tmp_path, head + code, "app/main.py")
    assert made.patch is not None
    after = made.patch.edits[0].after.decode()
    assert (
        "    found = (\n        Item.query.filter_by(a=1)\n        .filter_by(a_long_name=1)\n"
        "        .filter_by(another_long_name=request.args['a'])\n        .order_by(Item.id)\n"
        "        .limit(limit)\n        .offset(offset)\n        .all()\n    )\n"
    ) in after


def test_broken_arguments_go_further_in(tmp_path: Path) -> None:
    code = (
        "def items():\n    found = Item.query.filter(\n        or_(\n            Item.a_long_name == 1,\n"
        "            Item.b == request.args['a'],\n        )\n    ).all()\n    return jsonify(found)\n"
    )
    made = offer(tmp_path, FLASK + code, "app/main.py")
    assert made.patch is not None
    after = made.patch.edits[0].after.decode()
    assert (
        "    found = (\n        Item.query.filter(\n            or_(\n"
        "                Item.a_long_name == 1,\n"
        "                Item.b == request.args['a'],\n            )\n        )\n        .order_by(Item.id)\n"
    ) in after


def test_keeps_line_endings(tmp_path: Path) -> None:
    code = FASTAPI + "def items(\n    db: Session,\n):\n    return db.query(Item).all()\n"
    made = offer(tmp_path, code.replace("\n", "\r\n"), "app/main.py")
    assert made.patch is not None
    after = made.patch.edits[0].after
    assert after.count(b"\r\n") == after.count(b"\n")


@pytest.mark.parametrize(
    ("head", "code", "reason"),
    [
        (FASTAPI, "def items(db):\n    return db.query(Keyless).all()\n", "primary key"),
        (FASTAPI, "def items(db):\n    return db.query(Elsewhere).all()\n", "not defined in this project"),
        (
            FASTAPI,
            "def items(db):\n    rows = db.query(Item).all()\n    return {'n': len(rows), 'rows': rows}\n",
            "counted",
        ),
        (
            FASTAPI,
            "def items(db):\n    a = db.query(Item).all()\n    b = db.query(Pair).all()\n    return a, b\n",
            "several lists",
        ),
        (FASTAPI, "def export(db):\n    return db.query(Item).all()\n", "export"),
        (
            FASTAPI.replace(".get(", ".post("),
            "def items(db):\n    return db.query(Item).all()\n",
            "no GET request",
        ),
        (
            FASTAPI,
            "def items(db: Session):\n    return db.query(Item).all()\n\n\ndef other(db):\n"
            "    return items(db)\n",
            "called as a function at app/main.py:18",
        ),
        (
            FASTAPI,
            "def items(db: Session):\n    return db.execute(text('SELECT a FROM t')).fetchall()\n",
            "no ORDER BY",
        ),
        (
            FASTAPI,
            "def items(db: Session):\n    sql = 'SELECT a FROM t ORDER BY a'\n"
            "    return db.execute(text(sql)).fetchall()\n",
            "not one plain text",
        ),
        (
            FASTAPI,
            "def items(db, q):\n    return [i for i in db.query(Item).all() if q in i.name]\n",
            "worked on",
        ),
        (
            FASTAPI,
            "def items(db, q):\n    return sorted(db.query(Item).all(), key=lambda i: i.name)\n",
            "worked on",
        ),
        (
            FASTAPI,
            "def items(db, q):\n    out = []\n    for i in db.query(Item).all():\n"
            "        if q in i.name:\n            out.append(i)\n    return out\n",
            "worked on",
        ),
        (
            FASTAPI,
            "def items(db):\n    a = db.query(Item)\n    return a.union(db.query(Tagged)).all()\n",
            "combines queries",
        ),
        (
            FASTAPI,
            "def items(db):\n    return db.query(Item).options(contains_eager(Item.tags)).all()\n",
            "fills collections",
        ),
        (
            FLASK.replace("import sqlite3", "import redis\n\nstore = redis.Redis()"),
            "def items():\n    rows = Item.query.all()\n    store.setex('a', 5, str(rows))\n"
            "    return jsonify(rows)\n",
            "kept in a cache",
        ),
        (
            FLASK.replace("import sqlite3", "from flask_caching import Cache\n\ncache = Cache()")
            + "@cache.cached(timeout=9)\n",
            "def items():\n    return jsonify(Item.query.all())\n",
            "kept in a cache",
        ),
        (FLASK, "def items():\n    x = 1; return jsonify(Item.query.all())\n", "shares a line"),
        (FLASK, "def items():\n    if 1: return jsonify(Item.query.all())\n", "shares a line"),
    ],
)
def test_refuses(head: str, code: str, reason: str, tmp_path: Path) -> None:
    made = offer(tmp_path, head + code, PATH.get(head, "app/main.py"))
    assert made.patch is None
    assert made.refused
    assert all(reason in text for text in made.refused.values()), made.refused


def test_refuses_what_a_test_calls(tmp_path: Path) -> None:
    code = FASTAPI + "def items(db: Session):\n    return db.query(Item).all()\n"
    made = offer(
        tmp_path, code, "app/main.py", test_main="from app.main import items\n\nassert items(1) == []\n"
    )
    assert ["app/test_main.py:3" in reason for reason in made.refused.values()] == [True]


def test_code_is_written_in_the_quotes_of_the_file(tmp_path: Path) -> None:
    code = "def items():\n    return jsonify({'kind': 'item', 'of': 'all', 'rows': Item.query.all()})\n"
    made = offer(tmp_path, FLASK.replace('"', "'") + code, PATH[FLASK])
    assert made.patch is not None
    after = made.patch.edits[0].after.decode()
    assert "request.args.get('limit', 50, type=int)" in after
    assert '"' not in after
