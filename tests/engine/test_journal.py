"""The undo journal: all files of a patch or none, every byte, and the way back."""

from __future__ import annotations

import errno
import json
import os
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from harden.errors import ApplyError
from harden.journal import Journal
from harden.places import state_folder
from tests.given import Content, patch_of, tree, write

ODD: dict[str, tuple[bytes, bytes]] = {
    "windows.py": (b"a = 1\r\nb = 2\r\n", b"a = 1\r\nb = 3\r\n"),
    "mac.py": (b"a = 1\rb = 2\r", b"a = 1\rb = 3\r"),
    "bom.py": (b"\xef\xbb\xbfa = 1\n", b"\xef\xbb\xbfa = 2\n"),
    "latin.py": (b"# coding: latin-1\na = '\xe9'\n", b"# coding: latin-1\na = '\xe8'\n"),
    "no_end.py": (b"a = 1", b"a = 2"),
    "name with space ä.py": (b"a = 1\n", b"a = 2\n"),
    "-dash.py": (b"a = 1\n", b"a = 2\n"),
}
BEFORE = "a = 1\n\n\n\n\n\n\nb = 1\n"
AFTER = "a = 2\n\n\n\n\n\n\nb = 1\n"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return write(
        tmp_path / "repo", {"a.py": BEFORE, "b.py": "b = 1\n", ".git/HEAD": "ref: refs/heads/main\n"}
    )


def test_every_byte_and_the_mode_are_kept(root: Path) -> None:
    write(root, {name: before for name, (before, _) in ODD.items()})
    (root / "windows.py").chmod(0o755)
    (root / "bom.py").chmod(0o600)
    start, journal = tree(root), Journal(root)
    journal.apply(patch_of(root, {name: after for name, (_, after) in ODD.items()}))
    assert tree(root) == start | {name: after for name, (_, after) in ODD.items()}
    assert stat.S_IMODE((root / "windows.py").stat().st_mode) == 0o755
    journal.undo()
    assert tree(root) == start
    assert stat.S_IMODE((root / "windows.py").stat().st_mode) == 0o755
    assert stat.S_IMODE((root / "bom.py").stat().st_mode) == 0o600


def test_a_new_file_gets_the_mode_of_the_user_and_goes_with_undo(root: Path) -> None:
    journal = Journal(root)
    journal.apply(patch_of(root, {".env.example": "A=\n", "deep/new.py": ""}))
    mask = os.umask(0)
    os.umask(mask)
    assert stat.S_IMODE((root / ".env.example").stat().st_mode) == 0o666 & ~mask
    assert (root / "deep/new.py").read_bytes() == b""
    journal.undo()
    assert not (root / ".env.example").exists()
    assert not (root / "deep/new.py").exists()
    journal.redo()
    assert (root / ".env.example").read_bytes() == b"A=\n"


def test_undo_and_redo_over_restarts(root: Path) -> None:
    Journal(root).apply(patch_of(root, {"a.py": AFTER}))
    Journal(root).apply(patch_of(root, {"b.py": "b = 2\n", "a.py": AFTER + "c = 1\n"}))
    assert Journal(root).undo().paths == ("b.py", "a.py")
    assert Journal(root).undo().paths == ("a.py",)
    with pytest.raises(ApplyError, match="nothing to undo"):
        Journal(root).undo()
    assert (root / "a.py").read_text() == BEFORE
    Journal(root).redo()
    assert (root / "a.py").read_text() == AFTER
    Journal(root).redo()
    assert (root / "b.py").read_text() == "b = 2\n"
    with pytest.raises(ApplyError, match="nothing to redo"):
        Journal(root).redo()


def test_what_was_mended_where_is_known_after_a_restart(root: Path) -> None:
    patch = patch_of(root, {"a.py": AFTER, "b.py": "b = 2\n"})
    Journal(root).apply(patch)
    (entry,) = Journal(root).entries()
    assert entry.targets == patch.targets
    record = Journal(root).folder / f"{entry.number:06d}" / "entry.json"
    raw = json.loads(record.read_text())
    del raw["targets"]  # written by an earlier harden
    record.write_text(json.dumps(raw))
    (entry,) = Journal(root).entries()
    assert (entry.targets, entry.paths) == ((), ("a.py", "b.py"))
    Journal(root).undo()


def test_a_new_patch_ends_what_could_be_redone(root: Path) -> None:
    journal = Journal(root)
    journal.apply(patch_of(root, {"a.py": AFTER}))
    journal.undo()
    journal.apply(patch_of(root, {"b.py": "b = 3\n"}))
    assert journal.redoable() is None
    assert [entry.state for entry in journal.entries()] == ["applied"]


def test_a_patch_that_fails_leaves_what_could_be_redone(root: Path) -> None:
    journal = Journal(root)
    journal.apply(patch_of(root, {"a.py": AFTER}))
    journal.undo()
    patch = patch_of(root, {"b.py": "b = 3\n"})
    (root / "b.py").write_text("b = 4\n")
    with pytest.raises(ApplyError, match="changed since the preview"):
        journal.apply(patch)
    assert journal.redoable() is not None


