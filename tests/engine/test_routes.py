"""Which functions answer requests, when another file puts path and function together."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from harden.roles import Role
from tests.given import project, write


def handlers(root: Path, path: str, files: dict[str, str]) -> list[str]:
    """Return the qualified names of the functions of a file that answer requests."""
    module = project(write(root, files)).module(path)
    functions = [*module.nodes(ast.FunctionDef), *module.nodes(ast.AsyncFunctionDef)]
    return [module.qualname(one) for one in functions if module.role(one) is Role.HANDLER]


PLAIN = "def shown(request_like):\n    return 1\n\n\ndef other(request_like):\n    return 2\n"


@pytest.mark.parametrize(
    "route",
    [
        "from django.urls import path\n\nfrom web import pages\n\nurlpatterns = [path('x/', pages.shown)]\n",
        "from django.urls import re_path as r\nfrom web.pages import shown as s\n\n"
        "urlpatterns = [r('^x$', s)]\n",
        "from django.contrib.auth.decorators import login_required\nfrom django.urls import path\n\n"
        "from . import pages\n\nurlpatterns = [path('x/', login_required(pages.shown), name='a.b')]\n",
        "from django.conf.urls import url\n\nurlpatterns = [url('^x$', 'web.pages.shown')]\n",
        "from flask import Flask\n\nfrom web import pages\n\napp = Flask(__name__)\n"
        "app.add_url_rule('/x', view_func=pages.shown)\n",
        "import flask\nfrom web import pages\n\n\ndef register(app):\n"
        "    app.add_url_rule('/x', 'x', pages.shown)\n",
        "from fastapi import FastAPI\n\nfrom web.pages import shown\n\napp = FastAPI()\n"
        "app.add_api_route('/x', shown, methods=['GET'])\n",
        "from starlette.routing import Mount, Route\n\nfrom web import pages\n\n"
        "routes = [Mount('/api', routes=[Route('/x', endpoint=pages.shown)])]\n",
        "from aiohttp import web\n\nfrom web.pages import shown\n\napp = web.Application()\n"
        "app.add_routes([web.get('/x', shown)])\n",
        "from aiohttp import web\n\nfrom web.pages import shown\n\n\ndef setup(app):\n"
        "    app.router.add_get('/x', shown)\n",
        "from sanic import Sanic\n\nfrom web.pages import shown\n\napp = Sanic('x')\n"
        "app.add_route(shown, '/x')\n",
    ],
    ids=[
        "path",
        "re_path",
        "wrapped",
        "text",
        "rule",
        "passed app",
        "api route",
        "starlette",
        "aiohttp",
        "router",
        "sanic",
    ],
)
def test_function_given_to_a_route_in_another_file(tmp_path: Path, route: str) -> None:
    files = {"web/__init__.py": "", "web/pages.py": PLAIN, "web/routing.py": route}
    assert handlers(tmp_path, "web/pages.py", files) == ["shown"]


CLASSES = """
from web.base import Page


class Show(Page):
    def get(self):
        return self.rows()

    def rows(self):
        return []


class Unrelated(Page):
    def get(self):
        return 1
"""
BASE = "class Page:\n    def post(self):\n        return 1\n\n    def name(self):\n        return 2\n"


@pytest.mark.parametrize(
    "route",
    [
        "from django.urls import path\n\nfrom web.pages import Show\n\n"
        "urlpatterns = [path('x', Show.as_view())]\n",
        "from flask import Flask\n\nfrom web.pages import Show\n\napp = Flask(__name__)\n"
        "app.add_url_rule('/x', view_func=Show.as_view('x'))\n",
        "from flask_restful import Api\n\nfrom web.pages import Show\n\napi = Api()\n"
        "api.add_resource(Show, '/x')\n",
        "import falcon\n\nfrom web.pages import Show\n\napp = falcon.App()\napp.add_route('/x', Show())\n",
        "import tornado.web\n\nfrom web.pages import Show\n\n\ndef make():\n"
        "    return tornado.web.Application([(r'/x', Show), ('plain', 1)])\n",
        "from rest_framework.routers import DefaultRouter\n\nfrom web.pages import Show\n\n"
        "router = DefaultRouter()\nrouter.register('x', Show, basename='web.pages')\n",
    ],
    ids=["as_view", "flask", "restful", "falcon", "tornado", "router"],
)
def test_class_given_to_a_route_in_another_file(tmp_path: Path, route: str) -> None:
    files = {"web/__init__.py": "", "web/base.py": BASE, "web/pages.py": CLASSES, "web/routing.py": route}
    assert handlers(tmp_path, "web/pages.py", files) == ["Show.get"]
    assert handlers(tmp_path, "web/base.py", files) == ["Page.post"], "what the class inherits"


def test_through_a_name_of_another_module(tmp_path: Path) -> None:
    files = {
        "web/__init__.py": "from .pages import shown as page\n",
        "web/pages.py": PLAIN,
        "main.py": "from flask import Flask\nimport web\n\n"
        "Flask('x').add_url_rule('/x', view_func=web.page)\n",
    }
    assert handlers(tmp_path, "web/pages.py", files) == ["shown"]


def test_method_of_an_object(tmp_path: Path) -> None:
    code = """
