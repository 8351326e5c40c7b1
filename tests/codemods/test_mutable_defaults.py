"""Defaults move into the body and shared attributes into `__init__`, only where that changes nothing else."""

from __future__ import annotations

import pytest

from tests.codemods.conftest import Mend

ID = "mutable-default"

CHANGED = [
    pytest.param(
        "def f(a, b: 'list[int]' = [], *, c={}):\n    b.append(a)\n    c[a] = b\n    return c\n",
        "def f(a, b: 'list[int] | None' = None, *, c=None):\n"
        "    if b is None:\n        b = []\n    if c is None:\n        c = {}\n"
        "    b.append(a)\n    c[a] = b\n    return c\n",
        id="string annotation and keyword-only",
    ),
    pytest.param(
        "from __future__ import annotations\n\n\nasync def f(a: list[int] = [1, 2]) -> None:\n"
        "    a.append(1)\n",
        "from __future__ import annotations\n\n\nasync def f(a: list[int] | None = None) -> None:\n"
        "    if a is None:\n        a = [1, 2]\n    a.append(1)\n",
        id="async, deferred annotations",
    ),
    pytest.param(
        '"""Doc."""\n\nimport os\n\n\ndef f(a: list = []):\n    a.append(os.sep)\n',
        '"""Doc."""\n\nimport os\nfrom typing import Optional\n\n\n'
        "def f(a: Optional[list] = None):\n    if a is None:\n        a = []\n    a.append(os.sep)\n",
        id="imports Optional",
    ),
    pytest.param(
        "from __future__ import annotations\n\n\ndef f(a: dict[str, Any] = {}, b: Any = []):\n"
        "    a.update(x=b.append(1))\n",
        "from __future__ import annotations\n\n\ndef f(a: dict[str, Any] | None = None, b: Any = None):\n"
        "    if a is None:\n        a = {}\n    if b is None:\n        b = []\n    a.update(x=b.append(1))\n",
        id="a value of any kind inside the annotation",
    ),
    pytest.param(
        "class A:\n\tdef f(self, a=dict(x=1)):\n\t\t'''Doc.'''\n\n\t\ta.update(self.b)\n",
        "class A:\n\tdef f(self, a=None):\n\t\t'''Doc.'''\n\n\t\tif a is None:\n\t\t\ta = dict(x=1)\n\n"
        "\t\ta.update(self.b)\n",
        id="tabs and a docstring",
    ),
    pytest.param(
        "def f(\r\n    a=[],  # first\r\n):\r\n    # why\r\n    a.append(1)\r\n",
        "def f(\r\n    a=None,  # first\r\n):\r\n    if a is None:\r\n        a = []\r\n"
        "    # why\r\n    a.append(1)\r\n",
        id="line endings and comments",
    ),
    pytest.param(
        "class A:\n    def f(\n        self,\n        a={\n            'b': 1,\n        },\n    ):\n"
        "        a.pop('b')\n",
        "class A:\n    def f(\n        self,\n        a=None,\n    ):\n        if a is None:\n"
        "            a = {\n                'b': 1,\n            }\n        a.pop('b')\n",
        id="a value over several lines",
    ),
    pytest.param(
        "class A(B):\n    # kept in order\n    items: list[str] = []  # of names\n\n"
        "    def __init__(self, x):\n"
        '        """Doc."""\n        super().__init__(x)\n        self.x = x\n\n'
        "    def add(self, i):\n        self.items.append(i)\n",
        'class A(B):\n\n    def __init__(self, x):\n        """Doc."""\n        super().__init__(x)\n'
        "        # kept in order\n        self.items: list[str] = []  # of names\n        self.x = x\n\n"
        "    def add(self, i):\n        self.items.append(i)\n",
        id="into an existing __init__",
    ),
    pytest.param(
        "def outer():\n    def inner(a=[x for x in range(3)]):\n        a.append(1)\n"
        "        return a\n    return inner\n",
        "def outer():\n    def inner(a=None):\n        if a is None:\n            a = [x for x in range(3)]\n"
        "        a.append(1)\n        return a\n    return inner\n",
        id="nested function and comprehension",
    ),
]


@pytest.mark.parametrize(("before", "after"), CHANGED)
def test_default_is_made_each_time(mend: Mend, before: str, after: str) -> None:
    done = mend(ID, before)
    assert done.data.decode() == after
    assert not done.refused
    assert mend(ID, after).data.decode() == after


def test_union_where_the_project_needs_python_310(mend: Mend) -> None:
    code = "def f(a: list = []):\n    a.append(1)\n"
    floor = '[project]\nname = "x"\nrequires-python = ">=3.10"\n'
    assert "a: list | None = None" in mend(ID, code, files={"pyproject.toml": floor}).text
    assert "Optional[list]" in mend(ID, code, files={"pyproject.toml": floor.replace("3.10", "3.9")}).text


REFUSED = [
    pytest.param("def f(a=[]): a.append(1); return a\n", "lines of its own", id="one line"),
    pytest.param("f = lambda a=[]: a.append(1)\n", "lambda", id="lambda"),
    pytest.param(
        "def f(a=[]):\n    if a is None:\n        return\n    a.append(1)\n", "None", id="None has a meaning"
    ),
    pytest.param("def f(a=[]):\n    a.append(1)\n\n\nf(None)\n", "passes None", id="None is passed"),
    pytest.param(
        "def f(x):\n    def g(a=[x]):\n        a.append(1)\n    return g\n", "uses x", id="late binding"
    ),
    pytest.param(
        "class A:\n    n = 1\n\n    def f(self, a=[n]):\n        a.append(1)\n",
        "uses n",
        id="class level name",
    ),
    pytest.param("def f(x, a=[list], list=None):\n    a.append(x)\n", "uses list", id="shadowed maker"),
    pytest.param(
        "class A(B):\n    items = []\n\n    def add(self, i):\n        self.items.append(i)\n",
        "inherits",
        id="inherited __init__",
    ),
    pytest.param(
        "class A:\n    items = []\n\n    def add(self, i):\n        self.items.append(i)\n\n\n"
        "print(A.items)\n",
        "through the class",
        id="read through the class",
    ),
    pytest.param(
        "class A:\n    items = []; other = 1\n\n    def add(self, i):\n        self.items.append(i)\n",
        "share the line",
        id="semicolon",
    ),
]


@pytest.mark.parametrize(("code", "reason"), REFUSED)
def test_left_alone_with_a_reason(mend: Mend, code: str, reason: str) -> None:
    done = mend(ID, code)
    assert done.text == code
    assert len(done.refused) == 1
    assert reason in done.refused[0]


SILENT = [
    pytest.param("def f(a=[]): ...\n", id="stub"),
    pytest.param('def f(a=[]):\n    """Doc."""\n    raise NotImplementedError\n', id="abstract"),
    pytest.param("list = tuple\n\n\ndef f(a=list()):\n    return a\n", id="shadowed builtin"),
    pytest.param("import typer\n\n\n@typer.command()\ndef f(a: list = []):\n    print(a)\n", id="typer"),
    pytest.param(
        "from pydantic import BaseModel\n\n\nclass A(BaseModel):\n    a: list = []\n\n"
        "    def f(self):\n        self.a.append(1)\n",
        id="pydantic model",
    ),
    pytest.param("class A:\n    a = []\n\n    def f(self):\n        return self.a\n", id="only read"),
]


@pytest.mark.parametrize("code", SILENT)
def test_not_a_finding(mend: Mend, code: str) -> None:
    done = mend(ID, code)
    assert (done.text, done.refused) == (code, ())
