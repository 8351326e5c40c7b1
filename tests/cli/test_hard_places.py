"""Places that cannot be read or written, output that nobody takes, plug-ins that fail: one line each."""

from __future__ import annotations

import ctypes
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from harden import commands
from harden.cli import main
from tests.given import Content, git, repository, tree, write

if TYPE_CHECKING:
    from tests.cli.conftest import Run

HARDEN = [sys.executable, "-P", "-m", "harden"]
CODE = (
    "import requests\n\n\ndef charge(order, log=[]):\n    log.append(order)\n    return requests.get(order)\n"
)
FILES: dict[str, Content] = {"app/a.py": CODE, "app/b.py": CODE, "lib/c.py": "x = 1\n"}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return repository(tmp_path / "repo", FILES)


def _give_up_rights() -> None:
    """Take from root what lets it pass over permissions; the next program starts without."""
    if sys.platform == "linux" and os.geteuid() == 0:
        libc = ctypes.CDLL(None)
        for capability in range(64):
            libc.prctl(24, capability, 0, 0, 0)


def harden(
    folder: Path, *arguments: str, prepare: Callable[[], None] = _give_up_rights, **environment: str
) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [*HARDEN, *arguments],
        cwd=folder,
        env={**os.environ, **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=prepare,
    )
    assert "Traceback" not in done.stderr
    assert "this is a bug" not in done.stderr
    return done


@pytest.fixture
def closed(tmp_path: Path) -> Callable[..., None]:
    """Return a function that closes files and folders until the test ends; skip where that has no effect."""
    if os.name == "nt":
        pytest.skip("no such permissions there")
    probe = write(tmp_path, {"probe": ""}) / "probe"
    probe.chmod(0)
    tried = subprocess.run(["cat", str(probe)], capture_output=True, check=False, preexec_fn=_give_up_rights)
    if tried.returncode == 0:
        pytest.skip("permissions have no effect here")
    return lambda path, mode=0: path.chmod(mode)


@pytest.fixture(autouse=True)
def opened_again(tmp_path: Path) -> object:
    """Let pytest remove what a test closed."""
    yield
    for _ in range(3):
        for folder in [tmp_path, *(path for path in tmp_path.rglob("*") if path.is_dir())]:
            if not folder.is_symlink():
                folder.chmod(0o755)
    return None


# What may not be read


@pytest.mark.parametrize("place", ["tracked", "untracked", "outside git"])
def test_a_closed_folder_is_told_once(root: Path, closed: Callable[..., None], place: str) -> None:
    if place == "outside git":
        (root / ".git").rename(root.parent / "moved")
    folder = root / ("new" if place == "untracked" else "app")
    write(root, {"new/deep/d.py": CODE, "new/e.py": CODE} if place == "untracked" else {})
    closed(folder)
    line = f"{folder.name}/: could not check: cannot be read: Permission denied"
    scanned = harden(root, "scan")
    assert scanned.stdout.splitlines().count(line) == 1
    assert scanned.stderr == ""
    assert scanned.returncode == (1 if place == "untracked" else 2)
    assert f"# {line}" in harden(root, "fix").stdout.splitlines()
    for path in (f"{folder.name}/a.py", f"{folder.name}/x/y.py"):
        named = harden(root, "scan", path)
        assert (named.returncode, named.stderr) == (
            2,
            f"harden: {path} cannot be read: Permission denied\n",
        )


def test_closed_files_and_settings(root: Path, closed: Callable[..., None]) -> None:
    closed(root / "app/a.py")
    scanned = harden(root, "scan")
    assert "app/a.py: could not check: cannot be read: Permission denied" in scanned.stdout.splitlines()
    assert "app/b.py:6:12: " in scanned.stdout
    write(root, {".harden/decisions.toml": ""})
    closed(root / ".harden")
    assert harden(root, "scan").stderr == (
        "harden: .harden/decisions.toml cannot be read: Permission denied\n"
    )


def test_a_closed_git_folder_ends_nothing(root: Path, closed: Callable[..., None]) -> None:
    harden(root, "fix", "--apply")
    closed(root / ".git")
    scanned = harden(root, "scan", "lib")
    assert scanned.returncode == 0
    assert scanned.stderr.startswith("harden: The undo journal ")
    assert scanned.stderr.endswith(" cannot be read (Permission denied); nothing can be undone.\n")


# What may not be written


