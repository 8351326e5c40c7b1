"""The command as a process: what it loads, how it ends, and that nothing makes it show a traceback."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from harden.cli import main
from tests.given import Content, repository, tree, write

HARDEN = [sys.executable, "-m", "harden"]
BAD = 'import requests\n\nrequests.get("https://example.com/")\n'
ENVIRONMENT = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
HEAVY = ("textual", "libcst", "git", "pydantic", "filelock", "tomli_w", "multiprocessing", "asyncio")


def harden(folder: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [*HARDEN, *arguments],
        cwd=folder,
        env=ENVIRONMENT | environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
    )


@pytest.mark.parametrize(
    ("arguments", "unwanted"),
    [
        (["--version"], (*HEAVY, "harden.session", "harden.registry", "ast")),
        (["scan"], (*HEAVY, "pathspec")),
        (["checks"], HEAVY),
        (["explain", "http-timeout"], HEAVY),
    ],
)
def test_what_a_command_does_not_load(
    tmp_path: Path, arguments: list[str], unwanted: tuple[str, ...]
) -> None:
    root = repository(tmp_path, {"a.py": BAD})
    code = (
        "import sys\nfrom harden.cli import main\n"
        f"main({arguments!r})\n"
        f"print([name for name in {unwanted!r} if name in sys.modules], file=sys.stderr)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True)
    assert done.stderr == "[]\n"


def test_a_scan_with_nothing_new_loads_no_check(tmp_path: Path) -> None:
    root = repository(tmp_path, {"a.py": BAD})
    code = (
        "import sys\nfrom harden.cli import main\nmain(['scan'])\n"
        "print(sum(name.startswith('harden.checklists.') for name in sys.modules), file=sys.stderr)\n"
    )
    command = [sys.executable, "-c", code]
    first, second = (
        subprocess.run(command, cwd=root, capture_output=True, text=True, check=True) for _ in range(2)
    )
    assert int(first.stderr) > 0
    assert int(second.stderr) == 0
    assert first.stdout.splitlines()[:-1] == second.stdout.splitlines()[:-1]


def test_a_reader_that_has_seen_enough(tmp_path: Path) -> None:
    root = write(tmp_path, {f"m{number}.py": BAD * 30 for number in range(60)})
    with subprocess.Popen(
        [*HARDEN, "scan"], cwd=root, env=ENVIRONMENT, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        assert process.wait(60) == 141
        assert process.stderr.read() == b""


def test_names_and_texts_that_the_terminal_cannot_show(tmp_path: Path) -> None:
    root = repository(tmp_path, {"ä.py": BAD.replace("https", "htt\u03c0s"), "control\x1b[31m.py": BAD})
    if sys.platform == "linux":
        write(root, {os.fsdecode(b"latin-\xe9.py"): BAD})
    for arguments in (["scan"], ["scan", "--format", "sarif"], ["scan", "--format", "jsonl"], ["fix"]):
        done = harden(root, *arguments, PYTHONIOENCODING="ascii", PYTHONUTF8="0")
        assert done.stderr == b""
        assert done.returncode == 1
        assert b"\x1b" not in done.stdout or arguments == ["fix"]
    assert harden(root, "fix", "--apply", PYTHONIOENCODING="ascii").stderr == b""
    assert all(b"timeout=10" in data for data in tree(root).values())


def _hear_ctrl_c() -> None:
    """Undo what a shell does to the commands that it starts in the background."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@pytest.mark.skipif(os.name == "nt", reason="signals")
