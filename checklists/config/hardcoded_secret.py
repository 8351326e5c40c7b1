"""A secret in the code is known to everyone who has ever seen the code.

It is in every clone, every fork, every container image and every backup, it cannot differ between
production and a laptop, and replacing it takes a release. Once committed it stays in the history:
moving it into the environment is the first half, replacing (rotating) it the second.
The fix tells in which commits the value already is.

Names and values are judged together: a password, signing key, token or key by its name that has a value
in use, a connection URL with a password, and keys of known shape (AWS, Stripe, GitHub, Slack, …) anywhere.
Tests, examples, settings for development, values that only look like field names, and defaults that the
settings for production (`prod.py` beside them) replace are left out. A connection URL with a random password
to a host of the internet is a finding in settings for development too.

A literal under a name that says nothing is judged by what it is used as, in other modules too: the key
of `jwt.encode`, the password of `connect`, a setting such as `SECRET_KEY`. Defaults of options count.
A password inside an f-string is found in connection URLs only, and left to a person.

The variable is read as the file or the project reads its others: a field of the pydantic-settings class whose
object is at hand, environs, django-environ, decouple, starlette, dynaconf, else `os.environ`. With the option
`move` today's value goes into `.env`, where git ignores that file and the program loads it.

The fix makes the variable required and gives the tests a harmless value: in `conftest.py`, in the first file
that they import, in settings of their own for pytest-django, in `manage.py` for its `test` command. Where it
finds no such place, or the tests repeat the value, the fix is refused rather than breaking them.

Flagged (app/config.py):

    class Config:
        SECRET_KEY = "velvet-otter-signing-key"
        SQLALCHEMY_DATABASE_URI = "postgresql://shop:tr0ub4dor@db.internal/shop"
        PAGE_SIZE = 20

Fixed (app/config.py):

    import os


    class Config:
        SECRET_KEY = os.environ["SECRET_KEY"]
        SQLALCHEMY_DATABASE_URI = os.environ["SQLALCHEMY_DATABASE_URI"]
        PAGE_SIZE = 20

Flagged:

    from flask import Flask

    app = Flask(__name__)
    app.config["SECRET_KEY"] = "change-me"

Fixed:

    import os

    from flask import Flask

    app = Flask(__name__)
    app.config["SECRET_KEY"] = os.environ["SECRET_KEY"]

Flagged (app/settings.py):

    from pydantic import Field, SecretStr
    from pydantic_settings import BaseSettings


    class Settings(BaseSettings):
        jwt_secret: str = "orchid-signing-secret"
        smtp_password: SecretStr = SecretStr("M8-harbour!")
        webhook_secret: str = Field("whsec_b7Kq29xTz01mLpQs", min_length=8)

Fixed (app/settings.py):

    from pydantic import Field, SecretStr
    from pydantic_settings import BaseSettings


    class Settings(BaseSettings):
        jwt_secret: str
        smtp_password: SecretStr
        webhook_secret: str = Field(min_length=8)

Flagged:

    import psycopg2


    def connect():
        return psycopg2.connect(host="db", user="shop", password="n0t-in-git")

Fixed:

    import os

    import psycopg2


    def connect():
        return psycopg2.connect(host="db", user="shop", password=os.environ["DB_PASSWORD"])

Fine:

    import os
    from enum import Enum

    SECRET_KEY = os.environ["SECRET_KEY"]
    TOKEN_TYPE = "bearer"
    PASSWORD = "password"
    DB_PASSWORD = "__DB_PASSWORD__"
    RESET_TOKEN = "reset_token"
    API_KEY_HEADER = "X-API-Key"
    CSRF_TOKEN = "csrf_token"
    DATABASE_URL = "postgresql://localhost/shop"
    SECRET_KEY_VARIABLE = "SHOP_SECRET_KEY"
    PASSWORD_PATTERN = r"^(?=.*[A-Z]).{8,}$"
    PUBLIC_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGx"


    class Grant(Enum):
        PASSWORD = "password"
        CLIENT_SECRET = "client_secret_basic"


    MESSAGES = {"password": "Enter your password.", "token": "The token has expired."}


    def widget(form):
        form.declare("password", label="New password", placeholder="hunter2?")
        return {"password": form["password"], "token_type": "bearer", "api_key": None}

When to ignore: the value is public by design (a publishable key, a well-known demo account).

References:

    https://12factor.net/config
    https://docs.github.com/en/code-security/secret-scanning/introduction/about-secret-scanning
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from harden.checklists.literals import Spot, is_aside, is_option, named_spot
from harden.checklists.secret_evidence import (
    Kind,
    Place,
    has_credentials,
    is_hosted,
    is_secret,
    kind_of,
    known_shape,
)
from harden.checklists.secret_uses import used_as
from harden.checklists.variables import variable_for
from harden.checks import Check, Fix
from harden.environment import field_variable, is_playground, settings_class
from harden.findings import Finding, Risk, Severity
from harden.module import Module

check = Check(
    id="hardcoded-secret",
    title="Secret in the code",
    severity=Severity.HIGH,
    fix=Fix("harden.codemods.env_config:RequireVariable", Risk.REVIEW),
    codes=frozenset({"S105", "S106", "S107", "B105", "B106", "B107"}),
    secret=True,
)

_OPTION = "Drop the default of the option: have it given, or read from the environment where it is not."
_PRODUCTION = ("prod", "production", "live")
_SCHEMES = ("Bearer ", "Token ", "token ", "Basic ", "ApiKey ")


@check.node(ast.Constant)
def literal(module: Module, node: ast.AST) -> Iterator[Finding]:
    """Judge each text by the name it goes under and by its shape."""
    if not isinstance(node, ast.Constant) or not isinstance(node.value, str | bytes) or len(node.value) < 3:
        return
    value = node.value if isinstance(node.value, str) else node.value.decode("latin-1")
    spot = named_spot(module, node)
    if spot is None:
        return
    scheme = next((scheme for scheme in _SCHEMES if value.startswith(scheme)), "")
    what = _verdict(module, node, spot, value.removeprefix(scheme))
    used = used_as(module, node, value) if not what else None
    if not (what or used) or is_aside(module, node):
        return
    if what:
        why = _OPTION if is_option(module, node) else ""
        yield check.found(module, node, what, facts=_facts(module, node, spot, value, scheme), why_not=why)
    elif used is not None and not is_playground(module, node):
        facts = _facts(module, node, Spot(used[0], spot.place, spot.call), value, scheme)
        yield check.found(
            module, node, f"the value of {used[0]} stands in the code", facts=facts, steps=used[1]
        )


@check.node(ast.JoinedStr)
def address(module: Module, node: ast.AST) -> Iterator[Finding]:
    """Flag an f-string that puts an address together around a password."""
    if not isinstance(node, ast.JoinedStr) or is_playground(module, node):
        return
    parts = [part.value if isinstance(part, ast.Constant) else "{}" for part in node.values]
    head, at, tail = "".join(map(str, parts)).partition("@")
    if at and has_credentials(head.replace("://{}:", "://user:") + at + tail.replace("{}", "part")):
        yield check.found(
            module,
            node,
            "a connection URL with its password stands in the code",
            why_not="The address is put together from parts: read its password from the environment there.",
        )


@check.node(ast.JoinedStr, ast.BinOp)
@check.node(ast.Call, named={"format"})
def folded_address(module: Module, node: ast.AST) -> Iterator[Finding]:
    """Flag an address that constants are put together to; at its password where that is a literal here."""
    match node:
        case ast.BinOp(op=ast.Add() | ast.Mod()) | ast.JoinedStr():
            pass
        case ast.Call(func=ast.Attribute(attr="format")):
            pass
        case _:
            return
    if "://" not in module.text or isinstance(module.parents.get(node), ast.BinOp):
        return
    constants = [part.value for part in ast.walk(node) if isinstance(part, ast.Constant)]
    texts = [text for text in constants if isinstance(text, str)]
    if not any("://" in text for text in texts) or any(map(has_credentials, texts)):
        return
    value = module.string(node) if isinstance(node, ast.expr) else None
    if value is None or not has_credentials(value) or is_playground(module, node):
        return
    password = value.partition("://")[2].rpartition("@")[0].partition(":")[2]
    yield check.found(
        module,
        _password_in(module, node, password) or node,
        "a connection URL with its password stands in the code",
        why_not="The address is put together from parts: read its password from the environment there.",
    )


def _password_in(module: Module, node: ast.AST, password: str) -> ast.expr | None:
    """Return the literal that brings the password into an address, where it stands in this file."""
    for part in ast.walk(node):
        if isinstance(part, ast.Name | ast.Attribute | ast.Constant):
            held = module.flow.only(part)
            if held is not None and held.module is module and module.string(held.expr) == password:
                return held.expr
    return None


def _verdict(module: Module, node: ast.Constant, spot: Spot, value: str) -> str:
    if shape := known_shape(value):
        return f"{shape} stands in the code"
    is_address = "://" in value and has_credentials(value)
    kind = kind_of(spot.name)
    if not is_address and (kind is Kind.NONE or not is_secret(kind, spot.name, value, spot.place)):
        return ""
    if is_playground(module, node) and not is_hosted(value):
        return ""
    if is_address:
        return "a connection URL with its password stands in the code"
    if _is_replaced_in_production(module, node, spot.name):
        return ""
    if (
        kind is Kind.TOKEN
        and spot.place is Place.LOCAL
        and spot.name.lower() == "authorization"
        and " " in value
    ):
        return ""
    return f"the value of {spot.name} stands in the code"


def _is_replaced_in_production(module: Module, node: ast.Constant, name: str) -> bool:
    """Tell whether the settings for production, which lie beside these, give the name another value."""
    statement = module.statement(node)
    if statement not in module.tree.body or not isinstance(statement, ast.Assign):
        return False
    folder = PurePosixPath(module.path).parent
    files = [str(folder / f"{stem}.py") for stem in _PRODUCTION]
    found = [
        module.project.text(path) for path in files if path != module.path and module.project.exists(path)
    ]
    return any(re.search(rf"(?m)^\s*{re.escape(name)}\s*=\s*[^'\"\s]", text) for text in found)


def _facts(module: Module, node: ast.Constant, spot: Spot, value: str, scheme: str) -> dict[str, str]:
    facts = {"env": variable_for(module, node, spot, value), "scheme": scheme}
    if isinstance(node.value, bytes):
        facts["bytes"] = "yes"
    owner = settings_class(module, node)
    statement = module.statement(node)
    match statement:
        case ast.AnnAssign(target=ast.Name(id=name)) if owner is not None and not name.startswith("_"):
            facts |= {"field": name, "env": field_variable(owner, name)}
    return facts
