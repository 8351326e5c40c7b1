"""An edit that would turn the project's own tests red is refused; others are not."""

from __future__ import annotations

from pathlib import Path

import pytest

from harden.project import Project
from harden.reliance import relied_on

CALL = "import requests\n\n\ndef load(url):\n    r = requests.get(url)\n    return r.json()\n"
TIMED = CALL.replace("(url)\n    return", "(url, timeout=10)\n    return")
CHECKED = CALL.replace("    return", "    r.raise_for_status()\n    return")
PRINTED = "def run(name):\n    print(f'Started {name}')\n"
LOGGED = "def run(name):\n    logger.info('Started %s', name)\n"
EAGER = PRINTED.replace("print", "logger.info")
CAUGHT = "def run():\n    try:\n        go()\n    except E as e:\n        logger.error(f'Sync failed: {e}')\n"
TRACED = CAUGHT.replace(" as e", "").replace("error(f'Sync failed: {e}')", "exception('Sync failed')")
CAUGHT_JOB = CAUGHT.replace("Sync failed", "Sync of job {job} failed")
TRACED_JOB = TRACED.replace("'Sync failed'", "'Sync of job %s failed', job")
ROLLED = "import random\n\n\ndef code():\n    return random.choice('ab')\n"
SECRET = ROLLED.replace("random", "secrets")
EXISTS = "import os\n\n\ndef drop(p):\n    if os.path.exists(p):\n        os.remove(p)\n"
SUPPRESSED = "import os\n\n\ndef drop(p):\n    with suppress(FileNotFoundError):\n        os.remove(p)\n"
FOUND = "from shop.models import Order\n\n\ndef due():\n    return Order.objects.filter(due=True)\n"
JOINED = FOUND.replace("filter", "select_related('buyer').filter")
NAIVE = "from datetime import datetime\n\n\ndef due():\n    return datetime.utcnow()\n"
AWARE = NAIVE.replace("utcnow()", "now(timezone.utc)")
UNVERIFIED = CALL.replace("(url)\n    return", "(url, verify=False)\n    return")
OPENED = "import smtplib\n\n\ndef send(m):\n    s = smtplib.SMTP('h')\n    s.send_message(m)\n    s.quit()\n"
CLOSED = "import smtplib\n\n\ndef send(m):\n    with smtplib.SMTP('h') as s:\n        s.send_message(m)\n"
FAKE_MAIL = "class Server:\n    def __init__(self, host): ...\n\n    def send_message(self, m): ..."
COLUMN = "import datetime\n\ndate = Column(default=datetime.datetime.utcnow)\n"
MADE = COLUMN.replace("datetime.datetime.utcnow", "lambda: datetime.datetime.now(datetime.timezone.utc)")
THREADED = CALL.replace("def", "async def").replace("requests.get(url)", "await to_thread(requests.get, url)")
HEAD = "from shop import client\n\nM = 'shop.client'\n\n\n"


