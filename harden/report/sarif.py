"""SARIF 2.1.0, the format of code-scanning services.

Source: https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
"""

from __future__ import annotations

import json
import os
from urllib.parse import quote

from harden import __version__
from harden.checks import Check
from harden.findings import Finding, Problem, Severity, Span
from harden.pages import markdown, page_of
from harden.registry import checks
from harden.report.scanned import Scanned

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_LEVELS = {Severity.HIGH: "error", Severity.MEDIUM: "warning", Severity.LOW: "note"}
_SECURITY = {Severity.HIGH: "8.0", Severity.MEDIUM: "5.5", Severity.LOW: "3.0"}


def render(scanned: Scanned) -> str:
    """Return a log with one run; ignored findings carry a suppression."""
    known = list(checks().values())
    index = {check.id: at for at, check in enumerate(known)}
    results = [_result(finding, index) for finding in scanned.findings]
    results += [{**_result(finding, index), **_suppression(finding, why)} for finding, why in scanned.ignored]
    driver = {"name": "harden", "version": __version__, "rules": [_rule(check) for check in known]}
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "invocations": [
            {
                "executionSuccessful": True,
                "toolExecutionNotifications": [_notification(problem) for problem in scanned.problems],
            }
        ],
        "results": results,
    }
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2) + "\n"


def _rule(check: Check) -> dict[str, object]:
    page = page_of(check)
    properties: dict[str, object] = {"tags": [check.stage], "fix": check.fix.risk.value}
    if check.stage == "security":
        properties |= {"tags": ["security"], "security-severity": _SECURITY[check.severity]}
    return {
        "id": check.id,
        "shortDescription": {"text": check.title},
        "fullDescription": {"text": page.lead},
        "help": {"text": page.text or page.lead, "markdown": markdown(check)},
        "defaultConfiguration": {"level": _LEVELS[check.severity]},
        "properties": properties,
    }


def _result(finding: Finding, index: dict[str, int]) -> dict[str, object]:
    return {
        "ruleId": finding.check,
        "ruleIndex": index[finding.check],
        "level": _LEVELS[finding.severity],
        "message": {"text": f"{finding.message}, {finding.way}" if finding.way else finding.message},
        "locations": [_location(finding.path, finding.span)],
        "partialFingerprints": {"harden/v1": finding.fingerprint},
    }


def _suppression(finding: Finding, reason: str) -> dict[str, object]:
    kind = "inSource" if finding.suppressed else "external"
    return {"suppressions": [{"kind": kind, "justification": reason}]}


def _location(path: str, span: Span) -> dict[str, object]:
    region = {
        "startLine": span.line,
        "startColumn": span.column + 1,
        "endLine": span.end_line,
        "endColumn": span.end_column + 1,
    }
    return {"physicalLocation": {"artifactLocation": {"uri": _uri(path)}, "region": region}}


def _uri(path: str) -> str:
    return quote(os.fsencode(path))


def _notification(problem: Problem) -> dict[str, object]:
    place: dict[str, object] = {"artifactLocation": {"uri": _uri(problem.path)}}
    if problem.line:
        place["region"] = {"startLine": problem.line}
    return {
        "level": "warning",
        "message": {"text": problem.reason},
        "locations": [{"physicalLocation": place}],
    }
