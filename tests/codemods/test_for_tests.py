"""A variable that becomes required reaches the tests, by whatever way they are run."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from harden.project import Project
from harden.registry import checks
from harden.scan import Rules, scan_file

if TYPE_CHECKING:
    from tests.codemods.conftest import Mend, Mended

VALUE = "otter-8841-lagoon"
SETTINGS = f"DEBUG = False\nINSTALLED_APPS = []\nSECRET_KEY = '{VALUE}'\n"
MANAGE = """\
import os
import sys


def main():
    os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'shop.settings')
    from django.core.management import execute_from_command_line
    execute_from_command_line(sys.argv)


if __name__ == '__main__':
    main()
"""
GIVEN = 'os.environ.setdefault("SECRET_KEY", "only-for-tests-secret-key-000000")\n'
CASE = "import unittest\n\nfrom app import main\n"


def fixed(mend: Mend, files: dict[str, str], **options: object) -> Mended:
    return mend("hardcoded-secret", f'SECRET_KEY = "{VALUE}"\n', files=files, template=False, **options)


@pytest.mark.parametrize(
    ("files", "changed"),
    [
        ({}, ""),
        ({"tests/test_a.py": "import pytest\n"}, "tests/conftest.py"),
        ({"tests/test_a.py": CASE, "pytest.ini": "[pytest]\n"}, "tests/conftest.py"),
        ({"tests/test_a.py": CASE, "tests/test_b.py": CASE, "tests/__init__.py": ""}, "tests/__init__.py"),
        ({"tests/test_a.py": CASE}, "tests/test_a.py"),
        ({"tests.py": CASE}, "tests.py"),
        ({"web/tests/conftest.py": "", "app/tests/conftest.py": ""}, "app/tests/conftest.py"),
        ({"web/conftest.py": "", "tests/conftest.py": "", "tests/unit/conftest.py": ""}, "tests/conftest.py"),
        ({"tests/conftest.py": "", "tests/test_a.py": "SETTINGS = 'SECRET_KEY'\n"}, "tests/conftest.py"),
        ({"tests/conftest.py": "import os\n\nos.environ['SECRET_KEY'] = 'x'\n"}, ""),
    ],
)
def test_the_first_file_that_tests_import_sets_it(mend: Mend, files: dict[str, str], changed: str) -> None:
    mended = fixed(mend, files)
    assert not mended.refused
    assert list(mended.others) == ([changed] if changed else [])
    if changed:
        text = mended.others[changed]
        assert GIVEN in text
        assert "from app" not in text or text.index(GIVEN) < text.index("from app")


@pytest.mark.parametrize(
    ("files", "reason"),
    [
        ({"tests/test_a.py": CASE, "tests/test_b.py": CASE}, "set it where they run"),
        ({"tests/conftest.py": "", "tests/test_a.py": f'KEY = "{VALUE}"\n'}, "tests/test_a.py repeats"),
        ({"tests/conftest.py": "", "tests/test_a.py": f'H = "Bearer {VALUE}"\n'}, "tests/test_a.py repeats"),
        (
            {"tests/test_a.py": "from app import main\n\npatch.dict(os.environ, {}, clear=True)\n"},
            "tests/test_a.py empties",
        ),
    ],
)
def test_refused_where_tests_would_fail(mend: Mend, files: dict[str, str], reason: str) -> None:
    mended = fixed(mend, files)
    assert reason in mended.refused[0]
    assert not mended.others
    assert not fixed(mend, files, tests=False).refused


def test_each_folder_of_tests_that_imports_the_program_is_served(mend: Mend) -> None:
    imports = "import pytest\n\nfrom app import main\n"
    files = {
        "tests/conftest.py": "",
        "tests/unit/test_a.py": imports,
        "e2e/conftest.py": "from app.main import SECRET_KEY\n",
        "app/checks/test_b.py": "import pytest\n\nfrom .. import main\n",
        "other/test_c.py": "import pytest\n",
    }
    mended = fixed(mend, files)
    assert not mended.refused
    assert sorted(mended.others) == ["app/checks/conftest.py", "e2e/conftest.py", "tests/conftest.py"]
    assert all(GIVEN in text for text in mended.others.values())


def test_quotes_are_those_of_the_file(mend: Mend) -> None:
    conftest = "import pytest\n\nfrom app import main\n\nNAMES = ['a', 'b']\n"
    mended = fixed(mend, {"tests/conftest.py": conftest})
    assert GIVEN.replace('"', "'") in mended.others["tests/conftest.py"]


def django(mend: Mend, files: dict[str, str], settings: str = SETTINGS) -> Mended:
    files = {"shop/tests.py": "from django.test import TestCase\n", **files}
    return mend("hardcoded-secret", settings, path="shop/settings.py", files=files, template=False)


def test_manage_py_sets_it_for_the_test_command_alone(mend: Mend, tmp_path: Path) -> None:
    mended = django(mend, {"manage.py": MANAGE})
    guarded = "    if sys.argv[1:2] == ['test']:\n        " + GIVEN.replace('"', "'")
    settings = "    os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'shop.settings')\n"
    manage = mended.others["manage.py"]
    assert manage == MANAGE.replace(settings, settings + guarded)
    (tmp_path / "manage.py").write_text(manage)
    project = Project(tmp_path, ("manage.py", "shop/settings.py"))
    assert scan_file(project, Rules(tuple(checks().values())), "manage.py").findings == ()
    again = django(mend, {"manage.py": manage}, SETTINGS + f"EMAIL_HOST_PASSWORD = '{VALUE}'\n")
    assert again.others["manage.py"].count("sys.argv[1:2]") == 1
    assert again.others["manage.py"].count("setdefault") == 3


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("pytest.ini", "[pytest]\nDJANGO_SETTINGS_MODULE = {}\n"),
        ("pyproject.toml", '[tool.pytest.ini_options]\nDJANGO_SETTINGS_MODULE = "{}"\n'),
        ("setup.cfg", "[tool:pytest]\naddopts = --ds={} -q\n"),
    ],
)
def test_pytest_loads_settings_that_set_it(mend: Mend, file: str, text: str) -> None:
    mended = django(mend, {"manage.py": MANAGE, file: text.format("shop.settings")})
    assert mended.others[file] == text.format("shop.settings_test")
    assert mended.others["shop/settings_test.py"] == (
        '"""Settings for test runs."""\n\nimport os\n\n'
        + GIVEN
        + "\nfrom .settings import *  # noqa: E402, F403\n"
    )
    own = "from .settings import *\n\nDEBUG = True\n"
    files = {file: text.format("shop.testing"), "shop/testing.py": own}
    mended = django(mend, files)
    assert mended.others == {"shop/testing.py": f"import os\n\n{GIVEN}\n{own}"}


def test_django_settings_that_no_place_serves_are_refused(mend: Mend) -> None:
    for files in ({}, {"pytest.ini": "[pytest]\nDJANGO_SETTINGS_MODULE = other.settings\n"}):
        mended = django(mend, files)
        assert (mended.text, mended.others) == (SETTINGS, {})
        assert mended.refused[0].endswith(("off.", "first."))


def test_it_stands_with_what_sets_the_environment_already(mend: Mend) -> None:
    conftest = 'import os\n\nos.environ["A"] = "a"\nos.environ.setdefault("B", "b")\n\nfrom app import main\n'
    mended = fixed(mend, {"tests/conftest.py": conftest})
    assert mended.others["tests/conftest.py"] == conftest.replace('"b")\n', '"b")\n' + GIVEN)


def test_refused_where_an_address_in_a_test_has_the_value(mend: Mend) -> None:
    code = "import os\n\nDB_PASSWORD = os.getenv('DB_PASSWORD', 'shop')\n"
    files = {"tests/conftest.py": "", "tests/test_a.py": "URL = 'postgresql://shop:shop@db/shop'\n"}
    assert "tests/test_a.py repeats" in mend("secret-default", code, files=files).refused[0]
    files["tests/test_a.py"] = "NAME = 'shop'\n"
    assert not mend("secret-default", code, files=files).refused


def test_a_long_line_is_broken(mend: Mend) -> None:
    code = f"import os\n\nPAYMENTS_PROVIDER_SECRET_KEY = '{VALUE}'\n"
    files = {"tests/conftest.py": "from app import main\n"}
    mended = mend("hardcoded-secret", code, files=files, template=False)
    assert mended.others["tests/conftest.py"] == (
        "import os\n\nos.environ.setdefault(\n"
        '    "PAYMENTS_PROVIDER_SECRET_KEY", "only-for-tests-payments-provider-secret-key"\n'
        ")\n\nfrom app import main\n"
    )
