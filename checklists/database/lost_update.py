"""Of two changes that meet, one is lost.

A row is read, its new value is worked out in Python, and the row is written back. When two requests do
that at the same time both start from the same old value, and the second overwrites the first: stock is sold
twice, a payment vanishes from a balance, a counter stays behind. It never happens with one user on a laptop
and happens every day in production; no error is raised. Let the database do the sum (`F("stock") - n`,
`Product.stock - n`, `SET stock = stock - ?`), which it does for one after the other. Where the old value is
checked first, lock the row when it is loaded (`select_for_update()` within `transaction.atomic()`,
`with_for_update()`), so that nobody changes it between the check and the write. SQLite knows no row locks
and lets one writer in at a time: there only the sum in the UPDATE helps, with the check as one of its
conditions; a note of the fix shows which, for two requests may still pass the check together.

Reported are columns of numbers of rows that were loaded. Left out: rows that the function has just made,
sums that it builds anew, rows that are locked, versioned (`version_id_col`) or changed under SERIALIZABLE,
commands and scripts, and text, lists and JSON that are added to.

Flagged:

    from django.db import models
    from django.shortcuts import get_object_or_404, redirect


    class Product(models.Model):
        stock = models.PositiveIntegerField(default=0)
        views = models.IntegerField(default=0)


    def show(request, pk):
        product = get_object_or_404(Product, pk=pk)
        product.views += 1
        product.save(update_fields=["views"])
        return redirect("product", views=product.views)


    def buy(request, pk):
        quantity = int(request.POST["quantity"])
        product = Product.objects.get(pk=pk)
        if product.stock < quantity:
            return redirect("sold-out")
        product.stock -= quantity
        product.save()
        return redirect("thanks")

Fixed:

    from django.db import models, transaction
    from django.shortcuts import get_object_or_404, redirect


    class Product(models.Model):
        stock = models.PositiveIntegerField(default=0)
        views = models.IntegerField(default=0)


    def show(request, pk):
        product = get_object_or_404(Product, pk=pk)
        product.views = models.F("views") + 1
        product.save(update_fields=["views"])
        product.refresh_from_db(fields=["views"])
        return redirect("product", views=product.views)


    def buy(request, pk):
        quantity = int(request.POST["quantity"])
        with transaction.atomic():
            product = Product.objects.select_for_update().get(pk=pk)
            if product.stock < quantity:
                return redirect("sold-out")
            product.stock -= quantity
            product.save()
        return redirect("thanks")

Flagged:

    from fastapi import APIRouter, Depends, HTTPException
    from sqlalchemy import Column, Integer, create_engine
    from sqlalchemy.orm import Session, declarative_base, sessionmaker

    engine = create_engine("postgresql://localhost/shop")
    SessionLocal = sessionmaker(bind=engine)
    Base = declarative_base()
    router = APIRouter()


    class Account(Base):
        __tablename__ = "accounts"

        id = Column(Integer, primary_key=True)
        balance = Column(Integer, nullable=False)


    def get_db():
        with SessionLocal() as db:
            yield db


    @router.post("/accounts/{account_id}/deposit")
    def deposit(account_id: int, amount: int, db: Session = Depends(get_db)):
        account = db.get(Account, account_id)
        account.balance = account.balance + amount
        db.commit()
        return {"balance": account.balance}


    @router.post("/transfer")
    def transfer(source: int, target: int, amount: int, db: Session = Depends(get_db)):
        payer = db.query(Account).filter(Account.id == source).first()
        payee = db.get(Account, target)
        if payer.balance < amount:
            raise HTTPException(status_code=400, detail="Not enough")
        payer.balance -= amount
        payee.balance += amount
        db.commit()
        return {"balance": payer.balance}

Fixed:

    from fastapi import APIRouter, Depends, HTTPException
    from sqlalchemy import Column, Integer, create_engine
    from sqlalchemy.orm import Session, declarative_base, sessionmaker

    engine = create_engine("postgresql://localhost/shop")
    SessionLocal = sessionmaker(bind=engine)
    Base = declarative_base()
    router = APIRouter()


    class Account(Base):
        __tablename__ = "accounts"

        id = Column(Integer, primary_key=True)
        balance = Column(Integer, nullable=False)


    def get_db():
        with SessionLocal() as db:
            yield db


    @router.post("/accounts/{account_id}/deposit")
    def deposit(account_id: int, amount: int, db: Session = Depends(get_db)):
        account = db.get(Account, account_id)
        account.balance = Account.balance + amount
        db.commit()
        return {"balance": account.balance}


    @router.post("/transfer")
    def transfer(source: int, target: int, amount: int, db: Session = Depends(get_db)):
        payer = db.query(Account).filter(Account.id == source).with_for_update().first()
        payee = db.get(Account, target)
        if payer.balance < amount:
            raise HTTPException(status_code=400, detail="Not enough")
        payer.balance -= amount
        payee.balance = Account.balance + amount
        db.commit()
        return {"balance": payer.balance}

Flagged:

    import sqlite3


    def take_out(conn: sqlite3.Connection, till: int, amount: int) -> int:
        cursor = conn.execute("SELECT cash FROM tills WHERE id = ?", (till,))
        left = cursor.fetchone()[0] - amount
        conn.execute("UPDATE tills SET cash = ? WHERE id = ?", (left, till))
        conn.commit()
        return left

Fixed:

    import sqlite3


    def take_out(conn: sqlite3.Connection, till: int, amount: int) -> int:
        cursor = conn.execute("SELECT cash FROM tills WHERE id = ?", (till,))
        left = cursor.fetchone()[0] - amount
        conn.execute("UPDATE tills SET cash = cash - ? WHERE id = ?", (amount, till))
        conn.commit()
        return left

Fine:

    from django.db import models, transaction
    from django.db.models import F


    class Order(models.Model):
        total = models.IntegerField(default=0)
        number = models.IntegerField(default=0)
        note = models.TextField()


    def recount(pk):
        order = Order.objects.get(pk=pk)
        order.total = 0
        for line in order.lines.all():
            order.total += line.price
        order.save()


    def begin(number):
        order = Order(number=number)
        order.number += 1
        order.save()
        return order


    @transaction.atomic
    def raise_total(pk, amount):
        order = Order.objects.select_for_update().get(pk=pk)
        order.total += amount
        order.save()


    def add(pk, amount):
        Order.objects.filter(pk=pk).update(total=F("total") + amount)


    def shown(pk):
        order = Order.objects.get(pk=pk)
        order.total += 5
        return order.total

Fine:

    from dataclasses import dataclass

    from sqlalchemy import Column, Integer, String, create_engine, select, update
    from sqlalchemy.orm import DeclarativeBase, Session

    engine = create_engine("postgresql://localhost/shop")


    class Base(DeclarativeBase):
        pass


    class Product(Base):
        __tablename__ = "products"

        id = Column(Integer, primary_key=True)
        stock = Column(Integer)
        name = Column(String)


    class Seat(Base):
        __tablename__ = "seats"

        id = Column(Integer, primary_key=True)
        taken = Column(Integer)
        version = Column(Integer, nullable=False)
        __mapper_args__ = {"version_id_col": version}


    @dataclass
    class Line:
        stock: int


    def sell(product_id, number):
        with Session(engine) as session:
            product = session.scalars(
                select(Product).where(Product.id == product_id).with_for_update()
            ).one()
            product.stock -= number
            other = session.get(Product, product_id, with_for_update=True)
            other.stock -= number
            product.name += "!"
            seat = session.get(Seat, product_id)
            seat.taken += 1
            session.execute(update(Product).values(stock=Product.stock - number))
            line = Line(3)
            line.stock -= number
            session.commit()

Pattern (django):

    from django.db import transaction


    @transaction.atomic
    def take(model, pk, number):
        row = model.objects.select_for_update().get(pk=pk)
        if row.stock < number:
            raise ValueError("not enough")
        row.stock -= number
        row.save(update_fields=["stock"])

Pattern (sqlalchemy):

    from sqlalchemy import update


    def take(session, model, pk, number):
        taken = session.execute(
            update(model).where(model.id == pk, model.stock >= number).values(stock=model.stock - number)
        )
        if taken.rowcount == 0:
            raise ValueError("not enough")
        session.commit()

Pattern (pymongo):

    def take(products, pk, number):
        taken = products.update_one({"_id": pk, "stock": {"$gte": number}}, {"$inc": {"stock": -number}})
        if taken.modified_count == 0:
            raise ValueError("not enough")

Pattern:

    def take(connection, pk, number):
        taken = connection.execute(
            "UPDATE products SET stock = stock - ? WHERE id = ? AND stock >= ?", (number, pk, number)
        )
        if taken.rowcount == 0:
            raise ValueError("not enough")
        connection.commit()

When to ignore: only one process ever writes the table, or a count that is off by one does no harm.

References:
    https://docs.djangoproject.com/en/stable/ref/models/expressions/#avoiding-race-conditions-using-f
    https://docs.djangoproject.com/en/stable/ref/models/querysets/#select-for-update
    https://docs.sqlalchemy.org/en/20/orm/persistence_techniques.html#embedding-sql-insert-update-expressions-into-a-flush
    https://www.postgresql.org/docs/current/transaction-iso.html
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from harden.checklists.database.read_modify import change_at
from harden.checklists.database.row_locks import is_held
from harden.checklists.database.row_repairs import repair_of
from harden.checklists.database.sql_changes import sql_change
from harden.checklists.database.value_changes import value_change
from harden.checks import Check, Fix
from harden.findings import Finding, Risk, Severity
from harden.module import Module
from harden.roles import FileKind, Role

check = Check(
    id="lost-update",
    title="Read, changed and written back",
    severity=Severity.HIGH,
    fix=Fix("harden.codemods.atomic_updates:ChangeInDatabase", Risk.REVIEW),
    words=(
        "ession",
        ".save(",
        "asave(",
        "objects",
        ".query",
        "execute",
        "update_",
        "Column",
        "models.",
        "db.",
    ),
    kinds=frozenset({FileKind.APP}),
)

_WRITES = frozenset({"execute", "update", "values", "update_one", "find_one_and_update"})


@check.node(ast.AugAssign)
@check.node(ast.Assign)
def changed(module: Module, node: ast.AST) -> Iterator[Finding]:
    """Flag columns of rows that were loaded, changed in Python and are written back."""
    change = change_at(module, node) if isinstance(node, ast.Assign | ast.AugAssign) else None
    if change is None or _is_command(module, node) or is_held(change):
        return
    repair = repair_of(change)
    message = f"{change.said} is read and written back: a change made in between is lost"
    yield check.found(module, node, message, facts=repair.facts, why_not=repair.why_not)


@check.node(ast.Call)
def written(module: Module, node: ast.AST) -> Iterator[Finding]:
    """Flag an UPDATE that is given a value worked out from what was read before."""
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
        return
    if node.func.attr not in _WRITES or not (node.args or node.keywords):
        return
    found = sql_change(module, node) if node.func.attr == "execute" else value_change(module, node)
    if found is not None and not _is_command(module, node):
        message = f"{found.column} is read and written back: a change made in between is lost"
        yield check.found(module, node, message, facts=found.facts, why_not=found.why_not)


def _is_command(module: Module, node: ast.AST) -> bool:
    return module.role(node) is Role.CLI or module.in_main_guard(node)
