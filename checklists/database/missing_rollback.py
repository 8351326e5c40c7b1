"""One failed write breaks all that come after it.

When a statement fails, its transaction stays open until somebody ends it. A session of SQLAlchemy then
answers every later call with `PendingRollbackError`; a connection goes on holding its locks, so that other
writers wait until they give up ("database is locked", "current transaction is aborted"), or the next commit
keeps the half that had worked. A session that a dependency forgets to close never goes back to the pool,
which is empty after a few failures. So end it on every way out: a `with` block, `rollback()` where the
error is caught, `close()` in a `finally`, which rolls back too.

Reported are commits through a session or connection that lives on (at module level, in an object) or that is
closed only where all goes well, errors that are caught without a rollback while the session is used again,
and dependencies that close behind a bare `yield`. Left out: sessions that a framework ends with each request
(Flask-SQLAlchemy removes its own, a `finally` in the dependency closes it) unless they are used again in the
same request, what a caller passes in and gets the error of, and connections that are never closed at all
(`resource-leak`).

Flagged:

    from sqlalchemy import create_engine
    from sqlalchemy.orm import sessionmaker

    SessionLocal = sessionmaker(bind=create_engine("postgresql://localhost/shop"))


    def get_db():
        db = SessionLocal()
        yield db
        db.close()

Fixed:

    from sqlalchemy import create_engine
    from sqlalchemy.orm import sessionmaker

    SessionLocal = sessionmaker(bind=create_engine("postgresql://localhost/shop"))


    def get_db():
        db = SessionLocal()
        try:
            yield db
        finally:
            db.close()

Flagged:

    import psycopg2

    conn = psycopg2.connect("dbname=shop", connect_timeout=5)


    def add(name: str, price: int) -> None:
        cursor = conn.cursor()
        cursor.execute("INSERT INTO products (name, price) VALUES (%s, %s)", (name, price))
        conn.commit()

Fixed:

    import psycopg2

    conn = psycopg2.connect("dbname=shop", connect_timeout=5)


    def add(name: str, price: int) -> None:
        cursor = conn.cursor()
        try:
            cursor.execute("INSERT INTO products (name, price) VALUES (%s, %s)", (name, price))
            conn.commit()
        except Exception:
            conn.rollback()
            raise

Flagged:

    import sqlite3


    def add(name: str, price: int) -> None:
        conn = sqlite3.connect("shop.db", timeout=5)
        cursor = conn.cursor()
        cursor.execute("INSERT INTO products (name, price) VALUES (?, ?)", (name, price))
        conn.commit()
        conn.close()

Fixed:

    import sqlite3


    def add(name: str, price: int) -> None:
        conn = sqlite3.connect("shop.db", timeout=5)
        try:
            cursor = conn.cursor()
            cursor.execute("INSERT INTO products (name, price) VALUES (?, ?)", (name, price))
            conn.commit()
        finally:
            conn.close()

Flagged:

    import logging

    from sqlalchemy.exc import IntegrityError
    from sqlalchemy.orm import Session


    def store(session: Session, rows) -> int:
        stored = 0
        for row in rows:
            session.add(row)
            try:
                session.commit()
            except IntegrityError:
                logging.warning("%s is there already", row)
            else:
                stored += 1
        return stored

Fixed:

    import logging

    from sqlalchemy.exc import IntegrityError
    from sqlalchemy.orm import Session


    def store(session: Session, rows) -> int:
        stored = 0
        for row in rows:
            session.add(row)
            try:
                session.commit()
            except IntegrityError:
                session.rollback()
                logging.warning("%s is there already", row)
            else:
                stored += 1
        return stored

Fine:

    import contextlib
    import sqlite3

    from fastapi import APIRouter, Depends
    from sqlalchemy import create_engine
    from sqlalchemy.exc import IntegrityError
    from sqlalchemy.orm import Session, sessionmaker

    router = APIRouter()
    SessionLocal = sessionmaker(bind=create_engine("postgresql://localhost/shop"))


    def get_db():
        db = SessionLocal()
        try:
            yield db
        finally:
            db.close()


    def get_other():
        with SessionLocal() as db:
            yield db


    @router.post("/items")
    def add(item: dict, db: Session = Depends(get_db)):
        db.add(item)
        try:
            db.commit()
        except IntegrityError:
            return {"error": "exists"}
        return item


    def keep(row):
        with SessionLocal() as session:
            session.add(row)
            session.commit()


    def keep_safe(row):
        session = SessionLocal()
        try:
            session.add(row)
            session.commit()
        except Exception:
            session.rollback()
            raise
        finally:
            session.close()


    def count(row):
        with contextlib.closing(sqlite3.connect("shop.db", timeout=5)) as conn:
            conn.execute("INSERT INTO counts VALUES (?)", (row,))
            conn.commit()


    def write(conn: sqlite3.Connection, row):
        conn.execute("INSERT INTO counts VALUES (?)", (row,))
        conn.commit()

Fine:

    from flask import Flask, request
    from flask_sqlalchemy import SQLAlchemy
    from sqlalchemy.exc import IntegrityError

    app = Flask(__name__)
    db = SQLAlchemy(app)


    class User(db.Model):
        id = db.Column(db.Integer, primary_key=True)
        name = db.Column(db.String(80), unique=True)


    @app.post("/users")
    def register():
        db.session.add(User(name=request.form["name"]))
        try:
            db.session.commit()
        except IntegrityError:
            return "taken", 409
        return "done"

Pattern (sqlalchemy):

    from contextlib import contextmanager


    @contextmanager
    def session_scope(factory):
        with factory() as session, session.begin():
            yield session

Pattern:

    from contextlib import closing


    def write(connect, statement, values):
        with closing(connect()) as connection, connection:
            connection.execute(statement, values)

When to ignore: the program ends at the first error.

References:
    https://docs.sqlalchemy.org/en/20/orm/session_basics.html#framing-out-a-begin-commit-rollback-block
    https://docs.sqlalchemy.org/en/20/errors.html#error-7s2a
    https://fastapi.tiangolo.com/tutorial/dependencies/dependencies-with-yield/
    https://www.psycopg.org/docs/usage.html#transactions-control
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from harden.checklists.database.open_failures import failures
from harden.checks import Check, Fix
from harden.findings import Finding, Risk, Severity
from harden.module import Module
from harden.roles import FileKind
from harden.tree import FunctionNode

check = Check(
    id="missing-rollback",
    title="A failed transaction that stays open",
    severity=Severity.HIGH,
    fix=Fix("harden.codemods.rollbacks:RollBack", Risk.REVIEW),
    words=("commit(", "yield", "ession", "connect"),
    kinds=frozenset({FileKind.APP}),
)


@check.node(ast.FunctionDef, ast.AsyncFunctionDef)
def stays_open(module: Module, node: ast.AST) -> Iterator[Finding]:
    """Flag what a function leaves open when one of its writes fails."""
    for failure in failures(module, node) if isinstance(node, FunctionNode) else ():
        yield check.found(module, failure.node, failure.message, facts=failure.facts, why_not=failure.why_not)
