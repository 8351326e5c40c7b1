"""Secrets become fields of the project's own settings class."""

from __future__ import annotations

import pytest

from tests.codemods.conftest import Mend

SETTINGS = (
    "from pydantic_settings import BaseSettings, SettingsConfigDict\n\n\n"
    "class Settings(BaseSettings):\n"
    '    model_config = SettingsConfigDict(env_prefix="SHOP_")\n\n'
    "    debug: bool = False\n"
    "    port: int = 8000  # where it listens\n\n"
    "    def address(self) -> str:\n"
    '        return f":{self.port}"\n\n\n'
    "settings = Settings()\n"
)
FILES = {"app/__init__.py": "", "app/config.py": SETTINGS}
CODE = 'import smtplib\n\nSMTP_PASSWORD = "otter-8841!"\n'
MENDED = "import smtplib\n\nfrom app.config import settings\n\nSMTP_PASSWORD = settings.smtp_password\n"


def test_the_class_gets_a_required_field(mend: Mend) -> None:
    mended = mend("hardcoded-secret", CODE, files=FILES)
    assert mended.text == MENDED
    field = "    port: int = 8000  # where it listens\n"
    assert mended.others["app/config.py"] == SETTINGS.replace(field, f"{field}    smtp_password: str\n")
    assert mended.others[".env.example"] == "SHOP_SMTP_PASSWORD=\n"


def test_two_secrets_become_two_fields(mend: Mend) -> None:
    head = "from app.config import settings\n\n"
    mended = mend("hardcoded-secret", f'{head}A_SECRET = "otter-1a"\nB_SECRET = "otter-2b"\n', files=FILES)
    assert mended.text == f"{head}A_SECRET = settings.a_secret\nB_SECRET = settings.b_secret\n"
    assert "    a_secret: str\n    b_secret: str\n" in mended.others["app/config.py"]


def test_fields_in_capitals_stay_so(mend: Mend) -> None:
    files = FILES | {"app/config.py": SETTINGS.replace("debug:", "DEBUG:").replace("port: int", "PORT: int")}
    assert mend("hardcoded-secret", CODE, files=files).text.endswith("settings.SMTP_PASSWORD\n")


@pytest.mark.parametrize(
    ("files", "code"),
    [
        ({"app/config.py": "from app import main\n" + SETTINGS}, CODE),
        ({"app/config.py": SETTINGS.replace("settings = Settings()\n", "")}, CODE),
        ({"app/config.py": SETTINGS.replace("Settings(BaseSettings)", "Settings(Own, BaseSettings)")}, CODE),
        ({}, f'import os\n\nX = os.environ["X"]\n{CODE}'),
        ({"examples/settings.py": SETTINGS, "app/config.py": ""}, CODE),
    ],
)
def test_where_it_could_go_wrong_a_variable_is_read(mend: Mend, files: dict[str, str], code: str) -> None:
    mended = mend("hardcoded-secret", code, files=FILES | files)
    assert 'SMTP_PASSWORD = os.environ["SMTP_PASSWORD"]' in mended.text
    assert "app/config.py" not in mended.others


def test_a_field_of_that_name_is_not_taken_over(mend: Mend) -> None:
    files = FILES | {"app/config.py": SETTINGS.replace("debug: bool", "smtp_password: str")}
    mended = mend("hardcoded-secret", CODE, files=files)
    assert mended.text == CODE
    assert "has a field smtp_password already" in mended.refused[0]


def test_aliases_of_fields_are_their_variables(mend: Mend) -> None:
    code = (
        "from pydantic import AliasChoices, Field\nfrom pydantic_settings import BaseSettings\n\n\n"
        "class Settings(BaseSettings):\n"
        '    jwt_secret: str = Field("otter-8841", validation_alias=AliasChoices("TOKEN_SECRET", "X"))\n'
    )
    mended = mend("hardcoded-secret", code)
    assert mended.text == code.replace('"otter-8841", ', "")
    assert mended.others[".env.example"] == "TOKEN_SECRET=\n"


def test_the_text_that_describes_a_field_stays_with_it(mend: Mend) -> None:
    field = "    port: int = 8000  # where it listens\n"
    described = field + '    """The port.\n\n    Above 1023.\n    """\n'
    settings = SETTINGS.replace(field, described)
    mended = mend("hardcoded-secret", CODE, files=FILES | {"app/config.py": settings})
    assert f"{described}    smtp_password: str\n\n    def" in mended.others["app/config.py"]


def test_a_private_name_is_no_field(mend: Mend) -> None:
    mended = mend("hardcoded-secret", CODE, files=FILES, name="_TOKEN")
    assert "begins as _token does" in mended.refused[0]
