"""A list that is sent page by page costs what a page costs, however many rows the table has."""

from __future__ import annotations

import runpy
import sqlite3
import tracemalloc
from pathlib import Path

from flask import Flask

from tests.codemods.conftest import Mend

ROWS = 200_000
SQL = """\
import sqlite3

from flask import Flask, current_app

app = Flask(__name__)


@app.route("/items")
def items():
    connection = sqlite3.connect(current_app.config["DATABASE"])
    rows = connection.execute("SELECT id, name FROM items ORDER BY id").fetchall()
    connection.close()
    return [{"id": key, "name": name} for key, name in rows]
"""
ORM = """\
from flask import Flask, jsonify
from flask_sqlalchemy import SQLAlchemy

app = Flask(__name__)
app.config["SQLALCHEMY_DATABASE_URI"] = "sqlite:///ITEMS"
db = SQLAlchemy(app)


class Item(db.Model):
    __tablename__ = "items"
    id = db.Column(db.Integer, primary_key=True)
    name = db.Column(db.String(80))


@app.route("/items")
def items():
    return jsonify([{"id": item.id, "name": item.name} for item in Item.query.all()])
"""


def table(file: Path) -> None:
    """Make a table of many rows."""
    with sqlite3.connect(file) as connection:
        connection.execute("CREATE TABLE items (id INTEGER PRIMARY KEY, name TEXT)")
        connection.execute(
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?) "
            "INSERT INTO items SELECT i, 'item ' || i FROM n",
            (ROWS,),
        )


def app_of(file: Path, code: str, database: Path) -> Flask:
    """Return the application of a program."""
    file.write_text(code.replace("ITEMS", str(database)))
    app: Flask = runpy.run_path(str(file))["app"]
    app.config["DATABASE"] = str(database)
    return app


def test_a_page_of_a_large_table_takes_little_memory(mend: Mend, tmp_path: Path) -> None:
    database = tmp_path / "shop.db"
    table(database)
    cost = {}
    for name, code in (("before", SQL), ("after", mend("unbounded-query", SQL).text)):
        app = app_of(tmp_path / f"{name}.py", code, database)
        with app.test_request_context("/items"):
            tracemalloc.start()
            rows: object = app.view_functions["items"]()
            assert isinstance(rows, list)
            cost[name] = len(rows), tracemalloc.get_traced_memory()[1]
            tracemalloc.stop()
    assert (cost["before"][0], cost["after"][0]) == (ROWS, 50)
    assert cost["before"][1] > 30_000_000
    assert cost["after"][1] < 300_000


def test_pages_give_every_row_once(mend: Mend, tmp_path: Path) -> None:
    database = tmp_path / "shop.db"
    table(database)
    client = app_of(tmp_path / "after.py", mend("unbounded-query", ORM).text, database).test_client()
    assert len(client.get("/items").get_json()) == 50
    assert len(client.get("/items?limit=100000000").get_json()) == 200
    pages = [client.get(f"/items?limit=200&offset={at}").get_json() for at in (0, 200, ROWS - 100, ROWS)]
    assert [len(page) for page in pages] == [200, 200, 100, 0]
    assert [row["id"] for page in pages for row in page] == [*range(1, 401), *range(ROWS - 99, ROWS + 1)]
    assert len(client.get("/items?limit=-5&offset=-3").get_json()) == 1
