"""Hunks, selections and diffs: what is shown is what `git apply` and harden write."""

from __future__ import annotations

import ast
import subprocess
from pathlib import Path

import pytest

from harden.errors import Refusal
from harden.findings import Risk
from harden.patches import FileEdit, Patch, Target, bytes_of
from tests.given import write

CODE = (
    "import random\n\n\ndef a():\n    return random.choice(A)\n\n\n"
    + "x = 1\n" * 9
    + "\n\ndef b():\n    return random.random()\n"
)
FIXED = (
    CODE.replace("import random", "import secrets")
    .replace("random.choice", "secrets.choice")
    .replace("random.random", "secrets.random")
)


def patch_between(
    before: str | bytes | None, after: str | bytes, *targets: tuple[int, int], path: str = "a.py"
) -> Patch:
    old = before.encode() if isinstance(before, str) else before
    new = after.encode() if isinstance(after, str) else after
    return Patch(
        "weak-random",
        "security",
        "Weak random",
        Risk.AUTO,
        (FileEdit(path, old, new),),
        tuple(f"print{number}" for number, _ in enumerate(targets)),
        tuple(Target(path, *lines) for lines in targets),
    )


def numbered(changes: dict[int, str], count: int = 40) -> str:
    return "".join(f"{changes.get(number, f'v{number} = {number}')}\n" for number in range(1, count + 1))


def test_changes_far_apart_are_hunks_of_their_own() -> None:
    patch = patch_between(
        numbered({}), numbered({5: "a = 1", 11: "b = 1", 30: "c = 1"}), (5, 5), (11, 11), (30, 30)
    )
    first, second = patch.hunks()
    assert [(row.old, row.new, row.text) for row in first.rows if row.kind == "-"] == [
        (5, 0, "v5 = 5\n"),
        (11, 0, "v11 = 11\n"),
    ]
    assert first.header == "@@ -2,13 +2,13 @@"
    assert second.header == "@@ -27,7 +27,7 @@"
    assert not first.supports
    assert [hunk.index for hunk in patch.hunks()] == [0, 1]


def test_an_import_supports_and_follows_the_others() -> None:
    patch = patch_between(CODE, FIXED, (5, 5), (20, 20))
    assert [hunk.supports for hunk in patch.hunks()] == [False, False]
    far = "import os\n" * 4 + CODE
    patch = patch_between(far, far.replace("import random", "import secrets\nimport random"), (99, 99))
    assert [hunk.supports for hunk in patch.hunks()] == [False]


def test_the_end_of_a_long_statement_is_its_own_hunk_not_a_support() -> None:
    long = "call(\n" + "    1,\n" * 20 + ")\n"
    patch = patch_between(long, long.replace("\n)", "\n    timeout=10,\n)"), (1, 22))
    assert [hunk.supports for hunk in patch.hunks()] == [False]


def test_a_selection_resolves_what_it_mends() -> None:
    patch = patch_between(numbered({}), numbered({5: "a = 1", 30: "c = 1"}), (5, 5), (30, 30))
    part = patch.select({1})
    assert part.edits[0].after.decode() == numbered({30: "c = 1"})
    assert part.resolves == ("print1",)
    assert patch.select({0, 1}) is patch
    assert patch.id != part.id


def test_a_finding_in_two_hunks_needs_both() -> None:
    patch = patch_between(numbered({}), numbered({5: "a = 1", 30: "c = 1"}), (5, 30), (30, 30))
    assert patch.select({1}).resolves == ("print1",)


def test_a_partial_selection_keeps_the_import_that_the_rest_uses() -> None:
    lines = CODE.splitlines(keepends=True)
    before = "".join([*lines[:1], *["y = 1\n"] * 9, *lines[1:]])
    after = before.replace("import random", "import secrets").replace("random.", "secrets.")
    patch = patch_between(before, after, (14, 14), (29, 29))
    assert [hunk.supports for hunk in patch.hunks()] == [True, False, False]
    part = patch.select({1}).edits[0].after.decode()
    assert part.startswith("import random\nimport secrets\n")
    assert part.count("secrets.") == 1
    assert part.count("random.") == 1


def test_nothing_chosen_is_refused() -> None:
    patch = patch_between(numbered({}), numbered({5: "a = 1"}), (5, 5))
    with pytest.raises(Refusal, match="No hunk"):
        patch.select(set())


def test_halves_that_do_not_parse_are_refused() -> None:
    before = numbered({})
    after = numbered({2: "def f():", 3: "    pass", 20: "if x:"}).replace("v21 = 21", "    v21 = 21")
    patch = patch_between(before, numbered({2: "x = (", 30: "30)"}), (2, 2), (30, 30))
    with pytest.raises(Refusal, match="need each other"):
        patch.select({0})
    ast.parse(patch_between(before, after, (2, 2), (20, 20)).select({0}).edits[0].after)


