"""Where the variable is missing, the service starts with a secret that everyone can read.

A fallback for a signing key or a password is meant for the laptop. In production it hides the mistake:
the variable is misspelt or lost in a deployment, the service starts all the same, and every session and
token is signed with a string from the repository. A missing secret has to stop the start.

An empty fallback is flagged for signing keys only: services without a password do exist. Django refuses an
empty SECRET_KEY by itself.
Fallbacks under `if DEBUG:` and in settings for development or tests are left out.

Flagged:

    import os

    SECRET_KEY = os.getenv("SECRET_KEY", "dev-secret-key")
    JWT_SECRET = os.environ.get("JWT_SECRET") or "change-me"

Fixed:

    import os

    SECRET_KEY = os.environ["SECRET_KEY"]
    JWT_SECRET = os.environ["JWT_SECRET"]

Flagged (app/settings.py):

    from decouple import config

    SECRET_KEY = config("SECRET_KEY", default="insecure-default-key")

Fixed (app/settings.py):

    from decouple import config

    SECRET_KEY = config("SECRET_KEY")

Fine:

    import os
    import secrets

    SECRET_KEY = os.environ["SECRET_KEY"]
    API_TOKEN = os.getenv("API_TOKEN")
    REDIS_PASSWORD = os.getenv("REDIS_PASSWORD", "")
    PASSWORD_HASHER = os.getenv("PASSWORD_HASHER", "argon2")
    TOKEN_URL = os.getenv("TOKEN_URL", "https://auth.example/token")
    SESSION_KEY = os.getenv("SESSION_KEY", secrets.token_hex(32))
    DATABASE_URL = os.getenv("DATABASE_URL", "sqlite:///app.db")

When to ignore: the program runs on one person's machine only.

References: https://12factor.net/config
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from harden.checklists.secret_evidence import Place, has_credentials, is_secret, kind_of, known_shape
from harden.checks import Check, Fix
from harden.environment import READS, EnvRead, env_read, is_playground
from harden.findings import Finding, Risk, Severity
from harden.module import Module

check = Check(
    id="secret-default",
    title="Fallback for a missing secret",
    severity=Severity.HIGH,
    fix=Fix("harden.codemods.env_config:RequireVariable", Risk.REVIEW),
    codes=frozenset({"S105", "B105"}),
    secret=True,
)


_APP_KEY = re.compile(
    r"(\w+_)?JWT_SECRET(_KEY)?|((FLASK|DJANGO|APP)_)?SECRET_KEY|(APP|SESSION)_SECRET|SIGNING_KEY"
)
_DJANGO = frozenset({"INSTALLED_APPS", "ROOT_URLCONF", "MIDDLEWARE"})
_OWN_SETTINGS = re.compile(r"(?i)(app_?|self_?|_)?(config|conf|cfg|settings)")
_OWN_READER = re.compile(r"(get_?|read_?)?env(iron|_?secret|_?var|_?str)?|getenv|get_(secret|setting|config)")


@check.call(*READS)
def read_with_default(module: Module, node: ast.Call, path: str) -> Iterator[Finding]:
    """Flag a secret read from the environment with a literal to fall back on."""
    read = env_read(module, node)
    if read is not None and read.default is not None and _is_insecure(module, node, read, read.default):
        yield check.found(module, node, _message(read), facts={"env": read.name, **_reader(read)})


@check.node(ast.Call)
def own_reader_with_default(module: Module, node: ast.AST) -> Iterator[Finding]:
    """Flag the same through a function of the project's own, such as `get_env("SECRET_KEY", "dev")`."""
    match node:
        case ast.Call(
            func=ast.Attribute(value=owner, attr="get"), args=[ast.Constant(value=str() as name), default]
        ):
            last = owner.attr if isinstance(owner, ast.Attribute) else getattr(owner, "id", "")
            read = EnvRead(name, default, False)
            is_own = bool(_OWN_SETTINGS.fullmatch(last)) and env_read(module, node) is None
            if is_own and _is_insecure(module, node, read, default):
                why = "Have the program stop where the setting is missing."
                yield check.found(module, node, _message(read), why_not=why)
        case ast.Call(
            func=ast.Name(id=function), args=[ast.Constant(value=str() as name), ast.expr() as default]
        ):
            read = EnvRead(name, default, False)
            if not _OWN_READER.fullmatch(function) or env_read(module, node) is not None:
                return
            if name.isupper() and _is_insecure(module, node, read, default):
                why = f"{function}() is the project's own: have it raise where the variable is missing."
                yield check.found(module, node, _message(read), why_not=why)


@check.node(ast.BoolOp)
def read_or_literal(module: Module, node: ast.AST) -> Iterator[Finding]:
    """Flag `os.getenv("SECRET_KEY") or "literal"`."""
    if not isinstance(node, ast.BoolOp) or not isinstance(node.op, ast.Or) or len(node.values) != 2:
        return
    read = env_read(module, node.values[0])
    if read is not None and _is_insecure(module, node, read, node.values[1]):
        yield check.found(module, node, _message(read), facts={"env": read.name, **_reader(read)})


@check.call("os.environ.setdefault")
def set_default(module: Module, call: ast.Call, path: str) -> Iterator[Finding]:
    """Flag a literal put into the environment where a secret is missing."""
    match call.args:
        case [ast.Constant(value=str() as name), ast.expr() as default]:
            read = EnvRead(name, default, True)
            if _is_insecure(module, call, read, default):
                why = "Take the line out: what reads the variable then fails where it is missing."
                yield check.found(module, call, _message(read), why_not=why)


def _reader(read: EnvRead) -> dict[str, str]:
    return {} if read.through_os else {"reader": "own"}


def _message(read: EnvRead) -> str:
    return f"{read.name} falls back to a value in the code"


def _is_insecure(module: Module, node: ast.AST, read: EnvRead, default: ast.expr) -> bool:
    value = module.string(default)
    if value is None or is_playground(module, node):
        return False
    kind = kind_of(read.name)
    if not value or len(value) == value.count("-"):
        return bool(_APP_KEY.fullmatch(read.name)) and not _is_refused_by_django(module, value)
    return bool(
        is_secret(kind, read.name, value, Place.CONFIG) or has_credentials(value) or known_shape(value)
    )


def _is_refused_by_django(module: Module, value: str) -> bool:
    return not value and not _DJANGO.isdisjoint(module.names.scopes[module.tree].bindings)
