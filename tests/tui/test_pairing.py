"""Within a changed block the words are marked that changed, and lines stand beside what became of them."""

from __future__ import annotations

import pytest

from harden.tui.pairing import beside, compared


def marked(removed: list[str], added: list[str]) -> tuple[list[str], list[str]]:
    """Return what is marked on both sides, in the order of the lines."""
    result = compared(tuple(removed), tuple(added))
    return (
        [line[a:b] for line, marks in zip(removed, result.removed, strict=True) for a, b in marks],
        [line[a:b] for line, marks in zip(added, result.added, strict=True) for a, b in marks],
    )


@pytest.mark.parametrize(
    ("removed", "added", "expected"),
    [
        (["get(url)"], ["get(url, timeout=10)"], ([], [", timeout=10"])),
        (["total = count + 1"], ["total = counter + 1"], (["count"], ["counter"])),
        (
            ["    r = get(url, json=payload)"],
            ["    r = get(", "        url, json=payload, timeout=10", "    )"],
            ([], [", timeout=10"]),
        ),
        (["use(name, age)"], ["# checked", "use(name, size)", "log.info(done)"], (["age"], ["size"])),
        (["import os"], ["while waiting: retry_later(seconds)"], ([], [])),
        (["a" * 501 + " b"], ["a" * 501 + " c"], ([], [])),
    ],
    ids=["argument", "word", "folded call", "one of three", "nothing in common", "too long"],
)
def test_marks(removed: list[str], added: list[str], expected: tuple[list[str], list[str]]) -> None:
    assert marked(removed, added) == expected


def test_lines_stand_beside_what_became_of_them() -> None:
    removed = ["first(a, b)", "second(c)"]
    added = ["# why", "first(a, b, 1)", "second(c, 1)", "third()"]
    pairs = compared(tuple(removed), tuple(added)).pairs
    assert list(beside(removed, added, pairs)) == [
        (None, "# why"),
        ("first(a, b)", "first(a, b, 1)"),
        ("second(c)", "second(c, 1)"),
        (None, "third()"),
    ]


def test_a_folded_call_begins_beside_its_first_line() -> None:
    pairs = compared(("r = get(url, timeout)",), ("r = get(", "    url, timeout, 10", ")")).pairs
    assert pairs == [(0, 0)]


def test_a_huge_block_is_shown_unmarked() -> None:
    lines = tuple(f"value_{n} = {n}" for n in range(500))
    assert not any(compared(lines, lines[::-1]).removed)
