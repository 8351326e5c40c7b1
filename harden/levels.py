"""The level that a print asks for when it becomes a record."""

from __future__ import annotations

import ast
import re

from harden.handlers import handler_around, is_broad, raises
from harden.module import Module, keyword
from harden.prints import PRINTS, TRACEBACKS

_ERROR = re.compile(
    r"\b(errors?|fail(ed|ure|s|ing)?|exceptions?|critical|fatal|could ?n[o']t|unable|cannot|can't|crash(ed)?"
    r"|traceback|denied)\b",
    re.IGNORECASE,
)
_WARNING = re.compile(
    r"\b(warn(ing)?s?|retry(ing)?|missing|skipp(ed|ing)|time(d )?-?out|not found|ignor(ed|ing)"
    r"|invalid|unexpected|unknown|rejected|expired|slow)\b",
    re.IGNORECASE,
)
_NOTICE = re.compile(r"\b(deprecat\w+|will be removed|in a future)\b", re.IGNORECASE)
_DEBUG = re.compile(r"\b(debug(ging)?|dbg|trace)\b|^\s*(>>>|===|---|\*\*\*)", re.IGNORECASE)


def level_of(module: Module, call: ast.Call) -> str:
    """Return the level that a print asks for: by the except block around it, its target and its words."""
    words = " ".join(
        node.value
        for node in ast.walk(call)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    )
    level = _spoken(words)
    handler = handler_around(module, call)
    stderr = module.resolve(call.func) == "sys.stderr.write" or (
        (target := keyword(call, "file")) is not None and module.resolve(target) == "sys.stderr"
    )
    ends = handler is not None and is_broad(module, handler) and not raises(handler)
    if handler is not None and ends and not _is_recorded_before(module, handler, call):
        return "exception"
    if (handler is not None or stderr) and level in ("info", "debug"):
        return "warning"
    return level


def _is_recorded_before(module: Module, handler: ast.ExceptHandler, call: ast.Call) -> bool:
    """Tell whether a record or print before this one in its except block has the traceback, or will have."""
    here = (call.lineno, call.col_offset)
    return any(
        isinstance(node, ast.Call)
        and (node.lineno, node.col_offset) < here
        and (module.resolve(node.func) in (*PRINTS, *TRACEBACKS) or _is_record(node))
        for statement in handler.body
        for node in ast.walk(statement)
    )


def _is_record(call: ast.Call) -> bool:
    return isinstance(call.func, ast.Attribute) and call.func.attr in ("exception", "error", "critical")


def _spoken(words: str) -> str:
    if _DEBUG.search(words):
        return "debug"
    if _NOTICE.search(words):
        return "warning"
    if _ERROR.search(words):
        return "error"
    return "warning" if _WARNING.search(words) else "info"
