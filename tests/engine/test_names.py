"""What an expression stands for, through every way in which Python gives names to things."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from pathlib import Path
from textwrap import dedent

import pytest

from harden.module import Module
from tests.given import project, write


def module(
    tmp_path: Path, code: str, files: Mapping[str, str] | None = None, path: str = "app/main.py"
) -> Module:
    texts = {name: dedent(text) for name, text in (files or {}).items()}
    write(tmp_path, {**texts, path: dedent(code)})
    return project(tmp_path).module(path)


def called(source: Module) -> str | None:
    """Return the path of the call whose argument is the string "here"."""
    for call in source.nodes(ast.Call):
        if any(isinstance(arg, ast.Constant) and arg.value == "here" for arg in call.args):
            return source.resolve(call.func)
    raise AssertionError("nothing is called with 'here'")


GET = "requests.get"
SESSION_GET = "requests.Session.get"


ONE_FILE: dict[str, tuple[str, str | None]] = {
    "import": ("import requests\nrequests.get('here')", GET),
    "import as": ("import requests as r\nr.get('here')", GET),
    "import of a submodule": ("import os.path\nos.path.join('here')", "os.path.join"),
    "import of a submodule as": ("import os.path as p\np.join('here')", "os.path.join"),
    "from": ("from requests import get\nget('here')", GET),
    "from as": ("from requests import get as g\ng('here')", GET),
    "import in a function": ("def f():\n    import requests\n    requests.get('here')", GET),
    "import in another function": (
        "def f():\n    import requests\n\ndef g():\n    requests.get('here')",
        None,
    ),
    "import with a fallback": (
        "try:\n    import ujson as json\nexcept ImportError:\n    import json\njson.loads('here')",
        "json.loads",
    ),
    "import that may be missing": (
        "try:\n    import requests\nexcept ImportError:\n    requests = None\nrequests.get('here')",
        GET,
    ),
    "import that may be missing, in a function": (
        "try:\n    import requests\nexcept ImportError:\n    requests = None\ndef f():\n"
        "    requests.get('here')",
        GET,
    ),
    "star of a library": ("from requests import *\nget('here')", GET),
    "stars of two libraries": ("from requests import *\nfrom httpx import *\nget('here')", None),
    "star and builtin": ("from requests import *\nopen('here')", "builtins.open"),
    "builtin": ("open('here')", "builtins.open"),
    "shadowed builtin": ("def open(x): ...\nopen('here')", "app.main.open"),
    "unknown": ("mystery.get('here')", None),
    "assignment": ("import requests\ns = requests.Session()\ns.get('here')", SESSION_GET),
    "annotated assignment": ("import requests\ns: requests.Session = make()\ns.get('here')", SESSION_GET),
    "declared above": (
        "import requests\ns: requests.Session | None = None\ndef f():\n    global s\n"
        "    s = make()\n    s.get('here')",
        SESSION_GET,
    ),
    "given later": (
        "import requests\ns = None\ndef start():\n    global s\n    s = requests.Session()\n"
        "def f():\n    s.get('here')",
        SESSION_GET,
    ),
    "given later and taken away": (
        "import requests\ns = None\ndef start():\n    global s\n    s = requests.Session()\n"
        "def stop():\n    global s\n    s = None\ndef f():\n    s.get('here')",
        SESSION_GET,
    ),
    "reassigned": ("import requests\ns = requests\ns = other()\ns.get('here')", None),
    "read before it is reassigned": ("import requests\ns = requests\ns.get('here')\ns = other()", GET),
    "its own old value": ("import requests\ns = requests\ns = s.get('here')", GET),
    "chained": ("import requests\na = b = requests.Session()\nb.get('here')", SESSION_GET),
    "unpacked": ("import requests\na, (b, c) = 1, (requests, 2)\nx, y = requests, 3\nx.get('here')", GET),
    "unpacked from a call": ("import requests\na, b = requests\na.get('here')", None),
    "with": ("import requests\nwith requests.Session() as s:\n    s.get('here')", SESSION_GET),
    "with two": ("import requests\nwith x() as a, requests.Session() as s:\n    s.get('here')", SESSION_GET),
    "async with": (
        "import aiohttp\nasync def f():\n    async with aiohttp.ClientSession() as s:\n"
        "        await s.get('here')",
        "aiohttp.ClientSession.get",
    ),
    "walrus": ("import requests\nif s := requests.Session():\n    s.get('here')", SESSION_GET),
    "walrus in a comprehension": (
        "import requests\ndef f():\n    [s for _ in x if (s := requests.Session())]\n    s.get('here')",
        SESSION_GET,
    ),
    "call chain": (
        "from sqlalchemy import select\nselect(U).where(1).limit('here')",
        "sqlalchemy.select.where.limit",
    ),
    "long chain": ("import a\na" + ".b()" * 25 + ".c('here')", "a" + ".b" * 25 + ".c"),
    "await": (
        "import httpx\nasync def f():\n    (await httpx.AsyncClient().get(1)).json('here')",
        "httpx.AsyncClient.get.json",
    ),
    "subscript": ("import os\nos.environ['A'].lower('here')", "os.environ[].lower"),
    "or": ("import requests\n(given or requests.Session()).get('here')", SESSION_GET),
    "either": ("import requests\n(requests.Session() if x else y).get('here')", SESSION_GET),
    "text": ("'a'.join('here')", "builtins.str.join"),
    "f-string": ("f'{a}'.join('here')", "builtins.str.join"),
    "parameter shadows": ("import requests\ndef f(requests):\n    requests.get('here')", None),
    "local shadows": ("import requests\ndef f():\n    requests = fake()\n    requests.get('here')", None),
    "loop variable shadows": ("import requests\nfor requests in x:\n    requests.get('here')", None),
    "comprehension variable shadows": ("import requests\n[requests.get('here') for requests in x]", None),
    "comprehension variable stays inside": (
        "import requests\n[0 for requests in x]\nrequests.get('here')",
        GET,
    ),
    "first iterable is outside": ("import requests\n[0 for requests in requests.get('here')]", GET),
    "comprehension sees the value of its time": (
        "import requests\ndef f():\n    r = requests\n    [r.get('here') for _ in x]\n    r = other()",
        GET,
    ),
    "lambda parameter shadows": ("import requests\nlambda requests: requests.get('here')", None),
    "default is outside": ("import requests\ndef f(requests=requests.get('here')): ...", GET),
    "decorator is outside": ("import requests\n@requests.get('here')\ndef f(requests): ...", GET),
    "lambda default is outside": ("import requests\nlambda requests=requests.get('here'): 0", GET),
    "class attribute is not seen in methods": (
        "import requests\nclass A:\n    requests = 1\n    def f(self):\n        requests.get('here')",
        GET,
    ),
    "class attribute is seen in the class": (
        "import requests\nclass A:\n    r = requests\n    x = r.get('here')",
        GET,
    ),
    "class base is outside": ("import requests\nclass A(requests.get('here')):\n    requests = 1", GET),
    "nested function": ("def f():\n    import requests\n    def g():\n        requests.get('here')", GET),
    "nonlocal": (
        "def f():\n    s = None\n    def g():\n        nonlocal s\n        import requests as s\n"
        "    s.get('here')",
        GET,
    ),
    "global past a local of the same name": (
        "import requests\ndef f():\n    requests = 1\n    def g():\n        global requests\n"
        "        requests.get('here')",
        GET,
    ),
    "deleted": ("import requests\ndel requests\nrequests.get('here')", None),
    "exception": (
        "try: ...\nexcept OSError as e:\n    e.with_traceback('here')",
        "builtins.OSError.with_traceback",
    ),
    "pattern shadows": (
        "import requests\nmatch x:\n    case {'a': 1, **requests}:\n        requests.get('here')",
        None,
    ),
    "annotated parameter": ("import requests\ndef f(s: requests.Session):\n    s.get('here')", SESSION_GET),
    "string annotation": ("import requests\ndef f(s: 'requests.Session'):\n    s.get('here')", SESSION_GET),
    "broken string annotation": ("def f(s: 'a b'):\n    s.get('here')", None),
    "optional": (
        "import requests\nfrom typing import Optional\ndef f(s: Optional[requests.Session]):\n"
        "    s.get('here')",
        SESSION_GET,
    ),
    "optional in a string": (
        "import requests\nfrom typing import Optional\ndef f(s: 'Optional[requests.Session]'):\n"
        "    s.get('here')",
        SESSION_GET,
    ),
    "or none": ("import requests\ndef f(s: None | requests.Session = None):\n    s.get('here')", SESSION_GET),
    "union": (
        "import requests\nimport typing as t\ndef f(s: t.Union[None, requests.Session]):\n    s.get('here')",
        SESSION_GET,
    ),
    "annotated": (
        "import requests\nfrom typing import Annotated\n"
        "def f(s: Annotated[requests.Session, Depends()]):\n    s.get('here')",
        SESSION_GET,
    ),
    "alias of annotated": (
        "import requests\nfrom typing import Annotated\nS = Annotated[requests.Session, 1]\n"
        "def f(s: S):\n    s.get('here')",
        SESSION_GET,
    ),
    "several arguments": (
        "import requests\ndef f(*s: requests.Session):\n    s.index('here')",
        "builtins.tuple.index",
    ),
    "keyword arguments": ("import requests\ndef f(**s: str):\n    s.get('here')", "builtins.dict.get"),
    "returned": ("import requests\ndef make() -> requests.Session: ...\nmake().get('here')", SESSION_GET),
    "returned and awaited": (
        "import requests\nasync def make() -> requests.Session: ...\nasync def f():\n"
        "    s = await make()\n    s.get('here')",
        SESSION_GET,
    ),
    "self attribute": (
        "import requests\nclass A:\n    def __init__(self):\n        self.s = requests.Session()\n"
        "    def f(self):\n        self.s.get('here')",
        SESSION_GET,
    ),
    "self attribute given later": (
        "import requests\nclass A:\n    def __init__(self):\n        self.s = None\n"
        "    def start(self):\n        self.s = requests.Session()\n    def f(self):\n"
        "        self.s.get('here')",
        SESSION_GET,
    ),
    "self attribute from a parameter": (
        "import requests\nclass A:\n    def __init__(self, s: requests.Session):\n        self.s = s\n"
        "    def f(self):\n        self.s.get('here')",
        SESSION_GET,
    ),
    "declared self attribute": (
        "import requests\nclass A:\n    s: requests.Session\n    def f(self):\n        self.s.get('here')",
        SESSION_GET,
    ),
    "declared and given": (
        "import requests\nclass A:\n    def __init__(self):\n        self.s: requests.Session | None = None\n"
        "    def f(self):\n        self.s.get('here')",
        SESSION_GET,
    ),
    "class attribute through self": (
        "import requests\nclass A:\n    s = requests.Session()\n    def f(self):\n        self.s.get('here')",
        SESSION_GET,
    ),
    "attribute of an own class": (
        "import requests\nclass A:\n    s = requests.Session()\na = A()\na.s.get('here')",
        SESSION_GET,
    ),
    "self of a static method": (
        "import requests\nclass A:\n    s = requests.Session()\n    @staticmethod\n"
        "    def f(self):\n        self.s.get('here')",
        None,
    ),
    "a name of itself": ("a = a\na.get('here')", None),
    "names in a circle": ("a = b\nb = a\na.get('here')", None),
}


@pytest.mark.parametrize(("code", "path"), ONE_FILE.values(), ids=ONE_FILE)
def test_one_file(tmp_path: Path, code: str, path: str | None) -> None:
    assert called(module(tmp_path, code)) == path


SEVERAL: dict[str, tuple[dict[str, str], str]] = {
    "from a module": ({"app/http.py": "import requests\ns = requests.Session()"}, "from app.http import s"),
    "of a module": (
        {"app/http.py": "import requests\ns = requests.Session()"},
        "import app.http\ns = app.http.s",
    ),
    "relative": ({"app/http.py": "import requests\ns = requests.Session()"}, "from .http import s"),
    "relative module": (
        {"app/http.py": "import requests\ns = requests.Session()"},
        "from . import http\ns = http.s",
    ),
    "beside a script": ({"app/http_.py": "import requests\ns = requests.Session()"}, "from http_ import s"),
    "two levels up": (
        {"app/__init__.py": "", "http_.py": "import requests\ns = requests.Session()"},
        "from http_ import s",
    ),
    "from a package that passes it on": (
        {
            "app/http/__init__.py": "from .own import s",
            "app/http/own.py": "import requests\ns = requests.Session()",
        },
        "from app.http import s",
    ),
    "renamed on the way": (
        {
            "app/__init__.py": "",
            "app/a.py": "from app.b import t as u",
            "app/b.py": "import requests as r\nt = r.Session()",
        },
        "from app.a import u as s",
    ),
    "star of an own module": (
        {"app/http.py": "import requests\ns = requests.Session()"},
        "from app.http import *",
    ),
    "star of a star": (
        {"app/a.py": "from .b import *", "app/b.py": "import requests\ns = requests.Session()"},
        "from app.a import *",
    ),
    "star passed on": (
        {"app/a.py": "from .b import *", "app/b.py": "import requests\ns = requests.Session()"},
        "from app.a import s",
    ),
    "one of two stars": (
        {"app/a.py": "x = 1", "app/b.py": "import requests\ns = requests.Session()"},
        "from app.a import *\nfrom app.b import *",
    ),
    "import cycle": (
        {
            "app/a.py": "from app.main import other\nfrom app.b import t\ns = t",
            "app/b.py": "from app.a import s as again\nimport requests\nt = requests.Session()",
        },
        "from app.a import s\nother = 1",
    ),
    "class with an attribute": (
        {"app/a.py": "import requests\nclass Client:\n    pass\nClient.s = 1\ns = requests.Session()"},
        "from app.a import s",
    ),
    "set up later": (
        {"app/a.py": "import requests\ns = None\ndef start():\n    global s\n    s = requests.Session()"},
        "from app.a import s",
    ),
    "declared": (
        {"app/a.py": "import requests\ns: requests.Session = make()"},
        "from app import a\ns = a.s",
    ),
    "src layout": (
        {"src/shop/__init__.py": "", "src/shop/http.py": "import requests\ns = requests.Session()"},
        "from shop.http import s",
    ),
    "src imported by name": (
        {"src/shop/__init__.py": "", "src/shop/http.py": "import requests\ns = requests.Session()"},
        "from src.shop.http import s",
    ),
}


@pytest.mark.parametrize(("files", "code"), SEVERAL.values(), ids=SEVERAL)
def test_several_files(tmp_path: Path, files: dict[str, str], code: str) -> None:
    assert called(module(tmp_path, f"{code}\ns.get('here')", files)) == SESSION_GET


def test_a_cycle_reads_the_same_from_every_side(tmp_path: Path) -> None:
    files = {
        "app/__init__.py": "",
        "app/a.py": "from app.b import *\nfrom app.b import t\ns = t\ns.get('here')",
        "app/b.py": "from app.c import *\nfrom app.c import t\nt.get('here')",
        "app/c.py": "from app.a import *\nimport requests\nt = requests.Session()\nt.get('here')",
    }
    write(tmp_path, files)
    paths = ["app/a.py", "app/b.py", "app/c.py"]
    for start in range(3):
        known = project(tmp_path)
        for path in paths[start:] + paths[:start]:
            assert called(known.module(path)) == SESSION_GET


def test_relative_imports_beyond_the_top_lead_nowhere(tmp_path: Path) -> None:
    source = module(tmp_path, "from ....x import get\nget('here')", {"app/__init__.py": "", "x.py": ""})
    assert called(source) == "x.get"


def test_bases_are_followed_through_modules(tmp_path: Path) -> None:
    files = {
        "app/base.py": "from django.db import models\nclass Base(models.Model): ...",
        "app/mid.py": "from .base import Base as B\nclass Mid(B): ...",
    }
    source = module(tmp_path, "from .mid import Mid\nclass Own(Mid): ...", files)
    (own,) = source.nodes(ast.ClassDef)
    assert source.bases(own) == ("app.mid.Mid", "app.base.Base", "django.db.models.Model")
    assert source.is_a("app.main.Own", "django.db.models.Model")


def test_own_classes_and_functions_are_found_by_path(tmp_path: Path) -> None:
    source = module(
        tmp_path, "", {"app/m.py": "class A:\n    def f(self): ...\n\ndef f(): ...\n\ndef f(x): ..."}
    )
    known = source.project
    found = known.class_of("app.m.A")
    assert found is not None
    assert found[1].name == "A"
    assert known.class_of("app.m.f") is None
    method, function = known.function_of("app.m.A.f"), known.function_of("app.m.f")
    assert method is not None
    assert function is not None
    assert (method[1].lineno, function[1].lineno) == (2, 4)
    assert known.function_of("app.m.g") is None
    assert known.function_of("elsewhere.f") is None


def test_a_broken_module_hides_nothing_else(tmp_path: Path) -> None:
    files = {
        "app/broken.py": "def (:",
        "app/good.py": "from .broken import *\nimport requests\ns = requests.Session()",
    }
    source = module(tmp_path, "from .good import s\nfrom .broken import t\ns.get('here')", files)
    assert called(source) == SESSION_GET
    assert source.project.class_of("app.broken.A") is None


def test_very_deep_code_is_survived(tmp_path: Path) -> None:
    deep = "x = a" + ".b" * 800
    chain = "".join(f"a{number + 1} = a{number}\n" for number in range(900))
    source = module(tmp_path, f"import a\n{deep}\na0 = a\n{chain}a900.get('here')")
    called(source)
    for node in source.nodes(ast.Attribute):
        source.resolve(node)
