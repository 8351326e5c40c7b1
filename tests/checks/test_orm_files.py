"""Queries whose model, repository, manager or route stands in another file."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from harden.registry import check_named
from harden.scan import scan
from tests.given import project, write

MODELS = {
    "app/__init__.py": "",
    "app/models.py": """
from sqlalchemy import Column, Integer, String
from sqlalchemy.orm import declarative_base

Base = declarative_base()


class Keyed(Base):
    __abstract__ = True
    number = Column(Integer, primary_key=True)


class Item(Keyed):
    __tablename__ = "items"
    name = Column(String)

    @classmethod
    def some(cls, session, limit, offset):
        return session.query(cls).limit(limit).offset(offset).all()

    @classmethod
    def every(cls, session):
        return session.query(cls).all()


class Note:
    text = ""
""",
}
DJANGO = {
    "shop/__init__.py": "",
    "shop/models.py": """
from django.db import models


class OpenManager(models.Manager):
    def get_queryset(self):
        return super().get_queryset().filter(open=True)


class SortedManager(models.Manager):
    def get_queryset(self):
        return super().get_queryset().order_by("name")


class Item(models.Model):
    name = models.TextField()
    objects = models.Manager()
    open = OpenManager()


class Sorted(models.Model):
    name = models.TextField()
    objects = SortedManager()
""",
}


def found(root: Path, check: str, files: Mapping[str, str]) -> list[str]:
    """Return where a check reports something, and what it would do about it."""
    write(root, files)
    results = scan(project(root), (check_named(check),))
    return [
        f"{finding.path}:{finding.span.line} {finding.facts.get('order', '')}".rstrip()
        for result in results
        for finding in result.findings
    ]


@pytest.mark.parametrize(
    ("code", "order"),
    [
        (
            "import app.models\n\n\ndef page(db, at):\n"
            "    return db.query(app.models.Item).offset(at).all()\n",
            "app.models.Item.number",
        ),
        (
            "from app import models as m\n\n\ndef page(db, at):\n"
            "    return db.query(m.Item).offset(at).all()\n",
            "m.Item.number",
        ),
        (
            "from sqlmodel import select\nfrom app.models import Item\n\nasync def page(db, at):\n"
            "    return (await db.exec(select(Item).offset(at))).all()\n",
            "Item.number",
        ),
    ],
    ids=["dotted", "alias", "exec"],
)
def test_key_of_a_model_in_another_file(tmp_path: Path, code: str, order: str) -> None:
    files = MODELS | {"app/queries.py": code}
    line = code.splitlines().index(next(line for line in code.splitlines() if "offset" in line)) + 1
    assert f"app/queries.py:{line} {order}" in found(tmp_path, "unordered-pagination", files)


def test_class_method_of_a_model(tmp_path: Path) -> None:
    assert found(tmp_path, "unordered-pagination", MODELS) == ["app/models.py:19 cls.number"]


REPOSITORY = """
from typing import Generic, Type, TypeVar

T = TypeVar("T")


class Repository(Generic[T]):
    def __init__(self, model: Type[T], session):
        self.model = model
        self.session = session

    def page(self, limit, offset):
        return self.session.query(self.model).limit(limit).offset(offset).all()
