"""What is known of a project is kept as long as its files are as they were read, and no longer."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from harden import files as files_module
from harden.project import Project
from harden.session import Session
from tests.given import project, write

FILES = {"shop/__init__.py": "", "shop/db.py": "import redis\nstore = redis\n", "shop/main.py": "x = 1\n"}


@pytest.fixture
def settled(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take files that were written a moment ago for old ones."""
    monkeypatch.setattr(files_module, "_SETTLED", -(10**12))


def known(root: Path) -> Project:
    write(root, FILES)
    made = project(root)
    assert made.canonical("shop.db.store.Redis") == "redis.Redis"
    return made


@pytest.mark.usefixtures("settled")
def test_unchanged_files_are_not_parsed_again(tmp_path: Path) -> None:
    before = known(tmp_path)
    assert before.renewed(before.paths).module("shop/db.py") is before.module("shop/db.py")
    assert before.pinned().module("shop/db.py") is before.module("shop/db.py")


def test_files_of_this_moment_are_read_again(tmp_path: Path) -> None:
    before = known(tmp_path)
    assert before.renewed(before.paths).module("shop/db.py") is not before.module("shop/db.py")


@pytest.mark.usefixtures("settled")
def test_a_changed_file_makes_everything_new(tmp_path: Path) -> None:
    before = known(tmp_path)
    write(tmp_path, {"shop/db.py": "import fakeredis\nstore = fakeredis\n"})
    assert before.renewed(before.paths).canonical("shop.db.store.Redis") == "fakeredis.Redis"


@pytest.mark.usefixtures("settled")
def test_a_gone_file_makes_everything_new(tmp_path: Path) -> None:
    before = known(tmp_path)
    (tmp_path / "shop/db.py").unlink()
    assert before.renewed(before.paths).canonical("shop.db.store.Redis") == "shop.db.store.Redis"


@pytest.mark.usefixtures("settled")
def test_a_new_file_makes_everything_new(tmp_path: Path) -> None:
    before = known(tmp_path)
    write(tmp_path, {"shop/cache.py": "import redis\n"})
    after = before.renewed(project(tmp_path).paths)
    assert after.module("shop/db.py") is not before.module("shop/db.py")


@pytest.mark.usefixtures("settled")
def test_what_is_decided_on_is_what_is_compared(tmp_path: Path) -> None:
    before = known(tmp_path)
    pinned = before.pinned()
    write(tmp_path, {"shop/db.py": "import fakeredis\nstore = fakeredis\n"})
    assert pinned.module("shop/db.py").text.encode() == pinned.read("shop/db.py")


@pytest.mark.usefixtures("settled")
def test_previews_of_a_session_see_what_was_saved_between_them(tmp_path: Path) -> None:
    write(tmp_path, {"main.py": "import requests\n\n\ndef f(url):\n    return requests.get(url)\n"})
    session = Session(tmp_path)
    list(session.scan())
    finding = next(found for found in session.findings() if found.check == "http-timeout")
    first = session.preview([finding]).patch
    write(tmp_path, {"main.py": "import requests\n\n\n# new\ndef f(url):\n    return requests.get(url)\n"})
    second = session.preview([finding]).patch
    assert first is not None
    assert second is not None
    assert b"# new" in second.edits[0].after


def test_an_edit_of_one_file_is_seen_from_the_others(tmp_path: Path) -> None:
    write(
        tmp_path, {"net.py": "from requests import get as fetch\n", "main.py": "import net\nnet.fetch(1)\n"}
    )
    before = project(tmp_path)

    def called(known: Project) -> str | None:
        module = known.module("main.py")
        assert module.project.overlay is known.overlay
        return module.resolve(module.nodes(ast.Call)[0].func)

    assert called(before) == "requests.get"
    after = before.with_files({"net.py": b"from httpx import get as fetch\n"})
    assert called(after) == "httpx.get"
    assert after.module("main.py").tree is before.module("main.py").tree
    assert called(after.with_files({"net.py": b"from requests import get as fetch\n"})) == "requests.get"
    assert called(before) == "requests.get"


@pytest.mark.parametrize(
    "code",
    [
        "from .shop import shop\n\nshop.sell(1)\n",
        "from __init__.shop import shop\n\nshop.sell(1)\n",
        "import shop\n\nshop = shop.shop\nshop.sell(1)\n",
    ],
)
def test_a_package_that_is_scanned_from_within_has_an_end(tmp_path: Path, code: str) -> None:
    write(tmp_path, {"__init__.py": code, "shop.py": "class shop:\n    pass\n"})
    session = Session(tmp_path)
    assert [result.path for result in session.scan()] == ["__init__.py", "shop.py"]
    assert not session.problems


def test_relative_imports_of_a_package_that_is_scanned_from_within(tmp_path: Path) -> None:
    write(tmp_path, {"__init__.py": "from .db import store\n", "db.py": "import redis\nstore = redis\n"})
    assert project(tmp_path).canonical("__init__.store.Redis") == "redis.Redis"


def test_a_name_that_stands_for_something_within_itself_has_an_end(tmp_path: Path) -> None:
    write(tmp_path, {"shop/__init__.py": "from shop.shop import shop\n", "shop/a.py": "import shop\n"})
    assert project(tmp_path).canonical("shop.shop.sell") == "shop.shop.sell"
