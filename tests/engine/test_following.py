"""What names stand for that lead through functions and classes of other modules, and what is not told."""

from __future__ import annotations

import ast
from textwrap import dedent

import pytest

from harden.project import Project
from tests.engine.test_mutations import ROOT

CASES: dict[str, tuple[str, str, str | None]] = {
    "what all returns agree on": (
        "import requests\ndef make(big):\n    if big:\n        return requests.Session()\n"
        "    return requests.Session()",
        "make(1).get('here')",
        "requests.Session.get",
    ),
    "returns that differ": (
        "import httpx, requests\ndef make(big):\n    if big:\n        return httpx.Client()\n"
        "    return requests.Session()",
        "make(1).get('here')",
        "app.holders.make.get",
    ),
    "a return that is not known": (
        "import requests\ndef make(given):\n    return given if given else requests.Session()",
        "make(1).get('here')",
        "app.holders.make.get",
    ),
    "a decorator that is not known": (
        "import requests\nfrom other import pooled\n@pooled\ndef make():\n    return requests.Session()",
        "make().get('here')",
        "app.holders.make.get",
    ),
    "a function that is not called": (
        "import requests\ndef make():\n    return requests.Session()",
        "make.get('here')",
        "app.holders.make.get",
    ),
    "a task's own methods": (
        "from celery import shared_task\n@shared_task\ndef make() -> dict:\n    return {}",
        "make.delay('here')",
        "app.holders.make.delay",
    ),
    "a function that returns what it returns": (
        "def make():\n    return make()",
        "make().get('here')",
        "app.holders.make.get",
    ),
    "functions that return each other": (
        "def make():\n    return other()\ndef other():\n    return make()",
        "make().get('here')",
        "app.holders.make.get",
    ),
    "a recursion with an end": (
        "import requests\ndef make(n):\n    return make(n - 1) if n else requests.Session()",
        "make(3).get('here')",
        "requests.Session.get",
    ),
    "a nested function's return": (
        "import requests\ndef make():\n    def inner():\n        return requests.Session()\n    return 5",
        "make().get('here')",
        "builtins.int.get",
    ),
    "an attribute of a model, through its class": (
        "from django.db import models\nclass make(models.Model):\n    objects = models.Manager()",
        "make.objects.filter('here')",
        "app.holders.make.objects.filter",
    ),
    "an attribute of a class whose base is not known": (
        "import requests\nclass make(unknown):\n    session = requests.Session()",
        "make.session.get('here')",
        "app.holders.make.session.get",
    ),
    "a builder of a derived class": (
        "import requests\nclass Base:\n    def ready(self):\n        return self\n"
        "class make(Base):\n    def __init__(self):\n        self.session = requests.Session()",
        "make().ready().session.get('here')",
        "requests.Session.get",
    ),
    "an entered instance of a derived class": (
        "import requests\nclass Base:\n    def __enter__(self):\n        return self\n"
        "class make(Base):\n    def __init__(self):\n        self.session = requests.Session()",
        "with make() as held:\n    held.session.get('here')",
        "requests.Session.get",
    ),
    "an instance that is called": (
        "import requests\nclass Maker:\n    def __call__(self):\n        return requests.Session()\n"
        "make = Maker()",
        "make().get('here')",
        "requests.Session.get",
    ),
    "a method of its own class": (
        "import requests\nclass make(requests.Session):\n    def get(self, url): ...",
        "make().get('here')",
        "app.holders.make.get",
    ),
    "a classmethod that makes its class": (
        "import requests\nclass make:\n    session = requests.Session()\n    @classmethod\n"
        "    def new(cls):\n        return cls()",
        "make.new().session.get('here')",
        "requests.Session.get",
    ),
    "a class that is an attribute of itself": (
        "class make:\n    def __init__(self):\n        self.next = self.next.next",
        "make().next.next.get('here')",
        None,
    ),
}


def resolved(files: dict[str, str]) -> tuple[str | None, tuple[str, ...]]:
    project = Project(ROOT, tuple(files), {path: dedent(text).encode() for path, text in files.items()})
    module = project.module("app/main.py")
    for call in module.nodes(ast.Call):
        if any(isinstance(arg, ast.Constant) and arg.value == "here" for arg in call.args):
            path = module.resolve(call.func)
            return path, module.project.inherited(path or "")
    raise AssertionError("nothing is called with 'here'")


@pytest.mark.parametrize("case", CASES)
def test_what_comes_of_another_module(case: str) -> None:
    elsewhere, here, wanted = CASES[case]
    files = {"app/holders.py": elsewhere, "app/main.py": f"from app.holders import make\n{here}"}
    path = resolved(files)[0]
    assert path == wanted if wanted is not None else path is not None and "(" not in path


INHERITED: dict[str, tuple[str, tuple[str, ...]]] = {
    "a library's method": ("class make(requests.Session):\n    pass", ("requests.Session.get",)),
    "through a class between": (
        "class Base(requests.Session):\n    pass\nclass make(Base):\n    pass",
        ("requests.Session.get",),
    ),
    "its own method": ("class make(requests.Session):\n    def get(self, url): ...", ()),
    "another method that changes what the library does": (
        "class make(requests.Session):\n    def request(self, *given, **options):\n"
        "        return super().request(*given, timeout=5, **options)",
        (),
    ),
    "no library": ("class make:\n    pass", ()),
}


@pytest.mark.parametrize("case", INHERITED)
def test_what_a_class_has_of_its_library(case: str) -> None:
    elsewhere, wanted = INHERITED[case]
    files = {
        "app/holders.py": f"import requests\n{elsewhere}",
        "app/main.py": "from app.holders import make\nmake().get('here')",
    }
    assert resolved(files)[1] == wanted


@pytest.mark.parametrize(("body", "wanted"), [("pass", ("openai.OpenAI",)), ("def __init__(self): ...", ())])
def test_a_class_is_made_as_its_library_makes_it(body: str, wanted: tuple[str, ...]) -> None:
    elsewhere = f"import openai\nclass make(openai.OpenAI):\n    {body}"
    files = {"app/holders.py": elsewhere, "app/main.py": "from app.holders import make\nmake('here')"}
    assert resolved(files)[1] == wanted
