"""Every environment variable is text, and the text `False` is true.

`bool(os.getenv("DEBUG", "False"))` is True, `if os.getenv("USE_CACHE"):` holds for `USE_CACHE=0`, and
`os.getenv("SECURE") == True` is never true. The switch cannot be turned off (or on), and the one who sets
the variable believes that it can.

Tests for presence are left out: a variable without a yes-or-no name and without a yes-or-no default.

Flagged:

    import os

    DEBUG = bool(os.getenv("DEBUG", "False"))
    SECURE = os.getenv("SECURE_COOKIES") == True

    if os.environ.get("USE_CACHE", False):
        print("cached")

Fixed:

    import os

    DEBUG = os.getenv("DEBUG", "False").lower() in {"1", "true", "yes", "on"}
    SECURE = os.getenv("SECURE_COOKIES", "").lower() in {"1", "true", "yes", "on"}

    if os.environ.get("USE_CACHE", "False").lower() in {"1", "true", "yes", "on"}:
        print("cached")

Fine:

    import os

    DEBUG = os.getenv("DEBUG", "False") == "True"
    VERBOSE = os.getenv("VERBOSE", "0").lower() in ("1", "true")
    HAS_KEY = bool(os.getenv("API_KEY"))
    PORT = int(os.getenv("PORT", "8000"))
    WORKERS = bool(int(os.getenv("USE_WORKERS", "0")))

    if os.getenv("SENTRY_DSN"):
        print("reporting errors")

    if not os.environ.get("DATABASE_URL"):
        raise SystemExit("DATABASE_URL is missing")

When to ignore: the variable's mere presence is its meaning, and the documentation says so.

References: https://docs.python.org/3/library/os.html#os.getenv
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from harden.checks import Check, Fix
from harden.environment import READS, EnvRead, env_read
from harden.findings import Finding, Risk, Severity
from harden.module import Module, is_literal
from harden.words import words_of

check = Check(
    id="env-bool",
    title="Text from the environment taken for a yes or no",
    severity=Severity.MEDIUM,
    fix=Fix("harden.codemods.env_switch:ParseSwitch", Risk.AUTO),
)

_YES_NO = frozenset({"true", "false", "yes", "no", "on", "off", "0", "1"})
_FIRST = frozenset(
    {"enable", "use", "is", "disable", "allow", "should", "skip", "debug", "verbose", "with", "force"}
)
_LAST = frozenset({"enabled", "disabled", "debug", "verbose", "testing", "mode", "flag"})


@check.call("builtins.bool")
def cast_to_bool(module: Module, node: ast.Call, path: str) -> Iterator[Finding]:
    """Flag `bool(os.getenv("DEBUG"))`."""
    read = _switch(module, node.args[0]) if len(node.args) == 1 else None
    if read is not None:
        yield check.found(module, node, f"bool() of {read.name} is True for any text, `False` included")


@check.node(ast.Compare)
def compared_to_bool(module: Module, node: ast.AST) -> Iterator[Finding]:
    """Flag `os.getenv("DEBUG") == True`."""
    if (
        not isinstance(node, ast.Compare)
        or len(node.ops) != 1
        or not isinstance(node.ops[0], ast.Eq | ast.Is)
    ):
        return
    read = env_read(module, node.left)
    if read is not None and read.through_os and is_literal(node.comparators[0], True):
        yield check.found(module, node, f"{read.name} is text, which never equals True")


@check.call(*READS)
def used_as_condition(module: Module, node: ast.Call, path: str) -> Iterator[Finding]:
    """Flag `if os.getenv("DEBUG", "False"):` and switches kept unparsed."""
    read = _switch(module, node)
    if read is None:
        return
    parent = module.parents[node]
    tested = isinstance(parent, ast.If | ast.While | ast.IfExp | ast.Assert) and parent.test is node
    negated = isinstance(parent, ast.UnaryOp) and isinstance(parent.op, ast.Not)
    mixed = is_literal(read.default, False) or is_literal(read.default, True)
    if ((tested or negated) and read.default is not None) or (mixed and _is_kept(module, node, parent)):
        yield check.found(module, node, f"any text in {read.name} counts as yes, `False` included")


def _switch(module: Module, expr: ast.AST) -> EnvRead | None:
    """Return the read of a variable that is a yes-or-no switch by its default or its name."""
    read = env_read(module, expr)
    if read is None or not read.through_os:
        return None
    if read.default is None or is_literal(read.default, None):
        words = words_of(read.name)
        is_switch = bool(words) and (words[0] in _FIRST or words[-1] in _LAST)
        return read if is_switch and "key" not in words and "url" not in words else None
    if isinstance(read.default, ast.Constant) and isinstance(read.default.value, bool | str):
        return read if str(read.default.value).lower() in _YES_NO else None
    return None


def _is_kept(module: Module, node: ast.AST, parent: ast.AST) -> bool:
    """Tell whether a switch is passed on or stored as it is, and nothing parses it later."""
    if isinstance(parent, ast.keyword):
        return parent.arg in ("debug", "reload", "echo", "verify", "secure", "use_reloader", "testing")
    match parent:
        case ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name)):
            uses = [use for use in module.nodes(ast.Name) if use.id == name and isinstance(use.ctx, ast.Load)]
            others = [use for use in module.nodes(ast.Attribute) if use.attr == name]
            return not any(_is_parsed(module, use) for use in [*uses, *others])
        case ast.Assign(targets=[ast.Subscript(value=ast.Attribute(attr="config"))]):
            return True
    return False


def _is_parsed(module: Module, use: ast.expr) -> bool:
    return isinstance(module.parents.get(use), ast.Compare | ast.Attribute | ast.Call)
