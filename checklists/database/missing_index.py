"""Without an index the database reads the whole table to find a few rows.

On the hundred rows of a laptop that takes no time. With a million rows each such query reads all of them,
keeps a processor of the database busy, and pushes everything else out of its memory; deleting one parent
row reads the whole table of its children to see whether any is left. Foreign keys get no index of their own
in PostgreSQL, SQLite and others but MySQL, unlike in Django, which makes one. Looked at are foreign keys of
SQLAlchemy and SQLModel, and columns that a query of the project filters by, or sorts by before it cuts a
page; the same in CREATE TABLE statements and in collections of MongoDB for which the project makes no
index. Left out are primary keys, unique columns, the first columns of indexes and constraints, columns of
few values (flags, enums, a status), long texts, conditions beside one that has an index already, and tables
that stay small by their nature, such as settings or countries. An index for a foreign key that no query of
the project uses is only worth it for deletions and joins (low). The fix adds `index=True` (Django:
`db_index=True`). On a large table the migration should build the index without a lock:
`CONCURRENTLY` in PostgreSQL, `AddIndexConcurrently` in Django.

Flagged:

    from sqlalchemy import Column, ForeignKey, Integer, String
    from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


    class Base(DeclarativeBase):
        pass


    class Customer(Base):
        __tablename__ = "customers"

        id = Column(Integer, primary_key=True)
        email: Mapped[str]


    class Order(Base):
        __tablename__ = "orders"

        id = Column(Integer, primary_key=True)
        customer_id = Column(Integer, ForeignKey("customers.id"), nullable=False)
        reference = Column(String(40))


    def by_email(session, email):
        return session.query(Customer).filter(Customer.email == email).first()


    def by_reference(session, reference):
        return session.query(Order).filter_by(reference=reference).one_or_none()

Fixed:

    from sqlalchemy import Column, ForeignKey, Integer, String
    from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


    class Base(DeclarativeBase):
        pass


    class Customer(Base):
        __tablename__ = "customers"

        id = Column(Integer, primary_key=True)
        email: Mapped[str] = mapped_column(index=True)


    class Order(Base):
        __tablename__ = "orders"

        id = Column(Integer, primary_key=True)
        customer_id = Column(
            Integer, ForeignKey("customers.id"), nullable=False, index=True
        )
        reference = Column(String(40), index=True)


    def by_email(session, email):
        return session.query(Customer).filter(Customer.email == email).first()


    def by_reference(session, reference):
        return session.query(Order).filter_by(reference=reference).one_or_none()

Flagged (shop/models.py):

    from django.db import models


    class Product(models.Model):
        sku = models.CharField(max_length=40)
        made_at = models.DateTimeField(auto_now_add=True)


    def by_sku(sku):
        return Product.objects.get(sku=sku)


    def newest():
        return Product.objects.order_by("-made_at")[:10]

Fixed (shop/models.py):

    from django.db import models


    class Product(models.Model):
        sku = models.CharField(max_length=40, db_index=True)
        made_at = models.DateTimeField(auto_now_add=True, db_index=True)


    def by_sku(sku):
        return Product.objects.get(sku=sku)


    def newest():
        return Product.objects.order_by("-made_at")[:10]

Flagged (app/hero.py):

    from sqlmodel import Field, Session, SQLModel, select


    class Hero(SQLModel, table=True):
        id: int | None = Field(default=None, primary_key=True)
        secret_name: str
        team_id: int | None = Field(default=None, foreign_key="team.id")


    def by_name(session: Session, name: str):
        return session.exec(select(Hero).where(Hero.secret_name == name)).first()

Fixed (app/hero.py):

    from sqlmodel import Field, Session, SQLModel, select


    class Hero(SQLModel, table=True):
        id: int | None = Field(default=None, primary_key=True)
        secret_name: str = Field(index=True)
        team_id: int | None = Field(default=None, foreign_key="team.id", index=True)


    def by_name(session: Session, name: str):
        return session.exec(select(Hero).where(Hero.secret_name == name)).first()

Flagged (app/notes.py):

    import sqlite3

    SCHEMA = '''
    CREATE TABLE IF NOT EXISTS notes (
        id INTEGER PRIMARY KEY,
        owner TEXT NOT NULL,
        body TEXT
    )
    '''


    def of_owner(connection: sqlite3.Connection, owner: str):
        return connection.execute("SELECT * FROM notes WHERE owner = ? LIMIT 50", (owner,)).fetchall()

Fixed (app/notes.py):

    import sqlite3

    SCHEMA = '''
    CREATE TABLE IF NOT EXISTS notes (
        id INTEGER PRIMARY KEY,
        owner TEXT NOT NULL,
        body TEXT
    )
    '''
    INDEX = "CREATE INDEX IF NOT EXISTS ix_notes_owner ON notes (owner)"


    def of_owner(connection: sqlite3.Connection, owner: str):
        return connection.execute("SELECT * FROM notes WHERE owner = ? LIMIT 50", (owner,)).fetchall()

Flagged (app/users.py):

    from pymongo import MongoClient

    db = MongoClient("mongodb://db").shop


    def by_email(email):
        return db.users.find_one({"email": email, "active": True})

Fixed (app/users.py):

    from pymongo import MongoClient

    db = MongoClient("mongodb://db").shop
    db.users.create_index("email")


    def by_email(email):
        return db.users.find_one({"email": email, "active": True})

Fine (app/users.py):

    from pymongo import ASCENDING, MongoClient

    db = MongoClient("mongodb://db").shop
    users = db["users"]
    users.create_index([("email", ASCENDING), ("name", ASCENDING)])


    def some(id, email, name):
        users.find_one({"_id": id, "name": name})
        users.find_one({"name": name, "email": email})
        users.find({"active": True})
        users.find({"name": {"$regex": name}})
        db.settings.find_one({"key": "theme"})
        return "text".find("t")

Fine:

    import enum

    from sqlalchemy import Boolean, Column, Enum, ForeignKey, Index, Integer, String, Text, UniqueConstraint
    from sqlalchemy.orm import declarative_base

    Base = declarative_base()


    class State(enum.Enum):
        OPEN = 1


    class Ticket(Base):
        __tablename__ = "tickets"

        id = Column(Integer, primary_key=True)
        number = Column(String, unique=True)
        owner_id = Column(ForeignKey("users.id"), index=True)
        team_id = Column(ForeignKey("teams.id"))
        room_id = Column(ForeignKey("rooms.id"), index=False)
        state = Column(Enum(State))
        status = Column(String(20))
        is_open = Column(Boolean)
        title = Column(String)
        body = Column(Text)
        kind = Column(String)

        __table_args__ = (UniqueConstraint("team_id", "title"), Index("ix_kind", "kind"))


    class Country(Base):
        __tablename__ = "countries"

        id = Column(Integer, primary_key=True)
        code = Column(String(2))


    def some(session, owner_id, title, word):
        session.query(Ticket).filter(Ticket.owner_id == owner_id, Ticket.title == title).first()
        session.query(Ticket).filter(Ticket.title.ilike(f"%{word}%")).limit(20).all()
        session.query(Ticket).filter(Ticket.is_open, Ticket.state == State.OPEN, Ticket.status == "new").all()
        session.query(Ticket).order_by(Ticket.title).all()
        session.query(Ticket).filter_by(kind="bug", number=3).first()
        return session.query(Country).filter_by(code="de").one()

Fine (shop/models.py):

    from django.contrib.auth.models import User
    from django.db import models


    class Article(models.Model):
        author = models.ForeignKey(User, on_delete=models.CASCADE)
        slug = models.SlugField()
        title = models.CharField(max_length=200)
        section = models.CharField(max_length=20, choices=[("a", "A")])
        made_at = models.DateTimeField()

        class Meta:
            indexes = [models.Index(fields=["made_at", "title"])]


    def some(user):
        Article.objects.filter(author=user, title="x").first()
        Article.objects.filter(slug="x", section="a").first()
        return Article.objects.filter(title__icontains="x").order_by("-made_at")[:3]

When to ignore: the table stays small, or it is written far more often than it is read.

References: https://use-the-index-luke.com/sql/where-clause
https://docs.sqlalchemy.org/en/20/core/constraints.html#indexes
https://docs.djangoproject.com/en/stable/ref/models/fields/#db-index
https://www.postgresql.org/docs/current/ddl-constraints.html#DDL-CONSTRAINTS-FK
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import replace

from harden.checklists.database.document_indexes import unindexed_documents
from harden.checklists.database.index_worth import has_few_values, lacks_index, queries_of, query_by
from harden.checklists.database.sql_indexes import Unindexed, unindexed
from harden.checks import Check, Fix
from harden.findings import Finding, Risk, Severity, Span
from harden.model import Model
from harden.model_facts import Column, Orm
from harden.models import models_of
from harden.module import Module, TextFile
from harden.project import Project
from harden.roles import FileKind

check = Check(
    id="missing-index",
    title="Rows looked up without an index",
    severity=Severity.MEDIUM,
    fix=Fix("harden.codemods.index:AddIndex", Risk.REVIEW),
    words=(
        "Column",
        "Mapped",
        "mapped_column",
        "SQLModel",
        "Field",
        "CREATE TABLE",
        "create table",
        "peewee",
        "find",
        "_one",
    ),
)

_BY_ITSELF = (Orm.SQLALCHEMY, Orm.SQLMODEL)
_ORMS = (Orm.SQLALCHEMY, Orm.SQLMODEL, Orm.DJANGO, Orm.PEEWEE)
_OF_ALL = "It stands in a base of models: an index there is one for each of their tables."
_MADE_ELSEWHERE = "It is made by a function: add `index=True` there."


@check.module
def columns(module: Module) -> Iterator[Finding]:
    """Flag columns of the file's models that rows are looked up by, without an index."""
    seen: set[ast.AST] = set()
    for model in models_of(module.project).in_file(module.path):
        own = [
            column
            for column in (model.columns.values() if model.orm in _ORMS else ())
            if column.place.path == module.path
            and column.place.node not in seen
            and lacks_index(model, column)
        ]
        keys = {column.name for column in own if column.foreign_key is not None and model.orm in _BY_ITSELF}
        own = [column for column in own if column.name in keys or not has_few_values(model, column)]
        queries = queries_of(model) if own else []
        for column in own:
            query = query_by(queries, column)
            is_key = column.name in keys and _needs_key_index(module.project)
            if query or is_key:
                seen.add(column.place.node)
                lack = "is a foreign key without index" if is_key else "has no index"
                yield _finding(model, column, lack, query)


