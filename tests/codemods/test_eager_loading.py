"""Queries bring along what is read of their rows: fewer queries for the same answer, in their own layout."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.codemods.conftest import Mend

SQL = """\
from sqlalchemy import ForeignKey
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship


class Base(DeclarativeBase):
    pass


class User(Base):
    __tablename__ = "users"
    id: Mapped[int] = mapped_column(primary_key=True)
    posts: Mapped[list["Post"]] = relationship(back_populates="author")


class Post(Base):
    __tablename__ = "posts"
    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    author: Mapped[User] = relationship(back_populates="posts")
    comments: Mapped[list["Comment"]] = relationship(back_populates="post")


class Comment(Base):
    __tablename__ = "comments"
    id: Mapped[int] = mapped_column(primary_key=True)
    post_id: Mapped[int] = mapped_column(ForeignKey("posts.id"))
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    post: Mapped[Post] = relationship(back_populates="comments")
    by: Mapped[User] = relationship()
"""
HEAD = "from sqlalchemy import select\n\nfrom app.models import Post, User\n\n\n"
RUN = """
from sqlalchemy import create_engine, event
from sqlalchemy.orm import Session
from app.models import Base, Comment, Post, User
from app.main import show

engine = create_engine("sqlite://")
Base.metadata.create_all(engine)
with Session(engine) as session:
    for number in range(1, 21):
        session.add(User(id=number))
        session.add(Post(id=number, user_id=number))
        session.add(Comment(id=number, post_id=number, user_id=21 - number))
    session.commit()
asked = []
event.listen(engine, "before_cursor_execute", lambda *given: asked.append(given[2]))
with Session(engine) as session:
    print(show(session))
print(len(asked))
"""


def ran(tmp_path: Path, run: str, *files: tuple[str, str]) -> tuple[str, int]:
    """Return what a program prints in a project, and how many queries it took."""
    for name, text in files:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    done = subprocess.run(
        [sys.executable, "-c", run], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    *answer, number = done.stdout.split("\n")[:-1]
    return "\n".join(answer), int(number)


@pytest.mark.parametrize(
    ("body", "before", "after"),
    [
        ("return [p.author.id for p in s.query(Post).order_by(Post.id)]", 21, 1),
        ("return [p.author.id for p in s.scalars(select(Post).where(Post.id > 5)).all()]", 16, 1),
        ("return [c.id for u in s.query(User).all() for p in u.posts for c in p.comments]", 41, 3),
        ("return [(p.author.id, [c.by.id for c in p.comments]) for p in s.query(Post).all()]", 41, 2),
        ("return [c.by.id for p in s.get(User, 3).posts for c in p.comments]", 4, 3),
        ("return [p.author.id for p in s.query(Post).distinct().limit(9)]", 10, 2),
    ],
)
def test_fewer_queries_of_sqlalchemy(body: str, before: int, after: int, mend: Mend, tmp_path: Path) -> None:
    code = f"{HEAD}def show(s):\n    {body}\n"
    mended = mend("n-plus-one", code, files={"app/models.py": SQL, "app/__init__.py": ""})
    assert not mended.refused
    old = ran(tmp_path, RUN, ("app/main.py", code))
    new = ran(tmp_path, RUN, ("app/main.py", mended.text))
    assert (old[1], new[1]) == (before, after)
    assert new[0] == old[0]
    again = mend("n-plus-one", mended.text, files={"app/models.py": SQL, "app/__init__.py": ""})
    assert again.text == mended.text


DJANGO = """\
from django.db import models


class Author(models.Model):
    name = models.TextField()

    class Meta:
        app_label = "app"


class Tag(models.Model):
    name = models.TextField()

    class Meta:
        app_label = "app"


class PostManager(models.Manager):
    def recent(self):
        return self.filter(pk__gt=0)


class Post(models.Model):
    author = models.ForeignKey(Author, on_delete=models.CASCADE, related_name="posts")
    tags = models.ManyToManyField(Tag)
    objects = PostManager()

    class Meta:
        app_label = "app"


class Comment(models.Model):
    post = models.ForeignKey(Post, on_delete=models.CASCADE, related_name="comments")
    by = models.ForeignKey(Author, on_delete=models.CASCADE)

    class Meta:
        app_label = "app"
