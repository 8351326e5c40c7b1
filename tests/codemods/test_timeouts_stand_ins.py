"""Timeouts are not added where the project's own tests stand something in the way of them."""

from __future__ import annotations

import pytest

from tests.codemods.conftest import Mend

CASES = [
    (
        "network-timeout",
        "import smtplib\n\n\ndef send(h):\n    with smtplib.SMTP(h, 25) as s:\n        s.noop()\n",
        "import app.main\n"
        "\n"
        "class FakeSMTP:\n"
        "    def __init__(self, host, port):\n"
        "        self.host = host\n"
        "    def __enter__(self):\n"
        "        return self\n"
        "    def __exit__(self, *a):\n"
        "        pass\n"
        "\n"
        "def test(monkeypatch):\n"
        "    monkeypatch.setattr(app.main.smtplib, 'SMTP', FakeSMTP)\n",
    ),
    (
        "network-timeout",
        "import smtplib\n\n\ndef send(h):\n    with smtplib.SMTP(h, 25) as s:\n        s.noop()\n",
        "from unittest.mock import patch\n"
        "\n"
        "@patch('app.main.smtplib.SMTP')\n"
        "def test(smtp):\n"
        "    smtp.assert_called_once_with('h', 25)\n",
    ),
    (
        "wait-forever",
        "import subprocess\n"
        "from flask import Flask\n"
        "\n"
        "\n"
        "def send(h):\n"
        "    subprocess.run(['a'], check=True)\n",
        "import subprocess\n"
        "from app import main\n"
        "\n"
        "def fake_run(cmd, check):\n"
        "    return None\n"
        "\n"
        "def test(monkeypatch):\n"
        "    monkeypatch.setattr(subprocess, 'run', fake_run)\n"
        "    main.send(1)\n",
    ),
    (
        "wait-forever",
        "import subprocess\n"
        "from flask import Flask\n"
        "\n"
        "\n"
        "def send(h):\n"
        "    subprocess.run(['a'], check=True)\n",
        "from unittest import mock\n"
        "from app import main\n"
        "\n"
        "def test():\n"
        "    with mock.patch('subprocess.run') as run:\n"
        "        main.send(1)\n"
        "        run.assert_called_with(['a'], check=True)\n",
    ),
    (
        "db-timeout",
        "import redis\n\n\ndef make():\n    return redis.Redis(host='a')\n",
        "import app.main\n"
        "\n"
        "class Fake:\n"
        "    def __init__(self, host):\n"
        "        pass\n"
        "\n"
        "def test(monkeypatch):\n"
        "    monkeypatch.setattr('app.main.redis.Redis', Fake)\n"
        "    app.main.make()\n",
    ),
    (
        "http-timeout",
        "import boto3\n\n\ndef make():\n    return boto3.client('s3')\n",
        "import app.main\n"
        "\n"
        "def test(monkeypatch):\n"
        "    monkeypatch.setattr('app.main.boto3.client', lambda name: object())\n"
        "    app.main.make()\n",
    ),
    (
        "http-timeout",
        "import boto3\n\n\ndef make():\n    return boto3.client('s3')\n",
        "from unittest.mock import patch\n"
        "import app.main\n"
        "\n"
        "@patch('app.main.boto3')\n"
        "def test(b):\n"
        "    app.main.make()\n"
        "    b.client.assert_called_once_with('s3')\n",
    ),
    (
        "network-timeout",
        "import socket\n\n\ndef ask(a):\n    s = socket.socket()\n    s.connect(a)\n    return s.recv(10)\n",
        "import app.main\n"
        "\n"
        "class FakeSocket:\n"
        "    def connect(self, a):\n"
        "        pass\n"
        "    def recv(self, n):\n"
        "        return b''\n"
        "\n"
        "def test(monkeypatch):\n"
        "    monkeypatch.setattr('app.main.socket.socket', lambda: FakeSocket())\n"
        "    app.main.ask(1)\n",
    ),
    (
        "http-timeout",
        "import stripe\n\n\ndef setup(k):\n    stripe.api_key = k\n",
        "import app.main\n"
        "from types import SimpleNamespace\n"
        "\n"
        "def test(monkeypatch):\n"
        "    monkeypatch.setattr(app.main, 'stripe', SimpleNamespace(api_key=None))\n"
        "    app.main.setup(1)\n",
    ),
    (
        "http-timeout",
        "import requests\n"
        "\n"
        "session = requests.Session()\n"
        "\n"
        "\n"
        "def load(u):\n"
        "    return session.get(u).json()\n",
        "import app.main\n"
        "\n"
        "class FakeSession:\n"
        "    def get(self, url):\n"
        "        return self\n"
        "    def json(self):\n"
        "        return {}\n"
        "\n"
        "def test(monkeypatch):\n"
        "    monkeypatch.setattr(app.main, 'session', FakeSession())\n"
        "    app.main.load(1)\n",
    ),
    (
        "http-timeout",
        "from urllib.request import urlopen\n\n\ndef load(u):\n    return urlopen(u).read()\n",
        "import io\n"
        "import app.main\n"
        "\n"
        "def test(monkeypatch):\n"
        "    monkeypatch.setattr(app.main, 'urlopen', lambda url: io.BytesIO(b''))\n"
        "    app.main.load(1)\n",
    ),
    (
        "http-timeout",
        "import aiohttp\n"
        "\n"
        "\n"
        "async def load(u):\n"
        "    async with aiohttp.ClientSession() as s:\n"
        "        return await s.get(u)\n",
        "import app.main\n"
        "\n"
        "class FakeSession:\n"
        "    async def __aenter__(self):\n"
        "        return self\n"
        "    async def __aexit__(self, *a):\n"
        "        pass\n"
        "    async def get(self, u):\n"
        "        return 1\n"
        "\n"
        "def test(monkeypatch):\n"
        "    monkeypatch.setattr(app.main.aiohttp, 'ClientSession', FakeSession)\n",
    ),
    (
        "http-timeout",
        "from openai import OpenAI\n\n\ndef make():\n    return OpenAI()\n",
        "import app.main\n"
        "\n"
        "class FakeAI:\n"
        "    pass\n"
        "\n"
        "def test(monkeypatch):\n"
        "    monkeypatch.setattr(app.main, 'OpenAI', FakeAI)\n"
        "    app.main.make()\n",
    ),
    (
        "http-timeout",
        "from openai import OpenAI\n\n\ndef make():\n    return OpenAI(api_key='k')\n",
        "import app.main\n"
        "\n"
        "def make_fake(api_key):\n"
        "    return 1\n"
        "\n"
        "def test(monkeypatch):\n"
        "    monkeypatch.setattr('app.main.OpenAI', make_fake)\n"
        "    app.main.make()\n",
    ),
]


