"""One session or connection for everybody mixes up their work.

A session of SQLAlchemy and a connection or cursor of a driver belong to one thread and one transaction at a
time. One that is made when the module is loaded is used by all requests at once: one request commits what
another has half done or rolls it back, rows come to the wrong caller, and drivers raise "cannot operate on a
closed cursor", "commands out of sync" or crash. `check_same_thread=False` only takes away the warning. When
the server drops the connection, every request fails until the process is restarted. Make one for each request
(a dependency, `flask.g`, a `with` block), from an engine, a pool or a `sessionmaker`, which are made to be
shared; `scoped_session` hands each thread its own.

Reported are sessions, connections and cursors that are made at module level, kept by an object that a
module makes, or returned by a cached function, in projects that answer requests or run tasks. Left out:
engines, pools, factories and scoped sessions, the clients of MongoDB and Redis, scripts, and what only the
code at module level uses.

Flagged:

    import sqlite3

    from flask import Flask, jsonify

    app = Flask(__name__)
    conn = sqlite3.connect("shop.db", check_same_thread=False)


    @app.route("/products")
    def products():
        rows = conn.execute("SELECT name FROM products LIMIT 50").fetchall()
        return jsonify([name for (name,) in rows])

Fixed:

    import sqlite3

    from flask import Flask, g, jsonify

    app = Flask(__name__)


    def connection():
        if "conn" not in g:
            g.conn = sqlite3.connect("shop.db")
        return g.conn


    @app.teardown_appcontext
    def close_connection(error):
        conn = g.pop("conn", None)
        if conn is not None:
            conn.close()


    @app.route("/products")
    def products():
        rows = connection().execute("SELECT name FROM products LIMIT 50").fetchall()
        return jsonify([name for (name,) in rows])

Flagged:

    from fastapi import FastAPI
    from sqlalchemy import create_engine, text
    from sqlalchemy.orm import sessionmaker

    app = FastAPI()
    engine = create_engine("postgresql://localhost/shop")
    session = sessionmaker(bind=engine)()


    @app.get("/products/count")
    def count():
        return session.execute(text("SELECT count(*) FROM products")).scalar()

Fixed:

    from fastapi import FastAPI
    from sqlalchemy import create_engine, text
    from sqlalchemy.orm import sessionmaker

    app = FastAPI()
    engine = create_engine("postgresql://localhost/shop")
    SessionLocal = sessionmaker(bind=engine)


    @app.get("/products/count")
    def count():
        with SessionLocal() as session:
            return session.execute(text("SELECT count(*) FROM products")).scalar()

Fine:

    import sqlite3

    from fastapi import Depends, FastAPI
    from pymongo import MongoClient
    from sqlalchemy import create_engine
    from sqlalchemy.orm import Session, scoped_session, sessionmaker

    app = FastAPI()
    client = MongoClient("mongodb://localhost")
    engine = create_engine("postgresql://localhost/shop")
    SessionLocal = sessionmaker(bind=engine)
    db_session = scoped_session(SessionLocal)
    setup = sqlite3.connect("shop.db")
    setup.execute("CREATE TABLE IF NOT EXISTS products (name)")
    setup.close()


    def get_db():
        with SessionLocal() as session:
            yield session


    @app.get("/products")
    def products(db: Session = Depends(get_db)):
        db_session.rollback()
        conn = sqlite3.connect("shop.db", timeout=5)
        return conn.execute("SELECT name FROM products LIMIT 50").fetchall()

Fine (scripts/load.py):

    import sqlite3

    conn = sqlite3.connect("shop.db")


    def load(rows):
        conn.executemany("INSERT INTO products VALUES (?)", rows)
        conn.commit()

Pattern (flask):

    import sqlite3

    from flask import current_app, g


    def connection():
        if "conn" not in g:
            g.conn = sqlite3.connect(current_app.config["DATABASE"])
        return g.conn


    def close_connection(error=None):
        conn = g.pop("conn", None)
        if conn is not None:
            conn.close()


    def init_app(app):
        app.teardown_appcontext(close_connection)

Pattern (fastapi):

    from typing import Annotated

    from fastapi import Depends
    from sqlalchemy import create_engine
    from sqlalchemy.orm import Session, sessionmaker

    SessionLocal = sessionmaker(bind=create_engine("postgresql://localhost/shop", pool_pre_ping=True))


    def get_db():
        with SessionLocal() as session:
            yield session


    SessionDep = Annotated[Session, Depends(get_db)]

Pattern:

    from contextlib import contextmanager


    @contextmanager
    def connection(pool):
        with pool.connection() as conn:
            yield conn

When to ignore: the process has one thread and does one thing at a time, and is restarted when it fails.

References:
    https://docs.sqlalchemy.org/en/20/orm/session_basics.html#is-the-session-thread-safe-is-asyncsession-safe-to-share-in-concurrent-tasks
    https://flask.palletsprojects.com/en/stable/patterns/sqlite3/
    https://docs.python.org/3/library/sqlite3.html#sqlite3.threadsafety
    https://www.psycopg.org/docs/usage.html#thread-and-process-safety
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from harden.checklists.database.shared_handles import shared_of
from harden.checks import GUIDE, Check
from harden.findings import Finding, Severity
from harden.module import Module
from harden.roles import FileKind

check = Check(
    id="shared-session",
    title="One session or connection for all requests",
    severity=Severity.HIGH,
    fix=GUIDE,
    kinds=frozenset({FileKind.APP}),
)


@check.call("sqlite3.connect", "aiosqlite.connect", "duckdb.connect", "pyodbc.connect", "oracledb.connect")
@check.call("psycopg2.connect", "psycopg.connect", "psycopg.Connection.connect", "asyncpg.connect")
@check.call("psycopg.AsyncConnection.connect", "pymysql.connect", "MySQLdb.connect", "mariadb.connect")
@check.call("mysql.connector.connect", "*.cursor", "sqlalchemy.create_engine.connect", "sqlmodel.Session")
@check.call("sqlalchemy.orm.Session", "sqlalchemy.orm.session.Session", "sqlalchemy.orm.sessionmaker")
@check.call("sqlalchemy.ext.asyncio.AsyncSession", "sqlalchemy.ext.asyncio.async_sessionmaker")
def shared(module: Module, call: ast.Call, path: str) -> Iterator[Finding]:
    """Flag sessions, connections and cursors that live at module level or in an object that does."""
    found = shared_of(module, call)
    if found is not None:
        message = f"{found.name} is one {found.what} that all requests share"
        yield check.found(module, call, message, steps=found.steps)
