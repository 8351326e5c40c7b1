"""A scan with what earlier scans found out says what one without it says, whatever was edited in between."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random

import pytest

from harden import cache
from harden.cache import scan_again
from harden.checks import Check
from harden.discover import list_files
from harden.pages import page_of
from harden.project import Project
from harden.registry import checks
from harden.scan import FileResult, scan

ALL = tuple(checks().values())
LISTING = (
    "from django.core.paginator import Paginator\nfrom django.http import JsonResponse\n\n"
    "from ..models import Item\n\n\n"
    "def listing(asked):\n    if asked:\n        return Paginator(Item.objects.all(), 5)\n"
    "    return JsonResponse({'all': list(Item.objects.values())})\n"
)
WEB = {
    "app/extensions.py": (
        "from flask_sqlalchemy import SQLAlchemy\n\ndb = SQLAlchemy()\n",
        "from .other import db\n",
        "db = None\n",
    ),
    "app/other.py": (
        "from flask_sqlalchemy import SQLAlchemy\n\ndb = SQLAlchemy()\n",
        "import sqlite3 as db\n",
    ),
    "app/models.py": (
        "from .extensions import db\n\n\n"
        "class User(db.Model):\n    id = db.Column(db.Integer, primary_key=True)\n",
        "from app.extensions import *\n\n\n"
        "class Base(db.Model):\n    __abstract__ = True\n\n\nclass User(Base):\n    pass\n",
        "class User:\n    query = []\n",
    ),
    "app/views.py": (
        "from flask import Flask, jsonify\n\nfrom .models import User\n\napp = Flask(__name__)\n\n\n"
        '@app.route("/users")\ndef users():\n    return jsonify([user.id for user in User.query.all()])\n',
        "from flask import Blueprint, jsonify\n\nfrom .queries import everybody\n\n"
        "bp = Blueprint('b', __name__)\n\n\n"
        '@bp.get("/users")\ndef users():\n    return jsonify([user.id for user in everybody()])\n',
    ),
    "app/queries.py": (
        "from .models import User\n\n\ndef everybody():\n    return User.query.all()\n",
        "from .models import User\n\n\ndef everybody():\n    return User.query.limit(5).all()\n",
    ),
    "app/clients.py": (
        "import requests\n\nclient = requests.Session()\n\n\n"
        "def fetch(url, **options):\n    return client.get(url, **options)\n",
        "import httpx\n\nclient = httpx.Client()\n\n\ndef fetch(url):\n    return client.get(url)\n",
        "from requests import Session\n\n\n"
        "class Api(Session):\n    pass\n\n\nclient = Api()\n\n\ndef fetch(url):\n    return None\n",
    ),
    "app/jobs.py": (
        "from .clients import client, fetch\n\n\n"
        "async def poll(url):\n    fetch(url)\n    return client.get(url).json()\n",
        "from app import clients\n\n\n"
        "async def poll(url):\n    clients.fetch(url, timeout=3)\n    return wait(url)\n\n\n"
        "def wait(url):\n    import time\n\n    time.sleep(2)\n    return clients.client.get(url)\n",
    ),
    "app/__init__.py": ("", "from .clients import *\n", "from .extensions import db\n"),
    "site/urls.py": (
        "from django.urls import path\n\nfrom .handlers import listing\n\n"
        "urlpatterns = [path('a', listing)]\n",
        "from django.urls import path\n\nfrom site import handlers\n\n"
        "urlpatterns = [path('a', handlers.listing)]\n",
        "urlpatterns = []\n",
    ),
    "site/handlers/__init__.py": ("from .one import listing\n", "from .two import listing\n", ""),
    "site/handlers/one.py": (LISTING,),
    "site/handlers/two.py": (LISTING, LISTING.replace("..models", "..kinds")),
    "site/models.py": (
        "from django.db import models\n\n\nclass Item(models.Model):\n    name = models.TextField()\n",
        "from .kinds import Item\n",
    ),
    "site/kinds.py": (
        "from .bases import Named\n\n\nclass Item(Named):\n    pass\n",
        "class Item:\n    objects = None\n",
    ),
    "site/bases.py": (
        "from django.db import models\n\n\nclass Named(models.Model):\n    class Meta:\n"
        "        ordering = ['id']\n",
        "from django.db import models\n\n\nclass Named(models.Model):\n    class Meta:\n"
        "        abstract = True\n",
        "class Named:\n    pass\n",
    ),
    "settings.py": (
        "import os\n\nDEBUG = os.getenv('DEBUG', True)\nSECRET_KEY = 'k3nf92mfs0wnf83mfpq1'\n",
        "from environs import Env\n\nenv = Env()\nDEBUG = env.bool('DEBUG', False)\n",
    ),
    "manage.py": (
        "import settings\n\nprint(settings.DEBUG)\n",
        "#!/usr/bin/env python\nfrom app import db\n",
    ),
    "tests/test_app.py": (
        "from app.clients import fetch\n\n\ndef test_it():\n    assert fetch('x', timeout=1)\n",
    ),
    "requirements.txt": ("flask\nrequests==2.31.0\n", "flask==3.0.0\n"),
    "Dockerfile": (
        "FROM python:3.12\nCMD python manage.py\n",
        "FROM python:3.12\nUSER app\nCMD python manage.py\n",
    ),
    ".env.example": ("DEBUG=\n",),
    "requests.py": ("def get(url):\n    return url\n",),
    "src/app/jobs.py": ("import time\n\n\nasync def tick():\n    time.sleep(1)\n",),
}


def examples() -> list[str]:
    """Return the code of all pages: whatever a check looks for, some file has it or its look-alike."""
    return [
        example.code for check in ALL for example in page_of(check).examples if example.path.endswith(".py")
    ]


class Tree:
    """A project on disk that is edited at random."""

    def __init__(self, root: Path, seed: int) -> None:
        self.root = root
        self.random = Random(seed)  # noqa: S311
        self.pages = examples()
        for path in WEB:
            if self.random.random() < 0.8:
                self.write(path)

    def write(self, path: str) -> None:
        """Give a file one of the things it may say."""
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        said = WEB.get(path) or self.pages
        file.write_text(self.random.choice(said))

    def edit(self) -> str:
        """Change something and tell what."""
        there = list_files(self.root)
        path = self.random.choice([*WEB, "app/more.py", "app/extra.py", "lib/part.py"])
        match self.random.choice(("write", "write", "write", "touch", "append", "remove", "move")):
            case "append" if path in there:
                with (self.root / path).open("a") as file:
                    file.write(f"# {self.random.random()}\n")
                return f"append to {path}"
            case "touch" if path in there:
                os.utime(self.root / path)
                return f"touch {path}"
            case "remove" if path in there:
                (self.root / path).unlink()
                return f"remove {path}"
            case "move" if path in there and path.endswith(".py"):
                to = self.root / self.random.choice(["moved.py", "app/moved.py", path])
                (self.root / path).replace(to)
                return f"move {path} to {to.name}"
        self.write(path)
        return f"write {path}"

    def project(self) -> Project:
        """Return it as it is now."""
        return Project(self.root, tuple(list_files(self.root)))


@pytest.mark.parametrize("seed", range(4))
def test_any_sequence_of_edits_gives_the_same_answers(tmp_path: Path, seed: int) -> None:
    tree = Tree(tmp_path, seed)
    told: list[str] = []
    for _ in range(16):
        wanted = None
        if tree.random.random() < 0.2:
            wanted = [path for path in tree.project().paths if tree.random.random() < 0.5]
        kept = list(scan_again(tree.project(), ALL, only=wanted))
        assert kept == list(scan(tree.project(), ALL, only=wanted)), told
        told.append(tree.edit())


@pytest.fixture
def looked_at(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Collect the files that are really scanned."""
    seen: list[str] = []

    def watched(project: Project, chosen: tuple[Check, ...], *, only: list[str]) -> Iterator[FileResult]:
        seen.extend(only)
        return scan(project, chosen, only=only)

    monkeypatch.setattr(cache, "scan", watched)
    return seen