def test_a_file_changed_since_the_preview_is_left_alone(root: Path) -> None:
    patch = patch_of(root, {"b.py": "b = 2\n", "a.py": AFTER})
    (root / "a.py").write_text("mine = 1\n")
    start = tree(root)
    with pytest.raises(ApplyError, match=r"a\.py has changed since the preview"):
        Journal(root).apply(patch)
    assert tree(root) == start
    assert Journal(root).entries() == []


def test_the_same_patch_twice_is_refused(root: Path) -> None:
    patch = patch_of(root, {"a.py": AFTER})
    Journal(root).apply(patch)
    with pytest.raises(ApplyError, match="holds this fix already"):
        Journal(root).apply(patch)
    assert len(Journal(root).entries()) == 1


def test_a_new_file_that_came_in_between_is_left_alone(root: Path) -> None:
    patch = patch_of(root, {"new.py": "a = 1\n"})
    (root / "new.py").write_text("mine = 1\n")
    with pytest.raises(ApplyError, match="changed since"):
        Journal(root).apply(patch)
    assert (root / "new.py").read_text() == "mine = 1\n"


def test_edits_elsewhere_in_the_file_stay_through_undo_and_redo(root: Path) -> None:
    journal = Journal(root)
    journal.apply(patch_of(root, {"a.py": AFTER}))
    (root / "a.py").write_text(AFTER.replace("b = 1", "b = 'mine'"))
    journal.undo()
    assert (root / "a.py").read_text() == BEFORE.replace("b = 1", "b = 'mine'")
    journal.redo()
    assert (root / "a.py").read_text() == AFTER.replace("b = 1", "b = 'mine'")


@pytest.mark.parametrize(
    "mine",
    [AFTER.replace("a = 2", "a = 3"), "", None],
    ids=["same line", "emptied", "deleted"],
)
def test_undo_refuses_where_the_fix_was_edited(root: Path, mine: str | None) -> None:
    journal = Journal(root)
    journal.apply(patch_of(root, {"b.py": "b = 2\n", "a.py": AFTER}))
    if mine is None:
        (root / "a.py").unlink()
    else:
        (root / "a.py").write_text(mine)
    start = tree(root)
    with pytest.raises(ApplyError, match=r"a\.py was (edited|deleted).*by hand or with git"):
        journal.undo()
    assert tree(root) == start
    assert journal.undoable() is not None


def test_undo_of_what_was_undone_by_hand_changes_nothing(root: Path) -> None:
    journal = Journal(root)
    journal.apply(patch_of(root, {"a.py": AFTER}))
    (root / "a.py").write_text(BEFORE)
    journal.undo()
    assert (root / "a.py").read_text() == BEFORE


def test_a_new_file_edited_since_is_not_deleted(root: Path) -> None:
    journal = Journal(root)
    journal.apply(patch_of(root, {"new.py": "a = 1\n"}))
    (root / "new.py").write_text("a = 1\nmine = 1\n")
    with pytest.raises(ApplyError, match="edited"):
        journal.undo()
    assert (root / "new.py").exists()


def test_links_are_written_through(root: Path) -> None:
    (root / "link.py").symlink_to("a.py")
    journal = Journal(root)
    journal.apply(patch_of(root, {"link.py": AFTER}))
    assert (root / "link.py").is_symlink()
    assert (root / "a.py").read_text() == AFTER
    journal.undo()
    assert (root / "link.py").is_symlink()
    assert (root / "a.py").read_text() == BEFORE


@pytest.mark.parametrize("path", ["../outside.py", "link.py", "linked/outside.py"])
def test_nothing_outside_the_repository_is_written(root: Path, path: str) -> None:
    write(root.parent, {"outside.py": "a = 1\n"})
    (root / "link.py").symlink_to(root.parent / "outside.py")
    (root / "linked").symlink_to(root.parent)
    with pytest.raises(ApplyError, match="leads outside"):
        Journal(root).apply(patch_of(root, {path: "a = 2\n"}))
    assert (root.parent / "outside.py").read_text() == "a = 1\n"


def test_the_journal_is_private(root: Path) -> None:
    journal = Journal(root)
    journal.apply(patch_of(root, {"a.py": AFTER}))
    assert stat.S_IMODE(journal.folder.stat().st_mode) == 0o700


