"""Money in code that several files make up, and the proof that sums of mended columns are exact."""

from __future__ import annotations

import warnings
from decimal import Decimal
from pathlib import Path

import pytest

from harden.registry import check_named
from harden.scan import scan
from tests.codemods.conftest import Mend, mend
from tests.given import project, write

__all__ = ["mend"]


def found(root: Path, files: dict[str, str]) -> list[str]:
    results = scan(project(write(root, files)), (check_named("float-money"),))
    return [f"{item.path}:{item.line} {item.message}" for result in results for item in result.findings]


TABLE = (
    "CREATE TABLE IF NOT EXISTS payments (\n    id SERIAL PRIMARY KEY,\n    user_id INTEGER,\n    {}\n);\n"
)


@pytest.mark.parametrize(
    "column",
    [
        "amount REAL NOT NULL",
        "amount double precision",
        '"fee" FLOAT8 DEFAULT 0',
        "total_paid FLOAT(10)",
        "hourly_rate REAL",
    ],
)
@pytest.mark.parametrize("path", ["schema.sql", "app/schema.py"])
def test_tables_of_raw_sql(tmp_path: Path, path: str, column: str) -> None:
    text = TABLE.format(column)
    code = f'SCHEMA = """\n{text}"""\n' if path.endswith(".py") else text
    at = [item.partition(" ")[0] for item in found(tmp_path, {path: code})]
    assert at == [f"{path}:{5 if path.endswith('.py') else 4}"]


@pytest.mark.parametrize(
    "column",
    [
        "amount NUMERIC(12, 2)",
        "tax_rate REAL",
        "growth_rate_hourly REAL",
        "score FLOAT",
        "lat DOUBLE PRECISION",
        "amount INTEGER",
    ],
)
def test_tables_that_are_fine(tmp_path: Path, column: str) -> None:
    assert found(tmp_path, {"schema.sql": TABLE.format(column)}) == []


@pytest.mark.parametrize(
    ("code", "count"),
    [
        ("def f(rows):\n    return sum(float(row['price']) * 2 for row in rows)\n", 1),
        (
            "def f(orders):\n    total = 0\n    for o in orders:\n        total += float(o['amount'])\n",
            1,
        ),
        (
            "def f(orders):\n    total = 0\n    for o in orders:\n        total += o.price\n",
            0,
        ),
        ("def f(rows):\n    return [float(row['price']) for row in rows]\n", 0),
        ("def f(rows):\n    return sum(float(row['weight']) for row in rows)\n", 0),
    ],
)
def test_sums(tmp_path: Path, code: str, count: int) -> None:
    assert len(found(tmp_path, {"app/sums.py": code})) == count


def test_migrations_are_history(tmp_path: Path) -> None:
    assert found(tmp_path, {"migrations/001.sql": TABLE.format("amount REAL")}) == []


def test_cents_of_an_exact_column(tmp_path: Path) -> None:
    models = (
        "from sqlalchemy import Column, Integer, Numeric\nfrom sqlalchemy.orm import declarative_base\n\n"
        "Base = declarative_base()\n\n\nclass Order(Base):\n    __tablename__ = 'orders'\n"
        "    id = Column(Integer, primary_key=True)\n    total = Column(Numeric(12, 2))\n"
    )
    pay = "from decimal import Decimal\n\n\ndef pay(order, price: Decimal):\n    a = int(order.total * 100)\n"
    assert (
        found(tmp_path, {"app/models.py": models, "app/pay.py": pay + "    return a, int(price * 100)\n"})
        == []
    )


MODELS = """
from sqlalchemy import Column, Float, Integer
from sqlalchemy.orm import declarative_base

Base = declarative_base()


class Payment(Base):
    __tablename__ = "payments"
    id = Column(Integer, primary_key=True)
    amount = Column(Float, default=0.0)
"""


def test_sums_on_sqlite_are_exact(mend: Mend) -> None:
    """0.1 + 0.2 is 0.30000000000000004 before, 0.30 after: added up by the database and by Python."""
    assert _totals(MODELS) == (0.1 + 0.2, 0.1 + 0.2)
    made = mend("float-money", MODELS)
    assert not made.refused
    with warnings.catch_warnings():
        warnings.simplefilter(
            "ignore"
        )  # SQLite has no exact fractions itself: SQLAlchemy rounds to the scale
        assert _totals(made.text) == (Decimal("0.30"), Decimal("0.30"))


def _totals(code: str) -> tuple[object, object]:
    from sqlalchemy import create_engine, func, select
    from sqlalchemy.orm import Session

    names: dict[str, object] = {"__name__": "models"}
    exec(code, names)  # noqa: S102
    engine = create_engine("sqlite://")
    base, payment = names["Base"], names["Payment"]
    base.metadata.create_all(engine)  # type: ignore[attr-defined]
    with Session(engine) as session:
        session.add_all([payment(amount=0.1), payment(amount=0.2)])  # type: ignore[operator]
        session.commit()
        rows = session.scalars(select(payment)).all()  # type: ignore[call-overload]
        by_database = session.scalar(select(func.sum(payment.amount)))  # type: ignore[attr-defined]
        totals = by_database, sum(row.amount for row in rows)
    engine.dispose()
    return totals
