"""`gunicorn.conf.py` is added where a service is started, for the framework at hand."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest

from harden.fixing import Offer
from harden.project import Project
from harden.registry import check_named
from harden.scaffolding import make_scaffold, options_of
from harden.scan import Rules, scan_file

CHECK = check_named("dev-server")
FLASK = "from flask import Flask\n\napp = Flask(__name__)\n\nif __name__ == '__main__':\n    app.run()\n"


def offered(root: Path, files: dict[str, str], **options: object) -> Offer:
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    project = Project(root, tuple(sorted(files)))
    found = [f for path in sorted(files) for f in scan_file(project, Rules((CHECK,)), path).findings]
    assert found
    return make_scaffold(project, CHECK, found, options_of(CHECK)(**options))


@pytest.mark.parametrize(
    ("files", "path", "words", "note"),
    [
        ({"app.py": FLASK}, "gunicorn.conf.py", ["`gunicorn app:app`", "threads ="], "add gunicorn to"),
        (
            {"backend/app/web.py": FLASK, "backend/requirements.txt": "flask==3\n"},
            "backend/gunicorn.conf.py",
            ["`gunicorn app.web:app`"],
            "where backend/app/web.py:6 does",
        ),
        (
            {"Procfile": "web: python manage.py runserver\n", "shop/wsgi.py": "", "manage.py": ""},
            "gunicorn.conf.py",
            ["`gunicorn shop.wsgi`"],
            "gunicorn shop.wsgi",
        ),
        (
            {"start.sh": "uvicorn app.main:app --reload\n", "requirements.txt": "gunicorn\nuvicorn-worker\n"},
            "gunicorn.conf.py",
            ["`gunicorn app.main:app`", 'worker_class = "uvicorn_worker.UvicornWorker"'],
            "To do: start the service",
        ),
        (
            {"start.sh": "fastapi dev app/main.py\n"},
            "gunicorn.conf.py",
            ["`gunicorn MODULE:APP`", 'worker_class = "uvicorn.workers.UvicornWorker"'],
            "gunicorn MODULE:APP",
        ),
    ],
)
def test_it_is_made_for_the_service(
    tmp_path: Path, files: dict[str, str], path: str, words: list[str], note: str
) -> None:
    patch = offered(tmp_path, files).patch
    assert patch is not None
    assert patch.paths == (path,)
    text = patch.edits[0].after.decode()
    assert all(word in text for word in words)
    assert note in patch.notes[-1]


def test_its_numbers_are_options(tmp_path: Path) -> None:
    patch = offered(tmp_path, {"app.py": FLASK}, workers=8, timeout=60).patch
    assert patch is not None
    text = patch.edits[0].after.decode()
    assert '"WEB_CONCURRENCY", "8"' in text
    assert '"WEB_TIMEOUT", "60"' in text


@pytest.mark.parametrize(
    ("files", "reason"),
    [
        ({"app.py": FLASK, "gunicorn.conf.py": "workers = 2\n"}, "gunicorn.conf.py is there already."),
        ({"app.py": FLASK.replace("flask", "quart").replace("Flask", "Quart")}, "hypercorn"),
    ],
)
def test_it_is_refused(tmp_path: Path, files: dict[str, str], reason: str) -> None:
    offer = offered(tmp_path, files)
    assert offer.patch is None
    assert reason in next(iter(offer.refused.values()))


def test_it_runs(tmp_path: Path) -> None:
    patch = offered(tmp_path, {"app.py": FLASK}).patch
    assert patch is not None
    (tmp_path / "gunicorn.conf.py").write_bytes(patch.edits[0].after)
    names = runpy.run_path(str(tmp_path / "gunicorn.conf.py"))
    assert (names["workers"], names["threads"], names["timeout"]) == (2, 4, 30)
    assert names["max_requests_jitter"] == 100
