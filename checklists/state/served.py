"""Which functions run for requests, messages and tasks, of which a service has many at once."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from itertools import islice

from harden.called import function_of
from harden.calls import uses_of
from harden.checklists.answering import DEPENDS, answers
from harden.checklists.state.kept import shipped
from harden.module import Module
from harden.roles import Role
from harden.tree import FunctionNode

_DEEP = 5
"""Functions of the project between a request and the code that runs for it."""
_FILES = 25
"""Files that mention a name beyond which it is taken for a word that everybody uses."""
_USES = 40
_LATER = re.compile(
    r"\.(add_task|Thread|submit|run_in_executor|to_thread|run_sync|run_in_threadpool|sync_to_async|map"
    r"|start_background_task|create_task|ensure_future|call_later|call_soon|Timer|delay|apply_async|enqueue)$"
)
_MAKING = ("__init__", "__post_init__", "__new__")
_ONCE = frozenset(
    {"lifespan", "startup", "shutdown", "on_startup", "on_shutdown", "create_app", "main", "ready"}
)


def is_served(module: Module, function: FunctionNode | None) -> bool:
    """Tell whether a function runs for requests or tasks, itself or through functions that call it."""
    if function is None:
        return False
    return module.once((is_served, function), lambda: _is_served(module, function, set(), _DEEP))


def _is_served(module: Module, function: FunctionNode, seen: set[tuple[str, int]], steps: int) -> bool:
    place = (module.path, function.lineno)
    if not steps or place in seen or module.role(function) in (Role.CLI, Role.TEST):
        return False
    seen.add(place)
    if answers(module, function):
        return True
    if function.name in _ONCE or module.in_main_guard(function):
        return False
    outer = module.function(function)
    if outer is not None and any(
        _is_served(*one, seen, steps - 1) for one in _around(module, function, outer)
    ):
        return True
    uses = list(islice(_uses(module, function), _USES))
    if any(_is_injected(other, use) for other, use in uses):
        return True
    callers = ((other, other.function(use)) for other, use in uses if _runs(other, use))
    return any(
        _is_served(other, caller, seen, steps - 1)
        for other, caller in callers
        if caller is not None and caller.name not in _MAKING  # an object that lasts is made once
    )


def _around(
    module: Module, function: FunctionNode, outer: FunctionNode
) -> Iterator[tuple[Module, FunctionNode]]:
    """Yield what runs a nested function: the one around it, or those that it decorates."""
    given = {arg.arg for node in (outer, *module.ancestors(outer)) for arg in _arguments(node)}
    calls = (node.func for node in ast.walk(function) if isinstance(node, ast.Call))
    if any(isinstance(func, ast.Name) and func.id in given for func in calls):
        outermost = next((n for n in module.ancestors(outer) if isinstance(n, FunctionNode)), outer)
        for other, use in islice(_uses(module, outermost), _USES):
            parent = other.parents.get(use)
            held = other.parents.get(parent) if isinstance(parent, ast.Call) else parent
            if isinstance(held, FunctionNode) and held.decorator_list:
                yield other, held
    elif not any(isinstance(n, ast.Return) and _is_named(n.value, function.name) for n in outer.body):
        yield module, outer


def _arguments(node: ast.AST) -> list[ast.arg]:
    return node.args.args if isinstance(node, FunctionNode) else []


def _is_named(expr: ast.expr | None, name: str) -> bool:
    return isinstance(expr, ast.Name) and expr.id == name


def _uses(module: Module, function: FunctionNode) -> Iterator[tuple[Module, ast.Name | ast.Attribute]]:
    if function.name.startswith("__") and function.name not in ("__init__", "__call__"):
        return
    owner = module.parents.get(function)
    is_made = function.name == "__init__" and isinstance(owner, ast.ClassDef)
    name = owner.name if is_made and isinstance(owner, ast.ClassDef) else function.name
    files = list(shipped(module.project.naming(name)))
    if files == [module.path]:
        yield from _uses_here(module, function, name)
    elif len(files) <= _FILES:
        yield from uses_of(module, function)


def _uses_here(
    module: Module, function: FunctionNode, name: str
) -> Iterator[tuple[Module, ast.Name | ast.Attribute]]:
    uses: list[ast.Name | ast.Attribute] = [use for use in module.nodes(ast.Name) if use.id == name]
    uses += [use for use in module.nodes(ast.Attribute) if use.attr == name]
    for use in uses:
        found = function_of(module, use) if isinstance(use.ctx, ast.Load) else None
        if found is not None and found[1] is function:
            yield module, use


def _runs(module: Module, use: ast.expr) -> bool:
    """Tell whether a function that is named here is called, or handed on to run later."""
    call = _call_around(module, use)
    if call is None:
        return False
    return call.func is use or bool(_LATER.search(f".{module.resolve(call.func) or ast.unparse(call.func)}"))


def _is_injected(module: Module, use: ast.expr) -> bool:
    call = _call_around(module, use)
    return call is not None and module.resolve(call.func) in DEPENDS


def _call_around(module: Module, use: ast.expr) -> ast.Call | None:
    parent = module.parents.get(use)
    if isinstance(parent, ast.keyword):
        parent = module.parents.get(parent)
    return parent if isinstance(parent, ast.Call) else None
