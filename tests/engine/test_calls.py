"""Which function a call runs, which calls run a function, and what they hand over."""

from __future__ import annotations

import ast
from pathlib import Path
from textwrap import dedent

import pytest

from harden.calls import argument_for, callee_of, callers_of, reads_of
from harden.module import Module
from tests.given import project, write

SHOP = {
    "shop/__init__.py": "from .http import fetch as load\n",
    "shop/http.py": """
        import functools
        from contextlib import contextmanager

        import anyio

        def fetch(url, *, limit=5):
            return url

        def timed(function):
            @functools.wraps(function)
            def wrapper(*args, **kwargs):
                return function(*args, **kwargs)
            return wrapper

        def threaded(function):
            @functools.wraps(function)
            async def wrapper(*args, **kwargs):
                return await anyio.to_thread.run_sync(function, *args)
            return wrapper

        @timed
        def slow(url):
            return url

        @threaded
        def far(url):
            return url

        class Base:
            def __init__(self, url):
                self.url = url

            def read(self, path, limit=5):
                return path

            def __call__(self, path):
                return path

        class Client(Base):
            def get(self, path):
                return self.read(path)

            def read(self, path, limit=9):
                return super().read(path, limit)

            @classmethod
            def make(cls):
                return cls("x")

        client = Client("https://shop.example")
        part = functools.partial(fetch, "x")
    """,
}


def shop(root: Path, main: str) -> Module:
    files = {name: dedent(text) for name, text in (SHOP | {"main.py": main}).items()}
    return project(write(root, files)).module("main.py")


def last_call(module: Module) -> ast.Call:
    return max(module.nodes(ast.Call), key=lambda call: (call.lineno, -call.col_offset))


@pytest.mark.parametrize(
    ("code", "called"),
    [
        ("from shop.http import fetch\nfetch(1)", "fetch"),
        ("from shop.http import fetch as f\nf(1)", "fetch"),
        ("from shop import load\nload(1)", "fetch"),
        ("import shop\nshop.load(1)", "fetch"),
        ("from shop import http\nhttp.fetch(1)", "fetch"),
        ("from shop.http import *\nfetch(1)", "fetch"),
        ("from shop.http import fetch\ng = fetch\ng(1)", "fetch"),
        ("from shop.http import slow\nslow(1)", "slow"),
        ("from shop.http import far\nfar(1)", None),
        ("from shop.http import part\npart()", None),
        ("from functools import partial\nfrom shop.http import fetch\npartial(fetch, 1)()", "fetch"),
        ("from functools import partial\nfrom shop.http import fetch\np = partial(fetch, 1)\np()", "fetch"),
        ("from shop.http import Client\nClient(1)", "Base.__init__"),
        ("from shop.http import Client\nClient(1).get(2)", "Client.get"),
        ("from shop.http import Client\nc = Client(1)\nc.read(2)", "Client.read"),
        ("from shop.http import Client\nc = Client(1)\nc(2)", "Base.__call__"),
        ("from shop.http import Client\ndef f(c: Client):\n    c(2)", "Base.__call__"),
        ("from shop.http import Client\nClient.make()", "Client.make"),
        ("from shop.http import client\nclient.get(2)", "Client.get"),
        ("from shop.http import Client\ndef f(c: Client):\n    c.get(2)", "Client.get"),
        ("def f():\n    def g():\n        pass\n    g()", "f.g"),
        ("def f():\n    def g():\n        pass\nf().g()", None),
        ("def f():\n    pass\nx = f()\nx()", None),
        (
            "from shop.http import fetch\nclass A:\n    def __init__(self):\n        self.x = fetch()\n"
            "    def f(self):\n        self.x()",
            None,
        ),
        (
            "from shop.http import Client\nclass A(Client):\n    def read(self, p):\n        super().read(p)",
            "Client.read",
        ),
        ("class A:\n    def f(self):\n        pass\n    def g(self):\n        self.f()", "A.f"),
        ("from celery import shared_task\n@shared_task\ndef f():\n    pass\nf.delay()", None),
        ("import requests\nrequests.get(1)", None),
    ],
)
def test_callee(tmp_path: Path, code: str, called: str | None) -> None:
    module = shop(tmp_path, code)
    found = callee_of(module, last_call(module))
    assert (found and found[0].qualname(found[1])) == called


