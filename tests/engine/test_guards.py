"""What keeps strangers from a request handler, wherever it is said."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from harden.guards import guards_of
from tests.given import project, write

FASTAPI = """
from typing import Annotated

from fastapi import APIRouter, Depends

from app.security import CurrentUser, current_user, page_size

router = APIRouter()


@router.get("/open")
def anyone(size: int = Depends(page_size)):
    return 1


@router.get("/default")
def by_default(user=Depends(current_user)):
    return 1


@router.get("/annotated")
def by_annotation(user: Annotated[dict, Depends(current_user)]):
    return 1


@router.get("/alias")
def by_alias(user: CurrentUser):
    return 1


@router.get("/decorator", dependencies=[Depends(current_user)])
def by_decorator():
    return 1
"""
SECURITY = """
from typing import Annotated

from fastapi import Depends


def current_user():
    return {}


def page_size():
    return 1


CurrentUser = Annotated[dict, Depends(current_user)]
"""
FLASK = """
from flask import Blueprint, abort, g
from flask_login import login_required

closed = Blueprint("closed", __name__)
opened = Blueprint("opened", __name__)


@closed.before_request
def only_members():
    if g.user is None:
        abort(401)


@opened.before_request
def count():
    g.count = 1


@closed.route("/a")
def hooked():
    return 1


@opened.route("/b")
def anyone():
    return 1


@opened.route("/c")
@login_required
def decorated():
    return 1
"""
DJANGO = """
from django.contrib.auth.mixins import LoginRequiredMixin
from django.utils.decorators import method_decorator
from django.contrib.auth.decorators import login_required
from django.views import View
from rest_framework.permissions import AllowAny, IsAuthenticated
from rest_framework.views import APIView


class Mixed(LoginRequiredMixin, View):
    def get(self, request):
        return 1


class Child(Mixed):
    def post(self, request):
        return 1


@method_decorator(login_required, name="dispatch")
class Decorated(View):
    def put(self, request):
        return 1


class Rest(APIView):
    permission_classes = [IsAuthenticated]

    def patch(self, request):
        return 1


class Open(APIView):
    permission_classes = [AllowAny]

    def delete(self, request):
        return 1


def routed(request):
    return 1
"""
URLS = """
from django.contrib.auth.decorators import login_required
from django.urls import path

from app import handlers

urlpatterns = [path("x", login_required(handlers.routed))]
"""


def guarded(root: Path, code: str, **files: str) -> list[str]:
    """Return the functions of a file that something stands before."""
    write(
        root, {"app/__init__.py": "", "app/handlers.py": code} | {f"app/{n}.py": t for n, t in files.items()}
    )
    module = project(root).module("app/handlers.py")
    return [one.name for one in module.nodes(ast.FunctionDef) if guards_of(module, one)]


def test_fastapi(tmp_path: Path) -> None:
    assert guarded(tmp_path, FASTAPI, security=SECURITY) == [
        "by_default",
        "by_annotation",
        "by_alias",
        "by_decorator",
    ]


@pytest.mark.parametrize(
    ("made", "main"),
    [
        ("APIRouter(dependencies=[Depends(current_user)])", ""),
        ("APIRouter()", "app.include_router(handlers.router, dependencies=[Depends(current_user)])\n"),
        ("APIRouter()", "app.include_router(handlers.router)\n"),
    ],
    ids=["router", "include", "application"],
)
def test_fastapi_from_outside(tmp_path: Path, made: str, main: str) -> None:
    around = "dependencies=[Depends(current_user)]" if main.endswith("router)\n") else ""
    head = "from fastapi import Depends, FastAPI\nfrom app import handlers\n"
    head += "from app.security import current_user\n"
    files = {"security": SECURITY, "main": f"{head}app = FastAPI({around})\n{main}"}
    assert "anyone" in guarded(tmp_path, FASTAPI.replace("APIRouter()", made), **files)


def test_flask(tmp_path: Path) -> None:
    assert guarded(tmp_path, FLASK) == ["hooked", "decorated"]


def test_django(tmp_path: Path) -> None:
    assert guarded(tmp_path, DJANGO, urls=URLS) == ["get", "post", "put", "patch", "routed"]
