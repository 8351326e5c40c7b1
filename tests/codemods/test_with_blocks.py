"""What is opened gets a `with` block around what uses it, and nothing else moves."""

from __future__ import annotations

import pytest

from tests.codemods.conftest import Mend

ID = "resource-leak"

CHANGED = [
    pytest.param(
        "def f(a, b):\n    x = open(a)\n    y = open(b, 'w')\n    y.write(x.read())\n"
        "    x.close()\n    y.close()\n"
        "    return b\n",
        "def f(a, b):\n    with open(a) as x:\n        with open(b, 'w') as y:\n"
        "            y.write(x.read())\n"
        "    return b\n",
        id="two that overlap",
    ),
    pytest.param(
        "import csv\n\n\ndef f(a):\n    x = open(a)  # big\n    reader = csv.reader(x)\n\n"
        "    # skip the head\n"
        "    next(reader)\n    rows = [\n        row\n        for row in reader\n    ]\n    return rows\n",
        "import csv\n\n\ndef f(a):\n    with open(a) as x:  # big\n        reader = csv.reader(x)\n\n"
        "        # skip the head\n        next(reader)\n        rows = [\n            row\n"
        "            for row in reader\n        ]\n    return rows\n",
        id="never closed, to the last use",
    ),
    pytest.param(
        "import socket\r\n\r\n\r\ndef f():\r\n\ts = socket.socket()\r\n\ttry:\r\n\t\ts.connect(('a', 1))\r\n"
        "\texcept OSError:\r\n\t\treturn None\r\n\tname = s.getsockname()\r\n\ts.close()\r\n"
        "\treturn name\r\n",
        "import socket\r\n\r\n\r\ndef f():\r\n\twith socket.socket() as s:\r\n\t\ttry:\r\n"
        "\t\t\ts.connect(('a', 1))\r\n\t\texcept OSError:\r\n\t\t\treturn None\r\n"
        "\t\tname = s.getsockname()\r\n\treturn name\r\n",
        id="tabs and line endings",
    ),
    pytest.param(
        "import sqlite3\n\n\ndef f(q):\n    c = sqlite3.connect('x')\n    with c:\n"
        "        cur = c.execute(q)\n"
        "    rows = cur.fetchall()\n    return rows\n",
        "import contextlib\nimport sqlite3\n\n\ndef f(q):\n"
        "    with contextlib.closing(sqlite3.connect('x')) as c:\n        with c:\n"
        "            cur = c.execute(q)\n        rows = cur.fetchall()\n    return rows\n",
        id="a connection outlives its with block",
    ),
    pytest.param(
        "import json\n\nSETTINGS = json.load(open('a.json'))  # once\n",
        "import json\n\nwith open('a.json') as file:\n    SETTINGS = json.load(file)  # once\n",
        id="in passing, at module level",
    ),
    pytest.param(
        "def f(a, file):\n    # each\n    for line in open(a):\n        print(line, file=open(file, 'a'))\n",
        "def f(a, file):\n    # each\n    with open(a) as opened_file:\n        for line in opened_file:\n"
        "            with open(file, 'a') as file_object:\n                print(line, file=file_object)\n",
        id="loop, nested and taken names",
    ),
    pytest.param(
        "def f(a: str, b):\n    if open(a, 'rb').read():\n        return open(\n            b,\n"
        "        ).read()\n",
        "from pathlib import Path\n\n\ndef f(a: str, b):\n    if Path(a).read_bytes():\n"
        "        with open(\n            b,\n        ) as file:\n            return file.read()\n",
        id="by its path where it surely is one",
    ),
    pytest.param(
        "import csv as c\n\n\ndef f(a, file):\n    # to it\n"
        "    out = c.writer(open(a, 'w'), delimiter=';')  # all\n"
        "    for x in file:\n        out.writerow([x])\n    return 3\n",
        "import csv as c\n\n\ndef f(a, file):\n    # to it\n    with open(a, 'w') as opened_file:\n"
        "        out = c.writer(opened_file, delimiter=';')  # all\n        for x in file:\n"
        "            out.writerow([x])\n    return 3\n",
        id="only its writer has a name",
    ),
    pytest.param(
        "from pathlib import Path\n\n\ndef f(a: Path):\n"
        "    return (a.open().read(), open(a, encoding='utf-8').read())\n",
        "from pathlib import Path\n\n\ndef f(a: Path):\n"
        "    return (a.read_text(), a.read_text(encoding='utf-8'))\n",
        id="two on a line",
    ),
    pytest.param(
        'def f(a):\n    x = open(a)\n    y = """\n  as it is\n""" + x.read()\n    x.close()\n    return y\n',
        'def f(a):\n    with open(a) as x:\n        y = """\n  as it is\n""" + x.read()\n    return y\n',
        id="text over several lines",
    ),
]


