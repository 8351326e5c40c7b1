"""Switches read from the environment: off by default, their text parsed."""

from __future__ import annotations

import pytest

from tests.codemods.conftest import Mend

YES = '{"1", "true", "yes", "on"}'


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('x = not os.getenv("USE_X", "no")', f'x = os.getenv("USE_X", "no").lower() not in {YES}'),
        ("x = bool(os.environ['USE_X'])", "x = os.environ['USE_X'].lower() in " + YES.replace('"', "'")),
        ('x = os.getenv("USE_X") is True', f'x = os.getenv("USE_X", "").lower() in {YES}'),
        ('x = bool(os.getenv("USE_X", None))', f'x = os.getenv("USE_X", "").lower() in {YES}'),
        ('f(bool(os.getenv("USE_X", True)), 1)', f'f(os.getenv("USE_X", "True").lower() in {YES}, 1)'),
        ('x = 1 + bool(os.getenv("USE_X", "0"))', f'x = 1 + (os.getenv("USE_X", "0").lower() in {YES})'),
        ('if os.getenv("USE_X", False): y()', f'if os.getenv("USE_X", "False").lower() in {YES}: y()'),
    ],
)
def test_text_is_parsed(mend: Mend, before: str, after: str) -> None:
    head = "import os\n\n"
    mended = mend("env-bool", f"{head}{before}\n")
    assert mended.text == f"{head}{after}\n"
    assert mend("env-bool", mended.text).text == mended.text


@pytest.mark.parametrize(
    "code",
    [
        'TRACE = os.getenv("TRACE", False)\nif TRACE == "full":\n    pass\n',
        'if os.getenv("API_KEY"):\n    pass\n',
        'x = os.getenv("USE_X", "0") == "1"\n',
        'x = bool(os.getenv("HOME"))\n',
        'x = bool(int(os.getenv("USE_X", "0")))\n',
        "x = bool(getenv('USE_X'))\n",
    ],
)
def test_presence_and_parsed_text_are_left_alone(mend: Mend, code: str) -> None:
    assert mend("env-bool", f"import os\n\n{code}").text == f"import os\n\n{code}"


@pytest.mark.parametrize(
    ("head", "call"),
    [
        ("from decouple import config\n\n", 'config("DEBUG", default=False, cast=bool)'),
        ("import environ\n\nenv = environ.Env()\n", 'env.bool("DEBUG", default=False)'),
        ("from os import getenv\n\n", f'getenv("DEBUG", "False").lower() in {YES}'),
    ],
)
def test_debug_comes_from_the_files_own_reader(mend: Mend, head: str, call: str) -> None:
    mended = mend("debug-enabled", f"{head}DEBUG = True\n", path="shop/settings.py")
    assert mended.text == f"{head}DEBUG = {call}\n"


@pytest.mark.parametrize(
    ("before", "after"),
    [("'on'", "'off'"), ('"TRUE"', '"FALSE"'), ("True", "False"), ("1", "0"), ('"y"', '"n"')],
)
def test_default_is_turned_off_as_it_was_written(mend: Mend, before: str, after: str) -> None:
    code = "import os\n\nDEBUG = os.getenv('DEBUG', {}) in YES\n"
    assert mend("debug-enabled", code.format(before)).text == code.format(after)


@pytest.mark.parametrize(
    "code",
    [
        "class TestConfig:\n    DEBUG = True\n",
        "DEBUG = True\nDEBUG = compute()\n",
        "app.show(debug=True)\n",
        "def f():\n    DEBUG = True\n",
        "import os\nif os.getenv('DEV'):\n    DEBUG = True\n",
    ],
)
def test_other_debugging_is_left_alone(mend: Mend, code: str) -> None:
    assert mend("debug-enabled", code, path="shop/settings.py").text == code


def test_application_of_the_projects_own_factory(mend: Mend) -> None:
    code = "import os\n\nfrom shop import create_app\n\napp = create_app()\napp.run(debug=True)\n"
    mended = mend(
        "debug-enabled", code, path="run.py", files={"shop/__init__.py": "def create_app():\n    pass\n"}
    )
    assert mended.text == code.replace("True", f'os.getenv("FLASK_DEBUG", "False").lower() in {YES}')