def test_a_repository_that_may_not_be_written(root: Path, closed: Callable[..., None]) -> None:
    before = tree(root)
    for folder in (root / "app", root / ".git", root):
        closed(folder, 0o555)
    assert harden(root, "scan").returncode == 1
    assert harden(root, "fix").returncode == 1
    for arguments in (["fix", "--apply"], ["undo"], ["redo"]):
        done = harden(root, *arguments)
        assert done.returncode == 2
        assert done.stderr.startswith("harden: The undo journal ")
        assert done.stderr.endswith(" cannot be written (Permission denied); nothing was changed.\n")
    assert tree(root) == before


def test_files_that_may_not_be_written_but_the_journal_may(root: Path, closed: Callable[..., None]) -> None:
    before = tree(root)
    closed(root / "app", 0o555)
    done = harden(root, "fix", "--apply")
    assert done.stderr == "harden: app/a.py cannot be written (Permission denied); nothing was changed.\n"
    assert tree(root) == before
    assert harden(root, "undo").stderr == "harden: There is nothing to undo.\n"


def test_a_ledger_that_cannot_be_written_is_told(root: Path, run: Run) -> None:
    (root / ".harden/ledger.jsonl").mkdir(parents=True)
    ran = run(root, "fix", "--apply")
    assert ran.code == 0
    assert ran.err == "harden: .harden/ledger.jsonl cannot be written: Is a directory\n"
    assert run(root, "undo").err == "harden: .harden/ledger.jsonl cannot be written: Is a directory\n"


# Paths that lead nowhere


@pytest.mark.skipif(os.name == "nt", reason="links need rights there")
def test_links_as_paths(root: Path, run: Run) -> None:
    (root / "loop.py").symlink_to("loop.py")
    (root / "out.py").symlink_to("/etc/passwd")
    (root / "self").symlink_to(".")
    assert run(root, "scan", "loop.py").err == "harden: loop.py is a link that leads in a circle\n"
    assert run(root, "scan", "app", "loop.py").err == "harden: loop.py is a link that leads in a circle\n"
    assert "scan one repository at a time" in run(root, "scan", "out.py").err
    by_link, straight = (
        re.sub(r"in [\d.]+ s;", "", run(root, "scan", path).out) for path in ("self/self/app", "app")
    )
    assert by_link == straight


@pytest.mark.skipif(os.name == "nt", reason="a folder in use cannot be removed there")
@pytest.mark.parametrize("command", ["scan", "fix", "undo"])
def test_a_folder_that_is_gone(tmp_path: Path, run: Run, command: str) -> None:
    def gone(folder: Path) -> None:
        folder.mkdir()
        os.chdir(folder)
        folder.rmdir()

    done = harden(tmp_path, command, prepare=lambda: gone(tmp_path / "gone"))
    assert done.returncode == 2
    assert done.stderr == "harden: The current folder is no longer there: change to another one.\n"


# Output that nobody takes


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no such device")
@pytest.mark.parametrize("arguments", [["scan"], ["scan", "--format", "jsonl"], ["fix", "--apply"]])
def test_output_to_a_full_disk(root: Path, arguments: list[str]) -> None:
    before = tree(root)
    with open("/dev/full", "wb") as full:
        done = subprocess.run(
            [*HARDEN, *arguments], cwd=root, stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )
    assert (done.returncode, done.stderr) == (2, "harden: No space left on device\n")
    assert tree(root) == before


@pytest.mark.skipif(os.name == "nt", reason="needs preexec_fn")
def test_closed_streams(root: Path) -> None:
    assert harden(root, "scan", prepare=lambda: os.close(1)).returncode == 1
    assert harden(root, "fix", prepare=lambda: os.close(1)).returncode == 1
    assert "findings" in harden(root, "scan", prepare=lambda: os.close(2)).stdout
    assert "findings" in harden(root, prepare=lambda: os.close(0)).stdout


# What is not as it should be, in harden or in a plug-in


