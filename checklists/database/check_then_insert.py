"""Two requests look for the same row at once, find none, and both insert it.

A look-up and an insert are two steps. Between them another request, a double click or a second worker does
the same, and the table ends up with two users of one address, two bookings of one room, two likes of one
person. Nothing in the code can prevent it; a unique constraint can. Add one over the columns that are asked
for, and let the insert tell: catch the violation, or use an upsert. Where no such constraint can be written,
as for bookings that overlap, lock the row that both requests share, or add an exclusion constraint.

Where the project's models, CREATE TABLE statements or indexes of MongoDB keep the columns unique, the second
insert fails, and the user gets an internal server error unless somebody catches that. Inserts without a
look-up before them are `integrity-error`'s.

Left out: violations that are caught, models and tables that are not in sight, lists that a program starts
with, commands, and functions that take a lock.

Flagged (app/views.py):

    from flask import Flask, jsonify, request
    from flask_sqlalchemy import SQLAlchemy

    app = Flask(__name__)
    db = SQLAlchemy()


    class User(db.Model):
        id = db.Column(db.Integer, primary_key=True)
        email = db.Column(db.String(255), nullable=False)


    @app.post("/register")
    def register():
        email = request.json["email"]
        if User.query.filter_by(email=email).first():
            return jsonify(error="taken"), 409
        user = User(email=email)
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
        email = db.Column(db.String(255), nullable=False, unique=True)


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


    class Like(models.Model):
        user = models.ForeignKey("auth.User", on_delete=models.CASCADE)
        post_id = models.IntegerField()


    def like(request, post_id):
        if not Like.objects.filter(user=request.user, post_id=post_id).exists():
            Like.objects.create(user=request.user, post_id=post_id)
        return JsonResponse({"liked": True})

Fixed (shop/views.py):

    from django.db import models
    from django.http import JsonResponse


    class Like(models.Model):
        user = models.ForeignKey("auth.User", on_delete=models.CASCADE)
        post_id = models.IntegerField()

        class Meta:
            constraints = [models.UniqueConstraint(fields=["user", "post_id"], name="one_like")]


    def like(request, post_id):
        Like.objects.get_or_create(user=request.user, post_id=post_id)
        return JsonResponse({"liked": True})

Flagged (app/bookings.py):

    import sqlite3

    from flask import Flask, abort, request

    app = Flask(__name__)

    SCHEMA = "CREATE TABLE bookings (id INTEGER PRIMARY KEY, seat TEXT NOT NULL, name TEXT)"


    @app.post("/book")
    def book():
        seat, name = request.form["seat"], request.form["name"]
        with sqlite3.connect("bookings.db") as connection:
            row = connection.execute("SELECT id FROM bookings WHERE seat = ?", (seat,)).fetchone()
            if row is not None:
                abort(409)
            connection.execute("INSERT INTO bookings (seat, name) VALUES (?, ?)", (seat, name))
        return "", 201

Fixed (app/bookings.py):

    import sqlite3

    from flask import Flask, abort, request

    app = Flask(__name__)

    SCHEMA = "CREATE TABLE bookings (id INTEGER PRIMARY KEY, seat TEXT NOT NULL UNIQUE, name TEXT)"


    @app.post("/book")
    def book():
        seat, name = request.form["seat"], request.form["name"]
        try:
            with sqlite3.connect("bookings.db") as connection:
                connection.execute("INSERT INTO bookings (seat, name) VALUES (?, ?)", (seat, name))
        except sqlite3.IntegrityError:
            abort(409)
        return "", 201

Flagged (app/accounts.py):

    import os

    from fastapi import FastAPI, HTTPException
    from pymongo import MongoClient

    app = FastAPI()
    db = MongoClient(os.environ["MONGO_URL"])["app"]


    @app.post("/accounts")
    def create(email: str):
        if db.accounts.find_one({"email": email}) is not None:
            raise HTTPException(409)
        db.accounts.insert_one({"email": email, "plan": "free"})

Fixed (app/accounts.py):

    import os

    from fastapi import FastAPI, HTTPException
    from pymongo import MongoClient
    from pymongo.errors import DuplicateKeyError

    app = FastAPI()
    db = MongoClient(os.environ["MONGO_URL"])["app"]
    db.accounts.create_index("email", unique=True)


    @app.post("/accounts")
    def create(email: str):
        try:
            db.accounts.insert_one({"email": email, "plan": "free"})
        except DuplicateKeyError:
            raise HTTPException(409) from None

Flagged (app/rooms.py):

    from datetime import datetime

    from fastapi import Depends, FastAPI, HTTPException
    from sqlalchemy import select
    from sqlalchemy.ext.asyncio import AsyncSession
    from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


    class Base(DeclarativeBase):
        pass


    class Booking(Base):
        __tablename__ = "bookings"
        id: Mapped[int] = mapped_column(primary_key=True)
        room_id: Mapped[int]
        start: Mapped[datetime]
        end: Mapped[datetime]


    async def overlapping(session, room_id, start, end):
        query = select(Booking).where(Booking.room_id == room_id, Booking.start < end, Booking.end > start)
        return (await session.execute(query)).scalars().first()


    def routes(app: FastAPI, get_session):
        @app.post("/bookings")
        async def book(
            room_id: int, start: datetime, end: datetime, session: AsyncSession = Depends(get_session)
        ):
            if await overlapping(session, room_id, start, end):
                raise HTTPException(409)
            session.add(Booking(room_id=room_id, start=start, end=end))
            await session.commit()

Fixed (app/rooms.py):

    from datetime import datetime

    from fastapi import Depends, FastAPI, HTTPException
    from sqlalchemy import select
    from sqlalchemy.ext.asyncio import AsyncSession
    from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


    class Base(DeclarativeBase):
        pass


    class Room(Base):
        __tablename__ = "rooms"
        id: Mapped[int] = mapped_column(primary_key=True)


    class Booking(Base):
        __tablename__ = "bookings"
        id: Mapped[int] = mapped_column(primary_key=True)
        room_id: Mapped[int]
        start: Mapped[datetime]
        end: Mapped[datetime]


    async def overlapping(session, room_id, start, end):
        query = select(Booking).where(Booking.room_id == room_id, Booking.start < end, Booking.end > start)
        return (await session.execute(query)).scalars().first()


    def routes(app: FastAPI, get_session):
        @app.post("/bookings")
        async def book(
            room_id: int, start: datetime, end: datetime, session: AsyncSession = Depends(get_session)
        ):
            await session.execute(select(Room).where(Room.id == room_id).with_for_update())
            if await overlapping(session, room_id, start, end):
                raise HTTPException(409)
            session.add(Booking(room_id=room_id, start=start, end=end))
            await session.commit()

Fine (app/views.py):

    from contextlib import suppress

    from flask import Flask, abort, jsonify, request
    from flask_sqlalchemy import SQLAlchemy
    from sqlalchemy.exc import IntegrityError

    app = Flask(__name__)
    db = SQLAlchemy()


    class User(db.Model):
        id = db.Column(db.Integer, primary_key=True)
        email = db.Column(db.String(255), unique=True)
        nickname = db.Column(db.String(80))


    class Post(db.Model):
        id = db.Column(db.Integer, primary_key=True)
        author_id = db.Column(db.ForeignKey("user.id"))
        parent_id = db.Column(db.ForeignKey("post.id"))
        title = db.Column(db.String(80))


    class Follow(db.Model):
        __table_args__ = (db.UniqueConstraint("follower_id", "followed_id"),)
        id = db.Column(db.Integer, primary_key=True)
        follower_id = db.Column(db.ForeignKey("user.id"))
        followed_id = db.Column(db.ForeignKey("user.id"))


    @app.post("/register")
    def register():
        email = request.json["email"]
        if User.query.filter_by(email=email).first():
            abort(409)
        db.session.add(User(email=email))
        try:
            db.session.commit()
        except IntegrityError:
            db.session.rollback()
            abort(409)
        return jsonify(ok=True)


    @app.post("/posts/<int:parent_id>/replies")
    def reply(parent_id):
        parent = Post.query.filter_by(id=parent_id).first()
        if parent is None:
            abort(404)
        author = User.query.filter_by(nickname=request.json["author"]).first()
        if not author:
            return jsonify(error="no such author"), 400
        db.session.add(Post(author_id=author.id, parent_id=parent_id, title=request.json["title"]))
        db.session.commit()
        return jsonify(ok=True)


    @app.post("/posts")
    def post():
        first = Post.query.filter_by(author_id=request.json["author"]).first() is None
        if first:
            app.logger.info("somebody's first post")
        db.session.add(Post(author_id=request.json["author"], title=request.json["title"]))
        db.session.commit()
        return jsonify(ok=True)


    def follow(follower_id, followed_id):
        if Follow.query.filter_by(follower_id=follower_id, followed_id=followed_id).first() is None:
            db.session.add(Follow(follower_id=follower_id, followed_id=followed_id))
            with suppress(IntegrityError):
                db.session.commit()


    def seed():
        for name in ("admin", "editor"):
            if not User.query.filter_by(nickname=name).first():
                db.session.add(User(nickname=name))
        if not User.query.filter_by(nickname="root").first():
            db.session.add(User(nickname="root"))
        db.session.commit()


    @app.cli.command("add-user")
    def add_user(nickname):
        if not User.query.filter_by(nickname=nickname).first():
            db.session.add(User(nickname=nickname))
            db.session.commit()

Pattern (sqlalchemy, sqlmodel, flask_sqlalchemy):

    from sqlalchemy import Column, Integer, String, UniqueConstraint
    from sqlalchemy.dialects.postgresql import insert
    from sqlalchemy.orm import declarative_base

    Base = declarative_base()


    class Subscription(Base):
        __tablename__ = "subscriptions"
        __table_args__ = (UniqueConstraint("email", "topic"),)
        id = Column(Integer, primary_key=True)
        email = Column(String, nullable=False)
        topic = Column(String, nullable=False)


    def subscribe(session, email, topic):
        statement = insert(Subscription).values(email=email, topic=topic).on_conflict_do_nothing()
        session.execute(statement)
        session.commit()

Pattern (django):

    from django.db import models


    class Subscription(models.Model):
        email = models.EmailField()
        topic = models.CharField(max_length=40)

        class Meta:
            constraints = [models.UniqueConstraint(fields=["email", "topic"], name="one_subscription")]


    def subscribe(email, topic):
        return Subscription.objects.get_or_create(email=email, topic=topic)

Pattern (pymongo, motor):

    def subscribe(db, email, topic):
        db.subscriptions.create_index([("email", 1), ("topic", 1)], unique=True)  # once, at the start
        key = {"email": email, "topic": topic}
        db.subscriptions.update_one(key, {"$setOnInsert": key}, upsert=True)

Pattern:

    SCHEMA = "CREATE TABLE subscriptions (email TEXT NOT NULL, topic TEXT NOT NULL, UNIQUE (email, topic))"


    def subscribe(connection, email, topic):
        statement = "INSERT INTO subscriptions (email, topic) VALUES (?, ?) ON CONFLICT DO NOTHING"
        connection.execute(statement, (email, topic))

When to ignore: doubles do no harm, or one single worker does all the inserting.

References:
    https://docs.djangoproject.com/en/5.2/ref/models/querysets/#get-or-create
    https://docs.sqlalchemy.org/en/20/core/constraints.html#unique-constraint
    https://www.postgresql.org/docs/current/ddl-constraints.html#DDL-CONSTRAINTS-EXCLUSION
    https://www.mongodb.com/docs/manual/core/index-unique/
    https://cwe.mitre.org/data/definitions/367.html
"""

