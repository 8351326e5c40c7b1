"""A run that is stopped in the middle says what it leaves, and leaves nothing half done."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from harden import cli, fix_command
from harden.errors import ApplyError
from harden.journal import Entry, Journal
from harden.patches import Patch
from harden.session import Session
from tests.given import Content, patch_of, repository, tree

if TYPE_CHECKING:
    from tests.cli.conftest import Run

CODE = """import random
import requests


def token(users):
    return random.choice(users)


def charge(order, log=[]):
    log.append(order)
    return requests.get(order)
"""
FILES: dict[str, Content] = {"a.py": CODE, "b.py": CODE}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return repository(tmp_path / "repo", FILES)


@pytest.mark.parametrize(
    ("stop", "code", "told"),
    [
        (ApplyError("The disk is full."), 2, "The disk is full."),
        (KeyboardInterrupt(), 130, "stopped."),
    ],
    ids=["error", "ctrl+c"],
)
@pytest.mark.parametrize(
    ("at", "left"),
    [
        (1, ""),
        (2, " 1 patch was written before that; `harden undo` takes it back."),
        (3, " 2 patches were written before that; `harden undo` takes them back one by one."),
    ],
)
def test_what_is_written_by_then_is_told(
    root: Path,
    run: Run,
    monkeypatch: pytest.MonkeyPatch,
    stop: BaseException,
    code: int,
    told: str,
    at: int,
    left: str,
) -> None:
    before, real, calls = tree(root), Journal.apply, 0

    def stopped(journal: Journal, patch: Patch) -> Entry:
        nonlocal calls
        calls += 1
        if calls == at:
            raise type(stop)(*stop.args)
        return real(journal, patch)

    with monkeypatch.context() as stopping:
        stopping.setattr(Journal, "apply", stopped)
        ran = run(root, "fix", "--apply")
    assert (ran.code, ran.err) == (code, f"harden: {told}{left}\n")
    while run(root, "undo").code == 0:
        pass
    assert tree(root) == before


def test_a_reader_that_leaves_in_between_is_told_what_is_written(
    root: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, shown = fix_command._write_exactly, 0

    def left(text: str) -> None:
        nonlocal shown
        shown += 1
        if shown == 3:
            raise BrokenPipeError
        real(text)

    monkeypatch.setattr(fix_command, "_write_exactly", left)
    monkeypatch.setattr(cli, "_drop_output", lambda: None)
    ran = run(root, "fix", "--apply")
    told = "harden: 2 patches were written before that; `harden undo` takes them back one by one.\n"
    assert (ran.code, ran.err) == (141, told)


def at_step(monkeypatch: pytest.MonkeyPatch, step: int, deed: Callable[[], None]) -> None:
    """Do something before or after the nth call of any function that changes the disk for good."""
    count = 0

    def step_on() -> None:
        nonlocal count
        count += 1
        if count == step:
            deed()

    def wrapped(real: Callable[..., object]) -> Callable[..., object]:
        def call(*arguments: object, **options: object) -> object:
            step_on()
            result = real(*arguments, **options)
            step_on()
            return result

        return call

    monkeypatch.setattr(os, "fsync", lambda handle: None)
    for name in ("replace", "fsync", "unlink", "mkdir", "rmdir"):
        monkeypatch.setattr(os, name, wrapped(getattr(os, name)))


def _ctrl_c() -> None:
    raise KeyboardInterrupt


@pytest.mark.parametrize("deed", ["apply", "undo", "redo"])
def test_ctrl_c_at_every_step(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, deed: str) -> None:
    monkeypatch.setattr(os, "fsync", lambda handle: None)
    step, seen = 0, 0
    while True:
        step += 1
        root = tmp_path / f"{step:03d}"
        (root / ".git").mkdir(parents=True)
        for name in ("a.py", "b.py"):
            (root / name).write_text("x = 1\n")
        session, start = Session(root), tree(root)
        patch = patch_of(root, {"a.py": "x = 2\n", "b.py": "x = 2\n", "c.py": "x = 2\n"})
        if deed != "apply":
            session.journal.apply(patch)
        if deed == "redo":
            session.journal.undo()
        before = tree(root)
        with monkeypatch.context() as stopping:
            at_step(stopping, step, _ctrl_c)
            try:
                session.journal.apply(patch) if deed == "apply" else getattr(session.journal, deed)()
                break
            except (KeyboardInterrupt, ApplyError):
                seen += 1
        later = Session(root)
        assert tree(root) in (start, {**start, **{f"{name}.py": b"x = 2\n" for name in "abc"}}), step
        if tree(root) == before and deed == "apply":
            later.journal.apply(patch)
        elif tree(root) == before:
            getattr(later.journal, deed)()
        assert tree(root) != before, step
        assert later.journal.recover() == []
    assert seen > 20


def test_a_save_at_any_moment_of_a_write_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever saves a file while a patch is being written keeps what they saved."""
    mine, step, refused, lost = "mine = 1\n", 0, 0, 0
    while True:
        step += 1
        root = tmp_path / f"{step:03d}"
        (root / ".git").mkdir(parents=True)
        for name in ("a.py", "b.py"):
            (root / name).write_text("x = 1\n")
        patch, saved = patch_of(root, {"a.py": "x = 2\n", "b.py": "x = 2\n"}), False

        def save(root: Path = root) -> None:
            nonlocal saved
            saved = True
            (root / "b.py").write_text(mine)

        journal = Journal(root)
        told = ""
        with monkeypatch.context() as saving:
            at_step(saving, step, save)
            try:
                journal.apply(patch)
            except ApplyError as error:
                told = str(error)
        if told:
            refused += 1
            assert told.startswith(("b.py was edited meanwhile; ", "b.py has changed since "))
            assert tree(root) == {"a.py": b"x = 1\n", "b.py": mine.encode()}
        if not saved:
            break
        lost += (root / "b.py").read_text() != mine
    assert refused > 5
    assert lost <= 1  # no system can tell of a save between the last look and the replacement itself