def test_a_bug_is_one_line_and_the_rest_on_demand(
    root: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def broken(options: object) -> int:
        raise ValueError("of harden's own\n>>> a line of theirs")

    monkeypatch.chdir(root)
    monkeypatch.setattr(commands, "scan", broken)
    assert main(["scan"]) == 2
    (line,) = capfd.readouterr().err.splitlines()
    assert line.startswith("harden: this is a bug: ValueError: of harden's own (test_hard_places.py:")
    monkeypatch.setenv("HARDEN_TRACEBACK", "1")
    assert main(["scan"]) == 2
    assert "Traceback" in capfd.readouterr().err


PLUG_IN: dict[str, Content] = {
    "plug-1.dist-info/METADATA": "Metadata-Version: 2.1\nName: plug\nVersion: 1\n",
    "plug-1.dist-info/entry_points.txt": "[harden.checks]\nplug = plug\n",
    "plug/__init__.py": "",
    "plug/state/__init__.py": "",
    "plug/state/raises.py": '''"""Raise."""
import ast
from harden.checks import Check
from harden.findings import Severity
check = Check("raises", "Raises", Severity.LOW)
@check.node(ast.Import)
def imports(module, node):
    raise ZeroDivisionError("of the check")
    yield
''',
}
FLAGS = '''"""Flag imports."""
import ast
from harden.checks import Check, Fix
from harden.findings import Risk, Severity
check = Check("{id}", "Flags", Severity.LOW, Fix("{codemod}", Risk.AUTO))
@check.node(ast.Import)
def imports(module, node):
    yield check.found(module, node, "is imported")
'''
CODEMOD = """
from pydantic import BaseModel
class Raises:
    class Options(BaseModel): ...
    def __init__(self, project, options): raise ValueError("of the codemod")
"""


def test_plug_ins_that_fail_cost_only_themselves(root: Path, tmp_path: Path) -> None:
    write(
        tmp_path / "plug",
        {
            **PLUG_IN,
            "plug/codemods.py": CODEMOD,
            "plug/state/missing.py": FLAGS.format(id="missing", codemod="nothing.here:Fix"),
            "plug/state/failing.py": FLAGS.format(id="failing", codemod="plug.codemods:Raises"),
        },
    )
    scanned = harden(root, "scan", "app/a.py", PYTHONPATH=str(tmp_path / "plug"))
    lines = scanned.stdout.splitlines()
    assert "app/a.py: could not check: raises could not look here: ZeroDivisionError: of the check" in lines
    assert "http-timeout" in scanned.stdout
    fixed = harden(root, "fix", "--apply", "app/a.py", PYTHONPATH=str(tmp_path / "plug"))
    assert fixed.stderr == ""
    assert fixed.returncode == 1
    lines = fixed.stdout.splitlines()
    why = "The codemod nothing.here:Fix cannot be loaded (ModuleNotFoundError: No module named 'nothing')."
    assert f"# app/a.py:1 left as it is: {why}" in lines
    why = "The codemod failed on app/a.py (ValueError: of the codemod); code untouched."
    assert f"# app/a.py:1 left as it is: {why}" in lines
    assert "timeout=10" in (root / "app/a.py").read_text()


def test_plug_ins_are_seen_when_they_come_and_when_they_change(root: Path, tmp_path: Path) -> None:
    plug = tmp_path / "plug"
    quiet = {name: text for name, text in PLUG_IN.items() if "raises" not in name}

    def told() -> str:
        return harden(root, "scan", "app/a.py", PYTHONPATH=str(plug)).stdout

    plug.mkdir()
    assert "is imported" not in told()
    write(plug, {**quiet, "plug/state/flags.py": FLAGS.format(id="flags", codemod="none:None")})
    assert "is imported" in told()
    assert "is imported" in told()
    changed = FLAGS.format(id="flags", codemod="none:None").replace("is imported", "is brought in")
    write(plug, {"plug/state/flags.py": changed})
    assert "is brought in" in told()


def test_fix_tells_what_it_could_not_check(tmp_path: Path, run: Run) -> None:
    write(tmp_path, {"a.py": "x = 1\n", "b.py": "x = 1\ndef f(:\n"})
    for arguments in (["fix"], ["fix", "--apply"]):
        ran = run(tmp_path, *arguments)
        assert ran.code == 2
        assert ran.out == "# b.py:2: could not check: does not parse: invalid syntax\nNothing to fix.\n"


def test_wrong_options_in_the_decisions_are_told_before_anything_is_written(root: Path, run: Run) -> None:
    write(root, {".harden/decisions.toml": "[options.http-timeout]\ntimeout = 'soon'\n"})
    before = tree(root)
    ran = run(root, "fix", "--apply")
    assert (ran.code, ran.out, tree(root)) == (2, "", before)
    assert ran.err.startswith("harden: http-timeout: timeout = 'soon': ")
    assert git(root, "status", "--porcelain", "app") == ""