def again(root: Path, looked_at: list[str]) -> list[str]:
    """Scan and return the files that were looked at for it."""
    looked_at.clear()
    list(scan_again(Project(root, tuple(list_files(root))), ALL))
    return list(looked_at)


def shop(root: Path) -> None:
    for path, text in {
        "shop/net.py": "import requests\n\n\ndef fetch(url):\n    return requests.get(url).json()\n",
        "shop/main.py": "from .net import fetch\n\n\nasync def poll(url):\n    return fetch(url)\n",
        "shop/other.py": "import json\n\n\ndef read(text):\n    return json.loads(text)\n",
    }.items():
        (root / path).parent.mkdir(exist_ok=True)
        (root / path).write_text(text)


def test_only_what_rests_on_an_edited_file_is_looked_at_again(tmp_path: Path, looked_at: list[str]) -> None:
    shop(tmp_path)
    assert len(again(tmp_path, looked_at)) == 3
    assert again(tmp_path, looked_at) == []
    with (tmp_path / "shop/other.py").open("a") as file:
        file.write("# nothing new\n")
    assert again(tmp_path, looked_at) == ["shop/other.py"]
    (tmp_path / "shop/net.py").write_text("import requests\n\n\ndef fetch(url):\n    return url\n")
    assert {"shop/net.py", "shop/main.py"} <= set(again(tmp_path, looked_at))


