"""A wrapper that hands its options on is judged by what its callers give."""

from __future__ import annotations

from pathlib import Path

import pytest

from harden.checklists.resilience.http_timeout import check
from harden.scan import Rules, scan_file
from tests.given import project, write

OPTIONS = "import requests\n\n\ndef fetch(url, **options):\n    return requests.get(url, **options)\n"
PARAMETER = (
    "import requests\n\n\ndef fetch(url, timeout=None):\n    return requests.get(url, timeout=timeout)\n"
)
CHANGED = (
    "import requests\n\n\ndef fetch(url, **options):\n"
    "    options.setdefault('timeout', 5)\n    return requests.get(url, **options)\n"
)
TESTED = (
    "import requests\n\n\ndef fetch(url, timeout=None):\n"
    "    timeout = timeout or 5\n    return requests.get(url, timeout=timeout)\n"
)
DECORATED = f"import web\n{OPTIONS.replace('def fetch', '@web.limited' + chr(10) + 'def fetch')}"


@pytest.mark.parametrize(
    ("helper", "calls", "is_flagged"),
    [
        (OPTIONS, "fetch(1)\nfetch(2, headers={})\n", True),
        (OPTIONS, "fetch(1, timeout=3)\n", False),
        (OPTIONS, "fetch(1)\nfetch(2, timeout=3)\n", False),
        (OPTIONS, "fetch(1, **given)\n", False),
        (OPTIONS, "fetch(1)\nhand_on(fetch)\n", False),
        (OPTIONS, "", False),
        (PARAMETER, "fetch(1)\n", True),
        (PARAMETER, "fetch(1, None)\n", True),
        (PARAMETER, "fetch(1, 3)\n", False),
        (PARAMETER, "fetch(1, timeout=limit)\n", False),
        (CHANGED, "fetch(1)\n", False),
        (TESTED, "fetch(1)\n", False),
        (DECORATED, "fetch(1)\n", False),
    ],
)
def test_judged_by_its_callers(tmp_path: Path, helper: str, calls: str, is_flagged: bool) -> None:
    files = {
        "app/__init__.py": "",
        "app/http.py": helper,
        "app/main.py": f"from .http import fetch\n\n{calls}",
    }
    result = scan_file(project(write(tmp_path, files)), Rules((check,)), "app/http.py")
    assert not result.problems
    assert bool(result.findings) is is_flagged
