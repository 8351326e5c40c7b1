"""Timeouts in each library's own form, on inputs that are hard to edit."""

from __future__ import annotations

import pytest

from tests.codemods.conftest import Mend

R = "import requests\n\n\n"
CR = R.replace("\n", "\r\n")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("import requests as r\n\n\nr.get(u)\n", "import requests as r\n\n\nr.get(u, timeout=10)\n"),
        ("from requests import get\n\n\nget(u)\n", "from requests import get\n\n\nget(u, timeout=10)\n"),
        ("from requests import *\nimport requests\n\nrequests.get(u)\n", None),
        (R + "requests.get(u, timeout=None)\n", R + "requests.get(u, timeout=10)\n"),
        (R + "requests.get(u, timeout=(3, None))\n", R + "requests.get(u, timeout=10)\n"),
        (
            R + "requests.get(\n    u,\n    headers=h,  # h\n)\n",
            R + "requests.get(\n    u,\n    headers=h,  # h\n    timeout=10,\n)\n",
        ),
        (R + "requests.get(u, 'a'\n  'b')\n", R + "requests.get(u, 'a'\n  'b', timeout=10)\n"),
        (R + "x = requests.get(u); y = requests.get(v)\n", None),
        (R + "requests.get(requests.get(u).text)\n", None),
        (R + "if x: requests.get(u)\n", None),
        (R + "x = requests.get(u) \\\n    .json()\n", None),
        (R + "x = f'{requests.get(u)}'\n", R + "x = f'{requests.get(u, timeout=10)}'\n"),
        (R + "if (x := requests.get(u)):\n\tpass\n", None),
        (R + "match requests.get(u):\n    case _:\n        pass\n", None),
        (R + "@requests.get(u)\ndef f(): pass\n", None),
        (CR + "requests.get(u,\r\n  v)\r\n", CR + "requests.get(u,\r\n  v,\r\n  timeout=10)\r\n"),
        ("\ufeff" + R + "requests.get(u)", "\ufeff" + R + "requests.get(u, timeout=10)"),
        (
            "from urllib.request import urlopen as o\n\no(u, d, None)\no(u)\n",
            "from urllib.request import urlopen as o\n\no(u, d, 10)\no(u, timeout=10)\n",
        ),
        (
            "import http.client\n\nhttp.client.HTTPConnection('h', 80)\n",
            "import http.client\n\nhttp.client.HTTPConnection('h', 80, timeout=10)\n",
        ),
        (
            "import urllib3 as u\n\np = u.PoolManager(4)\n",
            "import urllib3 as u\n\np = u.PoolManager(4, timeout=10)\n",
        ),
        (
            "import aiohttp\n\nt = aiohttp.ClientTimeout(total=None)\n",
            "import aiohttp\n\nt = aiohttp.ClientTimeout(total=10)\n",
        ),
        ("import httpx\n\nt = httpx.Timeout(None)\n", "import httpx\n\nt = httpx.Timeout(10)\n"),
        (
            "import boto3\n\nx = boto3.client('lambda')\n",
            "import boto3\nfrom botocore.config import Config\n\n"
            "x = boto3.client('lambda', config=Config(connect_timeout=10, read_timeout=60))\n",
        ),
        (
            "from twilio.rest import Client\n\nx = Client(a, b)\n",
            "from twilio.http.http_client import TwilioHttpClient\nfrom twilio.rest import Client\n\n"
            "x = Client(a, b, http_client=TwilioHttpClient(timeout=10))\n",
        ),
    ],
)
def test_http_calls_get_a_timeout(before: str, after: str | None, mend: Mend) -> None:
    mended = mend("http-timeout", before)
    plain = before.replace("(u)", "(u, timeout=10)").replace("(v)", "(v, timeout=10)")
    expected = plain.replace(
        "requests.get(u, timeout=10).text)", "requests.get(u, timeout=10).text, timeout=10)"
    )
    assert mended.data.decode() == (expected if after is None else after)
    assert not mended.refused
    assert mend("http-timeout", mended.data).data == mended.data


