"""Which functions a request handler calls or depends on, a few steps away."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from harden.checklists.database.purposes import Purpose, purposes
from harden.errors import UnreadableSource
from harden.module import Module
from harden.roles import Role
from harden.tree import FunctionNode

_FAR = 2
_DEPENDS = ("fastapi.Depends", "fastapi.params.Depends", "fastapi.Security")


def is_reached_by_handler(module: Module, function: FunctionNode) -> bool:
    """Tell whether a request handler of the project calls a function, or has it injected."""
    path = module.names.local_path(function)
    for other, call in calls_beside(module, function):
        if other.resolve(call.func) == path and other.role(call) is Role.HANDLER:
            return True
        if call.args and other.resolve(call.func) in _DEPENDS and other.resolve(call.args[0]) == path:
            return True
    return False


def output_handler(module: Module, function: FunctionNode, depth: int = 0) -> str:
    """Return the place where a handler sends what a function gives, a few calls away at most."""
    path = module.names.local_path(function)
    for other, call in calls_beside(module, function):
        if other.resolve(call.func) != path:
            continue
        what = purposes(other, call)
        if Purpose.OUTPUT not in what or Purpose.BOUNDED in what:
            continue
        if (role := other.role(call)) is Role.HANDLER:
            return f"{other.path}:{call.lineno}"
        caller = other.function(call)
        if role is not Role.NONE or depth == _FAR or caller is None or caller is function:
            continue
        if place := output_handler(other, caller, depth + 1):
            return place
    return ""


def calls_beside(module: Module, function: FunctionNode) -> Iterator[tuple[Module, ast.Call]]:
    """Yield every call in the files of the project that mention a function, with its module."""
    for file in module.project.mentions(function.name):
        try:
            other = module.project.module(file)
        except UnreadableSource:
            continue
        for call in other.nodes(ast.Call):
            yield other, call