@pytest.mark.parametrize(("check", "code", "test"), CASES, ids=range(len(CASES)))
def test_an_edit_that_a_stand_in_does_not_take_is_refused(
    check: str, code: str, test: str, mend: Mend
) -> None:
    mended = mend(check, code, files={"tests/test_main.py": test, "app/__init__.py": ""})
    assert mended.text == code
    assert "A test would fail" in mended.refused[0]


FAKE = "class FakeSMTP:\n    def __init__(self, host, port, **options):\n        pass\n"
PLACED = "\n\ndef test(monkeypatch):\n    monkeypatch.setattr(app.main.smtplib, 'SMTP', FakeSMTP)\n"


@pytest.mark.parametrize(
    "fake",
    [
        FAKE,
        FAKE.replace("**options", "timeout=None"),
        "class FakeSMTP(Real):\n    pass\n",
        FAKE + "\n\nclass FakeMail(FakeSMTP):\n    pass\n",
        "FakeSMTP = MagicMock()\n",
    ],
)
def test_one_that_takes_it_is_no_hindrance(fake: str, mend: Mend) -> None:
    code = "import smtplib\n\n\ndef send(h):\n    return smtplib.SMTP(h, 25)\n"
    test = "import app.main\n\n\n" + fake + PLACED
    mended = mend("network-timeout", code, files={"tests/test_main.py": test, "app/__init__.py": ""})
    assert mended.text == code.replace("25)", "25, timeout=10)")


def test_a_fake_client_with_all_methods_is_no_hindrance(mend: Mend) -> None:
    code = "import socket\n\n\ndef ask(a):\n    s = socket.socket()\n    s.connect(a)\n"
    test = (
        "class FakeSocket:\n    def connect(self, a):\n        pass\n"
        "    def settimeout(self, seconds):\n        pass\n"
    )
    mended = mend("network-timeout", code, files={"tests/test_main.py": test, "app/__init__.py": ""})
    assert "s.settimeout(10)" in mended.text
