"""Rows are followed through files, templates and serializers to where their relations are read."""

from __future__ import annotations

from pathlib import Path

import pytest

from harden.checklists.database.n_plus_one import check
from harden.findings import Finding
from harden.project import Project
from harden.scan import Rules, scan_file

SQL = """\
from flask_sqlalchemy import SQLAlchemy

db = SQLAlchemy()


class User(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    name = db.Column(db.String(80))
    posts = db.relationship("Post", backref="author", lazy=True)


class Topic(db.Model):
    id = db.Column(db.Integer, primary_key=True)


class Post(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    user_id = db.Column(db.Integer, db.ForeignKey("user.id"))
    topic_id = db.Column(db.Integer, db.ForeignKey("topic.id"))
    topic = db.relationship("Topic")
    likes = db.relationship("Like", lazy="dynamic")

    def to_dict(self):
        return {"author": self.author.name, "topic": self.topic_name}

    @property
    def topic_name(self):
        return self.topic.name


class Like(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    post_id = db.Column(db.Integer, db.ForeignKey("post.id"))
"""
DJANGO = """\
from django.contrib.auth.models import User
from django.db import models


class Profile(models.Model):
    user = models.OneToOneField(User, on_delete=models.CASCADE, related_name="profile")


class Tag(models.Model):
    pass


class PostManager(models.Manager):
    def published(self):
        return self.filter(published=True)


class Post(models.Model):
    author = models.ForeignKey(User, on_delete=models.CASCADE, related_name="posts")
    tags = models.ManyToManyField(Tag)
    objects = PostManager()

    def names(self):
        return [comment.author.username for comment in self.comments.all()]


class Comment(models.Model):
    post = models.ForeignKey(Post, on_delete=models.CASCADE, related_name="comments")
    author = models.ForeignKey(User, on_delete=models.CASCADE)
"""
FLASK = """\
from flask import render_template, request
from sqlalchemy import select
from sqlalchemy.orm import joinedload, selectinload

from app.models import Post, User, db


"""
VIEWS = """\
from django.contrib.auth.models import User
from django.core.paginator import Paginator
from django.shortcuts import get_object_or_404, render
from django.views.generic import DetailView, ListView
from rest_framework import generics, serializers, viewsets

from app.models import Comment, Post, Tag


"""


def found(tmp_path: Path, code: str, models: str, **others: str) -> tuple[Finding, ...]:
    files = {"app/views.py": code, "app/models.py": models}
    files |= {name.replace("__", "/").replace("_html", ".html"): text for name, text in others.items()}
    files = {name if "." in name else f"app/{name}.py": text for name, text in files.items()}
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    result = scan_file(Project(tmp_path, tuple(sorted(files))), Rules((check,)), "app/views.py")
    assert not result.problems
    return result.findings


def loads(findings: tuple[Finding, ...]) -> list[str]:
    """Return the relations that each finding has the codemod load, without their loaders."""
    return [
        ", ".join(
            ".".join(hop.split(" ")[-1] for hop in line.split("\t")[1:])
            if finding.facts["orm"] == "django"
            else ".".join(hop.split(" ")[-1] for hop in line.split("\t"))
            for line in finding.facts["loads"].splitlines()
        )
        if finding.fixable
        else f"not {finding.message.split()[0]}"
        for finding in findings
    ]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("def a():\n    return [p.author.name for p in Post.query.all()]\n", ["author"]),
        ("def a():\n    return [p.to_dict() for p in db.session.query(Post)]\n", ["author, topic"]),
        ("def a():\n    return [p.topic_name for p in db.session.scalars(select(Post))]\n", ["topic"]),
        (
            "def one(post):\n    return post.author.name\n\n\ndef a():\n"
            "    found = Post.query.filter(Post.id > 3)\n    return list(map(one, found))\n",
            ["author"],
        ),
        (
            "def a(s):\n    for row in s.execute(select(Post)):\n"
            "        print(row[0].topic.id, row.Post.id)\n",
            ["topic"],
        ),
        (
            "def a(s):\n    return {p.id: p.author for u in User.query for p in u.posts if p.topic}\n",
            ["posts.topic"],
        ),
        ("def a(n):\n    u = User.query.get(n)\n    return [p.topic for p in u.posts]\n", ["posts.topic"]),
        (
            "async def a(s):\n    r = await s.execute(select(Post))\n"
            "    return [p.topic for p in r.scalars()]\n",
            ["topic"],
        ),
        (
            "def a():\n    posts = Post.query.options(joinedload(Post.author)).all()\n"
            "    return [(p.author, p.topic) for p in posts]\n",
            ["topic"],
        ),
        ("def a():\n    return sorted(Post.query, key=lambda p: p.topic.name)\n", ["topic"]),
        (
            "def a():\n    page = Post.query.paginate(per_page=9)\n"
            "    return [p.topic for p in page.items]\n",
            ["topic"],
        ),
        ("def a():\n    return [p.likes.count() for p in Post.query.all()]\n", ["not likes"]),
    ],
)
def test_loops(body: str, expected: list[str], tmp_path: Path) -> None:
    assert loads(found(tmp_path, FLASK + body, SQL)) == expected


