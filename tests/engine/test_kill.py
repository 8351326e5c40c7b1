"""`kill -9` at every step of writing a patch: files are as before or as previewed; the next start knows."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from harden.journal import Journal
from harden.session import Session
from tests.given import patch_of, tree

pytestmark = pytest.mark.skipif(os.name == "nt", reason="needs fork and SIGKILL")

BEFORE = {f"{name}.py": f"{name} = 1\n\n\n\n\n\n\nend = 1\n".encode() for name in "abc"}
AFTER = {path: data.replace(b" = 1\n\n", b" = 2\n\n") for path, data in BEFORE.items()} | {
    "new.py": b"new = 1\n"
}
MINE = b"end = 'mine'\n"

DRIVER = '''
"""For n = 1, 2, ...: fork, run the deed in a fresh copy, and kill the child at its nth system call."""
import json, os, shutil, signal, sys
from pathlib import Path

import filelock  # once, for all children

from harden.journal import Journal
from tests.given import patch_of

template, into, deed, after = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3], json.loads(sys.argv[4])


def kill_at(step):
    """Die before or after the nth call of any function that changes the disk for good."""
    count = 0

    def step_on():
        nonlocal count
        count += 1
        if count == step:
            os.kill(os.getpid(), signal.SIGKILL)

    def wrapped(real):
        def call(*arguments, **options):
            step_on()
            result = real(*arguments, **options)
            step_on()
            return result
        return call

    os.fsync = lambda handle: None  # a step, but one that takes its time on a real disk
    for name in ("replace", "fsync", "unlink", "mkdir", "rmdir"):
        setattr(os, name, wrapped(getattr(os, name)))


step, done = 0, False
while not done:
    step += 1
    root = into / f"{step:03d}"
    shutil.copytree(template, root)
    child = os.fork()
    if not child:
        journal = Journal(root)
        patch = patch_of(root, after) if deed == "apply" else None
        kill_at(step)
        journal.apply(patch) if deed == "apply" else getattr(journal, deed)()
        os._exit(0)
    done = os.waitpid(child, 0)[1] == 0
'''


def killed_at_every_step(tmp_path: Path, deed: str, *before: str) -> list[Path]:
    """Return a folder for each step at which the deed was killed, the completed one last."""
    template = tmp_path / "template"
    (template / ".git").mkdir(parents=True)
    for path, data in BEFORE.items():
        (template / path).write_bytes(data)
    journal = Journal(template)
    for earlier in before:
        if earlier == "apply":
            journal.apply(patch_of(template, AFTER))
        elif earlier == "edit":
            (template / "b.py").write_bytes((template / "b.py").read_bytes().replace(b"end = 1\n", MINE))
        else:
            getattr(journal, earlier)()
    into = tmp_path / "killed"
    into.mkdir()
    after = json.dumps({path: data.decode() for path, data in AFTER.items()})
    subprocess.run([sys.executable, "-c", DRIVER, str(template), str(into), deed, after], check=True)
    return sorted(into.iterdir())


@pytest.fixture
def quick_disk(tmp_path: Path) -> Iterator[Path]:
    """Give a folder in memory where the system has one: thousands of files are written."""
    memory = Path("/dev/shm")
    if not os.access(memory, os.W_OK):
        yield tmp_path
        return
    with tempfile.TemporaryDirectory(dir=memory) as folder:
        yield Path(folder)


@pytest.mark.parametrize(
    ("deed", "earlier"),
    [
        ("apply", []),
        ("undo", ["apply", "edit"]),
        ("redo", ["apply", "edit", "undo"]),
    ],
    ids=["apply", "undo around edits", "redo around edits"],
)
def test_killed(quick_disk: Path, monkeypatch: pytest.MonkeyPatch, deed: str, earlier: list[str]) -> None:
    monkeypatch.setattr(os, "fsync", lambda handle: None)
    *killed, completed = killed_at_every_step(quick_disk, deed, *earlier)
    start, end = tree(quick_disk / "template"), tree(completed)
    assert start != end
    assert len(killed) > 20
    told = 0
    for root in killed:
        found = {path: data for path, data in tree(root).items() if not path.startswith(".harden-")}
        for path in {*start, *end}:
            assert found.get(path) in (start.get(path), end.get(path)), (root, path)
        session = Session(root)
        is_mixed = found not in (start, end)
        assert session.recovered or not is_mixed, root
        told += bool(session.recovered)
        assert tree(root) in (start, end), root
        assert Session(root).recovered == []
        check_goes_on(root, deed, start, end)
    assert told > 5


def check_goes_on(root: Path, deed: str, start: dict[str, bytes], end: dict[str, bytes]) -> None:
    """Show that the journal agrees with the files: what was killed can be done again, or taken back."""
    journal = Journal(root)
    if tree(root) == end:
        journal.undo() if deed in ("apply", "redo") else journal.redo()
        assert tree(root) == start, root
    elif deed == "apply":
        journal.apply(patch_of(root, AFTER))
        assert tree(root) == end, root
    else:
        getattr(journal, deed)()
        assert tree(root) == end, root
