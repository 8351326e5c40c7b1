"""`--since REV` and paths: what of a repository the commands look at."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from harden import cli
from tests.given import git, repository, write

if TYPE_CHECKING:
    from tests.cli.conftest import Run

HEAD = "import requests\n\n\n"
OLD = HEAD + 'def old():\n    return requests.get("https://example.com/")\n'
NEW = """

def new():
    return requests.get(
        "https://example.com/new",
        headers={},
    )
"""
TIMEOUTS = ("--check", "http-timeout")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Return a repository on a branch that has not changed anything yet."""
    files = {"app/a.py": OLD, "app/b.py": OLD, "jobs/c.py": OLD, "harden.toml": ""}
    root = repository(tmp_path / "repo", files)
    git(root, "checkout", "-q", "-b", "feature")
    return root


def places(text: str) -> list[str]:
    return [line.partition(": ")[0] for line in text.splitlines() if " http-timeout " in line]


def test_only_what_touches_a_changed_line(root: Path, run: Run) -> None:
    write(root, {"app/a.py": OLD + NEW})
    ran = run(root, "scan", *TIMEOUTS, "--since", "main")
    assert places(ran.out) == ["app/a.py:9:12"]
    assert ran.out.splitlines()[-1].startswith("1 finding (1 high) in 1 file in ")
    assert ran.out.splitlines()[-1].endswith(", on lines changed since main; 1 fixable.")
    assert ran.code == 1
    git(root, "commit", "-q", "-a", "-m", "New")
    assert places(run(root, "scan", *TIMEOUTS, "--since=main").out) == ["app/a.py:9:12"]
    assert places(run(root, "--since=main", "scan", *TIMEOUTS).out) == ["app/a.py:9:12"]
    ran = run(root, "scan", *TIMEOUTS, "--since", "HEAD")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.startswith("No findings in 0 files in ")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("        headers={},\n", "        headers={'x': 'y'},\n"),
        ("        headers={},\n", ""),
        ("    )\n", "        timeout=None,\n    )\n"),
        ("    return requests.get(\n", "    return requests.get(  # why\n"),
    ],
)
def test_any_line_of_a_call_counts(root: Path, run: Run, before: str, after: str) -> None:
    write(root, {"app/a.py": OLD + NEW})
    git(root, "commit", "-q", "-a", "-m", "New")
    write(root, {"app/a.py": (OLD + NEW).replace(before, after)})
    assert places(run(root, "scan", *TIMEOUTS, "--since", "HEAD").out) == ["app/a.py:9:12"]


@pytest.mark.parametrize(
    ("before", "after"),
    [("    )\n", "    )\n\n\nlater = 1\n"), ("def new():\n", "def newer():\n"), ("\n\ndef new", "\ndef new")],
)
def test_a_neighbour_does_not(root: Path, run: Run, before: str, after: str) -> None:
    write(root, {"app/a.py": OLD + NEW})
    git(root, "commit", "-q", "-a", "-m", "New")
    write(root, {"app/a.py": (OLD + NEW).replace(before, after)})
    assert places(run(root, "scan", *TIMEOUTS, "--since", "HEAD").out) == []


def test_a_class_begins_with_its_decorators(tmp_path: Path, run: Run) -> None:
    source = (
        "from rest_framework import viewsets\n\nfrom app.models import Order\n\n\n"
        "@first(\n    1,\n)\nclass Orders(viewsets.ModelViewSet):\n    queryset = Order.objects.all()\n"
    )
    files = {"app/views.py": source, "app/__init__.py": "", "app/models.py": "class Order: ...\n"}
    root = repository(tmp_path / "repo", files)
    whole = run(root, "scan", "--check", "unbounded-query").out
    write(root, {"app/views.py": source.replace("    1,\n", "    2,\n")})
    assert whole.startswith("app/views.py:9:")
    assert run(root, "scan", "--check", "unbounded-query", "--since", "HEAD").out.startswith(
        "app/views.py:9:"
    )
    write(root, {"app/views.py": source.replace("rest_framework import", "rest_framework  import")})
    assert run(root, "scan", "--check", "unbounded-query", "--since", "HEAD").code == 0


def test_files_that_are_not_python(tmp_path: Path, run: Run) -> None:
    root = repository(tmp_path / "repo", {"Dockerfile": 'FROM python:3.12\nCMD ["true"]\n'})
    checked = ("scan", "--check", "docker-root", "--since", "HEAD")
    assert run(root, *checked).code == 0
    write(root, {"other/Dockerfile": 'FROM python:3.12\nCMD ["true"]\n'})
    assert run(root, *checked).out.startswith("other/Dockerfile:")