def test_super_leads_to_the_base(tmp_path: Path) -> None:
    module = shop(tmp_path, "").project.module("shop/http.py")
    call = next(node for node in module.nodes(ast.Call) if ast.unparse(node).startswith("super().read"))
    found = callee_of(module, call)
    assert found is not None
    assert found[0].qualname(found[1]) == "Base.read"


def test_callers_by_every_name(tmp_path: Path) -> None:
    main = """
        import shop
        from shop import load as pull
        from shop.http import Client, fetch

        def fetch_all(urls):
            return [fetch(url) for url in urls] + [pull(url) for url in urls]

        def other(fetch):
            return fetch(1)

        shop.load(1)
        map(fetch, [])
    """
    module = shop(tmp_path, main)
    http = module.project.module("shop/http.py")
    fetch = next(node for node in http.nodes(ast.FunctionDef) if node.name == "fetch")
    found = [f"{other.path}: {ast.unparse(call)}" for other, call in callers_of(http, fetch)]
    assert sorted(found) == ["main.py: fetch(url)", "main.py: pull(url)", "main.py: shop.load(1)"]


def test_callers_of_methods_and_classes(tmp_path: Path) -> None:
    module = shop(tmp_path, "from shop.http import Base, Client\nClient('a').read(1)\nBase('b').read(2)\n")
    http = module.project.module("shop/http.py")
    base = http.names.definitions["Base.__init__"], http.names.definitions["Base.read"]
    makers, readers = (
        [f"{other.path}: {ast.unparse(call)}" for other, call in callers_of(http, function)]  # type: ignore[arg-type]
        for function in base
    )
    assert sorted(makers) == [
        "main.py: Base('b')",
        "main.py: Client('a')",
        "shop/http.py: Client('https://shop.example')",
    ]
    assert readers == ["main.py: Base('b').read(2)", "shop/http.py: super().read(path, limit)"]


def test_reads_of_a_constant(tmp_path: Path) -> None:
    files = {
        "settings.py": "PORT = 1\nclass Mail:\n    HOST = 2\n",
        "config.py": "from settings import PORT as LISTEN\n",
        "main.py": "import settings\nfrom config import LISTEN\nfrom settings import Mail\n"
        "print(settings.PORT, LISTEN, Mail.HOST)\n",
    }
    settings = project(write(tmp_path, files)).module("settings.py")
    assert [ast.unparse(use) for _, use in reads_of(settings, "PORT", settings.tree)] == [
        "settings.PORT",
        "LISTEN",
    ]
    mail = settings.nodes(ast.ClassDef)[0]
    assert [ast.unparse(use) for _, use in reads_of(settings, "HOST", mail)] == ["Mail.HOST"]


@pytest.mark.parametrize(
    ("call", "given"),
    [
        ("f(1, 2)", ("1", "2", "5")),
        ("f(1, b=2, limit=3)", ("1", "2", "3")),
        ("f(1)", ("1", "4", "5")),
        ("f(*a)", (None, None, "5")),
        ("f(1, *a)", ("1", None, "5")),
        ("f(**a)", (None, None, None)),
    ],
)
def test_arguments(call: str, given: tuple[str | None, ...]) -> None:
    tree = ast.parse(f"def f(a, b=4, *, limit=5): pass\n{call}")
    function, made = tree.body[0], tree.body[1].value  # type: ignore[attr-defined]
    found = [argument_for(made, function, name) for name in ("a", "b", "limit")]  # type: ignore[arg-type]
    assert tuple(expr and ast.unparse(expr) for expr in found) == given


@pytest.mark.parametrize(("call", "given"), [("x.f(1)", "1"), ("A.f(x, 1)", "1"), ("A(x).f(1)", "1")])
def test_the_first_parameter_of_a_method_is_not_written(call: str, given: str) -> None:
    tree = ast.parse(f"class A:\n    def f(self, a): pass\n{call}")
    function, made = tree.body[0].body[0], tree.body[1].value  # type: ignore[attr-defined]
    assert ast.unparse(argument_for(made, function, "a") or ast.Name("?")) == given
