"""Pool settings are written in the layout of the call, class or dict that takes them."""

from __future__ import annotations

from pathlib import Path

import pytest

from harden.checklists.database.pool_config import check
from harden.codemods.pool import PoolOptions
from harden.fixing import Offer, make_offer
from harden.project import Project
from harden.scan import Rules, scan_file

MAIN = "app/main.py"
ENGINE = "from sqlalchemy import create_engine\n\n"
FLASK = "from flask_sqlalchemy import SQLAlchemy\n\n"
OPTIONS = '{"pool_pre_ping": True, "pool_recycle": 1800}'


def offer(tmp_path: Path, code: bytes, options: PoolOptions | None = None) -> Offer:
    (tmp_path / "app").mkdir(exist_ok=True)
    (tmp_path / MAIN).write_bytes(code)
    (tmp_path / "pyproject.toml").write_text("[tool.ruff]\nline-length = 200\n")
    project = Project(tmp_path, (MAIN,))
    return make_offer(project, check, scan_file(project, Rules((check,)), MAIN).findings, options)


def mended(tmp_path: Path, code: str, options: PoolOptions | None = None) -> str:
    made = offer(tmp_path, code.encode(), options)
    assert not made.refused
    assert made.patch is not None
    (edit,) = made.patch.edits
    assert offer(tmp_path, edit.after).patch is None
    return edit.after.decode()


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            ENGINE + "engine = create_engine(\n    URL,  # ours\n    echo=False,\n)\n",
            ENGINE
            + "engine = create_engine(\n    URL,  # ours\n    echo=False,\n    pool_pre_ping=True,\n"
            + "    pool_recycle=1800,\n)\n",
        ),
        (
            ENGINE + "a = 1; engine = create_engine(URL, pool_size=9)\n",
            ENGINE
            + "a = 1; engine = create_engine(URL, pool_size=9, pool_pre_ping=True, pool_recycle=1800)\n",
        ),
        (
            FLASK + 'app.config["SQLALCHEMY_DATABASE_URI"] = URL  # from the environment\nrun()\n',
            FLASK
            + 'app.config["SQLALCHEMY_DATABASE_URI"] = URL  # from the environment\n'
            + f'app.config["SQLALCHEMY_ENGINE_OPTIONS"] = {OPTIONS}\nrun()\n',
        ),
        (
            FLASK + "class Config:\n\tSQLALCHEMY_DATABASE_URI = URL or 'x'\n",
            FLASK
            + "class Config:\n\tSQLALCHEMY_DATABASE_URI = URL or 'x'\n"
            + "\tSQLALCHEMY_ENGINE_OPTIONS = {'pool_pre_ping': True, 'pool_recycle': 1800}\n",
        ),
        (
            FLASK + 'update(A="", SQLALCHEMY_DATABASE_URI=URL)\n',
            FLASK + f'update(A="", SQLALCHEMY_DATABASE_URI=URL, SQLALCHEMY_ENGINE_OPTIONS={OPTIONS})\n',
        ),
        (
            FLASK + 'update({"SQLALCHEMY_DATABASE_URI": URL})\n',
            FLASK + f'update({{"SQLALCHEMY_DATABASE_URI": URL, "SQLALCHEMY_ENGINE_OPTIONS": {OPTIONS}}})\n',
        ),
        (
            "D = {'default': {'ENGINE': 'django.db.backends.mysql', 'NAME': 'x'}}\n",
            "D = {'default': {'ENGINE': 'django.db.backends.mysql', 'NAME': 'x', 'CONN_MAX_AGE': 60, "
            "'CONN_HEALTH_CHECKS': True}}\n",
        ),
        (
            'D = {\n    "ENGINE": "django.db.backends.mysql",  # big\n    "NAME": "x"  # last\n}\n',
            'D = {\n    "ENGINE": "django.db.backends.mysql",  # big\n    "NAME": "x",  # last\n'
            '    "CONN_MAX_AGE": 60,\n    "CONN_HEALTH_CHECKS": True\n}\n',
        ),
        (
            'D = {\n    "ENGINE": "django.db.backends.mysql",\n    "NAME": "x",  # last\n}\n',
            'D = {\n    "ENGINE": "django.db.backends.mysql",\n    "NAME": "x",  # last\n'
            '    "CONN_MAX_AGE": 60,\n    "CONN_HEALTH_CHECKS": True,\n}\n',
        ),
        (
            "import dj_database_url as u\n\nD = {'default': u.config(default='postgres://x')}\n",
            "import dj_database_url as u\n\nD = {'default': u.config(default='postgres://x', conn_max_age=60"
            ", conn_health_checks=True)}\n",
        ),
    ],
)
def test_tends_the_pool(before: str, after: str, tmp_path: Path) -> None:
    assert mended(tmp_path, before) == after


def test_keeps_line_endings(tmp_path: Path) -> None:
    before = FLASK + "class Config:\n    SQLALCHEMY_DATABASE_URI = URL\n    OTHER = 1\n"
    made = offer(tmp_path, before.replace("\n", "\r\n").encode())
    assert made.patch is not None
    assert made.patch.edits[0].after.count(b"\r\n") == made.patch.edits[0].after.count(b"\n")


def test_sizes_are_written_when_asked_for(tmp_path: Path) -> None:
    options = PoolOptions(pool_recycle=300, pool_size=20, max_overflow=5, conn_max_age=60)
    after = mended(tmp_path, ENGINE + "engine = create_engine(URL)\n", options)
    assert "(URL, pool_pre_ping=True, pool_recycle=300, pool_size=20, max_overflow=5)" in after


@pytest.mark.parametrize(
    "code",
    [
        FLASK + "a = 1; SQLALCHEMY_DATABASE_URI = URL\n",
        FLASK + "if x: SQLALCHEMY_DATABASE_URI = URL\n",
        "import environ\n\nenv = environ.Env()\nDATABASES = {'default': env.db()}\n",
        "import psycopg2\nfrom flask import Flask\n\napp = Flask('a')\n\n\n"
        "@app.get('/')\ndef index():\n    return psycopg2.connect(DSN)\n",
    ],
)
def test_refuses(code: str, tmp_path: Path) -> None:
    made = offer(tmp_path, code.encode())
    assert made.patch is None
    assert all(made.refused.values())
    assert made.refused


def test_entries_stand_above_the_options_of_the_driver(tmp_path: Path) -> None:
    """So that the fix of db-timeout, which adds those at the end, gives the same text before and after."""
    engine = '        "ENGINE": "django.db.backends.postgresql",\n'
    options = '        "OPTIONS": {"connect_timeout": 5},\n'
    head, end = f'DATABASES = {{\n    "default": {{\n{engine}', "    }\n}\n"
    after = mended(tmp_path, f"{head}{options}{end}")
    added = '        "CONN_MAX_AGE": 60,\n        "CONN_HEALTH_CHECKS": True,\n'
    assert after == f"{head}{added}{options}{end}"
