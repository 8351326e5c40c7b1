"""Handlers that a route names, instead of a decorator, get pages too."""

from __future__ import annotations

from tests.codemods.conftest import Mend

MODELS = """\
class Item(Base):
    id = Column(Integer, primary_key=True)
"""
STARLETTE = """\
from sqlalchemy import select
from starlette.responses import JSONResponse
from starlette.routing import Route

from app.models import Item


async def items(request):
    {}
    return JSONResponse([item.name for item in rows])


routes = [Route("/items", items)]
"""
READ = """\
asked = request.query_params.get("limit", "")
    limit = min(max(int(asked), 1), 200) if asked.isdecimal() else 50
    asked = request.query_params.get("offset", "")
    offset = int(asked) if asked.isdecimal() else 0
    """
FLASK = """\
from flask import Flask, jsonify, request

from app.models import Item

app = Flask(__name__)


def items():
    return jsonify(Item.query.order_by(Item.id).all())


app.add_url_rule("/items", view_func=items)
"""


def test_starlette(mend: Mend) -> None:
    code = STARLETTE.format("rows = db.scalars(select(Item)).all()")
    done = mend("unbounded-query", code, files={"app/models.py": MODELS})
    assert not done.refused
    page = "rows = db.scalars(select(Item).order_by(Item.id).limit(limit).offset(offset)).all()"
    assert done.text == STARLETTE.format(READ + page)


def test_flask_rule(mend: Mend) -> None:
    done = mend("unbounded-query", FLASK, files={"app/models.py": MODELS})
    assert not done.refused
    assert "    offset = max(request.args.get" in done.text
    assert ".limit(limit).offset(offset).all())" in done.text


def test_functions_without_a_route_are_left_alone(mend: Mend) -> None:
    code = STARLETTE.format("rows = db.scalars(select(Item)).all()").replace(", items)", ", others)")
    done = mend("unbounded-query", code, files={"app/models.py": MODELS})
    assert (done.text, done.refused) == (code, ())


FASTAPI = """\
from app.models import Item


def items(db):
    return db.query(Item).all()
"""


def test_fastapi_route_in_another_file(mend: Mend) -> None:
    main = "from fastapi import FastAPI\nfrom app.main import items\n\n"
    main += "FastAPI().add_api_route('/items', items)\n"
    done = mend("unbounded-query", FASTAPI, files={"app/models.py": MODELS, "app/api.py": main})
    assert "db.query(Item).order_by(Item.id).limit(limit).offset(offset).all()" in done.text
    assert "limit: Annotated[int, Query(ge=1, le=200)] = 50" in done.text


def test_route_for_posts_in_another_file(mend: Mend) -> None:
    main = "from fastapi import FastAPI\nfrom app.main import items\n\n"
    main += "FastAPI().add_api_route('/items', items, methods=['POST'])\n"
    done = mend("unbounded-query", FASTAPI, files={"app/models.py": MODELS, "app/api.py": main})
    assert done.text == FASTAPI
    assert done.refused[0].startswith("It answers no GET request")
