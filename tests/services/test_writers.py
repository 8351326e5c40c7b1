"""What several writers make of the same rows on PostgreSQL, before a fix and after it."""

from __future__ import annotations

import threading
from contextlib import suppress
from typing import Any

import pytest
from sqlalchemy import Engine, event, select, text
from sqlalchemy.orm import Session

from tests.codemods.conftest import Mend

pytestmark = pytest.mark.services

ITEMS = (
    "from sqlalchemy import Column, Integer\nfrom sqlalchemy.orm import DeclarativeBase, Session\n\n\n"
    "class Base(DeclarativeBase):\n    pass\n\n\nclass Item(Base):\n    __tablename__ = 'items'\n"
    "    id = Column(Integer, primary_key=True)\n    stock = Column(Integer)\n\n\n"
)
SUMMED = "def take(db: Session, pk, n):\n    item = db.get(Item, pk)\n    item.stock -= n\n    db.commit()\n"
GUARDED = (
    "def take(db: Session, pk, n):\n    item = db.get(Item, pk)\n    if item.stock < n:\n"
    "        raise ValueError('sold out')\n    item.stock -= n\n    db.commit()\n"
)


def space_of(code: str, engine: Engine) -> dict[str, Any]:
    """Run the code of a module and make its tables anew."""
    space: dict[str, Any] = {"__name__": "app"}
    exec(compile(code, "app.py", "exec"), space)  # noqa: S102
    space["Base"].metadata.drop_all(engine)
    space["Base"].metadata.create_all(engine)
    return space


def taken_at_once(code: str, engine: Engine, stock: int) -> tuple[int, int]:
    """Let two writers take 3 each, both having read before one of them writes; return stock and refusals."""
    space = space_of(code, engine)
    with Session(engine) as session:
        session.add(space["Item"](id=1, stock=stock))
        session.commit()
    both, refused = threading.Barrier(2), list[str]()

    def read(*given: Any) -> None:
        statement = given[2]
        if statement.startswith("SELECT items") and "FOR UPDATE" not in statement and not both.broken:
            with suppress(threading.BrokenBarrierError):
                both.wait(timeout=5)

    def take() -> None:
        with Session(engine) as session:
            try:
                space["take"](session, 1, 3)
            except ValueError as error:
                refused.append(str(error))

    event.listen(engine, "after_cursor_execute", read)
    writers = [threading.Thread(target=take) for _ in range(2)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(timeout=30)
    event.remove(engine, "after_cursor_execute", read)
    with Session(engine) as session:
        left: int = session.scalars(select(space["Item"].stock)).one()
    return left, len(refused)


def test_two_writers_lose_no_update(engine: Engine, mend: Mend) -> None:
    made = mend("lost-update", ITEMS + SUMMED)
    assert not made.refused
    assert taken_at_once(ITEMS + SUMMED, engine, 10) == (7, 0)
    assert taken_at_once(made.text, engine, 10) == (4, 0)


def test_two_writers_do_not_oversell(engine: Engine, mend: Mend) -> None:
    made = mend("lost-update", ITEMS + GUARDED)
    assert not made.refused
    assert taken_at_once(ITEMS + GUARDED, engine, 4) == (1, 0)
    assert taken_at_once(made.text, engine, 4) == (1, 1)


ORDERS = (
    "from sqlalchemy import Column, ForeignKey, Integer\n"
    "from sqlalchemy.orm import DeclarativeBase, Session\n\n\nclass Base(DeclarativeBase):\n    pass\n\n\n"
    "class Order(Base):\n    __tablename__ = 'orders'\n    id = Column(Integer, primary_key=True)\n\n\n"
    "class Line(Base):\n    __tablename__ = 'lines'\n    id = Column(Integer, primary_key=True)\n"
    "    order_id = Column(ForeignKey('orders.id'))\n    number = Column(Integer, nullable=False)\n\n\n"
    "def place(db: Session, number):\n    order = Order()\n    db.add(order)\n    db.commit()\n"
    "    db.add(Line(order_id=order.id, number=number))\n    db.commit()\n"
)


def orders_left(code: str, engine: Engine) -> int:
    """Return how many orders stay behind whose line the database refuses."""
    space = space_of(code, engine)
    with Session(engine) as session, pytest.raises(Exception, match="null value"):
        space["place"](session, None)
    with engine.connect() as connection:
        found: int = connection.execute(text("SELECT count(*) FROM orders")).scalar_one()
    return found


def test_nothing_half_done_stays_behind(engine: Engine, mend: Mend) -> None:
    made = mend("missing-transaction", ORDERS)
    assert not made.refused
    assert orders_left(ORDERS, engine) == 1
    assert orders_left(made.text, engine) == 0