def reason(tmp_path: Path, before: str, after: str, test: str, name: str = "tests/test_client.py") -> str:
    """Return why the change of shop/client.py would break the test file."""
    for path, text in (("shop/__init__.py", ""), ("shop/client.py", before), (name, test)):
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text(text)
    paths = sorted(str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*.py"))
    project = Project(tmp_path, tuple(paths))
    return relied_on(project, project.with_files({"shop/client.py": after.encode()}), "shop/client.py")


@pytest.mark.parametrize(
    ("before", "after", "test"),
    [
        (
            CALL,
            TIMED,
            "def test(monkeypatch):\n    monkeypatch.setattr(client.requests, 'get', lambda u: R())\n",
        ),
        (
            CALL,
            TIMED,
            "def test(monkeypatch):\n    monkeypatch.setattr('requests.get', lambda u, p=1: R())\n",
        ),
        (
            CALL,
            TIMED,
            "def test(mocker):\n    def fake(url):\n        return R()\n\n"
            "    mocker.patch('shop.client.requests.get', side_effect=fake)\n",
        ),
        (
            CALL,
            TIMED,
            "@patch('shop.client.requests.get')\ndef test(get):\n    get.assert_called_once_with('u')\n",
        ),
        (CALL, TIMED, "class FakeRequests:\n    def get(self, url):\n        return R()\n"),
        (
            CALL,
            CHECKED,
            "class FakeResponse:\n    status_code = 200\n\n    def json(self):\n        return 1\n",
        ),
        (CALL, CHECKED, "client.requests.get = lambda u: SimpleNamespace(json=lambda: 1)\n"),
        (CALL, CHECKED, "class MockStream:\n    def iter_content(self, **options):\n        return []\n"),
        (CALL, CHECKED, "class Resp:\n    async def read(self):\n        return b''\n"),
        (CALL, CHECKED, "Answer = namedtuple('Answer', 'status_code json')\n"),
        (CALL, CHECKED, "client.requests = Mock(**{'get.return_value': Mock(spec=['json'])})\n"),
        (OPENED, CLOSED, FAKE_MAIL + "\n\n\ndef test(m):\n    m.setattr(client.smtplib, 'SMTP', Server)\n"),
        (
            OPENED,
            CLOSED,
            FAKE_MAIL + "\n\n\ndef test(m):\n    m.setattr('smtplib.SMTP', lambda h: Server(h))\n",
        ),
        (
            OPENED,
            CLOSED,
            FAKE_MAIL + "\n\n\ndef test(m):\n    def fake(h):\n        return Server(h)\n\n"
            "    m.setattr('smtplib.SMTP', fake)\n",
        ),
        (CALL, CHECKED, "class R:\n    status_code = 200\n\n    def json(self):\n        return 1\n"),
        (
            UNVERIFIED,
            CALL,
            "def test(monkeypatch):\n    monkeypatch.setattr('requests.get', lambda u, verify: R())\n",
        ),
        (
            UNVERIFIED,
            CALL,
            "@patch('shop.client.requests.get')\ndef test(get):\n"
            "    get.assert_called_once_with('u', verify=False)\n",
        ),
        (PRINTED, LOGGED, "def test(capsys):\n    assert 'Started a' in capsys.readouterr().out\n"),
        (PRINTED, LOGGED, "@patch('builtins.print')\ndef test(p):\n    client.run('a')\n"),
        (CAUGHT, TRACED, "def test(caplog):\n    assert 'Sync failed: no' in caplog.text\n"),
        (CAUGHT_JOB, TRACED_JOB, "def test(caplog):\n    assert 'Sync of job 7 failed: no' in caplog.text\n"),
        (
            CAUGHT,
            TRACED,
            "@patch('shop.client.logger')\ndef test(log):\n    log.error.assert_called_once()\n",
        ),
        (
            CAUGHT,
            TRACED,
            "@patch(f'{M}.logger')\ndef test(log):\n    log.error.assert_called_once()\n",
        ),
        (
            EAGER,
            LOGGED,
            "@patch('shop.client.logger')\ndef test(log):\n    assert 'a' in log.info.call_args[0][0]\n",
        ),
        (
            EAGER,
            LOGGED,
            "@patch(M + '.logger.info')\ndef test(info):\n    info.assert_called_with('Started a')\n",
        ),
        (ROLLED, SECRET, "def test(monkeypatch):\n    monkeypatch.setattr(client.random, 'choice', max)\n"),
        (ROLLED, SECRET, "@patch('shop.client.random')\ndef test(r):\n    r.choice.return_value = 'a'\n"),
        (
            EXISTS,
            SUPPRESSED,
            "@patch('shop.client.os')\ndef test(o):\n    o.path.exists.return_value = True\n",
        ),
        (FOUND, JOINED, "@patch('shop.client.Order.objects.filter')\ndef test(f):\n    client.due()\n"),
    ],
)
def test_told(before: str, after: str, test: str, tmp_path: Path) -> None:
    assert reason(tmp_path, before, after, HEAD + test).startswith("tests/test_client.py ")


@pytest.mark.parametrize(
    ("before", "after", "test"),
    [
        (
            CALL,
            CALL,
            "def test(monkeypatch):\n    monkeypatch.setattr(client.requests, 'get', lambda u: R())\n",
        ),
        (
            CALL,
            TIMED,
            "def test(monkeypatch):\n    monkeypatch.setattr('requests.get', lambda u, **k: R())\n",
        ),
        (
            CALL,
            TIMED,
            "def test(monkeypatch):\n    monkeypatch.setattr('requests.get', lambda u, timeout: 1)\n",
        ),
        (
            UNVERIFIED,
            CALL,
            "def test(monkeypatch):\n    monkeypatch.setattr('requests.get', lambda u, verify=1: R())\n",
        ),
        (
            OPENED,
            CLOSED,
            FAKE_MAIL + "\n\n    def __enter__(self):\n        return self\n\n\n"
            "def test(m):\n    m.setattr(client.smtplib, 'SMTP', Server)\n",
        ),
        (OPENED, CLOSED, "def test(m):\n    m.setattr(client.smtplib, 'SMTP', Mock())\n"),
        (
            CALL.replace("def", "async def"),
            THREADED,
            "def test(m):\n    m.setattr(client.requests, 'get', lambda u: R())\n",
        ),
        (CALL, CHECKED, "class Mail:\n    def text(self):\n        return 'a'\n"),
        (CALL, TIMED, "def test(monkeypatch):\n    monkeypatch.setattr('requests.post', lambda u: R())\n"),
        (FOUND, JOINED, "@patch('shop.client.Buyer.objects.filter')\ndef test(f):\n    client.due()\n"),
        (CALL, TIMED, "@patch('shop.client.requests.get')\ndef test(get):\n    get.assert_called_once()\n"),
        (
            CALL,
            TIMED,
            "@patch('shop.client.mail')\n@patch('shop.client.requests.get')\ndef test(get, mail):\n"
            "    mail.assert_called_once_with('u')\n",
        ),
        (CALL, TIMED, "class FakeStore:\n    def fetch(self, url):\n        return R()\n"),
        (CALL, CHECKED, "class FakeResponse(requests.Response):\n    def json(self):\n        return 1\n"),
        (
            CALL,
            CHECKED,
            "class FakeResponse:\n    def json(self):\n        return 1\n\n    def raise_for_status(self):\n"
            "        pass\n",
        ),
        (CALL, CHECKED, "def test(m):\n    m.setattr(client.requests, 'get', Mock(json=lambda: 1))\n"),
        (PRINTED, LOGGED, "def test(capsys):\n    assert 'Stopped a' in capsys.readouterr().out\n"),
        (PRINTED, LOGGED, "def test():\n    assert client.run('Started ') is None\n"),
        (CAUGHT, TRACED, "def test(caplog):\n    assert 'Sync failed' in caplog.text\n"),
        (CAUGHT_JOB, TRACED_JOB, "def test(caplog):\n    assert 'Sync of job 7 failed' in caplog.text\n"),
        (CAUGHT, TRACED, "@patch('shop.client.logger')\ndef test(log):\n    assert client.run() is None\n"),
        (EAGER, LOGGED, "@patch('shop.client.logger')\ndef test(log):\n    log.info.assert_called_once()\n"),
        (EAGER, LOGGED, "@patch('shop.client.sender')\ndef test(s):\n    assert s.info.call_args[0][0]\n"),
        (ROLLED, SECRET, "def test():\n    random.seed(1)\n    assert client.code() in 'ab'\n"),
        (
            EXISTS,
            SUPPRESSED,
            "@patch('shop.other.os')\ndef test(o):\n    o.path.exists.return_value = True\n",
        ),
        (NAIVE, AWARE, "def test():\n    assert client.due() < datetime.now(timezone.utc)\n"),
        (CALL, TIMED, "def test(:\n"),
    ],
)
def test_left_alone(before: str, after: str, test: str, tmp_path: Path) -> None:
    assert reason(tmp_path, before, after, HEAD + test) == ""


def test_responses_of_other_clients_do_not_count(tmp_path: Path) -> None:
    fake = "class FakeResponse:\n    def json(self):\n        return 1\n"
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop/mail.py").write_text(CALL)
    assert reason(tmp_path, CALL, CHECKED, "from shop import mail\n\n\n" + fake, "tests/test_mail.py") == ""
    assert reason(tmp_path, CALL, CHECKED, fake, "tests/conftest.py")


def test_only_the_text_of_the_edited_call_counts(tmp_path: Path) -> None:
    before = PRINTED + "\n\ndef stop(name):\n    print(f'Halted {name}')\n"
    after = before.replace("print(f'Started {name}')", "logger.info('Started %s', name)")
    test = HEAD + "def test(capsys):\n    assert 'Halted a' in capsys.readouterr().out\n"
    assert reason(tmp_path, before, after, test) == ""
    assert reason(tmp_path, before, after, test.replace("Halted", "Started"))


def test_calls_on_a_result_are_the_same_calls(tmp_path: Path) -> None:
    before = "import requests\n\n\ndef load(url):\n    return requests.get(url).json()\n"
    after = before.replace("(url).json", "(url, timeout=10).json")
    test = HEAD + "def test(monkeypatch):\n    monkeypatch.setattr('requests.get', lambda u, **k: R())\n"
    assert reason(tmp_path, before, after, test) == ""


def test_a_stopped_clock_would_reach_a_default_that_is_called(tmp_path: Path) -> None:
    test = HEAD + "def test():\n    with freeze_time('2026-01-01'):\n        assert client.age() == 30\n"
    assert "stops the clock" in reason(tmp_path, COLUMN, MADE, test)
    assert not reason(tmp_path, COLUMN, MADE, test.replace("freeze_time", "open"))
    assert not reason(tmp_path, COLUMN, MADE, test.replace("client", "other"))
    assert not reason(tmp_path, NAIVE, AWARE, test)


def test_what_python_warns_of_in_the_files_is_not_printed(tmp_path: Path) -> None:
    bad = 'BAD = "\\d"\n'
    test = HEAD + bad + "def test(monkeypatch):\n    monkeypatch.setattr('requests.get', lambda u: 1)\n"
    assert "requests.get" in reason(tmp_path, bad + CALL, bad + TIMED, test)


def test_a_class_under_the_name_of_its_base(tmp_path: Path) -> None:
    test = HEAD + "from x import Fake\n\n\nclass Fake(Fake):\n    pass\n\n\n"
    test += "def test(monkeypatch):\n    monkeypatch.setattr('requests.get', Fake)\n"
    assert not reason(tmp_path, CALL, TIMED, test)


def test_stand_ins_go_by_a_shorter_name_where_tests_run_in_a_folder(tmp_path: Path) -> None:
    (tmp_path / "backend/shop").mkdir(parents=True)
    for path, text in (("__init__.py", ""), ("shop/__init__.py", ""), ("shop/client.py", EAGER)):
        (tmp_path / "backend" / path).write_text(text)
    test = "@patch('shop.client.logger')\ndef test(log):\n    assert 'a' in log.info.call_args[0][0]\n"
    (tmp_path / "backend/test_client.py").write_text(HEAD + test)
    paths = sorted(str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*.py"))
    project = Project(tmp_path, tuple(paths))
    after = project.with_files({"backend/shop/client.py": LOGGED.encode()})
    assert relied_on(project, after, "backend/shop/client.py").endswith("logger.info() is called with.")
