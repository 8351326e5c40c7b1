"""Money kept as a float is off by a cent sooner or later.

A float holds most decimal fractions only roughly: 0.1 + 0.2 is 0.30000000000000004, and `int(19.99 * 100)`
is 1998. Each sum and each tax adds a little, until an invoice does not add up, two systems disagree about
a balance, or a payment is one cent short. Databases have exact numbers for this (`NUMERIC`), Python has
`Decimal`; whole cents as integers are exact too.
Looked at are columns and fields whose name says that they hold money: `price`, `salary` or `fee` alone, and
`amount`, `total`, `cost` and the like in classes and tables of commerce. Rates, percentages, scores, counts,
sizes and coordinates are none.
In Python a `Decimal` and a float cannot be added, and a `Decimal` becomes text where it is made JSON
by Flask, Django or pydantic. So a column is changed only where all that the project does with it is seen to
work on: what is calculated with a float, sent as JSON or read by a test is named, and left for you to change
on both sides together. Fields of pydantic models, forms and serializers are explained, not changed.

Flagged:

    from sqlalchemy import Column, Float, ForeignKey, Integer, String
    from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


    class Base(DeclarativeBase):
        pass


    class Product(Base):
        __tablename__ = "products"

        id = Column(Integer, primary_key=True)
        name = Column(String(200))
        price = Column(Float, nullable=False, default=0.0)
        weight = Column(Float)


    class Account(Base):
        __tablename__ = "accounts"

        id: Mapped[int] = mapped_column(primary_key=True)
        balance: Mapped[float] = mapped_column(default=0)
        credit_limit: Mapped[float | None]

Fixed:

    from decimal import Decimal

    from sqlalchemy import Column, Float, ForeignKey, Integer, Numeric, String
    from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


    class Base(DeclarativeBase):
        pass


    class Product(Base):
        __tablename__ = "products"

        id = Column(Integer, primary_key=True)
        name = Column(String(200))
        price = Column(Numeric(12, 2), nullable=False, default=Decimal("0.0"))
        weight = Column(Float)


    class Account(Base):
        __tablename__ = "accounts"

        id: Mapped[int] = mapped_column(primary_key=True)
        balance: Mapped[Decimal] = mapped_column(Numeric(12, 2), default=0)
        credit_limit: Mapped[Decimal | None] = mapped_column(Numeric(12, 2))

Flagged (shop/models.py):

    from django.db import models


    class Order(models.Model):
        total = models.FloatField(default=0)
        weight = models.FloatField()

Fixed (shop/models.py):

    from django.db import models


    class Order(models.Model):
        total = models.DecimalField(default=0, max_digits=12, decimal_places=2)
        weight = models.FloatField()

Flagged (app/payments.py):

    import stripe


    def charge(amount, currency):
        return stripe.PaymentIntent.create(amount=int(amount * 100), currency=currency)

Fixed (app/payments.py):

    import stripe


    def charge(amount, currency):
        return stripe.PaymentIntent.create(amount=round(amount * 100), currency=currency)

Flagged (app/cart.py):

    def cart_total(items):
        total = 0.0
        for item in items:
            total += item.price * item.quantity
        return total

Fixed (app/cart.py):

    from decimal import Decimal


    def cart_total(items):
        total = Decimal("0")
        for item in items:
            total += item.price * item.quantity
        return total

Pattern (fastapi, pydantic, sqlmodel):

    from decimal import Decimal
    from typing import Annotated

    from pydantic import BaseModel, Field, PlainSerializer

    # exact in Python, and still a number in JSON, which clients go on reading
    Money = Annotated[
        Decimal,
        Field(max_digits=12, decimal_places=2),
        PlainSerializer(float, return_type=float, when_used="json"),
    ]


    class ProductOut(BaseModel):
        price: Money

Pattern (rest_framework):

    from rest_framework import serializers


    class ProductSerializer(serializers.Serializer):
        price = serializers.DecimalField(max_digits=12, decimal_places=2, coerce_to_string=False)

Fine:

    from decimal import Decimal

    from pydantic import BaseModel
    from sqlalchemy import Column, Float, Integer, Numeric
    from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


    class Base(DeclarativeBase):
        pass


    class Invoice(Base):
        __tablename__ = "invoices"

        id: Mapped[int] = mapped_column(primary_key=True)
        total: Mapped[Decimal] = mapped_column(Numeric(12, 2))
        total_cents: Mapped[int]
        tax_rate: Mapped[float]
        discount_percent = Column(Float)
        balance_score = Column(Float)
        latitude = Column(Float)


    class Training(BaseModel):
        loss: float
        cost: float
        total_time: float
        cost_per_token: float


    class Recipe(BaseModel):
        amount: float
        unit: str


    class ProductIn(BaseModel):
        price: Decimal
        rating: float = 0.0


    def to_cents(price: Decimal, rate: float) -> tuple[int, int]:
        return int(price * 100), int(rate * 100)

Fine (app/schema.py):

    SCHEMA = '''
    CREATE TABLE orders (
        id INTEGER PRIMARY KEY,
        total NUMERIC(12, 2) NOT NULL,
        total_cents INTEGER NOT NULL,
        tax_rate REAL,
        weight REAL
    )
    '''

When to ignore: the figures are estimates or statistics that nobody is paid by.

References: https://docs.python.org/3/library/decimal.html
https://docs.sqlalchemy.org/en/20/core/type_basics.html#sqlalchemy.types.Numeric
https://docs.djangoproject.com/en/stable/ref/models/fields/#decimalfield
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import replace

from harden.checklists.database.decimal_uses import Uses
from harden.checklists.database.float_amounts import (
    FLOATS,
    begins_as_float,
    is_exact,
    is_float,
    is_sent,
    is_summed,
    spelled,
)
from harden.checklists.database.money import (
    is_money,
    is_money_in_table,
    is_money_of,
    may_be_money,
    mentions_money,
    sounds_like_money,
    speaks_of_money,
)
from harden.checklists.database.money_in_sql import money_columns
from harden.checks import Check, Fix
from harden.findings import Finding, Risk, Severity, Span
from harden.model import Model
from harden.model_facts import Column, Orm, assignments, last_of
from harden.models import models_of
from harden.module import Module, TextFile, is_literal
from harden.project import Project
from harden.roles import FileKind

check = Check(
    id="float-money",
    title="Money as a float",
    severity=Severity.HIGH,
    fix=Fix("harden.codemods.exact_money:ExactMoney", Risk.REVIEW),
    words=("Float", "FLOAT", "float", "CREATE TABLE", "create table", "* 100", "*100", "100 *", "= 0.0"),
)

_COLUMNS = ("sqlalchemy.Column", "sqlalchemy.schema.Column", "flask_sqlalchemy.SQLAlchemy.Column")
_CHANGED = (Orm.SQLALCHEMY, Orm.DJANGO, Orm.PEEWEE, Orm.TORTOISE)
_PYDANTIC = "pydantic writes a Decimal as text into JSON: agree with the clients, then use `Decimal`."
_FORMS = "Use its decimal field, together with what is calculated from it and with the clients that read it."
_OWN = "Use `Decimal`, together with what is calculated from it."
_ADDED = "Begin with `Decimal(0)` once the values that are added are Decimals."


@check.node(ast.ClassDef)
def fields(module: Module, node: ast.AST) -> Iterator[Finding]:
    """Flag columns and fields of a class that keep money as a float."""
    if not isinstance(node, ast.ClassDef):
        return
    found = [
        (name, statement, value, annotation)
        for name, statement, value, annotation in assignments(node)
        if sounds_like_money(name) and is_float(module, value, annotation)
    ]
    model = models_of(module.project).at(module.names.local_path(node)) if found else None
    for name, statement, value, annotation in found:
        column = model.columns.get(name) if model is not None else None
        if not is_money_of(node, name) and (column is None or not is_money_in_table(name)):
            continue
        if model is not None and column is not None:
            if column.kind in FLOATS:
                yield _column(module, model, column, statement)
            continue
        if isinstance(value, ast.Call) and last_of(module.resolve(value.func)) in ("Float", "FloatField"):
            yield _field(module, node, name, statement, _FORMS)
        elif annotation is not None:
            is_pydantic = any(base.startswith("pydantic") for base in module.bases(node))
            yield _field(module, node, name, statement, _PYDANTIC if is_pydantic else _OWN)


@check.call(*_COLUMNS)
def table_column(module: Module, call: ast.Call, path: str) -> Iterator[Finding]:
    """Flag columns of a `Table(…)`."""
    table = module.parents.get(call)
    name = module.string(call.args[0]) if call.args else None
    if name is None or not isinstance(table, ast.Call) or len(call.args) < 2:
        return
    called = module.string(table.args[0]) if table.args else None
    named = is_money_in_table(name) or (may_be_money(name) and speaks_of_money(called or ""))
    if named and last_of(module.resolve(call.args[1])) in FLOATS:
        why_not = "Rows of a table are read by position and name: change it with what reads them."
        yield check.found(module, call, f"{name} keeps money as a float", why_not=why_not)


@check.call("builtins.int")
def cut_off(module: Module, call: ast.Call, path: str) -> Iterator[Finding]:
    """Flag `int(price * 100)`, which cuts 1998.9999999999998 to 1998."""
    match call.args:
        case [ast.BinOp(op=ast.Mult(), left=left, right=right)] if not call.keywords:
            hundred = is_literal(left, 100) or is_literal(right, 100)
            amount = right if is_literal(left, 100) else left
            name = spelled(amount)
            if hundred and (is_money(name) or may_be_money(name)) and not is_exact(module, amount, name):
                message = f"int() cuts {name} off: 19.99 * 100 becomes 1998"
                yield check.found(module, call, message, facts={"place": "cut"})


@check.call("builtins.float")
def read_as_float(module: Module, call: ast.Call, path: str) -> Iterator[Finding]:
    """Flag `float(request.form["price"])` and `sum(float(row["price"]) for row in rows)`."""
    if len(call.args) != 1:
        return
    name = spelled(call.args[0])
    if not is_money(name) and not (may_be_money(name) and mentions_money(module.text)):
        return
    if is_summed(module, call):
        why_not = "Use `Decimal(...)` for each."
        yield check.found(
            module, call, f"{name} is added up as floats", why_not=why_not, severity=Severity.MEDIUM
        )
    elif any(is_sent(module, node) for node in ast.walk(call.args[0])):
        message = f"{name} comes in as text and becomes a float"
        why_not = f"Use `Decimal(...)` where the column for {name} is exact."
        yield check.found(module, call, message, why_not=why_not, severity=Severity.MEDIUM)


@check.node(ast.AugAssign)
def added_up(module: Module, node: ast.AST) -> Iterator[Finding]:
    """Flag sums of money that begin as a float: `total = 0.0`, then `total += item.price * item.quantity`."""
    if not isinstance(node, ast.AugAssign) or not isinstance(node.op, ast.Add | ast.Sub):
        return
    name = node.target.id if isinstance(node.target, ast.Name) else ""
    if not (is_money(name) or may_be_money(name)) or not begins_as_float(module, node, name):
        return
    names = {spelled(item) for item in ast.walk(node.value) if isinstance(item, ast.expr)}
    in_company = mentions_money(module.text)
    if any(is_money(item) or (in_company and may_be_money(item)) for item in names):
        message = f"{name} adds money up in a float"
        yield check.found(module, node, message, why_not=_ADDED, severity=Severity.MEDIUM)


@check.module
def tables(module: Module) -> Iterator[Finding]:
    """Flag money in CREATE TABLE statements of the code."""
    if "create table" not in module.text.lower():
        return
    for node in module.nodes(ast.Constant):
        if not isinstance(node.value, str) or "TABLE" not in node.value.upper():
            continue
        first, text = module.span(node), module.segment(node)
        for found in money_columns(text):
            line = first.line + text.count("\n", 0, found.at)
            made = check.found(
                module, node, found.message, why_not=found.advice(is_sqlite=module.imports("sqlite3"))
            )
            yield replace(made, span=Span(line, 0, line, len(module.lines[line - 1].rstrip())))


@check.file("*.sql")
def schemas(file: TextFile, project: Project) -> Iterator[Finding]:
    """Flag money in CREATE TABLE statements of SQL files."""
    if file.kind not in (FileKind.APP, FileKind.SCRIPT):
        return
    for found in money_columns(file.text):
        span = file.span(file.text.count("\n", 0, found.at) + 1)
        yield check.found_at(
            file.path, span, found.message, why_not=found.advice(is_sqlite="sqlite3" in project.imported)
        )


def _column(module: Module, model: Model, column: Column, statement: ast.stmt) -> Finding:
    message = f"{model.name}.{column.name} keeps money as a float"
    if model.orm not in _CHANGED:
        why_not = _PYDANTIC if model.orm is Orm.SQLMODEL else "Keep whole cents, or `Decimal128`."
        return check.found(module, statement, message, why_not=why_not)
    uses = Uses(model, column)
    why_not = uses.obstacle
    facts = {
        "place": "column",
        "orm": model.orm.value,
        "column": f"{model.name}.{column.name}",
        "with": " ".join(sorted(uses.together)),
    }
    return check.found(module, statement, message, facts=facts, why_not=why_not)


def _field(module: Module, owner: ast.ClassDef, name: str, statement: ast.stmt, why_not: str) -> Finding:
    message = f"{owner.name}.{name} is money as a float"
    return check.found(module, statement, message, why_not=why_not, severity=Severity.MEDIUM)
