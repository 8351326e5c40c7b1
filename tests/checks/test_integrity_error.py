"""Inserts, commits and those who catch violations that stand in several files."""

from __future__ import annotations

from pathlib import Path

import pytest

from harden.project import Project
from harden.registry import checks
from harden.scan import Rules, scan_file

MODELS = """\
from sqlalchemy import Column, ForeignKey, Integer, String
from sqlalchemy.orm import declarative_base

Base = declarative_base()


class User(Base):
    __tablename__ = "users"
    id = Column(Integer, primary_key=True)
    email = Column(String, unique=True)


class Note(Base):
    __tablename__ = "notes"
    id = Column(Integer, primary_key=True)
    user_id = Column(Integer, ForeignKey("users.id"))
"""
CRUD = """\
from app.models import Note, User


def create_user(db, data):
    user = User(email=data.email)
    db.add(user)
    db.commit()
    return user


def create_note(db, user_id):
    db.add(Note(user_id=user_id))
    db.commit()


def create_guest(db):
    db.add(User(email="guest@example.org"))
    db.commit()


def rename(db, user_id):
    user = db.query(User).get(user_id)
    db.add(user)
    db.commit()
"""
ROUTES = """\
from fastapi import Depends, FastAPI, HTTPException
from pydantic import BaseModel
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app import crud

app = FastAPI()


class UserIn(BaseModel):
    email: str


@app.post("/users")
def register(data: UserIn, db: Session = Depends()):
    return crud.create_user(db, data)


@app.post("/users/{user_id}/notes")
def note(user_id: int, db: Session = Depends()):
    crud.create_note(db, user_id)


@app.post("/guests")
def guest(user_id: int, db: Session = Depends()):
    crud.create_guest(db)
    crud.rename(db, user_id)
"""
CAUGHT = """\
    try:
        return crud.create_user(db, data)
    except IntegrityError:
        raise HTTPException(409) from None
"""
ANSWERED = """\


@app.exception_handler(IntegrityError)
def refused(request, error):
    raise HTTPException(409)
"""


def lines(tmp_path: Path, crud: str, routes: str) -> list[int]:
    files = {"app/__init__.py": "", "app/models.py": MODELS, "app/crud.py": crud, "app/routes.py": routes}
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    project = Project(tmp_path, tuple(sorted(files)))
    result = scan_file(project, Rules((checks()["integrity-error"],)), "app/crud.py")
    assert not result.problems
    return [finding.line for finding in result.findings]


@pytest.mark.parametrize(
    ("before", "after", "found"),
    [
        ("", "", [7, 13]),
        ("    return crud.create_user(db, data)\n", CAUGHT, [13]),
        ("    crud.create_note(db, user_id)\n", "    crud.create_note(db, 1)\n", [7]),
        ("    return crud.create_guest(db)\n", "", [7, 13]),
    ],
)
def test_values_and_errors_are_followed_to_callers(
    tmp_path: Path, before: str, after: str, found: list[int]
) -> None:
    assert lines(tmp_path, CRUD, ROUTES.replace(before, after)) == found


def test_one_handler_may_answer_for_all(tmp_path: Path) -> None:
    assert lines(tmp_path, CRUD, ROUTES + ANSWERED) == []
    broad = ANSWERED.replace("IntegrityError", "Exception")
    assert lines(tmp_path, CRUD, ROUTES + broad) == [7, 13]


def test_without_a_commit_in_sight_nothing_is_said(tmp_path: Path) -> None:
    assert lines(tmp_path, CRUD.replace("    db.commit()\n", ""), ROUTES) == []


VIEWS = """\
from django.contrib.auth.models import User
from django.db import models
from django.shortcuts import get_object_or_404


class Book(models.Model):
    title = models.CharField(max_length=80)


class Reservation(models.Model):
    book = models.ForeignKey(Book, on_delete=models.CASCADE)
    member = models.ForeignKey(User, on_delete=models.CASCADE)

    class Meta:
        unique_together = ("book", "member")


def reserve(request, pk):
    book = BOOK
    Reservation.objects.create(book=book, member=request.user)
    return redirect("/")
"""


@pytest.mark.parametrize(
    ("book", "found"),
    [("get_object_or_404(Book, pk=pk)", [20]), ("Book.objects.first()", []), ("next_free()", [])],
)
def test_a_request_may_name_the_row_that_is_half_of_a_pair(
    tmp_path: Path, book: str, found: list[int]
) -> None:
    (tmp_path / "views.py").write_text(VIEWS.replace("BOOK", book))
    result = scan_file(Project(tmp_path, ("views.py",)), Rules((checks()["integrity-error"],)), "views.py")
    assert [finding.line for finding in result.findings] == found
