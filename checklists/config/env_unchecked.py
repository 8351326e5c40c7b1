"""A variable that is missing is None, and None goes on until something breaks far from the cause.

`int(os.getenv("PORT"))` is a TypeError without the variable's name; `"https://" + os.getenv("HOST")`
another; an f-string turns it into the address `https://None/`; a signing key or an API key that is None
fails at the first login or payment, hours after the deployment. `os.environ["PORT"]` stops at once, and
names what is missing.

Left out: variables that are tested first, or have a default; libraries that look the variable up themselves
or run without it (boto3, OpenAI, Sentry, Redis without a password); text that is only shown.

Flagged:

    import os

    PORT = int(os.getenv("PORT"))
    ORIGINS = os.environ.get("ALLOWED_ORIGINS").split(",")
    ORDERS_URL = "https://" + os.getenv("ORDERS_HOST") + "/orders"

Fixed:

    import os

    PORT = int(os.environ["PORT"])
    ORIGINS = os.environ["ALLOWED_ORIGINS"].split(",")
    ORDERS_URL = "https://" + os.environ["ORDERS_HOST"] + "/orders"

Flagged:

    import os

    import jwt

    SIGNING_KEY = os.getenv("SIGNING_KEY")


    def token_for(user):
        return jwt.encode({"sub": user.id}, SIGNING_KEY, algorithm="HS256")

Fixed:

    import os

    import jwt

    SIGNING_KEY = os.environ["SIGNING_KEY"]


    def token_for(user):
        return jwt.encode({"sub": user.id}, SIGNING_KEY, algorithm="HS256")

Flagged:

    import os

    import httpx


    def invoices(client: httpx.Client):
        headers = {"Authorization": f"Bearer {os.getenv('BILLING_TOKEN')}"}
        return client.get("/invoices", headers=headers, timeout=10).json()

Fixed:

    import os

    import httpx


    def invoices(client: httpx.Client):
        headers = {"Authorization": f"Bearer {os.environ['BILLING_TOKEN']}"}
        return client.get("/invoices", headers=headers, timeout=10).json()

Fine:

    import os

    import boto3
    import sentry_sdk
    from flask import Flask
    from redis import Redis

    PORT = int(os.getenv("PORT", "8000"))
    WORKERS = int(os.getenv("WORKERS") or 2)
    TOKEN = os.environ["TOKEN"]
    REGION = os.getenv("REGION")
    PROXY = os.getenv("PROXY")
    NAMES = os.getenv("NAMES")
    LIMIT = os.getenv("LIMIT")
    DATABASE_URL = os.getenv("DATABASE_URL")

    if not DATABASE_URL:
        raise RuntimeError("DATABASE_URL is missing")

    sentry_sdk.init(dsn=os.getenv("SENTRY_DSN"))
    queue = boto3.client("sqs", aws_access_key_id=os.getenv("AWS_ACCESS_KEY_ID"))
    app = Flask(__name__)
    if app.config["CACHE_URL"]:
        cache = Redis.from_url(os.getenv("CACHE_URL"))
    app.config["NAME"] = os.getenv("NAME")
    names = NAMES.split(",") if NAMES else []
    proxy = f"http://{PROXY}" if PROXY is not None else None

    if os.getenv("DELAY"):
        delay = float(os.getenv("DELAY"))

    try:
        limit = int(LIMIT)
    except TypeError:
        limit = 10

    print(f"region: {os.getenv('REGION')}")


    def url():
        return DATABASE_URL + "?sslmode=require"

When to ignore: something outside this file makes sure that the variable is set.

References:

    https://12factor.net/config
    https://docs.python.org/3/library/os.html#os.environ
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from harden.calls import reads_of
from harden.checklists.broken_by_none import breaks_on_none
from harden.checks import Check, Fix
from harden.environment import env_read, is_playground
from harden.findings import Finding, Risk, Severity
from harden.module import Module

check = Check(
    id="env-unchecked",
    title="Missing variable goes unnoticed",
    severity=Severity.MEDIUM,
    fix=Fix("harden.codemods.env_required:RequireRead", Risk.REVIEW),
    words=("environ", "getenv"),
)

_READS = ("os.getenv", "os.environ.get")
_SYSTEM = frozenset(
    {"PATH", "HOME", "USER", "PWD", "SHELL", "TEMP", "APPDATA", "LOCALAPPDATA", "USERPROFILE"}
)
"""Variables that every system sets by itself."""
_TESTS = (ast.If, ast.IfExp, ast.While, ast.Assert)
_CATCHES = frozenset({"TypeError", "Exception", "BaseException", "AttributeError", "KeyError"})


@check.call(*_READS)
def read(module: Module, call: ast.Call, path: str) -> Iterator[Finding]:
    """Flag a read whose None would break what is done with it, here or under the name that it is given."""
    variable = _required(module, call)
    if not variable or is_playground(module, call) or _is_known_set(module, variable):
        return
    why = breaks_on_none(module, call)
    if why and not _is_guarded(module, call):
        yield _finding(module, call, variable, why, call)
    elif not why and (name := _only_name(module, call)) is not None:
        yield from _named(module, call, variable, name)


def _required(module: Module, call: ast.Call) -> str:
    """Return the variable of its own that a call reads without a default."""
    found = env_read(module, call)
    if found is None or len(call.args) != 1 or call.keywords or found.name.upper() in _SYSTEM:
        return ""
    return found.name


def _finding(module: Module, call: ast.Call, variable: str, why: str, use: ast.expr | None) -> Finding:
    kind, _, text = why.partition(":")
    if use is None or module.function(use) is not module.function(call):
        kind = "quiet"  # until now the file could be imported without the variable
    facts = {"env": variable, "breaks": kind}
    return check.found(module, call, f"{variable} is None where it is missing, {text}", facts=facts)


def _named(module: Module, call: ast.Call, variable: str, name: ast.Name) -> Iterator[Finding]:
    uses = list(_uses(module, name))
    if any(_is_tested(source, use) for source, use in uses):
        return
    for source, use in uses:
        why = breaks_on_none(source, use)
        if why and not _is_guarded(source, use):
            yield _finding(module, call, variable, why, use if source is module else None)
            return


def _only_name(module: Module, call: ast.Call) -> ast.Name | None:
    """Return the name that a read is given to, if that is bound nowhere else."""
    match module.parents.get(call):
        case ast.Assign(targets=[ast.Name() as name], value=value) if value is call:
            pass
        case ast.AnnAssign(target=ast.Name() as name, value=value) if value is call:
            pass
        case _:
            return None
    scope = module.names.scope(name)
    return name if len(scope.bindings.get(name.id, ())) == 1 else None


def _uses(module: Module, name: ast.Name) -> Iterator[tuple[Module, ast.expr]]:
    """Yield where a name is read: in its file, and for a constant of a module or settings class in others."""
    for use in module.nodes(ast.Name):
        if use.id == name.id and isinstance(use.ctx, ast.Load) and module.names.lookup(use) is name:
            yield module, use
    holder = module.names.scope(name).node
    if not name.id.isupper() or not isinstance(holder, ast.Module | ast.ClassDef):
        return
    yield from reads_of(module, name.id, holder)


def _is_tested(module: Module, use: ast.AST) -> bool:
    """Tell whether a value is asked for its presence: in a condition, by `or`, compared, in `all([…])`."""
    child = use
    for outer in module.ancestors(use):
        if isinstance(outer, ast.BoolOp | ast.Compare):
            return True
        if isinstance(outer, ast.UnaryOp) and isinstance(outer.op, ast.Not):
            return True
        if isinstance(outer, _TESTS) and outer.test is child:
            return True
        if isinstance(outer, ast.comprehension) or (isinstance(outer, ast.For) and outer.iter is child):
            return True  # a list of names that is looked through
        if isinstance(outer, ast.Call) and module.resolve(outer.func) in (
            *("builtins.all", "builtins.any", "builtins.bool", "builtins.isinstance", "builtins.filter"),
        ):
            return True
        if isinstance(outer, ast.stmt):
            return False
        child = outer
    return False


def _is_guarded(module: Module, node: ast.AST) -> bool:
    """Tell whether the errors of None are caught around a use."""
    child = node
    for outer in module.ancestors(node):
        if isinstance(outer, ast.Try) and child in outer.body:
            names = {ast.unparse(kind) for handler in outer.handlers for kind in _kinds(handler)}
            if names & _CATCHES or any(handler.type is None for handler in outer.handlers):
                return True
        if isinstance(outer, ast.With) and "suppress(" in ast.unparse(outer.items[0]):
            return True
        if isinstance(outer, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            return False
        child = outer
    return False


def _kinds(handler: ast.ExceptHandler) -> list[ast.expr]:
    if isinstance(handler.type, ast.Tuple):
        return handler.type.elts
    return [handler.type] if handler.type is not None else []


def _is_known_set(module: Module, variable: str) -> bool:
    """Tell whether the file tests this variable, sets it, or demands it elsewhere."""
    for constant in module.nodes(ast.Constant):
        if constant.value != variable:
            continue
        parent = module.parents.get(constant)
        if isinstance(parent, ast.Subscript) and (
            module.resolve(parent.value) == "os.environ" or _is_tested(module, parent)
        ):
            return True  # `if app.config["X"]:` asks for the setting of the same name
        if isinstance(parent, ast.Compare | ast.List | ast.Tuple | ast.Set):
            return True  # `"X" in os.environ`, or a list of what has to be there
        if isinstance(parent, ast.Call):
            path = module.resolve(parent.func) or ""
            if path == "os.environ.setdefault" or (path in _READS and _is_tested(module, parent)):
                return True
    return False
