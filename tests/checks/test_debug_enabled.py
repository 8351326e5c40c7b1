"""Debug mode that is on because nobody said that this is production."""

from __future__ import annotations

from pathlib import Path

import pytest

from harden.project import Project
from harden.registry import check_named
from harden.scan import Rules, scan_file


def messages(tmp_path: Path, code: str) -> list[str]:
    (tmp_path / "settings.py").write_text(f"import os\n\n{code}\n")
    rules = Rules((check_named("debug-enabled"),))
    result = scan_file(Project(tmp_path, ("settings.py",)), rules, "settings.py")
    assert not result.problems
    assert all(finding.why_not for finding in result.findings)
    return [finding.message for finding in result.findings]


@pytest.mark.parametrize(
    "code",
    [
        'DEBUG = os.getenv("ENV") != "production"',
        'DEBUG = False if os.environ.get("ENV") == "1" else True',
        'DEBUG = not os.getenv("ENV")',
        'STAGE = os.getenv("ENV", "development")\nDEBUG = STAGE == "development"',
        'DEBUG = os.getenv("ENV", "DEV").lower() in ("dev", "local")',
        'DEBUG: bool = os.getenv("ENV", "dev") not in {"prod", "staging"}',
        'from flask import Flask\napp = Flask("a")\napp.run(debug=os.getenv("ENV") != "production")',
    ],
)
def test_on_where_the_variable_is_missing(code: str, tmp_path: Path) -> None:
    assert messages(tmp_path, code) == ["debug mode is on where ENV is missing"]


@pytest.mark.parametrize(
    "code",
    [
        'DEBUG = os.getenv("ENV") == "development"',
        'DEBUG = os.environ["ENV"] != "production"',
        'DEBUG = os.getenv("ENV", "production") != "production"',
        'DEBUG = bool(os.getenv("ENV"))',
        'DEBUG = parse(os.getenv("ENV"))',
        'DEBUG = os.getenv("A") == "1" and os.getenv("B") != "x"',
        'if os.getenv("ENV") == "development":\n    DEBUG = os.getenv("X") != "off"',
        'COLOURS = os.getenv("ENV") != "production"',
    ],
)
def test_off_where_the_variable_is_missing(code: str, tmp_path: Path) -> None:
    assert messages(tmp_path, code) == []


@pytest.mark.parametrize(
    ("code", "found"),
    [
        ('from shop.env import flag\nDEBUG = flag("DEBUG", "True")', True),
        ('from shop.env import flag\nDEBUG = flag("SHOP_DEBUG", default=True)', True),
        ('from shop.env import flag\nDEBUG = flag("DEBUG", "False")', False),
        ('from shop.env import flag\nDEBUG = flag("DEBUG")', False),
        ('from shop.env import flag\nTIPS = flag("TIPS", True)', False),
    ],
)
def test_on_by_default_through_an_own_reader(code: str, found: bool, tmp_path: Path) -> None:
    assert bool(messages(tmp_path, code)) is found
