"""`settings.py` has a field for each variable; what was decided in several ways is left to a person."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest

from harden.fixing import Offer
from harden.project import Project
from harden.registry import check_named
from harden.scaffolding import make_scaffold
from harden.scan import Rules, scan_file

CHECK = check_named("settings-sprawl")
FILES = {
    "app/__init__.py": "",
    "app/a.py": """import os

SIZE = int(os.getenv("PAGE_SIZE", "20"))
LOUD = os.getenv("LOUD", "true").lower() == "true"
RATE = float(os.getenv("RATE", "0.5"))
KEY = os.getenv("API_KEY", "dev-key")
URL = os.environ["DATABASE_URL"]
NAME = os.getenv("SHOP_NAME", "Corner shop")
DSN = os.getenv("SENTRY_URL")
""",
    "app/b.py": 'import os\n\nSIZE = int(os.getenv("PAGE_SIZE", "50"))\nodd = os.getenv("odd-name", "x")\n',
}


def offered(root: Path, files: dict[str, str]) -> Offer:
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    project = Project(root, tuple(sorted(files)))
    found = [f for path in sorted(files) for f in scan_file(project, Rules((CHECK,)), path).findings]
    assert found
    return make_scaffold(project, CHECK, found)


def test_a_plain_module_that_loads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    patch = offered(tmp_path, FILES).patch
    assert patch is not None
    assert patch.paths == ("app/settings.py",)
    assert "app/a.py, app/b.py" in patch.notes[1]
    assert patch.notes[2] == "PAGE_SIZE is required here, for its defaults differ (app/a.py:3, app/b.py:3)."
    assert "dev-key" not in patch.diff()
    (tmp_path / "app/settings.py").write_bytes(patch.edits[0].after)
    for name in ("PAGE_SIZE", "API_KEY", "DATABASE_URL", "LOUD", "RATE", "SHOP_NAME", "SENTRY_URL"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(KeyError, match="API_KEY"):
        runpy.run_path(str(tmp_path / "app/settings.py"))
    monkeypatch.setenv("API_KEY", "k")
    monkeypatch.setenv("DATABASE_URL", "postgresql:///shop")
    monkeypatch.setenv("PAGE_SIZE", "30")
    settings = runpy.run_path(str(tmp_path / "app/settings.py"))["settings"]
    assert (settings.page_size, settings.loud, settings.rate) == (30, True, 0.5)
    assert (settings.shop_name, settings.sentry_url) == ("Corner shop", None)


def test_pydantic_where_the_project_has_it(tmp_path: Path) -> None:
    patch = offered(tmp_path, {**FILES, "requirements.txt": "pydantic-settings==2.4\n"}).patch
    assert patch is not None
    assert patch.edits[0].after.decode().splitlines()[10:] == [
        "    api_key: str",
        "    database_url: str",
        "    page_size: int",
        "    loud: bool = True",
        "    rate: float = 0.5",
        "    sentry_url: str | None = None",
        '    shop_name: str = "Corner shop"',
        "",
        "",
        "settings = Settings()",
    ]


def test_flat_modules_have_it_beside_them(tmp_path: Path) -> None:
    files = {path.removeprefix("app/"): text for path, text in FILES.items() if text}
    patch = offered(tmp_path, files).patch
    assert patch is not None
    assert patch.paths == ("settings.py",)


@pytest.mark.parametrize(
    ("files", "reason"),
    [
        ({"app/config.py": "NAME = 1\n"}, "app/config.py is there"),
        ({"app/settings/__init__.py": ""}, "app/settings/__init__.py is there"),
        ({"app/web.py": "import django\n"}, "Django has a settings module"),
        (
            {"app/core/conf.py": "from pydantic_settings import BaseSettings\n"},
            "app/core/conf.py has a settings class",
        ),
    ],
)
def test_a_program_that_has_one(tmp_path: Path, files: dict[str, str], reason: str) -> None:
    offer = offered(tmp_path, {**FILES, **files})
    assert offer.patch is None
    assert reason in next(iter(offer.refused.values()))
