"""The second user with the same name gets an internal server error.

A unique column, or a foreign key, makes the database refuse a row, and the driver raises IntegrityError.
Nobody who catches it means a 500 for the user, an alarm for whoever is on call, and with a shared session a
transaction that stays broken. Catch it where the row is written, roll back, and answer that the name is taken
(409) or that there is no such thing.

Flagged are inserts of values that come from a request, into columns that the project's models, tables or
indexes keep unique, and keys to rows of another model that the function never looked at. A look-up before the
insert does not help, for two requests can both find nothing: that is `check-then-insert`'s to say. Left out:
rows saved by Django's model forms and serializers, which look for doubles themselves, upserts and
`get_or_create`, applications that answer violations in one error handler, and commits that are not in sight.

Flagged (app/views.py):

    from flask import Flask, jsonify, request
    from flask_sqlalchemy import SQLAlchemy

    app = Flask(__name__)
    db = SQLAlchemy()


    class User(db.Model):
        id = db.Column(db.Integer, primary_key=True)
        email = db.Column(db.String(255), unique=True)


    @app.post("/register")
    def register():
        user = User(email=request.json["email"])
        db.session.add(user)
        db.session.commit()
        return jsonify(id=user.id), 201

Fixed (app/views.py):

    from flask import Flask, jsonify, request
    from flask_sqlalchemy import SQLAlchemy
    from sqlalchemy.exc import IntegrityError

    app = Flask(__name__)
    db = SQLAlchemy()


    class User(db.Model):
        id = db.Column(db.Integer, primary_key=True)
        email = db.Column(db.String(255), unique=True)


    @app.post("/register")
    def register():
        user = User(email=request.json["email"])
        db.session.add(user)
        try:
            db.session.commit()
        except IntegrityError:
            db.session.rollback()
            return jsonify(error="taken"), 409
        return jsonify(id=user.id), 201

Flagged (shop/views.py):

    from django.db import models
    from django.http import JsonResponse


    class Coupon(models.Model):
        code = models.CharField(max_length=20, unique=True)


    def create_coupon(request):
        coupon = Coupon.objects.create(code=request.POST["code"])
        return JsonResponse({"id": coupon.id})

Fixed (shop/views.py):

    from django.db import IntegrityError, models, transaction
    from django.http import JsonResponse


    class Coupon(models.Model):
        code = models.CharField(max_length=20, unique=True)


    def create_coupon(request):
        try:
            with transaction.atomic():
                coupon = Coupon.objects.create(code=request.POST["code"])
        except IntegrityError:
            return JsonResponse({"error": "taken"}, status=409)
        return JsonResponse({"id": coupon.id})

Flagged (app/accounts.py):

    import sqlite3

    from flask import Flask, g, request

    app = Flask(__name__)
    SCHEMA = "CREATE TABLE accounts (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE)"


    @app.post("/accounts")
    def create():
        db = sqlite3.connect("accounts.db")
        db.execute("INSERT INTO accounts (name) VALUES (?)", (request.form["name"],))
        db.commit()
        db.close()
        return "", 201

Fixed (app/accounts.py):

    import sqlite3
    from contextlib import closing

    from flask import Flask, g, request

    app = Flask(__name__)
    SCHEMA = "CREATE TABLE accounts (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE)"


    @app.post("/accounts")
    def create():
        with closing(sqlite3.connect("accounts.db")) as db:
            try:
                with db:
                    db.execute("INSERT INTO accounts (name) VALUES (?)", (request.form["name"],))
            except sqlite3.IntegrityError:
                return "this name is taken", 409
        return "", 201

Flagged (app/comments.py):

    from fastapi import Depends, FastAPI
    from pydantic import BaseModel
    from sqlmodel import Field, Session, SQLModel

    app = FastAPI()


    class Post(SQLModel, table=True):
        __tablename__ = "posts"
        id: int | None = Field(default=None, primary_key=True)


    class Comment(SQLModel, table=True):
        id: int | None = Field(default=None, primary_key=True)
        post_id: int = Field(foreign_key="posts.id")
        text: str


    class CommentIn(BaseModel):
        text: str


    @app.post("/posts/{post_id}/comments")
    def comment(post_id: int, data: CommentIn, session: Session = Depends()):
        made = Comment(post_id=post_id, text=data.text)
        session.add(made)
        session.commit()
        return made.id

Fixed (app/comments.py):

    from fastapi import Depends, FastAPI, HTTPException
    from pydantic import BaseModel
    from sqlalchemy.exc import IntegrityError
    from sqlmodel import Field, Session, SQLModel

    app = FastAPI()


    class Post(SQLModel, table=True):
        __tablename__ = "posts"
        id: int | None = Field(default=None, primary_key=True)


    class Comment(SQLModel, table=True):
        id: int | None = Field(default=None, primary_key=True)
        post_id: int = Field(foreign_key="posts.id")
        text: str


    class CommentIn(BaseModel):
        text: str


    @app.post("/posts/{post_id}/comments")
    def comment(post_id: int, data: CommentIn, session: Session = Depends()):
        made = Comment(post_id=post_id, text=data.text)
        session.add(made)
        try:
            session.commit()
        except IntegrityError:
            session.rollback()
            raise HTTPException(404, "no such post") from None
        return made.id

Fine (app/views.py):

    import uuid

    from flask import Flask, abort, jsonify, request
    from flask_sqlalchemy import SQLAlchemy
    from sqlalchemy.dialects.postgresql import insert
    from sqlalchemy.exc import SQLAlchemyError

    app = Flask(__name__)
    db = SQLAlchemy()


    class User(db.Model):
        id = db.Column(db.Integer, primary_key=True)
        email = db.Column(db.String(255), unique=True)
        token = db.Column(db.String(40), unique=True)
        name = db.Column(db.String(40))


    class Order(db.Model):
        id = db.Column(db.Integer, primary_key=True)
        user_id = db.Column(db.ForeignKey("user.id"))
        number = db.Column(db.String(40), unique=True)


    @app.post("/register")
    def register():
        try:
            create(request.json["email"])
        except SQLAlchemyError:
            abort(409)
        return jsonify(ok=True)


    def create(email):
        db.session.add(User(email=email))
        db.session.commit()


    @app.post("/guests")
    def guest():
        db.session.add(User(token=uuid.uuid4().hex, name=request.json["name"]))
        db.session.commit()
        return jsonify(ok=True)


    @app.post("/orders/<int:user_id>")
    def order(user_id):
        user = db.session.get(User, user_id) or abort(404)
        db.session.add(Order(user_id=user_id, number=uuid.uuid4().hex))
        db.session.commit()
        return jsonify(user=user.id)


    @app.put("/users")
    def upsert():
        statement = insert(User).values(email=request.json["email"])
        db.session.execute(statement.on_conflict_do_nothing())
        db.session.commit()
        return jsonify(ok=True)


    def seed():
        db.session.add(User(email="admin@example.org"))
        db.session.commit()

Fine (app/handled.py):

    from fastapi import FastAPI, Request
    from fastapi.responses import JSONResponse
    from sqlalchemy.exc import IntegrityError
    from sqlmodel import Field, Session, SQLModel

    app = FastAPI()


    class User(SQLModel, table=True):
        id: int | None = Field(default=None, primary_key=True)
        email: str = Field(unique=True)


    @app.exception_handler(IntegrityError)
    def taken(request: Request, error: IntegrityError):
        return JSONResponse({"error": "taken"}, 409)


    @app.post("/users")
    def create(email: str, session: Session):
        session.add(User(email=email))
        session.commit()

Pattern (sqlalchemy, sqlmodel, flask_sqlalchemy):

    from sqlalchemy.exc import IntegrityError


    def save(session, row):
        session.add(row)
        try:
            session.commit()
        except IntegrityError:
            session.rollback()
            raise ValueError("taken") from None

Pattern (django):

    from django.db import IntegrityError, transaction


    def save(row):
        try:
            with transaction.atomic():
                row.save()
        except IntegrityError:
            raise ValueError("taken") from None

Pattern (pymongo, motor):

    from pymongo.errors import DuplicateKeyError


    def save(collection, document):
        try:
            collection.insert_one(document)
        except DuplicateKeyError:
            raise ValueError("taken") from None

Pattern:

    def save(connection, driver, name):
        try:
            connection.execute("INSERT INTO accounts (name) VALUES (?)", (name,))
        except driver.IntegrityError:
            connection.rollback()
            raise ValueError("taken") from None

When to ignore: the values are handed out by another system that never repeats one.

References:
    https://docs.sqlalchemy.org/en/20/core/exceptions.html#sqlalchemy.exc.IntegrityError
    https://docs.djangoproject.com/en/5.2/ref/exceptions/#database-exceptions
    https://www.mongodb.com/docs/manual/core/index-unique/
    https://docs.python.org/3/library/sqlite3.html#sqlite3.IntegrityError
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from harden.checklists.database.given import fields_of, is_found, is_given
from harden.checklists.database.inserts import Insert, own_inserts
from harden.checklists.database.races import may_race, races_in
from harden.checklists.database.stores import plain
from harden.checklists.database.uniqueness import unique_in
from harden.checklists.database.violations import is_caught, raised_at
from harden.checks import Check
from harden.findings import Finding, Severity
from harden.model_facts import Orm
from harden.module import Module
from harden.roles import Role
from harden.tree import FunctionNode, own_nodes

check = Check(
    id="integrity-error",
    title="Violation of a constraint never caught",
    severity=Severity.MEDIUM,
    words=("add(", "add_all(", "create(", "create_user(", "save(", "insert", "INSERT", "Insert"),
)

_ALCHEMY = (Orm.SQLALCHEMY, Orm.SQLMODEL)
_NUMBERED = frozenset({"id", "pk", "_id"})
"""Keys that the database hands out, unless they are written down."""


@check.module
def uncaught_violation(module: Module) -> Iterator[Finding]:
    """Flag inserts of what a user chose that a constraint may refuse, where nobody catches that."""
    if not may_race(module):
        return
    looked_for = {race.call for race in races_in(module) if race.unique}  # `check-then-insert` tells of these
    functions: list[FunctionNode] = [*module.nodes(ast.FunctionDef), *module.nodes(ast.AsyncFunctionDef)]
    for function in functions:
        if module.role(function) in (Role.CLI, Role.TEST):
            continue
        for call in (node for node in own_nodes(function) if isinstance(node, ast.Call)):
            for insert in own_inserts(module, call) if call not in looked_for else ():
                refused = _refused(insert) or _dangling(insert, function)
                place = raised_at(module, function, insert) if refused else None
                if place is not None and not is_caught(module, function, place):
                    yield check.found(module, place, refused)


def _refused(insert: Insert) -> str:
    """Say which unique columns of new rows a user chooses; nothing where none."""
    known = unique_in(insert.module, insert.store)
    names = {plain(name): name for name in insert.columns}
    for group in known.groups if known is not None else ():
        if not group or not all(name in names or _spread(insert, name) for name in group):
            continue
        if any(_is_chosen(insert, names.get(name), name, beside=len(group) > 1) for name in group):
            said = ", ".join(sorted(names.get(name, name) for name in group))
            return (
                f"a second {insert.store.name} with the same {said} is refused, and nobody catches the error"
            )
    return ""


def _spread(insert: Insert, name: str) -> bool:
    """Tell whether a body that is spread into new rows has a field of this name."""
    for rest in insert.rest:
        fields = fields_of(insert.module, rest)
        if name not in _NUMBERED and (fields is None or name in map(plain, fields)):
            return True
    return False


def _is_chosen(insert: Insert, column: str | None, name: str, *, beside: bool) -> bool:
    """Tell whether a request chooses a value: itself, or of several by naming the row that it stands for."""
    if column is not None:
        value = insert.columns[column]
        return is_given(insert.module, value) or (beside and is_found(insert.module, value))
    return _spread(insert, name) and any(is_given(insert.module, rest) for rest in insert.rest)


def _dangling(insert: Insert, function: FunctionNode) -> str:
    """Say which key of new rows may lead nowhere: a user's, to a model that the function never looks at."""
    model = insert.store.model
    if model is None or model.orm not in _ALCHEMY:
        return ""
    for name, value in insert.columns.items():
        column = model.columns.get(name)
        key = column.foreign_key if column is not None else None
        parent = model.target(key) if key is not None else None
        if parent is None or parent is model or value is None or not is_given(insert.module, value):
            continue
        if not _looks_at(insert, function, parent.name, value):
            return f"{name} may lead to no {parent.name}: the error is raised here, and nobody catches it"
    return ""


def _looks_at(insert: Insert, function: FunctionNode, parent: str, value: ast.expr) -> bool:
    """Tell whether a function names a model, or hands a key to anything but the new row."""
    spelled, inside = ast.dump(value), set(ast.walk(insert.call))
    for node in ast.walk(function):
        if isinstance(node, ast.Name) and node.id == parent:
            return True
        if isinstance(node, ast.Call) and node not in inside and not _makes(insert, node):
            given = [*node.args, *(item.value for item in node.keywords)]
            if any(ast.dump(part) == spelled for item in given for part in ast.walk(item)):
                return True
    return False


def _makes(insert: Insert, call: ast.Call) -> bool:
    return insert.store.name == getattr(call.func, "id", getattr(call.func, "attr", ""))