def test_other_files_come_along_only_with_their_reason() -> None:
    before, after = numbered({}), numbered({5: "a = 1", 30: "c = 1"})
    edits = (
        FileEdit("a.py", before.encode(), after.encode()),
        FileEdit("b.py", b"x = 1\n", b"import y\nx = y.z\n"),
        FileEdit(".env.example", None, b"A=\n"),
        FileEdit("new/__init__.py", None, b""),
    )
    targets = (Target("a.py", 5, 5), Target("a.py", 30, 30), Target("b.py", 1, 1))
    patch = Patch("x", "y", "z", Risk.AUTO, edits, ("1", "2", "3"), targets)
    assert patch.select({0}).paths == ("a.py", ".env.example", "new/__init__.py")
    assert patch.select({2}).paths == ("b.py", ".env.example", "new/__init__.py")
    assert patch.select({2}).resolves == ("3",)


EDITS = {
    "last line without end": (b"a = 1\nb = 2", b"a = 1\nb = 3"),
    "an end is added": (b"a = 1\nb = 2", b"a = 1\nb = 2\n"),
    "an end is removed": (b"a = 1\nb = 2\n", b"a = 1\nb = 2"),
    "windows": (b"a = 1\r\nb = 2\r\nc = 3\r\n", b"a = 1\r\nb = 4\r\nc = 3\r\n"),
    "old mac": (b"a = 1\rb = 2\rc = 3\r", b"a = 1\rb = 4\rc = 3\r"),
    "mixed": (b"a = 1\rb = 2\nc = 3\r\nd = '\x0c'\n", b"a = 1\rb = 4\nc = 3\r\nd = '\x0c'\n"),
    "latin-1": (b"# coding: latin-1\na = '\xe9'\n", b"# coding: latin-1\na = '\xe8'\n"),
    "bom": (b"\xef\xbb\xbfa = 1\n", b"\xef\xbb\xbfa = 2\n"),
    "into an empty file": (b"", b"a = 1\n"),
    "emptied": (b"a = 1\n", b""),
    "line separators": ("a = '\u2028'\nb = 1\n".encode(), "a = '\u2028'\nb = 2\n".encode()),
    "new": (None, b"a = 1\n"),
    "new and empty": (None, b""),
    "new without end": (None, b"a = 1"),
    "many hunks": (
        numbered({}, 200).encode(),
        numbered({1: "z", 50: "y\nx", 51: "", 120: "w", 200: "v"}, 200).encode(),
    ),
    "insertions only": (
        numbered({}).encode(),
        numbered({10: "v10 = 10\nnew", 30: "newer\nv30 = 30"}).encode(),
    ),
}
NAMES = [
    "a.py",
    "a b.py",
    "ä.py",
    "-a.py",
    "dir/sub dir/a.py",
    'quo"te.py',
    "tab\t.py",
    "back\\slash.py",
    "[id].py",
]


def git_applies(tmp_path: Path, patch: Patch, *options: str, diff: str | None = None) -> None:
    root = tmp_path / "copy"
    root.mkdir()
    write(root, {edit.path: edit.before for edit in patch.edits if edit.before is not None})
    (tmp_path / "patch").write_bytes(bytes_of(patch.diff() if diff is None else diff))
    command = ["git", "apply", "--whitespace=nowarn", *options, str(tmp_path / "patch")]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr + patch.diff()
    for edit in patch.edits:
        assert (root / edit.path).read_bytes() == edit.after


@pytest.mark.parametrize("edit", EDITS.values(), ids=EDITS)
def test_git_applies_the_diff_to_the_byte(tmp_path: Path, edit: tuple[bytes | None, bytes]) -> None:
    git_applies(tmp_path, patch_between(edit[0], edit[1]))


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("before", [b"a = 1\n", None], ids=["changed", "new"])
def test_git_finds_the_file_by_its_name(tmp_path: Path, name: str, before: bytes | None) -> None:
    git_applies(tmp_path, patch_between(before, b"a = 2\n", path=name))


def test_git_applies_a_diff_without_context(tmp_path: Path) -> None:
    patch = patch_between(*EDITS["many hunks"])
    git_applies(tmp_path, patch, "--unidiff-zero", diff=patch.diff(patch.hunks(0)))


@pytest.mark.parametrize("context", [0, 1, 3, 8, 20, None])
def test_context_is_display_only(context: int | None) -> None:
    changes = {5: "a = 1", 14: "b = 1\nc = 1", 30: "d = 1", 40: "e = 1"}
    patch = patch_between(numbered({}), numbered(changes), *((line, line) for line in changes))
    hunks = patch.hunks_with(context)
    assert [(h.index, h.blocks, h.supports) for h in hunks] == [
        (h.index, h.blocks, h.supports) for h in patch.hunks()
    ]
    for kinds, side in ((" -", "old"), (" +", "new")):
        numbers = [getattr(row, side) for hunk in hunks for row in hunk.rows if row.kind in kinds]
        assert numbers == sorted(set(numbers))
    if context is None:
        assert "".join(row.text for h in hunks for row in h.rows if row.kind != "+") == numbered({})
        assert "".join(row.text for h in hunks for row in h.rows if row.kind != "-") == numbered(changes)
    if context == 3:
        assert hunks == patch.hunks()


def test_context_of_neighbours_meets_in_the_middle() -> None:
    patch = patch_between(numbered({}), numbered({5: "a = 1", 14: "b = 1"}), (5, 5), (14, 14))
    first, second = patch.hunks_with(8)
    assert [row.old for row in first.rows if row.old] == list(range(1, 10))
    assert [row.old for row in second.rows if row.old] == list(range(10, 23))
