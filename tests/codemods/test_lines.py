"""Loops go over files where that says the same."""

from __future__ import annotations

import pytest

from tests.codemods.conftest import Mend

ID = "load-all-in-memory"
CHANGED = [
    pytest.param(
        "with open(p) as f:\n        for l in f.readlines(): use(l)", "f.readlines()", "f", id="one line"
    ),
    pytest.param(
        "for l in open(\n        p,  # where\n    ).readlines():\n        use(l)",
        ".readlines()",
        "",
        id="long",
    ),
    pytest.param("for l in (open(p).readlines()):\n        use(l)", ".readlines()", "", id="parentheses"),
    pytest.param(
        "f = open(p)\n    for i, l in enumerate(f.readlines()):\n        use(l)",
        ".readlines()",
        "",
        id="enumerate",
    ),
    pytest.param(
        "with p.open() as f:\n        for l in f.readlines():  # all\n\t\tuse(l)",
        ".readlines()",
        "",
        id="path",
    ),
    pytest.param(
        "with gz.open(p) as f:\r\n        for l in f.readlines():\r\n            use(l)",
        ".readlines()",
        "",
        id="crlf",
    ),
]


@pytest.mark.parametrize(("body", "old", "new"), CHANGED)
def test_loops_over_the_file(mend: Mend, body: str, old: str, new: str) -> None:
    code = f"import gzip as gz\nfrom pathlib import Path\n\n\ndef run(p: Path):\n    {body}\n".expandtabs(8)
    done = mend(ID, code.encode())
    assert done.data.decode() == code.replace(old, new)
    assert not done.refused
    assert mend(ID, done.data).data == done.data


SILENT = [
    pytest.param("for l in f.readlines():\n        use(l)", id="who knows what"),
    pytest.param(
        "with open(p) as g:\n        for l in g.readlines():\n            g.tell()", id="used in the loop"
    ),
    pytest.param(
        "with open(p) as g:\n        for l in g.readlines(100):\n            use(l)", id="some lines"
    ),
    pytest.param("with open(p) as g:\n        for l in g.readlines()[1:]:\n            use(l)", id="a slice"),
    pytest.param(
        "with open(p) as g:\n        for l in sorted(g.readlines()):\n            use(l)", id="sorted"
    ),
    pytest.param("with open(p) as g:\n        lines = g.readlines()\n    return lines", id="kept"),
    pytest.param("with open(p) as g:\n        return [l for l in g.readlines()]", id="a list again"),
]


@pytest.mark.parametrize("body", SILENT)
def test_not_a_finding(mend: Mend, body: str) -> None:
    code = f"def run(p, f):\n    {body}\n"
    done = mend(ID, code)
    assert (done.text, done.refused) == (code, ())


def test_module_that_reads_its_words_at_the_start(mend: Mend) -> None:
    code = "for line in open('words.txt').readlines():\n    print(line)\n"
    assert mend(ID, code).text == code


def test_what_only_a_person_can_read_in_parts(mend: Mend) -> None:
    code = "from flask import Flask, request\napp = Flask('')\n@app.post('/')\ndef a():\n"
    done = mend(ID, code + "    return request.files['a'].read()\n")
    assert "in parts" in done.refused[0]
