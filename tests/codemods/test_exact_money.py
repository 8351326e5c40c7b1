"""Money becomes exact where all that is done with it goes on working, else it stays a float with a reason."""

from __future__ import annotations

import pytest

from tests.codemods.conftest import Mend

HEAD = "from sqlalchemy import Column, Float, Integer\nfrom sqlalchemy.orm import declarative_base\n\n"
MODEL = HEAD + (
    "Base = declarative_base()\n\n\nclass Item(Base):\n    __tablename__ = 'items'\n"
    "    id = Column(Integer, primary_key=True)\n    quantity = Column(Integer)\n    {}\n"
)
PLAIN = MODEL.format("price = Column(Float)")
MAPPED = (
    "from typing import Optional\n\nfrom sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column\n\n\n"
    "class Base(DeclarativeBase):\n    pass\n\n\nclass Item(Base):\n    __tablename__ = 'items'\n"
    "    id: Mapped[int] = mapped_column(primary_key=True)\n    {}\n"
)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("price = Column(Float)", "price = Column(Numeric(12, 2))"),
        ("price = Column(Float(), index=True)", "price = Column(Numeric(12, 2), index=True)"),
        (
            "price = Column('cost', Float(10), nullable=False)",
            "price = Column('cost', Numeric(12, 2), nullable=False)",
        ),
        ("price = Column(type_=Float, default=0)", "price = Column(type_=Numeric(12, 2), default=0)"),
        (
            "price = Column(Float, default=9.50)  # net",
            'price = Column(Numeric(12, 2), default=Decimal("9.50"))  # net',
        ),
        (
            "price = Column(\n        Float,  # net\n    )",
            "price = Column(\n        Numeric(12, 2),  # net\n    )",
        ),
        (
            "price = Column(Float); fee = Column(Float)",
            "price = Column(Numeric(12, 2)); fee = Column(Numeric(12, 2))",
        ),
    ],
)
def test_columns(mend: Mend, before: str, after: str) -> None:
    made = mend("float-money", MODEL.format(before))
    assert not made.refused
    assert f"    {after}\n" in made.text
    assert "Numeric" in made.text.partition("\nBase")[0]
    assert "Float" not in made.text
    again = mend("float-money", made.text)
    assert again.text == made.text


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("price: Mapped[float]", "price: Mapped[Decimal] = mapped_column(Numeric(12, 2))"),
        ("price: Mapped[float | None]", "price: Mapped[Decimal | None] = mapped_column(Numeric(12, 2))"),
        (
            "price: Mapped[Optional[float]] = mapped_column(nullable=True)",
            "price: Mapped[Optional[Decimal]] = mapped_column(Numeric(12, 2), nullable=True)",
        ),
        ("price: Mapped[float] = mapped_column()", "price: Mapped[Decimal] = mapped_column(Numeric(12, 2))"),
        (
            "price: Mapped[float] = mapped_column('p')",
            "price: Mapped[Decimal] = mapped_column('p', Numeric(12, 2))",
        ),
    ],
)
def test_annotated_columns(mend: Mend, before: str, after: str) -> None:
    made = mend("float-money", MAPPED.format(before))
    assert not made.refused
    assert f"    {after}\n" in made.text
    assert "from decimal import Decimal\n" in made.text
    assert "from sqlalchemy import Numeric\n" in made.text


@pytest.mark.parametrize(
    ("code", "after"),
    [
        ("import sqlalchemy as sa\n", "price = sa.Column(sa.Numeric(12, 2))"),
        (
            "from flask_sqlalchemy import SQLAlchemy\n\nsa = SQLAlchemy()\n",
            "price = sa.Column(sa.Numeric(12, 2))",
        ),
    ],
)
def test_types_of_a_namespace(mend: Mend, code: str, after: str) -> None:
    body = "\n\nclass Item({}):\n    __tablename__ = 'items'\n    price = sa.Column(sa.Float)\n"
    base = "sa.Model" if "flask" in code else "Base"
    made = mend("float-money", code + body.format(base))
    assert after in made.text


