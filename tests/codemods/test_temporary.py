"""Temporary files and folders go on every way out, or nothing is changed."""

from __future__ import annotations

import pytest

from tests.codemods.conftest import Mend

ID = "temp-file-leak"
HEAD = "import os\nimport shutil\nimport tempfile\nfrom pathlib import Path\n\n\n"

CHANGED = [
    pytest.param(
        "def a(x):\n    d = tempfile.mkdtemp()  # here\n\n    # one\n    use(d)\n\n    return x\n",
        "def a(x):\n    with tempfile.TemporaryDirectory() as d:  # here\n        # one\n"
        "        use(d)\n\n    return x\n",
        id="a folder with comments",
    ),
    pytest.param(
        "def a(x):\n    d = Path(tempfile.mkdtemp())\n    return use(d / 'a')\n",
        "def a(x):\n    d = Path(tempfile.mkdtemp())\n    try:\n        return use(d / 'a')\n"
        "    finally:\n        shutil.rmtree(d, ignore_errors=True)\n",
        id="a folder as a path",
    ),
    pytest.param(
        "def a(x):\n    fd, p = tempfile.mkstemp(suffix='.a')\n    os.write(fd, x)\n"
        "    os.close(fd)\n    y = use(p)\n    return y\n",
        "def a(x):\n    fd, p = tempfile.mkstemp(suffix='.a')\n    try:\n"
        "        os.write(fd, x)\n        os.close(fd)\n"
        "        y = use(p)\n    finally:\n        os.unlink(p)\n    return y\n",
        id="mkstemp",
    ),
    pytest.param(
        "def a(x):\n    t = tempfile.NamedTemporaryFile('w', delete=False)\n    t.write(x)\n    t.close()\n"
        "    p = t.name\n    if x:\n        return use(p)\n    return 0\n",
        "def a(x):\n    t = tempfile.NamedTemporaryFile('w', delete=False)\n    try:\n"
        "        t.write(x)\n        t.close()\n"
        "        p = t.name\n        if x:\n            return use(p)\n    finally:\n"
        "        os.unlink(t.name)\n    return 0\n",
        id="a file without a block, by another name",
    ),
    pytest.param(
        "async def a(x):\n    with tempfile.NamedTemporaryFile(\n        delete=False,  # why\n"
        "        suffix='.a',\n    ) as t:\n"
        "        t.write(x)\n    return await use(t.name)\n",
        "async def a(x):\n    with tempfile.NamedTemporaryFile(\n        delete=False,  # why\n"
        "        suffix='.a',\n    ) as t:\n"
        "        t.write(x)\n    try:\n        return await use(t.name)\n    finally:\n"
        "        os.unlink(t.name)\n",
        id="a block over several lines",
    ),
    pytest.param(
        "def a(x):\n    d = tempfile.mkdtemp()\n    e = tempfile.mkdtemp()\n    use(d, e)\n    use(d)\n",
        "def a(x):\n    with tempfile.TemporaryDirectory() as d:\n"
        "        with tempfile.TemporaryDirectory() as e:\n"
        "            use(d, e)\n        use(d)\n",
        id="two, one in the other",
    ),
    pytest.param(
        "def a(x):\r\n\twith tempfile.NamedTemporaryFile(delete=False) as t:\r\n"
        "\t\tt.write(x)\r\n\t\tuse(t.name)\r\n",
        "def a(x):\r\n\twith tempfile.NamedTemporaryFile() as t:\r\n\t\tt.write(x)\r\n\t\tuse(t.name)\r\n",
        id="not used behind its block",
    ),
]


@pytest.mark.parametrize(("before", "after"), CHANGED)
def test_is_removed(mend: Mend, before: str, after: str) -> None:
    head = HEAD.replace("\n", "\r\n") if "\r" in before else HEAD
    done = mend(ID, (head + before).encode())
    assert done.data.decode() == head + after
    assert not done.refused
    assert mend(ID, done.data).data == done.data


REFUSED = [
    pytest.param("    d = tempfile.mkdtemp()\n    return d\n", "caller", id="returned"),
    pytest.param(
        "    t = tempfile.NamedTemporaryFile(delete=False)\n    return send_file(t.name)\n", "sent", id="sent"
    ),
    pytest.param("    d = tempfile.mkdtemp()\n    yield d\n", "caller", id="yielded"),
    pytest.param("    d = tempfile.mkdtemp()\n    d = use(d)\n", "several values", id="given twice"),
    pytest.param("    d = tempfile.mkdtemp()\n    return 1\n", "never used", id="not used"),
    pytest.param("    x = 1; d = tempfile.mkdtemp()\n    use(d)\n", "shares its line", id="two on a line"),
    pytest.param(
        "    if x:\n        d = tempfile.mkdtemp()\n    use(d)\n", "outside the block", id="outer use"
    ),
]


@pytest.mark.parametrize(("body", "reason"), REFUSED)
def test_left_alone_with_a_reason(mend: Mend, body: str, reason: str) -> None:
    code = f"{HEAD}def a(x=0):\n{body}\n\ndef b():\n    c = a()\n    print(c)\n"
    done = mend(ID, code)
    assert done.text == code
    assert reason in done.refused[0]


SILENT = [
    pytest.param("    d = tempfile.mkdtemp()\n    atexit.register(shutil.rmtree, d)\n", id="at the end"),
    pytest.param("    d = tempfile.mkdtemp()\n    tidy(d)\n", id="a function that removes it"),
    pytest.param(
        "    t = tempfile.NamedTemporaryFile(delete=False)\n    Path(t.name).unlink()\n", id="by a path"
    ),
    pytest.param(
        "    t = tempfile.NamedTemporaryFile(delete=False)\n    Popen(['a', t.name])\n", id="a process"
    ),
    pytest.param(
        "    t = tempfile.NamedTemporaryFile(delete=False)\n    shutil.move(t.name, 'a')\n", id="moved"
    ),
    pytest.param("    t = tempfile.NamedTemporaryFile()\n    use(t.name)\n", id="removed by itself"),
    pytest.param(
        "    with tempfile.NamedTemporaryFile(delete=False) as t:\n"
        "        f = cast(IO, t)\n        yield f\n",
        id="a context manager whose user removes it",
    ),
    pytest.param("    self.d = tempfile.mkdtemp()\n", id="kept by an object"),
    pytest.param("    d = tempfile.mkdtemp()\n    x['d'] = d\n", id="kept by a caller"),
]


@pytest.mark.parametrize("body", SILENT)
def test_not_a_finding(mend: Mend, body: str) -> None:
    user = "def user():\n    with a(0) as f:\n        os.unlink(f.name)\n\n\n"
    code = f"{HEAD}{user}def tidy(where):\n    shutil.rmtree(where)\n\n\ndef a(self, x):\n{body}"
    done = mend(ID, code)
    assert (done.text, done.refused) == (code, ())
