"""A cache without bound gets one; what holds instances or lies in a dict is only pointed out."""

from __future__ import annotations

import pytest

from tests.codemods.conftest import Mend

ID = "unbounded-cache"

CHANGED = [
    pytest.param(
        "import functools\n\n\n@functools.cache\ndef f(a):\n    return a\n",
        "import functools\n\n\n@functools.lru_cache(maxsize=1024)\ndef f(a):\n    return a\n",
        id="dotted",
    ),
    pytest.param(
        "import functools as ft\r\n\r\n\r\n@ft.lru_cache(None, typed=True)  # slow\r\n@other\r\n"
        "async def f(*a):\r\n\treturn a\r\n",
        "import functools as ft\r\n\r\n\r\n@ft.lru_cache(1024, typed=True)  # slow\r\n@other\r\n"
        "async def f(*a):\r\n\treturn a\r\n",
        id="positional size",
    ),
    pytest.param(
        "from functools import lru_cache as lru\n\n\n@lru(\n    maxsize=None,\n    typed=True,\n"
        ")\ndef f(a: str):\n"
        "    return a\n",
        "from functools import lru_cache as lru\n\n\n@lru(\n    maxsize=1024,\n    typed=True,\n"
        ")\ndef f(a: str):\n"
        "    return a\n",
        id="alias and layout",
    ),
    pytest.param(
        "from functools import (\n    cache,\n    wraps,\n)\n\n\n@cache\ndef f(a, *, b=1):\n"
        "    return wraps(a)\n",
        "from functools import (\n    lru_cache,\n    wraps,\n)\n\n\n@lru_cache(maxsize=1024)\n"
        "def f(a, *, b=1):\n    return wraps(a)\n",
        id="imports over several lines",
    ),
    pytest.param(
        "from functools import cache\n\n\n@cache\ndef f(a):\n    return a\n\n\n@cache\ndef g():\n"
        "    return 1\n",
        "from functools import cache, lru_cache\n\n\n@lru_cache(maxsize=1024)\ndef f(a):\n    return a\n\n\n"
        "@cache\ndef g():\n    return 1\n",
        id="the old import is still used",
    ),
]


@pytest.mark.parametrize(("before", "after"), CHANGED)
def test_gets_a_size(mend: Mend, before: str, after: str) -> None:
    done = mend(ID, before)
    assert done.data.decode() == after
    assert not done.refused
    assert mend(ID, after).data.decode() == after


REDIS = "import redis\nimport sqlite3\n\nr = redis.Redis()\n\n\n"
STORED = [
    pytest.param(
        "def f(a):\n    r.set(f'a:{a}', a)\n", "def f(a):\n    r.set(f'a:{a}', a, ex=3600)\n", id="plain"
    ),
    pytest.param(
        "def f(a):\n    key = 'a:' + a\n    r.set(\n        key,  # by name\n        value=a,\n    )\n",
        "def f(a):\n    key = 'a:' + a\n    r.set(\n        key,  # by name\n        value=a,\n"
        "        ex=3600,\n    )\n",
        id="lines and comments",
    ),
    pytest.param(
        "def f(a): r.set('a:{}'.format(a), a); r.set('a:%s' % a, a)\n",
        "def f(a): r.set('a:{}'.format(a), a, ex=3600); r.set('a:%s' % a, a, ex=3600)\n",
        id="two in one line",
    ),
]


@pytest.mark.parametrize(("before", "after"), STORED)
def test_an_entry_gets_an_end(mend: Mend, before: str, after: str) -> None:
    done = mend(ID, REDIS + before)
    assert done.text == REDIS + after
    assert not done.refused
    assert mend(ID, done.text).text == done.text


def test_the_time_to_live_is_an_option(mend: Mend) -> None:
    assert "ex=60)" in mend(ID, REDIS + "def f(a):\n    r.set(f'a:{a}', a)\n", seconds=60).text


