"""A slow peer holds the worker for ever.

requests has no default timeout: when the peer accepts the connection and then says nothing, the call
never returns. A handful of such calls takes every worker of the service with it.

Flagged:

    import requests


    def charge(order):
        response = requests.post("https://pay.example/charge", json=order)
        response.raise_for_status()

Fixed:

    import requests


    def charge(order):
        response = requests.post("https://pay.example/charge", json=order, timeout=10)
        response.raise_for_status()

Fine:

    import requests


    def charge(order, **options):
        requests.post("https://pay.example/charge", json=order, timeout=3)
        requests.get("https://pay.example/state", **options)

When to ignore: the call runs in a script that a person watches.

References: https://requests.readthedocs.io/en/latest/user/advanced/#timeouts
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from harden.checks import Check, Fix
from harden.findings import Finding, Risk, Severity
from harden.module import Module, has_star_arguments, is_literal, keyword

check = Check(
    id="http-timeout",
    title="HTTP call without timeout",
    severity=Severity.HIGH,
    fix=Fix("harden.codemods.timeouts:AddTimeout", Risk.REVIEW),
    codes=frozenset({"S113", "B113"}),
)

_METHODS = ("get", "post", "put", "patch", "delete", "head", "options", "request")


@check.call(*(f"requests.{m}" for m in _METHODS), *(f"requests.Session.{m}" for m in _METHODS))
def requests_call(module: Module, call: ast.Call, path: str) -> Iterator[Finding]:
    """Flag requests calls with no timeout, or with `timeout=None`."""
    timeout = keyword(call, "timeout")
    if (timeout is None and not has_star_arguments(call)) or is_literal(timeout, None):
        name = path.rpartition(".")[2]
        yield check.found(module, call, f"requests.{name}() waits for ever", facts={"keyword": "timeout"})
