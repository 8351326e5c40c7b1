"""A finding and a problem as JSON records, the same in every machine-readable format."""

from __future__ import annotations

from dataclasses import asdict

from harden.findings import Finding, Problem, Severity, Span


def finding_record(finding: Finding) -> dict[str, object]:
    """Return a finding as plain data."""
    record = {name: getattr(finding, name) for name in Finding.__slots__}
    span = {name: getattr(finding.span, name) for name in Span.__slots__}
    facts, steps = dict(finding.facts), list(finding.steps)
    return {**record, "span": span, "severity": finding.severity.value, "facts": facts, "steps": steps}


def read_finding(record: dict[str, object]) -> Finding:
    """Make the finding back from its record."""
    span, steps, facts = record["span"], record["steps"], record["facts"]
    if not isinstance(span, dict) or not isinstance(steps, list) or not isinstance(facts, dict):
        raise TypeError("not a finding record")
    return Finding(
        check=str(record["check"]),
        path=str(record["path"]),
        span=Span(**span),
        message=str(record["message"]),
        severity=Severity(record["severity"]),
        fingerprint=str(record["fingerprint"]),
        scope=str(record["scope"]),
        fixable=bool(record["fixable"]),
        why_not=str(record["why_not"]),
        facts=facts,
        steps=tuple(steps),
        suppressed=str(record["suppressed"]),
        reached=str(record["reached"]),
    )


def problem_record(problem: Problem) -> dict[str, object]:
    """Return a problem as plain data."""
    return asdict(problem)


def read_problem(record: dict[str, object]) -> Problem:
    """Make the problem back from its record."""
    line = record["line"]
    return Problem(
        path=str(record["path"]),
        line=line if isinstance(line, int) else 0,
        reason=str(record["reason"]),
        check=str(record["check"]),
        details=str(record["details"]),
    )
