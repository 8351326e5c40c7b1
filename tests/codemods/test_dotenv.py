"""Today's value goes into the ignored .env, where the program reads that file."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.codemods.conftest import Mend
from tests.given import git

LOADS = "import os\n\nfrom dotenv import load_dotenv\n\nload_dotenv()\n"
FIELD = (
    "from pydantic_settings import BaseSettings\n\n\nclass Settings(BaseSettings):\n"
    '    model_config = {"env_file": ".env"}\n    jwt_secret: str = "otter-8841"\n'
)
FLASK = {"requirements.txt": "flask\npython-dotenv==1.0\n"}


@pytest.mark.parametrize(
    ("code", "files"),
    [
        (LOADS + 'JWT_SECRET = "otter-8841"\n', {}),
        (FIELD, {}),
        ('from decouple import config\n\nJWT_SECRET = "otter-8841"\n', {}),
        ('from environs import Env\n\nenv = Env()\nenv.read_env()\nJWT_SECRET = "otter-8841"\n', {}),
        ('import environ\n\nenv = environ.Env()\nenviron.Env.read_env()\nJWT_SECRET = "otter-8841"\n', {}),
        ('from starlette.config import Config\n\nc = Config(".env")\nJWT_SECRET = "otter-8841"\n', {}),
        ('import flask\n\nJWT_SECRET = "otter-8841"\n', FLASK),
        ('JWT_SECRET = "otter-8841"\n', {"compose.yaml": "services:\n  web:\n    env_file:\n      - .env\n"}),
    ],
)
def test_the_value_moves(mend: Mend, code: str, files: dict[str, str]) -> None:
    mended = mend("hardcoded-secret", code, files=files, move=True)
    assert "otter-8841" not in mended.text
    assert mended.others[".env"] == "JWT_SECRET=otter-8841\n"
    assert mended.others[".gitignore"] == ".env\n"


def test_what_the_code_goes_on_to_say_does_not_move(mend: Mend) -> None:
    code = LOADS + 'HEADERS = {"Authorization": "Bearer otter8841lagoon77"}\n'
    mended = mend("hardcoded-secret", code, move=True)
    assert '"Bearer " + os.environ["' in mended.text
    assert mended.others[".env"].endswith("=otter8841lagoon77\n")


@pytest.mark.parametrize(
    ("code", "files", "reason"),
    [
        ('JWT_SECRET = "otter-8841"\n', {}, "Nothing loads .env"),
        ('JWT_SECRET = "otter-8841"\n', {"tests/conftest.py": LOADS}, "Nothing loads .env"),
        ('JWT_SECRET = "otter-8841"\n', {"app/settings.py": FIELD}, "Nothing loads .env"),
        (LOADS + 'JWT_SECRET = "otter\'8841"\n', {}, "not every reader"),
        (LOADS + 'JWT_SECRET = "otter${X}8841"\n', {}, "not every reader"),
    ],
)
def test_refused_where_it_would_not_be_read(
    mend: Mend, code: str, files: dict[str, str], reason: str
) -> None:
    mended = mend("hardcoded-secret", code, files=files, move=True, tests=False)
    if reason == "not every reader" and "${" in code:
        assert mended.text == code
        return
    assert reason in mended.refused[0]
    assert "otter" not in mended.refused[0]
    assert ".env" not in mended.others


def test_refused_where_git_tracks_the_file(mend: Mend, tmp_path: Path) -> None:
    git(tmp_path, "init", "-q")
    (tmp_path / ".env").write_text("")
    git(tmp_path, "add", ".env")
    mended = mend("hardcoded-secret", LOADS + 'JWT_SECRET = "otter-8841"\n', move=True)
    assert "is tracked by git" in mended.refused[0]


def test_a_value_that_is_there_stays(mend: Mend) -> None:
    files = {".env": "export JWT_SECRET=mine\n", ".gitignore": ".env\n"}
    mended = mend("hardcoded-secret", LOADS + 'JWT_SECRET = "otter-8841"\n', files=files, move=True)
    assert list(mended.others) == [".env.example"]


def test_values_with_spaces_are_quoted_and_fallbacks_move_too(mend: Mend) -> None:
    mended = mend("hardcoded-secret", LOADS + 'SECRET_KEY = "otter #8841 lagoon"\n', move=True)
    assert mended.others[".env"] == "SECRET_KEY='otter #8841 lagoon'\n"
    mended = mend("secret-default", LOADS + 'K = os.getenv("SECRET_KEY") or "change-me"\n', move=True)
    assert mended.others[".env"] == "SECRET_KEY=change-me\n"


def test_a_fix_that_is_refused_leaves_no_note(mend: Mend) -> None:
    code = LOADS + 'JWT_SECRET = "otter-8841"\nAPI_SECRET = "otter\'8841"\n'
    mended = mend("hardcoded-secret", code, move=True)
    assert len(mended.refused) == 1
    assert not any("API_SECRET" in note for note in mended.notes)
    assert any("JWT_SECRET" in note for note in mended.notes)


def test_a_template_full_of_blank_lines_takes_no_time(mend: Mend) -> None:
    files = {".env.example": "OTHER=\n" + "\n" * 2_000}
    mended = mend("hardcoded-secret", 'JWT_SECRET = "otter-8841"\n', files=files)
    assert mended.others[".env.example"].endswith("\nJWT_SECRET=\n")
