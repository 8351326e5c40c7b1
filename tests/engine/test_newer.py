"""Syntax that is newer than the running Python is called so, and nothing else is."""

from __future__ import annotations

import pytest

from harden.newer import needed_version

NEWER = {
    "type X = int\n": 12,
    "type X[T: (int, str), *Ts, **P] = dict[T, int]\n": 12,
    "type = 3\ntype X = type\n": 12,
    "def first[T](x: list[T]) -> T: ...\n": 12,
    "async def first[\n    T: str,  # the type\n](x): ...\n": 12,
    "class Box[T]: ...\n": 12,
    "class Box[T = int](Base): ...\n": 13,
    "f'{', '.join(f'{x}')}'\n": 12,
    'x = f"{d["a"]}" \'b\'\n': 12,
    "x = f'{\"\\n\".join(a)}'\n": 12,
    "x = f'{f'{f'{1 + 1}'}'}'\n": 12,
    "f'{x # why\n}'\n": 12,
    "f'''{\na['b']!r:>{w}}'''\ntype Y = 1\n": 12,
    "f'{x!r}{y=}{z=!s:>5}{a!=b}{ {1: 2}[1] }{{}}{d['x']:%H:%M}'\n": 12,
    "f'\\N{EM DASH}{d['a']}\\{d['a']}'\n": 12,
    "x = b'a' + b'\\x00'\ntype X = int\n": 12,
    "try: ...\nexcept ValueError, TypeError:\n    ...\n": 14,
    "try: ...\nexcept* a.B, C:\n    ...\n": 14,
    "x = t'{a}'\n": 14,
    "x = rt'{a!r:>{w}}\\d'\n": 14,
}
BROKEN = [
    "x = (\n",
    "f'{x'\n",
    "f'{x\n",
    "f'{a b}'\n",
    "f'{}'\n",
    "f'}'\n",
    "f'{x!z}'\n",
    "f'{x:{'\n",
    "f'{*a, *b}' 1\n",
    "'abc\n",
    "'''abc\n",
    "type X\n",
    "type X = (\n",
    "type X = 1 2\n",
    "type X = int\nprint 1\n",
    "type X = int\nx = '\\xz'\n",
    "type X = int\nx = b'é'\n",
    "def f[](x): ...\n",
    "def f[T(x): ...\n",
    "class A[T: ]: ...\n",
    "try: ...\nexcept Error, e:\n    print(e)\n",
    "try: ...\nexcept A, B as e: ...\n",
    "exec 'x'\n",
    "t = 't' 1\n",
    "x = t'{a'\n",
    "x = 'a' t 'b'\n",
    "(" * 10_000,
]


@pytest.mark.parametrize(("code", "minor"), NEWER.items())
def test_newer(code: str, minor: int) -> None:
    assert needed_version(code, (3, 11)) == (3, minor)
    assert needed_version(code, (3, minor)) is None


HOSTILE = [
    "f'{" * 150 + "x" + "}'" * 150 + " 1\n",
    "except " + "A," * 300_000 + "\n",
    "def f[T](): ...\n" * 2_000 + "1 2\n",
    "f'" + "{x}" * 2_000 + "' 1\n",
    "f'{x:" + "{y:" * 300 + "}" * 300 + "}' 1\n",
]


@pytest.mark.parametrize("code", HOSTILE, ids=range(len(HOSTILE)))
def test_what_is_made_to_hang_does_not(code: str) -> None:
    assert needed_version(code, (3, 11)) is None


@pytest.mark.parametrize("code", BROKEN)
def test_broken_on_every_python(code: str) -> None:
    assert needed_version(code, (3, 11)) is None