def test_a_file_that_is_written_during_the_scan_is_looked_at_again(
    tmp_path: Path, looked_at: list[str]
) -> None:
    shop(tmp_path)
    results = scan_again(Project(tmp_path, tuple(list_files(tmp_path))), ALL)
    next(results)
    before = (tmp_path / "shop/other.py").read_text()
    (tmp_path / "shop/other.py").write_text("import requests\n\nrequests.get('https://example.com')\n")
    list(results)
    assert "shop/other.py" in again(tmp_path, looked_at)
    (tmp_path / "shop/other.py").write_text(before)
    now = Project(tmp_path, tuple(list_files(tmp_path)))
    assert list(scan_again(now, ALL)) == list(scan(now, ALL))


def spoil(file: Path) -> None:
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])


def empty(file: Path) -> None:
    file.write_text('{"results": {}}')


def replace(file: Path) -> None:
    file.unlink()
    file.mkdir()


@pytest.mark.parametrize("harm", [spoil, empty, replace])
def test_what_was_kept_may_be_harmed(
    tmp_path: Path, isolated_environment: Path, looked_at: list[str], harm: Callable[[Path], None]
) -> None:
    shop(tmp_path)
    again(tmp_path, looked_at)
    (file,) = isolated_environment.rglob("harden/*/*.json")
    harm(file)
    now = Project(tmp_path, tuple(list_files(tmp_path)))
    assert list(scan_again(now, ALL)) == list(scan(now, ALL))


def test_what_cannot_be_looked_at_is_looked_at_each_time(tmp_path: Path, looked_at: list[str]) -> None:
    shop(tmp_path)
    (tmp_path / "shop/broken.py").write_text("def (:\n")
    again(tmp_path, looked_at)
    assert again(tmp_path, looked_at) == ["shop/broken.py"]


def test_another_selection_of_checks_is_kept_apart(tmp_path: Path) -> None:
    shop(tmp_path)
    now = Project(tmp_path, tuple(list_files(tmp_path)))
    one = [check for check in ALL if check.id == "http-timeout"]
    assert list(scan_again(now, ALL)) != list(scan_again(now, one))
    assert list(scan_again(now, one)) == list(scan(now, one))
