"""Line differences and three-way merges: exact, and quick on long files."""

from __future__ import annotations

import random
import subprocess
import time
from pathlib import Path

import pytest

from harden.differences import changed_blocks, merge


def lines(text: str) -> list[str]:
    return [f"{character}\n" for character in text]


@pytest.mark.parametrize(
    ("old", "new", "blocks"),
    [
        ("", "", []),
        ("abc", "abc", []),
        ("", "ab", [(0, 0, 0, 2)]),
        ("ab", "", [(0, 2, 0, 0)]),
        ("abc", "axc", [(1, 2, 1, 2)]),
        ("abc", "abxc", [(2, 2, 2, 3)]),
        ("abcdef", "xbcdey", [(0, 1, 0, 1), (5, 6, 5, 6)]),
        ("aaaa", "aaa", [(3, 4, 3, 3)]),
        ("abab", "ba", [(0, 1, 0, 0), (3, 4, 2, 2)]),
    ],
)
def test_changed_blocks(old: str, new: str, blocks: list[tuple[int, int, int, int]]) -> None:
    assert changed_blocks(lines(old), lines(new)) == blocks


def test_blocks_make_the_new_text_from_the_old() -> None:
    draw = random.Random(7)  # noqa: S311
    for _ in range(300):
        old = [draw.choice("abcdefgh") for _ in range(draw.randrange(30))]
        new = (
            [draw.choice("abcdefgh") for _ in range(draw.randrange(30))] if draw.random() < 0.3 else list(old)
        )
        for _ in range(draw.randrange(4)):
            at = draw.randrange(len(new) + 1)
            new[at : at + draw.randrange(3)] = draw.choices("xyz", k=draw.randrange(3))
        made, moved = list(old), 0
        previous_end = -1
        for a, b, c, d in changed_blocks(old, new):
            assert a > previous_end
            assert c == a + moved
            made[c : c + b - a] = new[c:d]
            moved, previous_end = moved + (d - c) - (b - a), b
        assert made == new


def test_long_files_are_compared_quickly() -> None:
    old = [f"line {number % 50}\n" if number % 3 else f"unique {number}\n" for number in range(30_000)]
    new = ["import x\n", *old[:-3], "changed\n", *old[-2:]]
    start = time.perf_counter()
    assert changed_blocks(old, new) == [(0, 0, 0, 1), (29_997, 29_998, 29_998, 29_999)]
    assert time.perf_counter() - start < 2


BASE = b"1\n2\n3\n4\n5\n6\n"


@pytest.mark.parametrize(
    ("ours", "theirs", "merged"),
    [
        (BASE, b"x\n", b"x\n"),
        (b"x\n", BASE, b"x\n"),
        (b"x\n", b"x\n", b"x\n"),
        (b"0\n1\n2\n3\n4\n5\n6\n", b"1\n2\n3\n4\n5\n6\n7\n", b"0\n1\n2\n3\n4\n5\n6\n7\n"),
        (b"one\n2\n3\n4\n5\n6\n", b"1\n2\nthree\n4\n5\n6\n", b"one\n2\nthree\n4\n5\n6\n"),
        (b"one\n2\n3\n4\n5\nsix\n", b"one\n2\n3\nfour\n5\n6\n", b"one\n2\n3\nfour\n5\nsix\n"),
        (b"1\n2\n3\n4\n5\n6", b"one\n2\n3\n4\n5\n6\n", b"one\n2\n3\n4\n5\n6"),
        (b"2\n3\n4\n5\n6\n", b"1\n2\n3\n4\n5\n", b"2\n3\n4\n5\n"),
        (b"one\n2\n3\n4\n5\n6\n", b"uno\n2\n3\n4\n5\n6\n", None),
        (b"one\n2\n3\n4\n5\n6\n", b"1\ntwo\n3\n4\n5\n6\n", None),
        (b"1\nx\n2\n3\n4\n5\n6\n", b"1\ny\n2\n3\n4\n5\n6\n", None),
        (b"", b"1\n2\n3\n4\n5\n7\n", None),
    ],
)
def test_merge(ours: bytes, theirs: bytes, merged: bytes | None) -> None:
    assert merge(ours, BASE, theirs) == merged


def test_what_merges_merges_as_in_git(tmp_path: Path) -> None:
    draw = random.Random(3)  # noqa: S311
    agreed = 0
    for _ in range(25):
        base = [f"{number}\r\n".encode() for number in range(30)]
        sides = []
        for _ in range(2):
            side = list(base)
            at = draw.randrange(30)
            side[at : at + draw.randrange(3)] = [
                draw.choice([b"x\n", b"y\r\n"]) for _ in range(draw.randrange(3))
            ]
            sides.append(b"".join(side))
        merged = merge(sides[0], b"".join(base), sides[1])
        if merged is None:
            continue
        files = [tmp_path / name for name in ("ours", "base", "theirs")]
        for file, data in zip(files, (sides[0], b"".join(base), sides[1]), strict=True):
            file.write_bytes(data)
        done = subprocess.run(
            ["git", "merge-file", "-p", "-q", *map(str, files)], capture_output=True, check=False
        )
        if done.returncode == 0:
            assert merged == done.stdout
            agreed += 1
    assert agreed > 10
