"""A store in Redis is added beside what keeps records in memory, in the project's own way."""

from __future__ import annotations

import asyncio
import runpy
import sys
from pathlib import Path
from types import ModuleType

import pytest

from harden.fixing import Offer
from harden.project import Project
from harden.registry import check_named
from harden.scaffolding import make_scaffold, options_of
from harden.scan import Rules, scan_file

CHECK = check_named("in-memory-session")
FLASK = (
    "from flask import Flask, request\n\napp = Flask(__name__)\ncarts = {}\n\n\n"
    "@app.post('/x')\ndef x():\n    carts[request.json['id']] = request.json\n    return {}\n"
)
FASTAPI = (
    "from fastapi import FastAPI\n\napp = FastAPI()\ncarts = {}\n\n\n"
    "@app.post('/x')\nasync def x(key: str):\n    carts[key] = 1\n    return {}\n"
)
DJANGO = (
    "from django.http import JsonResponse\n\ncarts = {}\n\n\n"
    "def x(request):\n    carts[request.user.id] = 1\n    return JsonResponse({})\n"
)


def offered(root: Path, files: dict[str, str], **options: object) -> Offer:
    """Return what is offered for the findings of a project."""
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    project = Project(root, tuple(sorted(files)))
    found = [f for path in sorted(files) for f in scan_file(project, Rules((CHECK,)), path).findings]
    assert found
    return make_scaffold(project, CHECK, found, options_of(CHECK)(**options))


@pytest.mark.parametrize(
    ("files", "path", "words"),
    [
        ({"app.py": FLASK}, "redis_store.py", ["import redis\n", "    def get("]),
        (
            {"shop/main.py": FASTAPI},
            "shop/redis_store.py",
            ["import redis.asyncio as redis\n", "await _client"],
        ),
        (
            {"main.py": FASTAPI, "cache.py": "import redis\n\nr = redis.Redis()\n"},
            "redis_store.py",
            ["import redis\n", "    def set("],
        ),
        (
            {"app.py": FLASK, "cache.py": "from redis.asyncio import Redis\n"},
            "redis_store.py",
            ["import redis.asyncio as redis\n"],
        ),
    ],
)
def test_it_waits_as_the_project_does(
    tmp_path: Path, files: dict[str, str], path: str, words: list[str]
) -> None:
    offer = offered(tmp_path, files)
    assert offer.patch is not None
    (edit,) = offer.patch.edits
    assert edit.path == path
    assert all(word in edit.after.decode() for word in words)
    assert ("add redis" in offer.patch.notes[1]) == ("cache.py" not in files)


def test_the_time_is_an_option(tmp_path: Path) -> None:
    offer = offered(tmp_path, {"app.py": FLASK}, seconds=60)
    assert offer.patch is not None
    assert "seconds: int = 60" in offer.patch.edits[0].after.decode()


@pytest.mark.parametrize(
    ("files", "reason"),
    [
        ({"app.py": FLASK, "redis_store.py": ""}, "is there already"),
        ({"shop/views.py": DJANGO}, "request.session"),
    ],
)
def test_it_is_not_made(tmp_path: Path, files: dict[str, str], reason: str) -> None:
    offer = offered(tmp_path, files)
    assert offer.patch is None
    assert all(reason in why for why in offer.refused.values())


class Client:
    """Stands in for Redis."""

    def __init__(self) -> None:
        self.kept: dict[str, str] = {}

    def get(self, key: str) -> str | None:
        return self.kept.get(key)

    def set(self, key: str, value: str, *, ex: int, nx: bool = False) -> bool | None:
        if nx and key in self.kept:
            return None
        self.kept[key] = value
        return ex > 0

    def delete(self, key: str) -> None:
        self.kept.pop(key, None)


class Waiting(Client):
    """Stands in for Redis on an event loop."""

    def __getattribute__(self, name: str) -> object:
        found = super().__getattribute__(name)
        if not callable(found):
            return found

        async def answer(*args: object, **options: object) -> object:
            return found(*args, **options)

        return answer


@pytest.mark.parametrize(("code", "client"), [(FLASK, Client()), (FASTAPI, Waiting())])
def test_what_is_stored_is_read_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: str, client: Client
) -> None:
    offer = offered(tmp_path, {"app.py": code})
    assert offer.patch is not None
    package = ModuleType("redis")
    package.from_url = lambda *args, **options: client  # type: ignore[attr-defined]
    package.asyncio = package  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "redis", package)
    monkeypatch.setitem(sys.modules, "redis.asyncio", package)
    monkeypatch.setenv("REDIS_URL", "redis://store")
    (tmp_path / "redis_store.py").write_bytes(offer.patch.edits[0].after)
    store = runpy.run_path(str(tmp_path / "redis_store.py"))["RedisStore"]("cart")

    def now(value: object) -> object:
        return asyncio.run(value) if asyncio.iscoroutine(value) else value

    now(store.set("a", {"x": 1}))
    assert now(store.get("a")) == {"x": 1}
    assert (now(store.add("a", 2)), now(store.add("b", 2))) == (False, True)
    now(store.delete("a"))
    assert now(store.get("a")) is None
