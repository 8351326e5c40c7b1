"""Blocking calls are followed through the project's functions, whatever file they are in."""

from __future__ import annotations

from pathlib import Path

import pytest

from harden.checklists.concurrency.blocking_in_async import check
from harden.findings import Finding, Severity
from harden.scan import Rules, scan_file
from tests.given import project, write

HTTP = """\
import functools
import sqlite3
from contextlib import contextmanager

import requests

store = sqlite3.connect("shop.db")


def fetch(url):
    return requests.get(url, timeout=5)


def page(url):
    return parse(fetch(url))


def parse(answer):
    return answer.text


def ping(url, left):
    return pong(url, left - 1) if left else None


def pong(url, left):
    ping(url, left)
    return fetch(url)


def rows(url):
    for line in fetch(url):
        yield line


@contextmanager
def opened(url):
    yield fetch(url)


@functools.lru_cache
def settings():
    return fetch("https://settings.example")


def stored(name):
    return store.execute("select 1").fetchall()


def text(path):
    return open(path).read()


def title(path):
    return text(path)[0]


def later(url):
    return lambda: fetch(url)


class Client:
    _session = None

    def get(self, url):
        return self._do(url)

    def _do(self, url):
        return fetch(url)

    def once(self):
        if self._session is None:
            self._session = fetch("https://login.example")
        return self._session


class Shop(Client):
    pass
"""
HEAD = "import asyncio\nfrom .http import *\n\n\n"


def found(root: Path, body: str) -> tuple[Finding, ...]:
    code = (
        HEAD + "async def use(url, client: Client):\n" + "".join(f"    {line}\n" for line in body.split("\n"))
    )
    files = {"app/__init__.py": "", "app/http.py": HTTP, "app/main.py": code}
    result = scan_file(project(write(root, files)), Rules((check,)), "app/main.py")
    assert not result.problems
    return result.findings


@pytest.mark.parametrize(
    ("body", "steps"),
    [
        ("return fetch(url)", ["main.py:6 fetch()", "http.py:11 requests.get()"]),
        ("return page(url)", ["main.py:6 page()", "http.py:15 fetch()", "http.py:11 requests.get()"]),
        ("return ping(url, 2)", ["main.py:6 ping()", "http.py:23 pong()", "http.py:28 fetch()"]),
        ("return client.get(url)", ["main.py:6 client.get()", "http.py:66 self._do()", "http.py:69 fetch()"]),
        ("return Shop().get(url)", ["main.py:6 Shop.get()", "http.py:66 self._do()", "http.py:69 fetch()"]),
        ("return [x for x in rows(url)]", ["main.py:6 rows()", "http.py:32 fetch()"]),
        ("return list(rows(url))", ["main.py:6 rows()", "http.py:32 fetch()"]),
        ("with opened(url) as page:\n    return page", ["main.py:6 opened()", "http.py:38 fetch()"]),
        ("return later(url)", []),
        ("return rows(url)", []),
        ("return settings()", []),
        ("return client.once()", []),
        ("return title(url)", []),
        ("return await asyncio.to_thread(fetch, url)", []),
        ("return [later, fetch, lambda: fetch(url)]", []),
        ("if client.executor is None:\n    return fetch(url)", []),
        ("if client.page is None:\n    client.page = fetch(url)", []),
        ("global page\nif page is None:\n    page = fetch(url)", []),
        ("first = url\nif not first:\n    first = fetch(url)", ["main.py:8 fetch()"]),
    ],
)
def test_steps(tmp_path: Path, body: str, steps: list[str]) -> None:
    told = [step.removeprefix("app/") for finding in found(tmp_path, body) for step in finding.steps]
    assert told[: len(steps) or None] == steps


def test_message_names_the_call_and_its_place(tmp_path: Path) -> None:
    (finding,) = found(tmp_path, "return page(url)")
    assert finding.message == (
        "page() waits for a peer in requests.get() at app/http.py:11 while the event loop stands still"
    )
    assert finding.severity is Severity.HIGH


def test_a_file_is_low_and_told_one_function_down(tmp_path: Path) -> None:
    assert [finding.severity for finding in found(tmp_path, "return text(url)")] == [Severity.LOW]


def test_one_finding_for_a_statement(tmp_path: Path) -> None:
    assert len(found(tmp_path, "return fetch(url), page(url), client.get(url)")) == 1


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ("return stored(url)", "sqlite3"),
        ("with opened(url) as page:\n    return page", "The block uses"),
        ("return dict(x for x in [fetch(url)] if fetch(url))", "generator"),
    ],
)
def test_why_it_is_not_given_to_a_thread(tmp_path: Path, body: str, why: str) -> None:
    assert why in found(tmp_path, body)[0].why_not


@pytest.mark.parametrize(("alone", "count"), [("", 0), ("    asyncio.create_task(use())\n", 1)])
def test_a_program_with_one_coroutine_holds_up_nobody(tmp_path: Path, alone: str, count: int) -> None:
    code = f"{HEAD}async def use():\n{alone}    fetch('x')\n\n\nasyncio.run(use())\n"
    write(tmp_path, {"app/http.py": HTTP, "app/main.py": code})
    assert len(scan_file(project(tmp_path), Rules((check,)), "app/main.py").findings) == count


@pytest.mark.parametrize("first", ["ping", "pong"])
def test_circles_are_told_alike_whatever_is_asked_first(tmp_path: Path, first: str) -> None:
    second = "pong" if first == "ping" else "ping"
    assert len(found(tmp_path, f"{first}(url, 2)\n{second}(url, 2)")) == 2


@pytest.mark.parametrize(
    ("opened", "is_fixable"),
    [("    db = Session(engine)\n", True), ("    db = current\n", False)],
)
def test_a_session_from_elsewhere_stays_in_its_thread(tmp_path: Path, opened: str, is_fixable: bool) -> None:
    store = (
        "from sqlalchemy import create_engine\nfrom sqlalchemy.orm import Session\n\n"
        f"engine = create_engine('x')\ncurrent = Session(engine)\n\n\n"
        f"def read(key):\n{opened}    return db.get(1, key)\n"
    )
    main = "from .store import read\n\n\nasync def use(key):\n    return await other(read(key))\n"
    write(tmp_path, {"app/store.py": store, "app/main.py": main})
    (finding,) = scan_file(project(tmp_path), Rules((check,)), "app/main.py").findings
    assert finding.fixable is is_fixable
