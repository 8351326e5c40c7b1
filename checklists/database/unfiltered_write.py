"""An UPDATE or DELETE without a condition hits every row of the table, whoever asked for it.

The handler that should remove one user's entries removes everybody's; the price of one product becomes that
of all. Nothing warns, the statement is fast on test data, and only a backup brings the rows back. On a
large table it also locks every row until it is done. It is often a condition that was forgotten, or one
that a refactoring lost. Looked at are SQL that is written out, queries of SQLAlchemy, SQLModel, Django,
MongoEngine and Peewee, and `delete_many({})` of MongoDB. Left out are scripts, commands, tests and
migrations, and functions whose name says that they empty or reset something, as long as no request handler
calls them; also tables of a cache or of work in progress, and updates of many rows by their keys. A handler
that is meant to remove everything should ask for more than a request: a role, a confirmation, a soft
delete, or a job that works in batches.

Flagged:

    from flask import Blueprint
    from flask_login import current_user, login_required

    from app.models import Expense, db

    bp = Blueprint("expenses", __name__)


    @bp.post("/expenses/clear")
    @login_required
    def clear():
        Expense.query.delete()
        db.session.commit()
        return "", 204

Fixed:

    from flask import Blueprint
    from flask_login import current_user, login_required

    from app.models import Expense, db

    bp = Blueprint("expenses", __name__)


    @bp.post("/expenses/clear")
    @login_required
    def clear():
        Expense.query.filter_by(user_id=current_user.id).delete()
        db.session.commit()
        return "", 204

Flagged (shop/views.py):

    from django.db import models
    from django.http import JsonResponse


    class Product(models.Model):
        price = models.IntegerField()


    def set_price(request, pk):
        Product.objects.update(price=request.POST["price"])
        return JsonResponse({"ok": True})

Fixed (shop/views.py):

    from django.db import models
    from django.http import JsonResponse


    class Product(models.Model):
        price = models.IntegerField()


    def set_price(request, pk):
        Product.objects.filter(pk=pk).update(price=request.POST["price"])
        return JsonResponse({"ok": True})

Flagged (app/service.py):

    from sqlalchemy import delete, text, update

    from app.models import Session


    def log_out(db, user_id):
        db.execute(delete(Session))
        db.execute(update(Session).values(ended=True))
        db.execute(text("UPDATE users SET token = NULL"))

Fixed (app/service.py):

    from sqlalchemy import delete, text, update

    from app.models import Session


    def log_out(db, user_id):
        db.execute(delete(Session).where(Session.user_id == user_id))
        db.execute(update(Session).where(Session.user_id == user_id).values(ended=True))
        db.execute(text("UPDATE users SET token = NULL WHERE id = :id"), {"id": user_id})

Flagged (app/mongo.py):

    from pymongo import MongoClient

    db = MongoClient().shop


    def forget(email):
        db.orders.delete_many({})

Fixed (app/mongo.py):

    from pymongo import MongoClient

    db = MongoClient().shop


    def forget(email):
        db.orders.delete_many({"email": email})

Fine:

    import sqlite3

    from sqlalchemy import delete, update

    from app.models import Cart, CartCache, Item


    def forget(db, session, ids, user_id):
        query = session.query(Item)
        if ids:
            query = query.filter(Item.id.in_(ids))
        else:
            query = query.filter_by(owner_id=user_id)
        query.delete()
        statement = delete(Cart)
        statement = statement.where(Cart.user_id == user_id)
        session.execute(statement)
        session.execute(update(Item), [{"id": 1, "name": "a"}])
        db.execute("DELETE FROM items WHERE id = ?", (1,))
        db.execute("DELETE FROM carts ORDER BY made_at LIMIT 10")
        db.execute("INSERT INTO items VALUES ('x') ON CONFLICT (name) DO UPDATE SET name = excluded.name")
        db.execute("DELETE FROM session_cache")
        {}.update(a=1)
        session.delete(session.get(Item, 1))


    def reset_database(session):
        session.query(Item).delete()


    def main():
        connection = sqlite3.connect("local.db")
        connection.execute("DELETE FROM items")


    if __name__ == "__main__":
        main()

Fine (shop/management/commands/wipe.py):

    from django.core.management.base import BaseCommand

    from shop.models import Item


    class Command(BaseCommand):
        def handle(self, *args, **options):
            Item.objects.all().delete()

When to ignore: the table holds nothing that is missed, and few rows.

References: https://docs.djangoproject.com/en/stable/topics/db/queries/#deleting-objects
https://docs.sqlalchemy.org/en/20/orm/queryguide/dml.html
https://www.postgresql.org/docs/current/sql-delete.html
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from harden.checklists.database.reach import is_reached_by_handler
from harden.checklists.database.whole_tables import Write, statement_without_condition, writes_in
from harden.checks import Check
from harden.findings import Finding, Severity
from harden.guards import guards_of
from harden.module import Module
from harden.roles import FileKind, Role
from harden.words import words_of

check = Check(
    id="unfiltered-write",
    title="Write to every row of a table",
    severity=Severity.HIGH,
    words=("delete", "DELETE", "update", "UPDATE", "TRUNCATE", "truncate"),
    kinds=frozenset({FileKind.APP}),
)

_MEANT = frozenset(
    {
        "reset",
        "clear",
        "clean",
        "cleanup",
        "purge",
        "wipe",
        "truncate",
        "flush",
        "empty",
        "reindex",
        "rebuild",
    }
    | {"seed", "init", "initialize", "setup", "teardown", "drop", "prune", "populate", "bootstrap", "demo"}
    | {"fixture", "fixtures", "regenerate", "recreate", "reload", "resync", "migrate"}
)
_HOMES = ("sqlalchemy", "sqlalchemy.sql", "sqlalchemy.sql.expression", "sqlmodel")
_STAFF = re.compile(r"(?i)admin|staff|superuser|owner|role|permission")
_PASSING = frozenset(
    {"cache", "caches", "cached", "temp", "tmp", "temporary", "staging", "stage", "lock", "locks", "scratch"}
    | {"buffer", "snapshot", "settings", "setting", "config"}
)


@check.module
def whole_tables(module: Module) -> Iterator[Finding]:
    """Flag queries and SQL without a condition."""
    for write in writes_in(module):
        yield from _judged(module, write)


@check.call(*(f"{home}.{name}" for home in _HOMES for name in ("delete", "update")))
def statements(module: Module, call: ast.Call, path: str) -> Iterator[Finding]:
    """Flag `delete(Model)` and `update(Model).values(…)` without a condition."""
    if (write := statement_without_condition(module, call, path)) is not None:
        yield from _judged(module, write)


def _judged(module: Module, write: Write) -> Iterator[Finding]:
    """Report a write by what comes to it; a person who starts a command knows what it does."""
    role = module.role(write.place)
    if role in (Role.CLI, Role.TEST) or module.in_main_guard(write.place) or module.imports("alembic"):
        return
    if role is Role.HANDLER:
        if _is_guarded(module, write):
            return
    elif _is_meant(module, write):
        return
    severity = Severity.HIGH if role in (Role.HANDLER, Role.TASK) else Severity.MEDIUM
    message = f"every row of {write.table} is {write.done}: the statement has no condition"
    yield check.found(module, write.place, message, severity=severity)


def _is_guarded(module: Module, write: Write) -> bool:
    """Tell whether a handler says that it empties something, and lets only administrators in."""
    function = module.function(write.place)
    if function is None or _MEANT.isdisjoint(words_of(function.name)):
        return False
    return any(_STAFF.search(guard.name) for guard in guards_of(module, function))


def _is_meant(module: Module, write: Write) -> bool:
    """Tell whether a function says that it works on the whole table, or the table is one that passes."""
    if not _PASSING.isdisjoint(words_of(write.table)):
        return True
    function = module.function(write.place)
    if function is None:
        return module.has_main_guard
    if "/management/commands/" in f"/{module.path}":
        return True
    owner = module.owner(function)
    said = {*words_of(function.name), *(words_of(owner.name) if owner is not None else ())}
    alone = function.name == "main" or not _MEANT.isdisjoint(said) or "all" in said
    return alone and not is_reached_by_handler(module, function)