@pytest.mark.parametrize(("before", "after"), CHANGED)
def test_closed_on_every_way(mend: Mend, before: str, after: str) -> None:
    done = mend(ID, before)
    assert done.data.decode() == after
    assert not done.refused
    assert mend(ID, after).data.decode() == after


REFUSED = [
    pytest.param("    x = open(a); y = x.read()\n    x.close()\n    return y\n", "share", id="semicolon"),
    pytest.param("    if a: x = open(a); x.read()\n", "shares its line", id="one line"),
    pytest.param("    x = open(a)\n    x.read()\n    # the end\n    x.close()\n", "comment", id="comment"),
    pytest.param(
        "    x = open(a)\n    if x.read():\n        x.close()\n        return\n    x.write(a)\n"
        "    x.close()\n",
        "several places",
        id="closed twice",
    ),
    pytest.param(
        "    try:\n        x = open(a)\n    except OSError:\n        return\n    x.read()\n",
        "outside",
        id="try",
    ),
    pytest.param("    return a and json.load(open(a))\n", "some ways", id="condition"),
    pytest.param("    return [json.load(open(x)) for x in a]\n", "some ways", id="comprehension"),
    pytest.param("    while json.load(open(a)):\n        pass\n", "head", id="loop head"),
    pytest.param("    return lambda: json.load(open(a))\n", "some ways", id="lambda"),
]


@pytest.mark.parametrize(("body", "reason"), REFUSED)
def test_left_alone_with_a_reason(mend: Mend, body: str, reason: str) -> None:
    code = "import json\n\n\ndef f(a):\n" + body
    done = mend(ID, code)
    assert done.text == code
    assert len(done.refused) == 1
    assert reason in done.refused[0]


SILENT = [
    pytest.param("    x = open(a)\n    return x\n", id="returned"),
    pytest.param(
        "    with sqlite3.connect(a) as c:\n        c.execute('x')\n    c.close()\n", id="closed behind"
    ),
    pytest.param("    with sqlite3.connect(a) as c:\n        return c\n", id="connection returned"),
    pytest.param("    x = open(a)\n    a.file = x\n", id="stored"),
    pytest.param("    x = open(a)\n    process(x)\n", id="passed on"),
    pytest.param("    x = csv.reader(open(a))\n    return x\n", id="nameless file, reader returned"),
    pytest.param("    x = csv.reader(open(a))\n    process(x)\n", id="nameless file, reader passed on"),
    pytest.param("    x = open(a)\n    yield x\n    x.close()\n", id="yielded"),
    pytest.param("    x = open(a)\n    with x:\n        x.read()\n", id="with later"),
    pytest.param("    x = open(a)\n    return csv.reader(x)\n", id="reader returned"),
    pytest.param("    c = sqlite3.connect(a)\n    cur = c.cursor()\n    return cur\n", id="cursor returned"),
    pytest.param("    c = sqlite3.connect(a)\n    return c.execute('x')\n", id="rows returned"),
    pytest.param(
        "    x = None\n    try:\n        x = open(a)\n    finally:\n        x and x.close()\n", id="finally"
    ),
    pytest.param("    x = open(a)\n    return lambda: x.read()\n", id="closure"),
    pytest.param("    global x\n    x = open(a)\n", id="global"),
    pytest.param("    def open(a): return a\n    x = open(a)\n    x.read()\n", id="shadowed"),
    pytest.param("    x = open(a)\n    x.close()\n", id="nothing between"),
    pytest.param("    x, y = open(a), 1\n", id="unpacked"),
    pytest.param("    return Popen(a, stdout=open(a))\n", id="argument"),
    pytest.param("    x = zipfile.ZipFile(io.BytesIO(a))\n    x.extractall()\n", id="archive in memory"),
]


