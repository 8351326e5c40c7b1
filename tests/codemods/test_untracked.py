"""A file is kept out of git by one line, and its names get a template."""

from __future__ import annotations

import pytest

from tests.codemods.conftest import Mend

ENV = "API_TOKEN=9f8c2b7d1e6a4053\nPORT=8000\n"
KEY = "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASC\n-----END PRIVATE KEY-----\n"


@pytest.mark.parametrize(
    ("path", "files", "list_", "after"),
    [
        (".env", {}, ".gitignore", ".env\n"),
        (".env", {".gitignore": "*.pyc"}, ".gitignore", "*.pyc\n.env\n"),
        (".env", {".gitignore": "*.pyc\r\n"}, ".gitignore", "*.pyc\r\n.env\r\n"),
        ("api/.env", {".gitignore": "*.pyc\n"}, ".gitignore", "*.pyc\n.env\n"),
        ("api/.env", {"api/.gitignore": "x\n", ".gitignore": "y\n"}, "api/.gitignore", "x\n.env\n"),
        ("api/prod.env", {}, ".gitignore", "/api/prod.env\n"),
        ("api/prod.env", {"api/.gitignore": "x\n"}, "api/.gitignore", "x\n/prod.env\n"),
        (".env", {".gitignore": "*.env\n!.env\n"}, ".gitignore", "*.env\n!.env\n.env\n"),
    ],
)
def test_the_ignore_line(mend: Mend, path: str, files: dict[str, str], list_: str, after: str) -> None:
    assert mend("dotenv-tracked", ENV, path=path, files=files).others[list_] == after


@pytest.mark.parametrize(
    ("files", "template", "after"),
    [
        ({}, ".env.example", "API_TOKEN=\nPORT=\n"),
        ({".env.sample": "PORT=80\n"}, ".env.sample", "PORT=80\nAPI_TOKEN=\n"),
        ({".env.template": "# export API_TOKEN=..."}, ".env.template", "# export API_TOKEN=...\nPORT=\n"),
    ],
)
def test_the_template_has_names_and_no_values(
    mend: Mend, files: dict[str, str], template: str, after: str
) -> None:
    mended = mend("dotenv-tracked", ENV, path=".env", files=files)
    assert mended.others[template] == after
    assert mended.text == ENV


def test_a_complete_template_stays(mend: Mend) -> None:
    mended = mend("dotenv-tracked", ENV, path=".env", files={".env.example": "PORT=\nAPI_TOKEN=\n"})
    assert set(mended.others) == {".gitignore"}


def test_a_key_needs_no_template(mend: Mend) -> None:
    assert set(mend("dotenv-tracked", KEY, path="server.key").others) == {".gitignore"}


def test_a_nearer_list_that_takes_the_file_is_not_overruled(mend: Mend) -> None:
    files = {"api/deploy/.gitignore": "!.env\n", ".gitignore": ".env\n"}
    mended = mend("dotenv-tracked", ENV, path="api/deploy/.env", files=files)
    assert mended.others["api/deploy/.gitignore"] == "!.env\n.env\n"


def test_one_that_cannot_be_overruled_is_refused(mend: Mend) -> None:
    files = {"api/.gitignore": "!deploy/.env\n"}
    mended = mend("dotenv-tracked", ENV, path="api/deploy/.env", files=files)
    assert not mended.others
    assert "says elsewhere that git is to take api/deploy/.env" in mended.refused[0]
