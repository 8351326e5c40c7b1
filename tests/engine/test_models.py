"""What is known of a project's models: columns, relations, indexes and order, of every library."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from harden.model import Model
from harden.model_facts import Orm
from harden.models import models_of
from tests.given import project, write

FLASK = {
    "app/__init__.py": "",
    "app/extensions.py": "from flask_sqlalchemy import SQLAlchemy\n\ndb = SQLAlchemy()\n",
    "app/mixins.py": """
from datetime import datetime

from app.extensions import db


class Stamped:
    made_at = db.Column(db.DateTime(timezone=True), default=datetime.utcnow, index=True)
""",
    "app/models.py": """
from app.extensions import db
from app.mixins import Stamped

tags = db.Table(
    "post_tags",
    db.Column("post_id", db.Integer, db.ForeignKey("blog_post.id"), primary_key=True),
    db.Column("tag_id", db.Integer, db.ForeignKey("tag.id"), primary_key=True),
)


class User(Stamped, db.Model):
    id = db.Column(db.Integer, primary_key=True)
    email = db.Column("mail", db.String(80), unique=True, nullable=False)
    posts = db.relationship("BlogPost", backref="author", lazy="dynamic")


class BlogPost(Stamped, db.Model):
    __table_args__ = (db.Index("ix", "slug", "lang"), db.UniqueConstraint("lang", "title"))
    id = db.Column(db.Integer, primary_key=True)
    slug = db.Column(db.String)
    lang = db.Column(db.String)
    title = db.Column(db.String, **OPTIONS)
    author_id = db.Column(db.ForeignKey("user.id", ondelete="CASCADE"))
    tags = db.relationship("Tag", secondary=tags, back_populates="posts")
    replies = db.relationship("Reply")


