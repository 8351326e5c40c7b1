"""Blocking calls leave the event loop in the shape that their surroundings allow."""

from __future__ import annotations

import pytest

from tests.codemods.conftest import Mend

ID = "blocking-in-async"

CHANGED = [
    pytest.param(
        "from time import sleep\n\n\nasync def f():\n    sleep(1)  # a while\n",
        "import asyncio\n\n\nasync def f():\n    await asyncio.sleep(1)  # a while\n",
        id="from import",
    ),
    pytest.param(
        "import requests as r\n\n\nasync def f(u, **o):\n    return r.Session().get(\n        u,  # where\n"
        "        **o,\n    ).text[:9]\n",
        "import asyncio\n\nimport requests as r\n\n\nasync def f(u, **o):\n"
        "    return (await asyncio.to_thread(\n        r.Session().get,\n        u,  # where\n"
        "        **o,\n    )).text[:9]\n",
        id="layout, comment and stars",
    ),
    pytest.param(
        "from sqlalchemy.orm import Session\n\n\nasync def f(db: Session, u):\n"
        "    rows = (\n        db.query(u)\n"
        "        .filter(u.id == 1)\n        .all()\n    )\n    return [await x for x in rows]\n",
        "import asyncio\n\nfrom sqlalchemy.orm import Session\n\n\nasync def f(db: Session, u):\n"
        "    rows = await asyncio.to_thread(\n        db.query(u)\n        .filter(u.id == 1)\n"
        "        .all\n    )\n"
        "    return [await x for x in rows]\n",
        id="chain in parentheses",
    ),
    pytest.param(
        "import asyncio\r\nimport os\r\n\r\n\r\nasync def f(c):\r\n"
        "\tif os.system(c): return f'{os.system(c)}'\r\n",
        "import asyncio\r\nimport os\r\n\r\n\r\nasync def f(c):\r\n"
        "\tif await asyncio.to_thread(os.system, c): return f'{await asyncio.to_thread(os.system, c)}'\r\n",
        id="two on a line",
    ),
]


@pytest.mark.parametrize(("before", "after"), CHANGED)
def test_leaves_the_loop(mend: Mend, before: str, after: str) -> None:
    done = mend(ID, before)
    assert done.data.decode() == after
    assert not done.refused
    assert mend(ID, after).data.decode() == after


HANDLER = """\
import time
from typing import Annotated

from fastapi import Depends, FastAPI
from sqlalchemy.orm import Session

app = FastAPI()
SessionDep = Annotated[Session, Depends(lambda: None)]


@app.get("/")
async def read(db: SessionDep):
    time.sleep(1)
    with open("x") as file:
        return db.get(file.read(), 1)
"""


def test_handler_becomes_a_plain_function(mend: Mend) -> None:
    done = mend(ID, HANDLER)
    assert done.text == HANDLER.replace("async def", "def")
    assert not done.refused


def test_handler_keeps_async_when_asked(mend: Mend) -> None:
    done = mend(ID, HANDLER, handler="thread")
    assert "await asyncio.to_thread(db.get, file.read(), 1)" in done.text
    assert "await asyncio.sleep(1)" in done.text
    assert "async def read" in done.text
    assert len(done.refused) == 1


def test_handler_that_others_await_stays(mend: Mend) -> None:
    done = mend(ID, HANDLER, files={"app/other.py": "async def f():\n    return await read(None)\n"})
    assert done.text == HANDLER
    assert all("app/other.py:2 awaits read()" in reason for reason in done.refused)


@pytest.mark.parametrize(
    "line",
    [
        "    await other()\n",
        "    asyncio.create_task(other())\n",
        "    return [x async for x in other()]\n",
        "    async with other():\n        pass\n",
    ],
)
def test_handler_that_needs_the_loop_stays_async(mend: Mend, line: str) -> None:
    code = (
        "import asyncio\nimport requests\nfrom fastapi import FastAPI\n\napp = FastAPI()\n\n\n"
        "@app.get('/')\nasync def f():\n    requests.get('https://x.example', timeout=1)\n" + line
    )
    done = mend(ID, code)
    assert "await asyncio.to_thread(requests.get, 'https://x.example', timeout=1)" in done.text
    assert "async def f" in done.text


REFUSED = [
    pytest.param("    return sum(len(requests.get(u).text) for u in a)\n", "generator", id="generator"),
    pytest.param("    with open(a) as f:\n        return f.read()\n", "block", id="with"),
    pytest.param("    return open(a).read()\n", "Reading blocks", id="open"),
    pytest.param("    smtplib.SMTP(a).send_message(a)\n", "connection", id="mail"),
    pytest.param("    return sqlite3.connect(a).execute('x')\n", "sqlite3", id="sqlite"),
]


@pytest.mark.parametrize(("body", "reason"), REFUSED)
def test_left_alone_with_a_reason(mend: Mend, body: str, reason: str) -> None:
    code = "import smtplib\nimport sqlite3\n\nimport requests\n\n\nasync def f(a):\n" + body
    done = mend(ID, code)
    assert done.text == code
    assert len(done.refused) == 1
    assert reason in done.refused[0]


SILENT = [
    pytest.param("async def f():\n    def g():\n        time.sleep(1)\n    return g\n", id="nested"),
    pytest.param("async def f():\n    return await to_thread(lambda: time.sleep(1))\n", id="lambda"),
    pytest.param("async def f(time):\n    time.sleep(1)\n", id="shadowed"),
    pytest.param("def f():\n    time.sleep(1)\n", id="sync"),
    pytest.param("async def f():\n    await redis.Redis().get('a')\n", id="awaited"),
    pytest.param("async def f():\n    r = redis.asyncio.Redis()\n    r.get('a')\n", id="async client"),
    pytest.param("async def lifespan(app):\n    open('a').read()\n    yield\n", id="start"),
]


@pytest.mark.parametrize("code", SILENT)
def test_not_a_finding(mend: Mend, code: str) -> None:
    code = "import time\nfrom asyncio import to_thread\nimport redis\nimport redis.asyncio\n" + code
    done = mend(ID, code)
    assert (done.text, done.refused) == (code, ())
