"""The report for people: one line per finding, for grep and editors that jump to `path:line:column`."""

from __future__ import annotations

from harden.findings import Finding
from harden.printable import printable
from harden.registry import checks
from harden.report.scanned import Scanned
from harden.words import plural


def render(scanned: Scanned) -> str:
    """Return the report with its summary as last line."""
    lines = [_line(finding) for finding in scanned.findings]
    lines += [
        printable(f"{problem.place}: could not check: {problem.reason}") for problem in scanned.problems
    ]
    return "\n".join([*lines, "", summary(scanned)] if lines else [summary(scanned)]) + "\n"


def summary(scanned: Scanned) -> str:
    """Return one sentence on the whole scan."""
    where = f"{plural(scanned.files, 'file')} in {scanned.seconds:.1f} s"
    if scanned.changed_since:
        where += printable(f", on lines changed since {scanned.changed_since}")
    if scanned.findings:
        fixable = sum(finding.fixable for finding in scanned.findings)
        text = (
            f"{plural(len(scanned.findings), 'finding')} ({scanned.counts()}) in {where}; {fixable} fixable"
        )
    else:
        text = f"No findings in {where}"
    if scanned.ignored:
        text += f"; {len(scanned.ignored)} ignored"
    if scanned.problems:
        text += f"; {plural(len(scanned.problems), 'place')} could not be checked"
    return text + "."


def _line(finding: Finding) -> str:
    mark = checks()[finding.check].fix.risk.value if finding.fixable else "guide"
    place = f"{finding.path}:{finding.span.line}:{finding.span.column + 1}:"
    way = f" ({finding.way})" if finding.way else ""
    return printable(f"{place} {finding.severity.letter} {finding.check} [{mark}] {finding.message}{way}")