from aiohttp import web


class Service:
    def __init__(self, app):
        app.router.add_post("/x", self.receive)

    async def receive(self, message):
        return web.Response()

    async def rest(self, message):
        return 1
"""
    assert handlers(tmp_path, "web/service.py", {"web/service.py": code}) == ["Service.receive"]


def test_decorator_on_an_application_that_is_passed(tmp_path: Path) -> None:
    code = """
import responses


def register(app, cache):
    @app.route("/x")
    def shown():
        return 1

    @cache.get("key")
    def kept():
        return 2


@responses.get("/x")
def faked():
    return 3
"""
    files = {"web/a.py": code, "main.py": "from flask import Flask\nfrom web.a import register\n"}
    assert handlers(tmp_path, "web/a.py", files) == ["register.shown"]
    assert handlers(tmp_path / "plain", "web/a.py", {"web/a.py": code}) == [], "no web framework"


@pytest.mark.parametrize(
    "route",
    [
        "registry = {}\n\n\ndef path(a, b):\n    registry[a] = b\n\n\nfrom web.pages import shown\n\n"
        "path('/x', shown)\n",
        "import flask\nfrom web.pages import shown\n\nqueue = []\nqueue.add_route(shown, key='x')\n",
        "import tornado\nfrom web.pages import shown\n\nPAIRS = [('label', shown)]\n",
        "import flask\nfrom plugins import manager\nfrom web.pages import shown\n\n"
        "manager.register('x', shown)\n",
        "from django.urls import include, path\nfrom web import pages\n\n"
        "urlpatterns = [path('/x', include(pages))]\n",
    ],
    ids=["own path", "no path", "tuple", "register", "include"],
)
def test_no_route(tmp_path: Path, route: str) -> None:
    files = {"web/__init__.py": "", "web/pages.py": PLAIN, "web/routing.py": route}
    assert handlers(tmp_path, "web/pages.py", files) == []


def test_facts_of_routes(tmp_path: Path) -> None:
    files = {
        "web/pages.py": PLAIN,
        "web/urls.py": "from django.contrib.auth.decorators import login_required\n"
        "from django.urls import path\n"
        "from web import pages\n\nurlpatterns = [path('x/', login_required(pages.shown), name='shown')]\n",
        "web/app.py": "from fastapi import FastAPI\nfrom web import pages\n\n"
        "FastAPI().add_api_route('/y', pages.other, methods=['get', 'POST'])\n",
        "tests/urls.py": "from django.urls import path\nfrom web import pages\n\n"
        "urlpatterns = [path('t/', pages.shown)]\n",
    }
    routes = project(write(tmp_path, files)).routes
    assert [(found.path, found.handler, sorted(found.methods), found.wrappers) for found in routes.all] == [
        ("/y", "web.pages.other", ["GET", "POST"], ()),
        ("x/", "web.pages.shown", [], ("django.contrib.auth.decorators.login_required",)),
    ]
    assert [found.module.path for found in routes.to("web.pages.shown")] == ["web/urls.py"]


def test_handler_wrapped_before_it_is_given(tmp_path: Path) -> None:
    code = """
from flask import Flask

from web.wrapping import guarded


def make(app):
    def shown():
        return 1

    shown = guarded(shown)
    app.add_url_rule("/x", view_func=shown)
"""
    wrapping = "def guarded(view):\n    def inner():\n        return view()\n\n    return inner\n"
    files = {"web/__init__.py": "", "web/pages.py": code, "web/wrapping.py": wrapping}
    assert handlers(tmp_path, "web/wrapping.py", files) == []