@pytest.mark.parametrize(
    "body",
    [
        "def a():\n    return [p.user_id for p in Post.query.all()]\n",
        "def a(n):\n    return [p.author for p in Post.query.filter_by(user_id=n)]\n",
        "def a(n):\n    return [p.author for p in Post.query.filter(Post.user_id == n).all()]\n",
        "def a(n):\n    return [p.author for p in User.query.get(n).posts]\n",
        "def a(n):\n    p = Post.query.get(n)\n    return p.author.name, p.topic_name\n",
        "def a(*o):\n    return [p.author for p in Post.query.options(*o)]\n",
        "def a():\n"
        "    return [p.author for p in Post.query.options(joinedload('*'), joinedload(Post.author))]\n",
        "LOAD = selectinload(Post.author)\n\n\ndef a():\n"
        "    return [p.author for p in Post.query.options(LOAD)]\n",
        "def a(s):\n    return [p.author for p in s.query(Post, User)]\n",
        "def a(s, d):\n    for p in Post.query.limit(5):\n        d(p.author)\n",
        "def a(s, q):\n    for p in Post.query:\n        p.author = q\n        s.add(p)\n",
        "class Box:\n    query = []\n\n\ndef a():\n    return [b.author for b in Box.query]\n",
    ],
)
def test_fine_loops(body: str, tmp_path: Path) -> None:
    assert not loads(found(tmp_path, FLASK + body, SQL))


def test_a_filter_under_a_condition_leaves_many(tmp_path: Path) -> None:
    body = (
        "def a():\n    posts = Post.query\n    if 'u' in request.args:\n"
        "        posts = posts.filter_by(user_id=3)\n    return [p.author for p in posts]\n"
    )
    assert loads(found(tmp_path, FLASK + body, SQL)) == ["author"]


def test_rows_of_the_user_at_hand(tmp_path: Path) -> None:
    login = "from flask_login import current_user\n\n\n"
    body = login + "def a():\n    return [p.topic.id for p in current_user.posts]\n"
    findings = found(tmp_path, FLASK + body, SQL)
    assert loads(findings) == ["not topic"]
    assert "No query stands here" in findings[0].why_not