@pytest.mark.parametrize(
    "code",
    [
        R + "requests.get(u, timeout=3)\n",
        R + "requests.get(u, **options)\n",
        R + "requests.Session().request('GET', u, None, None, None, None, None, None, 4)\n",
        "requests = {}\nrequests.get(u)\n",
        "from own import requests\n\nrequests.get(u)\n",
        "def f(requests):\n    return requests.get(u)\n",
        "from urllib.request import urlopen\n\nurlopen('file:///etc/hosts')\n",
        "import socket\nfrom urllib.request import urlopen\n\nsocket.setdefaulttimeout(3)\nurlopen(u)\n",
        "import urllib3\n\np = urllib3.PoolManager()\np.request('GET', u, timeout=3)\n",
        "import aiohttp\n\ns = aiohttp.ClientSession()\n\nasync def f():\n    await s.get(u, timeout=3)\n",
        "import httpx\n\nhttpx.get(u)\nhttpx.Client()\nhttpx.Timeout(None, connect=3)\n",
        "import boto3\n\nboto3.client('s3', config=shared)\n",
        "from openai import OpenAI\n\nc = OpenAI(http_client=shared)\n",
        "import functools, requests\n\ns = requests.Session()\n"
        "s.request = functools.partial(s.request, timeout=3)\ns.get(u)\n",
    ],
)
def test_calls_that_have_one_are_left_alone(code: str, mend: Mend) -> None:
    mended = mend("http-timeout", code)
    assert mended.text == code
    assert not mended.refused


def test_a_session_of_another_module_with_its_own_adapter_is_left_alone(mend: Mend) -> None:
    session = (
        "import requests\nfrom requests.adapters import HTTPAdapter\n\n\n"
        "class Patient(HTTPAdapter):\n    def send(self, *a, timeout=None, **k):\n"
        "        return super().send(*a, timeout=timeout or 5, **k)\n\n\n"
        "session = requests.Session()\nsession.mount('https://', Patient())\n"
    )
    code = "from app.web import session\n\nsession.get(u)\n"
    files = {"app/__init__.py": "", "app/web.py": session}
    assert mend("http-timeout", code, files=files).text == code


def test_what_may_be_missing_is_not_imported(mend: Mend) -> None:
    code = "try:\n    import boto3\nexcept ImportError:\n    pass\n\nx = boto3.client('s3')\n"
    made = "config=boto3.session.Config(connect_timeout=10, read_timeout=10)"
    assert mend("http-timeout", code).text.endswith(f"x = boto3.client('s3', {made})\n")
    code = code.replace("import boto3\n", "from boto3 import client\n").replace("boto3.client(", "client(")
    mended = mend("http-timeout", code)
    assert mended.text == code
    assert "may be missing" in mended.refused[0]


def test_connect_and_read_are_told_apart_where_the_library_does(mend: Mend) -> None:
    code = "import aiohttp\nimport requests\n\nrequests.get(u)\ns = aiohttp.ClientSession()\n"
    text = mend("http-timeout", code, timeout=2.5, connect_timeout=1).text
    assert "requests.get(u, timeout=(1, 2.5))" in text
    assert "timeout=aiohttp.ClientTimeout(total=2.5, connect=1)" in text


S = "import socket\n\ns = socket.socket()\n"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (S + "# c\ns.connect(a)\n", S + "# c\ns.settimeout(10)\ns.connect(a)\n"),
        (S + "if x:\n\ts.connect(a)  # c\n", S + "if x:\n\ts.settimeout(10)\n\ts.connect(a)  # c\n"),
        (
            "import smtplib\n\nsmtplib.SMTP('h', 25, None, None)\n",
            "import smtplib\n\nsmtplib.SMTP('h', 25, None, 10)\n",
        ),
        (
            "import socket\n\nsocket.create_connection(a)\n",
            "import socket\n\nsocket.create_connection(a, timeout=10)\n",
        ),
        (
            "import ldap3\n\nldap3.Server('h')\n",
            "import ldap3\n\nldap3.Server('h', connect_timeout=10)\n",
        ),
    ],
)
def test_network_clients_get_a_timeout(before: str, after: str, mend: Mend) -> None:
    assert mend("network-timeout", before).text == after


@pytest.mark.parametrize("code", [S + "if x: s.connect(a)\n", S + "while s.connect(a):\n    pass\n"])
def test_a_socket_without_a_line_for_its_timeout_is_refused(code: str, mend: Mend) -> None:
    mended = mend("network-timeout", code)
    assert mended.text == code
    assert "no room" in mended.refused[0]


E = "from sqlalchemy import create_engine\n\n"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            E + "e = create_engine('mysql+pymysql://h/d', connect_args={'ssl': 1})\n",
            E + "e = create_engine('mysql+pymysql://h/d', connect_args={'ssl': 1, 'connect_timeout': 5, "
            "'read_timeout': 30, 'write_timeout': 30})\n",
        ),
        (
            "import redis\n\nr = redis.Redis(socket_connect_timeout=1)\n",
            "import redis\n\nr = redis.Redis(socket_connect_timeout=1, socket_timeout=30)\n",
        ),
        (
            "import pymysql\n\nc = pymysql.connect(host=h)\n",
            "import pymysql\n\nc = pymysql.connect(host=h, read_timeout=30, write_timeout=30)\n",
        ),
    ],
)
def test_database_clients_get_timeouts(before: str, after: str, mend: Mend) -> None:
    mended = mend("db-timeout", before)
    assert "".join(mended.text.split()).replace(",)", ")").replace(",}", "}") == "".join(after.split())
    assert mend("db-timeout", mended.data).data == mended.data