@pytest.mark.parametrize(
    "call",
    [
        *(
            "r.set('a', a)",
            "r.set(f'a:{a}', a, ex=5)",
            "r.set(f'a:{a}', a, 5)",
            "r.set(f'a:{a}', a, nx=True)",
        ),
        *("r.set(f'a:{a}', a, **a)", "r.set(a.key, a)", "r.set(f'a:{a}', a); r.expire(f'a:{a}', 5)"),
        *("r.set(f'a:{1}', a)", "set(f'a:{a}', a)", "a.set(f'a:{a}', a)", "r.hset(f'a:{a}', a, 1)"),
    ],
)
def test_entries_that_end_or_are_few(mend: Mend, call: str) -> None:
    code = f"{REDIS}def f(a):\n    {call}\n"
    assert mend(ID, code).text == code


def test_size_is_an_option(mend: Mend) -> None:
    code = "from functools import cache\n\n\n@cache\ndef f(a):\n    return a\n"
    assert "@lru_cache(maxsize=50)" in mend(ID, code, maxsize=50).text


REFUSED = [
    pytest.param(
        "class A:\n    @cache\n    def f(self):\n        return 1\n", "cached_property", id="method"
    ),
    pytest.param(
        "class A:\n    @lru_cache(maxsize=9)\n    def f(self, a):\n        return a\n",
        "instance",
        id="bounded method",
    ),
    pytest.param(
        "prices_cache: dict[str, int] = {}\ndef f(a):\n    if a not in prices_cache:\n"
        "        prices_cache[a] = load(a)\n    return prices_cache[a]\n",
        "TTLCache",
        id="dict",
    ),
    pytest.param(
        "hits = defaultdict(int)\nasync def f(request, go):\n    hits[request.url.path] += 1\n"
        "    return hits.get(request.url.path)\n",
        "name of the route",
        id="counted by path",
    ),
]


@pytest.mark.parametrize(("code", "reason"), REFUSED)
def test_left_alone_with_a_reason(mend: Mend, code: str, reason: str) -> None:
    code = "from collections import defaultdict\nfrom functools import cache, lru_cache\n\n\n" + code
    done = mend(ID, code)
    assert done.text == code
    assert len(done.refused) == 1
    assert reason in done.refused[0]


SILENT = [
    pytest.param("@cache\ndef f():\n    return 1\n", id="no arguments"),
    pytest.param("@cache\ndef f(a: bool, b: type[int]):\n    return a\n", id="few values"),
    pytest.param("@lru_cache()\ndef f(a):\n    return a\n", id="default size"),
    pytest.param("def cache(f): return f\n@cache\ndef f(a):\n    return a\n", id="shadowed"),
    pytest.param(
        "class A:\n    @classmethod\n    @cache\n    def f(cls):\n        return 1\n", id="class method"
    ),
    pytest.param(
        "c_cache = {}\ndef f(a):\n    c_cache[type(a).__name__] = a\n    return c_cache.get(a)\n", id="types"
    ),
    pytest.param(
        "c_cache = {}\ndef f(a):\n    c_cache.pop(0, None)\n    c_cache[a] = a\n    return c_cache.get(a)\n",
        id="evicts",
    ),
    pytest.param(
        "c_cache = {}\ndef f(a):\n    c_cache['x'] = a\n    return c_cache.get('x')\n", id="constant key"
    ),
    pytest.param(
        "sessions = {}\ndef f(request):\n    return sessions.setdefault(request.id, 1)\n", id="sessions"
    ),
    pytest.param("def f(a):\n    c_cache = {}\n    c_cache[a] = a\n    return c_cache.get(a)\n", id="local"),
    pytest.param(
        "c_cache = TTLCache(9, 9)\ndef f(a):\n    c_cache[a] = a\n    return c_cache.get(a)\n",
        id="other kind",
    ),
]


@pytest.mark.parametrize("code", SILENT)
def test_not_a_finding(mend: Mend, code: str) -> None:
    code = "from functools import cache, lru_cache\n" + code
    done = mend(ID, code)
    assert (done.text, done.refused) == (code, ())
