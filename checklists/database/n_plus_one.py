"""Each row of a list costs a query of its own, so that a page of a hundred rows asks a hundred times.

A relation is fetched when it is first read. In a loop, a comprehension, a serializer or a template that is
once for each row: with ten rows of test data nobody notices, with a thousand the page takes seconds, and the
database is busy with a thousand questions that one would have answered. In an async session the same read is
an error.
Rows are followed from their query to where they are read: through names, functions that they are passed to,
methods and properties of the model, templates, serializers of Django REST framework, schemas of marshmallow,
response models of FastAPI, and to the callers of a function that returns them. What a relation is, its
definition decides.
Not reported: keys such as `post.author_id`; what the query, its manager or the relation itself brings along;
relations back to the row at hand; related rows that are the same for all rows because the query asks for
their key (SQLAlchemy keeps them); queries of at most five rows. Loaders that cannot be told, such as
`options(*some)`, count as whatever is needed, and so do those that a base class of a view puts in.
The fix puts `joinedload` or `select_related` into the query for what leads to one row, `selectinload` or
`prefetch_related` for what leads to many. Related rows that are counted, filtered or put in order for each
row are reported, but for a person: no loader serves them. So are relations that a `backref` makes where the
query begins with `select()`: their attribute may not be there yet when it is first named.

Flagged:

    from flask import Flask, jsonify
    from flask_sqlalchemy import SQLAlchemy

    app = Flask(__name__)
    db = SQLAlchemy(app)


    class User(db.Model):
        id = db.Column(db.Integer, primary_key=True)
        name = db.Column(db.String(80))


    class Post(db.Model):
        id = db.Column(db.Integer, primary_key=True)
        title = db.Column(db.String(80))
        user_id = db.Column(db.Integer, db.ForeignKey("user.id"))
        author = db.relationship(User)


    @app.get("/posts")
    def posts():
        found = Post.query.order_by(Post.id).limit(50).all()
        return jsonify([{"title": post.title, "author": post.author.name} for post in found])

Fixed:

    from flask import Flask, jsonify
    from flask_sqlalchemy import SQLAlchemy
    from sqlalchemy.orm import joinedload

    app = Flask(__name__)
    db = SQLAlchemy(app)


    class User(db.Model):
        id = db.Column(db.Integer, primary_key=True)
        name = db.Column(db.String(80))


    class Post(db.Model):
        id = db.Column(db.Integer, primary_key=True)
        title = db.Column(db.String(80))
        user_id = db.Column(db.Integer, db.ForeignKey("user.id"))
        author = db.relationship(User)


    @app.get("/posts")
    def posts():
        found = Post.query.options(joinedload(Post.author)).order_by(Post.id).limit(50).all()
        return jsonify([{"title": post.title, "author": post.author.name} for post in found])

Flagged:

    from fastapi import APIRouter, Depends
    from pydantic import BaseModel
    from sqlalchemy import ForeignKey, select
    from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship

    from app.session import get_db

    router = APIRouter()


    class Base(DeclarativeBase):
        pass


    class Order(Base):
        __tablename__ = "orders"
        id: Mapped[int] = mapped_column(primary_key=True)
        items: Mapped[list["Item"]] = relationship()


    class Item(Base):
        __tablename__ = "items"
        id: Mapped[int] = mapped_column(primary_key=True)
        order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"))


    class ItemOut(BaseModel):
        id: int


    class OrderOut(BaseModel):
        id: int
        items: list[ItemOut]


    @router.get("/orders", response_model=list[OrderOut])
    def orders(db: Session = Depends(get_db)):
        return db.scalars(select(Order).order_by(Order.id)).all()

Fixed:

    from fastapi import APIRouter, Depends
    from pydantic import BaseModel
    from sqlalchemy import ForeignKey, select
    from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship
    from sqlalchemy.orm import selectinload

    from app.session import get_db

    router = APIRouter()


    class Base(DeclarativeBase):
        pass


    class Order(Base):
        __tablename__ = "orders"
        id: Mapped[int] = mapped_column(primary_key=True)
        items: Mapped[list["Item"]] = relationship()


    class Item(Base):
        __tablename__ = "items"
        id: Mapped[int] = mapped_column(primary_key=True)
        order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"))


    class ItemOut(BaseModel):
        id: int


    class OrderOut(BaseModel):
        id: int
        items: list[ItemOut]


    @router.get("/orders", response_model=list[OrderOut])
    def orders(db: Session = Depends(get_db)):
        return db.scalars(
            select(Order).options(selectinload(Order.items)).order_by(Order.id)
        ).all()

Flagged (blog/views.py):

    from django.db import models
    from django.http import JsonResponse


    class Author(models.Model):
        name = models.TextField()


    class Tag(models.Model):
        name = models.TextField()


    class Post(models.Model):
        author = models.ForeignKey(Author, on_delete=models.CASCADE)
        tags = models.ManyToManyField(Tag)

        def to_dict(self):
            return {"author": self.author.name, "tags": [tag.name for tag in self.tags.all()]}


    def posts(request):
        found = Post.objects.order_by("-pk")[:50]
        return JsonResponse({"posts": [post.to_dict() for post in found]})

Fixed (blog/views.py):

    from django.db import models
    from django.http import JsonResponse


    class Author(models.Model):
        name = models.TextField()


    class Tag(models.Model):
        name = models.TextField()


    class Post(models.Model):
        author = models.ForeignKey(Author, on_delete=models.CASCADE)
        tags = models.ManyToManyField(Tag)

        def to_dict(self):
            return {"author": self.author.name, "tags": [tag.name for tag in self.tags.all()]}


    def posts(request):
        found = (
            Post.objects.select_related("author")
            .prefetch_related("tags")
            .order_by("-pk")[:50]
        )
        return JsonResponse({"posts": [post.to_dict() for post in found]})

Flagged (shop/api.py):

    from django.db import models
    from rest_framework import serializers, viewsets


    class Maker(models.Model):
        name = models.TextField()


    class Product(models.Model):
        maker = models.ForeignKey(Maker, on_delete=models.CASCADE)


    class ProductSerializer(serializers.ModelSerializer):
        maker_name = serializers.CharField(source="maker.name")

        class Meta:
            model = Product
            fields = ["id", "maker", "maker_name"]


    class Products(viewsets.ModelViewSet):
        queryset = Product.objects.all()
        serializer_class = ProductSerializer

Fixed (shop/api.py):

    from django.db import models
    from rest_framework import serializers, viewsets


    class Maker(models.Model):
        name = models.TextField()


    class Product(models.Model):
        maker = models.ForeignKey(Maker, on_delete=models.CASCADE)


    class ProductSerializer(serializers.ModelSerializer):
        maker_name = serializers.CharField(source="maker.name")

        class Meta:
            model = Product
            fields = ["id", "maker", "maker_name"]


    class Products(viewsets.ModelViewSet):
        queryset = Product.objects.select_related("maker").all()
        serializer_class = ProductSerializer

Fine:

    from sqlalchemy import ForeignKey, select
    from sqlalchemy.orm import DeclarativeBase, Mapped, contains_eager, joinedload, mapped_column
    from sqlalchemy.orm import relationship, selectinload


    class Base(DeclarativeBase):
        pass


    class User(Base):
        __tablename__ = "users"
        id: Mapped[int] = mapped_column(primary_key=True)
        name: Mapped[str]
        posts: Mapped[list["Post"]] = relationship(back_populates="author")


    class Topic(Base):
        __tablename__ = "topics"
        id: Mapped[int] = mapped_column(primary_key=True)
        name: Mapped[str]


    class Post(Base):
        __tablename__ = "posts"
        id: Mapped[int] = mapped_column(primary_key=True)
        user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
        topic_id: Mapped[int] = mapped_column(ForeignKey("topics.id"))
        author: Mapped[User] = relationship(back_populates="posts")
        topic: Mapped[Topic] = relationship(lazy="joined")


    def loaded(session):
        posts = session.query(Post).options(joinedload(Post.author)).all()
        joined = session.scalars(select(Post).join(Post.author).options(contains_eager(Post.author)))
        users = session.scalars(select(User).options(selectinload(User.posts)))
        return (
            [post.author.name for post in posts],
            [post.author.name for post in joined],
            [(post.topic.name, post.author.name) for user in users for post in user.posts],
        )


    def of_one(session, user_id):
        posts = session.query(Post).filter_by(user_id=user_id).all()
        newest = session.query(Post).order_by(Post.id.desc()).first()
        few = session.query(Post).limit(3).all()
        keys = [post.user_id for post in session.query(Post)]
        return [post.author.name for post in posts], newest.author.name, [p.author.name for p in few], keys


    def as_asked(session, *options):
        return [post.author.name for post in session.scalars(select(Post).options(*options))]

Fine (blog/views.py):

    from django.db import models
    from django.db.models import Prefetch, prefetch_related_objects


    class Author(models.Model):
        name = models.TextField()


    class PostManager(models.Manager):
        def get_queryset(self):
            return super().get_queryset().select_related("author")


    class Post(models.Model):
        author = models.ForeignKey(Author, on_delete=models.CASCADE, related_name="posts")
        objects = PostManager()


    class Comment(models.Model):
        post = models.ForeignKey(Post, on_delete=models.CASCADE, related_name="comments")
        author = models.ForeignKey(Author, on_delete=models.CASCADE)


    def fine(request, pk):
        by_manager = [post.author.name for post in Post.objects.all()]
        comments = Comment.objects.filter(post_id=pk).select_related("author", "post__author")
        names = [(comment.author.name, comment.post.author.name) for comment in comments]
        inner = Prefetch("comments", queryset=Comment.objects.select_related("author"))
        posts = Post.objects.prefetch_related(inner)
        texts = [comment.author.name for post in posts for comment in post.comments.all()]
        loaded = list(Comment.objects.all())
        prefetch_related_objects(loaded, "author")
        keys = [comment.author_id for comment in Comment.objects.all()]
        values = [row["author__name"] for row in Comment.objects.values("author__name")]
        post = Post.objects.get(pk=pk)
        return by_manager, names, texts, [c.author.name for c in loaded], keys, values, post.author.name

When to ignore: the list has a handful of rows by its nature, or all its rows share the few related ones.

References: https://docs.sqlalchemy.org/en/20/orm/queryguide/relationships.html
https://docs.djangoproject.com/en/stable/ref/models/querysets/#select-related
"""

