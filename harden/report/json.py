"""The report for scripts."""

from __future__ import annotations

import json

from harden import __version__
from harden.report.records import finding_record, problem_record
from harden.report.scanned import Scanned


def render(scanned: Scanned) -> str:
    """Return one JSON object: version, scope, findings, ignored, problems, files, seconds."""
    return (
        json.dumps(
            {
                "harden": __version__,
                "since": scanned.changed_since or None,
                "findings": [finding_record(finding) for finding in scanned.findings],
                "ignored": [
                    {**finding_record(finding), "reason": reason} for finding, reason in scanned.ignored
                ],
                "problems": [problem_record(problem) for problem in scanned.problems],
                "files": scanned.files,
                "seconds": round(scanned.seconds, 3),
            },
            indent=2,
        )
        + "\n"
    )
