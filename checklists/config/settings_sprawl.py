"""A variable falls back on different values in different places.

Each file reads the environment for itself and has a default of its own. Where the variable is missing,
one half of the program believes in twenty rows a page and the other in fifty, one talks to the cache of
the laptop and the other to none. Nobody decided that, and no file shows which variables there are, what
they mean, and which of them have to be set. Read each variable once, in one settings module, convert and
check it there, and import the result.

Flagged is a variable that modules of one program read with different defaults, at the first of them.
Values that mean the same (`"0"`, `"False"`, nothing) are no difference. Reads that demand the variable,
variables that every system sets, programs of different top-level packages, scripts, tests and settings
for development are left out.

Flagged:

    import os

    from flask import Flask

    app = Flask(__name__)
    app.config["PAGE_SIZE"] = int(os.getenv("PAGE_SIZE", "20"))


    def export():
        return int(os.getenv("PAGE_SIZE", "500"))

Fixed:

    import os

    from flask import Flask

    app = Flask(__name__)
    app.config["PAGE_SIZE"] = int(os.getenv("PAGE_SIZE", "20"))


    def export():
        return app.config["PAGE_SIZE"]

Fine:

    import os

    PAGE_SIZE = int(os.getenv("PAGE_SIZE", "20"))
    DEBUG = os.getenv("DEBUG", "False") == "True"
    IS_LOUD = os.getenv("DEBUG", "0") == "1"


    def first_page():
        return int(os.environ.get("PAGE_SIZE", "20"))


    def url():
        return os.environ["DATABASE_URL"] or os.getenv("DATABASE_URL", "postgresql:///shop")

Pattern (pydantic_settings):

    # settings.py; elsewhere: from settings import settings
    from pydantic_settings import BaseSettings


    class Settings(BaseSettings):
        database_url: str
        page_size: int = 20


    settings = Settings()

Pattern (django):

    # settings.py; elsewhere: from django.conf import settings
    import os

    PAGE_SIZE = int(os.getenv("PAGE_SIZE", "20"))

Pattern:

    # settings.py; elsewhere: from settings import settings
    import os
    from dataclasses import dataclass


    @dataclass(frozen=True)
    class Settings:
        database_url: str
        page_size: int


    settings = Settings(
        database_url=os.environ["DATABASE_URL"],
        page_size=int(os.getenv("PAGE_SIZE", "20")),
    )

When to ignore: the two places mean different things by the variable; then give it two names.

References:

    https://12factor.net/config
    https://docs.pydantic.dev/latest/concepts/pydantic_settings/
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from harden.checks import Check
from harden.env_defaults import DefaultRead, default_reads, elsewhere
from harden.findings import Finding, Severity
from harden.module import Module
from harden.roles import FileKind

check = Check(
    id="settings-sprawl",
    title="Different defaults for one variable",
    severity=Severity.LOW,
    words=("environ", "getenv", "config(", "env(", "env."),
    kinds=frozenset({FileKind.APP}),
    scaffold="harden.codemods.settings_module:SettingsModule",
)

_SYSTEM = frozenset(
    {"PATH", "HOME", "USER", "PWD", "SHELL", "TEMP", "TMPDIR", "HOSTNAME", "LANG", "TZ", "EDITOR"}
)


@check.module
def different_defaults(module: Module) -> Iterator[Finding]:
    """Flag the first of the reads of a variable that fall back on different values."""
    told: set[str] = set()
    for read in default_reads(module):
        if read.name in told or read.name in _SYSTEM:
            continue
        told.add(read.name)
        other = _first_other(module, read)
        if other is not None:
            message = f"{read.name} falls back on {_words(other)} at {other.place}"
            yield check.found(module, read.node, message)


def _words(other: DefaultRead) -> str:
    return "nothing" if other.default is None else "another value"


def _are_branches(module: Module, one: ast.AST, other: ast.AST) -> bool:
    """Tell whether one of two reads stands under a condition that the other does not stand under."""
    return _conditions(module, one) != _conditions(module, other)


def _conditions(module: Module, node: ast.AST) -> set[tuple[ast.AST, bool]]:
    """Return the choices around a node, each with whether the node is what is chosen first."""
    found: set[tuple[ast.AST, bool]] = set()
    child = node
    for outer in module.ancestors(node):
        if isinstance(outer, ast.match_case):
            found.add((outer, True))
        elif isinstance(outer, ast.If) and not isinstance(outer.test, ast.Constant):
            found.add((outer, child in outer.body))
        elif isinstance(outer, ast.IfExp):
            found.add((outer, child is outer.body))
        child = outer
    return found


def _first_other(module: Module, read: DefaultRead) -> DefaultRead | None:
    """Return a later read that falls back on something else; None also where another file has the first."""
    own = [
        one
        for one in default_reads(module, read.name)
        if one.means != read.means and not _are_branches(module, read.node, one.node)
    ]
    others = sorted(elsewhere(module, read.name), key=lambda one: one.place)
    if any(one.module.path < module.path for one in others):
        return None
    differing = [*own, *(one for one in others if one.means != read.means)]
    return differing[0] if differing else None