"""


@pytest.mark.parametrize(
    "made",
    [
        "class Items(Repository[Item]):\n    pass\n",
        "items = Repository(Item, None)\n",
        "items = Repository[Item](Item, None)\n",
        "class Items(Repository):\n    model = Item\n",
    ],
    ids=["generic", "made", "both", "attribute"],
)
def test_repository(tmp_path: Path, made: str) -> None:
    head = "from app.models import Item\nfrom app.repository import Repository\n\n"
    files = MODELS | {"app/repository.py": REPOSITORY, "app/items.py": head + made}
    at = found(tmp_path, "unordered-pagination", files)
    assert [place for place in at if "repository" in place] == ["app/repository.py:13 self.model.number"]


def test_what_is_no_model(tmp_path: Path) -> None:
    code = "from app.models import Note\n\n\ndef page(db, at):\n    return db.query(Note).offset(at).all()\n"
    files = MODELS | {
        "app/models.py": "class Kind:\n    pass\n\n\nclass Note(Kind):\n    pass\n",
        "app/q.py": code,
    }
    assert found(tmp_path, "unordered-pagination", files) == []


@pytest.mark.parametrize(
    ("query", "is_reported"),
    [
        ("Item.objects.all()", True),
        ("Item.open.all()", True),
        ("Item.open.filter(name='x')", True),
        ("Sorted.objects.all()", False),
        ("Item.name.all()", False),
    ],
)
def test_manager(tmp_path: Path, query: str, is_reported: bool) -> None:
    code = (
        "from django.core.paginator import Paginator\nfrom shop.models import Item, Sorted\n\n\n"
        f"def pages(number):\n    return Paginator({query}, 25)\n"
    )
    at = found(tmp_path, "unordered-pagination", DJANGO | {"shop/pages.py": code})
    assert at == (['shop/pages.py:6 "pk"'] if is_reported else [])


ROUTED = {
    "flask": (
        "from flask import jsonify\nfrom app.models import Item\n\n\n"
        "def listed():\n    return jsonify([row.name for row in session.query(Item).all()])\n",
        "from flask import Flask\nfrom app import views\n\napp = Flask('x')\n"
        "app.add_url_rule('/x', view_func=views.listed)\n",
    ),
    "fastapi": (
        "from app.models import Item\n\n\ndef listed(db):\n    return db.query(Item).all()\n",
        "from fastapi import FastAPI\nfrom app.views import listed\n\n"
        "FastAPI().add_api_route('/x', listed)\n",
    ),
    "starlette": (
        "from starlette.responses import JSONResponse\nfrom app.models import Item\n\n\n"
        "async def listed(request):\n    rows = session.query(Item).all()\n    return JSONResponse(rows)\n",
        "from starlette.routing import Route\nfrom app import views\n\n"
        "routes = [Route('/x', views.listed)]\n",
    ),
    "aiohttp": (
        "from aiohttp import web\nfrom app.models import Item\n\n\nasync def listed(request):\n"
        "    rows = session.query(Item).all()\n    return web.json_response(rows)\n",
        "from aiohttp import web\nfrom app import views\n\n"
        "web.Application().router.add_get('/x', views.listed)\n",
    ),
}


@pytest.mark.parametrize("framework", list(ROUTED))
def test_handler_that_another_file_routes(tmp_path: Path, framework: str) -> None:
    views, main = ROUTED[framework]
    files = MODELS | {"app/views.py": views}
    assert found(tmp_path / "alone", "unbounded-query", files) == []
    at = found(tmp_path / "routed", "unbounded-query", files | {"app/main.py": main})
    assert [place.partition(":")[0] for place in at] == ["app/views.py"]


def test_class_method_of_a_model_that_a_handler_sends(tmp_path: Path) -> None:
    main = (
        "from fastapi import FastAPI\nfrom app.models import Item\n\napp = FastAPI()\n\n\n"
        "@app.get('/x')\ndef listed(db):\n    return Item.every(db)\n"
    )
    assert found(tmp_path, "unbounded-query", MODELS | {"app/main.py": main}) == ["app/models.py:23"]


def test_query_built_in_many_steps(tmp_path: Path) -> None:
    steps = "".join(f"    if wanted[{n}]:\n        rows = rows.filter(Item.name != {n})\n" for n in range(30))
    head = "from app.models import Item\n\n\ndef page(db, wanted, at):\n    rows = db.query(Item){}\n"
    code = f"{head}{steps}    return rows.offset(at).all()\n"
    ordered = MODELS | {"app/q.py": code.replace("{}", ".order_by(Item.name)")}
    assert [at for at in found(tmp_path / "a", "unordered-pagination", ordered) if "q.py" in at] == []
    unordered = MODELS | {"app/q.py": code.replace("{}", "")}
    assert [at for at in found(tmp_path / "b", "unordered-pagination", unordered) if "q.py" in at] == [
        "app/q.py:66 Item.number"
    ]
