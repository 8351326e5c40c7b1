"""Which migrations tool a project has, and what a person is told whose schema changes."""

from __future__ import annotations

from pathlib import Path

import pytest

from harden.migrations import Tool, migrations_of
from harden.model_facts import Orm
from tests.given import project, write

ALEMBIC = {"migrations/env.py": "from alembic import context\n"}
FLASK = {"app/ext.py": "from flask_migrate import Migrate\n"}


@pytest.mark.parametrize(
    ("files", "orm", "tool"),
    [
        ({}, Orm.SQLALCHEMY, None),
        ({}, Orm.DJANGO, Tool.DJANGO),
        ({"shop/models.py": "from django.db import models\n"}, None, Tool.DJANGO),
        (ALEMBIC, Orm.SQLMODEL, Tool.ALEMBIC),
        ({"alembic.ini": "[alembic]\n"}, Orm.SQLALCHEMY, Tool.ALEMBIC),
        (ALEMBIC | FLASK, Orm.SQLALCHEMY, Tool.FLASK_MIGRATE),
        (FLASK, None, Tool.FLASK_MIGRATE),
        (FLASK, Orm.PEEWEE, None),
        ({"app/db.py": "CONFIG = {'models': ['app.models', 'aerich.models']}\n"}, Orm.TORTOISE, Tool.AERICH),
    ],
)
def test_tool(tmp_path: Path, files: dict[str, str], orm: Orm | None, tool: Tool | None) -> None:
    assert migrations_of(project(write(tmp_path, files)), orm).tool is tool


def test_note_names_the_command(tmp_path: Path) -> None:
    migrations = migrations_of(project(write(tmp_path, ALEMBIC)), Orm.SQLALCHEMY)
    assert migrations.note("Columns get an index.", "Index users") == (
        "Columns get an index. Make a migration with `alembic revision --autogenerate -m "
        '"Index users"` and read it before it runs.'
    )
    assert migrations.upgrade == "alembic upgrade head"


def test_note_without_a_tool(tmp_path: Path) -> None:
    migrations = migrations_of(project(tmp_path), Orm.SQLALCHEMY)
    assert (migrations.command("x"), migrations.upgrade) == ("", "")
    assert "no migrations tool is set up" in migrations.note("A column changes.", "x")
