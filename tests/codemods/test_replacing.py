"""What is rewritten is replaced in one step, where it is clear when it is complete."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.codemods.conftest import Mend

ID = "partial-write"
HEAD = "import io\nimport json\nfrom pathlib import Path\n\nP = 'a/b.json'\n"
READ = "\n\ndef load():\n    return json.loads(Path(P).read_text())\n\n\n"

CHANGED = [
    pytest.param(
        "def save(x):\n    with io.open(\n        P,  # where\n        mode='wb',\n    ) as f: f.write(x)\n",
        "def save(x):\n    with replacing(\n        P,  # where\n        mode='wb',\n"
        "    ) as f: f.write(x)\n",
        id="over several lines",
    ),
    pytest.param(
        "async def save(x):\n    with lock, Path(P).open('w', newline='') as f:\n        json.dump(x, f)\n",
        "async def save(x):\n    with lock, replacing(Path(P), 'w', newline='') as f:\n"
        "        json.dump(x, f)\n",
        id="a method, beside a lock",
    ),
    pytest.param(
        "def save(x):\n    # all\n    Path(P).write_bytes(data=x)  # of it\n",
        "def save(x):\n    # all\n"
        '    with replacing(Path(P), "wb") as file:\n        file.write(x)  # of it\n',
        id="bytes with comments",
    ),
    pytest.param(
        "def save(x):\n    Path(P).write_text(\n        json.dumps(\n            x,\n        ),\n"
        "        encoding='utf-8',\n    )\n",
        "def save(x):\n    with replacing(Path(P), \"w\", encoding='utf-8') as file:\n        file.write(\n"
        "            json.dumps(\n                x,\n            ),\n        )\n",
        id="content over several lines",
    ),
    pytest.param(
        "def save(x):\n    if x: Path(P).write_text(x)\n    Path(P).write_text('', 'utf-8')\n",
        "def save(x):\n    if x: Path(P).write_text(x)\n    Path(P).write_text('', 'utf-8')\n",
        id="one line, by position",
    ),
]


@pytest.mark.parametrize(("before", "after"), CHANGED)
def test_is_replaced(mend: Mend, before: str, after: str) -> None:
    done = mend(ID, HEAD + READ + before)
    assert done.text.endswith(READ + after)
    assert ("def replacing(path, mode, **options):" in done.text) is (before != after)
    assert mend(ID, done.text).text == done.text


def test_helper_is_added_once_and_typed_like_the_file(mend: Mend) -> None:
    code = f"{HEAD}from typing import Any{READ}def save(x: str) -> None:\n"
    code += "    with open(P, 'w') as f:\n        f.write(x)\n"
    done = mend(ID, code)
    assert "def replacing(path: Any, mode: str, **options: Any) -> Iterator[typing.IO[Any]]:" in done.text
    more = done.text + "\n\ndef reset() -> None:\n    with open(P, 'w') as f:\n        f.write('')\n"
    again = mend(ID, more)
    assert again.text.count("def replacing") == 1
    assert again.text.count("with replacing") == 2


def test_keeps_line_endings(mend: Mend) -> None:
    code = HEAD + READ + "def save(x):\n\twith open(P, 'w') as f:\n\t\tf.write(x)\n"
    done = mend(ID, code.replace("\n", "\r\n").encode())
    assert b"\twith replacing(P, 'w') as f:\r\n" in done.data
    assert b"\n" not in done.data.replace(b"\r\n", b"")


def test_does_what_it_says(mend: Mend, tmp_path: Path) -> None:
    code = "import json\n\n\ndef load(p):\n    return json.load(open('b.json'))\n\n\ndef save(x):\n"
    done = mend(ID, code + "    with open('b.json', 'w') as f:\n        json.dump(x, f)\n")
    target = tmp_path / "b.json"
    target.write_text("[1]")
    scope: dict[str, object] = {}
    exec(done.text.replace("'b.json'", repr(str(target))), scope)  # noqa: S102
    save = scope["save"]
    assert callable(save)
    with pytest.raises(TypeError):
        save([object()])
    assert target.read_text() == "[1]"
    save([2])
    assert json.loads(target.read_text()) == [2]
    assert [path.name for path in tmp_path.glob("b.json*")] == ["b.json"]


REFUSED = [
    pytest.param("    f = open(P, 'w')\n    f.write(x)\n", "with` block", id="no block"),
    pytest.param("    json.dump(x, open(P, 'w'))\n", "with` block", id="in passing"),
    pytest.param(
        "    with open(P, 'w', -1, 'utf-8') as f:\n        f.write(x)\n", "by name", id="by position"
    ),
    pytest.param("    with open(P, 'w') as f:\n        print(f.name)\n", "temporary file", id="its name"),
    pytest.param("    n = Path(P).write_text(x)\n", "result is used", id="result"),
    pytest.param("    Path(P).write_text(x); done()\n", "share the line", id="two on a line"),
    pytest.param("    file = x\n    Path(P).write_text(file)\n", "in use here", id="a name in use"),
    pytest.param(
        "    with aiofiles.open(P, 'w') as f:\n        f.write(x)\n", "os.replace", id="another open"
    ),
]


@pytest.mark.parametrize(("body", "reason"), REFUSED)
def test_left_alone_with_a_reason(mend: Mend, body: str, reason: str) -> None:
    code = f"import aiofiles\n{HEAD}{READ}def save(x):\n{body}"
    done = mend(ID, code)
    assert done.text == code
    assert reason in done.refused[0]


SILENT = [
    pytest.param("    with open(P, 'a') as f:\n        f.write(x)\n", id="appended"),
    pytest.param("    with open(P, 'x') as f:\n        f.write(x)\n", id="new"),
    pytest.param("    if not Path(P).exists():\n        Path(P).write_text(x)\n", id="not there yet"),
    pytest.param("    with open(P + '.new', 'w') as f:\n        f.write(x)\n", id="another file"),
    pytest.param("    q = Path('/tmp/b.json')\n    q.write_text(x)\n    q.replace(P)\n", id="replaced"),
    pytest.param("    with open(x, 'w') as f:\n        f.write(x)\n", id="who knows which"),
]


@pytest.mark.parametrize("body", SILENT)
def test_not_a_finding(mend: Mend, body: str) -> None:
    code = f"{HEAD}{READ}def save(x):\n{body}"
    done = mend(ID, code)
    assert (done.text, done.refused) == (code, ())
