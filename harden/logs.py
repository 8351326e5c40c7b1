"""Which calls write log records, and with what kind of logger."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from enum import Enum

from harden.module import Module, has_star_arguments

METHODS = frozenset({"debug", "info", "warning", "warn", "error", "exception", "critical", "fatal", "log"})
"""Methods of a logger that write a record."""
PATTERNS = tuple(f"*.{method}" for method in sorted(METHODS))
"""What a check subscribes to in order to see every log call."""

_STANDARD = (
    "logging",
    "flask.Flask.logger",
    "flask.app.Flask.logger",
    "flask.current_app.logger",
    "flask.globals.current_app.logger",
    "quart.Quart.logger",
    "quart.current_app.logger",
    "celery.utils.log.get_task_logger",
    "celery.utils.log.get_logger",
    "fastapi.logger.logger",
    "sanic.log.logger",
    "aiohttp.log",
    "tornado.log",
    "multiprocessing.get_logger",
    "multiprocessing.log_to_stderr",
    "absl.logging",
    "asgiref.server.logger",
)
_DEPTH = 5
"""Longest chain of the project's own functions and classes that is followed to a logger."""


class Flavour(Enum):
    """How a logger takes the values of a message."""

    STANDARD = "logging"
    LOGURU = "loguru"
    STRUCTLOG = "structlog"


@dataclass(frozen=True, slots=True)
class LogCall:
    """A call that writes a record; `at` is the position of its message among the arguments."""

    node: ast.Call
    method: str
    flavour: Flavour
    at: int

    @property
    def message(self) -> ast.expr | None:
        """Return the message, or None where it is not a plain positional argument."""
        if len(self.node.args) <= self.at or any(
            isinstance(a, ast.Starred) for a in self.node.args[: self.at + 1]
        ):
            return None
        return self.node.args[self.at]

    @property
    def values(self) -> list[ast.expr]:
        """Return the arguments after the message."""
        return self.node.args[self.at + 1 :]

    @property
    def has_traceback(self) -> bool:
        """Tell whether the record carries the current exception, or may do so."""
        names = {item.arg for item in self.node.keywords}
        return self.method == "exception" or "exc_info" in names or has_star_arguments(self.node)


def log_call(module: Module, call: ast.Call) -> LogCall | None:
    """Return what a call writes to a log, or None when it is no log call."""
    func = call.func
    if isinstance(func, ast.Attribute) and func.attr in METHODS:
        flavour = flavour_of(module, func.value)
        method = func.attr
    else:
        path = module.resolve(func) if isinstance(func, ast.Name) else None
        origin, _, method = (path or "").rpartition(".")
        flavour = _known(origin) if method in METHODS else None
    if flavour is None:
        return None
    return LogCall(call, method, flavour, 1 if method == "log" else 0)


def flavour_of(module: Module, expr: ast.expr) -> Flavour | None:
    """Return the kind of logger that an expression is, or None when it is not known to be one."""
    path = module.resolve(expr)
    return None if path is None else flavour_of_path(module, path)


def flavour_of_path(module: Module, path: str) -> Flavour | None:
    """Return the kind of logger that a resolved path is, or None when it is not known to be one."""
    return _flavour(module, path, 0)


def _flavour(module: Module, path: str, depth: int) -> Flavour | None:
    known = _known(path)
    if known is not None or depth > _DEPTH:
        return known
    if any(_known(base) is Flavour.STANDARD for base in module.project.ancestry((path,))[1:]):
        return Flavour.STANDARD
    return _returned(module, path, depth) or _inherited(module, path, depth)


def _known(path: str) -> Flavour | None:
    if path == "loguru.logger" or path.startswith("loguru.logger."):
        return Flavour.LOGURU
    if path.startswith("structlog."):
        return Flavour.STRUCTLOG
    if any(path == name or path.startswith(name + ".") for name in _STANDARD):
        return Flavour.STANDARD
    return None


def _returned(module: Module, path: str, depth: int) -> Flavour | None:
    """Follow one of the project's own functions to the logger that it returns."""
    found = module.project.function_of(path)
    if found is None:
        return None
    source, function = found
    returned = [node for node in source.nodes(ast.Return) if source.function(node) is function]
    paths = [source.names.annotation(function.returns)] if function.returns is not None else []
    paths += [source.resolve(node.value) for node in returned if node.value is not None]
    kinds = [_flavour(source, inner, depth + 1) for inner in paths if inner is not None and inner != path]
    return next(filter(None, kinds), None)


def _inherited(module: Module, path: str, depth: int) -> Flavour | None:
    """Follow an attribute of one of the project's own classes to the base class that sets it."""
    owner, _, name = path.rpartition(".")
    for base in module.project.ancestry((owner,)):
        found = module.project.class_of(base)
        if found is None:
            continue
        source, node = found
        held = source.names.member(source.qualname(node), name)
        if held is not None and (inner := source.resolve(held)) is not None and inner != path:
            return _flavour(source, inner, depth + 1)
    return None
