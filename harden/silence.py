"""Whether an error ends in an except block without a trace."""

from __future__ import annotations

import ast
import re

from harden.handlers import caught, handler_around, is_broad, raises, uses
from harden.harmless import LOUD, is_harmless
from harden.module import Module


def swallows(module: Module, handler: ast.ExceptHandler) -> bool:
    """Tell whether an unexpected error ends in this handler without a trace.

    Broad handlers count, and those that only pass over a network or database error. Not counted:
    attempts that merely convert, look up, import or clean up, and blocks that call something unknown,
    because that may record the error.
    """
    if raises(handler) or uses(handler.name, *handler.body) or not _is_mute(module, handler.body):
        return False
    attempt = module.parents[handler]
    if not isinstance(attempt, ast.Try) or is_quiet_place(module, handler):
        return False
    if not is_broad(module, handler):
        only_passes = all(isinstance(statement, ast.Pass | ast.Continue) for statement in handler.body)
        return only_passes and any(map(_is_remote_error, caught(module, handler)))
    if _is_probe(module, handler) or is_explained(module, attempt, handler.body):
        return False
    return not is_harmless(module, attempt.body)


_REMOTE = (
    *("requests.", "httpx.", "aiohttp.", "urllib3.", "urllib.error.", "sqlalchemy.exc.", "django.db."),
    *("redis.", "psycopg", "pymysql.", "MySQLdb.", "pymongo.", "smtplib.", "kombu.", "botocore."),
    *("elasticsearch.", "grpc.", "stripe."),
)
_REMOTE_ERRORS = frozenset(
    {"RequestException", "HTTPError", "RequestError", "ClientError", "SQLAlchemyError", "OperationalError"}
    | {
        "DatabaseError",
        "InterfaceError",
        "Error",
        "RedisError",
        "ConnectionError",
        "PyMongoError",
        "URLError",
    }
    | {"SMTPException", "BotoCoreError", "StripeError", "RpcError", "TransportError", "TransportFailure"}
)


def _is_remote_error(path: str) -> bool:
    """Tell whether a type stands for the failure of a peer or a database, not for an expected answer."""
    return path.startswith(_REMOTE) and path.rpartition(".")[2] in _REMOTE_ERRORS


_MUTE = (
    "builtins.",
    "time.sleep",
    "asyncio.sleep",
    "time.time",
    "datetime.",
    "flask.jsonify",
    "flask.render_template",
    "flask.redirect",
    "flask.url_for",
    "flask.flash",
    "flask.make_response",
    "flask.Response",
    "django.http.",
    "django.shortcuts.redirect",
    "django.shortcuts.render",
    "django.contrib.messages.",
    "rest_framework.response.Response",
    "fastapi.responses.",
    "fastapi.Response",
    "starlette.responses.",
)


def _is_mute(module: Module, body: list[ast.stmt]) -> bool:
    """Tell whether a handler's body certainly records nothing."""
    for node in (inner for statement in body for inner in ast.walk(statement)):
        if isinstance(node, ast.Call) and not _is_mute_call(module, node):
            return False
        if isinstance(node, ast.Yield | ast.YieldFrom | ast.AugAssign):
            return False
        if isinstance(node, ast.Assign) and any(_names_failure(target) for target in node.targets):
            return False
    return True


def _is_mute_call(module: Module, call: ast.Call) -> bool:
    path = module.resolve(call.func) or ""
    if isinstance(call.func, ast.Attribute) and call.func.attr == "rollback":
        return True
    return path.startswith(_MUTE) and path not in LOUD


def _names_failure(target: ast.expr) -> bool:
    """Tell whether a variable, attribute or key is one that tells of the failure."""
    match target:
        case (
            ast.Attribute(attr=name)
            | ast.Name(id=name)
            | ast.Subscript(slice=ast.Constant(value=str() as name))
        ):
            return any(word in name.lower() for word in _FAILURE)
    return False


_FAILURE = ("err", "fail", "exc", "bad", "invalid", "skipped", "status", "ok", "health")
_QUIET_FUNCTIONS = frozenset(
    {"__del__", "__exit__", "__aexit__", "__repr__", "__str__", "emit", "close", "aclose"}
)


def is_quiet_place(module: Module, node: ast.AST) -> bool:
    """Tell whether a destructor or a logging handler is around, or a block that raises an earlier error.

    What cleans up in a `finally` is quiet too, and what fills a database for a demonstration.
    """
    function = module.function(node)
    if function is not None and function.name in _QUIET_FUNCTIONS:
        return True
    if _REHEARSAL.search(module.path) or _in_finally(module, node):
        return True
    outer = handler_around(module, node)
    return outer is not None and raises(outer)


_REHEARSAL = re.compile(
    r"(^|/)(dev|demo|seeds?)/|(^|[/_])(populate|seeds?|seeder|demo|scratch|playground)(_[a-z]+)*\.py$"
)


def _in_finally(module: Module, node: ast.AST) -> bool:
    child = node
    for outer in module.ancestors(node):
        if isinstance(outer, ast.FunctionDef | ast.AsyncFunctionDef):
            return False
        if isinstance(outer, ast.Try) and child in outer.finalbody:
            return True
        child = outer
    return False


_INVENTORY = re.compile(r"(^|_)(versions|capabilit\w*|features?|diagnos\w*|sys(tem)?_?info)(_|$)")
_PROBE = re.compile(
    r"^_*(is|has|can|supports?|try|detect|probe|ping)_|(^|_)(exists|available|valid|health\w*|ready|readiness|alive)(_|$)"
    r"|^(is[a-z]+|readable|writable|seekable)$"
)


def _is_probe(module: Module, handler: ast.ExceptHandler) -> bool:
    """Tell whether the function asks a question, and the failure is its answer."""
    function = module.function(handler)
    if function is None:  # `except Exception: HAS_X = False`
        return all(
            isinstance(statement, ast.Assign) and isinstance(statement.value, ast.Constant)
            for statement in handler.body
        )
    if _INVENTORY.search(function.name):
        return True
    if not _PROBE.search(function.name):
        return False
    return any(isinstance(statement, ast.Return | ast.Assign) for statement in handler.body)


_REASON = re.compile(
    r"#.*\b(since|because|fine|ok(ay)?|expected|(do|does|may|might)( not|n't)? exist|by design|on purpose"
    r"|intentional(ly)?|deliberate(ly)?|harmless|never|skip (if|when)|best[- ]effort|optional"
    r"|(non|not)[- ]?(critical|fatal|essential)|falls? ?back|not installed)\b",
    re.IGNORECASE,
)


def is_explained(module: Module, attempt: ast.stmt, body: list[ast.stmt]) -> bool:
    """Tell whether a comment above the attempt or in the silent block says why the silence is right."""
    last = body[-1].end_lineno or body[-1].lineno
    first = body[0].lineno
    while first > 1 and module.lines[first - 2].lstrip().startswith("#"):
        first -= 1
    near = [module.lines[attempt.lineno - 2] if attempt.lineno > 1 else "", *module.lines[first - 1 : last]]
    return any(_REASON.search(line) for line in near)
