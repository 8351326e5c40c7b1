"""Look-ups, inserts and constraints that stand in several files."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest

from harden.project import Project
from harden.registry import checks
from harden.scan import Rules, scan_file

MODELS = """\
from sqlmodel import Field, Session, SQLModel


class User(SQLModel, table=True):
    id: int | None = Field(default=None, primary_key=True)
    email: str = Field(index=True)
"""
CRUD = """\
from sqlmodel import Session, select

from app.models import User


def by_email(session: Session, email: str):
    return session.exec(select(User).where(User.email == email)).first()


def create(session: Session, data):
    user = User(email=data.email)
    session.add(user)
    session.commit()
    return user


class Users:
    def __init__(self, session: Session):
        self.session = session

    def is_free(self, email):
        return self.session.exec(select(User).where(User.email == email)).first() is None

    def add(self, user: User):
        self.session.add(user)
        self.session.commit()
"""
ROUTES = """\
from fastapi import FastAPI, HTTPException

from app import crud
from app.models import User

app = FastAPI()


@app.post("/users")
def register(data, session):
    if crud.by_email(session, email=data.email):
        raise HTTPException(409)
    return crud.create(session, data)


@app.post("/members")
def join(data, session):
    users = crud.Users(session)
    if not users.is_free(data.email):
        raise HTTPException(409)
    users.add(User(email=data.email))
"""
FORM = """\
from flask_wtf import FlaskForm
from sqlmodel import select
from wtforms import StringField, ValidationError

from app.models import User, session


class SignUp(FlaskForm):
    email = StringField()

    def validate_email(self, field):
        if session.exec(select(User).where(User.email == field.data)).first():
            raise ValidationError("taken")
"""
SQL = """\
from flask import Flask, g, request

app = Flask(__name__)


@app.post("/tags")
def tag():
    cursor = g.db.cursor()
    cursor.execute("SELECT id FROM tags WHERE name = %s", (request.form["name"],))
    if cursor.fetchone() is None:
        cursor.execute("INSERT INTO tags (name) VALUES (%s)", (request.form["name"],))
    return ""
"""
TABLE = "CREATE TABLE tags (id serial PRIMARY KEY, name text);\n"


def told(tmp_path: Path, files: dict[str, str], path: str) -> list[str]:
    for name, text in {"requirements.txt": "psycopg2\n", **files}.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    project = Project(tmp_path, tuple(sorted(files)))
    result = scan_file(project, Rules((checks()["check-then-insert"],)), path)
    assert not result.problems
    return [f"{f.line} {'fails' if 'fails' in f.message else 'doubles'}" for f in result.findings]


def test_functions_of_other_files_ask_and_insert(tmp_path: Path) -> None:
    files = {"app/models.py": MODELS, "app/crud.py": CRUD, "app/routes.py": ROUTES}
    assert told(tmp_path, files, "app/routes.py") == ["11 doubles", "19 doubles"]


@pytest.mark.parametrize(
    "unique", ["email: str = Field(unique=True)", "email: str = Field(primary_key=True)"]
)
def test_a_constraint_in_another_file_counts(tmp_path: Path, unique: str) -> None:
    models = MODELS.replace("email: str = Field(index=True)", unique)
    if "primary" in unique:
        models = models.replace("id: int | None = Field(default=None, primary_key=True)", "id: int")
    files = {"app/models.py": models, "app/crud.py": CRUD, "app/routes.py": ROUTES}
    assert told(tmp_path, files, "app/routes.py") == ["11 fails"]


def test_a_validator_refuses_for_those_who_insert(tmp_path: Path) -> None:
    models = f"from flask import Flask\n{MODELS}\nsession = Session()\n"
    assert told(tmp_path, {"app/models.py": models, "app/forms.py": FORM}, "app/forms.py") == ["12 doubles"]


@pytest.mark.parametrize(
    ("schema", "found"),
    [
        (TABLE, ["10 doubles"]),
        (TABLE.replace("name text", "name text UNIQUE"), ["10 fails"]),
        (TABLE.replace("name text", "name text, CONSTRAINT one UNIQUE (name)"), ["10 fails"]),
        (f"{TABLE}CREATE UNIQUE INDEX one ON tags (lower(name));\n", ["10 fails"]),
        (f"{TABLE}CREATE INDEX some ON tags (name);\n", ["10 doubles"]),
        (TABLE.replace("name text", "name text, team int, UNIQUE (team, name)"), []),
        ("", []),
    ],
)
def test_a_schema_of_sql_is_read(tmp_path: Path, schema: str, found: list[str]) -> None:
    files = {"app.py": SQL, "schema.sql": schema, "db.py": "import psycopg2\n"}
    assert told(tmp_path, files, "app.py") == found


DJANGO = """\
from django.contrib.auth.models import User
from django.db import models
from django.forms import Form, ValidationError
from django.views import View
from django.views.generic import CreateView


class Book(models.Model):
    isbn = models.CharField(max_length=13)


class Loan(models.Model):
    book = models.ForeignKey(Book, on_delete=models.CASCADE)
    member = models.ForeignKey(User, on_delete=models.CASCADE)
    returned = models.BooleanField(default=False)


class Library(View):
    def post(self, request, pk):
"""


@pytest.mark.parametrize(
    ("code", "found"),
    [
        (
            """\
            name, email = request.POST["name"], request.POST["email"]
            if User.objects.filter(username=name).exists():
                return taken()
            if User.objects.filter(email=email).exists():
                return taken()
            User.objects.create_user(username=name, email=email)
            """,
            [21, 23],
        ),
        (
            """\
            if Loan.objects.filter(book_id=pk, member=request.user, returned=False).exists():
                return taken()
            Loan.objects.create(book_id=pk, member=request.user)
            """,
            [20],
        ),
        (
            """\
            if not Loan.objects.filter(id=pk, member=request.user).exists():
                Loan.objects.create(book_id=1, member=request.user)
            """,
            [],
        ),
        (
            """\
            if Book.objects.filter(isbn=request.POST["isbn"]).exclude(pk=pk).exists():
                return taken()
            Book.objects.create(isbn=request.POST["isbn"])
            """,
            [],
        ),
        (
            """\
            lock.acquire()
            if not Book.objects.filter(isbn=pk).exists():
                Book.objects.create(isbn=pk)
            """,
            [],
        ),
        (
            """\
            if not Book.objects.filter(isbn=pk).exists():
                Book.objects.create(isbn=pk)
            with lock:
                count()
            """,
            [20],
        ),
    ],
)
def test_ways_to_ask_and_to_insert(tmp_path: Path, code: str, found: list[int]) -> None:
    body = textwrap.indent(textwrap.dedent(code), "        ")
    said = told(tmp_path, {"shop/views.py": DJANGO + body}, "shop/views.py")
    assert [int(one.split()[0]) for one in said] == found


FORMS = """\
        return redirect("/")


class Add(CreateView):
    model = Book

    def form_valid(self, form):
        if Book.objects.filter(isbn=form.cleaned_data["isbn"]).exists():
            return taken()
        return super().form_valid(form)


class Wanted(Form):
    def clean_isbn(self):
        if not Book.objects.filter(isbn=self.cleaned_data["isbn"]).exists():
            raise ValidationError("no such book")
"""


def test_a_view_saves_for_its_form_and_a_form_may_ask_for_what_is_there(tmp_path: Path) -> None:
    assert told(tmp_path, {"shop/views.py": DJANGO + FORMS}, "shop/views.py") == ["27 doubles"]