def test_django_fields(mend: Mend) -> None:
    code = "from django.db.models import FloatField, Model\n\n\nclass Order(Model):\n    {}\n".format(
        "total = FloatField('Total', null=True)"
    )
    made = mend("float-money", code, precision=10, scale=3)
    assert "total = DecimalField('Total', null=True, max_digits=10, decimal_places=3)" in made.text
    assert "from django.db.models import DecimalField, Model" in made.text
    assert made.notes == (
        "The type of columns changes. Make a migration with `python manage.py makemigrations` "
        "and read it before it runs.",
    )


@pytest.mark.parametrize(
    "use",
    [
        "def total(item):\n    return item.price * item.quantity\n",
        "def total(items):\n    return sum(item.price * item.quantity for item in items)\n",
        "def total(items):\n    x = 0\n    for i in items:\n        x += i.price * 2\n    return f'{x:f}'\n",
        "def shown(item):\n    return '%.2f' % item.price\n",
        "def shown(item):\n    return {'price': float(item.price), 'text': str(item.price)}\n",
        "def cheap(item):\n    return [1 for i in item if i.price < 9.99]\n",
        "def cheapest(items):\n    return sorted(items, key=lambda item: item.price)\n",
        "def free(item):\n    return bool(item.price or 0) if item.price == 0 else None\n",
        "def listed(db):\n    return db.query(Item).filter(Item.price > 3).order_by(Item.price.desc())\n",
        "class Other:\n    price = 1.5\n\n    def more(self):\n        return self.price * 1.5\n",
        "def copied(item):\n    return Item(price=item.price)\n",
        "@app.get('/x')\ndef one(item):\n    return {'price': item.price}\n",
        "def page(item):\n    return render_template('item.html', price=item.price)\n",
    ],
)
def test_goes_on_working(mend: Mend, use: str) -> None:
    head = "from fastapi import FastAPI\n\nfrom app.main import Item\n\napp = FastAPI()\n\n\n"
    made = mend("float-money", PLAIN, files={"app/use.py": head + use})
    assert not made.refused
    assert "Numeric" in made.text


@pytest.mark.parametrize(
    ("use", "reason"),
    [
        ("def gross(item):\n    return item.price * 1.2\n", "`1.2`"),
        ("def gross(item, rate):\n    return item.price * rate\n", "`rate`"),
        ("def add(item, more):\n    item.price += more\n", "`more`"),
        (
            "def total(items):\n    x = 0.0\n    for i in items:\n        x += i.price\n    return x\n",
            "`0.0`",
        ),
        ("def total(items):\n    return sum((i.price for i in items), 0.0)\n", "`0.0`"),
        ("def as_dict(item):\n    return {'price': item.price}\n", "As JSON"),
        ("def view(item):\n    return jsonify(price=item.price)\n", "passed to jsonify()"),
        ("def test_price(item):\n    assert item.price == 9.99\n", "`9.99`"),
        ("def test_price(item):\n    assert item.price == pytest.approx(9.99)\n", "pytest.approx(9.99)"),
        ("def sums(session):\n    return session.query(func.sum(Item.price)).scalar()\n", "A query"),
        ("def sums():\n    return Item.objects.values_list('price')\n", "values_list()"),
        ("def rows(item):\n    return [item.id, item.price]\n", "What becomes of it"),
        ("def pay(item):\n    charge(item.price)\n", "passed to charge()"),
        ("def set(item, price):\n    item.price = price\n    return item.price * 2\n", "`price`"),
        ("def both(item):\n    return item.price + item.weight\n", "`item.weight`"),
        ("class A:\n    def gross(self, item):\n        x = item.price\n        return x / 1.19\n", "`1.19`"),
    ],
)
def test_stays_where_a_decimal_would_break(mend: Mend, use: str, reason: str) -> None:
    made = mend("float-money", PLAIN, files={"app/use.py": "from app.main import Item\n\n\n" + use})
    assert made.text == PLAIN
    assert [reason in text for text in made.refused] == [True], made.refused


