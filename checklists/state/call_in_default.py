"""A default that is called where it is written is worked out once, when the program starts.

`default=datetime.now()` stores the moment of the last deployment with every row, `uuid4()` gives all of them
the same key, so that the second one fails, and `def report(day=date.today())` is right until midnight. It
looks well in every test, for a test takes no longer than a moment. Give the function itself, or a lambda, and
it is called for each row, object or call.

Looked at are clocks, random values and identifiers (and functions of the project that return one) in columns
and fields of SQLAlchemy, SQLModel, Django, peewee, mongoengine, Tortoise, pydantic, dataclasses, attrs,
marshmallow and forms, and in the defaults of functions. Left out: attributes of plain classes and settings,
functions that are made anew by another one, commands, and what the database works out (`func.now()`).

Flagged:

    import uuid
    from datetime import datetime, timedelta, timezone

    from sqlalchemy import DateTime, String
    from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


    class Base(DeclarativeBase):
        pass


    class Invite(Base):
        __tablename__ = "invite"

        id: Mapped[str] = mapped_column(String(36), primary_key=True, default=str(uuid.uuid4()))
        key: Mapped[uuid.UUID] = mapped_column(default=uuid.uuid4())
        created: Mapped[datetime] = mapped_column(
            DateTime(timezone=True),
            default=datetime.now(timezone.utc),  # never shown
        )
        expires: Mapped[datetime] = mapped_column(default=datetime.now(timezone.utc) + timedelta(days=7))

Fixed:

    import uuid
    from datetime import datetime, timedelta, timezone

    from sqlalchemy import DateTime, String
    from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


    class Base(DeclarativeBase):
        pass


    class Invite(Base):
        __tablename__ = "invite"

        id: Mapped[str] = mapped_column(String(36), primary_key=True, default=lambda: str(uuid.uuid4()))
        key: Mapped[uuid.UUID] = mapped_column(default=uuid.uuid4)
        created: Mapped[datetime] = mapped_column(
            DateTime(timezone=True),
            default=lambda: datetime.now(timezone.utc),  # never shown
        )
        expires: Mapped[datetime] = mapped_column(
            default=lambda: datetime.now(timezone.utc) + timedelta(days=7)
        )

Flagged:

    from dataclasses import dataclass
    from datetime import date, datetime
    from uuid import UUID, uuid4

    from pydantic import BaseModel, Field


    class Order(BaseModel):
        id: UUID = uuid4()
        made: datetime = Field(default=datetime.utcnow(), title="Made")
        due: date = Field(date.today(), title="Due")


    @dataclass
    class Event:
        name: str
        at: datetime = datetime.now()


    def overdue(orders, day=date.today()):
        return [order for order in orders if order.due < day]

Fixed:

    from dataclasses import dataclass, field
    from datetime import date, datetime
    from uuid import UUID, uuid4

    from pydantic import BaseModel, Field


    class Order(BaseModel):
        id: UUID = Field(default_factory=uuid4)
        made: datetime = Field(default_factory=datetime.utcnow, title="Made")
        due: date = Field(default_factory=date.today, title="Due")


    @dataclass
    class Event:
        name: str
        at: datetime = field(default_factory=datetime.now)


    def overdue(orders, day=None):
        if day is None:
            day = date.today()
        return [order for order in orders if order.due < day]

Flagged (shop/models.py):

    from django.db import models
    from django.utils import timezone


    class Order(models.Model):
        made = models.DateTimeField(default=timezone.now())

Fixed (shop/models.py):

    from django.db import models
    from django.utils import timezone


    class Order(models.Model):
        made = models.DateTimeField(default=timezone.now)

Fine:

    import time
    import uuid
    from dataclasses import dataclass, field
    from datetime import datetime, timedelta, timezone

    from pydantic import BaseModel, Field
    from pydantic_settings import BaseSettings
    from sqlalchemy import Column, DateTime, Integer, MetaData, Table, func

    started = datetime.now(timezone.utc)
    orders = Table(
        "orders",
        MetaData(),
        Column("id", Integer, primary_key=True),
        Column("made", DateTime, default=lambda: datetime.now(timezone.utc)),
        Column("changed", DateTime, server_default=func.now(), onupdate=datetime.utcnow),
    )


    class Order(BaseModel):
        id: uuid.UUID = Field(default_factory=uuid.uuid4)
        until: timedelta = Field(default=timedelta(days=7))


    class Settings(BaseSettings):
        instance: str = str(uuid.uuid4())


    class Uptime:
        began = time.monotonic()


    @dataclass
    class Event:
        at: datetime = field(default_factory=datetime.now)


    def since(moment=None, *, step=timedelta(hours=1)):
        moment = moment or datetime.now(timezone.utc)

        def later(at=datetime.now(timezone.utc)):
            return at + step

        return later() - moment

When to ignore: the moment when the program was loaded is what is meant.

References:
    https://docs.sqlalchemy.org/en/20/core/defaults.html#python-executed-functions
    https://docs.djangoproject.com/en/stable/ref/models/fields/#default
    https://docs.pydantic.dev/latest/concepts/fields/#default-values
    https://docs.astral.sh/ruff/rules/function-call-in-default-argument/
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from harden.calls import callee_of
from harden.checklists.state.default_places import Place, place_of, told_by
from harden.checks import Check, Fix
from harden.findings import Finding, Risk, Severity
from harden.module import Module
from harden.roles import Role
from harden.tree import FunctionNode, own_nodes

check = Check(
    id="call-in-default",
    title="Default worked out only once",
    severity=Severity.HIGH,
    fix=Fix("harden.codemods.call_defaults:CallEachTime", Risk.AUTO),
    codes=frozenset({"B008", "RUF009"}),
)

_CLOCKS = (
    *("datetime.datetime.now", "datetime.datetime.utcnow", "datetime.datetime.today", "datetime.date.today"),
    *("time.time", "time.time_ns", "time.monotonic", "time.perf_counter", "time.localtime", "time.gmtime"),
    *("django.utils.timezone.now", "django.utils.timezone.localtime", "django.utils.timezone.localdate"),
    *("pendulum.now", "pendulum.today", "pendulum.now.utcnow", "arrow.now", "arrow.utcnow"),
)
_KEYS = (
    *("uuid.uuid1", "uuid.uuid4", "uuid.uuid6", "uuid.uuid7", "secrets.token_hex", "secrets.token_bytes"),
    *("secrets.token_urlsafe", "secrets.randbelow", "secrets.choice", "os.urandom", "bson.ObjectId"),
    *("bson.objectid.ObjectId", "random.random", "random.randint", "random.choice", "random.choices"),
    *("random.randrange", "random.uniform", "random.sample", "random.getrandbits", "shortuuid.uuid"),
    *("nanoid.generate", "ulid.new", "ulid.ULID", "django.utils.crypto.get_random_string", "cuid.cuid"),
)
_CHANGING = frozenset({*_CLOCKS, *_KEYS})
_EACH = {"row": "every row", "object": "every object", "call": "every call"}


@check.call(*_CLOCKS, *_KEYS)
def called_once(module: Module, call: ast.Call, path: str) -> Iterator[Finding]:
    """Flag a clock or a new identifier in a default."""
    if path not in ("bson.ObjectId", "bson.objectid.ObjectId") or not call.args:
        yield from _found(module, call, place_of(module, call))


@check.node(ast.keyword, named=("default", "onupdate", "insert_default", "initial", "load_default"))
def own_function_called_once(module: Module, node: ast.AST) -> Iterator[Finding]:
    """Flag a function of the project that makes such a value, called in the default of a column or field."""
    holder = module.parents.get(node)
    if not isinstance(node, ast.keyword) or not isinstance(node.value, ast.Call):
        return
    if isinstance(holder, ast.Call) and told_by(module, holder, node.arg or "") is not None:
        called = callee_of(module, node.value)
        if called is not None and _changes(*called):
            yield from _found(module, node.value, place_of(module, node.value))


def _changes(module: Module, function: FunctionNode) -> bool:
    """Tell whether what a function gives differs from one call to the next."""
    calls = [node for node in own_nodes(function) if isinstance(node, ast.Call)]
    return any(module.resolve(call.func) in _CHANGING for call in calls)


def _found(module: Module, call: ast.Call, place: Place | None) -> Iterator[Finding]:
    if place is None or (place.each == "call" and _is_meant(module, place)):
        return
    text = " ".join(module.segment(call).split())
    message = f"{_EACH[place.each]} gets what {text} gave when the program was loaded"
    yield check.found(module, place.value, message, facts=place.facts, why_not=place.why_not)


def _is_meant(module: Module, place: Place) -> bool:
    """Tell whether a default is taken for one run of a command, or each time that a function is made."""
    function = module.parents[module.parents[place.value]]
    return module.role(function) is Role.CLI or module.function(function) is not None