def test_a_template_of_jinja(tmp_path: Path) -> None:
    body = "def a():\n    return render_template('posts.html', posts=Post.query.all(), title='x')\n"
    template = (
        "{% extends 'base.html' %}\n{# {{ post.likes }} #}{% for post in posts %}{% set by = post.author %}"
        "{% include 'one.html' %}{% endfor %}{{ post.likes }}"
    )
    one = "{{ by.name|upper }} {% if post.topic.id %}{{ 'post.likes' }}{% endif %}"
    findings = found(
        tmp_path, FLASK + body, SQL, app__templates__posts_html=template, app__templates__one_html=one
    )
    assert loads(findings) == ["author, topic"]
    assert findings[0].steps[1].startswith("app/templates/one.html:1 ")


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("def a(request):\n    return [p.author.profile for p in Post.objects.all()]\n", ["author__profile"]),
        ("def a(request):\n    return [p.names() for p in Post.objects.all()]\n", ["comments__author"]),
        ("def a(request):\n    return [u.profile.pk for u in User.objects.order_by('pk')]\n", ["profile"]),
        ("def a(request):\n    for c in request.user.posts.all():\n        c.tags.all()\n", ["tags"]),
        (
            "def a(request):\n    return render(request, 'p.html', {'posts': Post.objects.published()})\n",
            ["author, tags", "not comments"],
        ),
        (
            "def a(request):\n    posts = Paginator(Post.objects.all(), 9).get_page(1)\n    context = {}\n"
            "    context['posts'] = posts\n    return render(request, 'p.html', context)\n",
            ["author, tags", "not comments"],
        ),
        (
            "class A(ListView):\n    model = Post\n    template_name = 'p.html'\n"
            "    context_object_name = 'posts'\n",
            ["author, tags", "not comments"],
        ),
        (
            "def a(request, pk):\n    post = get_object_or_404(Post, pk=pk)\n"
            "    return render(request, 'one.html', {'post': post})\n",
            ["comments__author"],
        ),
        (
            "class S(serializers.ModelSerializer):\n    class Meta:\n        model = Post\n"
            "        fields = ['author', 'tags']\n\n\n"
            "class A(viewsets.ModelViewSet):\n    queryset = Post.objects.all()\n    serializer_class = S\n",
            ["tags"],
        ),
        (
            "class S(serializers.Serializer):\n    by = serializers.SerializerMethodField()\n\n"
            "    def get_by(self, post):\n        return post.author.username\n\n\n"
            "class A(generics.ListAPIView):\n    serializer_class = S\n\n"
            "    def get_queryset(self):\n        return Post.objects.filter(pk__gt=3)\n",
            ["author"],
        ),
        (
            "def a(request):\n    for p in Post.objects.all():\n        p.comments.filter(pk=3)\n"
            "        p.comments.count()\n",
            ["not comments", "not comments"],
        ),
    ],
)
def test_django(body: str, expected: list[str], tmp_path: Path) -> None:
    page = (
        "{% for post in posts %}{{ post.author }}{{ post.comments.count }}"
        "{% for tag in post.tags.all %}{% endfor %}{% endfor %}"
    )
    one = "{{ post.author }}{% for c in post.comments.all %}{{ c.author }}{{ c.post.pk }}{% endfor %}"
    findings = found(
        tmp_path, VIEWS + body, DJANGO, app__templates__p_html=page, app__templates__one_html=one
    )
    assert sorted(loads(findings)) == sorted(expected)


@pytest.mark.parametrize(
    "body",
    [
        "def a(request):\n    return [p.author_id for p in Post.objects.all()]\n",
        "def a(request):\n    return [p.author for p in Post.objects.select_related()]\n",
        "def a(request):\n"
        "    return [c.post for p in Post.objects.prefetch_related('comments') for c in p.comments.all()]\n",
        "def a(request):\n    for p in Post.objects.all():\n        p.tags.add(3)\n        p.tags.set([])\n",
        "def a(request):\n    for p in Post.objects.all():\n        p.save()\n        p.title.count('x')\n",
        "class A(DetailView):\n    model = Post\n    template_name = 'none.html'\n",
        "class A(ListView):\n    queryset = Post.objects.select_related('author')\n"
        "    template_name = 'author.html'\n",
    ],
)
def test_fine_django(body: str, tmp_path: Path) -> None:
    template = "{% for post in object_list %}{{ post.author.username }}{% endfor %}"
    assert not found(tmp_path, VIEWS + body, DJANGO, app__templates__author_html=template)


def test_a_query_and_its_loop_in_two_files(tmp_path: Path) -> None:
    query = "from app.models import Post\n\n\ndef newest(session):\n    return session.query(Post).all()\n"
    loop = "from app.views import newest\n\n\ndef show(s):\n    return [p.author.name for p in newest(s)]\n"
    findings = found(tmp_path, query, SQL, main=loop)
    assert loads(findings) == ["author"]
    assert findings[0].steps == ("app/main.py:5 reads p.author",)


def test_marshmallow(tmp_path: Path) -> None:
    body = (
        "from marshmallow import Schema, fields\n\n\nclass UserSchema(Schema):\n    name = fields.Str()\n\n\n"
        "class PostSchema(Schema):\n    author = fields.Nested(UserSchema)\n"
        "    topic = fields.Function(lambda post: post.topic.name)\n\n\n"
        "posts_schema = PostSchema(many=True)\n\n\n"
        "def a():\n    return posts_schema.dump(Post.query.all())\n"
    )
    assert loads(found(tmp_path, FLASK + body, SQL)) == ["author, topic"]
