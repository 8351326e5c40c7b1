"""Writes to whole tables are judged by what calls them."""

from __future__ import annotations

from pathlib import Path

import pytest

from harden.registry import check_named
from harden.scan import scan
from tests.given import project, write

HEAD = "from flask import Flask\n\nfrom app.models import Item, db\n\napp = Flask('x')\n\n\n"
RESET = "def reset_items():\n    Item.query.delete()\n"


def found(root: Path, files: dict[str, str]) -> list[str]:
    results = scan(project(write(root, files)), (check_named("unfiltered-write"),))
    return [f"{item.line} {item.severity.letter}" for result in results for item in result.findings]


def test_a_function_that_says_so(tmp_path: Path) -> None:
    assert found(tmp_path, {"app/main.py": HEAD + RESET}) == []


def test_a_handler_calls_it(tmp_path: Path) -> None:
    handler = "\n\n@app.post('/x')\ndef anyone():\n    reset_items()\n    return ''\n"
    assert found(tmp_path, {"app/main.py": HEAD + RESET + handler}) == ["9 M"]


@pytest.mark.parametrize(("guard", "expected"), [("@logged", ["11 H"]), ("@admin_required", [])])
def test_administrators_may_empty_tables(tmp_path: Path, guard: str, expected: list[str]) -> None:
    head = HEAD.replace("import Item", "import admin_required, logged, Item")
    code = f"{head}@app.post('/x')\n{guard}\ndef reset():\n    Item.query.delete()\n    return ''\n"
    assert found(tmp_path, {"app/main.py": code}) == expected


@pytest.mark.parametrize(
    "statement",
    [
        "q = db.session.query(Item)\n    if x:\n        q = q.filter_by(a=x)\n    q.delete()",
        "narrowed(db.session.query(Item)).delete()",
        "db.session.execute('DELETE FROM items USING carts WHERE items.id = carts.item_id')",
        "db.session.execute(f'DELETE FROM items {where}')",
        "db.session.execute('UPDATE items SET a = 1 FROM b WHERE b.id = items.id')",
        "db.session.query(Item).join(Item.owner).delete()",
        "items.delete_many(query)",
        "{'a': 1}.update(b=2)",
        "item.delete()",
    ],
)
def test_conditions(tmp_path: Path, statement: str) -> None:
    assert (
        found(tmp_path, {"app/main.py": f"{HEAD}def work(x, item, items, where):\n    {statement}\n"}) == []
    )


@pytest.mark.parametrize(
    "statement",
    [
        "q = db.session.query(Item)\n    q.delete(synchronize_session=False)",
        "db.session.execute('delete from shop.items;')",
        "db.session.execute('TRUNCATE TABLE items')",
        "db.session.execute('UPDATE items SET a = 1')",
        "items.update_many({}, {'$set': {'a': 1}})",
        "items.delete_many(filter={})",
    ],
)
def test_whole_tables(tmp_path: Path, statement: str) -> None:
    assert len(found(tmp_path, {"app/main.py": f"{HEAD}def work(items):\n    {statement}\n"})) == 1
