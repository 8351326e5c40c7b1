"""A query in each turn of a loop takes as many round trips as the loop has turns.

Each one waits for the network and for the database to parse, plan and answer: a hundred lookups of half a
millisecond each are one request's whole budget, and the connection is taken from the others meanwhile. One
question for all of them costs little more than one for a single row.
Looked at are lookups and writes that ask for something else in each turn, through sessions, cursors, models
and collections, also in a short function that is called in each turn and returns what it found, in a method
of a model that is used for each row of a list, and in a field of a serializer. One loop is reported once, at
its first query. Not reported: loops of a fixed number of turns, batches, pages, retries,
searches that end with `break`, what is only asked for where it is not known yet, what waits for messages,
`while` loops, and data that is put in once. A loop that also commits in each turn is reported for that.

Flagged:

    from flask import Flask, jsonify
    from flask_sqlalchemy import SQLAlchemy

    app = Flask(__name__)
    db = SQLAlchemy(app)


    class Product(db.Model):
        id = db.Column(db.Integer, primary_key=True)
        price = db.Column(db.Numeric(10, 2))


    def total(cart):
        total = 0
        for product_id, quantity in cart.items():
            product = db.session.get(Product, product_id)
            total += product.price * quantity
        return total

Fixed:

    from flask import Flask, jsonify
    from flask_sqlalchemy import SQLAlchemy

    app = Flask(__name__)
    db = SQLAlchemy(app)


    class Product(db.Model):
        id = db.Column(db.Integer, primary_key=True)
        price = db.Column(db.Numeric(10, 2))


    def total(cart):
        found = Product.query.filter(Product.id.in_(cart)).all()
        products = {product.id: product for product in found}
        total = 0
        for product_id, quantity in cart.items():
            total += products[product_id].price * quantity
        return total

Flagged:

    import sqlite3


    def user_of(connection: sqlite3.Connection, user_id: int):
        query = "SELECT name FROM users WHERE id = ?"
        return connection.execute(query, (user_id,)).fetchone()


    def report(orders):
        connection = sqlite3.connect("shop.db")
        return [(order["id"], user_of(connection, order["user_id"])) for order in orders]

Fixed:

    import sqlite3


    def report(orders):
        connection = sqlite3.connect("shop.db")
        ids = [order["user_id"] for order in orders]
        marks = ", ".join("?" * len(ids))
        rows = connection.execute(f"SELECT id, name FROM users WHERE id IN ({marks})", ids)
        names = dict(rows)
        return [(order["id"], names.get(order["user_id"])) for order in orders]

Flagged (shop/imports.py):

    from django.db import models


    class Item(models.Model):
        name = models.TextField()


    def take_in(lines):
        for line in lines:
            Item.objects.create(name=line.strip())

Fixed (shop/imports.py):

    from django.db import models


    class Item(models.Model):
        name = models.TextField()


    def take_in(lines):
        Item.objects.bulk_create([Item(name=line.strip()) for line in lines], batch_size=500)

Flagged:

    import psycopg


    def store(connection: psycopg.Connection, readings):
        with connection.cursor() as cursor:
            for reading in readings:
                cursor.execute("INSERT INTO readings (at, value) VALUES (%s, %s)", reading)

Fixed:

    import psycopg


    def store(connection: psycopg.Connection, readings):
        with connection.cursor() as cursor:
            cursor.executemany("INSERT INTO readings (at, value) VALUES (%s, %s)", readings)

Fine:

    import sqlite3

    TABLES = ("users", "orders")


    def fine(connection: sqlite3.Connection, ids: list[int], schema: str):
        counts = {table: connection.execute(f"SELECT COUNT(*) FROM {table}").fetchone() for table in TABLES}
        for statement in schema.split(";"):
            connection.execute(statement)
        for day in range(7):
            connection.execute("SELECT COUNT(*) FROM orders WHERE day = ?", (day,))
        for start in range(0, len(ids), 500):
            part = ids[start : start + 500]
            marks = ", ".join("?" * len(part))
            connection.execute(f"SELECT name FROM users WHERE id IN ({marks})", part)
        names: dict[int, str] = {}
        for user_id in ids:
            if user_id not in names:
                names[user_id] = connection.execute("SELECT name FROM users WHERE id = ?", (user_id,))
        for attempt in range(len(ids)):
            connection.execute("UPDATE tries SET number = ?", (attempt,))
        for row in connection.execute("SELECT id, name FROM users"):
            names[row[0]] = row[1].strip()
        return counts, names


    def free_name(connection: sqlite3.Connection, wanted):
        for name in wanted:
            if not connection.execute("SELECT 1 FROM users WHERE name = ?", (name,)).fetchone():
                break
        return name

Pattern (django):

    from shop.models import Product


    def prices(ids):
        found = Product.objects.in_bulk(ids)
        return [found[key].price for key in ids]


    def store(lines):
        Product.objects.bulk_create([Product(name=line) for line in lines], batch_size=500)

Pattern (sqlalchemy, sqlmodel, flask_sqlalchemy):

    from sqlalchemy import insert, select

    from app.models import Product


    def prices(session, ids):
        rows = session.scalars(select(Product).where(Product.id.in_(ids)))
        found = {product.id: product for product in rows}
        return [found[key].price for key in ids]


    def store(session, lines):
        session.execute(insert(Product), [{"name": line} for line in lines])

Pattern (pymongo, motor):

    def prices(products, ids):
        found = {row["_id"]: row for row in products.find({"_id": {"$in": ids}})}
        return [found[key]["price"] for key in ids]


    def store(products, lines):
        products.insert_many([{"name": line} for line in lines])

When to ignore: the loop has few turns by its nature, or each turn must see what the one before has written.

References: https://docs.djangoproject.com/en/stable/ref/models/querysets/#bulk-create
https://docs.sqlalchemy.org/en/20/orm/queryguide/dml.html
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from harden.checklists.database.asked import PACKAGES, Asked, asked_by, looked_up_by
from harden.checklists.database.loops import Loop, loops_in
from harden.checklists.database.per_row import questions_per_row
from harden.checklists.database.row_readers import run_per_row
from harden.checklists.taint import place
from harden.checks import Check
from harden.findings import Finding, Severity
from harden.module import Module

check = Check(id="query-in-loop", title="Query in a loop", severity=Severity.MEDIUM, words=("for ", "self"))

_ONCE = re.compile(r"(?i)(^|_)(seed|seeds|migrate|populate|backfill|fixtures?|demo)(_|$)")


@check.module
def loops(module: Module) -> Iterator[Finding]:
    """Flag the first query of a loop that asks for something else in every turn."""
    if module.imports("alembic") or module.project.imported.isdisjoint(PACKAGES):
        return
    told: set[ast.AST] = set()
    for loop in loops_in(module):
        function = module.function(loop.node)
        if _ONCE.search(PurePosixPath(module.path).stem) or (function and _ONCE.search(function.name)):
            continue
        found = _first(module, loop)
        if found is not None and found[0].call not in told:
            told.add(found[0].call)
            asked, at, steps = found
            yield check.found(module, at, _message(loop, asked), steps=steps)


@check.node(ast.ClassDef)
def methods(module: Module, owner: ast.AST) -> Iterator[Finding]:
    """Flag methods of models and serializers that ask for something of their row, where lists call them."""
    if not isinstance(owner, ast.ClassDef) or not owner.bases or module.imports("alembic"):
        return
    if module.project.imported.isdisjoint(PACKAGES):
        return
    for function, call, row in questions_per_row(module, owner):
        used = run_per_row(module, owner, function) if row == "self" else f"{module.path}:{owner.lineno}"
        if used:
            message = f"{function.name} asks with a query of its own for each row of a list"
            yield check.found(module, call, message, steps=(f"{used} gives the rows",))


def _first(module: Module, loop: Loop) -> tuple[Asked, ast.Call, tuple[str, ...]] | None:
    """Return the first question of a loop's own turns, where it stands, and the way to it."""
    for call in loop.calls:
        if not loop.is_led(call):
            continue
        asked = asked_by(module, call)
        if asked is not None:
            if not asked.batch and not (asked.writes and loop.commits):
                return asked, call, ()
            continue
        helper = looked_up_by(module, call)
        if helper is not None:
            source, inner = helper
            steps = (place(module, call, "calls it"), place(source, inner.call, "asks the database"))
            return inner, call, steps
    return None


def _message(loop: Loop, asked: Asked) -> str:
    what = "write" if asked.writes else "query"
    return f"a {what} of its own for each {loop.item}"
