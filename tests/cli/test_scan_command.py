"""`harden scan`: exit codes, paths, formats."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import jsonschema  # type: ignore[import-untyped]
import pytest

from harden.findings import Finding, Problem, Severity, Span
from harden.report import jsonl
from harden.scan import FileResult
from tests.given import git, repository, write

if TYPE_CHECKING:
    from tests.cli.conftest import Run

BAD = 'import requests\n\nrequests.get("https://example.com/")\n'
GOOD = 'import requests\n\nrequests.get("https://example.com/", timeout=3).raise_for_status()\n'
LINE = "app/bad.py:3:1: H http-timeout [review] requests.get() waits for ever"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return repository(tmp_path / "repo", {"app/bad.py": BAD, "app/good.py": GOOD, "README.md": "x\n"})


def timeouts(text: str) -> list[str]:
    return [line for line in text.splitlines() if "http-timeout" in line]


def test_findings_are_one(root: Path, run: Run) -> None:
    ran = run(root, "scan", "--check", "http-timeout")
    assert ran.code == 1
    assert ran.out.splitlines()[0] == LINE
    assert ran.out.splitlines()[-1].startswith("1 finding (1 high) in ")
    assert ran.err == ""


def test_nothing_found_is_zero(root: Path, run: Run) -> None:
    ran = run(root, "scan", "app/good.py")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.startswith("No findings in 1 file in ")


def test_only_unreadable_files_is_two(tmp_path: Path, run: Run) -> None:
    ran = run(write(tmp_path, {"broken.py": "x = 1\ndef (:\n"}), "scan")
    assert ran.code == 2
    assert ran.out.startswith("broken.py:2: could not check: does not parse: invalid syntax\n")
    assert "1 place could not be checked" in ran.out
    write(tmp_path, {"bad.py": BAD})
    assert run(tmp_path, "scan").code == 1


def test_severity(root: Path, run: Run) -> None:
    write(root, {"harden.toml": 'severity = "high"\n', "app/bad.py": "def f(x=[]):\n    x.append(1)\n"})
    assert run(root, "scan", "--check", "mutable-default").code == 0
    assert run(root, "scan", "--check", "mutable-default", "--severity", "low").code == 1
    assert run(root, "scan", "--severity", "dire").code == 2


@pytest.mark.parametrize(
    ("start", "arguments", "found"),
    [
        (".", [], True),
        (".", ["."], True),
        (".", ["app"], True),
        (".", ["app/"], True),
        (".", ["app/bad.py"], True),
        (".", ["app/good.py", "app/bad.py"], True),
        (".", ["app/good.py"], False),
        (".", ["README.md"], False),
        ("app", [], True),
        ("app", ["bad.py"], True),
        ("app", [".."], True),
        ("app", ["../app"], True),
        ("other", [], False),
        ("other", ["../app/bad.py"], True),
    ],
)
def test_paths(root: Path, run: Run, start: str, arguments: list[str], *, found: bool) -> None:
    write(root, {"other/x.py": ""})
    ran = run(root / start, "scan", "--check", "http-timeout", *arguments)
    assert timeouts(ran.out) == ([LINE] if found else [])
    assert ran.code == found


def test_absolute_paths(root: Path, run: Run, tmp_path: Path) -> None:
    assert timeouts(run(tmp_path, "scan", root).out) == [LINE]
    assert timeouts(run(tmp_path, "scan", root / "app/bad.py").out) == [LINE]


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["missing.py"], "missing.py: no such file or directory"),
        (["app", "missing.py"], "missing.py: no such file or directory"),
        (["app", "/"], "scan one repository at a time"),
        (["--check", "http-timout"], "There is no check 'http-timout'. Did you mean http-timeout"),
        (["--check", "zzz"], "`harden checks` lists them all."),
        (["--stage", "zzz"], "There is no stage 'zzz'. Stages: "),
        (["--output", "/nowhere/report"], "/nowhere/report cannot be written: No such file or directory"),
        (["--format", "pdf"], "invalid choice: 'pdf'"),
        (["--colour"], "unrecognized arguments: --colour"),
    ],
)
def test_wrong_use_is_two_and_one_line(root: Path, run: Run, arguments: list[str], line: str) -> None:
    ran = run(root, "scan", *arguments)
    assert ran.code == 2
    assert ran.out == ""
    assert line in ran.err.splitlines()[-1]


def test_a_named_file_is_scanned_although_git_ignores_it(root: Path, run: Run) -> None:
    write(root, {".gitignore": "secret/\n", "secret/bad.py": BAD})
    assert "secret" not in run(root, "scan").out
    assert timeouts(run(root, "scan", "secret/bad.py").out) == [LINE.replace("app/", "secret/")]
    write(root, {"harden.toml": 'exclude = ["secret"]\n'})
    assert run(root, "scan", "secret/bad.py").code == 0


def test_stages_and_disabled_checks(root: Path, run: Run) -> None:
    write(root, {"harden.toml": 'disable = ["http-timeout"]\n'})
    assert timeouts(run(root, "scan").out) == []
    assert timeouts(run(root, "scan", "--stage", "resilience").out) == []
    assert timeouts(run(root, "scan", "--check", "http-timeout").out) == [LINE]


def test_ignored_findings_are_counted_apart(root: Path, run: Run) -> None:
    write(root, {"app/bad.py": BAD.replace('/")', '/")  # harden: ignore[http-timeout] a script')})
    ran = run(root, "scan", "--check", "http-timeout")
    assert ran.code == 0
    assert "; 1 ignored." in ran.out


def test_an_empty_folder_and_a_repository_without_commits(tmp_path: Path, run: Run) -> None:
    assert run(tmp_path, "scan").out.startswith("No findings in 0 files")
    git(tmp_path, "init", "-q")
    assert run(tmp_path, "scan").code == 0


def test_no_command_without_a_terminal_is_a_scan(root: Path, run: Run) -> None:
    assert timeouts(run(root).out) == [LINE]


# Formats


def test_json(root: Path, run: Run) -> None:
    write(root, {"app/broken.py": "def (:\n", "app/quiet.py": BAD.replace('/")', '/")  # noqa: S113')})
    report = json.loads(run(root, "scan", "--check", "http-timeout", "--format", "json").out)
    assert set(report) == {"harden", "since", "findings", "ignored", "problems", "files", "seconds"}
    (finding,) = report["findings"]
    assert finding["span"] == {"line": 3, "column": 0, "end_line": 3, "end_column": 36}
    assert (finding["path"], finding["severity"]) == ("app/bad.py", "high")
    assert [item["reason"] for item in report["ignored"]] == ["noqa: S113"]
    assert [item["path"] for item in report["problems"]] == ["app/broken.py"]
    assert report["files"] == 4


TEXT = {"type": "object", "required": ["text"], "properties": {"text": {"type": "string", "minLength": 1}}}
LEVEL = {"enum": ["none", "note", "warning", "error"]}
POSITION = {"type": "integer", "minimum": 1}
LOCATION = {
    "type": "object",
    "required": ["physicalLocation"],
    "properties": {
        "physicalLocation": {
            "type": "object",
            "required": ["artifactLocation"],
            "additionalProperties": False,
            "properties": {
                "artifactLocation": {
                    "type": "object",
                    "required": ["uri"],
                    "properties": {"uri": {"type": "string", "pattern": r"^[A-Za-z0-9._~/%-]+$"}},
                },
                "region": {
                    "type": "object",
                    "required": ["startLine"],
                    "additionalProperties": False,
                    "properties": dict.fromkeys(
                        ("startLine", "startColumn", "endLine", "endColumn"), POSITION
                    ),
                },
            },
        }
    },
}
SARIF = {
    "type": "object",
    "required": ["$schema", "version", "runs"],
    "additionalProperties": False,
    "properties": {
        "$schema": {"const": "https://json.schemastore.org/sarif-2.1.0.json"},
        "version": {"const": "2.1.0"},
        "runs": {"type": "array", "minItems": 1, "maxItems": 1, "items": {"$ref": "#/$defs/run"}},
    },
    "$defs": {
        "run": {
            "type": "object",
            "required": ["tool", "results"],
            "additionalProperties": False,
            "properties": {
                "tool": {
                    "type": "object",
                    "required": ["driver"],
                    "properties": {
                        "driver": {
                            "type": "object",
                            "required": ["name", "version", "rules"],
                            "properties": {"rules": {"type": "array", "items": {"$ref": "#/$defs/rule"}}},
                        }
                    },
                },
                "columnKind": {"enum": ["utf16CodeUnits", "unicodeCodePoints"]},
                "invocations": {
                    "type": "array",
                    "items": {
                        "type": "object",
                        "required": ["executionSuccessful"],
                        "properties": {
                            "toolExecutionNotifications": {
                                "type": "array",
                                "items": {
                                    "type": "object",
                                    "required": ["message"],
                                    "properties": {
                                        "message": TEXT,
                                        "level": LEVEL,
                                        "locations": {"type": "array", "items": LOCATION},
                                    },
                                },
                            }
                        },
                    },
                },
                "results": {"type": "array", "items": {"$ref": "#/$defs/result"}},
            },
        },
        "rule": {
            "type": "object",
            "required": ["id", "shortDescription", "fullDescription", "help", "defaultConfiguration"],
            "properties": {
                "id": {"type": "string"},
                "shortDescription": TEXT,
                "fullDescription": TEXT,
                "help": {"type": "object", "required": ["text", "markdown"]},
                "defaultConfiguration": {"type": "object", "properties": {"level": LEVEL}},
                "properties": {
                    "type": "object",
                    "properties": {
                        "tags": {"type": "array", "uniqueItems": True, "items": {"type": "string"}},
                        "security-severity": {"type": "string", "pattern": r"^\d+\.\d$"},
                    },
                },
            },
        },
        "result": {
            "type": "object",
            "required": ["ruleId", "ruleIndex", "level", "message", "locations", "partialFingerprints"],
            "additionalProperties": False,
            "properties": {
                "ruleId": {"type": "string"},
                "ruleIndex": {"type": "integer", "minimum": 0},
                "level": LEVEL,
                "message": TEXT,
                "locations": {"type": "array", "minItems": 1, "items": LOCATION},
                "partialFingerprints": {"type": "object", "additionalProperties": {"type": "string"}},
                "suppressions": {
                    "type": "array",
                    "items": {
                        "type": "object",
                        "required": ["kind"],
                        "properties": {"kind": {"enum": ["inSource", "external"]}},
                    },
                },
            },
        },
    },
}
"""What we write of SARIF 2.1.0, word for word as its specification has it."""


def test_sarif(root: Path, run: Run) -> None:
    files = {
        "app/broken.py": "def (:\n",
        "app/quiet.py": BAD.replace('/")', '/")  # nosec'),
        "app/a b/ü.py": BAD,
    }
    write(root, files)
    report = root / "report.sarif"
    ran = run(root, "scan", "--check", "http-timeout", "--format", "sarif", "--output", report)
    assert (ran.code, ran.out) == (1, "")
    log = json.loads(report.read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator(SARIF).validate(log)
    (made,) = log["runs"]
    rules, results = made["tool"]["driver"]["rules"], made["results"]
    assert all(rules[result["ruleIndex"]]["id"] == result["ruleId"] for result in results)
    places = [result["locations"][0]["physicalLocation"] for result in results]
    assert [place["artifactLocation"]["uri"] for place in places] == [
        "app/a%20b/%C3%BC.py",
        "app/bad.py",
        "app/quiet.py",
    ]
    assert places[1]["region"] == {"startLine": 3, "startColumn": 1, "endLine": 3, "endColumn": 37}
    assert [result.get("suppressions", [{}])[0].get("kind") for result in results] == [None, None, "inSource"]
    (notification,) = made["invocations"][0]["toolExecutionNotifications"]
    assert notification["message"]["text"].startswith("does not parse")


def test_jsonl_is_read_as_it_was_written(root: Path, run: Run) -> None:
    write(root, {"app/broken.py": "def (:\n"})
    ran = run(root, "scan", "--check", "http-timeout", "--format", "jsonl")
    assert ran.code == 1
    events = [jsonl.read(line) for line in ran.out.splitlines()]
    assert events[0] == jsonl.Start(3)
    assert isinstance(events[-1], jsonl.Done)
    files = [event for event in events if isinstance(event, FileResult)]
    assert [event.path for event in files] == ["app/bad.py", "app/broken.py", "app/good.py"]
    assert [jsonl.read(jsonl.write(event)) for event in events] == events
    assert run(root, "scan", "app/good.py", "--format", "jsonl").code == 0
    high = run(root, "scan", "--severity", "high", "--format", "jsonl", "--output", root / "events")
    assert high.out == ""
    assert len((root / "events").read_text().splitlines()) >= 5


def test_every_part_of_a_finding_survives_jsonl() -> None:
    finding = Finding(
        "id",
        "p\udce9.py",
        Span(1, 2, 3, 4),
        "m\u2028",
        Severity.LOW,
        "print",
        "a.b",
        False,
        "no",
        {"k": "v"},
        ("s",),
        "x",
    )
    event = FileResult("p\udce9.py", (finding,), (Problem("p", 3, "r", "c", "d"),))
    line = jsonl.write(event)
    assert len(line.splitlines()) == 1
    back = jsonl.read(line)
    assert back == event
    assert isinstance(back, FileResult)
    assert back.findings[0].facts == {"k": "v"}


@pytest.mark.parametrize(
    "line",
    [
        "",
        "x",
        "[]",
        "3",
        '{"kind": "other"}',
        '{"kind": "file", "path": "a", "findings": [{}], "problems": []}',
    ],
)
def test_what_is_no_event_is_refused(line: str) -> None:
    with pytest.raises(ValueError, match=r"not an event|Expecting"):
        jsonl.read(line)


def test_explain_and_checks(root: Path, run: Run) -> None:
    page = run(root, "explain", "http-timeout")
    assert page.code == 0
    assert page.out.startswith("# HTTP call without timeout\n")
    assert run(root, "explain", "nothing").code == 2
    assert "http-timeout" in run(root, "checks").out
    listed = json.loads(run(root, "checks", "--format", "json", "--stage", "resilience").out)
    assert {check["stage"] for check in listed} == {"resilience"}
    assert run(root, "checks", "--stage", "nothing").code == 2
    assert run(root, "--version").out.startswith("harden ")
    assert run(root, "--help").code == 0
