"""Only lists that a handler sends whole are reported, however they are spelled."""

from __future__ import annotations

from pathlib import Path

import pytest

from harden.checklists.database.unbounded_query import check
from harden.findings import Finding, Severity
from harden.project import Project
from harden.scan import Rules, scan_file

FASTAPI = """\
from fastapi import FastAPI
from sqlalchemy import func, select
from sqlalchemy.orm import Session

app = FastAPI()


@app.get("/items")
def items(db: Session):
"""
DJANGO = """\
from django.shortcuts import get_object_or_404, render
from django.db.models import Prefetch
from shop.models import Item


def items(request):
"""


def found(tmp_path: Path, code: str, path: str) -> tuple[Finding, ...]:
    (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / path).write_text(code)
    result = scan_file(Project(tmp_path, (path,)), Rules((check,)), path)
    assert not result.problems
    return result.findings


def indented(code: str) -> str:
    return "".join(f"    {line}\n" for line in code.splitlines())


@pytest.mark.parametrize(
    "code",
    [
        "return db.query(Item).limit(5).all()",
        "return db.query(Item).all()[:5]",
        "rows = db.query(Item).all()\nreturn rows[a:b]",
        "return paginate(db.query(Item).all())",
        "return db.query(Item).filter(Item.id == 5).all()",
        "return db.query(Item).filter(Item.kind.in_(kinds)).all()",
        "return db.query(Item).filter_by(id=5).all()",
        "return db.query(func.count(Item.id)).all()",
        "return db.query(Item.kind).distinct().all()",
        "return db.scalars(select(Item).limit(9)).all()",
        "s = select(Item)\ns = s.limit(9)\nreturn db.scalars(s).all()",
        "return db.execute(select(Item)).scalars().first()",
        "return db.execute('SELECT count(*) FROM item').fetchall()",
        "return db.execute('SELECT a FROM item LIMIT 5').fetchall()",
        "return db.execute('SELECT a FROM item WHERE id = 5').fetchall()",
        "return db.execute('SELECT a FROM item WHERE a IN (1, 2)').fetchall()",
        "names = {i.name for i in db.query(Item).all()}\nreturn 'x' in names",
        "return len(db.query(Item).all())",
        "for item in db.query(Item).all():\n    db.delete(item)\nreturn {}",
        "return all(things)",
        "return shop.all()",
        "form.kind.choices = [k.name for k in db.query(Kind).all()]\nreturn form",
    ],
)
def test_fine(code: str, tmp_path: Path) -> None:
    assert not found(tmp_path, FASTAPI + indented(code), "app/main.py")


@pytest.mark.parametrize(
    "code",
    [
        "return db.query(Item).all()",
        "return db.query(Item.id, Item.name).all()",
        "return [i.name for i in db.query(Item).filter(Item.kind == kind).all()]",
        "rows = db.query(Item).all()\nif not rows:\n    return []\nreturn rows",
        "q = db.query(Item)\nif kind:\n    q = q.filter(Item.kind == kind)\nreturn q.all()",
        "return db.execute(select(Item)).scalars().all()",
        "return db.exec(select(Item).where(Item.kind == kind)).all()",
        "result = db.execute(select(Item))\nreturn result.scalars().all()",
        "return db.execute('SELECT a FROM item WHERE kind = 1').fetchall()",
        "return db.execute('SELECT a FROM item WHERE a NOT IN (SELECT a FROM sold)').fetchall()",
        "return db.execute('SELECT a FROM item WHERE a NOT IN (1, 2)').fetchall()",
        "out = []\nfor item in db.query(Item).all():\n    out.append(item.name)\nreturn out",
        "return {'items': db.query(Item).all()}",
    ],
)
def test_flagged(code: str, tmp_path: Path) -> None:
    if "exec(" in code:
        code = "from sqlmodel import select\n" + code
    assert len(found(tmp_path, FASTAPI + indented(code), "app/main.py")) == 1


