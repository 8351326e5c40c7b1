"""Downloads of each client, and what limits them."""

from __future__ import annotations

from pathlib import Path

import pytest

from harden.project import Project
from harden.registry import check_named
from harden.scan import Rules, scan_file

HEAD = """import aiohttp, httpx, requests, urllib.request
from app.settings import settings
"""
ROOT = Path(__file__).parent / "no-such-folder"
CHECK = check_named("unbounded-download")


def found(body: str) -> list[str]:
    code = f"{HEAD}async def fetch(url, path):\n{body}"
    project = Project(ROOT, ("app/main.py",), {"app/main.py": code.encode()})
    return [finding.message for finding in scan_file(project, Rules((CHECK,)), "app/main.py").findings]


FLAGGED = [
    "    async with aiohttp.ClientSession() as s, s.get(url) as r:\n        return await r.read()\n",
    "    with urllib.request.urlopen(url) as r:\n        return r.read()\n",
    "    r = requests.get(url, stream=True)\n    for c in r.iter_content(9):\n        path.write(c)\n",
    "    r = requests.Session().get(f'{url}/a')\n    return r.text\n",
    "    r = requests.request('GET', url)\n    return r.content\n",
    "    host = path\n    return httpx.get('http://' + host, timeout=1) and httpx.get(host).content\n",
]


@pytest.mark.parametrize("body", FLAGGED)
def test_is_found(body: str) -> None:
    assert len(found(body)) == 1


FINE = [
    "    return requests.post(url).content\n",
    "    return requests.get(settings.url).content\n",
    "    return requests.get(f'{settings.url}/a').content\n",
    "    return requests.get('{}/a'.format(settings.url)).content\n",
    "    r = requests.get(url)\n    raise ValueError(r.text)\n",
    "    r = requests.get(url)\n    log.error('no: %s', r.text)\n",
    "    r = requests.get(url, stream=True)\n    return r.raw.read(1000)\n",
    "    r = httpx.get(url)\n    if len(r.content) > MAX:\n        raise OSError\n    return r.content\n",
    "    return (await reader.get(url)).content\n",
]


@pytest.mark.parametrize("body", FINE)
def test_is_not_found(body: str) -> None:
    assert not found(body)