@check.module
def tables(module: Module) -> Iterator[Finding]:
    """Flag columns of CREATE TABLE statements that the project's own SQL looks rows up by."""
    if "create table" not in module.text.lower():
        return
    for node in module.nodes(ast.Constant):
        if isinstance(node.value, str) and "TABLE" in node.value.upper():
            first, text = module.span(node), module.segment(node)
            for found in unindexed(module.project, text):
                line = first.line + text.count("\n", 0, found.at)
                made = check.found(module, node, _said(found), why_not=found.advice)
                yield replace(made, span=Span(line, 0, line, len(module.lines[line - 1].rstrip())))


@check.module
def documents(module: Module) -> Iterator[Finding]:
    """Flag look-ups of documents of MongoDB by a field that the project makes no index for."""
    for call, collection, field in unindexed_documents(module):
        why_not = f'Make it once, with the database: `db.{collection}.create_index("{field}")`.'
        message = f"documents of {collection} are looked up by {field}, which has no index"
        yield check.found(module, call, message, why_not=why_not)


@check.file("*.sql")
def schemas(file: TextFile, project: Project) -> Iterator[Finding]:
    """Flag the same in SQL files."""
    if file.kind in (FileKind.APP, FileKind.SCRIPT) and "create table" in file.text.lower():
        for found in unindexed(project, file.text):
            span = file.span(file.text.count("\n", 0, found.at) + 1)
            yield check.found_at(file.path, span, _said(found), why_not=found.advice)


def _said(found: Unindexed) -> str:
    return f"{found.table}.{found.column} has no index, and {found.place} looks rows up by it"


def _finding(model: Model, column: Column, lack: str, query: str) -> Finding:
    message = f"{model.name}.{column.name} {lack}{', and ' if query else ''}{query}"
    place = "call" if isinstance(column.place.node, ast.Call) else "column"
    facts = {"place": place, "orm": model.orm.value}
    why_not = "" if isinstance(column.place.node, ast.Call | ast.Assign | ast.AnnAssign) else _MADE_ELSEWHERE
    owner = column.place.module.owner(column.place.node)
    holder = model.models.at(column.place.module.names.local_path(owner)) if owner is not None else None
    if holder is not None and holder.abstract:
        why_not = _OF_ALL
    severity = Severity.MEDIUM if query else Severity.LOW
    return check.found(
        column.place.module, column.place.node, message, facts=facts, why_not=why_not, severity=severity
    )


def _needs_key_index(project: Project) -> bool:
    """Tell whether the database makes no index for foreign keys itself: all but MySQL."""
    is_mysql = bool(project.mentions("mysql"))
    return not is_mysql or bool(project.mentions("postgres"))
