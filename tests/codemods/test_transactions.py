"""What belongs together is committed once: proven with a second write that fails, and with hard input."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from typing import Any

import pytest

from tests.codemods.conftest import Mend

ID = "missing-transaction"

DJANGO = (
    "from django.db import models\n\n\nclass Order(models.Model):\n"
    "    total = models.IntegerField(default=0)\n\n"
    '    class Meta:\n        app_label = "app"\n\n\nclass Line(models.Model):\n'
    "    order = models.ForeignKey(Order, on_delete=models.CASCADE)\n    number = models.IntegerField()\n\n"
    '    class Meta:\n        app_label = "app"\n\n\n'
)
ALCHEMY = (
    "from sqlalchemy import Column, ForeignKey, Integer\n"
    "from sqlalchemy.orm import Session, declarative_base\n\n"
    "Base = declarative_base()\n\n\nclass Order(Base):\n    __tablename__ = 'orders'\n"
    "    id = Column(Integer, primary_key=True)\n\n\nclass Line(Base):\n    __tablename__ = 'lines'\n"
    "    id = Column(Integer, primary_key=True)\n    order_id = Column(ForeignKey('orders.id'))\n"
    "    number = Column(Integer)\n\n\n"
)

DONE = [
    pytest.param(
        DJANGO,
        "def f(n):\n    # first\n    order = Order(total=n)  # new\n    order.save()\n"
        "    Line(order=order, number=n).save()\n"
        "    # last\n    return order\n",
        "def f(n):\n    # first\n    order = Order(total=n)  # new\n    with transaction.atomic():\n"
        "        order.save()\n        Line(order=order, number=n).save()\n    # last\n    return order\n",
        id="saved",
    ),
    pytest.param(
        DJANGO,
        "def f(n):\r\n\tif n:\r\n\t\torder = Order.objects.create(total=n)\r\n"
        "\t\tfor i in range(n): Line.objects.create(order=order, number=i)\r\n\treturn n\r\n",
        "def f(n):\r\n\tif n:\r\n\t\twith transaction.atomic():\r\n"
        "\t\t\torder = Order.objects.create(total=n)\r\n"
        "\t\t\tfor i in range(n): Line.objects.create(order=order, number=i)\r\n\treturn n\r\n",
        id="tabs and a loop in one line",
    ),
    pytest.param(
        ALCHEMY,
        "async def f(db, numbers):\n    order = Order()\n    db.add(order)\n"
        "    await db.commit()  # for the id\n"
        "    for number in numbers:\n"
        "        db.add(Line(order_id=order.id, number=number)); await db.commit()\n"
        "    db.add(Line(order_id=order.id))\n    await db.commit()\n",
        "async def f(db, numbers):\n    order = Order()\n    db.add(order)\n"
        "    await db.flush()  # for the id\n"
        "    for number in numbers:\n"
        "        db.add(Line(order_id=order.id, number=number)); await db.flush()\n"
        "    db.add(Line(order_id=order.id))\n    await db.commit()\n",
        id="async, in a loop too",
    ),
    pytest.param(
        "import sqlite3\n\n\n",
        "def f(conn: sqlite3.Connection, n):\n    try:\n"
        "        conn.execute('INSERT INTO a VALUES (?)', (n,))\n\n"
        "        conn.commit()\n        conn.execute('INSERT INTO b VALUES (?)', (n,))\n"
        "        conn.commit()\n"
        "    except sqlite3.Error:\n        conn.rollback()\n        raise\n",
        "def f(conn: sqlite3.Connection, n):\n    try:\n"
        "        conn.execute('INSERT INTO a VALUES (?)', (n,))\n"
        "        conn.execute('INSERT INTO b VALUES (?)', (n,))\n        conn.commit()\n"
        "    except sqlite3.Error:\n        conn.rollback()\n        raise\n",
        id="dropped",
    ),
    pytest.param(
        "import asyncpg\n\n\n",
        "async def f(conn: asyncpg.Connection, n):\n"
        "    pk = await conn.fetchval('INSERT INTO a (n) VALUES ($1) RETURNING id', n)\n"
        "    await conn.execute('INSERT INTO b (pk) VALUES ($1)', pk)\n    return pk\n",
        "async def f(conn: asyncpg.Connection, n):\n    async with conn.transaction():\n"
        "        pk = await conn.fetchval('INSERT INTO a (n) VALUES ($1) RETURNING id', n)\n"
        "        await conn.execute('INSERT INTO b (pk) VALUES ($1)', pk)\n    return pk\n",
        id="asyncpg",
    ),
]


@pytest.mark.parametrize(("head", "before", "after"), DONE)
def test_is_kept_together(mend: Mend, head: str, before: str, after: str) -> None:
    done = mend(ID, head + before)
    found = done.data.decode().replace(
        "from django.db import models, transaction\n", "from django.db import models\n"
    )
    assert found == head + after
    assert mend(ID, done.data).data == done.data


LEFT = [
    pytest.param(
        ALCHEMY,
        "def f(db: Session, more):\n    db.add(Order())\n    db.commit()\n    if more:\n"
        "        db.add(Line())\n"
        "        db.commit()\n",
        id="only on some ways",
    ),
    pytest.param(
        ALCHEMY,
        "def f(db: Session, more):\n    db.add(Order())\n    db.commit()\n    if more:\n        return 1\n"
        "    db.add(Line())\n    db.commit()\n    return 2\n",
        id="a way out",
    ),
    pytest.param(
        ALCHEMY,
        "def add(db: Session):\n    order = Order()\n    db.add(order)\n    db.commit()\n"
        "    return order\n\n\n"
        "def fill(db: Session, order):\n    db.add(Line(order_id=order.id))\n    db.commit()\n\n\n"
        "def f(db: Session):\n    order = add(db)\n    fill(db, order)\n",
        id="committed elsewhere",
    ),
    pytest.param(
        "import sqlite3\n\n\n",
        "def f(conn: sqlite3.Connection, n):\n    conn.execute('INSERT INTO a VALUES (?)', (n,))\n"
        "    # keep it\n"
        "    conn.commit()\n    conn.execute('INSERT INTO b VALUES (?)', (n,))\n    conn.commit()\n",
        id="a comment of its own",
    ),
    pytest.param(
        "import sqlite3\n\n\n",
        "def f(conn: sqlite3.Connection, n):\n"
        "    conn.execute('INSERT INTO a VALUES (?)', (n,)); conn.commit()\n"
        "    conn.execute('INSERT INTO b VALUES (?)', (n,))\n    conn.commit()\n",
        id="a shared line",
    ),
    pytest.param(
        DJANGO,
        "async def f(n):\n    order = await Order.objects.acreate(total=n)\n"
        "    await Line.objects.acreate(order=order, number=n)\n",
        id="async Django",
    ),
    pytest.param(
        "import pymongo\n\nshop = pymongo.MongoClient().shop\n\n\n",
        "def f(user):\n    shop.orders.insert_one({'user': user})\n"
        "    shop.carts.delete_one({'user': user})\n",
        id="MongoDB",
    ),
    pytest.param(
        DJANGO,
        "def f(n, db):\n    order = Order(total=n)\n    order.save(using=db)\n"
        "    Line(order=order, number=n).save(using=db)\n",
        id="another database",
    ),
    pytest.param(
        ALCHEMY,
        "def f(db: Session, order):\n    try:\n        db.add(order)\n        db.commit()\n"
        "    except Exception:\n        db.rollback()\n    try:\n        db.add(Line(order_id=order.id))\n"
        "        db.commit()\n    except Exception:\n        db.rollback()\n    return order\n",
        id="each tried by itself",
    ),
]


@pytest.mark.parametrize(("head", "code"), LEFT)
def test_is_left_alone(mend: Mend, head: str, code: str) -> None:
    assert mend(ID, head + code).data.decode() == head + code


@pytest.mark.parametrize(
    ("steps", "way"),
    [("", "put @transaction.atomic on f() as a whole."), ("    mail.send()\n", "move what is between them")],
)
def test_a_long_stretch_is_not_indented_anew(mend: Mend, steps: str, way: str) -> None:
    code = (
        "def f(n, mail):\n    order = Order.objects.create(total=n)\n"
        + "    n += order.total\n" * 24
        + f"    Line.objects.create(order=order, number=n)\n{steps}"
    )
    done = mend(ID, DJANGO + code)
    assert done.text == DJANGO + code
    assert [why.startswith(f"The writes stand far apart: {way}") for why in done.refused] == [True]


def test_a_way_out_of_the_transaction_is_told(mend: Mend) -> None:
    code = (
        "def f(n):\n    order = Order.objects.create(total=n)\n    if n > 3:\n        return None\n"
        "    Line.objects.create(order=order, number=n)\n    return order\n"
    )
    assert "raise there" in mend(ID, DJANGO + code).notes[0]


PLACE = (
    "def place(n):\n    order = Order.objects.create(total=n)\n"
    "    Line.objects.create(order=order, number=n)\n"
)
FAILING = """
import django
from django.conf import settings