ENTERED = [
    pytest.param(
        "    with sqlite3.connect(\n        a,  # where\n    ) as c, open(a) as f:\n"
        "        c.execute(f.read())\n",
        "    with closing(sqlite3.connect(\n        a,  # where\n    )) as c, c, open(a) as f:\n"
        "        c.execute(f.read())\n",
        id="one of two over several lines",
    ),
    pytest.param(
        "    with sqlite3.connect(a) as c:\n        r = c.execute('x').fetchall()\n    return r\n",
        "    with closing(sqlite3.connect(a)) as c, c:\n        r = c.execute('x').fetchall()\n"
        "    return r\n",
        id="rows used behind",
    ),
    pytest.param(
        "    with sqlite3.connect(a) as c:\n        yield c\n",
        "    with closing(sqlite3.connect(a)) as c, c:\n        yield c\n",
        id="yielded",
    ),
]


@pytest.mark.parametrize(("before", "after"), ENTERED)
def test_connection_is_closed_behind_its_transaction(mend: Mend, before: str, after: str) -> None:
    head = "import sqlite3\nfrom contextlib import closing\n\n\ndef f(a):\n"
    done = mend(ID, head + before)
    assert done.text == head + after
    assert mend(ID, done.text).text == done.text


ENTERED_REFUSED = [
    pytest.param("        r = c.execute('x')\n    return list(r)\n", id="a cursor used behind"),
    pytest.param("        return c.execute('x')\n", id="a cursor returned"),
    pytest.param("        c.execute('x')\n    c.execute('y')\n", id="used behind"),
]


@pytest.mark.parametrize("body", ENTERED_REFUSED)
def test_connection_that_is_still_needed(mend: Mend, body: str) -> None:
    code = f"import sqlite3\n\n\ndef f(a):\n    with sqlite3.connect(a) as c:\n{body}"
    done = mend(ID, code)
    assert done.text == code
    assert "behind the block" in done.refused[0]


def test_session_whose_objects_may_be_read_later(mend: Mend) -> None:
    code = "from sqlalchemy.orm import Session\n\n\ndef f(e):\n    s = Session(e)\n    return s.get(X, 1)\n"
    done = mend(ID, code)
    assert done.text == code
    assert "has loaded" in done.refused[0]


def test_session_factory_of_another_file(mend: Mend) -> None:
    base = "from sqlalchemy.orm import sessionmaker\nMaker = sessionmaker(bind=engine)\n"
    code = "from app.db import Maker\n\n\ndef f():\n    s = Maker()\n    n = s.scalar(q)\n"
    code += "    s.close()\n    return n\n"
    done = mend(ID, code, files={"app/db.py": base})
    assert "    with Maker() as s:\n        n = s.scalar(q)\n    return n\n" in done.text


@pytest.mark.parametrize("body", SILENT)
def test_not_a_finding(mend: Mend, body: str) -> None:
    code = "import csv\nimport io\nimport sqlite3\nimport zipfile\n\n\ndef f(a):\n" + body
    done = mend(ID, code)
    assert (done.text, done.refused) == (code, ())
