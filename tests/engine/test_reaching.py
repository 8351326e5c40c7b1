"""Who calls a function is found in few files, and in all that can know it."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from harden.calls import callers_of
from harden.notes import IMPORTED, holds
from harden.project import Project
from tests.given import project, write

FILES = {
    "shop/__init__.py": "from .http import (\n    other,  # noqa: F401\n    load,\n)\n",
    "shop/http.py": "def load():\n    return 1\n\n\ndef other():\n    return load()\n",
    "shop/beside.py": "from . import load\n\nload()\n",
    "shop/stars.py": "from .http import *\n",
    "app.py": "import shop\n\nshop.load()\n",
    "plain.py": "from shop.http import load as get\n\nget()\n",
    "starred.py": "from shop.stars import *\n\nload()\n",
    "passing.py": "from shop import load\n",
    "passed.py": "import passing\n\npassing.load()\n",
    **{f"unlike{number}.py": "def load():\n    pass\n\n\nload()\n" for number in range(9)},
}


def test_all_that_can_know_a_function_are_asked(tmp_path: Path) -> None:
    whole = project(write(tmp_path, FILES))
    module = whole.module("shop/http.py")
    function = next(node for node in module.nodes(ast.FunctionDef) if node.name == "load")
    found = {other.path for other, _ in callers_of(module, function)}
    assert found == {"shop/http.py", "shop/beside.py", "app.py", "plain.py", "starred.py", "passed.py"}
    assert not any(path.startswith("unlike") for path in parsed(whole))


def parsed(whole: Project) -> list[str]:
    return list(whole._modules)


@pytest.mark.parametrize(
    ("text", "is_there"),
    [
        ("from a import load", True),
        ("from a import load as get", True),
        ("from a import (\n    one,\n    two as three,  # why\n    load,\n)", True),
        ("from a import one, \\\n    load", True),
        ("import load", True),
        ("from load import one", False),
        ("from a import loads", False),
        ("import a\n\nload()", False),
        ("from a import one\nload(one)", False),
    ],
)
def test_names_that_seem_to_be_imported(text: str, is_there: bool) -> None:
    assert holds(text.encode(), f"load{IMPORTED}") is is_there
