"""Each client of the network: what is found without its timeout, how it is mended, and what is left alone."""

from __future__ import annotations

import pytest

from tests.codemods.conftest import Mend


def in_handler(line: str) -> str:
    return f"\napp = flask.Flask(__name__)\n\n\n@app.post('/')\ndef handler():\n    {line}\n"


def in_coroutine(*lines: str) -> str:
    return "\n\nasync def ask(h):\n    " + "\n    ".join(lines) + "\n"


OPEN = "reader, writer = await asyncio.open_connection(h, 1)"
OPENED = "reader, writer = await asyncio.wait_for(asyncio.open_connection(h, 1), timeout=10)"


@pytest.mark.parametrize(
    ("imports", "before", "after"),
    [
        ("import smtplib", "smtplib.SMTP_SSL('h', 465)", "smtplib.SMTP_SSL('h', 465, timeout=10)"),
        ("import ftplib", "ftplib.FTP('h', 'u', 'p')", "ftplib.FTP('h', 'u', 'p', timeout=10)"),
        ("from ftplib import FTP_TLS", "FTP_TLS('h')", "FTP_TLS('h', timeout=10)"),
        ("import imaplib", "imaplib.IMAP4_SSL('h')", "imaplib.IMAP4_SSL('h', timeout=10)"),
        ("import poplib", "poplib.POP3_SSL('h')", "poplib.POP3_SSL('h', timeout=10)"),
        ("import telnetlib", "telnetlib.Telnet('h', 23, None)", "telnetlib.Telnet('h', 23, 10)"),
        ("import imap_tools", "imap_tools.MailBox('h')", "imap_tools.MailBox('h', timeout=10)"),
        (
            "import paramiko",
            "c = paramiko.SSHClient()\nc.connect('h')\nc.exec_command('ls')",
            "c = paramiko.SSHClient()\nc.connect('h', timeout=10)\nc.exec_command('ls', timeout=60)",
        ),
        (
            "import ldap3",
            "ldap3.Connection(s, auto_bind=True)",
            "ldap3.Connection(s, auto_bind=True, receive_timeout=10)",
        ),
        (
            "import ldap",
            "conn = ldap.initialize(u)",
            "conn = ldap.initialize(u)\nconn.set_option(ldap.OPT_NETWORK_TIMEOUT, 10)",
        ),
        (
            "import websocket",
            "websocket.create_connection(u)",
            "websocket.create_connection(u, timeout=10)",
        ),
        (
            "import websockets",
            "websockets.connect(u, open_timeout=None)",
            "websockets.connect(u, open_timeout=10)",
        ),
        (
            "import pika",
            "pika.ConnectionParameters(host='h')",
            "pika.ConnectionParameters(host='h', blocked_connection_timeout=60)",
        ),
        ("import aio_pika", "aio_pika.connect_robust(u)", "aio_pika.connect_robust(u, timeout=10)"),
        (
            "import kafka",
            "kafka.KafkaProducer().send(t, v).get()",
            "kafka.KafkaProducer().send(t, v).get(timeout=10)",
        ),
        (
            "import confluent_kafka\nimport flask\n\np = confluent_kafka.Producer(c)",
            in_handler("p.flush()"),
            in_handler("p.flush(timeout=10)"),
        ),
        (
            "import grpc",
            "grpc.channel_ready_future(c).result()",
            "grpc.channel_ready_future(c).result(timeout=10)",
        ),
        (
            "from app import a_pb2_grpc",
            "s = a_pb2_grpc.ShopStub(c)\nx = s.Stock(q, metadata=m)",
            "s = a_pb2_grpc.ShopStub(c)\nx = s.Stock(q, metadata=m, timeout=10)",
        ),
        (
            "import asyncio",
            in_coroutine(OPEN, "return await reader.readline()"),
            in_coroutine(OPENED, "return await asyncio.wait_for(reader.readline(), timeout=10)"),
        ),
    ],
)
def test_each_library_gets_its_own_timeout(imports: str, before: str, after: str, mend: Mend) -> None:
    mended = mend("network-timeout", f"{imports}\n\n{before}\n")
    assert mended.text == f"{imports}\n\n{after}\n"
    assert not mended.refused
    assert mend("network-timeout", mended.data).text == mended.text


