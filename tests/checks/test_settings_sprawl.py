"""Defaults of one variable in several files of one program, told of once."""

from __future__ import annotations

from pathlib import Path

import pytest

from harden.registry import check_named
from harden.scan import Rules, scan_file
from tests.given import project, write

CHECK = check_named("settings-sprawl")
TWENTY = "import os\n\nSIZE = int(os.getenv('PAGE_SIZE', '20'))\n"
FIFTY = "from os import getenv\n\n\ndef size():\n    return int(getenv('PAGE_SIZE', '50'))\n"


def found(root: Path, files: dict[str, str]) -> list[str]:
    known = project(write(root, files))
    results = [scan_file(known, Rules((CHECK,)), path) for path in files]
    assert not any(result.problems for result in results)
    return [f"{one.place} {one.message}" for result in results for one in result.findings]


def test_two_files_are_one_defect(tmp_path: Path) -> None:
    files = {"app/__init__.py": "", "app/a.py": TWENTY, "app/b.py": FIFTY, "app/c.py": FIFTY}
    assert found(tmp_path, files) == ["app/a.py:3 PAGE_SIZE falls back on another value at app/b.py:5"]


def test_a_module_at_the_root_and_one_in_a_package(tmp_path: Path) -> None:
    assert len(found(tmp_path, {"main.py": FIFTY, "app/__init__.py": "", "app/a.py": TWENTY})) == 1


@pytest.mark.parametrize(
    "other",
    [
        TWENTY.replace("20", "50").replace("PAGE_SIZE", "PAGES"),
        "import os\n\nSIZE = os.environ['PAGE_SIZE']\n",
        "from decouple import config\n\nSIZE = config('PAGE_SIZE', default=20, cast=int)\n",
        "import os\n\nSIZE = os.getenv('PAGE_SIZE', DEFAULT)\n",
    ],
)
def test_no_difference(tmp_path: Path, other: str) -> None:
    assert not found(tmp_path, {"a.py": TWENTY, "b.py": other})


@pytest.mark.parametrize("path", ["scripts/b.py", "tests/test_b.py", "dev.py", "other/b.py"])
def test_other_programs_have_their_own(tmp_path: Path, path: str) -> None:
    files = {"app/__init__.py": "", "app/a.py": TWENTY, "other/__init__.py": "", path: FIFTY}
    assert not found(tmp_path, files)


@pytest.mark.parametrize(("one", "other"), [("'0'", "'False'"), ("''", "None"), ("'off'", "False")])
def test_what_means_no_is_the_same(tmp_path: Path, one: str, other: str) -> None:
    code = "import os\n\nLOUD = os.getenv('LOUD', {})\n"
    assert not found(tmp_path, {"a.py": code.format(one), "b.py": code.format(other)})


def test_branches_are_for_different_places(tmp_path: Path) -> None:
    code = (
        "import os\n\nif os.getenv('DB') == 'mysql':\n    user = os.getenv('DB_USER', 'root')\n"
        "else:\n    user = os.getenv('DB_USER', 'postgres')\n"
    )
    assert not found(tmp_path, {"a.py": code})
