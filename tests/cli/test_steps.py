"""The way to a finding is told wherever the finding is."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from tests.given import repository

if TYPE_CHECKING:
    from tests.cli.conftest import Run

FILES = {
    "app/main.py": "from .pages import page\n\n\nasync def show(url):\n    return page(url)\n",
    "app/pages.py": "from .http import fetch\n\n\ndef page(url):\n    return fetch(url).text\n",
    "app/http.py": "import requests\n\n\ndef fetch(url):\n    return requests.get(url, timeout=5)\n",
}
FOUND = (
    "app/main.py:5:12: H blocking-in-async [review] page() waits for a peer in requests.get() "
    "at app/http.py:5 while the event loop stands still (by way of app/pages.py:5 fetch())"
)


def test_text(tmp_path: Path, run: Run) -> None:
    ran = run(repository(tmp_path, FILES), "scan", "--check", "blocking-in-async")
    assert ran.out.splitlines()[0] == FOUND


def test_json(tmp_path: Path, run: Run) -> None:
    ran = run(repository(tmp_path, FILES), "scan", "--check", "blocking-in-async", "--format", "json")
    assert json.loads(ran.out)["findings"][0]["steps"] == [
        "app/main.py:5 page()",
        "app/pages.py:5 fetch()",
        "app/http.py:5 requests.get()",
    ]


def test_other_formats(tmp_path: Path, run: Run) -> None:
    root = repository(tmp_path, FILES)
    for kind in ("md", "sarif"):
        ran = run(root, "scan", "--check", "blocking-in-async", "--format", kind)
        assert "by way of app/pages.py:5 fetch" in ran.out
