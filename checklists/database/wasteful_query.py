"""A query brings rows to the program that only wants their number, or to know whether there is one.

Every row crosses the network and becomes an object, to be thrown away: what takes a millisecond with a
hundred rows takes seconds and the memory of the process with a million. Counting all of them to learn whether
there is one reads them all, too, where the first would do.
Looked at are `len(…)` of a query, of the list that it is fetched into and of `fetchall()`, a comparison of
`count()` with nothing, a query for rows as a condition, and an order by chance, for which the database reads
and sorts the whole table. Not reported: rows that are also looped over, returned or passed on, as they are
fetched anyway; groups and distinct values; locks; counts that are compared with other numbers.
The fix asks with `count()`, `exists()` (SQLAlchemy: `first()`). An order by chance, and rows of a join that
SQLAlchemy gives once but counts several times, are left to a person, and so are lists, SQL and MongoDB.

Flagged:

    from flask_sqlalchemy import SQLAlchemy

    db = SQLAlchemy()


    class User(db.Model):
        id = db.Column(db.Integer, primary_key=True)
        email = db.Column(db.String(80))


    def numbers(email):
        total = len(User.query.all())
        if db.session.query(User).filter_by(email=email).count() > 0:
            return total, "taken"
        return total, "free" if not User.query.filter_by(email=email.lower()).all() else "alike"

Fixed:

    from flask_sqlalchemy import SQLAlchemy

    db = SQLAlchemy()


    class User(db.Model):
        id = db.Column(db.Integer, primary_key=True)
        email = db.Column(db.String(80))


    def numbers(email):
        total = User.query.count()
        if db.session.query(User).filter_by(email=email).first() is not None:
            return total, "taken"
        return total, "free" if User.query.filter_by(
            email=email.lower()
        ).first() is None else "alike"

Flagged (shop/views.py):

    from django.db import models


    class Order(models.Model):
        status = models.TextField()


    def numbers():
        late = Order.objects.filter(status="late")
        if Order.objects.filter(status="new"):
            return len(late)
        return Order.objects.count() == 0

Fixed (shop/views.py):

    from django.db import models


    class Order(models.Model):
        status = models.TextField()


    def numbers():
        late = Order.objects.filter(status="late")
        if Order.objects.filter(status="new").exists():
            return late.count()
        return not Order.objects.exists()

Fine (shop/views.py):

    from django.db import models


    class Order(models.Model):
        status = models.TextField()


    def fine(names):
        late = Order.objects.filter(status="late")
        print(len(late), [order.status for order in late])
        if Order.objects.count() > 3 and Order.objects.filter(status="new").exists():
            return len(names), late.count()
        locked = Order.objects.select_for_update().filter(status="new")
        return len(locked), Order.objects.order_by("status").first(), names.count("x") > 0

Fine:

    from sqlalchemy import func, select
    from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column


    class Base(DeclarativeBase):
        pass


    class User(Base):
        __tablename__ = "users"
        id: Mapped[int] = mapped_column(primary_key=True)


    def fine(session: Session):
        users = session.query(User).all()
        number = session.scalar(select(func.count()).select_from(User))
        if session.query(User).first() is not None and session.query(User).count() > 10:
            return len(users), [user.id for user in users], number
        return users

When to ignore: the table is small by its nature.

References: https://docs.djangoproject.com/en/stable/topics/db/optimization/
https://docs.sqlalchemy.org/en/20/orm/queryguide/query.html
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from harden.checklists.database.asked import PACKAGES
from harden.checklists.database.counted import fetched_for_number
from harden.checklists.database.emptiness import Wanted, wanted_by
from harden.checks import Check, Fix
from harden.findings import Finding, Risk, Severity
from harden.module import Module

check = Check(
    id="wasteful-query",
    title="Query for more than is needed",
    severity=Severity.LOW,
    fix=Fix("harden.codemods.short_queries:AskLess", Risk.AUTO),
    words=("objects", ".query", "select(", "random", "order_by", ".count(", "fetchall", ".find("),
)

_MESSAGES = {
    Wanted.NUMBER: "all rows are fetched only to be counted",
    Wanted.ANY: "all rows are counted to learn whether there is one",
    Wanted.TEST: "all rows are fetched to learn whether there is one",
    Wanted.RANDOM: "the whole table is read and sorted to pick rows at random",
}


@check.module
def questions(module: Module) -> Iterator[Finding]:
    """Flag queries whose rows are only counted or tested for, and orders by chance."""
    if module.project.imported.isdisjoint(PACKAGES):
        return
    for call in module.nodes(ast.Call):
        wanted = wanted_by(module, call) or fetched_for_number(module, call)
        if wanted is not None:
            yield check.found(
                module,
                wanted.node,
                _MESSAGES[wanted.what],
                facts={} if wanted.why_not else wanted.facts,
                why_not=wanted.why_not,
            )
