"""What a name holds at a use, and the constant that an expression always is."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from harden.folding import constants
from harden.project import Project
from tests.given import write

FILES = {
    "app/__init__.py": "",
    "app/constants.py": """import enum

A = "x"
B = A + "y"
TABLE = {"a": "one", "b": "two"}


class Base:
    kind = "k"

    def __init__(self):
        self.made = "z"


class Colour(enum.Enum):
    RED = "red"


base = Base()


def users():
    return "users"
""",
    "app/public.py": "from .constants import B as BB, Base as Root\nfrom app.constants import *\n",
}


def shown(tmp_path: Path, code: str) -> list[object]:
    """Return what each `show(x)` of a module may be given; None where that is not constant."""
    write(tmp_path, {**FILES, "app/main.py": code})
    module = Project(tmp_path, (*FILES, "app/main.py")).module("app/main.py")
    calls = [call for call in module.nodes(ast.Call) if ast.unparse(call.func) == "show"]
    return [constants(module, call.args[0]) for call in sorted(calls, key=lambda call: call.lineno)]


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("constants.B", "xy"),
        ("BB", "xy"),
        ("app.public.BB", "xy"),
        ("A", "x"),
        ("Root.kind", "k"),
        ("base.kind", "k"),
        ("base.made", "z"),
        ("Colour.RED.value", "red"),
        ('TABLE["a"]', "one"),
        ("users()", "users"),
        ('f"{A}-{BB!r}-{3:02d}"', "x-'xy'-03"),
        ('"%s %d" % (A, 3)', "x 3"),
        ('"%(a)s" % {"a": A}', "x"),
        ('"{} {k}".format(A, k=BB)', "x xy"),
        ('",".join(["a", BB])', "a,xy"),
        ('os.path.join("a", A)', "a/x"),
        ('"a" "b" * 2', "abab"),
        ("60 * 60 + 1", 3601),
    ],
)
def test_constants_are_folded_through_names_and_modules(
    tmp_path: Path, expression: str, value: object
) -> None:
    head = "import os\nimport app.public\nfrom app import constants\nfrom app.public import BB, Root, base\n"
    head += "from app.public import A, Colour, TABLE, users\n"
    assert shown(tmp_path, f"{head}show({expression})\n") == [(value,)]


@pytest.mark.parametrize(
    ("body", "held"),
    [
        ('x = "1"\nif p:\n    x = "2"\nshow(x)', ("1", "2")),
        ('x = "1"\nif p:\n    x = "2"\nelse:\n    x = "3"\nshow(x)', ("2", "3")),
        ('if p:\n    x = "1"\n    return\nx = "2"\nshow(x)', ("2",)),
        ('if p:\n    x = "1"\nelse:\n    x = "2"\n    show(x)', ("2",)),
        ('x = "1"\nx += "2"\nshow(x)', ("12",)),
        ('x = "1"\nif p:\n    x += "2"\nshow(x)', ("1", "12")),
        ('x = "1"\nx = x + "2"\nshow(x)', ("12",)),
        ('x = "1"\nfor i in p:\n    x += i\nshow(x)', None),
        ('try:\n    x = "1"\nexcept E:\n    x = "2"\nshow(x)', ("1", "2")),
        ('a, (b, x) = "1", ("2", "3")\nshow(x)', ("3",)),
        ('if (x := "1"):\n    show(x)', ("1",)),
        ('match p:\n    case 1:\n        x = "1"\n    case _:\n        x = "2"\nshow(x)', ("1", "2")),
        ('x = "1"\nfor i in p:\n    show(x)\n    x = "2"', ("1", "2")),
        ('for i in p:\n    x = "1"\n    show(x)\n    x = "2"', ("1",)),
        ('x = "1"\nwith p as x:\n    pass\nshow(x)', None),
        ('x = "1"\ndef inner():\n    show(x)\nx = "2"', ("2",)),
        ("show(p)", None),
        ('x = "1"\nx = x + x\nx = x + x\nx = x + x\nshow(x)', ("1" * 8,)),
    ],
)
def test_every_value_that_may_have_got_there_counts(tmp_path: Path, body: str, held: object) -> None:
    lines = "\n".join(f"    {line}" for line in body.splitlines())
    assert shown(tmp_path, f"def f(p):\n{lines}\n") == [held]


def test_a_global_may_have_been_set_by_any_function(tmp_path: Path) -> None:
    code = 'N = "1"\n\n\ndef f():\n    global N\n    N = "2"\n\n\ndef g():\n    show(N)\n'
    assert shown(tmp_path, code) == [("1", "2")]


def test_circles_end(tmp_path: Path) -> None:
    code = "def f(p):\n    while p:\n        x = y\n        y = x\n    show(x)\n"
    code += "\n\ndef a():\n    return a()\n\n\nshow(a())\n"
    assert shown(tmp_path, code) == [None, None]


def test_a_field_is_only_a_default(tmp_path: Path) -> None:
    code = 'from dataclasses import dataclass\n\n\n@dataclass\nclass C:\n    x: str = "1"\n'
    code += "\n    def f(self):\n        show(self.x)\n"
    assert shown(tmp_path, code) == [None]
