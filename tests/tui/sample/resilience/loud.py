"""A call shouts.

Flagged:

    shout(1)

Fixed:

    say(1)
"""

import ast
from collections.abc import Iterator

from harden.checks import Check, Fix
from harden.findings import Finding, Risk, Severity
from harden.module import Module

check = Check(
    id="loud", title="Loud call", severity=Severity.LOW, fix=Fix("sample.codemods:Quieten", Risk.AUTO)
)


@check.call("peer.shout")
def shout(module: Module, call: ast.Call, _path: str) -> Iterator[Finding]:
    """Flag every call."""
    yield check.found(module, call, "this is too loud")
