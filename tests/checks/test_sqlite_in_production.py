"""An address is followed to what its name was given last."""

from __future__ import annotations

from pathlib import Path

import pytest

from harden.project import Project
from harden.registry import check_named
from harden.scan import Rules, scan_file

HEAD = """\
import os

from flask import Flask


def create_app(asked):
    app = Flask(__name__)
"""
USE = '    app.config["SQLALCHEMY_DATABASE_URI"] = path\n'


@pytest.mark.parametrize(
    ("code", "count"),
    [
        ('    path = "shop.db"\n    path = f"sqlite:///{path}"\n' + USE, 1),
        ('    path = "shop.db"\n    if asked:\n        path = f"sqlite:///{path}"\n' + USE, 0),
        ('    path = "sqlite:///shop.db"\n    path = os.environ["DATABASE_URL"]\n' + USE, 0),
        (f'    path = "sqlite:///shop.db"\n{USE}    path = asked\n', 0),
    ],
)
def test_a_name_that_is_given_twice(code: str, count: int, tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(HEAD + code + "    return app\n")
    rules = Rules((check_named("sqlite-in-production"),))
    result = scan_file(Project(tmp_path, ("app.py",)), rules, "app.py")
    assert not result.problems
    assert len(result.findings) == count


@pytest.mark.parametrize(
    ("name", "count"),
    [('"db.sqlite3"', 1), ('os.environ.get("DB_NAME", "db.sqlite3")', 0)],
)
def test_a_database_of_django_beside_one_of_the_environment(name: str, count: int, tmp_path: Path) -> None:
    code = (
        "import os\n\nimport django\n\nDATABASES = {\n"
        f'    "default": {{"ENGINE": "django.db.backends.sqlite3", "NAME": {name}}},\n'
        '    "reports": {"ENGINE": "django.db.backends.postgresql", "HOST": os.environ["REPORTS_HOST"]},\n}\n'
    )
    (tmp_path / "settings.py").write_text(code)
    rules = Rules((check_named("sqlite-in-production"),))
    result = scan_file(Project(tmp_path, ("settings.py",)), rules, "settings.py")
    assert not result.problems
    assert len(result.findings) == count
