"""Times get a zone in every spelling of the import, and stay as they are where that would raise TypeError."""

from __future__ import annotations

from pathlib import Path

import pytest

from harden.checklists.database.naive_datetime import check
from harden.fixing import Offer, make_offer
from harden.project import Project
from harden.scan import Rules, scan_file

MAIN = "app/main.py"


def offer(tmp_path: Path, code: str | bytes, **others: str) -> Offer:
    files = {MAIN: code if isinstance(code, bytes) else code.encode()}
    files |= {f"app/{name}.py": text.encode() for name, text in others.items()}
    (tmp_path / "pyproject.toml").write_text("[tool.ruff]\nline-length = 200\n")
    for path, data in files.items():
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_bytes(data)
    project = Project(tmp_path, tuple(sorted(files)))
    result = scan_file(project, Rules((check,)), MAIN)
    assert not result.problems
    return make_offer(project, check, result.findings)


def mended(tmp_path: Path, code: str | bytes, **others: str) -> bytes:
    made = offer(tmp_path, code, **others)
    assert not made.refused
    assert made.patch is not None
    (edit,) = made.patch.edits
    again = offer(tmp_path, edit.after, **others)
    assert again.patch is None
    assert not again.refused
    return edit.after


FROM = "from datetime import datetime\n\n\n"
TO = "from datetime import datetime, timezone\n\n\n"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (FROM + "u.at = datetime.utcnow()\n", TO + "u.at = datetime.now(timezone.utc)\n"),
        (
            FROM + "def claims():\n    return {'iat': datetime.now()}\n",
            TO + "def claims():\n    return {'iat': datetime.now(timezone.utc)}\n",
        ),
        (FROM + "u.at = datetime.now(None)\n", TO + "u.at = datetime.now(timezone.utc)\n"),
        (FROM + "u.at = datetime.now(tz=None)\n", TO + "u.at = datetime.now(tz=timezone.utc)\n"),
        (FROM + "u.at = datetime.today()\n", TO + "u.at = datetime.now(timezone.utc)\n"),
        (
            FROM + "u.at = datetime.utcfromtimestamp(9)\n",
            TO + "u.at = datetime.fromtimestamp(9, tz=timezone.utc)\n",
        ),
        (
            FROM + "u.at = datetime.fromtimestamp(\n    9,\n)\n",
            TO + "u.at = datetime.fromtimestamp(\n    9,\n    tz=timezone.utc,\n)\n",
        ),
        (
            "import datetime\n\nu.at = datetime.datetime.utcnow()\n",
            "import datetime\n\nu.at = datetime.datetime.now(datetime.timezone.utc)\n",
        ),
        (
            "import datetime as dt\n\nu.at = dt.datetime.utcnow()\n",
            "import datetime as dt\n\nu.at = dt.datetime.now(dt.timezone.utc)\n",
        ),
        (
            "from datetime import UTC, datetime\n\nu.at = datetime.utcnow()\n",
            "from datetime import UTC, datetime\n\nu.at = datetime.now(UTC)\n",
        ),
        (
            "from datetime import datetime as D, timezone as tz\n\nu.at = D.utcnow()\n",
            "from datetime import datetime as D, timezone as tz\n\nu.at = D.now(tz.utc)\n",
        ),
        (
            FROM + "c = Column(default=datetime.utcnow, onupdate=datetime.now)\n",
            TO + "c = Column(default=lambda: datetime.now(timezone.utc), "
            "onupdate=lambda: datetime.now(timezone.utc))\n",
        ),
        (
            FROM + "if x: u.at = datetime.utcnow(); u.by = datetime.utcnow()\n",
            TO + "if x: u.at = datetime.now(timezone.utc); u.by = datetime.now(timezone.utc)\n",
        ),
        (
            FROM + "q = q.filter(Token.until > datetime.utcnow())\n",
            TO + "q = q.filter(Token.until > datetime.now(timezone.utc))\n",
        ),
        (
            FROM + 'payload = {"exp": datetime.utcnow()}\n',
            TO + 'payload = {"exp": datetime.now(timezone.utc)}\n',
        ),
        (
            FROM + "@route\nasync def f():\n\treturn f'{datetime.utcnow():%Y}'\n",
            TO + "@route\nasync def f():\n\treturn f'{datetime.now(timezone.utc):%Y}'\n",
        ),
        (
            "from django.db import models\nimport datetime\n\n"
            "f = models.DateTimeField(default=datetime.datetime.now)\n",
            "from django.db import models\nfrom django.utils import timezone\n\n"
            "f = models.DateTimeField(default=timezone.now)\n",
        ),
        (
            "from datetime import datetime\nfrom django.utils import timezone\n\n\n"
            "def f(row):\n    row.at = datetime.fromtimestamp(9)\n    return row.until < datetime.now()\n",
            "from datetime import datetime\nfrom django.utils import timezone\n\n\n"
            "def f(row):\n    row.at = datetime.fromtimestamp(9, tz=timezone.get_current_timezone())\n"
            "    return row.until < timezone.now()\n",
        ),
        (
            "from datetime import datetime, timezone\nfrom django.db import models\n\n"
            "ZONE = timezone.utc\n\n\n"
            "def f(row):\n    row.at = datetime.now()\n    row.until = datetime.now(ZONE)\n",
            "from datetime import datetime, timezone\nimport django.utils.timezone\n"
            "from django.db import models\n\nZONE = timezone.utc\n\n\n"
            "def f(row):\n    row.at = django.utils.timezone.now()\n    row.until = datetime.now(ZONE)\n",
        ),
    ],
)
def test_gives_a_zone(before: str, after: str, tmp_path: Path) -> None:
    assert mended(tmp_path, before).decode() == after