settings.configure(DATABASES={{"default": {{"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}}}})
django.setup()
{code}
from django.db import IntegrityError, connection

with connection.schema_editor() as editor:
    editor.create_model(Order)
    editor.create_model(Line)
try:
    place(3)
except IntegrityError:
    pass
print(Order.objects.count())
"""


def orders(code: str) -> str:
    """Return how many orders are kept where the line of one cannot be."""
    script = FAILING.format(code=code.replace("number=n)\n", "number=None)\n"))
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert not done.returncode, done.stderr
    return done.stdout.strip()


def test_django(mend: Mend) -> None:
    assert orders(DJANGO + PLACE) == "1"
    assert orders(mend(ID, DJANGO + PLACE).text) == "0"


STEPS = (
    "def place(db: Session, number):\n    order = Order()\n    db.add(order)\n    db.commit()\n"
    "    db.add(Line(order_id=order.id, number=1 // number))\n    db.commit()\n    return order\n"
)


def kept(code: str, number: int) -> int:
    from sqlalchemy import create_engine, text
    from sqlalchemy.orm import Session

    space: dict[str, Any] = {}
    exec(compile(code, "app.py", "exec"), space)  # noqa: S102
    engine = create_engine("sqlite://")
    space["Base"].metadata.create_all(engine)
    with Session(engine) as session:
        try:
            space["place"](session, number)
        except ZeroDivisionError:
            session.rollback()
        found: int = session.execute(text("SELECT count(*) FROM orders")).scalar_one()
    engine.dispose()
    return found


def test_sqlalchemy(mend: Mend) -> None:
    code = mend(ID, ALCHEMY + STEPS).text
    assert (kept(ALCHEMY + STEPS, 0), kept(ALCHEMY + STEPS, 1)) == (1, 1)
    assert (kept(code, 0), kept(code, 1)) == (0, 1)


RAW = (
    "import sqlite3\n\n\ndef place(conn: sqlite3.Connection, number):\n"
    "    conn.execute('INSERT INTO orders VALUES (?)', (number,))\n    conn.commit()\n"
    "    conn.execute('INSERT INTO lines VALUES (?)', (number,))\n    conn.commit()\n"
)


def test_sqlite3(mend: Mend) -> None:
    for code, expected in ((RAW, 1), (mend(ID, RAW).text, 0)):
        conn = sqlite3.connect(":memory:")
        conn.executescript("CREATE TABLE orders (n); CREATE TABLE lines (n CHECK (n > 5))")
        space: dict[str, Any] = {}
        exec(compile(code, "app.py", "exec"), space)  # noqa: S102
        with pytest.raises(sqlite3.IntegrityError):
            space["place"](conn, 3)
        conn.rollback()
        assert conn.execute("SELECT count(*) FROM orders").fetchone()[0] == expected
        conn.close()


LOOPS = [
    pytest.param(
        ALCHEMY,
        "async def f(db: Session, rows):\n    for row in rows:\n        db.add(row)\n"
        "        await db.commit()  # kept\n"
        "        await db.refresh(row)\n    return rows\n",
        "async def f(db: Session, rows):\n    for row in rows:\n        db.add(row)\n"
        "        await db.flush()  # kept\n"
        "        await db.refresh(row)\n    await db.commit()\n    return rows\n",
        id="used in the same turn",
    ),
    pytest.param(
        ALCHEMY,
        "def f(db: Session, rows):\n    for row in rows:\n        if row:\n            db.add(row)\n"
        "            db.commit()\n"
        "        else:\n            db.delete(row)\n            db.commit()\n",
        "def f(db: Session, rows):\n    for row in rows:\n        if row:\n            db.add(row)\n"
        "            db.flush()\n"
        "        else:\n            db.delete(row)\n            db.flush()\n    db.commit()\n",
        id="in branches",
    ),
    pytest.param(
        ALCHEMY,
        "def f(db: Session, rows):\n\tfor row in rows:\n\t\tfor item in row.items:\n\t\t\tdb.add(item)\n"
        "\t\t\t# each\n\t\t\tdb.commit()\n",
        "def f(db: Session, rows):\n\tfor row in rows:\n\t\tfor item in row.items:\n\t\t\tdb.add(item)\n"
        "\t\t\t# each\n\t\t\tdb.flush()\n\tdb.commit()\n",
        id="in a loop of a loop",
    ),
    pytest.param(
        ALCHEMY,
        "def f(db: Session, rows):\n    for row in rows:\n        db.add(row)\n        # all\n"
        "        db.commit()\n",
        "def f(db: Session, rows):\n    for row in rows:\n        db.add(row)\n    # all\n    db.commit()\n",
        id="with its comment",
    ),
    pytest.param(
        ALCHEMY,
        "def f(db: Session, rows, many):\n    if many:\n        for row in rows:\n            db.add(row)\n"
        "            db.commit()\n    db.commit()\n    return rows\n",
        "def f(db: Session, rows, many):\n    if many:\n        for row in rows:\n            db.add(row)\n"
        "    db.commit()\n    return rows\n",
        id="committed after it already",
    ),
    pytest.param(
        DJANGO,
        "def f(rows):\n    for row in rows:\n"
        + "        row += 1\n" * 24
        + "        Order.objects.create(total=row)\n",
        None,
        id="a long loop",
    ),
    pytest.param(
        DJANGO,
        "def f(orders, db):\n    for order in Order.objects.all():\n        order.total += 1\n"
        "        order.save(using=db)\n",
        None,
        id="another database",
    ),
    pytest.param(
        ALCHEMY,
        "def f(db: Session, rows):\n    for row in rows:\n        db.add(row); db.commit()\n",
        None,
        id="a shared line",
    ),
    pytest.param(
        ALCHEMY,
        "def f(db: Session, rows):\n    for row in rows:\n        db.add(row)\n        db.commit()\n"
        "        if row:\n"
        "            return row\n",
        None,
        id="a way out",
    ),
    pytest.param(
        "import sqlite3\n\n\n",
        "def f(conn: sqlite3.Connection, rows):\n    for row in rows:\n"
        "        conn.execute('DELETE FROM a')\n"
        "        if row:\n            conn.commit()\n",
        None,
        id="on some turns",
    ),
    pytest.param(
        DJANGO,
        "async def f(rows):\n    for row in rows:\n        await Order.objects.acreate(total=row)\n",
        None,
        id="async Django",
    ),
]


@pytest.mark.parametrize(("head", "before", "after"), LOOPS)
def test_a_loop_commits_once(mend: Mend, head: str, before: str, after: str | None) -> None:
    done = mend("commit-in-loop", head + before)
    assert done.text == head + (before if after is None else after)
    assert mend("commit-in-loop", done.data).data == done.data