def test_the_statement_timeout_is_an_option(mend: Mend) -> None:
    code = "import psycopg2\n\nc = psycopg2.connect(d)\n"
    text = mend("db-timeout", code, statement_timeout=2).text
    assert 'connect_timeout=5, options="-c statement_timeout=2000"' in " ".join(text.split())


@pytest.mark.parametrize(
    "code",
    [
        E + "e = create_engine('sqlite://')\n",
        E + "e = create_engine(url)\n",
        E + "e = create_engine('postgresql://h/d?connect_timeout=3')\n",
        E + "e = create_engine('postgresql://h/d', connect_args=shared)\n",
        E + "e = create_engine('postgresql://h/d', connect_args={**shared})\n",
        "import redis\n\nr = redis.Redis(socket_timeout=3)\n",
        "import redis\n\nr = redis.from_url(u, **options)\n",
        "import pymongo\n\nc = pymongo.MongoClient(u, timeoutMS=3000)\n",
        "D = {'default': {'ENGINE': 'django.db.backends.sqlite3'}}\n",
        "D = {'default': {'ENGINE': 'django.db.backends.mysql', 'OPTIONS': shared}}\n",
    ],
)
def test_database_clients_that_have_one_are_left_alone(code: str, mend: Mend) -> None:
    mended = mend("db-timeout", code)
    assert mended.text == code
    assert not mended.refused


def test_a_driver_that_is_declared_alone_is_taken(mend: Mend) -> None:
    code = E + "e = create_engine(url)\n"
    text = mend("db-timeout", code, files={"requirements.txt": "psycopg2-binary==2.9\n"}).text
    assert text == E + 'e = create_engine(url, connect_args={"connect_timeout": 5})\n'
    both = {"requirements.txt": "psycopg2\nasyncpg\n"}
    assert mend("db-timeout", code, files=both).text == code


F = "import subprocess\n\nfrom flask import Flask\n\napp = Flask(__name__)\n\n\n"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (F + "p = subprocess.Popen(a)\np.wait()\n", F + "p = subprocess.Popen(a)\np.wait(timeout=60)\n"),
        (
            F + "p = subprocess.Popen(a)\np.communicate(b'', None)\n",
            F + "p = subprocess.Popen(a)\np.communicate(b'', 60)\n",
        ),
    ],
)
def test_waits_get_a_limit(before: str, after: str, mend: Mend) -> None:
    assert mend("wait-forever", before).text == after


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("scripts/build.py", F + "subprocess.run(a)\n"),
        ("app/cli.py", F + "subprocess.run(a)\n"),
        ("app/main.py", "import subprocess\n\nsubprocess.run(a)\n"),
        ("app/main.py", F + "def f():\n    p = subprocess.Popen(a)\n    p.kill()\n    p.wait()\n"),
        ("app/main.py", "import flask\nimport queue\n\nq = queue.Queue()\nwhile True:\n    q.get()\n"),
        ("app/main.py", "import flask\nimport queue\n\nq = queue.Queue()\nq.get(False)\nq.get(True, 3)\n"),
        ("app/main.py", "import flask\nimport threading\n\nt = threading.Thread()\nt.join()\n"),
        ("app/main.py", "import flask\n\n', '.join(x)\n{}.get(x)\n"),
    ],
)
def test_waits_that_are_meant_are_left_alone(path: str, code: str, mend: Mend) -> None:
    assert mend("wait-forever", code, path=path).text == code


def test_refused_where_a_stand_in_of_the_tests_takes_no_timeout(mend: Mend) -> None:
    code = "import requests\n\n\ndef load(a, b):\n    requests.get(a)\n    requests.post(b)\n"
    test = "def test(monkeypatch):\n    monkeypatch.setattr('requests.get', lambda url: None)\n"
    mended = mend("http-timeout", code, files={"tests/test_a.py": test})
    assert mended.text == code.replace("post(b)", "post(b, timeout=10)")
    assert mended.refused == (
        "A test would fail: tests/test_a.py replaces requests.get() by a function that takes no `timeout`.",
    )
