"""What runs again and again while a service is up: for each request, each task, each turn of a loop."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice

from harden.calls import uses_of
from harden.checklists.answering import DEPENDS, answers
from harden.checklists.sharing import is_start
from harden.checklists.taint import place
from harden.checklists.waiting import is_command
from harden.module import Module
from harden.roles import FileKind, Role
from harden.tree import FunctionNode

IsOnce = Callable[[Module, ast.AST], bool]


@dataclass(frozen=True, slots=True)
class Served:
    """How often something runs, as `request`, `task` or `turn of the loop`, and the calls that lead to it."""

    how: str
    steps: tuple[str, ...] = ()


_FAR = 4
"""Functions between a request handler and the code that it reaches."""
_CALLERS = 8
_COMMON = 25
"""Files that mention a name beyond which it is taken for a word that everybody uses."""
_SHIPPED = (FileKind.APP, FileKind.SCRIPT)


def served(module: Module, node: ast.AST, is_once: IsOnce | None = None) -> Served | None:
    """Say how often a node runs; None where that is not seen.

    Callers are followed a few functions far. `is_once` tells of a call on the way that its result is kept.
    """
    return _served(module, node, is_once or _starts, 0)


def _served(module: Module, node: ast.AST, is_once: IsOnce, depth: int) -> Served | None:
    if is_once(module, node):
        return None
    if how := answers(module, node):
        return Served(how)
    if module.role(node) is not Role.NONE or module.in_main_guard(node):
        return None
    if turns(module, node):
        return Served("turn of the loop")
    function = module.function(node)
    if function is None or depth == _FAR or _is_common(module, function):
        return None
    for other, use in _uses(module, function):
        if found := _way(other, use, is_once, depth + 1):
            step = place(other, use, f"leads to {function.name}()")
            return Served(found.how, (*found.steps, step))
    return None


def _uses(module: Module, function: FunctionNode) -> Iterator[tuple[Module, ast.expr]]:
    used = (pair for pair in uses_of(module, function) if pair[0].kind in _SHIPPED)
    return islice((pair for pair in used if pair[0].function(pair[1]) is not function), _CALLERS)


def _way(module: Module, use: ast.expr, is_once: IsOnce, depth: int) -> Served | None:
    """Say how often a function runs that is called, injected or handed on at a place."""
    call = next((o for o in module.ancestors(use) if isinstance(o, ast.Call | ast.stmt)), None)
    if not isinstance(call, ast.Call):
        return None
    if module.resolve(call.func) in DEPENDS:
        return Served("request")
    return _served(module, call, is_once, depth)


def _is_common(module: Module, function: FunctionNode) -> bool:
    owner = module.parents.get(function)
    if function.name.startswith("__") and function.name != "__init__":
        return True
    is_maker = function.name == "__init__" and isinstance(owner, ast.ClassDef)
    name = owner.name if is_maker and isinstance(owner, ast.ClassDef) else function.name
    return len(module.project.naming(name)) > _COMMON


def turns(module: Module, node: ast.AST) -> bool:
    """Tell whether a node runs on every turn of a loop of a service, other than to try again."""
    if module.kind is not FileKind.APP or is_command(module):
        return False
    child: ast.AST = node
    for outer in module.ancestors(node):
        if isinstance(outer, FunctionNode | ast.Lambda | ast.ClassDef):
            return False
        if isinstance(outer, ast.While | ast.For | ast.AsyncFor) and child in outer.body:
            return not _tries_again(outer)
        child = outer
    return False


def _tries_again(loop: ast.While | ast.For | ast.AsyncFor) -> bool:
    """Tell whether a loop ends with its first success, or only comes back when a longer one has failed."""
    inner = [node for statement in loop.body for node in ast.walk(statement)]
    has_handler = any(isinstance(node, ast.ExceptHandler) for node in inner)
    ends = any(isinstance(node, ast.Break | ast.Return) for node in inner)
    goes_on = any(isinstance(node, ast.While | ast.AsyncFor) for node in inner)
    return has_handler and (ends or (isinstance(loop, ast.While) and goes_on))


def _starts(module: Module, node: ast.AST) -> bool:
    """Tell whether a node runs when the service starts, or in a function whose result is remembered."""
    function = module.function(node)
    return function is not None and is_start(module, function)