def test_keeps_line_endings_and_encoding(tmp_path: Path) -> None:
    before = "# coding: latin-1\nfrom datetime import datetime\n\nu.at = datetime.utcnow()  # \xe9t\xe9\n"
    after = before.replace("import datetime", "import datetime, timezone")
    after = after.replace("utcnow()", "now(timezone.utc)")
    crlf = [text.replace("\n", "\r\n").encode("latin-1") for text in (before, after)]
    assert mended(tmp_path, crlf[0]) == crlf[1]


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("def f(token):\n    return bool(token.until < datetime.utcnow())\n", "compared with `token.until`"),
        ("def f(t):\n    now = datetime.utcnow()\n    if now - t > 5: g()\n", "compared with `t`"),
        (
            "def f(t):\n    if datetime.now() > datetime.strptime(t, '%Y'): g()\n",
            "compared with `datetime.strptime(t, '%Y')`",
        ),
        ("def f():\n    return datetime.utcnow()\n", "returned to callers"),
        ("def f(x=None):\n    return x or datetime.utcnow()\n", "returned to callers"),
        ("cache[key] = (1, datetime.utcnow())\n", "container"),
        ("cache[key] = datetime.utcnow()\n", "container"),
        ("def f(t): ...\n\n\nf(datetime.utcnow())\n", "passed to `f`"),
        ("body = datetime.utcnow().isoformat() + 'Z'\n", "put together by hand"),
        ("body = f'{datetime.utcnow().isoformat()}Z'\n", "put together by hand"),
        (
            "d['at'] = datetime.utcnow().isoformat()\n\n\n"
            "def back(d):\n    return datetime.fromisoformat(d['at'])\n",
            "reads such texts back",
        ),
        ("def f(p):\n    now = datetime.now()\n    return p.open(now.hour)\n", "Its hour is read"),
        ("n = datetime.now().strftime(FORM)\n\n\ndef b(t):\n    return datetime.strptime(t, FORM)\n", "back"),
        ("now = datetime.utcnow\nu.at = now()\n", "called by another name"),
        ("job.at = datetime.utcnow()\n\n\ndef late(job, x):\n    return job.at < x\n", "`at` is compared"),
    ],
)
def test_leaves_what_would_raise(code: str, reason: str, tmp_path: Path) -> None:
    made = offer(tmp_path, FROM + code)
    assert made.patch is None
    assert made.refused
    assert all(reason in text for text in made.refused.values()), made.refused


def test_leaves_what_a_setter_keeps_and_another_file_compares(tmp_path: Path) -> None:
    others = {"idle": "from datetime import datetime\n\nidle = datetime.now() - store.get(1, 'seen')\n"}
    made = offer(tmp_path, FROM + "store.put(1, 'seen', datetime.now())\n", **others)
    assert made.patch is None
    assert "`seen` is compared" in str(made.refused)


def test_leaves_what_another_file_compares(tmp_path: Path) -> None:
    made = offer(
        tmp_path,
        FROM + "class Job:\n    def __init__(self):\n        self.started = datetime.utcnow()\n",
        late="def late(job, limit):\n    return job.started < limit\n",
    )
    assert made.patch is None
    assert ["app/late.py:2" in reason for reason in made.refused.values()] == [True]


def test_columns_come_back_from_the_database_as_they_are(tmp_path: Path) -> None:
    code = FROM + "def see(user):\n    user.seen = datetime.utcnow()\n"
    models = "from sqlalchemy import Column, DateTime\n\n\nclass User(Base):\n    seen = Column(DateTime)\n"
    late = "def late(user, limit):\n    return user.seen < limit\n"
    assert b"now(timezone.utc)" in mended(tmp_path, code, models=models, late=late)


def test_leaves_naive_columns_of_asyncpg(tmp_path: Path) -> None:
    code = (
        "from datetime import datetime\n\nfrom sqlalchemy import Column, DateTime\n\n\n"
        "class A(Base):\n    at = Column(DateTime, default=datetime.utcnow)\n"
    )
    made = offer(tmp_path, code, db='URL = "postgresql+asyncpg://db/app"\n')
    assert ["asyncpg" in reason for reason in made.refused.values()] == [True]


def test_refuses_when_the_name_is_taken(tmp_path: Path) -> None:
    made = offer(tmp_path, "from datetime import datetime\n\ntimezone = 1\nu.at = datetime.utcnow()\n")
    assert made.patch is None
    assert ["already means something else" in reason for reason in made.refused.values()] == [True]


def test_an_import_under_another_name_stays_alone(tmp_path: Path) -> None:
    code = "from datetime import datetime as DT\n\nfrom celery import shared_task\n\n\n"
    code += "@shared_task\ndef f(x):\n    x.at = DT.utcnow()\n    x.save()\n"
    head = b"from datetime import datetime as DT\nfrom datetime import timezone\n\nfrom celery"
    assert mended(tmp_path, code).startswith(head)
