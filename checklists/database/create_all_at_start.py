"""Tables that the application makes when it starts are never changed afterwards.

`create_all()` and `CREATE TABLE IF NOT EXISTS` make tables that are missing and leave the others as they
are. The first new column works on every laptop with a fresh database, and fails in production, where the
table exists without it. Several workers that start at once race to create the same table, and one of them
fails; a service that may create tables also may drop them, which it has no need for. Beside Alembic or
Flask-Migrate the two fight: the tables are there before the first migration makes them, which then fails,
and what `create_all()` has made is in no revision. Not reported: scripts, commands and tests, what only a
condition about tests, debugging or SQLite reaches, and programs that serve nobody.

Flagged:

    from fastapi import FastAPI
    from sqlalchemy import create_engine
    from sqlalchemy.orm import declarative_base

    engine = create_engine("postgresql://db/shop")
    Base = declarative_base()
    Base.metadata.create_all(bind=engine)

    app = FastAPI()

Fixed:

    from fastapi import FastAPI
    from sqlalchemy import create_engine
    from sqlalchemy.orm import declarative_base

    engine = create_engine("postgresql://db/shop")
    Base = declarative_base()

    app = FastAPI()

Flagged (shop/__init__.py):

    from flask import Flask
    from flask_sqlalchemy import SQLAlchemy

    db = SQLAlchemy()


    def create_app():
        app = Flask(__name__)
        db.init_app(app)
        with app.app_context():
            db.create_all()
        return app

Fixed (shop/__init__.py):

    from flask import Flask
    from flask_migrate import Migrate
    from flask_sqlalchemy import SQLAlchemy

    db = SQLAlchemy()
    migrate = Migrate()


    def create_app():
        app = Flask(__name__)
        db.init_app(app)
        migrate.init_app(app, db)
        return app

Flagged (shop/tables.py):

    import sqlite3

    from flask import Flask

    app = Flask(__name__)


    def init_db():
        connection = sqlite3.connect("shop.db")
        connection.execute("CREATE TABLE IF NOT EXISTS notes (id INTEGER PRIMARY KEY, body TEXT)")
        connection.close()


    init_db()

Fixed (shop/tables.py):

    import sqlite3

    from flask import Flask

    app = Flask(__name__)


    @app.cli.command("init-db")
    def init_db():
        connection = sqlite3.connect("shop.db")
        connection.execute("CREATE TABLE IF NOT EXISTS notes (id INTEGER PRIMARY KEY, body TEXT)")
        connection.close()

Fine:

    import click
    from flask import Flask
    from sqlalchemy import create_engine
    from sqlalchemy.orm import declarative_base

    engine = create_engine("postgresql://db/shop")
    Base = declarative_base()
    app = Flask(__name__)


    @app.cli.command("create-tables")
    def create_tables():
        Base.metadata.create_all(engine)


    @click.command()
    def init():
        Base.metadata.create_all(engine)


    def make_tables_for_tests():
        Base.metadata.create_all(engine)


    if __name__ == "__main__":
        Base.metadata.create_all(engine)

Pattern (flask):

    # pip install flask-migrate; flask db init; flask db migrate -m "Start"; flask db upgrade
    from flask_migrate import Migrate

    migrate = Migrate(app, db)

Pattern (fastapi, sqlalchemy, sqlmodel):

    # pip install alembic; alembic init migrations; then in migrations/env.py:
    from app.models import Base

    target_metadata = Base.metadata

    # alembic revision --autogenerate -m "Start"; and before each start: alembic upgrade head

When to ignore: the database is made anew with every start, such as one in memory.

References: https://alembic.sqlalchemy.org/en/latest/tutorial.html
https://flask-migrate.readthedocs.io/
https://docs.sqlalchemy.org/en/20/core/metadata.html#altering-database-objects-through-migrations
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from harden.checklists.database.starts import at_start
from harden.checklists.database.statements import sql_text
from harden.checklists.sql_sinks import METHODS, statement_in
from harden.checks import Check
from harden.findings import Finding, Severity
from harden.migrations import Tool, migrations_of
from harden.model_facts import Orm
from harden.module import Module, is_literal, keyword
from harden.roles import WEB_PACKAGES, FileKind
from harden.tree import FunctionNode

check = Check(
    id="create-all-at-start",
    title="Tables made when the application starts",
    severity=Severity.MEDIUM,
    words=(
        "create_all",
        "executescript",
        "CREATE TABLE",
        "create table",
        "create_tables",
        "generate_schemas",
    ),
    kinds=frozenset({FileKind.APP}),
)

_MAKES = frozenset({"create_all", "create_tables", "generate_schemas"})
_TABLE = re.compile(r"(?is)^\s*(?:--[^\n]*\n\s*)*create\s+table\s+(?:if\s+not\s+exists\s+)?[\"`\[]?(\w+)")
_IN_MEMORY = re.compile(r"sqlite(?:\+\w+)?://(?:[\"']|/:memory:)|connect\(\s*[\"']:memory:")


@check.module
def tables(module: Module) -> Iterator[Finding]:
    """Flag what makes tables where the application starts; of statements in one function the first."""
    if _IN_MEMORY.search(module.text):
        return
    seen: set[FunctionNode | None] = set()
    for call in module.nodes(ast.Call):
        made = _made(module, call)
        function = module.function(call)
        if not made or (made != "create_all()" and function in seen) or not _is_served(module):
            continue
        start = at_start(module, call)
        if not start:
            continue
        seen.add(function)
        yield check.found(module, call, f"{made} runs {start}{_beside(module, made)}")


def _made(module: Module, call: ast.Call) -> str:
    """Return what makes tables: `create_all()`, or a statement that is written out."""
    match call:
        case ast.Call(func=ast.Attribute(attr=name)) if name in _MAKES:
            return f"{name}()"
        case ast.Call(func=ast.Name(id="register_tortoise")) if is_literal(
            keyword(call, "generate_schemas"), True
        ):
            return "generate_schemas()"
        case ast.Call(args=[ast.Attribute(attr="create_all"), *_], func=ast.Attribute(attr="run_sync")):
            return "create_all()"
        case ast.Call(func=ast.Attribute(attr=name)) if name in METHODS:
            statement = statement_in(call)
            text = sql_text(module, statement) if statement is not None else None
            if name == "executescript" and text is None and ".read" in module.segment(call):
                return "a script of SQL"
            found = _TABLE.match(text or "")
            return f"CREATE TABLE {found[1]}" if found and not _is_temporary(text or "") else ""
    return ""


def _is_temporary(text: str) -> bool:
    return re.search(r"(?i)\bcreate\s+(?:temp|temporary|unlogged)\b", text) is not None


def _is_served(module: Module) -> bool:
    """Tell whether the project is a service rather than a tool for one person."""
    return not module.project.imported.isdisjoint(WEB_PACKAGES | {"celery", "dramatiq", "rq"})


def _beside(module: Module, made: str) -> str:
    """Return what the message says of the migrations that there are."""
    orm = Orm.TORTOISE if made == "generate_schemas()" else Orm.SQLALCHEMY
    tool = migrations_of(module.project, orm).tool
    if tool in (Tool.ALEMBIC, Tool.FLASK_MIGRATE, Tool.AERICH):
        return f", beside {tool.value}: its first migration finds the tables made already"
    return ": tables that exist are never changed, for there are no migrations"
