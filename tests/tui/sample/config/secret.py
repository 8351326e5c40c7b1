"""A secret lies in the code.

Everyone who reads the code knows it.

Flagged:

    API_KEY = "abc"

Fixed:

    API_KEY = os.environ["API_KEY"]

When to ignore: the value is public.
"""

import ast
from collections.abc import Iterator

from harden.checks import Check
from harden.findings import Finding, Severity
from harden.module import Module

check = Check(id="hardcoded-secret", title="Secret in the code", severity=Severity.HIGH, secret=True)


@check.node(ast.Assign)
def secret(module: Module, node: ast.AST) -> Iterator[Finding]:
    """Flag names that end in KEY."""
    if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]).endswith("KEY"):
        yield check.found(module, node, "a key stands in the code")
