"""A scan as it happens, one JSON object per line: what the app reads from its scanning process."""

from __future__ import annotations

import json
from dataclasses import dataclass

from harden.report.records import finding_record, problem_record, read_finding, read_problem
from harden.scan import FileResult


@dataclass(frozen=True, slots=True)
class Start:
    """The number of files that will be scanned, and what became of an interrupted run, line by line."""

    files: int
    recovered: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Done:
    """The number of files that were scanned, and the wall time in seconds."""

    files: int
    seconds: float


def write(event: Start | FileResult | Done) -> str:
    """Return an event as one line without its end."""
    match event:
        case Start(files, recovered):
            return json.dumps({"kind": "start", "files": files, "recovered": recovered})
        case Done(files, seconds):
            return json.dumps({"kind": "done", "files": files, "seconds": round(seconds, 3)})
        case FileResult():
            findings = [finding_record(finding) for finding in event.findings]
            problems = [problem_record(problem) for problem in event.problems]
            return json.dumps(
                {"kind": "file", "path": event.path, "findings": findings, "problems": problems}
            )


def read(line: str) -> Start | FileResult | Done:
    """Return the event that a line holds. Raises ValueError for anything else."""
    try:
        return _event(json.loads(line))
    except (KeyError, TypeError) as error:
        raise ValueError(f"not an event of a scan: {line[:80]}") from error


def _event(record: object) -> Start | FileResult | Done:
    match record:
        case {"kind": "start", "files": int(files), "recovered": list(recovered)}:
            return Start(files, tuple(map(str, recovered)))
        case {"kind": "done", "files": int(files), "seconds": seconds}:
            return Done(files, float(seconds))
        case {"kind": "file", "path": str(path), "findings": list(findings), "problems": list(problems)}:
            return FileResult(path, tuple(map(read_finding, findings)), tuple(map(read_problem, problems)))
    raise TypeError("no kind of event")