class Tag(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    posts = db.relationship("BlogPost", secondary="post_tags", back_populates="tags")


class Reply(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    post_id = db.Column(db.Integer, db.ForeignKey("blog_post.id"))
    post = db.relationship("BlogPost")
""",
}


def models(root: Path, files: dict[str, str]) -> dict[str, Model]:
    """Return the project's models by name."""
    return {model.name: model for model in models_of(project(write(root, files))).all}


def test_flask_sqlalchemy_over_files(tmp_path: Path) -> None:
    found = models(tmp_path, FLASK)
    user, post = found["User"], found["BlogPost"]
    assert (user.table, post.table, found["tags"].table) == ("user", "blog_post", "post_tags")
    assert found["Stamped"].abstract
    assert not user.abstract
    assert user.complete
    assert user.primary_key == ("id",)
    assert found["tags"].primary_key == ("post_id", "tag_id")
    mail = user.columns["email"]
    assert (mail.stored, mail.kind, mail.unique, mail.nullable) == ("mail", "String", True, False)
    made = post.columns["made_at"]
    assert (made.place.path, made.place.line, made.indexed, made.type) == (
        "app/mixins.py",
        8,
        True,
        "sqlalchemy.DateTime",
    )
    assert made.made is not None
    assert ast.unparse(made.made) == "db.DateTime(timezone=True)"
    assert made.default is not None
    assert ast.unparse(made.default) == "datetime.utcnow"
    key = post.columns["author_id"]
    assert key.foreign_key is not None
    assert post.target(key.foreign_key) is user
    assert key.on_delete is not None
    assert ast.unparse(key.on_delete) == "'CASCADE'"


def test_indexes(tmp_path: Path) -> None:
    post = models(tmp_path, FLASK)["BlogPost"]
    assert [(index.columns, index.unique) for index in post.indexes] == [
        (("slug", "lang"), False),
        (("lang", "title"), True),
    ]
    assert [post.is_indexed(name) for name in ("id", "slug", "lang", "author_id")] == [
        True,
        True,
        True,
        False,
    ]
    assert post.is_indexed("title") is None, "what is said by ** is not known"
    assert post.is_indexed("nothing") is None


def test_relations_of_sqlalchemy(tmp_path: Path) -> None:
    found = models(tmp_path, FLASK)
    posts = found["User"].relations["posts"]
    assert (posts.many, posts.back, posts.lazy) == (True, "author", "dynamic")
    assert found["User"].target(posts.target) is found["BlogPost"]
    post, reply = found["BlogPost"], found["Reply"]
    assert (post.relations["tags"].many, post.relations["tags"].through) == (True, True)
    assert post.relations["replies"].many is None
    assert post.gives_many(post.relations["replies"]) is True
    assert reply.gives_many(reply.relations["post"]) is False
    listed = models_of(post.module.project)
    assert {f"{other.name}.{item.name}" for other, item in listed.pointing_to(post)} == {
        "User.posts",
        "Tag.posts",
        "Reply.post",
    }


def test_mapped_columns_and_annotated_types(tmp_path: Path) -> None:
    found = models(
        tmp_path,
        {
            "app/types.py": """
from typing import Annotated

from sqlalchemy.orm import mapped_column

key = Annotated[int, mapped_column(primary_key=True)]
""",
            "app/base.py": """
from sqlalchemy.orm import DeclarativeBase, declared_attr


class Base(DeclarativeBase):
    @declared_attr.directive
    def __tablename__(cls) -> str:
        return cls.__name__.lower()
""",
            "app/models.py": """
from __future__ import annotations

import enum
from datetime import datetime
from typing import TYPE_CHECKING, List, Optional

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.base import Base
from app.types import key

if TYPE_CHECKING:
    from app.orders import Order


class Level(enum.Enum):
    LOW = 1


class Customer(Base):
    id: Mapped[key]
    name: Mapped[Optional[str]]
    level: Mapped[Level]
    seen: Mapped["datetime | None"] = mapped_column(sa.DateTime(timezone=True), server_default=sa.func.now())
    orders: Mapped[List["Order"]] = relationship(back_populates="customer", lazy="selectin")
    best: Mapped["Order | None"] = relationship()


sa.Index("ix_seen", Customer.seen.desc())
""",
            "app/orders.py": """
from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.base import Base
from app.types import key


class Order(Base):
    __tablename__ = "orders"
    id: Mapped[key]
    customer_id: Mapped[int] = mapped_column(ForeignKey("customer.id"), index=True)
    customer: Mapped["Customer"] = relationship(back_populates="orders")
""",
        },
    )
    customer, order = found["Customer"], found["Order"]
    assert found["Base"].abstract
    assert (customer.table, order.table) == ("customer", "orders")
    assert (customer.primary_key, order.primary_key) == (("id",), ("id",))
    assert list(customer.columns) == ["id", "name", "level", "seen"]
    assert [column.nullable for column in customer.columns.values()] == [False, True, False, True]
    assert customer.columns["seen"].kind == "DateTime"
    assert customer.columns["name"].type == "builtins.str"
    assert customer.columns["seen"].option("server_default") is not None
    assert customer.is_indexed("seen") is True
    assert [(item.many, item.lazy) for item in customer.relations.values()] == [
        (True, "selectin"),
        (False, "select"),
    ]
    assert order.target(order.relations["customer"].target) is customer
    key = order.columns["customer_id"].foreign_key
    assert key is not None
    assert order.target(key) is customer


def test_django_over_files(tmp_path: Path) -> None:
    found = models(
        tmp_path,
        {
            "site/settings.py": 'AUTH_USER_MODEL = "accounts.Member"\n',
            "site/core/models.py": """
from django.db import models


class Stamped(models.Model):
    made = models.DateTimeField(auto_now_add=True, db_index=True)

    class Meta:
        abstract = True
        ordering = ["-made"]
""",
            "site/accounts/models.py": """
from django.contrib.auth.models import AbstractUser


class Member(AbstractUser):
    pass
""",
            "site/shop/managers.py": """
from django.db import models


class OpenManager(models.Manager):
    def get_queryset(self):
        return super().get_queryset().filter(open=True)
""",
            "site/shop/models.py": """
from django.conf import settings
from django.db import models

from core.models import Stamped
from shop.managers import OpenManager


class Shelf(Stamped):
    code = models.CharField(max_length=9, primary_key=True)


class Item(Stamped):
    name = models.CharField(max_length=9, unique=True)
    slug = models.SlugField()
    kind = models.TextField(null=True, db_column="type")
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE)
    shelf = models.ForeignKey("shop.Shelf", on_delete=models.PROTECT, related_name="items")
    parent = models.ForeignKey("self", null=True, on_delete=models.SET_NULL)
    label = models.OneToOneField("Label", on_delete=models.CASCADE)
    tags = models.ManyToManyField("Label", related_name="+")
    metadata = models.JSONField(default=dict)
    open = OpenManager()

    class Meta(Stamped.Meta):
        db_table = "goods"
        unique_together = ("kind", "shelf")
        indexes = [models.Index(fields=["-slug", "kind"])]
        constraints = [models.UniqueConstraint(fields=["open"], condition=models.Q(open=True), name="x")]


class Label(Stamped):
    class Meta:
        verbose_name = "label"


class Special(Item):
    pass
""",
            "site/shop/forms.py": "from django import forms\n\nclass F(forms.Form):\n    x = forms.Field()\n",
        },
    )
    item, label = found["Item"], found["Label"]
    assert "F" not in found
    assert found["Stamped"].abstract
    assert (item.table, label.table, found["Shelf"].table) == ("goods", "shop_label", "shop_shelf")
    assert (item.primary_key, found["Shelf"].primary_key) == (("id",), ("code",))
    assert item.columns["id"].implied
    assert "tags" not in item.columns
    assert item.columns["metadata"].kind == "JSONField"
    assert [item.ordering is None, label.ordering is None, found["Shelf"].ordering is None] == [
        False,
        True,
        False,
    ]
    assert item.ordering is not None
    assert item.ordering[0].path == "site/core/models.py"
    assert [item.is_indexed(name) for name in ("made", "name", "slug", "owner", "kind")] == [True] * 5
    assert (item.columns["kind"].stored, item.columns["owner"].stored) == ("type", "owner_id")
    assert item.columns["made"].option("auto_now_add") is not None
    relations = {name: item.target(found.target) for name, found in item.relations.items()}
    assert {name: found.name if found else None for name, found in relations.items()} == {
        "owner": "Member",
        "shelf": "Shelf",
        "parent": "Item",
        "label": "Label",
        "tags": "Label",
    }
    assert [found.back for found in item.relations.values()] == [
        "item_set",
        "items",
        "item_set",
        "item",
        None,
    ]
    assert [found.many for found in item.relations.values()] == [False, False, False, False, True]
    assert list(item.managers) == ["open"]
    assert found["Special"].columns["name"].place.path == "site/shop/models.py"
    assert not found["Member"].complete
    assert item.complete


def test_sqlmodel(tmp_path: Path) -> None:
    found = models(
        tmp_path,
        {
            "app/models.py": """
from datetime import datetime

from sqlalchemy import Column, DateTime
from sqlmodel import Field, Relationship, SQLModel


class HeroBase(SQLModel):
    name: str = Field(index=True)
    age: int | None = None


class Hero(HeroBase, table=True):
    id: int | None = Field(default=None, primary_key=True)
    team_id: int | None = Field(default=None, foreign_key="team.id")
    seen: datetime = Field(sa_column=Column(DateTime(timezone=True), nullable=False))
    team: "Team" = Relationship(back_populates="heroes")


class Team(SQLModel, table=True):
    id: int = Field(primary_key=True)
    heroes: list[Hero] = Relationship(back_populates="team", sa_relationship_kwargs={"lazy": "selectin"})


class HeroCreate(HeroBase):
    pass
"""
        },
    )
    hero, team = found["Hero"], found["Team"]
    assert [model.abstract for model in found.values()] == [True, False, False, True]
    assert (hero.orm, hero.table, hero.primary_key) == (Orm.SQLMODEL, "hero", ("id",))
    assert list(hero.columns) == ["name", "age", "id", "team_id", "seen"]
    assert hero.columns["seen"].kind == "DateTime"
    assert hero.columns["name"].indexed
    assert hero.columns["age"].nullable
    assert not hero.columns["name"].nullable
    assert hero.target(hero.relations["team"].target) is team
    assert (team.relations["heroes"].many, team.relations["heroes"].lazy) == (True, "selectin")


@pytest.mark.parametrize(
    ("orm", "text", "table", "columns"),
    [
        (
            Orm.MONGOENGINE,
            """
from mongoengine import Document, ListField, ReferenceField, StringField


class Page(Document):
    meta = {"collection": "pages", "indexes": ["title", ("-made", "title")], "ordering": ["-made"]}
    title = StringField(required=True)
    made = StringField(unique=True)
    next = ReferenceField("Page")
    others = ListField(ReferenceField("Page"))
""",
            "pages",
            ["title", "made", "next"],
        ),
        (
            Orm.BEANIE,
            """
from beanie import Document, Indexed, Link


class Page(Document):
    title: Indexed(str, unique=True)
    made: int = 0
    next: Link["Page"]

    class Settings:
        name = "pages"
        indexes = ["made"]
""",
            "pages",
            ["title", "made", "next"],
        ),
        (
            Orm.ODMANTIC,
            """
from odmantic import Field, Model, Reference


class Page(Model):
    title: str = Field(unique=True)
    made: int = Field(index=True)
    next: "Page" = Reference()
""",
            "page",
            ["title", "made"],
        ),
    ],
)
def test_documents(tmp_path: Path, orm: Orm, text: str, table: str, columns: list[str]) -> None:
    page = models(tmp_path, {"app/pages.py": text})["Page"]
    assert (page.orm, page.table, list(page.columns)) == (orm, table, columns)
    assert page.is_indexed("title")
    assert page.is_indexed("made")
    assert page.target(page.relations["next"].target) is page
    assert all(found.many for name, found in page.relations.items() if name == "others")


def test_columns_made_by_a_function_and_a_partial(tmp_path: Path) -> None:
    found = models(
        tmp_path,
        {
            "app/base.py": """
import functools

from flask_sqlalchemy import SQLAlchemy

db = SQLAlchemy()
Column = functools.partial(db.Column, nullable=False)


def primary_key():
    return Column(db.Integer, primary_key=True)
""",
            "app/models.py": """
from .base import Column, db, primary_key


class User(db.Model):
    id = primary_key()
    name = Column(db.String)
    nick = Column(db.String, nullable=True)
""",
        },
    )["User"]
    assert found.primary_key == ("id",)
    assert [column.nullable for column in found.columns.values()] == [False, False, True]


def test_a_model_by_an_expression(tmp_path: Path) -> None:
    files = FLASK | {
        "app/views.py": """
from app import models
from app.models import User as Account, tags as links


def show(user: Account):
    models.BlogPost, links, models.tags, user, str
"""
    }
    module = project(write(tmp_path, files)).module("app/views.py")
    shown = next(node for node in module.nodes(ast.Tuple))
    found = [models_of(module.project).of(module, item) for item in shown.elts]
    assert [model.name if model else None for model in found] == ["BlogPost", "tags", "tags", "User", None]


def test_classes_in_a_circle_and_unreadable_files(tmp_path: Path) -> None:
    files = {
        "app/a.py": "from app.b import B, models\n\nclass A(B):\n    x = models.TextField()\n",
        "app/b.py": "from django.db import models\nfrom app.a import A\n\nclass B(A):\n    y = 1\n",
        "app/broken.py": "from django.db import models\nclass C(models.Model:\n",
    }
    assert set(models(tmp_path, files)) <= {"A", "B"}
