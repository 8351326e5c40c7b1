"""Test and act become one step, only where nothing else depends on the test."""

from __future__ import annotations

import pytest

from tests.codemods.conftest import Mend

ID = "check-then-act"

CHANGED = [
    pytest.param(
        "from os import makedirs, path as p\n\nif not p.exists('a'):\n    makedirs(\n        'a',\n"
        "        0o700,\n    )\n",
        "from os import makedirs, path as p\n\nmakedirs(\n    'a',\n    0o700,\n    exist_ok=True,\n)\n",
        id="aliases and layout",
    ),
    pytest.param(
        "import os\r\n\r\n\r\ndef f(d):\r\n\tif not os.path.isdir(d):  # first run\r\n\t\tos.mkdir(d)\r\n",
        "import os\r\n\r\n\r\ndef f(d):\r\n\tos.makedirs(d, exist_ok=True)  # first run\r\n",
        id="mkdir, tabs, line endings",
    ),
    pytest.param(
        "import os\nimport shutil\n\n\ndef f(d):\n    # old ones\n    if os.path.exists(d):  # slow\n"
        "        shutil.rmtree(d)  # all of it\n",
        "import contextlib\nimport os\nimport shutil\n\n\ndef f(d):\n    # old ones\n"
        "    with contextlib.suppress(FileNotFoundError):  # slow\n        shutil.rmtree(d)  # all of it\n",
        id="comments",
    ),
    pytest.param(
        "import os\n\n\ndef f(d, keep):\n    if (\n        d\n        and not os.path.exists(d)\n"
        "        and not keep\n    ):\n        os.makedirs(d)\n",
        "import os\n\n\ndef f(d, keep):\n    if (\n        d\n        and not keep\n    ):\n"
        "        os.makedirs(d, exist_ok=True)\n",
        id="middle of a condition",
    ),
    pytest.param(
        "import os\n\n\ndef f(d):\n    if d is not None and os.path.exists(d):\n        # old\n"
        "        os.unlink(d)\n",
        "import contextlib\nimport os\n\n\ndef f(d):\n    if d is not None:\n        # old\n"
        "        with contextlib.suppress(FileNotFoundError):\n            os.unlink(d)\n",
        id="end of a condition",
    ),
]


@pytest.mark.parametrize(("before", "after"), CHANGED)
def test_one_step(mend: Mend, before: str, after: str) -> None:
    done = mend(ID, before)
    assert done.data.decode() == after
    assert not done.refused
    assert mend(ID, after).data.decode() == after


REFUSED = [
    pytest.param("if not p.exists():\n    p.mkdir()\nelse:\n    print(1)\n", "else branch", id="else"),
    pytest.param("if not p.exists():\n    p.mkdir()\n    print(1)\n", "More than the one", id="more"),
    pytest.param("if not p.exists(): p.mkdir()\n", "share a line", id="one line"),
    pytest.param("if a:\n    pass\nelif p.exists():\n    p.unlink()\n", "elif", id="elif"),
    pytest.param("if p.exists() and not list(p.iterdir()):\n    p.rmdir()\n", "condition", id="dependent"),
    pytest.param("if not p.exists():\n    p.mkdir(); print(1)\n", "More than the one", id="semicolon"),
    pytest.param(
        'if not exists(p):\n    with open(p, "w") as f:\n        f.write("")\n', 'mode "x"', id="open"
    ),
]


@pytest.mark.parametrize(("code", "reason"), REFUSED)
def test_left_alone_with_a_reason(mend: Mend, code: str, reason: str) -> None:
    code = "from os.path import exists\nfrom pathlib import Path\n\na, p = 1, Path('x')\n" + code
    done = mend(ID, code)
    assert done.text == code
    assert len(done.refused) == 1
    assert reason in done.refused[0]


SILENT = [
    pytest.param("if db.exists(p):\n    db.remove(p)\n", id="something else"),
    pytest.param("if not os.path.exists(p):\n    os.makedirs(p, **options)\n", id="star arguments"),
    pytest.param("if not p.exists():\n    p.parent.mkdir()\n", id="another path"),
    pytest.param("if p.is_dir():\n    shutil.rmtree(p)\nelse:\n    p.unlink()\n", id="kind of path"),
    pytest.param("try:\n    if p.exists():\n        p.unlink()\nexcept OSError:\n    pass\n", id="caught"),
    pytest.param("if p.exists():\n    shutil.rmtree(p, ignore_errors=True)\n", id="ignores"),
]


@pytest.mark.parametrize("code", SILENT)
def test_not_a_finding(mend: Mend, code: str) -> None:
    code = "import os\nimport shutil\n" + code
    done = mend(ID, code)
    assert (done.text, done.refused) == (code, ())
