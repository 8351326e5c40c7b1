"""A thousand rows cost a thousand transactions.

Each commit waits until the database has the change on disk: some milliseconds, for each row. An import of
10,000 rows takes a minute instead of a second, holds its worker all the while, and when row 7,000 is bad it
leaves 6,999 behind, which the next try meets again. Write all rows in one transaction and commit once after
the loop, or in batches of some hundreds; with Django collect them for `bulk_create()` or `bulk_update()`.

Left out: commits that are meant to be lasting at each turn (something is sent, called or waited for in the
same turn, an error is caught for each row, a `while` loop of a worker), batches (`if len(batch) == 500`),
retries, loops over a few fixed values, and loops that leave with the first commit.

Flagged:

    from sqlalchemy.orm import Session


    def load(db: Session, rows):
        for row in rows:
            db.add(row)
            db.commit()
        return len(rows)

Fixed:

    from sqlalchemy.orm import Session


    def load(db: Session, rows):
        for row in rows:
            db.add(row)
        db.commit()
        return len(rows)

Flagged:

    import sqlite3


    def load(conn: sqlite3.Connection, rows):
        for number, name in rows:
            conn.execute("INSERT INTO items (number, name) VALUES (?, ?)", (number, name))
            conn.commit()

Fixed:

    import sqlite3


    def load(conn: sqlite3.Connection, rows):
        for number, name in rows:
            conn.execute("INSERT INTO items (number, name) VALUES (?, ?)", (number, name))
        conn.commit()

Flagged:

    from django.db import models


    class Item(models.Model):
        number = models.IntegerField()
        name = models.TextField()


    def load(rows):
        for row in rows:
            Item.objects.create(number=row["number"], name=row["name"])


    def mark(items):
        for item in Item.objects.filter(pk__in=items):
            item.name = item.name.strip()
            item.save()

Fixed:

    from django.db import models, transaction


    class Item(models.Model):
        number = models.IntegerField()
        name = models.TextField()


    def load(rows):
        with transaction.atomic():
            for row in rows:
                Item.objects.create(number=row["number"], name=row["name"])


    def mark(items):
        with transaction.atomic():
            for item in Item.objects.filter(pk__in=items):
                item.name = item.name.strip()
                item.save()

Fine:

    import time

    import requests
    from sqlalchemy.exc import IntegrityError
    from sqlalchemy.orm import Session


    def load(db: Session, rows):
        for row in rows:
            db.add(row)
        db.commit()


    def batches(db: Session, rows):
        for number, row in enumerate(rows, start=1):
            db.add(row)
            if number % 500 == 0:
                db.commit()
        db.commit()


    def deliver(db: Session, mails):
        for mail in mails:
            requests.post("https://mail.example.com", json=mail.body, timeout=5)
            mail.sent = True
            db.commit()


    def each(db: Session, rows):
        for row in rows:
            try:
                db.add(row)
                db.commit()
            except IntegrityError:
                db.rollback()


    def work(db: Session, queue):
        while True:
            db.add(queue.get())
            db.commit()
            time.sleep(1)


    def stubborn(db: Session, row):
        for _ in range(3):
            db.add(row)
            db.commit()
            return

Pattern (django):

    def load(model, rows):
        model.objects.bulk_create([model(**row) for row in rows], batch_size=500)

Pattern (sqlalchemy):

    def load(session, model, rows):
        session.add_all(model(**row) for row in rows)
        session.commit()

Pattern:

    def load(connection, rows):
        with connection:
            connection.executemany("INSERT INTO items (number, name) VALUES (?, ?)", rows)

When to ignore: a turn takes long, and what it did must survive whatever comes after it.

References:
    https://docs.sqlalchemy.org/en/20/orm/queryguide/dml.html
    https://docs.djangoproject.com/en/stable/topics/db/optimization/#create-in-bulk
    https://www.sqlite.org/faq.html#q19
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from harden.checklists.database.loop_commits import repeated_commit, repeated_save
from harden.checks import Check, Fix
from harden.findings import Finding, Risk, Severity
from harden.module import Module
from harden.roles import FileKind, Role

check = Check(
    id="commit-in-loop",
    title="Committed row by row",
    severity=Severity.MEDIUM,
    fix=Fix("harden.codemods.transactions:CommitAfter", Risk.REVIEW),
    words=("commit(", ".save(", ".create(", "asave(", "acreate("),
    kinds=frozenset({FileKind.APP, FileKind.SCRIPT}),
)

_METHODS = frozenset({"commit", "save", "create", "asave", "acreate"})


@check.node(ast.Call)
def row_by_row(module: Module, node: ast.AST) -> Iterator[Finding]:
    """Flag a commit, or a write that is committed at once, in a loop over rows."""
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
        return
    if node.func.attr not in _METHODS or module.role(node) is Role.TEST or module.imports("alembic"):
        return
    found = repeated_commit(module, node) if node.func.attr == "commit" else repeated_save(module, node)
    if found is not None:
        yield check.found(module, node, found.message, facts=found.facts, why_not=found.why_not)