from __future__ import annotations

from collections.abc import Iterator

from harden.checklists.database.eager import loads_for, message_for, obstacle
from harden.checklists.database.row_reading import Reading
from harden.checklists.database.row_shown import viewed
from harden.checklists.database.row_starts import Start, starts_in, substarts
from harden.checks import Check, Fix
from harden.findings import Finding, Risk, Severity
from harden.module import Module

check = Check(
    id="n-plus-one",
    title="A query for every row",
    severity=Severity.HIGH,
    fix=Fix("harden.codemods.eager_loading:LoadAlong", Risk.REVIEW),
    words=("models", "objects", "sqlalchemy", "sqlmodel", ".query", "select(", "queryset", "_or_404"),
)

_ORMS = frozenset({"sqlalchemy", "flask_sqlalchemy", "sqlmodel", "django"})

_COUNTED = (
    'Count in the same query: annotate it with Count("{}"), and read that; a prefetch would load all rows.'
)
_APART = "It is asked anew for each row, which no loader helps: ask once for all rows, and look it up there."


@check.module
def lists(module: Module) -> Iterator[Finding]:
    """Flag queries whose rows are asked one by one for what a loader would bring along."""
    if module.imports("alembic") or module.project.imported.isdisjoint(_ORMS):
        return
    todo = list(starts_in(module))
    for start in todo:
        reading = Reading(module, start.orm, start.loaded)
        if start.owner is not None:
            viewed(reading, module, start.owner, start.held)
        else:
            reading.start(start.begin, start.held)
        todo += substarts(module, reading.managers)
        yield from _found(module, start, reading)


def _found(module: Module, start: Start, reading: Reading) -> Iterator[Finding]:
    missing = reading.missing
    if missing:
        why_not = obstacle(module, start, reading)
        facts = {} if why_not else loads_for(module, start, reading)
        steps = tuple(missed.place for missed in missing.values())
        message = message_for(start, missing)
        yield check.found(module, start.report, message, facts=facts, why_not=why_not, steps=steps)
    for path, counted in reading.only_counted.items():
        message = f"{'.'.join(path)} of each {start.name} is counted by a query of its own"
        why_not = _COUNTED.format(path[-1])
        yield check.found(
            module, counted.counted or start.place, message, why_not=why_not, steps=(counted.place,)
        )
    for place, apart in reading.apart.items():
        message = f"{apart.name} of each {start.name} costs a query of its own"
        node = apart.node or start.place
        yield check.found(module, node, message, why_not=_APART, steps=(place,))