from __future__ import annotations

from collections.abc import Iterator

from harden.checklists.database.races import Race, races_in
from harden.checklists.database.violations import copes, is_caught, raised_at
from harden.checks import Check
from harden.findings import Finding, Severity
from harden.module import Module

check = Check(
    id="check-then-insert",
    title="Row looked for first and inserted later",
    severity=Severity.MEDIUM,
)


@check.module
def looked_for_first(module: Module) -> Iterator[Finding]:
    """Flag inserts that rest on a look-up where no constraint keeps the columns unique."""
    for race in races_in(module):
        if race.unique is False and not (race.call and copes(module, race.call)):
            yield check.found(module, race.place, _message(race), steps=_steps(race))
        elif race.unique and _fails(module, race):
            yield check.found(module, race.place, f"{_both(race)}: the second fails, and nobody catches that")


def _fails(module: Module, race: Race) -> bool:
    """Tell whether the second of two inserts ends in an error that nobody catches."""
    function = module.function(race.place)
    if function is None or race.call is None or race.insert is None:
        return False
    place = race.call if race.insert.steps else raised_at(module, function, race.insert)
    return place is not None and not is_caught(module, function, place)


def _both(race: Race) -> str:
    return f"two requests may both find no {race.store.name} by {', '.join(race.way.same)} and both insert it"


def _message(race: Race) -> str:
    what = f"{race.store.name} by {', '.join(race.way.same)}"
    if race.way.ranges:
        return f"two requests may both find no {what} in the range, and both insert: nothing locks it"
    missing = "index" if race.store.is_collection else "constraint"
    return f"{_both(race)}: no unique {missing} prevents that"


def _steps(race: Race) -> tuple[str, ...]:
    """Return the way to the insert, and where the constraint would stand."""
    steps: list[str] = []
    if race.insert is not None:
        calls = [*race.insert.steps[:1], (race.insert.module, race.insert.call)]
        steps = [f"{source.path}:{call.lineno} inserts" for source, call in calls]
    model = race.store.model
    column = (
        next((model.columns[name] for name in race.way.same if name in model.columns), None)
        if model
        else None
    )
    if column is not None:
        steps.append(f"{column.place.path}:{column.place.line} {column.name} is not unique")
    return tuple(steps)
