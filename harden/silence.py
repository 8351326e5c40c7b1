"""Whether an error ends in an except block without a trace."""

from __future__ import annotations

import ast

from harden.handlers import caught, is_broad, raises, uses
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
    if not isinstance(attempt, ast.Try | ast.TryStar) or _in_quiet_place(module, handler):
        return False
    if not is_broad(module, handler):
        only_passes = all(isinstance(statement, ast.Pass | ast.Continue) for statement in handler.body)
        return only_passes and any(map(_is_remote_error, caught(module, handler)))
    return not is_harmless(module, attempt.body) and not _is_probe(module, handler)


def is_harmless(module: Module, body: list[ast.stmt]) -> bool:
    """Tell whether a block only converts, looks up, imports or cleans up: nothing whose failure is news."""
    calls = [node for statement in body for node in ast.walk(statement) if isinstance(node, ast.Call)]
    return all(_is_harmless_call(module, call) for call in calls)


_REMOTE = (
    "requests.",
    "httpx.",
    "aiohttp.",
    "urllib3.",
    "urllib.error.",
    "sqlalchemy.exc.",
    "django.db.",
    "redis.",
    "psycopg",
    "pymysql.",
    "MySQLdb.",
    "pymongo.",
    "smtplib.",
    "kombu.",
    "botocore.",
    "boto3.",
    "elasticsearch.",
    "grpc.",
    "stripe.",
)
_EXPECTED = (
    "IntegrityError",
    "NoResultFound",
    "MultipleResultsFound",
    "LockError",
    "NotFoundError",
    "DoesNotExist",
)


def _is_remote_error(path: str) -> bool:
    return path.startswith(_REMOTE) and not path.endswith(_EXPECTED)


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
_LOUD = ("builtins.print", "builtins.open", "builtins.exec", "builtins.eval")


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
    return path.startswith(_MUTE) and path not in _LOUD


def _names_failure(target: ast.expr) -> bool:
    name = target.attr if isinstance(target, ast.Attribute) else getattr(target, "id", "")
    return any(
        word in name.lower() for word in ("err", "fail", "exc", "bad", "invalid", "skipped", "status", "ok")
    )


_PURE = (
    "builtins.",
    "json.loads",
    "ast.literal_eval",
    "decimal.",
    "fractions.",
    "uuid.",
    "datetime.",
    "dateutil.",
    "re.",
    "base64.",
    "binascii.",
    "struct.",
    "ipaddress.",
    "urllib.parse.",
    "importlib.",
    "inspect.",
    "operator.",
    "os.environ.",
    "os.getenv",
    "os.path.",
    "locale.",
    "gc.",
    "shutil.rmtree",
    "os.unlink",
    "os.remove",
    "os.kill",
    "signal.",
    "warnings.",
)
_CLEANUP = frozenset(
    {"close", "aclose", "shutdown", "disconnect", "quit", "kill", "terminate", "cancel", "unlink", "release"}
    | {"stop", "cleanup", "rollback", "detach", "wait_closed", "unsubscribe", "logout", "fileno"}
)
_CONVERT = frozenset(
    {"decode", "encode", "strip", "split", "rsplit", "lower", "upper", "replace", "strptime", "strftime"}
    | {"fromisoformat", "fromtimestamp", "isoformat", "keys", "values", "items", "format", "startswith"}
    | {
        "endswith",
        "rpartition",
        "partition",
        "total_seconds",
        "timestamp",
        "lstrip",
        "rstrip",
        "title",
        "group",
    }
)
_LOOKED_UP = (
    ".args.",
    ".form.",
    ".GET.",
    ".POST.",
    ".headers.",
    ".cookies.",
    ".META.",
    ".query_params.",
    ".dict.",
)


def _is_harmless_call(module: Module, call: ast.Call) -> bool:
    path = module.resolve(call.func) or ""
    if path in _LOUD:
        return False
    if path.startswith(_PURE):
        return True
    if not isinstance(call.func, ast.Attribute):
        return False
    name = call.func.attr
    if name in ("get", "getlist"):
        return any(part in path for part in _LOOKED_UP)
    return name in _CLEANUP or name in _CONVERT


_QUIET_FUNCTIONS = frozenset(
    {"__del__", "__exit__", "__aexit__", "__repr__", "__str__", "emit", "close", "aclose"}
)


def _in_quiet_place(module: Module, node: ast.AST) -> bool:
    function = module.function(node)
    return function is not None and function.name in _QUIET_FUNCTIONS


def _is_probe(module: Module, handler: ast.ExceptHandler) -> bool:
    """Tell whether the function asks a question, and the failure is its answer."""
    function = module.function(handler)
    if function is None or not function.name.lstrip("_").startswith(("is_", "has_", "can_", "supports_")):
        return False
    return any(isinstance(statement, ast.Return) for statement in handler.body)
