"""A scan: the same whatever the number of processes, silent where told so, and never ended by a bad file."""

from __future__ import annotations

import ast
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

import harden.scan as scanning
from harden.checks import Check
from harden.findings import Finding, Severity, Span
from harden.module import Module, TextFile
from harden.project import Project
from harden.scan import FileResult, Rules, scan, scan_file
from tests.given import Content, git, project, repository, write

EVAL = Check("no-eval", "Eval", Severity.HIGH, codes=frozenset({"S307", "B307"}))


@EVAL.call("builtins.eval")
def eval_call(module: Module, call: ast.Call, path: str) -> Iterator[Finding]:
    """Flag every eval."""
    yield EVAL.found(module, call, f"{path} is called")


@EVAL.node(ast.ExceptHandler)
def bare(module: Module, node: ast.AST) -> Iterator[Finding]:
    """Flag every handler without a type."""
    if isinstance(node, ast.ExceptHandler) and node.type is None:
        yield EVAL.found(module, node, "all is caught")


@EVAL.file("Dockerfile")
def docker(file: TextFile, project: Project) -> Iterator[Finding]:
    """Flag every line that speaks of root."""
    for number, line in enumerate(file.lines, 1):
        if "root" in line.partition("#")[0]:
            yield EVAL.found_at(file.path, file.span(number), "runs as root")


RAISING = Check("raises", "Raises", Severity.LOW)


@RAISING.module
def raising(module: Module) -> Iterator[Finding]:
    """Report one finding, then fail."""
    yield RAISING.found(module, module.tree.body[0], "first")
    raise ZeroDivisionError("of the check")


STRANGE = Check("strange", "Strange", Severity.LOW)


@STRANGE.module
def strange(module: Module) -> list[Finding]:
    """Give what no check may give."""
    return [None]  # type: ignore[list-item]


DEEP = Check("deep", "Deep", Severity.LOW)


@DEEP.module
def deep(module: Module) -> Iterator[Finding]:
    """Recurse over a whole expression, as careless checks do."""
    yield DEEP.found(module, module.tree.body[0], str(depth(module.tree)))


def depth(node: ast.AST) -> int:
    """Return the height of a tree."""
    return 1 + max(map(depth, ast.iter_child_nodes(node)), default=0)


def result(root: Path, path: str, *chosen: Check) -> FileResult:
    return scan_file(project(root), Rules(chosen or (EVAL,)), path)


def scanned(root: Path, *chosen: Check) -> list[FileResult]:
    return list(scan(project(root), chosen or (EVAL,)))


def one(tmp_path: Path, code: Content, path: str = "a.py") -> FileResult:
    return result(write(tmp_path, {path: code}), path)


# Order and identity


def test_findings_come_in_order_and_once(tmp_path: Path) -> None:
    found = one(tmp_path, "x = 1\ntry:\n    eval(eval('1'))\nexcept:\n    eval('2'); eval('3')\n").findings
    places = [(finding.line, finding.span.column) for finding in found]
    assert places == [(3, 4), (3, 9), (4, 0), (5, 4), (5, 15)]
    assert result(tmp_path, "a.py", EVAL, EVAL).findings == found


@pytest.fixture
def large(tmp_path: Path) -> Path:
    """Return a folder of files with findings in them, and some that cannot be read."""
    files: dict[str, Content] = {f"pkg{n % 7}/m{n}.py": f"eval('{n}')\n" * (n % 5) for n in range(130)}
    files |= {"broken.py": "def (:\n", "deep.py": "x = " + "-" * 20_000 + "1\n", "Dockerfile": "USER root\n"}
    files["pkg1/cyclic.py"] = "from pkg2.cyclic import e\ne('1')\n"
    files["pkg2/cyclic.py"] = "from pkg1.cyclic import e as f\nfrom builtins import eval as e\ne('1')\n"
    return write(tmp_path / "large", files)


