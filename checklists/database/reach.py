"""Which functions a request handler calls or depends on, a few steps away."""

from __future__ import annotations

import ast

from harden.calls import callers_of, uses_of
from harden.checklists.database.purposes import Purpose, purposes
from harden.module import Module
from harden.roles import Role
from harden.tree import FunctionNode

_FAR = 2
_DEPENDS = ("fastapi.Depends", "fastapi.params.Depends", "fastapi.Security")


def is_reached_by_handler(module: Module, function: FunctionNode) -> bool:
    """Tell whether a request handler of the project calls a function, or has it injected."""
    for other, use in uses_of(module, function):
        call = other.parents.get(use)
        if not isinstance(call, ast.Call):
            continue
        if call.func is use and other.role(call) is Role.HANDLER:
            return True
        if call.args and call.args[0] is use and other.resolve(call.func) in _DEPENDS:
            return True
    return False


def output_handler(module: Module, function: FunctionNode, depth: int = 0) -> str:
    """Return the place where a handler sends what a function gives, a few calls away at most."""
    for other, call in callers_of(module, function):
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
