"""Files that stay on a disk by way of helpers, folders of settings, and the storage that is offered."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from harden.findings import Finding
from harden.project import Project
from harden.registry import check_named
from harden.scaffolding import make_scaffold
from harden.scan import Rules, scan_file

CHECK = check_named("local-file-storage")


def project_of(tmp_path: Path, files: dict[str, str]) -> Project:
    for path, text in files.items():
        file = tmp_path / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return Project(tmp_path, tuple(sorted(files)))


def findings(project: Project) -> list[Finding]:
    python = [path for path in project.paths if path.endswith(".py")]
    return [finding for path in python for finding in scan_file(project, Rules((CHECK,)), path).findings]


STORE = """import shutil
from pathlib import Path


class Store:
    def __init__(self, folder="uploads"):
        self.folder = Path(folder)

    def keep(self, name, source):
        with (self.folder / name).open("wb") as target:
            shutil.copyfileobj(source, target)
"""
ROUTES = """from fastapi import APIRouter, UploadFile

from app.store import Store

router = APIRouter()
store = Store()


@router.post("/files")
def upload(file: UploadFile):
    store.keep(file.filename, file.file)
"""


def test_helper_of_a_handler(tmp_path: Path) -> None:
    project = project_of(tmp_path, {"app/store.py": STORE, "app/routes.py": ROUTES})
    found = findings(project)
    assert [(finding.path, finding.line) for finding in found] == [("app/store.py", 10)]
    assert "app/routes.py:11" in found[0].steps[0]


def test_helper_of_a_command_only(tmp_path: Path) -> None:
    command = (
        "import click\nfrom app.store import Store\n@click.command()\ndef run():\n    Store().keep('a', 1)\n"
    )
    assert not findings(project_of(tmp_path, {"app/store.py": STORE, "app/cli.py": command}))


FLASK = """import os
from flask import Flask


def create_app():
    app = Flask(__name__)
    app.config.from_mapping(
        SECRET_KEY=os.environ["KEY"],
        FOLDER={folder},
    )
    return app
"""
VIEWS = """import os
from flask import Blueprint, current_app, request

bp = Blueprint("files", __name__)


@bp.post("/a")
def a():
    request.files["a"].save(os.path.join(current_app.config["FOLDER"], "a"))


@bp.post("/b")
def b():
    request.files["b"].save(os.path.join(current_app.config.get("FOLDER"), "b"))
"""


@pytest.mark.parametrize("folder", ['os.path.join(app.instance_path, "files")', '"uploads"'])
def test_folder_of_flask_is_one_finding(tmp_path: Path, folder: str) -> None:
    files = {"app/__init__.py": FLASK.format(folder=folder), "app/views.py": VIEWS}
    found = findings(project_of(tmp_path, files))
    assert [(finding.path, finding.line) for finding in found] == [("app/__init__.py", 9)]
    assert len(found[0].steps) == 2


def test_folder_that_is_set_nowhere(tmp_path: Path) -> None:
    found = findings(project_of(tmp_path, {"app/views.py": VIEWS}))
    assert [finding.line for finding in found] == [9, 14]


NAMES = """from flask import Flask, request
app = Flask(__name__)

def named(ending):
    return f"uploads/{{request.form['id']}}.{{ending}}"

def folder(testing):
    if testing:
        return "tests/.temp"
    return {kept}

@app.post("/a")
def a():
    request.files["a"].save(folder(app.testing) + named("html"))
    return named("tmp")
"""


@pytest.mark.parametrize(("kept", "lines"), [('"data/"', [14]), ('"/tmp/"', [])])
def test_folder_that_is_for_a_moment_on_every_way(tmp_path: Path, kept: str, lines: list[int]) -> None:
    found = findings(project_of(tmp_path, {"app/main.py": NAMES.format(kept=kept)}))
    assert [finding.line for finding in found] == lines


SETTINGS = 'INSTALLED_APPS = ["shop"]\nMEDIA_ROOT = "/srv/media"\n'
MODELS = (
    "from django.db import models\n\n\nclass Photo(models.Model):\n    image = models.ImageField({storage})\n"
)


def test_media_of_django(tmp_path: Path) -> None:
    files = {"shop/settings.py": SETTINGS, "shop/models.py": MODELS.format(storage="")}
    found = findings(project_of(tmp_path, files))
    assert [(finding.path, finding.line) for finding in found] == [("shop/settings.py", 2)]


@pytest.mark.parametrize(
    ("settings", "storage"),
    [
        (SETTINGS + 'STORAGES = {"default": {"BACKEND": "storages.backends.s3.S3Storage"}}\n', ""),
        (SETTINGS + 'DEFAULT_FILE_STORAGE = "storages.backends.gcloud.GoogleCloudStorage"\n', ""),
        (SETTINGS, "storage=private"),
    ],
)
def test_media_of_django_elsewhere(tmp_path: Path, settings: str, storage: str) -> None:
    files = {"shop/settings.py": settings, "shop/models.py": MODELS.format(storage=storage)}
    assert not findings(project_of(tmp_path, files))


def test_storage_that_is_offered(tmp_path: Path) -> None:
    project = project_of(tmp_path, {"app/store.py": STORE, "app/routes.py": ROUTES})
    offer = make_scaffold(project, CHECK, findings(project))
    assert offer.patch is not None
    (edit,) = offer.patch.edits
    assert edit.path == "app/storage.py"
    assert "20 * 1024 * 1024" in edit.after.decode()
    ast.parse(edit.after)
    assert "fsspec" in " ".join(offer.patch.notes)


def test_storage_of_django_that_is_offered(tmp_path: Path) -> None:
    files = {"shop/settings.py": SETTINGS, "shop/models.py": MODELS.format(storage="")}
    project = project_of(tmp_path, files)
    offer = make_scaffold(project, CHECK, findings(project))
    assert offer.patch is not None
    (edit,) = offer.patch.edits
    assert edit.path == "shop/storages.py"
    ast.parse(edit.after)
    assert b"STORAGES = {" in edit.after


def test_storage_that_is_there(tmp_path: Path) -> None:
    files = {"app/store.py": STORE, "app/routes.py": ROUTES, "app/storage.py": "x = 1\n"}
    project = project_of(tmp_path, files)
    offer = make_scaffold(project, CHECK, findings(project))
    assert offer.patch is None
    assert "there already" in next(iter(offer.refused.values()))
