"""Required variables that handlers reach in other files, and those that some start demands."""

from __future__ import annotations

from pathlib import Path

import pytest

from harden.registry import check_named
from harden.scan import Rules, scan_file
from tests.given import project, write

CHECK = check_named("env-read-late")
MAILS = "import os\n\n\ndef send(mail):\n    return mail, os.environ['SMTP_PASSWORD']\n"
MAIN = (
    "from fastapi import FastAPI\n\nfrom app.mails import send\n\napp = FastAPI()\n\n\n"
    "@app.post('/mail')\ndef mail(text: str):\n    return send(text)\n"
)


def messages(root: Path, files: dict[str, str], path: str = "app/mails.py") -> list[str]:
    found = scan_file(project(write(root, files)), Rules((CHECK,)), path)
    assert not found.problems
    return [finding.message for finding in found.findings]


def test_a_function_that_a_handler_of_another_file_calls(tmp_path: Path) -> None:
    assert messages(tmp_path, {"app/mails.py": MAILS, "app/main.py": MAIN}) == [
        "SMTP_PASSWORD is read when a request comes: one that is missing is met by a user, not by the start"
    ]


def test_a_function_that_only_a_command_calls(tmp_path: Path) -> None:
    command = "import click\n\nfrom app.mails import send\n\n\n@click.command()\ndef mail():\n    send('x')\n"
    assert not messages(tmp_path, {"app/mails.py": MAILS, "app/cli.py": command})


@pytest.mark.parametrize(
    "text",
    [
        "import os\n\nSMTP_PASSWORD = os.environ['SMTP_PASSWORD']\n",
        "import os\n\n\nclass Config:\n    password = os.environ['SMTP_PASSWORD']\n",
        "from decouple import config\n\nPASSWORD = config('SMTP_PASSWORD')\n",
    ],
)
def test_what_another_module_demands_at_the_start(tmp_path: Path, text: str) -> None:
    assert not messages(tmp_path, {"app/mails.py": MAILS, "app/main.py": MAIN, "app/config.py": text})


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("app/config.py", "import os\n\nPASSWORD = os.getenv('SMTP_PASSWORD')\n"),
        ("app/config.py", "import os\n\nPASSWORD = os.environ.get('SMTP_PASSWORD', '')\n"),
        ("tests/conftest.py", "import os\n\nos.environ['SMTP_PASSWORD'] = 'x'\n"),
    ],
)
def test_what_does_not_stop_the_start(tmp_path: Path, path: str, text: str) -> None:
    assert messages(tmp_path, {"app/mails.py": MAILS, "app/main.py": MAIN, path: text})


def test_each_variable_once(tmp_path: Path) -> None:
    code = MAILS.replace(
        "return mail, ", "print(os.environ['SMTP_PASSWORD'], os.environ['SMTP_HOST'])\n    return "
    )
    assert len(messages(tmp_path, {"app/mails.py": code, "app/main.py": MAIN})) == 2