@pytest.mark.parametrize(
    ("column", "reason"),
    [
        ("price = Column(Float, default=PRICE)", "no plain number"),
        ("price = Column(Float, CheckConstraint('x'), info={'max': 9.5})", "against a float"),
        ("price = Column(Float, *MORE)", "not all in sight"),
    ],
)
def test_columns_that_say_more(mend: Mend, column: str, reason: str) -> None:
    made = mend("float-money", MODEL.format(column))
    assert made.text == MODEL.format(column)
    assert [reason in text for text in made.refused] == [True], made.refused


@pytest.mark.parametrize(
    ("file", "text", "reason"),
    [
        ("templates/item.html", "{{ item.price * 1.2 }}", "A template"),
        ("templates/item.html", "{% set x = 2 * item.price %}", "A template"),
        ("templates/item.html", "<script>let items = {{ item.price|tojson }}</script>", "A template"),
        ("pytest.ini", "[pytest]\nfilterwarnings = error\n", "SQLite warns"),
    ],
)
def test_what_lies_beside(mend: Mend, file: str, text: str, reason: str) -> None:
    beside = {file: text, "app/db.py": "URL = 'sqlite:///x.db'\n"}
    made = mend("float-money", PLAIN, files=beside)
    assert [reason in text for text in made.refused] == [True], made.refused


def test_a_template_that_only_shows(mend: Mend) -> None:
    shown = "<p>price - net</p>{{ '%.2f'|format(item.price) }} {% if item.price > 3 %}!{% endif %}"
    made = mend("float-money", PLAIN, files={"templates/item.html": shown})
    assert not made.refused


def test_properties_of_a_model(mend: Mend) -> None:
    total = "\n\n    @property\n    def total(self):\n        return self.price * self.quantity"
    code = MODEL.format(f"price = Column(Float)\n    fee = Column(Float){total}")
    made = mend("float-money", code, files={"app/use.py": "def f(item):\n    return item.total + item.fee\n"})
    assert not made.refused
    use = "def f(item):\n    return item.total * 1.2\n"
    made = mend("float-money", code, files={"app/use.py": use})
    assert [("`1.2`" in text) for text in made.refused] == [True]


def test_columns_change_together(mend: Mend) -> None:
    code = MODEL.format("price = Column(Float)\n    tax = Column(Float)")
    use = "def total(item):\n    return item.price + item.tax\n"
    made = mend("float-money", code, files={"app/use.py": use})
    assert made.text.count("Numeric(12, 2)") == 2
    use += "\n\ndef gross(item):\n    return item.tax * 1.5\n"
    made = mend("float-money", code, files={"app/use.py": use})
    assert made.text == code
    assert any("calculated with Item.tax, which stays a float" in text for text in made.refused)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("charge(int(amount * 100))\n", "charge(round(amount * 100))\n"),
        ("cents = int(100 * order.total)\n", "cents = round(100 * order.total)\n"),
        (
            "cents = int(\n    row['price'] * 100  # in cents\n)\n",
            "cents = round(\n    row['price'] * 100  # in cents\n)\n",
        ),
    ],
)
def test_cents_are_rounded(mend: Mend, before: str, after: str) -> None:
    assert mend("float-money", before).text == after


def test_a_name_that_is_taken(mend: Mend) -> None:
    made = mend("float-money", "from numpy import round\n\ncents = int(price * 100)\n")
    assert made.refused == ("The name round already means something else in this file.",)


def test_line_endings_and_tabs(mend: Mend) -> None:
    code = PLAIN.replace("    ", "\t").replace("\n", "\r\n").encode()
    made = mend("float-money", code)
    assert b"\tprice = Column(Numeric(12, 2))\r\n" in made.data
    assert b"\n" not in made.data.replace(b"\r\n", b"")
