"""Sessions of requests whose calls need no argument of their own: adapters, wrapped methods, subclasses."""

from __future__ import annotations

import ast
from functools import lru_cache

from harden.errors import UnreadableSource
from harden.module import Module


def has_own_timeout(module: Module, call: ast.Call) -> bool:
    """Tell whether the session that a call goes through sets a timeout, where it was made or here."""
    return any(_sets_timeout(home) for home in {module, _home(module, call.func)})


def _home(module: Module, func: ast.expr) -> Module:
    """Return the module of the project that a session was imported from, or the module itself."""
    base = func
    while isinstance(base, ast.Attribute | ast.Call):
        base = base.value if isinstance(base, ast.Attribute) else base.func
    bound = module.names.lookup(base) if isinstance(base, ast.Name) else None
    statement = module.parents.get(bound) if bound is not None else None
    if isinstance(statement, ast.ImportFrom):
        path = module.project.names.get(module.names.absolute(statement))
        try:
            return module.project.module(path) if path else module
        except UnreadableSource:
            return module
    return module


@lru_cache(maxsize=4)  # asked for every call of a module
def _sets_timeout(module: Module) -> bool:
    """Tell whether a file mounts an adapter that sets a timeout, or wraps the session's methods with one."""
    mounted = [
        call.args[1]
        for call in module.nodes(ast.Call)
        if isinstance(call.func, ast.Attribute) and call.func.attr == "mount" and len(call.args) == 2
    ]
    return any(_adapter_sets(module, adapter) for adapter in mounted) or any(
        isinstance(target, ast.Attribute)
        and target.attr in ("request", "send")
        and "timeout" in module.segment(node.value)
        for node in module.nodes(ast.Assign)
        for target in node.targets
    )


def _adapter_sets(module: Module, adapter: ast.expr) -> bool:
    path = module.resolve(adapter) or ""
    if "timeout" in path.lower() or "timeout" in module.segment(adapter).lower():
        return True
    found = module.project.class_of(path)
    return found is not None and "timeout" in found[0].segment(found[1])
