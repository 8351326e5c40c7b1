"""Keywords are added in the layout of the call."""

from __future__ import annotations

import libcst as cst
import pytest

from harden.codemods.arguments import positional, with_keyword

LAYOUTS = [
    ("f()", "f(t=1)"),
    ("f(\n)", "f(t=1)"),
    ("f(  # c\n)", "f(  # c\nt=1)"),
    ("f(a)", "f(a, t=1)"),
    ("f(a,b)", "f(a,b,t=1)"),
    ("f(a, )", "f(a, t=1, )"),
    ("f(a,)", "f(a, t=1,)"),
    ("f(a, b = 2)", "f(a, b = 2, t = 1)"),
    ("f(*a)", "f(*a, t=1)"),
    ("f(a, *b, c=1)", "f(a, *b, c=1, t=1)"),
    ("f(**k)", "f(t=1, **k)"),
    ("f(a, **k)", "f(a, t=1, **k)"),
    ("f(a, **k, **l)", "f(a, t=1, **k, **l)"),
    ("f(**k, b=2)", "f(t=1, **k, b=2)"),
    ("f(i for i in j)", "f((i for i in j), t=1)"),
    ("f((i for i in j))", "f((i for i in j), t=1)"),
    ("f(a, t=None)", "f(a, t=1)"),
    ("f(\n    a,\n    b,\n)", "f(\n    a,\n    b,\n    t=1,\n)"),
    ("f(\n    a,\n    b\n)", "f(\n    a,\n    b,\n    t=1\n)"),
    ("f(\n    a, b\n)", "f(\n    a, b, t=1\n)"),
    ("f(\n    a, b,\n)", "f(\n    a, b, t=1,\n)"),
    ("f(a,\n  b)", "f(a,\n  b,\n  t=1)"),
    ("f(a, b,\n  c)", "f(a, b,\n  c,\n  t=1)"),
    ("f(\n    a\n)", "f(\n    a,\n    t=1,\n)"),
    ("f(\n    a,\n)", "f(\n    a,\n    t=1,\n)"),
    ("f(a, {\n    1: 2,\n})", "f(a, {\n    1: 2,\n}, t=1)"),
    ("f(\n    a,  # one\n    b,  # two\n)", "f(\n    a,  # one\n    b,  # two\n    t=1,\n)"),
    ("f(\n    a,  # one\n    b  # two\n)", "f(\n    a,  # one\n    b,  # two\n    t=1\n)"),
    ("f(\n    a,  # one\n)", "f(\n    a,  # one\n    t=1,\n)"),
    ("f(\n    a  # one\n)", "f(\n    a,  # one\n    t=1,\n)"),
    ("f(\n    # above\n    a,\n    # below\n)", "f(\n    # above\n    a,\n    # below\n    t=1,\n)"),
    ("f(a  # one\n  )", "f(a,  # one\n  t=1\n  )"),
    ("f(\n    a,\n    **k,\n)", "f(\n    a,\n    t=1,\n    **k,\n)"),
    ("f(\n    a,  # one\n    # more\n    **k,\n)", "f(\n    a,  # one\n    t=1,\n    # more\n    **k,\n)"),
    ("f(\n    **k\n)", "f(\n    t=1,\n    **k\n)"),
    ("f(\n    'a'\n    'b'\n)", "f(\n    'a'\n    'b',\n    t=1,\n)"),
    ("f(a, \\\n  b)", "f(a, \\\n  b, \\\n  t=1)"),
    ("f(\r\n\ta,\r\n\tb,\r\n)", "f(\r\n\ta,\r\n\tb,\r\n\tt=1,\r\n)"),
    ("(f)(a)", "(f)(a, t=1)"),
    ("f(g(a), (b))", "f(g(a), (b), t=1)"),
]


@pytest.mark.parametrize(("before", "after"), LAYOUTS)
def test_a_keyword_follows_the_layout(before: str, after: str) -> None:
    call = cst.parse_expression(before)
    assert isinstance(call, cst.Call)
    file = cst.Module([], default_newline="\r\n" if "\r" in before else "\n")
    code = file.code_for_node(with_keyword(call, "t", cst.Integer("1")))
    assert code == after
    compile(code, "file.py", "eval")


@pytest.mark.parametrize("before", [before for before, _ in LAYOUTS])
def test_set_again_only_the_value_changes(before: str) -> None:
    call = cst.parse_expression(before)
    assert isinstance(call, cst.Call)
    once = with_keyword(call, "t", cst.Integer("1"))
    assert cst.Module([]).code_for_node(with_keyword(once, "t", cst.Integer("1"))) == (
        cst.Module([]).code_for_node(once)
    )


@pytest.mark.parametrize(("code", "found"), [("f(a, b)", True), ("f(a)", False), ("f(a, *b, c)", False)])
def test_positional_arguments_are_counted_up_to_a_star(code: str, found: bool) -> None:
    call = cst.parse_expression(code)
    assert isinstance(call, cst.Call)
    assert (positional(call, 1) is not None) == found