MONGOENGINE = """\
from flask import Flask, jsonify

from app.models import Post

app = Flask(__name__)


@app.route("/posts")
def posts():
"""


@pytest.mark.parametrize(
    ("code", "messages"),
    [
        ("return jsonify(Post.objects())", ["every row of Post is sent at once"]),
        (
            "return jsonify(Post.objects(kind=1).order_by('a'))",
            ["every matching row of Post is sent at once"],
        ),
        ("return jsonify(Post.objects(id=1))", []),
        ("return jsonify(Post.objects(kind=1).first())", []),
        ("return jsonify(Post.objects(kind=1).limit(5))", []),
    ],
)
def test_mongoengine(code: str, messages: list[str], tmp_path: Path) -> None:
    flagged = found(tmp_path, MONGOENGINE + indented(code), "app/main.py")
    assert [finding.message for finding in flagged] == messages


@pytest.mark.parametrize(
    "code",
    [
        "return get_object_or_404(Item.objects.select_related('a'), pk=1)",
        "q = Item.objects.only('a')\nn = Item.objects.filter(x__in=q).count()\nreturn render(request, n)",
        "q = Item.objects.only('a')\nreturn render(request, Box.objects.filter(a=Prefetch('a', q)).first())",
        "return render(request, {'a': Item.objects.order_by('a')[:5]})",
        "return render(request, {'a': Item.objects.filter(pk__in=ids)})",
        "return render(request, {'a': Item.objects.values('k').annotate(n=Count('k'))})",
        "return render(request, {'a': Item.objects.visible_to(request.user)})",
        "Item.objects.filter(a=1).delete()\nreturn render(request, {})",
    ],
)
def test_fine_in_django(code: str, tmp_path: Path) -> None:
    assert not found(tmp_path, DJANGO + indented(code), "shop/views.py")


def test_one_finding_for_a_queryset_in_steps(tmp_path: Path) -> None:
    code = (
        "q = Item.objects.filter(a=1)\nif request.GET:\n    q = q.exclude(b=1)\nq = q.order_by('c')\n"
        "return render(request, {'q': q})"
    )
    (finding,) = found(tmp_path, DJANGO + indented(code), "shop/views.py")
    assert (finding.line, finding.severity) == (7, Severity.MEDIUM)


def test_unfiltered_is_worse(tmp_path: Path) -> None:
    (finding,) = found(tmp_path, FASTAPI + "    return db.query(Item).all()\n", "app/main.py")
    assert finding.severity is Severity.HIGH


def test_functions_that_no_handler_calls_are_left_alone(tmp_path: Path) -> None:
    assert not found(tmp_path, "def items(db):\n    return db.query(Item).all()\n", "app/main.py")


HANDED = """\
import sqlite3

from flask import Flask, jsonify

app = Flask(__name__)


def query_db(query, args=(), one=False):
    cursor = sqlite3.connect("app.db").execute(query, args)
    rows = cursor.fetchall()
    return (rows[0] if rows else None) if one else rows


def query_one(query, args=()):
    return sqlite3.connect("app.db").execute(query, args).fetchone()


@app.get("/notes")
def notes():
    return jsonify(CALL)
"""


@pytest.mark.parametrize(
    ("call", "is_found"),
    [
        ('query_db("SELECT id, text FROM notes")', True),
        ('query_db("SELECT id, text FROM notes WHERE kind = ?", (kind,))', True),
        ('query_db("SELECT id, text FROM notes", one=True)', False),
        ('query_db("SELECT id, text FROM notes", (), True)', False),
        ('query_db("SELECT id, text FROM notes LIMIT 10")', False),
        ('query_one("SELECT id, text FROM notes")', False),
        ('query_db("UPDATE notes SET text = 1")', False),
    ],
)
def test_a_statement_that_is_handed_to_a_function(call: str, is_found: bool, tmp_path: Path) -> None:
    assert bool(found(tmp_path, HANDED.replace("CALL", call), "app.py")) is is_found
