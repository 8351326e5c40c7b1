"""What an edit does not concern is not parsed, and comes back as it was."""

from __future__ import annotations

import ast

import pytest

from harden.codemods.outline import outline
from harden.errors import Refusal
from harden.module import split_lines

CODE = """\
class Peer:
    base = 1

    @cached
    def one(self):
        return 1

    # of two
    def two(self):
        return call()

    def three(self): return 3

    class Inner:
        def four(self):
            return 4

        def five(self):
            return 5

    def six(self):
        return 6
"""
LINES = len(CODE.splitlines())


def made(*kept: int, code: str = CODE) -> tuple[str, list[int]]:
    result = outline(split_lines(code), ast.parse(code), (1, len(split_lines(code))), kept)
    assert result.filled(result.text) == code
    return result.text, result.numbers


def test_only_the_methods_with_a_target_are_left() -> None:
    text, numbers = made(10)
    for gone in ("one", "three", "four", "five", "six"):
        assert gone not in text
    assert "# of two\n    def two(self):\n        return call()\n" in text
    assert [numbers[at] for at, line in enumerate(text.splitlines()) if "call()" in line] == [10]


def test_a_class_is_whole_where_it_is_the_target_itself() -> None:
    assert made(2, 10)[0] == CODE
    assert made(1)[0] == CODE


def test_a_decorator_belongs_to_its_method() -> None:
    text, _ = made(4)
    assert "def one" in text
    assert "def two" not in text


def test_a_target_in_an_inner_class() -> None:
    text, numbers = made(19)
    assert "def five" in text
    assert "def four" not in text
    assert len(text.splitlines()) == len(numbers) < LINES


@pytest.mark.parametrize("end", ["\r\n", "\n"])
@pytest.mark.parametrize("tail", ["", "\n    # after it\n"])
def test_line_ends_stay(end: str, tail: str) -> None:
    code = (CODE.removesuffix("\n") + tail).replace("\n", end)
    text, _ = made(10, code=code)
    assert "six" not in text


def test_what_lost_its_place_is_refused() -> None:
    result = outline(split_lines(CODE), ast.parse(CODE), (1, LINES), {10})
    with pytest.raises(Refusal, match="more than the finding"):
        result.filled(result.text.replace("    _harden_left_out_0_", "        _harden_left_out_0_"))