def test_names_resolve_through_files_that_did_not_change(root: Path, run: Run) -> None:
    write(root, {"app/http.py": "import requests\n\nsession = requests.Session()\n", "app/__init__.py": ""})
    git(root, "add", "-A")
    git(root, "commit", "-q", "-m", "A session")
    write(root, {"app/use.py": "from app.http import session\n\nsession.get('https://example.com/')\n"})
    ran = run(root, "scan", *TIMEOUTS, "--since", "HEAD")
    assert places(ran.out) == ["app/use.py:3:1"]
    assert " in 1 file in " in ran.out


def test_since_together_with_paths_and_checks(root: Path, run: Run) -> None:
    write(root, {"app/a.py": OLD + NEW, "jobs/c.py": OLD + NEW, "jobs/new.py": OLD})
    since = (*TIMEOUTS, "--since", "main")
    assert places(run(root, "scan", *since, "app").out) == ["app/a.py:9:12"]
    assert places(run(root, "scan", *since, "app/b.py").out) == []
    assert places(run(root, "scan", *since, "app/b.py", "jobs/new.py").out) == ["jobs/new.py:5:12"]
    assert places(run(root / "jobs", "scan", *since).out) == ["jobs/c.py:9:12", "jobs/new.py:5:12"]
    assert places(run(root / "jobs", "scan", *since, "../app", "new.py").out) == [
        "app/a.py:9:12",
        "jobs/new.py:5:12",
    ]
    assert places(run(root, "scan", "--since", "main", "--stage", "state").out) == []
    write(root, {"harden.toml": 'exclude = ["jobs"]\n'})
    assert places(run(root, "scan", *since).out) == ["app/a.py:9:12"]


def test_a_file_that_git_ignores_is_new_where_it_is_named(root: Path, run: Run) -> None:
    write(root, {".gitignore": "made/\n", "made/x.py": OLD})
    since = (*TIMEOUTS, "--since", "HEAD")
    assert places(run(root, "scan", *since, "made").out) == []
    assert places(run(root, "scan", *since, "made/x.py").out) == ["made/x.py:5:12"]


def test_what_is_ignored_stays_ignored_and_what_does_not_parse_is_told(root: Path, run: Run) -> None:
    silenced = NEW.replace("get(\n", "get(  # harden: ignore[http-timeout] a script\n")
    write(root, {"app/a.py": OLD + silenced})
    ran = run(root, "scan", *TIMEOUTS, "--since", "main")
    assert (ran.code, ran.out.endswith("; 1 ignored.\n")) == (0, True)
    write(root, {"app/b.py": "def (:\n"})
    ran = run(root, "scan", *TIMEOUTS, "--since", "main")
    assert ran.code == 2
    assert ran.out.startswith("app/b.py:1: could not check: ")


def test_reports_name_the_revision_and_rate_nothing(root: Path, run: Run) -> None:
    write(root, {"app/a.py": OLD + NEW})
    told = run(root, "scan", *TIMEOUTS, "--since", "main", "--format", "json").out
    assert json.loads(told)["since"] == "main"
    assert len(json.loads(told)["findings"]) == 1
    told = run(root, "scan", "--since", "main", "--format", "md").out
    assert "/100" not in told
    assert "on lines changed since main." in told
    assert json.loads(run(root, "scan", "--format", "json").out)["since"] is None
    lines = run(root, "scan", *TIMEOUTS, "--since", "main", "--format", "jsonl").out.splitlines()
    assert json.loads(lines[0])["files"] == 1
    assert [len(json.loads(line)["findings"]) for line in lines[1:-1]] == [1]


def test_a_fix_mends_what_changed_and_no_more(root: Path, run: Run) -> None:
    two = OLD + NEW + NEW.replace("new", "newer")
    write(root, {"app/a.py": two})
    shown = run(root, "fix", "--since", "main", *TIMEOUTS)
    assert "Would fix 2 findings in 1 patch." in shown.out
    assert (root / "app/a.py").read_text() == two
    ran = run(root, "fix", "--since", "main", "--apply", "app")
    assert ran.out.count("+        timeout=10,") == 2
    text = (root / "app/a.py").read_text()
    assert text.startswith(OLD)
    assert text.count("timeout=10") == 2
    assert (root / "app/b.py").read_text() == OLD
    assert places(run(root, "scan", *TIMEOUTS, "--since", "main").out) == []