@pytest.mark.parametrize("size", [10, 400], ids=["one process", "several processes"])
def test_ctrl_c(tmp_path: Path, size: int) -> None:
    """Stop in the middle, certainly: nobody reads the output, so that the scan waits."""
    root = write(tmp_path, {f"m{number}.py": BAD * (8_000 // size) for number in range(size)})
    with subprocess.Popen(
        [*HARDEN, "scan", "--format", "jsonl"],
        cwd=root,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
        preexec_fn=_hear_ctrl_c,
    ) as process:
        assert process.stdout is not None
        for _ in range(2):
            process.stdout.readline()
        os.killpg(process.pid, signal.SIGINT)
        _, err = process.communicate(timeout=60)
    assert err == b"harden: stopped.\n"
    assert process.returncode == 130


@pytest.mark.skipif(os.name == "nt", reason="no pseudo-terminals there")
def test_progress_is_for_terminals(tmp_path: Path) -> None:
    import pty

    root = write(tmp_path, {"a.py": BAD})
    mine, theirs = pty.openpty()
    done = subprocess.run([*HARDEN, "scan"], cwd=root, stdout=subprocess.PIPE, stderr=theirs, check=False)
    os.close(theirs)
    shown = os.read(mine, 1000)
    os.close(mine)
    assert shown == b"\r1 file\r\x1b[K"
    assert done.stdout.startswith(b"a.py:3:1: ")


TORTURE: dict[str, Content] = {
    "broken.py": "x = 1\ndef f(:\n    pass\n",
    "python2.py": "print 'x'\nexec 'y'\n",
    "newer.py": "type X = int\n\ndef f[T](x: T): ...\n",
    "nulls.py": "x = 1\0\n",
    "utf16.py": "x = 1\n".encode("utf-16"),
    "utf16le.py": "x = 1\n".encode("utf-16-le"),
    "latin.py": b"x = '\xe9'\n",
    "latin_cookie.py": b"# coding: latin-1\nimport requests\nrequests.get('\xe9')\n",
    "cookie.py": "# coding: klingon\n",
    "rot13.py": "# coding: rot13\nvzcbeg bf\n",
    "utf7.py": "# coding: utf-7\nx = 1\n",
    "bom_cookie.py": b"\xef\xbb\xbf# coding: latin-1\n",
    "bom.py": b"\xef\xbb\xbfimport requests\nrequests.get('x')",
    "big.py": "x = 1\n" * 900_000,
    "empty.py": "",
    "blank.py": "\n\n\n",
    "mac.py": "import requests\rrequests.get('x')\r",
    "mixed.py": "import requests\r\nrequests.get('x')\nrequests.get('y')\r\n",
    "feed.py": "import requests\n\x0crequests.get('x')\n\x0c\n",
    "tabs.py": "import requests\ndef f():\n\tif x:\n\t\trequests.get('x')\n",
    "continued.py": "import requests; \\\nrequests.get('x'); \\\nrequests.get('y')\n",
    "parentheses.py": "x = " + "(" * 150 + ")" * 150 + "\nimport requests\n"
    "requests.get(" + "(" * 90 + "u" + ")" * 90 + ")\n",
    "too_many_parentheses.py": "x = " + "(" * 5000 + ")" * 5000 + "\n",
    "unary.py": "x = " + "-" * 50_000 + "1\n",
    "sum.py": "import requests\nrequests.get(" + " + ".join(["a"] * 940) + ")\n",
    "long_sum.py": "import requests\nrequests.get(" + " + ".join(["'a'"] * 20_000) + ")\n",
    "chain.py": "import requests\nrequests.get('x')" + ".a()" * 300 + "\n",
    "blocks.py": "import requests\n"
    + "".join(" " * n + "if x:\n" for n in range(95))
    + " " * 95
    + "requests.get('x')\n",
    "elifs.py": "import requests\nif x: pass\n" + "elif x: requests.get('x')\n" * 300,
    "lambda.py": "import requests\nf = " + "lambda: " * 400 + "requests.get('x')\n",
    "strings.py": 'import requests\nx = f\'{requests.get("x")!r:>{requests.get("y")}}\'\n',
    "circle_a.py": "from circle_b import *\nfrom circle_b import x\ny = x\n",
    "circle_b.py": "from circle_a import *\nfrom circle_a import y\nx = y\n",
    "self_import.py": "from self_import import *\nimport self_import\nself_import.a.b()\n",
    "beyond.py": "from ....... import x\nfrom . import *\nx.y()\n",
    "annotations.py": "def f(x: 'a b', y: '\\x00', z: '(' * 3, w: '"
    + "(" * 300
    + "'): x.y(); y.z(); z.a(); w.b()\n",
    "Dockerfile": b"FROM x\nRUN \xff\xfe\n",
    "docker/Dockerfile": "FROM python\0\n",
    "requirements.txt": b"requests\n\xff==1\n-r requirements.txt\n",
    "pyproject.toml": "[project\nname = \n",
    "setup.cfg": "[x\n",
    ".env": b"SECRET_KEY=\xe9\n",
    "compose.yml": "a: [\n",
}


def test_nothing_makes_it_crash(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = repository(tmp_path / "repo", TORTURE)
    (root / "loop.py").symlink_to("loop.py")
    (root / "up").symlink_to("..")
    (root / "out.py").symlink_to("/etc/passwd")
    (root / "folder.py").mkdir()
    (root / "gone.py").symlink_to("nowhere.py")
    if sys.platform == "linux":
        write(root, {os.fsdecode(b"n\xe4me.py"): BAD})
    before = tree(root)
    for arguments in (["scan"], ["scan", "--format", "sarif"], ["fix"], ["fix", "--apply"], ["scan"]):
        done = harden(root, *arguments)
        assert b"Traceback" not in done.stderr, done.stderr.decode(errors="replace")
        assert b"could not look here" not in done.stdout, done.stdout.decode(errors="replace")
        assert b"The codemod failed" not in done.stdout, done.stdout.decode(errors="replace")
        assert done.stderr == b""
        assert done.returncode == 1
    after = tree(root)
    untouched = {"broken.py", "python2.py", "nulls.py", "utf16.py", "latin.py", "rot13.py", "pyproject.toml"}
    assert {name: after[name] for name in untouched} == {name: before[name] for name in untouched}
    for name in ("latin_cookie.py", "mixed.py", "feed.py", "tabs.py", "bom.py"):
        assert b"timeout=10" in after[name], name
    monkeypatch.chdir(root)
    while main(["undo"]) == 0:
        pass
    assert tree(root) == before


@pytest.mark.parametrize(
    ("files", "line"),
    [
        ({"harden.toml": "severity ="}, "harden.toml: Invalid value (at end of document)"),
        ({"harden.toml": "[options\n"}, "harden.toml: Expected ']'"),
        ({"harden.toml": "colour = 1\n"}, "harden.toml: unknown key 'colour' (keys: disable, exclude, "),
        (
            {"harden.toml": "severity = 'dire'\n"},
            "harden.toml: severity = 'dire': input should be 'low', 'medium' or",
        ),
        ({"harden.toml": "disable = 'x'\n"}, "harden.toml: disable = 'x': input should be a valid list"),
        (
            {"harden.toml": "disable = ['nothing']\n"},
            "harden.toml: there is no check 'nothing'; `harden checks` ",
        ),
        ({"harden.toml": "[options.nothing]\nx = 1\n"}, "harden.toml: there is no check 'nothing'"),
        ({"harden.toml": b"\xff\xfe"}, "harden.toml: "),
        (
            {"pyproject.toml": "[tool.harden]\ncolour = 1\n"},
            "pyproject.toml [tool.harden]: unknown key 'colour'",
        ),
        (
            {"pyproject.toml": "[tool]\nharden = 3\n"},
            "pyproject.toml [tool.harden]: input should be a valid dict",
        ),
        ({"pyproject.toml": "[tool.harden]\nx = \n"}, "pyproject.toml: Invalid value (at line 2, column 5)"),
        ({".harden/decisions.toml": "x ="}, ".harden/decisions.toml: Invalid value"),
        ({".harden/decisions.toml": "colour = 1\n"}, ".harden/decisions.toml: unknown key 'colour'"),
        (
            {".harden/decisions.toml": "[[ignored]]\ncheck = 'x'\n"},
            ".harden/decisions.toml: ignored.0.reason",
        ),
        (
            {".harden/decisions.toml": "[[ignored]]\ncheck = 'x'\nreason = 'y'\nuntil = 'soon'\n"},
            ".harden/decisions.toml: ignored.0.until = 'soon': ",
        ),
        ({".harden/decisions.toml": "[answers.x]\nanswer = 'perhaps'\n"}, "answers.x.answer = 'perhaps': "),
        ({".harden/decisions.toml": b"\xff"}, ".harden/decisions.toml: "),
    ],
)
def test_wrong_settings_and_decisions_are_one_line(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], files: dict[str, Content], line: str
) -> None:
    write(tmp_path, files)
    assert main(["scan", str(tmp_path)]) == 2
    out, err = capfd.readouterr()
    assert out == ""
    assert err.startswith("harden: ")
    assert line in err
    assert len(err.splitlines()) == 1


@pytest.mark.parametrize(
    "files",
    [
        {"pyproject.toml": "[project\n"},
        {"pyproject.toml": "tool = 3\n"},
        {"pyproject.toml": "[tool.ruff]\n"},
        {"pyproject.toml": b"\xff\n"},
        {"harden.toml": ""},
        {"harden.toml": b"\xef\xbb\xbfseverity = 'low'\n"},
        {".harden/decisions.toml": ""},
    ],
)
def test_settings_that_are_none_of_our_business(tmp_path: Path, files: dict[str, Content]) -> None:
    assert main(["scan", str(write(tmp_path, files))]) == 0


def test_a_plug_in_that_does_not_load_is_one_line(tmp_path: Path) -> None:
    files = {
        "plug/broken_plug.py": "import nothing_of_that_name\n",
        "plug/broken_plug-1.dist-info/METADATA": "Metadata-Version: 2.1\nName: broken-plug\nVersion: 1\n",
        "plug/broken_plug-1.dist-info/entry_points.txt": "[harden.checks]\nbroken = broken_plug\n",
        "repo/a.py": BAD,
    }
    write(tmp_path, files)
    done = harden(tmp_path / "repo", "scan", PYTHONPATH=str(tmp_path / "plug"))
    assert done.returncode == 2
    assert done.stderr.decode() == (
        "harden: The checks in broken_plug cannot be loaded "
        "(ModuleNotFoundError: No module named 'nothing_of_that_name'). Mend or remove them.\n"
    )
