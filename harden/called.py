"""The function of the project that an expression stands for where it is called."""

from __future__ import annotations

import ast

from harden.module import Module
from harden.project import Project
from harden.tree import FunctionNode

Called = tuple[Module, FunctionNode]

_STEPS = 8
"""Assignments and partials that are looked through on the way to a function."""
_ALIKE = frozenset(
    {"builtins.staticmethod", "builtins.classmethod", "functools.lru_cache", "functools.cache"}
    | {"functools.wraps", "functools.singledispatch", "abc.abstractmethod", "typing.override"}
    | {"typing.final", "typing.overload", "typing_extensions.override", "contextlib.contextmanager"}
    | {"contextlib.asynccontextmanager", "retry.retry", "tenacity.retry", "backoff.on_exception"}
)
"""Decorators whose function, when it is called, runs the body below."""
_ELSEWHERE = (
    "thread",
    "executor",
    "process",
    "async",
    "await",
    "background",
    "delay",
    "defer",
    "queue",
    "task",
)
"""Parts of the names of decorators that may have a body run in another place, or later."""


def function_of(module: Module, func: ast.expr, steps: int = _STEPS) -> Called | None:
    """Return the function that runs where an expression is called."""
    if steps == 0:
        return None
    match func:
        case ast.Call():
            return _made(module, func, steps)
        case ast.Name():
            bound = module.names.lookup(func)
            if isinstance(bound, FunctionNode):
                return module, bound
            if isinstance(bound, ast.Name):
                return _assigned(module, bound, steps)
            path = module.resolve(func)
            if path is None or not (bound is None or isinstance(bound, ast.alias | ast.ClassDef)):
                return _method(module.project, (path,), "__call__") if path else None
            return function_at(module.project, path)
        case ast.Attribute():
            return _attribute(module, func)
    return None


def _assigned(module: Module, bound: ast.Name, steps: int) -> Called | None:
    parent = module.parents.get(bound)
    match parent:
        case ast.Assign(value=ast.Name() | ast.Attribute() as value):
            return function_of(module, value, steps - 1)
        case ast.Assign(value=ast.Call() as value):
            return _made(module, value, steps)
    return None


def _attribute(module: Module, func: ast.Attribute) -> Called | None:
    path = module.resolve(func) or ""
    if path.startswith("builtins.super."):
        return _inherited(module, func, path.removeprefix("builtins.super."))
    project = module.project
    if not project.owns(path):
        return None
    is_exported = module.resolve(func.value) in project.names
    if not is_exported and path.rpartition(".")[2] != func.attr:
        return None  # the attribute holds what a function or class has made
    found = function_at(project, path)
    if found is not None and isinstance(found[0].parents.get(found[1]), FunctionNode):
        return None  # a method of what a function returns has the path of a function inside of it
    return found


def function_at(project: Project, path: str) -> Called | None:
    """Return the function that a dotted path leads to: its own, a class's `__init__`, an inherited method."""
    if not project.owns(path):
        return None
    if (found := project.function_of(path)) is not None:
        return found
    if project.class_of(path) is not None:
        return _method(project, (path,), "__init__")
    owner, _, name = path.rpartition(".")
    return _method(project, (owner,), name) if project.class_of(owner) is not None else None


def _method(project: Project, owners: tuple[str, ...], name: str) -> Called | None:
    """Return the method that classes of these paths have by a name, their own or the nearest inherited."""
    for base in project.ancestry(owners):
        held = project.class_of(base)
        if held is None:
            if base not in (
                "builtins.object",
                "abc.ABC",
                "typing.Generic",
                "typing.Protocol",
                "typing.Generic[]",
            ):
                return None  # a class out of sight may have a method of this name
            continue
        module, owner = held
        for statement in owner.body:
            if isinstance(statement, FunctionNode) and statement.name == name:
                return module, statement
    return None


def _inherited(module: Module, func: ast.expr, name: str) -> Called | None:
    owner = module.owner(func)
    bases = tuple(filter(None, map(module.resolve, owner.bases))) if owner is not None else ()
    return _method(module.project, bases, name) if "." not in name else None


def _made(module: Module, made: ast.Call, steps: int) -> Called | None:
    """Return the function that runs where the result of a call is called: a partial's, or `__call__`."""
    path = module.resolve(made.func) or ""
    if path in ("functools.partial", "functools.partialmethod"):
        return function_of(module, made.args[0], steps - 1) if made.args else None
    return _method(module.project, (path,), "__call__") if module.project.class_of(path) else None


def runs_at_once(module: Module, function: FunctionNode) -> bool:
    """Tell whether the body of a function runs when the function is called, whatever decorates it."""
    return all(_is_alike(module, decorator) for decorator in function.decorator_list)


def _is_alike(module: Module, decorator: ast.expr) -> bool:
    """Tell whether what a decorator makes of a function still runs its body when it is called."""
    expr = decorator.func if isinstance(decorator, ast.Call) else decorator
    path = module.resolve(expr) or ast.unparse(expr)
    if path in _ALIKE:
        return True
    made_by = function_of(module, expr)
    if made_by is not None:
        return _calls_its_own(made_by[1])
    return not any(word in path.lower() for word in _ELSEWHERE)


def _calls_its_own(decorator: FunctionNode) -> bool:
    """Tell whether a decorator returns a plain function that calls the decorated one, or that one itself."""
    inner = [node for node in ast.walk(decorator) if isinstance(node, FunctionNode)]
    given = {arg.arg for function in inner for arg in function.args.args[:1]}
    if not any(isinstance(node, ast.AsyncFunctionDef) for node in inner):
        for node in ast.walk(decorator):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in given:
                return True
            if isinstance(node, ast.Return) and isinstance(node.value, ast.Name) and node.value.id in given:
                return True
    return False