"""
RUN_DJANGO = """
import django
from django.conf import settings

database = {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}
settings.configure(DATABASES={"default": database}, INSTALLED_APPS=["app"], DEBUG=True)
django.setup()
from django.db import connection, reset_queries
from app.models import Author, Comment, Post, Tag

with connection.schema_editor() as editor:
    for model in (Author, Tag, Post, Comment):
        editor.create_model(model)
tag = Tag.objects.create(name="t")
for number in range(1, 11):
    author = Author.objects.create(pk=number, name=f"a{number}")
    post = Post.objects.create(pk=number, author=author)
    post.tags.add(tag)
    Comment.objects.create(post=post, by=author)
from app.views import show
reset_queries()
print(show())
print(len(connection.queries))
"""
VIEWS = "from django.shortcuts import get_object_or_404\n\nfrom app.models import Author, Post\n\n\n"


@pytest.mark.parametrize(
    ("body", "before", "after"),
    [
        ("return [p.author.name for p in Post.objects.order_by('pk')]", 11, 1),
        ("return [p.author.name for p in Post.objects.recent().order_by('pk')[:8]]", 9, 1),
        ("return [[t.name for t in p.tags.all()] for p in Post.objects.all()]", 11, 2),
        ("return [c.by.name for p in Post.objects.all() for c in p.comments.all()]", 21, 3),
        ("return [c.by.name for c in get_object_or_404(Post, pk=3).comments.all()]", 3, 2),
        ("return [p.author.name for p in Post.objects.select_related().filter(pk__gt=2)]", 1, 1),
        (
            "return [(p.author.name, len(p.tags.all())) for p in Post.objects.select_related('author')]",
            11,
            2,
        ),
    ],
)
def test_fewer_queries_of_django(body: str, before: int, after: int, mend: Mend, tmp_path: Path) -> None:
    code = f"{VIEWS}def show():\n    {body}\n"
    files = {"app/models.py": DJANGO, "app/__init__.py": ""}
    mended = mend("n-plus-one", code, path="app/views.py", files=files)
    assert not mended.refused
    old = ran(tmp_path, RUN_DJANGO, ("app/views.py", code))
    new = ran(tmp_path, RUN_DJANGO, ("app/views.py", mended.text))
    assert (old[1], new[1]) == (before, after)
    assert new[0] == old[0]
    again = mend("n-plus-one", mended.text, path="app/views.py", files=files)
    assert again.text == mended.text


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            "def show(s):\n    found = (\n        s.query(Post)  # the newest\n        .order_by(Post.id)\n"
            "        .all()\n    )\n    return [p.author for p in found]\n",
            "        s.query(Post)  # the newest\n        .options(joinedload(Post.author))\n"
            "        .order_by(Post.id)\n",
        ),
        (
            "def show(s):\n    q = select(Post)\n    return [p.author for p in s.scalars(q)]\n",
            "    q = select(Post).options(joinedload(Post.author))\n",
        ),
        (
            "def show(s):\n    for p in s.query(Post): print(p.author)\n",
            "    for p in s.query(Post).options(joinedload(Post.author)): print(p.author)\n",
        ),
        (
            "from sqlalchemy import orm\n\n\ndef show(s):\n"
            "    q = s.query(Post).options(orm.joinedload(Post.author),).all()\n"
            "    return [(p.author, p.comments) for p in q]\n",
            ".options(orm.joinedload(Post.author), orm.selectinload(Post.comments),)",
        ),
        (
            "def show(s):\n    q = s.query(Post).with_for_update()\n    return [p.author for p in q]\n",
            "s.query(Post).options(selectinload(Post.author)).with_for_update()",
        ),
        (
            "def show(s, i):\n    u = s.get(User, i)\n"
            "    return [c.id for p in u.posts for c in p.comments]\n",
            "s.get(User, i, options=[selectinload(User.posts).selectinload(Post.comments)])",
        ),
        (
            "from app import models\n\n\ndef show(s):\n    q = (\n        s.query(models.Post).filter(True)\n"
            "        .all()\n    )\n    return [(p.author, p.comments) for p in q]\n",
            "        .options(joinedload(models.Post.author), "
            "selectinload(models.Post.comments))\n        .all()\n",
        ),
        (
            "from app import models\n\n\ndef show(s):\n    for row in s.scalars(\n"
            "        select(models.Comment)\n"
            "        .where(models.Comment.id > 3)\n    ):\n"
            "        print(row.by.posts, row.post.author, row.post.comments)\n",
            "        .options(\n            joinedload(models.Comment.by).selectinload(User.posts),\n",
        ),
        (
            "import sqlalchemy.orm as o\n\n\ndef show(s):\n\tfor p in s.query(Post).all():\n"
            "\t\tprint(p.author)\n",
            "\tfor p in s.query(Post).options(o.joinedload(Post.author)).all():\n",
        ),
    ],
)
def test_layout(before: str, after: str, mend: Mend) -> None:
    mended = mend("n-plus-one", HEAD + before, files={"app/models.py": SQL})
    assert after in mended.text, mended.text + str(mended.refused)
    crlf = mend("n-plus-one", (HEAD + before).replace("\n", "\r\n").encode(), files={"app/models.py": SQL})
    assert crlf.data.decode() == mended.text.replace("\n", "\r\n")


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ("    q = Post.objects.only('id')\n    return [p.author for p in q]\n", "only some columns"),
        ("    q = Post.objects.union(Post.objects.all())\n    return [p.author for p in q]\n", "combines"),
        ("    return [p.tags.all() for p in Post.objects.all().iterator()]\n", "chunk_size"),
        ("    return [p.tags.filter(pk=1) for p in Post.objects.all()]\n", "no loader"),
        ("    return [p.comments.count() for p in Post.objects.all()]\n", "Count"),
    ],
)
def test_refusals_of_django(body: str, says: str, mend: Mend) -> None:
    code = f"{VIEWS}def show():\n{body}"
    mended = mend("n-plus-one", code, path="app/views.py", files={"app/models.py": DJANGO})
    assert mended.text == code
    assert says in "".join(mended.refused)


@pytest.mark.parametrize(
    ("body", "is_mended"),
    [
        ("def show(s):\n    return [p.author for p in s.scalars(select(Post))]\n", False),
        ("def show(s):\n    return [p.author for u in [s.get(User, 3)] for p in u.posts]\n", True),
        ("def show(s):\n    return [p.author for p in s.query(Post)]\n", True),
    ],
)
def test_a_backref_is_there_only_behind_a_query(body: str, is_mended: bool, mend: Mend) -> None:
    models = SQL.replace('relationship(back_populates="author")', 'relationship(backref="author")')
    models = models.replace('    author: Mapped[User] = relationship(back_populates="posts")\n', "")
    mended = mend("n-plus-one", HEAD + body, files={"app/models.py": models})
    assert ("backref" in "".join(mended.refused)) is not is_mended


@pytest.mark.parametrize(
    "body",
    [
        "joinedload = 3\n\n\ndef show(s):\n    return [p.author for p in s.query(Post)]\n\n\n"
        "orm = sqlalchemy = 3\n",
        "def show(s):\n    q = s.query(Post).union(s.query(Post))\n    return [p.author for p in q]\n",
        "def show(s):\n    q = s.query(Post).from_statement(s.text)\n    return [p.author for p in q]\n",
    ],
)
def test_refusals_of_sqlalchemy(body: str, mend: Mend) -> None:
    mended = mend("n-plus-one", HEAD + body, files={"app/models.py": SQL})
    assert mended.text == HEAD + body
    assert mended.refused


def test_the_default_manager_is_named(mend: Mend) -> None:
    models = DJANGO.replace("    objects = PostManager()\n", "    posts = PostManager()\n")
    template = "{% for c in post.comments.all %}{{ c.by.name }}{% endfor %}"
    code = (
        "from django.shortcuts import get_object_or_404, render\n\nfrom app.models import Post\n\n\n"
        "def show(request):\n    post = get_object_or_404(Post, pk=3)\n"
        "    return render(request, 'post.html', {'post': post})\n"
    )
    files = {"app/models.py": models, "app/templates/post.html": template}
    mended = mend("n-plus-one", code, path="app/views.py", files=files)
    assert "get_object_or_404(Post.posts.prefetch_related('comments__by'), pk=3)" in mended.text