def test_fixes_on_top_of_each_other_keep_to_the_lines(root: Path, run: Run) -> None:
    """What the first fix adds moves the lines that the second one is asked for."""
    kept = "\n\ndef kept(x=[]):\n    x.append(requests.get(x))\n    return x\n"
    write(root, {"app/b.py": HEAD + "x = 1\n" + kept})
    git(root, "commit", "-q", "-a", "-m", "Kept")
    write(root, {"app/b.py": HEAD + "x = 1\n" + kept.replace("kept", "new") + kept})
    for arguments in ([], ["--apply"]):
        ran = run(root, "fix", "--since", "HEAD", "--check", "mutable-default", *TIMEOUTS, *arguments)
        assert "2 findings in 2 patches" in ran.out
        assert ran.out.count("+    if x is None:") == ran.out.count("timeout=10)") == 1
    assert (root / "app/b.py").read_text().endswith(kept)


def test_a_fix_of_some_paths_leaves_the_others_although_it_edits_them(root: Path, run: Run) -> None:
    ran = run(root, "fix", "--apply", *TIMEOUTS, "app/a.py")
    assert "Fixed 1 finding in 1 patch." in ran.out
    assert (root / "app/b.py").read_text() == OLD


def test_the_review_in_lines_goes_through_what_changed(
    root: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(root, {"app/a.py": OLD + NEW})
    monkeypatch.setattr(sys, "stdin", io.StringIO("q\n"))
    ran = run(root, "review", "--plain", *TIMEOUTS, "--since", "main")
    assert "Scanning 1 file for lines changed since main." in ran.out
    assert "app/a.py:9" in ran.out
    assert "Open: 1 finding." in ran.out


@pytest.mark.parametrize("command", ["scan", "fix", "review --plain", ""])
@pytest.mark.parametrize("revision", ["nope", ""])
def test_an_unknown_revision_is_two_and_one_line(root: Path, run: Run, command: str, revision: str) -> None:
    ran = run(root, *command.split(), "--since", revision)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err == f"harden: --since {revision or repr('')}: git knows no such commit.\n"


def test_wrong_use(root: Path, run: Run, tmp_path: Path) -> None:
    assert (
        run(root, "--since", "main", "checks").err
        == "harden: --since is for scan, fix, review and the app.\n"
    )
    assert "expected one argument" in run(root, "scan", "--since").err
    plain = write(tmp_path / "plain", {"a.py": ""})
    ran = run(plain, "scan", "--since", "main")
    assert (ran.code, ran.err.count("\n")) == (2, 1)
    assert ran.err.endswith("plain is not a git repository.\n")
    ran = run(root, "scan", "app", plain)
    assert (ran.code, ran.err) == (2, f"harden: {plain} is not in {root}; scan one repository at a time.\n")


def test_paths_without_a_command_are_scanned_where_nobody_looks(root: Path, run: Run) -> None:
    assert places(run(root, "app/a.py", "jobs").out) == ["app/a.py:5:12", "jobs/c.py:5:12"]
    write(root, {"app/b.py": OLD + NEW})
    assert places(run(root, "--since", "main", "app").out) == ["app/b.py:9:12"]
    assert places(run(root, "--since", "main").out) == ["app/b.py:9:12"]
    write(root, {"scan/x.py": OLD, "undoo": ""})
    assert len(places(run(root, "scan").out)) == 5
    assert places(run(root, "./scan").out) == ["scan/x.py:5:12"]
    assert "invalid choice: 'sacn'" in run(root, "sacn").err


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_the_app_is_given_the_scope(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[object] = []

    def run_app(root: Path, **named: object) -> int:
        given.append(named)
        return 0

    monkeypatch.setattr("harden.tui.app.run", run_app)
    monkeypatch.setattr("sys.stdin", _Terminal())
    monkeypatch.setattr("sys.stdout", _Terminal())
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.chdir(root)
    for arguments in (["--since", "main"], ["app"], ["review", "app", "--since=main"]):
        assert cli.main(arguments) == 0
    assert given == [
        {"ascii": False, "paths": [], "since": "main"},
        {"ascii": False, "paths": ["app"], "since": None},
        {"ascii": False, "paths": ["app"], "since": "main"},
    ]
