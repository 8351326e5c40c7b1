"""Whether SQL is logged comes from where the project's other settings come from."""

from __future__ import annotations

import pytest

from tests.codemods.conftest import Mend

YES = '{"1", "true", "yes", "on"}'
READ = f'os.getenv("SQL_ECHO", "False").lower() in {YES}'
LEVEL = 'os.getenv("SQL_LOG_LEVEL", "WARNING")'
HEAD = "import logging\nimport os\n\nimport sqlalchemy as sa\n\n"
WIDE = {"pyproject.toml": "[tool.ruff]\nline-length = 160\n"}
SETTINGS = """from pydantic_settings import BaseSettings


class Settings(BaseSettings):
    database_url: str
    secret_key: str


settings = Settings()
"""


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("sa.create_engine(U, echo=True,)", f"sa.create_engine(U, echo={READ},)"),
        ('sa.create_engine(U, echo="debug")', f"sa.create_engine(U, echo={READ})"),
        (
            "sa.create_engine(\n    U,\n    echo=True,  # loud\n)",
            f"sa.create_engine(\n    U,\n    echo={READ},  # loud\n)",
        ),
        ("LOUD = True\nsa.create_engine(U, echo=LOUD)", f"LOUD = {READ}\nsa.create_engine(U, echo=LOUD)"),
        ("e = sa.create_engine(U)\ne.echo = True", f"e = sa.create_engine(U)\ne.echo = {READ}"),
        (
            'logging.getLogger("sqlalchemy").setLevel(10)',
            f'logging.getLogger("sqlalchemy").setLevel({LEVEL})',
        ),
        (
            'LOG = logging.getLogger("peewee")\nLOG.setLevel("DEBUG")',
            f'LOG = logging.getLogger("peewee")\nLOG.setLevel({LEVEL})',
        ),
    ],
)
def test_the_environment_says_it(mend: Mend, before: str, after: str) -> None:
    mended = mend("sql-echo", f"{HEAD}{before}\n", files=WIDE)
    assert mended.text == f"{HEAD}{after}\n"
    assert mend("sql-echo", mended.text, files=WIDE).text == mended.text


def test_two_in_one_line(mend: Mend) -> None:
    code = f"{HEAD}a, b = sa.create_engine(U, echo=True), sa.create_engine(V, echo=True)\n"
    assert mend("sql-echo", code).text.count("SQL_ECHO") == 2


def test_line_endings_stay(mend: Mend) -> None:
    code = f"{HEAD}if U:\n\te = sa.create_engine(U, echo=True)\n".replace("\n", "\r\n")
    assert mend("sql-echo", code, files=WIDE).text == code.replace("True", READ)


def test_the_settings_object_says_it(mend: Mend) -> None:
    code = (
        "import sqlalchemy as sa\n\nfrom app.config import settings\n\n"
        "one = sa.create_engine(settings.database_url, echo=True)\n"
        "two = sa.create_engine(settings.database_url, echo=True)\n"
    )
    mended = mend("sql-echo", code, files={"app/config.py": SETTINGS})
    assert mended.text == code.replace("echo=True", "echo=settings.sql_echo")
    assert "    secret_key: str\n    sql_echo: bool = False\n" in mended.others["app/config.py"]
    assert mended.others[".env.example"] == "SQL_ECHO=False\n"


def test_a_field_of_that_name_with_another_default_is_left_alone(mend: Mend) -> None:
    code = "import sqlalchemy as sa\n\nfrom app.config import settings\n\nsa.create_engine(U, echo=True)\n"
    settings = SETTINGS.replace("    secret_key: str\n", "    sql_echo: bool\n")
    mended = mend("sql-echo", code, files={"app/config.py": settings})
    assert mended.text == code
    assert "has a field sql_echo already" in mended.refused[0]


@pytest.mark.parametrize(
    "code",
    [
        "sa.create_engine(U, echo=DEBUG)\n",
        "sa.create_engine(U, **options)\n",
        "my.create_engine(U, echo=True)\n",
        "logging.getLogger('sqlalchemy').setLevel(logging.INFO if DEBUG else logging.WARNING)\n",
        "logging.getLogger('sqlalchemy.orm').setLevel(logging.DEBUG)\n",
        "logging.getLogger('peewee').setLevel(logging.INFO)\n",
        "logging.getLogger(NAME).setLevel(logging.DEBUG)\n",
        "if DEBUG:\n    logging.getLogger('sqlalchemy').setLevel(logging.INFO)\n",
        "def f(echo=True):\n    return echo\n",
        "{'django.db.backends': {'level': 'DEBUG'}}\n",
    ],
)
def test_what_is_chosen_is_left_alone(mend: Mend, code: str) -> None:
    assert mend("sql-echo", HEAD + code).text == HEAD + code


@pytest.mark.parametrize("path", ["app/dev.py", "settings/local.py", "app/config_test.py"])
def test_development_may_be_loud(mend: Mend, path: str) -> None:
    code = f"{HEAD}sa.create_engine(U, echo=True)\n"
    assert mend("sql-echo", code, path=path).text == code
