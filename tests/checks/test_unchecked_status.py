"""A response is followed to where its body is read, through functions, methods and own sessions."""

from __future__ import annotations

from pathlib import Path

import pytest

from harden.checklists.resilience.unchecked_status import check
from harden.findings import Finding
from harden.scan import Rules, scan_file
from tests.given import project, write

HTTP = """\
import requests


def fetch(url):
    return requests.get(url, timeout=5)


def named(url):
    answer = requests.get(url, timeout=5)
    print(answer.elapsed)
    return answer


def checked(url):
    answer = requests.get(url, timeout=5)
    answer.raise_for_status()
    return answer


def handed(url):
    answer = requests.get(url, timeout=5)
    check(answer)
    return answer


def asked(url):
    return requests.get(url, timeout=5).json()


@retried
def wrapped(url):
    return requests.get(url, timeout=5)


class Plain(requests.Session):
    pass


class Strict(requests.Session):
    def request(self, *args, **options):
        answer = super().request(*args, **options)
        answer.raise_for_status()
        return answer


class Client:
    def __init__(self):
        self.session = requests.Session()

    def get(self, path):
        return self.session.get(path, timeout=5)

    def page(self, path):
        return self.get(path)
"""


def found(root: Path, body: str, http: str = HTTP) -> tuple[Finding, ...]:
    code = "import asyncio\n\nfrom .http import *\n\n\nasync def use(url, client: Client):\n"
    code += "".join(f"    {line}\n" for line in body.split("\n"))
    files = {"app/__init__.py": "", "app/http.py": http, "app/main.py": code}
    result = scan_file(project(write(root, files)), Rules((check,)), "app/main.py")
    assert not result.problems
    return result.findings


@pytest.mark.parametrize(
    ("body", "steps"),
    [
        ("return fetch(url).json()", 2),
        ("answer = fetch(url)\nreturn answer.json()", 2),
        ("return named(url).text", 2),
        ("return client.get(url).json()", 2),
        ("return client.page(url).json()", 3),
        ("return (await asyncio.to_thread(fetch, url)).json()", 2),
        ("return Plain().get(url).json()", 0),
    ],
)
def test_told_where_it_is_read(tmp_path: Path, body: str, steps: int) -> None:
    (finding,) = found(tmp_path, body)
    assert len(finding.steps) == steps


@pytest.mark.parametrize(
    "body",
    [
        "answer = fetch(url)\nif answer.ok:\n    return answer.json()",
        "answer = fetch(url)\nreturn answer",
        "return checked(url).json()",
        "return handed(url).json()",
        "return wrapped(url).json()",
        "return Strict().get(url).json()",
        "return fetch(url)",
        "return open(url).read()",
    ],
)
def test_fine(tmp_path: Path, body: str) -> None:
    assert not found(tmp_path, body)


def test_hooks_of_a_session_look_wherever_they_are_set(tmp_path: Path) -> None:
    hooked = f"{HTTP}\n\nsession = requests.Session()\nsession.hooks['response'].append(check)\n"
    assert not found(tmp_path, "return client.get(url).json()", hooked)
    assert not found(tmp_path, "return session.get(url).json()", hooked)


@pytest.mark.parametrize(("use", "count"), [("data['error']", 0), ("data['price']", 1)])
def test_callers_in_other_files_may_look_for_an_error(tmp_path: Path, use: str, count: int) -> None:
    main = (
        f"from .http import asked\n\n\ndef use(url):\n    data = asked(url)\n    return {use}, url['error']\n"
    )
    write(tmp_path, {"app/http.py": HTTP, "app/main.py": main})
    findings = scan_file(project(tmp_path), Rules((check,)), "app/http.py").findings
    assert len(findings) == count
