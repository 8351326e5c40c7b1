"""Where tables are made, and what the message says of the migrations that there are."""

from __future__ import annotations

from pathlib import Path

import pytest

from harden.registry import check_named
from harden.scan import scan
from tests.given import project, write

DB = "from sqlalchemy import MetaData\n\nmetadata = MetaData()\n\n\n"
INIT = DB + "def init_db():\n    metadata.create_all(engine)\n"


def found(root: Path, files: dict[str, str]) -> list[str]:
    results = scan(project(write(root, files)), (check_named("create-all-at-start"),))
    return [f"{item.path}:{item.line} {item.message}" for result in results for item in result.findings]


@pytest.mark.parametrize(
    ("main", "when"),
    [
        ("init_db()\n", "when the module is imported"),
        ("if __name__ == '__main__':\n    init_db()\n    app.run()\n", "is started as a program"),
        ("@app.on_event('startup')\nasync def begin():\n    init_db()\n", "in begin()"),
        ("async def lifespan(app):\n    init_db()\n    yield\n", "in lifespan()"),
        ("app = FastAPI(on_startup=[init_db])\n", "in init_db()"),
        ("app.add_event_handler('startup', init_db)\n", "in init_db()"),
        ("def create_app():\n    init_db()\n    return app\n", "in create_app()"),
        ("def made():\n    site = FastAPI()\n    init_db()\n    return site\n", "in made()"),
    ],
)
def test_ways_to_the_start(tmp_path: Path, main: str, when: str) -> None:
    head = "from fastapi import FastAPI\n\nfrom app.db import init_db\n\napp = FastAPI()\n\n\n"
    (at,) = found(tmp_path, {"app/db.py": INIT, "app/main.py": head + main})
    assert at.startswith("app/db.py:7 create_all() runs ")
    assert when in at


@pytest.mark.parametrize(
    "main",
    [
        "",
        "if __name__ == '__main__':\n    init_db()\n",
        "if settings.testing:\n    init_db()\n",
        "@app.on_event('shutdown')\ndef end():\n    init_db()\n",
        "@click.command()\ndef init():\n    init_db()\n",
    ],
)
def test_what_is_no_start(tmp_path: Path, main: str) -> None:
    head = "import click\nfrom fastapi import FastAPI\n\nfrom app.db import init_db\n\napp = FastAPI()\n\n\n"
    assert found(tmp_path, {"app/db.py": INIT, "app/main.py": head + main}) == []


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({}, "there are no migrations"),
        ({"migrations/env.py": "from alembic import context\n"}, "beside Alembic"),
        ({"app/ext.py": "from flask_migrate import Migrate\n"}, "beside Flask-Migrate"),
    ],
)
def test_migrations_beside(tmp_path: Path, files: dict[str, str], said: str) -> None:
    main = {"app/main.py": "from flask import Flask\n\n" + DB + "metadata.create_all(engine)\n"}
    (at,) = found(tmp_path, main | files)
    assert said in at


@pytest.mark.parametrize(
    "start",
    [
        "db.executescript(open('schema.sql').read())",
        "db.executescript(SCHEMA)",
        "register_tortoise(app, modules={}, generate_schemas=True)",
        "db.create_tables([User])",
        "with engine.begin() as c:\n    c.run_sync(metadata.create_all)",
    ],
)
def test_other_ways_to_make_tables(tmp_path: Path, start: str) -> None:
    head = "from flask import Flask\n\nSCHEMA = 'CREATE TABLE notes (id INTEGER)'  # create_all\n\n"
    assert len(found(tmp_path, {"app/main.py": f"{head}{start}\n"})) == 1


def test_tools_for_one_person(tmp_path: Path) -> None:
    assert found(tmp_path, {"tool.py": DB + "metadata.create_all(engine)\n"}) == []
