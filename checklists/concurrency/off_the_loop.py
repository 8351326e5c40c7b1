"""Whether a blocking call can leave the event loop: awaited in a thread, or with its handler."""

from __future__ import annotations

import ast
from functools import lru_cache

from harden.checklists.blocking_calls import DRIVERS, FILES
from harden.module import Module
from harden.roles import Role
from harden.tree import FunctionNode

_LOOP_SYNTAX = (ast.Await, ast.AsyncFor, ast.AsyncWith, ast.AsyncFunctionDef, ast.Yield, ast.YieldFrom)
_LOCKS = frozenset({"threading.Lock", "threading.RLock"})


@lru_cache(maxsize=8)  # asked for every finding of a function
def plain_place(module: Module, function: ast.AsyncFunctionDef) -> str:
    """Return where a handler that awaits nothing begins, so that it can be a plain `def`, or nothing."""
    routed = any(
        (module.resolve(decorator) or "").startswith(("fastapi.", "starlette."))
        for decorator in function.decorator_list
    )
    if not routed or module.role(function) is not Role.HANDLER or module.owner(function) is not None:
        return ""
    if any(_needs_loop(module, node) for node in ast.walk(function) if node is not function):
        return ""
    span = module.span(function)
    return f"{span.line}:{span.column}"


def _needs_loop(module: Module, node: ast.AST) -> bool:
    if isinstance(node, ast.Call):
        return (module.resolve(node.func) or "").startswith(("asyncio.", "anyio."))
    if isinstance(node, ast.comprehension):
        return bool(node.is_async)
    return isinstance(node, _LOOP_SYNTAX)


def why_not(module: Module, call: ast.Call, kind: str, path: str) -> str:
    """Return why a blocking call cannot simply be awaited in a thread, or nothing."""
    if path.startswith("sqlite3."):
        return "A sqlite3 connection must stay in its thread: use aiosqlite, or move the block to a function."
    if kind == "mail" or path.startswith(DRIVERS):
        return (
            "The connection serves several statements: give a function with all of them to asyncio.to_thread."
        )
    if why := held(module, call):
        return why
    if kind == "file" and path.endswith("open"):
        return "Reading blocks as opening does: move both to a function and give that to asyncio.to_thread."
    return ""


def held(module: Module, call: ast.Call) -> str:
    """Return why the place of a call does not let it be awaited, or nothing."""
    statement = module.statement(call)
    for outer in module.ancestors(call):
        if outer is statement:
            break
        if isinstance(outer, ast.GeneratorExp):
            return "The call stands in a generator expression, which cannot await: use a list comprehension."
    if isinstance(module.parents.get(call), ast.withitem):
        return "The block uses what the call opens: move it to a function and give that to asyncio.to_thread."
    for outer in module.ancestors(call):
        if isinstance(outer, FunctionNode):
            break
        if isinstance(outer, ast.With) and any(
            (module.resolve(item.context_expr) or "") in _LOCKS for item in outer.items
        ):
            return (
                "The call runs under a lock of threads: to await there stops all others that want the lock."
            )
    return ""


def held_statement(module: Module, call: ast.Call, kind: str) -> ast.stmt:
    """Return the statement that a call counts for; file calls count for the `with` that opened a file."""
    statement = module.statement(call)
    if kind == "file":
        for outer in module.ancestors(call):
            if isinstance(outer, FunctionNode):
                break
            if isinstance(outer, ast.With) and any(
                module.resolve(item.context_expr) in FILES for item in outer.items
            ):
                statement = outer
    return statement
