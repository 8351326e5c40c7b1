"""Lines that an edit makes too long are broken as black breaks them; all others stay as they are."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from harden.codemods.line_limits import DEFAULT_LIMIT, line_limit
from harden.codemods.wrapping import wrapped
from harden.project import Project

LONG = (
    "client.fetch_everything('https://pay.example/a/long/path', timeout=10, headers=HEADERS_OF_THE_SERVICE)"
)
CASES = {
    "one line inside": (
        f"r = {LONG}\n",
        "r = client.fetch_everything(\n"
        "    'https://pay.example/a/long/path', timeout=10, headers=HEADERS_OF_THE_SERVICE\n"
        ")\n",
    ),
    "last line of a file, without an ending": (
        f"import m\r\nr = {LONG}",
        "import m\r\nr = client.fetch_everything(\r\n"
        "    'https://pay.example/a/long/path', timeout=10, headers=HEADERS_OF_THE_SERVICE\r\n"
        ")",
    ),
    "one line each": (
        f"def f():\n    return {LONG[:-1]}, verify=VERIFY, cert=CERT)  # go\n",
        "def f():\n"
        "    return client.fetch_everything(\n"
        "        'https://pay.example/a/long/path',\n"
        "        timeout=10,\n"
        "        headers=HEADERS_OF_THE_SERVICE,\n"
        "        verify=VERIFY,\n"
        "        cert=CERT,\n"
        "    )  # go\n",
    ),
    "compound head, tabs, line endings": (
        f"if x:\r\n\twith {LONG} as r:\r\n\t\tpass\r\n",
        "if x:\r\n\twith client.fetch_everything(\r\n"
        "\t\t'https://pay.example/a/long/path', timeout=10, headers=HEADERS_OF_THE_SERVICE\r\n"
        "\t) as r:\r\n\t\tpass\r\n",
    ),
    "nested": (
        "D = {'default': {'ENGINE': 'django.db.backends.mysql', 'NAME': 'shopping', "
        "'CONN_MAX_AGE': 60, 'A': True}}\n",
        "D = {\n    'default': {\n        'ENGINE': 'django.db.backends.mysql',\n"
        "        'NAME': 'shopping',\n"
        "        'CONN_MAX_AGE': 60,\n        'A': True,\n    },\n}\n",
    ),
    "set": (
        "class Config:\n    debug: bool = os.getenv('PIPELINE_DEBUG', 'False').lower() in "
        "{'1', 'true', 'yes', 'on'}\n",
        "class Config:\n    debug: bool = os.getenv('PIPELINE_DEBUG', 'False').lower() in {\n"
        "        '1',\n        'true',\n        'yes',\n        'on',\n    }\n",
    ),
    "first line of several": (
        "def f():\n    at = subprocess.check_output(['git', 'rev-parse', '--verify', 'HEAD'], timeout=60,"
        " cwd=HERE).decode(\n        'utf-8'\n    )\n    return at\n",
        "def f():\n    at = subprocess.check_output(\n        ['git', 'rev-parse', '--verify', 'HEAD'],"
        " timeout=60, cwd=HERE\n    ).decode('utf-8')\n    return at\n",
    ),
    "short call behind a long one": (
        "at = subprocess.check_output(['git', 'rev-parse', '--verify', 'HEAD'], timeout=60, cwd=HERE)"
        ".decode('utf-8')\n",
        "at = subprocess.check_output(\n    ['git', 'rev-parse', '--verify', 'HEAD'], timeout=60, cwd=HERE\n"
        ").decode('utf-8')\n",
    ),
    "chain of calls": (
        "def f():\n    notes = await session.query(Note).filter(Note.owner == user.id).order_by(Note.id)"
        ".limit(limit).all()  # page\n",
        "def f():\n    notes = (\n        await session.query(Note)\n        .filter(Note.owner == user.id)\n"
        "        .order_by(Note.id)\n        .limit(limit)\n        .all()\n    )  # page\n",
    ),
    "chain from a class": (
        "queryset = Product.objects.select_related('category').prefetch_related('photos', 'tags').all()"
        ".order_by('pk')\n",
        "queryset = (\n    Product.objects.select_related('category')\n"
        "    .prefetch_related('photos', 'tags')\n    .all()\n    .order_by('pk')\n)\n",
    ),
    "comprehension": (
        "def f():\n    return jsonify([item.to_dict() for item in Item.query.order_by(Item.id)"
        ".limit(limit).offset(offset).all() if item.shown])\n",
        "def f():\n    return jsonify(\n        [\n            item.to_dict()\n"
        "            for item in Item.query.order_by(Item.id).limit(limit).offset(offset).all()\n"
        "            if item.shown\n        ]\n    )\n",
    ),
    "one argument that is broken itself": (
        "data = list(Paginator(Product.objects.values('id').order_by('pk'), 50)"
        ".get_page(request.GET.get('page')))\n",
        "data = list(\n    Paginator(Product.objects.values('id').order_by('pk'), 50).get_page(\n"
        "        request.GET.get('page')\n    )\n)\n",
    ),
    "arguments together on a line": (
        "engine = create_engine(\n    settings.database_url, echo=True, connect_args={'connect_timeout': 5}, "
        "pool_pre_ping=True\n)\n",
        "engine = create_engine(\n    settings.database_url,\n    echo=True,\n"
        "    connect_args={'connect_timeout': 5},\n    pool_pre_ping=True,\n)\n",
    ),
    "empty brackets come last": (
        f"r = {LONG}.json()\n",
        "r = client.fetch_everything(\n"
        "    'https://pay.example/a/long/path', timeout=10, headers=HEADERS_OF_THE_SERVICE\n"
        ").json()\n",
    ),
}


@pytest.mark.parametrize(("before", "after"), CASES.values(), ids=CASES)
def test_breaks_at_the_last_brackets(before: str, after: str) -> None:
    assert wrapped(before, "", DEFAULT_LIMIT) == after
    assert _meaning(before) == _meaning(after)
    assert wrapped(after, "", DEFAULT_LIMIT) == after


@pytest.mark.parametrize(
    "text",
    [
        "x = 'a string without brackets far longer than the limit of a line, so what can be done about it'\n",
        f"if x: y = {LONG}\n",
        f"a = 1; b = {LONG}\n",
        f"x = [\n    {LONG},\n]\n",
        f'"""\n{LONG}\n"""\n',
        "total = a_name[this_is_a_long_index_name] + (another_name_that_is_long + the_last_of_the_names)\n",
    ],
)
def test_keeps_the_meaning_or_the_line(text: str) -> None:
    result = wrapped(text, "", DEFAULT_LIMIT)
    assert _meaning(result) == _meaning(text)


def _meaning(code: str) -> str:
    return ast.dump(compile(code, "", "exec", ast.PyCF_ONLY_AST | ast.PyCF_ALLOW_TOP_LEVEL_AWAIT))


def test_leaves_lines_alone_that_were_long_before() -> None:
    assert wrapped(f"r = {LONG}\n", f"r = {LONG}\n", DEFAULT_LIMIT) == f"r = {LONG}\n"


@pytest.mark.parametrize(
    ("name", "text", "limit"),
    [
        ("pyproject.toml", "[tool.ruff]\nline-length = 100\n", 100),
        ("pyproject.toml", "[tool.black]\nline-length = 79\n", 79),
        ("pyproject.toml", "[tool.black\n", 96),
        ("ruff.toml", "line-length = 140\n", 140),
        ("setup.cfg", "[flake8]\nmax-line-length = 99\n", 99),
        ("tox.ini", "[flake8]\nmax-line-length = many\n", 96),
    ],
)
def test_limit_is_the_projects_own(name: str, text: str, limit: int, tmp_path: Path) -> None:
    (tmp_path / name).write_text(text)
    (tmp_path / "a.py").write_text(f"x = ({'1' * 90})\n")
    assert line_limit(Project(tmp_path, ("a.py", name)).module("a.py")) == limit


@pytest.mark.parametrize(
    ("line", "limit"),
    [
        (f'x = "{"a" * 95}"', DEFAULT_LIMIT),
        (f"x = 1  # {'a' * 95}", DEFAULT_LIMIT),
        (f'f(\n    "{"a" * 95}",\n)', DEFAULT_LIMIT),
        (f'"""\nf({"a" * 95})\n"""', DEFAULT_LIMIT),
        (f"from a import {'a' * 80}", 94),
        (f"x = f({'a' * 95})", 102),
        (f"x = f({'a' * 60})  # {'a' * 95}", DEFAULT_LIMIT),
        (f"x = f({'a' * 200})", 120),
    ],
)
def test_lines_that_no_formatter_breaks_set_no_limit(line: str, limit: int, tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(f"{line}\n")
    assert line_limit(Project(tmp_path, ("a.py",)).module("a.py")) == limit
