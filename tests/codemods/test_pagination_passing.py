"""A page is handed on from handlers to the function that holds the query, if all callers are in sight."""

from __future__ import annotations

import pytest

from tests.codemods.conftest import Mend, Mended

MODELS = """\
from sqlalchemy import Column, Integer


class Item(Base):
    id = Column(Integer, primary_key=True)
"""
HANDLERS = """\
from typing import Annotated

from fastapi import Depends, FastAPI, Query
from sqlalchemy.orm import Session

from app import crud

app = FastAPI()


@app.get("/items")
"""
CRUD = """\
from sqlalchemy.orm import Session

from app.models import Item


"""
WIDE = "[tool.black]\nline-length = 120\n"
LIMIT = "limit: Annotated[int, Query(ge=1, le=200)] = 50"
OFFSET = "offset: Annotated[int, Query(ge=0)] = 0"
PAGE = "order_by(Item.id).limit(limit).offset(offset)"
QUERY = "def get(db: Session):\n    return db.query(Item).all()\n"
JOB = "from app import crud\n\n\ndef job(db):\n"
CALL = "def items(db: Session = Depends(get_db)):\n    return crud.get(db)\n"


def run(mend: Mend, crud: str, handlers: str, **others: str) -> Mended:
    files = {"app/models.py": MODELS, "app/main.py": HANDLERS + handlers, "app/__init__.py": ""}
    files |= {"pyproject.toml": WIDE} | {
        f"{name.replace('__', '/')}.py": text for name, text in others.items()
    }
    return mend("unbounded-query", CRUD + crud, path="app/crud.py", files=files)


@pytest.mark.parametrize(
    ("crud", "handler", "crud_after", "handler_after"),
    [
        (
            QUERY,
            CALL,
            "def get(db: Session, limit: int = 50, offset: int = 0):\n"
            f"    return db.query(Item).{PAGE}.all()\n",
            f"def items(\n    db: Session = Depends(get_db),\n    {LIMIT},\n    {OFFSET},\n):\n"
            "    return crud.get(db, limit=limit, offset=offset)\n",
        ),
        (
            "def get(db):\n    rows = db.query(Item).all()\n    return rows\n",
            "def items(db: Session, kind: str):\n    rows = crud.get(\n        db=db,\n    )\n"
            "    return {'rows': [row.x for row in rows]}\n",
            f"def get(db, limit=50, offset=0):\n    rows = db.query(Item).{PAGE}.all()\n    return rows\n",
            f"def items(\n    db: Session,\n    kind: str,\n    {LIMIT},\n    {OFFSET},\n):\n"
            "    rows = crud.get(\n        db=db,\n        limit=limit,\n        offset=offset,\n    )\n"
            "    return {'rows': [row.x for row in rows]}\n",
        ),
        (
            "class Items:\n    def __init__(self, db: Session):\n        self.db = db\n\n"
            "    def every(self):\n        return self.db.query(Item).all()\n",
            "def items(db: Session):\n    return crud.Items(db).every()\n",
            "class Items:\n    def __init__(self, db: Session):\n        self.db = db\n\n"
            "    def every(self, limit: int = 50, offset: int = 0):\n"
            f"        return self.db.query(Item).{PAGE}.all()\n",
            f"def items(db: Session, {LIMIT}, {OFFSET}):\n"
            "    return crud.Items(db).every(limit=limit, offset=offset)\n",
        ),
        (
            'def get(db: Session) -> list[Item]:\n    """Give items.\n\n'
            '    Args:\n        db: The session.\n\n    Returns:\n        All.\n    """\n'
            "    return db.query(Item).all()\n",
            "def items(db: Session):\n    '''List.\n\n    :param db: ours\n    '''\n"
            "    return crud.get(db)\n",
            'def get(db: Session, limit: int = 50, offset: int = 0) -> list[Item]:\n    """Give items.\n\n'
            "    Args:\n        db: The session.\n        limit: Most rows to give.\n"
            '        offset: Rows to leave out first.\n\n    Returns:\n        All.\n    """\n'
            f"    return db.query(Item).{PAGE}.all()\n",
            f"def items(db: Session, {LIMIT}, {OFFSET}):\n    '''List.\n\n    :param db: ours\n"
            "    :param limit: Most rows to give.\n    :param offset: Rows to leave out first.\n    '''\n"
            "    return crud.get(db, limit=limit, offset=offset)\n",
        ),
        (
            QUERY + "\n\ndef visible(db):\n    return [item for item in get(db)]\n",
            "def items(db: Session):\n    return crud.visible(db)\n",
            "def get(db: Session, limit: int = 50, offset: int = 0):\n"
            f"    return db.query(Item).{PAGE}.all()\n\n\n"
            "def visible(db, limit=50, offset=0):\n"
            "    return [item for item in get(db, limit=limit, offset=offset)]\n",
            f"def items(db: Session, {LIMIT}, {OFFSET}):\n"
            "    return crud.visible(db, limit=limit, offset=offset)\n",
        ),
    ],
)
def test_hands_on(crud: str, handler: str, crud_after: str, handler_after: str, mend: Mend) -> None:
    done = run(mend, crud, handler)
    assert not done.refused
    assert done.text == CRUD + crud_after
    assert done.others["app/main.py"] == HANDLERS + handler_after


