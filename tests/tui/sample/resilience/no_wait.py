"""A call waits for ever.

The peer says nothing, and the worker is lost.

Flagged:

    fetch(url)

Fixed:

    fetch(url, wait=10)

When to ignore: a person watches.

References: https://example.org/waiting
"""

import ast
from collections.abc import Iterator

from harden.checks import Check, Fix
from harden.findings import Finding, Risk, Severity
from harden.module import Module, keyword

check = Check(
    id="no-wait",
    title="Call without limit",
    severity=Severity.HIGH,
    fix=Fix("sample.codemods:AddWait", Risk.REVIEW),
)


@check.call("peer.fetch")
def fetch(module: Module, call: ast.Call, path: str) -> Iterator[Finding]:
    """Flag calls without `wait`."""
    if keyword(call, "wait") is None:
        why_not = "The arguments are packed." if any(isinstance(a, ast.Starred) for a in call.args) else ""
        yield check.found(module, call, f"{path} waits for ever", why_not=why_not)
