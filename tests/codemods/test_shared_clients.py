"""Clients are made once by a function that remembers them, and left alone where they cannot be shared."""

from __future__ import annotations

import pytest

from tests.codemods.conftest import Mend

ID = "client-per-call"
HEAD = "import os\nfrom flask import Flask, current_app, request\n"
APP = "\napp = Flask(__name__)\n"

CHANGED = [
    pytest.param(
        "import redis as r\n",
        "@app.get('/a')\ndef a():\n"
        "    return r.Redis(\n        host='x',  # one\n        db=1,\n    ).get('a')\n",
        "@cache\ndef get_redis():\n    return r.Redis(\n        host='x',  # one\n        db=1,\n    )\n",
        "@app.get('/a')\ndef a():\n    return get_redis().get('a')\n",
        id="used in passing, over several lines",
    ),
    pytest.param(
        "from httpx import Client as C\n",
        "@app.get('/a')\ndef a():\n"
        "    with C() as c, open('x') as f:  # both\n        return c.post('/', data=f)\n",
        "@cache\ndef get_http_client():\n    return C()\n",
        "@app.get('/a')\ndef a():\n    c = get_http_client()\n    with open('x') as f:  # both\n"
        "        return c.post('/', data=f)\n",
        id="one of two in a with block",
    ),
    pytest.param(
        "import httpx\n",
        "@app.get('/a')\ndef a() -> str:\n    # why\n    with httpx.Client() as c:  # here\n\n"
        "        # first\n        return c.get('/').text\n",
        "@cache\ndef get_http_client() -> httpx.Client:\n    return httpx.Client()\n",
        "@app.get('/a')\ndef a() -> str:\n    # why\n    c = get_http_client()  # here\n\n"
        "    # first\n    return c.get('/').text\n",
        id="comments around the block",
    ),
    pytest.param(
        "import pymongo\n",
        "@app.get('/a')\ndef a():\n    c = pymongo.MongoClient()\n    try:\n        return c.x\n"
        "    except OSError:\n        return 0\n    finally:\n        c.close()\n",
        "@cache\ndef get_mongo_client():\n    return pymongo.MongoClient()\n",
        "@app.get('/a')\ndef a():\n    c = get_mongo_client()\n    try:\n        return c.x\n"
        "    except OSError:\n        return 0\n",
        id="closed in a finally with handlers",
    ),
    pytest.param(
        "import boto3\n",
        "@app.get('/a')\nasync def a():\n    s3 = boto3.client('s3'); q = boto3.client('s3')\n"
        "    s3.x(q)\n    for _ in 'ab': boto3.client('sqs').send()\n",
        "@cache\ndef get_s3_client():\n    return boto3.client('s3')\n\n\n"
        "@cache\ndef get_sqs_client():\n    return boto3.client('sqs')\n",
        "@app.get('/a')\nasync def a():\n    s3 = get_s3_client(); q = get_s3_client()\n"
        "    s3.x(q)\n    for _ in 'ab': get_sqs_client().send()\n",
        id="several in one line",
    ),
    pytest.param(
        "from openai import OpenAI\n",
        "@app.get('/a')\ndef a():\n    key = os.getenv(\n        'K'\n    )\n    url = 'http://a'\n"
        "    if not key:\n        return 'no'\n"
        "    return OpenAI(api_key=key, base_url=url).models.list()\n",
        "@cache\ndef get_openai_client():\n    return OpenAI(api_key=os.getenv( 'K' ), base_url='http://a')\n",
        "@app.get('/a')\ndef a():\n    key = os.getenv(\n        'K'\n    )\n"
        "    if not key:\n        return 'no'\n"
        "    return get_openai_client().models.list()\n",
        id="local names for what is read from the environment",
    ),
    pytest.param(
        "from sqlalchemy import create_engine\n",
        "def get_engine(x=1): pass\n\n\n@app.get('/a')\ndef a():\n"
        "    if e := create_engine(os.environ['U']):\n"
        "        e.dispose()\n        return e\n",
        "@cache\ndef get_engine_for_a():\n    return create_engine(os.environ['U'])\n",
        "def get_engine(x=1): pass\n\n\n@app.get('/a')\ndef a():\n    if e := get_engine_for_a():\n"
        "        return e\n",
        id="a name that is taken, a walrus",
    ),
]


@pytest.mark.parametrize(("imported", "before", "added", "after"), CHANGED)
def test_is_made_once(mend: Mend, imported: str, before: str, added: str, after: str) -> None:
    done = mend(ID, HEAD + imported + APP + "\n\n" + before)
    assert not done.refused
    start, _, rest = done.text.partition("\n\n\n")
    assert "from functools import cache\n" in start
    assert rest == f"{added}\n{APP}\n\n{after}"
    assert mend(ID, done.text).text == done.text