def test_one_process_and_several_find_the_same(large: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    alone = scanned(large)
    assert [entry.path for entry in alone] == sorted(entry.path for entry in alone)
    assert sum(len(entry.findings) for entry in alone) > 200
    assert {problem.path for entry in alone for problem in entry.problems} == {"broken.py", "deep.py"}
    use_pool(monkeypatch)
    assert scanned(large) == alone


def use_pool(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make every scan use two processes, which know this module's checks."""
    monkeypatch.setattr(scanning, "_POOL_BYTES", 0)
    monkeypatch.setattr(scanning, "_CHUNK", 30)
    monkeypatch.setattr(scanning, "_processors", lambda: 2)
    monkeypatch.setattr("harden.registry.checks", lambda: {check.id: check for check in (EVAL, KILLING)})


KILLING = Check("kills", "Kills", Severity.LOW)


@KILLING.module
def killing(module: Module) -> Iterator[Finding]:
    """End the process at a certain file, as a crash in C code does."""
    if module.path == "pkg3/m17.py" and os.getpid() != PARENT:
        os.kill(os.getpid(), signal.SIGKILL)
    yield from ()


PARENT = os.getpid()


def test_a_process_that_dies_costs_one_file(large: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    use_pool(monkeypatch)
    results = scanned(large, EVAL, KILLING)
    assert [entry.path for entry in results] == sorted(entry.path for entry in results)
    dead = [
        problem for entry in results for problem in entry.problems if "ended the process" in problem.reason
    ]
    assert [problem.path for problem in dead] == ["pkg3/m17.py"]
    assert len(results) == len(scanned(large))


def test_fingerprints_survive_moved_lines_and_tell_twins_apart(tmp_path: Path) -> None:
    code = "def f():\n    eval('1')\n    eval('1')\n\ndef g():\n    eval('1')\n"
    before = one(tmp_path, code).findings
    assert len({finding.fingerprint for finding in before}) == 3
    moved = one(tmp_path, "import os\n\n\n" + code.replace("    ", "\t").replace("('1')", "('1')  ")).findings
    assert [finding.fingerprint for finding in moved] == [finding.fingerprint for finding in before]
    assert [finding.line for finding in moved] == [5, 6, 9]
    changed = one(tmp_path, code.replace("def g", "def h")).findings
    assert [a.fingerprint == b.fingerprint for a, b in zip(before, changed, strict=True)] == [
        True,
        True,
        False,
    ]
    elsewhere = one(tmp_path, code, "b.py").findings
    assert not {f.fingerprint for f in elsewhere} & {f.fingerprint for f in before}


def test_only_some_files(large: Path) -> None:
    found = list(scan(project(large), (EVAL,), only=["pkg1/m8.py", "broken.py", "missing.py"]))
    assert [entry.path for entry in found] == ["broken.py", "missing.py", "pkg1/m8.py"]
    assert found[1].problems[0].reason == "cannot be read: No such file or directory"


# Comments that silence

SILENT = [
    "eval('1')  # harden: ignore[no-eval] generated",
    "eval('1')  # harden:ignore[no-eval] generated",
    "eval('1')  # harden: ignore[other, no-eval] generated",
    "# harden: ignore[no-eval] generated\neval('1')",
    "x = f(\n    eval('1'),\n    2,\n)  # harden: ignore[no-eval] generated",
    "x = f(  # harden: ignore[no-eval] generated\n    eval('1'),\n)",
    "# harden: ignore[no-eval] generated\nx = f(\n    2,\n    eval('1'),\n)",
    "if eval('1'):  # harden: ignore[no-eval] generated\n    pass",
    "try:\n    pass\nexcept:  # harden: ignore[no-eval] generated\n    pass",
    "try:\n    pass\n# harden: ignore[no-eval] generated\nexcept:\n    pass",
    "@eval('1')  # harden: ignore[no-eval] generated\ndef f(): ...",
]
SPOKEN = [
    "eval('1')  # harden: ignore[other] generated",
    "eval('1')  # harden: ignore generated",
    "'# harden: ignore[no-eval]'; eval('1')",
    "x = '''\n# harden: ignore[no-eval]\n'''\neval('1')",
    "# harden: ignore[no-eval] generated\n\neval('1')",
    "x = 1  # harden: ignore[no-eval] generated\neval('1')",
    "eval('1')\n# harden: ignore[no-eval] generated",
    "def f():  # harden: ignore[no-eval] generated\n    eval('1')",
    "if x:\n    pass  # harden: ignore[no-eval] generated\nelse:\n    eval('1')",
    "eval('1')  # noqa",
    "eval('1')  # noqa: E501",
    "eval('1')  # noqa: S30",
    "eval('1')  # nosec B101",
    "eval('1')  # type: ignore",
]
FOREIGN = [
    "eval('1')  # noqa: S307",
    "eval('1')  # noqa:S307",
    "eval('1')  # NOQA: s307",
    "eval('1')  # noqa: E501, S307 - needed",
    "eval('1')  # noqa: E501 S307",
    "eval('1')  # type: ignore[x]  # noqa: S307",
    "eval('1')  # nosec",
    "eval('1')  # nosec B307",
    "eval('1')  # nosec: B101, B307",
    "eval('1')  #nosec",
]


@pytest.mark.parametrize("code", SILENT)
def test_silenced(tmp_path: Path, code: str) -> None:
    assert [finding.suppressed for finding in one(tmp_path, code).findings] == ["generated"]


@pytest.mark.parametrize("code", SPOKEN)
def test_not_silenced(tmp_path: Path, code: str) -> None:
    assert [finding.suppressed for finding in one(tmp_path, code).findings] == [""]


@pytest.mark.parametrize("code", FOREIGN)
def test_silenced_in_the_words_of_others(tmp_path: Path, code: str) -> None:
    (finding,) = one(tmp_path, code).findings
    assert finding.suppressed.startswith(("noqa: ", "nosec"))


def test_a_reason_is_not_demanded(tmp_path: Path) -> None:
    (finding,) = one(tmp_path, "eval('1')  # harden: ignore[no-eval]").findings
    assert finding.suppressed == "ignored in code"


def test_comments_of_other_files(tmp_path: Path) -> None:
    lines = [
        "USER root",
        "USER root # harden: ignore[no-eval] needed",
        "# harden: ignore[no-eval] needed",
        "USER root",
        "RUN echo '#' root",
    ]
    found = one(tmp_path, "\n".join(lines), "Dockerfile").findings
    assert [(finding.line, finding.suppressed) for finding in found] == [
        (1, ""),
        (2, "needed"),
        (4, "needed"),
    ]


# Files that cannot be read as Python

BAD: dict[str, tuple[Content, int, str]] = {
    "syntax": ("x = 1\ndef f(:\n    pass\n", 2, "does not parse: invalid syntax"),
    "python 2": ("x = 1\nprint 'x'\n", 2, "does not parse: Missing parentheses in call to 'print'"),
    "not ended": ("x = (\n", 1, "does not parse: '(' was never closed"),
    "tabs and blanks": ("if x:\n\ty\n        z\n", 3, "does not parse"),
    "null byte": ("x = 1\ny = 2\0\n", 2, "contains a null byte"),
    "utf-16": ("x = 1\n".encode("utf-16"), 1, "UTF-16, which Python itself does not accept"),
    "utf-16 without mark": ("x = 1\n".encode("utf-16-le"), 1, "contains a null byte"),
    "latin-1 without cookie": (b"x = 1\ny = '\xe9'\n", 2, "byte 0xe9 is not utf-8"),
    "unknown cookie": ("# coding: klingon\nx = 1\n", 1, "unknown encoding"),
    "cookie of no text": ("# coding: rot13\nx = 1\n", 1, "encoding rot13"),
    "cookie against mark": (b"\xef\xbb\xbf# coding: latin-1\nx = 1\n", 1, "encoding problem"),
    "too large": ("x = 1\n" * 400_000, 0, "larger than 2 MB, not scanned"),
    "merge conflict": (
        "x = 1\n<<<<<<< HEAD\nx = 2\n=======\nx = 3\n>>>>>>> other\n",
        2,
        "does not parse: a merge conflict is not resolved",
    ),
    "deep parentheses": (
        "x = " + "(" * 300 + ")" * 300 + "\n",
        1,
        "does not parse: too many nested parentheses",
    ),
    "deep operators": ("x = " + "-" * 20_000 + "1\n", 0, "does not parse: nested too deeply"),
}


@pytest.mark.parametrize(("data", "line", "reason"), BAD.values(), ids=BAD)
def test_unreadable(tmp_path: Path, data: Content, line: int, reason: str) -> None:
    entry = one(tmp_path, data)
    assert not entry.findings
    (problem,) = entry.problems
    assert problem.line == line
    assert reason in problem.reason


NEWER = {
    "type X = int\n": (3, 12),
    "def first[T](x: list[T]) -> T: ...\n": (3, 12),
    "class Box[T]: ...\n": (3, 12),
    "f'{', '.join(f'{x}')}'\n": (3, 12),
    "try: ...\nexcept ValueError, TypeError:\n    ...\n": (3, 14),
    "x = t'{a}'\n": (3, 14),
}


@pytest.mark.parametrize(("code", "version"), NEWER.items())
def test_syntax_that_is_too_new_is_called_so(tmp_path: Path, code: str, version: tuple[int, int]) -> None:
    import sys

    entry = one(tmp_path, code)
    if sys.version_info >= version:
        assert not entry.problems
    else:
        assert f"(Python {version[0]}.{version[1]} reads this; harden runs on " in entry.problems[0].reason


def test_old_syntax_is_not_called_new(tmp_path: Path) -> None:
    for code in ("try: ...\nexcept Error, e:\n    ...\n", "exec 'x'\n", "t = 't' 1\n"):
        assert "reads this" not in one(tmp_path, code).problems[0].reason


GOOD: dict[str, Content] = {
    "latin-1 with cookie": b"# coding: latin-1\ny = '\xe9'; eval('1')\n",
    "mark": b"\xef\xbb\xbfeval('1')\n",
    "windows": "x = 1\r\neval('1')\r\n",
    "old mac": "x = 1\reval('1')\r",
    "form feed": "x = 1\n\x0ceval('1')\n",
    "wide characters": "'äöü😀'; eval('1')\n",
    "no end": "eval('1')",
    "chain of calls": "eval('1')" + ".a()" * 400 + "\n",
    "long sum": "eval('1')" + " + 'a'" * 400 + "\n",
}


@pytest.mark.parametrize("data", GOOD.values(), ids=GOOD)
def test_readable(tmp_path: Path, data: Content) -> None:
    entry = one(tmp_path, data)
    assert not entry.problems
    (finding,) = entry.findings
    module = project(tmp_path).module("a.py")
    lines = module.lines[finding.span.line - 1]
    assert lines[finding.span.column :].startswith("eval('1')")


def test_empty_files(tmp_path: Path) -> None:
    for data in (b"", b"\xef\xbb\xbf", b"\n", b"# only a comment"):
        assert one(tmp_path, data) == FileResult("a.py")


def test_an_empty_folder(tmp_path: Path) -> None:
    assert scanned(tmp_path) == []


def test_deep_code_costs_one_check_not_the_file(tmp_path: Path) -> None:
    write(tmp_path, {"a.py": "eval('1')\nx = " + " + ".join(["a"] * 2000) + "\n"})
    entry = result(tmp_path, "a.py", EVAL, DEEP)
    assert [finding.check for finding in entry.findings] == ["no-eval"]
    assert [problem.reason for problem in entry.problems] == ["nested too deeply for deep"]


def test_a_check_that_fails_costs_that_check_only(tmp_path: Path) -> None:
    write(tmp_path, {"a.py": "eval('1')\n"})
    entry = result(tmp_path, "a.py", RAISING, STRANGE, EVAL)
    assert [finding.check for finding in entry.findings] == ["no-eval", "raises"]
    first, second = entry.problems
    assert first.reason == "raises could not look here: ZeroDivisionError: of the check"
    assert "Traceback" in first.details
    assert second.check == "strange"


# Which files


@pytest.mark.skipif(os.name == "nt", reason="links need rights there")
@pytest.mark.parametrize("in_git", [True, False])
def test_links(tmp_path: Path, *, in_git: bool) -> None:
    write(tmp_path, {"outside/secret.py": "eval('1')\n"})
    root = write(tmp_path / "repo", {"a.py": "eval('1')\n", "pkg/b.py": "", "hidden/c.py": "eval('1')\n"})
    (root / ".gitignore").write_text("hidden\n")
    links = {
        "twin.py": "a.py",
        "out.py": "../outside/secret.py",
        "out": "../outside",
        "loop.py": "loop.py",
        "pkg/up": "..",
        "dead.py": "gone.py",
        "shown.py": "hidden/c.py",
    }
    for name, target in links.items():
        (root / name).symlink_to(target)
    if in_git:
        git(root, "init", "-q")
    python = [path for path in project(root).paths if path.endswith(".py")]
    assert python == ["a.py", "pkg/b.py", "shown.py"]


def test_what_git_lists(tmp_path: Path) -> None:
    files = {"kept.py": "", "gone.py": "", "sub/é.py": "", "ignored/but_tracked.py": ""}
    root = repository(tmp_path / "repo", files)
    write(root, {".gitignore": "ignored/\n*.log.py\n", "new.py": "", "ignored/new.py": "", "x.log.py": ""})
    (root / "gone.py").unlink()
    assert project(root).paths == (".gitignore", "ignored/but_tracked.py", "kept.py", "new.py", "sub/é.py")
    (root / ".git/info/exclude").write_text("new.py\n")
    assert "new.py" not in project(root).paths


def test_git_starts_no_program_of_the_repository(tmp_path: Path) -> None:
    root = repository(tmp_path / "repo", {"a.py": ""})
    program = root / ".git/monitor"
    program.write_text(f"#!/bin/sh\ntouch {root}/started\n")
    program.chmod(0o755)
    git(root, "config", "core.fsmonitor", str(program))
    (root / "started").unlink(missing_ok=True)
    assert project(root).paths == ("a.py",)
    assert not (root / "started").exists()


def test_what_a_walk_lists(tmp_path: Path) -> None:
    files = {
        "a.py": "",
        "log/x.py": "",
        "data/one.py": "",
        "data/keep.py": "",
        "data/sub/.gitignore": "!two.py\n",
        "data/sub/one.py": "",
        "data/sub/two.py": "",
        "only/here.py": "",
        "x/only/here.py": "",
        "node_modules/x.py": "",
        ".venv/lib/x.py": "",
        "__pycache__/x.py": "",
        ".gitignore": "log/\ndata/**/*.py\n!data/keep.py\n/only\n",
    }
    paths = project(write(tmp_path / "plain", files)).paths
    assert [path for path in paths if path.endswith(".py")] == [
        "a.py",
        "data/keep.py",
        "data/sub/two.py",
        "x/only/here.py",
    ]


def test_a_folder_that_git_refuses_is_walked(tmp_path: Path) -> None:
    root = write(tmp_path, {".git/HEAD": "broken", "a.py": ""})
    assert project(root).paths == ("a.py",)


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may read anything")
def test_a_file_that_may_not_be_read(tmp_path: Path) -> None:
    write(tmp_path, {"a.py": ""})
    (tmp_path / "a.py").chmod(0)
    assert result(tmp_path, "a.py").problems[0].reason == "cannot be read: Permission denied"


def test_spans_count_characters(tmp_path: Path) -> None:
    (finding,) = one(tmp_path, "'äöü😀', eval('é',\n  2)\n").findings
    assert finding.span == Span(1, 8, 2, 4)
