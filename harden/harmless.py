"""Calls whose failure is no news: they convert, look up, import or clean up."""

from __future__ import annotations

import ast
import re

from harden.module import Module

LOUD = ("builtins.print", "builtins.open", "builtins.exec", "builtins.eval")
"""Builtins that reach out of the process."""


def is_harmless(module: Module, body: list[ast.stmt]) -> bool:
    """Tell whether a block only converts, looks up, imports or cleans up: nothing whose failure is news."""
    calls = [node for statement in body for node in ast.walk(statement) if isinstance(node, ast.Call)]
    return all(_is_harmless_call(module, call) for call in calls)


_PURE = (
    "builtins.",
    "json.loads",
    "yaml.",
    "tomllib.",
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
    "mimetypes.",
    "langdetect.",
    "chardet.",
    "charset_normalizer.",
    "phonenumbers.",
    "packaging.",
    "user_agents.",
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
_CONVERTING = (
    "parse",
    "unserialize",
    "deserialize",
    "safe_load",
    "to_",
    "from_",
    "convert",
    "decode",
    "normalize",
    "json_loads",
    "loads",
    "guess_",
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
    if path in LOUD:
        return False
    if path.startswith(_PURE):
        return True
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    if name in ("get", "getlist"):
        return any(part in path for part in _LOOKED_UP) or _looks_up(call)
    if name in ("find", "count", "index"):
        return len(call.args) == 1 and isinstance(call.args[0], ast.Constant)
    return name in _CLEANUP or name in _CONVERT or name.startswith(_CONVERTING)


def _looks_up(call: ast.Call) -> bool:
    """Tell whether `x.get("name")` looks into a dictionary, as far as the names tell."""
    owner = ast.unparse(call.func.value) if isinstance(call.func, ast.Attribute) else ""
    return bool(call.args) and _is_key(call.args[0]) and not _PEERS.search(owner.lower())


_PEERS = re.compile(
    r"cache|redis|client|session|conn|\bdb\b|store|repo|api|http|memcache|service|requests|\br\b"
)


def _is_key(expr: ast.expr) -> bool:
    return (
        isinstance(expr, ast.Constant)
        and isinstance(expr.value, str)
        and not expr.value.startswith(("/", "http"))
    )