def test_flask_reads_the_request(mend: Mend) -> None:
    handlers = (
        "from flask import Flask, jsonify\n\nfrom app import crud\n\napp = Flask(__name__)\n\n\n"
        "@app.route('/items')\ndef items():\n    # all of them\n    rows = crud.get(1)\n"
        "    return jsonify(rows)\n"
    )
    files = {"app/models.py": MODELS, "app/main.py": handlers, "pyproject.toml": WIDE}
    done = mend("unbounded-query", CRUD + QUERY, path="app/crud.py", files=files)
    assert not done.refused
    assert done.others["app/main.py"] == handlers.replace("jsonify\n", "jsonify, request\n", 1).replace(
        "    # all of them\n    rows = crud.get(1)\n",
        "    limit = min(max(request.args.get('limit', 50, type=int), 1), 200)\n"
        "    offset = max(request.args.get('offset', 0, type=int), 0)\n"
        "    # all of them\n    rows = crud.get(1, limit=limit, offset=offset)\n",
    )


@pytest.mark.parametrize(
    ("crud", "handler", "others", "reason"),
    [
        (
            QUERY,
            CALL,
            {"tests__test_x": "from app import crud\n\ncrud.get(1)\n"},
            "tests/test_x.py:3 uses get",
        ),
        (QUERY, CALL, {"app__job": JOB + "    return len(crud.get(db))\n"}, "app/job.py:5"),
        (QUERY, CALL, {"app__job": JOB + "    return crud.get(db)\n"}, "out of sight"),
        (QUERY, CALL, {"app__job": "from app import crud\n\nTABLE = {'items': crud.get}\n"}, "app/job.py:3"),
        (QUERY, CALL.replace("(db)", "(*args)").replace("db: S", "args, db: S"), {}, "cannot be told"),
        (QUERY, CALL + "\n\n@app.post('/x')\ndef x(db):\n    return crud.get(db)\n", {}, "no list to turn"),
        ("@cached\n" + QUERY, CALL, {}, "wrapped by something else"),
        (
            "class Items(Base):\n    def get(self):\n        return db.query(Item).all()\n",
            "def items(db):\n    return crud.Items().get()\n",
            {},
            "base class",
        ),
        (
            QUERY.replace("Item)", "Elsewhere)"),
            CALL,
            {},
            "not defined in this project",
        ),
        (
            QUERY + "\n\ndef others(db: Session):\n    return db.query(Item).all()\n",
            "def items(db: Session):\n    return crud.get(db), crud.others(db)\n",
            {},
            "several lists",
        ),
    ],
)
def test_explains(crud: str, handler: str, others: dict[str, str], reason: str, mend: Mend) -> None:
    done = run(mend, crud, handler, **others)
    assert done.refused
    assert all(reason in text for text in done.refused), done.refused
    assert not done.others


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            "return crud.get(db)",
            'return {"items": crud.get(db, limit=limit, offset=offset), "limit": limit, "offset": offset}',
        ),
        (
            "return {'rows': crud.get(db)}",
            'return {\'rows\': crud.get(db, limit=limit, offset=offset), "limit": limit, "offset": offset}',
        ),
        (
            "rows = crud.get(db)\n    return rows",
            "rows = crud.get(db, limit=limit, offset=offset)\n"
            '    return {"items": rows, "limit": limit, "offset": offset}',
        ),
        (
            "return db.query(Item).all()",
            f'return {{"items": db.query(Item).{PAGE}.all(), "limit": limit, "offset": offset}}',
        ),
    ],
)
def test_envelope(before: str, after: str, mend: Mend) -> None:
    head = HANDLERS.replace("import crud\n", "import crud\nfrom app.models import Item\n")
    code = head + f"def items(db):\n    {before}\n"
    files = {
        "app/models.py": MODELS,
        "app/crud.py": CRUD + QUERY,
        "app/__init__.py": "",
        "pyproject.toml": WIDE.replace("120", "140"),
    }
    path, other = ("app/main.py", "app/crud.py") if "db.query" in before else ("app/crud.py", "app/main.py")
    files |= {other: files.get(other, code)}
    done = mend(
        "unbounded-query",
        code if path == "app/main.py" else CRUD + QUERY,
        path=path,
        files=files,
        envelope=True,
    )
    assert not done.refused
    text = done.text if path == "app/main.py" else done.others["app/main.py"]
    assert text.removeprefix(head) == f"def items(db, {LIMIT}, {OFFSET}):\n    {after}\n"


def test_no_envelope_against_a_response_model(mend: Mend) -> None:
    head = HANDLERS.replace('"/items"', '"/items", response_model=list[Out]')
    code = head + "def items(db):\n    return db.query(Item).order_by(Item.id).all()\n"
    done = mend("unbounded-query", code, envelope=True)
    assert ["is a bare list" in reason for reason in done.refused] == [True]
    assert done.text == code


def test_no_envelope_for_a_template(mend: Mend) -> None:
    code = (
        "from flask import Flask, render_template\n\nfrom app.models import Item\n\napp = Flask(__name__)\n"
        '\n\n@app.route("/items")\ndef items():\n    rows = Item.query.all()\n'
        '    return render_template("items.html", rows=rows)\n'
    )
    files = {"app/models.py": MODELS}
    done = mend("unbounded-query", code, files=files, envelope=True)
    assert (done.text, len(done.refused)) == (code, 1)
    assert "without `envelope`" in done.refused[0]
    assert not mend("unbounded-query", code, files=files).refused
