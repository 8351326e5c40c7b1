"""What is worked out once is worked out each time: by its function, a lambda, a factory or a guard."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest

from tests.codemods.conftest import Mend

ID = "call-in-default"
COLUMN = "import datetime as dt\nfrom sqlalchemy import Column, DateTime\n\n\n"
MODEL = "import time\nimport uuid\nfrom pydantic import BaseModel\nimport pydantic\n\n\n"
PLAIN = "import time\nimport uuid\n\n\n"

CHANGED = [
    pytest.param(
        COLUMN,
        "c = Column(DateTime, default=dt.datetime.now())\n",
        "default=dt.datetime.now)",
        id="called plainly",
    ),
    pytest.param(
        COLUMN,
        "c = Column(DateTime, default = dt.datetime.now(UTC), onupdate=dt.datetime.now(),)\n",
        "default = lambda: dt.datetime.now(UTC), onupdate=dt.datetime.now,)",
        id="two in one line",
    ),
    pytest.param(
        COLUMN,
        "c = Column(\n    DateTime,\n    default=(\n        dt.datetime.now()  # here\n"
        "        + dt.timedelta(days=1)\n    ),\n    **more,\n)\n",
        "    default=lambda: (\n        dt.datetime.now()  # here\n",
        id="over lines with comments",
    ),
    pytest.param(
        COLUMN,
        "class A(Base):\r\n\tc = Column(DateTime, default=dt.datetime.now())  # c\r\n",
        "\tc = Column(DateTime, default=dt.datetime.now)  # c\r\n",
        id="tabs and carriage returns",
    ),
    pytest.param(
        COLUMN,
        "def now():\n    return dt.datetime.now()\n\n\nc = Column(DateTime, default=now())\n",
        "default=now)",
        id="an own function",
    ),
    pytest.param(
        MODEL,
        "class A(BaseModel):\n    a: str = str(uuid.uuid4())\n",
        "    a: str = pydantic.Field(default_factory=lambda: str(uuid.uuid4()))\n",
        id="a plain attribute of a model",
    ),
    pytest.param(
        MODEL,
        "class A(BaseModel):\n    a: float = pydantic.Field(time.time(), gt=0)\n",
        "    a: float = pydantic.Field(default_factory=time.time, gt=0)\n",
        id="the first argument",
    ),
    pytest.param(
        PLAIN + "from dataclasses import dataclass\n\n\n",
        "@dataclass(frozen=True)\nclass A:\n    a: str = uuid.uuid4().hex  # key\n",
        "    a: str = field(default_factory=lambda: uuid.uuid4().hex)  # key\n",
        id="dataclass",
    ),
    pytest.param(
        PLAIN + "import attr\n\n\n",
        "@attr.s\nclass A:\n    a = attr.ib(default=uuid.uuid4())\n",
        "    a = attr.ib(factory=uuid.uuid4)\n",
        id="attrs",
    ),
    pytest.param(
        PLAIN,
        'async def f(a, *, b: float = time.time()) -> float:\n    """Say."""\n    return a - b\n',
        "    if b is None:\n        b = time.time()\n",
        id="a parameter",
    ),
]


@pytest.mark.parametrize(("head", "before", "after"), CHANGED)
def test_it_is_called_each_time(mend: Mend, head: str, before: str, after: str) -> None:
    done = mend(ID, head + before)
    assert after in done.data.decode()
    assert not done.refused
    assert mend(ID, done.data.decode()).data == done.data


REFUSED = [
    pytest.param(
        "from django.db import models\nclass A(models.Model):\n"
        "    a = models.CharField(default=str(uuid.uuid4()))\n",
        "lambda",
        id="migrations hold no lambda",
    ),
    pytest.param(
        "from sqlalchemy import Column\nclass A(Base):\n    DAY = 86400\n"
        "    a = Column(default=time.time() + DAY)\n",
        "DAY of the class body",
        id="a name of the class",
    ),
    pytest.param(
        "from sqlalchemy import Column\na = Column(server_default=str(time.time()))\n",
        "schema",
        id="a default of the database",
    ),
    pytest.param("def f(a=time.time()): return a\n", "def", id="one line"),
    pytest.param(
        "def f(a=time.time()):\n    return a\n\n\nf(a=None)\n", "passes None", id="None means something"
    ),
]


@pytest.mark.parametrize(("code", "reason"), REFUSED)
def test_left_alone_with_a_reason(mend: Mend, code: str, reason: str) -> None:
    done = mend(ID, PLAIN + code)
    assert done.text == PLAIN + code
    assert len(done.refused) == 1
    assert reason in done.refused[0]


@pytest.mark.parametrize(
    "code",
    [
        "from sqlalchemy import Column\na = Column(default=time.time)\n",
        "from sqlalchemy import Column\na = Column(default=lambda: time.time())\n",
        "from sqlalchemy import Column, func\na = Column(default=func.now())\n",
        "from sqlalchemy import Column\ndef now():\n    return 1\na = Column(default=now())\n",
        "class A:\n    a: float = time.time()\n",
        "a = dict(default=time.time())\n",
        "def f():\n    def g(a=time.time()):\n        return a\n    return g\n",
        "import click\n@click.command()\ndef f(a=time.time()):\n    return a\n",
        "from pydantic import BaseModel\nfrom typing import ClassVar\nclass A(BaseModel):\n"
        "    a: ClassVar[float] = time.time()\n",
        "from bson import ObjectId\ndef f(a=ObjectId('650')):\n    return a\n",
        "f = lambda a=time.time(): a\n",
        "class A:\n    def f(self, default=time):\n        return default.time()\n",
    ],
)
def test_not_a_finding(mend: Mend, code: str) -> None:
    done = mend(ID, PLAIN + code)
    assert (done.text, done.refused) == (PLAIN + code, ())


def test_rows_differ_afterwards(mend: Mend, tmp_path: Path) -> None:
    """What SQLAlchemy calls it has for each row."""
    code = (
        "import uuid\nfrom sqlalchemy import String, create_engine\n"
        "from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column\n\n\n"
        "class Base(DeclarativeBase):\n    pass\n\n\n"
        "class Row(Base):\n    __tablename__ = 'row'\n"
        "    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4())\n"
        "    key: Mapped[str] = mapped_column(String(36), default=str(uuid.uuid4()))\n"
    )
    (tmp_path / "rows.py").write_text(mend(ID, code).text)
    made = runpy.run_path(str(tmp_path / "rows.py"))
    engine = made["create_engine"]("sqlite://")
    made["Base"].metadata.create_all(engine)
    with made["Session"](engine) as session:
        rows = [made["Row"](), made["Row"]()]
        session.add_all(rows)
        session.commit()
        assert len({row.id for row in rows}) == len({row.key for row in rows}) == 2
    engine.dispose()
