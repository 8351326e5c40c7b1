"""Half of a change stays when the other half fails.

What belongs together (an order and its lines, a payment and the balance) must be kept as a whole or not at
all. Where each step is committed by itself, a crash, a deploy, a lost connection or a failed check between
the steps leaves the order without its lines, and no retry knows what is there already. Django, asyncpg and
MongoDB keep every single statement at once unless told otherwise; with SQLAlchemy and other drivers it is an
early `commit()` that cuts the change in two. Put all of it into one transaction: `transaction.atomic()`, one
`commit()` at the end, and `flush()` where a new key is needed before that.

Left out: commits with a call of another service, a queue or a process between them, which are there to be
kept whatever happens next; commits on ways that exclude each other; a second commit that is tried by itself,
with a handler after which the function goes on; commits in loops (commit-in-loop tells of them); one object
that is saved twice; clean-ups that delete what is too old from several tables; writes of Django that have no
value in common; functions whose callers all open the transaction, and views under ATOMIC_REQUESTS.

Flagged:

    from django.db import models


    class Order(models.Model):
        customer = models.CharField(max_length=80)


    class Line(models.Model):
        order = models.ForeignKey(Order, on_delete=models.CASCADE)
        product = models.IntegerField()


    def place_order(customer, products):
        order = Order.objects.create(customer=customer)
        for product in products:
            Line.objects.create(order=order, product=product)
        return order

Fixed:

    from django.db import models, transaction


    class Order(models.Model):
        customer = models.CharField(max_length=80)


    class Line(models.Model):
        order = models.ForeignKey(Order, on_delete=models.CASCADE)
        product = models.IntegerField()


    def place_order(customer, products):
        with transaction.atomic():
            order = Order.objects.create(customer=customer)
            for product in products:
                Line.objects.create(order=order, product=product)
        return order

Flagged:

    from sqlalchemy import Column, ForeignKey, Integer
    from sqlalchemy.orm import Session, declarative_base

    Model = declarative_base()


    class Order(Model):
        __tablename__ = "orders"

        id = Column(Integer, primary_key=True)


    class Line(Model):
        __tablename__ = "lines"

        id = Column(Integer, primary_key=True)
        order_id = Column(ForeignKey("orders.id"))


    def place_order(db: Session, count: int) -> Order:
        order = Order()
        db.add(order)
        db.commit()
        for _ in range(count):
            db.add(Line(order_id=order.id))
        db.commit()
        return order

Fixed:

    from sqlalchemy import Column, ForeignKey, Integer
    from sqlalchemy.orm import Session, declarative_base

    Model = declarative_base()


    class Order(Model):
        __tablename__ = "orders"

        id = Column(Integer, primary_key=True)


    class Line(Model):
        __tablename__ = "lines"

        id = Column(Integer, primary_key=True)
        order_id = Column(ForeignKey("orders.id"))


    def place_order(db: Session, count: int) -> Order:
        order = Order()
        db.add(order)
        db.flush()
        for _ in range(count):
            db.add(Line(order_id=order.id))
        db.commit()
        return order

Flagged:

    import sqlite3


    def move(conn: sqlite3.Connection, payer: int, payee: int, amount: int) -> None:
        conn.execute("UPDATE tills SET cash = cash - ? WHERE id = ?", (amount, payer))
        conn.commit()
        conn.execute("UPDATE tills SET cash = cash + ? WHERE id = ?", (amount, payee))
        conn.commit()

Fixed:

    import sqlite3


    def move(conn: sqlite3.Connection, payer: int, payee: int, amount: int) -> None:
        conn.execute("UPDATE tills SET cash = cash - ? WHERE id = ?", (amount, payer))
        conn.execute("UPDATE tills SET cash = cash + ? WHERE id = ?", (amount, payee))
        conn.commit()

Fine:

    import requests
    from django.db import models, transaction


    class Order(models.Model):
        state = models.CharField(max_length=9)


    class Line(models.Model):
        order = models.ForeignKey(Order, on_delete=models.CASCADE)


    class Visit(models.Model):
        page = models.TextField()


    @transaction.atomic
    def place_order(number):
        order = Order.objects.create(state="new")
        for _ in range(number):
            Line.objects.create(order=order)


    def place_other(number):
        with transaction.atomic():
            order = Order.objects.create(state="new")
            Line.objects.create(order=order)


    def charge(pk):
        order = Order.objects.get(pk=pk)
        order.state = "paying"
        order.save()
        requests.post("https://pay.example.com", timeout=5)
        order.state = "paid"
        order.save()


    def either(pk, first):
        order = Order.objects.get(pk=pk)
        if first:
            order.delete()
        else:
            Line.objects.create(order=order)


    def unrelated(page):
        Visit.objects.create(page=page)
        Order.objects.filter(state="old").delete()


    def twice(state):
        order = Order(state=state)
        order.save()
        order.state = "made"
        order.save()

Fine:

    import logging

    from sqlalchemy import Column, Integer, String, create_engine
    from sqlalchemy.orm import Session, declarative_base

    Model = declarative_base()
    engine = create_engine("postgresql://localhost/shop")


    class Job(Model):
        __tablename__ = "jobs"

        id = Column(Integer, primary_key=True)
        state = Column(String)


    def start(session: Session, pk: int, run) -> None:
        job = session.get(Job, pk)
        if job.state == "cancelled":
            session.delete(job)
            session.commit()
            return
        job.state = "running"
        session.commit()


    def save(session: Session) -> Job:
        job = Job()
        session.add(job)
        try:
            session.commit()
        except Exception:
            session.rollback()
            session.add(Job(state="failed"))
            session.commit()
            logging.exception("not saved")
        return job


    def both(number: int) -> None:
        with Session(engine) as session, session.begin():
            for _ in range(number):
                session.add(Job())
            session.flush()
            session.add(Job())

Fine:

    from datetime import datetime, timedelta, timezone

    from pymongo import MongoClient

    db = MongoClient("mongodb://localhost").shop


    def clean_up():
        cutoff = datetime.now(timezone.utc) - timedelta(days=30)
        db.visits.delete_many({"seen": {"$lt": cutoff}})
        db.offers.delete_many({"ends": {"$lt": cutoff}})

Pattern (django):

    from django.db import transaction


    @transaction.atomic
    def place_order(order, lines):
        order.save()
        for line in lines:
            line.order = order
            line.save()

Pattern (sqlalchemy):

    from sqlalchemy.orm import Session


    def place_order(engine, order, lines):
        with Session(engine) as session, session.begin():
            session.add(order)
            session.flush()
            for line in lines:
                line.order_id = order.id
            session.add_all(lines)

Pattern (pymongo):

    def place_order(client, order, lines):
        with client.start_session() as session, session.start_transaction():
            client.shop.orders.insert_one(order, session=session)
            client.shop.lines.insert_many(lines, session=session)

Pattern:

    def place_order(connection, customer, products):
        with connection:
            cursor = connection.execute("INSERT INTO orders (customer) VALUES (?)", (customer,))
            connection.executemany(
                "INSERT INTO lines (order_id, product) VALUES (?, ?)",
                [(cursor.lastrowid, product) for product in products],
            )

When to ignore: each step is right by itself, and the rest is done again until it succeeds.

References:
    https://docs.djangoproject.com/en/stable/topics/db/transactions/#controlling-transactions-explicitly
    https://docs.sqlalchemy.org/en/20/orm/session_transaction.html
    https://docs.python.org/3/library/sqlite3.html#sqlite3-controlling-transactions
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from harden.checklists.database.linked_writes import linked_of
from harden.checklists.database.loop_commits import repeated_commit
from harden.checklists.database.split_commits import split_of
from harden.checklists.waiting import is_command
from harden.checks import Check, Fix
from harden.findings import Finding, Risk, Severity
from harden.module import Module
from harden.roles import FileKind, Role
from harden.tree import FunctionNode, name_of

check = Check(
    id="missing-transaction",
    title="A change kept in pieces",
    severity=Severity.HIGH,
    fix=Fix("harden.codemods.transactions:CommitOnce", Risk.REVIEW),
    words=("commit(", ".save(", ".create", "insert_", "update_", ".execute(", ".delete("),
    kinds=frozenset({FileKind.APP}),
)


@check.node(ast.FunctionDef, ast.AsyncFunctionDef)
def in_pieces(module: Module, node: ast.AST) -> Iterator[Finding]:
    """Flag the first commit, or write that is kept at once, after which a function goes on writing."""
    if not isinstance(node, FunctionNode) or _is_short(node) or module.role(node) in (Role.TEST, Role.CLI):
        return
    if module.imports("alembic") or is_command(module):
        return  # runs once, by hand
    found = split_of(module, node) or linked_of(module, node)
    if found is not None and not _is_repeated(module, found.node):
        message = f"{found.before} is kept even if {found.after} fails after it"
        yield check.found(module, found.node, message, facts=found.facts, why_not=found.why_not)


def _is_repeated(module: Module, node: ast.AST) -> bool:
    """Tell whether `commit-in-loop` tells of a commit, and moves it behind the loop."""
    is_commit = isinstance(node, ast.Call) and name_of(node) == "commit"
    return is_commit and isinstance(node, ast.Call) and repeated_commit(module, node) is not None


def _is_short(function: FunctionNode) -> bool:
    return len(function.body) < 2 and (function.end_lineno or 0) - function.lineno < 3