@pytest.mark.parametrize(
    ("imports", "code"),
    [
        ("import smtplib", "smtplib.SMTP_SSL('h', 465, None, None, None, 9)"),
        ("import smtplib, socket", "socket.setdefaulttimeout(9)\nsmtplib.SMTP('h')"),
        ("import ftplib", "f = ftplib.FTP()\nf.connect('h', 21, 9)"),
        ("import ftplib", "f = ftplib.FTP()\nf.connect('h', timeout=9)"),
        ("import telnetlib", "t = telnetlib.Telnet()\nt.open('h', timeout=9)"),
        ("import paramiko", "paramiko.SSHClient().exec_command('ls', -1, 9)"),
        ("import paramiko", "o = {'timeout': 9}\nparamiko.SSHClient().connect('h', **o)"),
        ("import ldap", "c = ldap.initialize(u)\nc.set_option(ldap.OPT_NETWORK_TIMEOUT, 9)"),
        ("import websockets", "websockets.connect(u)"),
        ("import aiosmtplib", "aiosmtplib.SMTP('h')"),
        ("import pika", "pika.ConnectionParameters()"),
        ("import aio_pika", "aio_pika.connect(u, timeout=9)"),
        ("import confluent_kafka", "p = confluent_kafka.Producer(c)\np.flush()"),
        ("import aiokafka", "aiokafka.AIOKafkaProducer().send_and_wait(t, v)"),
        ("from app import a_pb2_grpc", "s = a_pb2_grpc.ShopStub(c)\ns.Stock(q, 9)"),
        ("from app import a_pb2_grpc", "s = a_pb2_grpc.ShopStub(c)\nfor x in s.List(q):\n    pass"),
        (
            "from app import a_pb2_grpc",
            "s = a_pb2_grpc.ShopStub(c)\nall = s.List(q)\nfor x in all:\n    pass",
        ),
        ("import asyncio", in_coroutine(f"async with asyncio.timeout(9):\n        {OPEN}")),
        ("import asyncio", in_coroutine(OPENED, "while await reader.readline():\n        pass")),
        ("import asyncio", in_coroutine("await asyncio.open_unix_connection(h)")),
        ("import io", in_coroutine("reader, writer = h", "await reader.readline()")),
    ],
)
def test_look_alikes_are_left_alone(imports: str, code: str, mend: Mend) -> None:
    text = f"{imports}\n\n{code}\n"
    mended = mend("network-timeout", text)
    assert mended.text == text
    assert not mended.refused


def test_the_reader_of_an_object_is_its_connections_own(mend: Mend) -> None:
    code = (
        "import asyncio\n\n\nclass Peer:\n    async def open(self, h):\n"
        "        self.reader, self.writer = await asyncio.open_connection(h, 1)\n\n"
        "    async def ask(self):\n        return await self.reader.readexactly(4)\n"
    )
    text = mend("network-timeout", code).text
    assert "await asyncio.wait_for(self.reader.readexactly(4), timeout=10)" in text


@pytest.mark.parametrize(
    ("path", "code", "after"),
    [
        (
            "shop/settings.py",
            "EMAIL_HOST = 'h'  # c\nX = 1\n",
            "EMAIL_HOST = 'h'  # c\nEMAIL_TIMEOUT = 10\nX = 1\n",
        ),
        (
            "shop/settings/base.py",
            "if X:\n    EMAIL_HOST = h\n",
            "if X:\n    EMAIL_HOST = h\n    EMAIL_TIMEOUT = 10\n",
        ),
        ("shop/settings.py", "EMAIL_HOST = h\nEMAIL_TIMEOUT = 5\n", None),
        ("shop/settings.py", "EMAIL_HOST = 'localhost'\n", None),
        ("shop/mail.py", "EMAIL_HOST = 'h'\n", None),
        ("shop/settings.py", "class Mail:\n    EMAIL_HOST = 'h'\n", None),
    ],
)
def test_djangos_mails_get_a_timeout(path: str, code: str, after: str | None, mend: Mend) -> None:
    assert mend("network-timeout", code, path=path).text == (code if after is None else after)