def test_old_committed_entries_are_forgotten(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("harden.journal._KEPT_COMMITTED", 2)
    journal = Journal(root)
    for number in range(2, 7):
        journal.apply(patch_of(root, {"b.py": f"b = {number}\n"}))
    journal.mark_committed({entry.number: "abc" for entry in journal.entries()[:-1]})
    assert [entry.state for entry in journal.entries()] == ["committed", "committed", "applied"]
    assert journal.undo().number == 5


# What fails in the middle

CHANGES: dict[str, Content] = {
    "a.py": AFTER,
    "b.py": "b = 2\n",
    "new.py": "new = 1\n",
    "deep/new.py": "x = 1\n",
}
Fail = Callable[[str, int, OSError], None]


@pytest.fixture
def fail(monkeypatch: pytest.MonkeyPatch) -> Fail:
    """Return a function that makes the nth call of `os.<name>` raise."""

    def on(name: str, nth: int, error: OSError) -> None:
        real, calls = getattr(os, name), 0

        def failing(*arguments: object, **options: object) -> object:
            nonlocal calls
            calls += 1
            if calls == nth:
                raise error
            return real(*arguments, **options)

        monkeypatch.setattr(os, name, failing)

    return on


FULL = OSError(errno.ENOSPC, "No space left on device")
READ_ONLY = OSError(errno.EROFS, "Read-only file system")


@pytest.mark.parametrize("error", [FULL, READ_ONLY], ids=["full", "read-only"])
@pytest.mark.parametrize(
    ("name", "nth"), [("replace", n) for n in range(1, 7)] + [("fsync", n) for n in range(1, 20)]
)
def test_a_write_that_fails_changes_nothing(
    root: Path, fail: Fail, name: str, nth: int, error: OSError
) -> None:
    start, patch = tree(root), patch_of(root, CHANGES)
    fail(name, nth, error)
    told = ""
    try:
        Journal(root).apply(patch)
    except ApplyError as raised:
        told = str(raised)
    states = [entry.state for entry in Journal(root).entries()]
    if told:
        assert "nothing was changed" in told
        assert str(error.strerror) in told
        assert (tree(root), states) == (start, [])
    else:  # only the name of a file was not made durable, or there was no such call
        assert (len(tree(root)), states) == (4, ["applied"])
    assert Journal(root).recover() == []


@pytest.mark.parametrize(
    ("name", "nth"), [("replace", n) for n in range(1, 5)] + [("fsync", n) for n in range(1, 14)]
)
def test_an_undo_that_fails_changes_nothing(root: Path, fail: Fail, name: str, nth: int) -> None:
    Journal(root).apply(patch_of(root, CHANGES))
    applied = tree(root)
    fail(name, nth, FULL)
    try:
        Journal(root).undo()
    except ApplyError:
        assert tree(root) == applied
    after = Journal(root)
    assert after.recover() == []
    assert [entry.state for entry in after.entries()] == ["applied" if tree(root) == applied else "undone"]


def test_a_disk_that_stays_full_is_told_and_mended_at_the_next_start(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    start, patch = tree(root), patch_of(root, CHANGES)
    real, calls = os.replace, 0

    def failing(source: str, target: str) -> None:
        nonlocal calls
        calls += 1
        if calls > 3:
            raise FULL
        real(source, target)

    with monkeypatch.context() as broken:
        broken.setattr(os, "replace", failing)
        with pytest.raises(ApplyError, match="next start"):
            Journal(root).apply(patch)
    assert tree(root) != start
    (line,) = Journal(root).recover()
    assert line == "Applying 'HTTP call without timeout' was interrupted; its files are as they were before."
    assert tree(root) == start


def test_ctrl_c_in_the_middle_changes_nothing(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    start, patch, real = tree(root), patch_of(root, CHANGES), os.replace

    def interrupted(source: str, target: str | Path) -> None:
        real(source, target)
        if str(target).endswith("b.py"):
            monkeypatch.setattr(os, "replace", real)
            raise KeyboardInterrupt

    monkeypatch.setattr(os, "replace", interrupted)
    with pytest.raises(KeyboardInterrupt):
        Journal(root).apply(patch)
    assert tree(root) == start
    assert Journal(root).entries() == []


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_may_not_be_written(root: Path) -> None:
    patch = patch_of(root, CHANGES)
    root.chmod(0o555)
    try:
        with pytest.raises(ApplyError, match="nothing was changed"):
            Journal(root).apply(patch)
    finally:
        root.chmod(0o755)


def test_a_second_harden_at_work_is_told(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = state_folder(root) / "journal"
    folder.mkdir(parents=True)
    hold = (
        "import sys; from filelock import FileLock\n"
        f"with FileLock({str(folder / 'lock')!r}):\n    print('held', flush=True); sys.stdin.read()\n"
    )
    monkeypatch.setattr("harden.entries.LOCK_SECONDS", 0.05)
    with subprocess.Popen(
        [sys.executable, "-c", hold], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "held\n"
        with pytest.raises(ApplyError, match="Another harden is writing"):
            Journal(root).apply(patch_of(root, {"a.py": AFTER}))
        other.communicate("")
    Journal(root).apply(patch_of(root, {"a.py": AFTER}))


def test_files_edited_after_a_crash_are_left_as_found(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    journal, real = Journal(root), os.replace
    patch = patch_of(root, {"a.py": AFTER, "b.py": "b = 2\n"})

    def dying(source: str, target: str | Path) -> None:
        if str(target).endswith("b.py"):
            raise SystemExit
        real(source, target)

    with monkeypatch.context() as broken:
        broken.setattr(os, "replace", dying)
        broken.setattr(journal, "_take_back", lambda *_: None)
        with pytest.raises(SystemExit):
            journal.apply(patch)
    (root / "a.py").write_text("mine = 1\n")
    (line,) = Journal(root).recover()
    assert line.endswith("left as found, because edited since: a.py.")
    assert tree(root)["a.py"] == b"mine = 1\n"
    assert tree(root)["b.py"] == b"b = 1\n"
