"""Pools are looked for where engines live on and where connections are made per request."""

from __future__ import annotations

from pathlib import Path

import pytest

from harden.checklists.database.pool_config import check
from harden.findings import Finding
from harden.project import Project
from harden.scan import Rules, scan_file


def found(tmp_path: Path, code: str, path: str = "app/main.py", **others: str) -> tuple[Finding, ...]:
    files = {path: code} | {f"app/{name}.py": text for name, text in others.items()}
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    result = scan_file(Project(tmp_path, tuple(sorted(files))), Rules((check,)), path)
    assert not result.problems
    return result.findings


@pytest.mark.parametrize(
    "code",
    [
        "from .config import URL\nengine = create_engine(URL)\n",
        "from .config import settings\nengine = create_engine(settings.url)\n",
        "path = 'a'\nURL = f'sqlite:///{path}'\nengine = create_engine(URL, echo=True)\n",
        "engine = create_engine(URL, connect_args={'check_same_thread': False})\n",
        "engine = create_engine(URL)\nwith engine.connect() as c:\n    c.execute(Q)\n",
        "def once(url):\n    engine = create_engine(url)\n    engine.execute(Q)\n",
        "if __name__ == '__main__':\n    engine = create_engine(URL)\n",
    ],
)
def test_fine_engines(code: str, tmp_path: Path) -> None:
    config = "URL = 'sqlite:///x.db'\n\n\nclass Settings:\n    url = URL\n\n\nsettings = Settings()\n"
    assert not found(tmp_path, "from sqlalchemy import create_engine\n" + code, config=config)


@pytest.mark.parametrize(
    "code",
    [
        "import sqlmodel\nengine = sqlmodel.create_engine(URL)\n",
        "from sqlalchemy.ext.asyncio import create_async_engine as make\nengine = make(URL, pool_size=5)\n",
        "import sqlalchemy as sa\n\n\ndef get(url):\n    engine = sa.create_engine(url)\n    return engine\n",
        "import sqlalchemy as sa\nimport os\nengine = sa.create_engine(os.getenv('DB', 'sqlite:///dev.db'))\n",
        "import dj_database_url\nDATABASES = {'default': dj_database_url.config()}\n",
    ],
)
def test_flagged(code: str, tmp_path: Path) -> None:
    assert [finding.fixable for finding in found(tmp_path, code)] == [True]


def test_pydantic_settings_come_from_the_environment(tmp_path: Path) -> None:
    config = (
        "from pydantic_settings import BaseSettings\n\n\nclass Settings(BaseSettings):\n"
        "    url: str = 'sqlite:///dev.db'\n\n\nsettings = Settings()\n"
    )
    code = "from sqlalchemy import create_engine\nfrom .config import settings\n"
    code += "engine = create_engine(settings.url)\n"
    assert found(tmp_path, code, config=config)


CONNECT = "import psycopg2\n\n\ndef get_db():\n    return psycopg2.connect(DSN)\n"


def test_connection_per_request_has_to_be_changed_by_hand(tmp_path: Path) -> None:
    handler = (
        "from flask import Flask\nfrom .main import get_db\n\napp = Flask(__name__)\n\n\n"
        "@app.get('/')\ndef index():\n    return get_db().cursor()\n"
    )
    (finding,) = found(tmp_path, CONNECT, views=handler)
    assert "pool" in finding.why_not
    depends = "from fastapi import Depends\nfrom .main import get_db\n\nDB = Depends(get_db)\n"
    assert found(tmp_path, CONNECT, views=depends)


def test_connection_of_a_job_is_fine(tmp_path: Path) -> None:
    assert not found(tmp_path, CONNECT, views="from .main import get_db\n\n\ndef nightly():\n    get_db()\n")


def test_flask_options_of_the_tests_do_not_count(tmp_path: Path) -> None:
    code = "from flask_sqlalchemy import SQLAlchemy\n\napp.config['SQLALCHEMY_DATABASE_URI'] = URL\n"
    assert found(tmp_path, code, conftest="SQLALCHEMY_ENGINE_OPTIONS = {}\n")
    assert not found(tmp_path, code, config="SQLALCHEMY_ENGINE_OPTIONS = {}\n")
    assert not found(tmp_path, code.replace("URL", "'sqlite://'"))


def test_django_age_set_elsewhere(tmp_path: Path) -> None:
    code = "DATABASES = {'default': {'ENGINE': 'django.db.backends.mysql'}}\n"
    assert found(tmp_path, code)
    assert not found(tmp_path, code + "DATABASES['default']['CONN_MAX_AGE'] = AGE\n")
    assert not found(tmp_path, code + "ASGI_APPLICATION = 'a.asgi'\n")


def test_settings_of_a_laptop_are_fine(tmp_path: Path) -> None:
    code = "DATABASES = {'default': {'ENGINE': 'django.db.backends.mysql'}}\n"
    assert found(tmp_path, code, "shop/settings/production.py")
    assert not found(tmp_path, code, "shop/settings/development.py")
