"""Draws come from `secrets`, in the same type and range."""

from __future__ import annotations

import pytest

from tests.codemods.conftest import Mend


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("random.randint(0, 9)", "secrets.randbelow(10)"),
        ("random.randint(1000, 9999) * 2", "(1000 + secrets.randbelow(9000)) * 2"),
        ("random.randint(low, 9999)", "secrets.SystemRandom().randint(low, 9999)"),
        ("random.randrange(10**6)", "secrets.randbelow(10**6)"),
        ("random.randrange(5, 10)", "secrets.SystemRandom().randrange(5, 10)"),
        ("random.getrandbits(64)", "secrets.randbits(64)"),
        ("random.random()", "secrets.SystemRandom().random()"),
        ("random.choices(chars, k=8)", "[secrets.choice(chars) for _ in range(8)]"),
        ("random.choices(chars, weights, k=8)", "secrets.SystemRandom().choices(chars, weights, k=8)"),
        ("random.choices(chars(), k=8)", "secrets.SystemRandom().choices(chars(), k=8)"),
        ("random.sample(chars, 8)", "secrets.SystemRandom().sample(chars, 8)"),
        ("f'{random.randint(0, 99):02}'", "f'{secrets.randbelow(100):02}'"),
    ],
)
def test_draw(mend: Mend, before: str, after: str) -> None:
    mended = mend("weak-random", f"import random\n\ntoken = {before}\n")
    assert mended.text == f"import secrets\n\ntoken = {after}\n"


def test_import_stays_while_it_is_used(mend: Mend) -> None:
    mended = mend("weak-random", "import random\n\ntoken = random.choice(a)\ncolour = random.choice(b)\n")
    assert "import random\n" in mended.text
    assert "colour = random.choice(b)" in mended.text


def test_names_from_the_module(mend: Mend) -> None:
    mended = mend(
        "weak-random", "from random import choice as pick\n\npassword = [pick(a) for _ in range(9)]\n"
    )
    assert mended.text == "import secrets\n\npassword = [secrets.choice(a) for _ in range(9)]\n"


@pytest.mark.parametrize(
    "code",
    [
        "import random\n\nrandom.seed(1)\ntoken = random.choice(a)\n",
        "import random\n\nrequest_id = random.getrandbits(64)\n",
        "import random\n\nstatus_code = random.choice(codes)\n",
        "import random\n\nnum_tokens = random.randint(1, 9)\n",
        "import random\n\nrng = random.Random(3)\ntoken = rng.choice(a)\n",
        "import secrets\n\ntoken = secrets.choice(a)\n",
        "import numpy as random\n\ntoken = random.choice(a)\n",
    ],
)
def test_simulation_is_left_alone(mend: Mend, code: str) -> None:
    assert mend("weak-random", code).text == code


def test_taken_name_is_refused(mend: Mend) -> None:
    code = "import random\n\nsecrets = {}\ntoken = random.choice(a)\n"
    mended = mend("weak-random", code)
    assert mended.text == code
    assert "secrets" in mended.refused[0]
