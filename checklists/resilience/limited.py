"""Whether something else limits an HTTP call: asyncio, another file, whoever calls what is handed over."""

from __future__ import annotations

import ast

from harden.checklists.waiting import sets_elsewhere
from harden.module import Module


def awaits_within_limits(module: Module) -> bool:
    """Tell whether the file limits what it awaits by asyncio's own means."""
    return any(
        module.resolve(node) in ("asyncio.wait_for", "asyncio.timeout", "async_timeout.timeout")
        for kind in (ast.Attribute, ast.Name)
        for node in module.nodes(kind)
        if isinstance(node, ast.Attribute | ast.Name)
        and getattr(node, "attr", getattr(node, "id", "")) in ("wait_for", "timeout")
    )


def is_limited_elsewhere(module: Module) -> bool:
    """Tell whether the file only makes sessions, and another one of the project knows their timeouts."""
    uses = any(
        (module.resolve(call.func) or "").startswith("aiohttp.ClientSession.")
        for call in module.nodes(ast.Call)
    )
    return not uses and any(path != module.path for path in module.project.mentions("ClientTimeout"))


def is_called_here(module: Module, partial: ast.Call) -> bool:
    """Tell whether a partial is called by this file or a thread, and never with a timeout."""
    parent = module.parents.get(partial)
    if isinstance(parent, ast.Call):
        name = (module.resolve(parent.func) or ast.unparse(parent.func)).rpartition(".")[2]
        return name in ("run_in_executor", "submit", "to_thread", "run_sync", "run_in_threadpool")
    return isinstance(parent, ast.Assign) and not sets_elsewhere(module, "functools.partial")