def test_keeps_line_endings_and_tabs(mend: Mend) -> None:
    code = "import redis\nfrom flask import Flask\napp = Flask('')\n@app.get('/')\ndef a():\n"
    code += "\tr = redis.Redis()\n\treturn r.get('a')\n"
    done = mend(ID, code.replace("\n", "\r\n").encode())
    assert "\tr = get_redis()\r\n\treturn r.get('a')\r\n" in done.data.decode()
    assert "\n" not in done.data.decode().replace("\r\n", "")


def test_function_that_only_gives_it_remembers_it(mend: Mend) -> None:
    give = "def give():\n    key = os.environ['K']\n    c = OpenAI(api_key=key)\n    return c\n"
    use = "@app.get('/')\ndef a():\n    return give().models.list()\n"
    done = mend(ID, f"{HEAD}from openai import OpenAI\n{APP}\n\n{give}\n\n{use}")
    assert f"@cache\n{give}\n\n{use}" in done.text


def test_tells_that_cookies_are_shared(mend: Mend) -> None:
    code = f"{HEAD}import requests{APP}@app.get('/')\ndef a():\n    return requests.Session().get('/')\n"
    assert "Cookies" in mend(ID, code).notes[0]


REFUSED = [
    pytest.param("    async with AsyncClient() as c:\n        await c.get('/')\n", "event loop", id="async"),
    pytest.param(
        "    s = requests.Session()\n    s.auth = ('a', 'b')\n    s.get('/')\n", "set on s", id="set up"
    ),
    pytest.param("    with requests.Session(): pass\n", "no plain name", id="no name"),
    pytest.param("    with Client() as c: c.get('/')\n", "one line", id="one line"),
    pytest.param("    c = Client()\n    with c: c.get('/')\n", "`with` block", id="entered later"),
    pytest.param("    c = Client()\n    c = c.base_url\n", "several values", id="given twice"),
    pytest.param("    with closing(Client()) as c:\n        c.get('/')\n", "handed to", id="closing"),
    pytest.param(
        "    c = Client()\n    if c.get('/'):\n        c.close()\n", "condition", id="closed sometimes"
    ),
    pytest.param("    c = Client()\n    c.get('/')\n    c.close()  # done\n", "comment", id="comment"),
    pytest.param(
        "    c = Client(base_url=current_app.config['U'])\n    c.get('/')\n", "settings", id="config"
    ),
    pytest.param(
        "    c = Client(headers=request.headers)\n    c.get('/')\n", "with the request", id="headers"
    ),
    pytest.param(
        "    u = 'x'\n    if app:\n        u = 'y'\n    Client(base_url=u).get('/')\n",
        "worked out",
        id="local name",
    ),
    pytest.param("    token = 'a-1'\n    boto3.client('a', token)\n", "worked out", id="a secret"),
    pytest.param("    import redis\n    redis.Redis().get('a')\n", "worked out here", id="local import"),
    pytest.param("    boto3.resource('s3').Bucket('a').delete()\n", "threads", id="resource"),
]


@pytest.mark.parametrize(("body", "reason"), REFUSED)
def test_left_alone_with_a_reason(mend: Mend, body: str, reason: str) -> None:
    code = (
        f"{HEAD}from contextlib import closing\nimport boto3, requests\n"
        "from httpx import AsyncClient, Client\n"
        f"{APP}\n\n@app.get('/')\nasync def a():\n{body}"
    )
    done = mend(ID, code)
    assert done.text == code
    assert done.refused
    assert all(reason in refused for refused in done.refused)


def test_left_alone_where_tests_put_another_in_its_place(mend: Mend) -> None:
    code = f"{HEAD}import boto3\n{APP}\n\n@app.get('/')\ndef a():\n    return boto3.client('s3').x()\n"
    test = "from moto import mock_aws\n\n@mock_aws\ndef test_a(client):\n    client.get('/')\n"
    done = mend(ID, code, files={"tests/test_a.py": test})
    assert done.text == code
    assert "tests/test_a.py" in done.refused[0]


SILENT = [
    pytest.param(
        "    c = Client(base_url=request.json['url'])\n    c.get('/')\n", id="address of the request"
    ),
    pytest.param("    c = redis.Redis()\n    c.ping()\n    c.close()\n", id="a test of a server"),
    pytest.param("    app.http = Client()\n", id="kept on the application"),
    pytest.param("    pool.append(Client())\n", id="kept in a list"),
    pytest.param("    global c\n    c = Client()\n", id="kept in a global name"),
    pytest.param("    r = redis.Redis(connection_pool=POOL)\n    r.get('a')\n", id="a pool of its own"),
    pytest.param("    Client(transport=ASGITransport(app=app)).get('/')\n", id="in the process"),
]


@pytest.mark.parametrize("body", SILENT)
def test_not_a_finding(mend: Mend, body: str) -> None:
    code = (
        f"{HEAD}import redis\nfrom httpx import ASGITransport, Client\nPOOL = redis.ConnectionPool()\n"
        f"{APP}\n\n@app.get('/')\ndef a():\n{body}"
    )
    done = mend(ID, code)
    assert (done.text, done.refused) == (code, ())
