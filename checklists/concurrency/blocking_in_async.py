"""One blocking call in a coroutine stops every other request of that process.

The event loop runs one thing at a time. While a coroutine waits in `requests.get`, in `time.sleep` or for a
database driver that knows nothing of the loop, no other request is answered, no timeout fires and the health
check fails. Use the async client, move the call to a thread, or make the handler a plain `def`, which the
framework runs in a thread of its own. Local files are reported as low, as they are quick until the disk is
slow. Left out: calls hidden in helper functions, what runs once at start, and names that cannot be resolved.

Flagged:

    import time

    import requests


    async def poll(url):
        while True:
            state = requests.get(url, timeout=5).json()["state"]
            if state != "pending":
                return state
            time.sleep(2)

Fixed:

    import asyncio

    import requests


    async def poll(url):
        while True:
            state = (await asyncio.to_thread(requests.get, url, timeout=5)).json()["state"]
            if state != "pending":
                return state
            await asyncio.sleep(2)

Flagged:

    from fastapi import Depends, FastAPI
    from sqlalchemy.orm import Session

    from .db import get_db
    from .models import Order

    app = FastAPI()


    @app.get("/orders/{order_id}")
    async def read_order(order_id: int, db: Session = Depends(get_db)):
        return db.query(Order).filter(Order.id == order_id).first()

Fixed:

    from fastapi import Depends, FastAPI
    from sqlalchemy.orm import Session

    from .db import get_db
    from .models import Order

    app = FastAPI()


    @app.get("/orders/{order_id}")
    def read_order(order_id: int, db: Session = Depends(get_db)):
        return db.query(Order).filter(Order.id == order_id).first()

Flagged:

    import subprocess


    async def convert(source, target):
        subprocess.run(["convert", source, target], check=True, timeout=60)

Fixed:

    import asyncio
    import subprocess


    async def convert(source, target):
        await asyncio.to_thread(
            subprocess.run, ["convert", source, target], check=True, timeout=60
        )

Fine:

    import asyncio
    import time

    import httpx
    import requests
    from fastapi import FastAPI
    from sqlalchemy.ext.asyncio import AsyncSession

    app = FastAPI()


    @app.get("/sync")
    def plain_handler():
        time.sleep(1)
        return requests.get("https://example.com", timeout=5).json()


    async def read(db: AsyncSession, query, url):
        rows = await db.execute(query)
        await asyncio.sleep(1)
        await asyncio.to_thread(time.sleep, 1)
        await asyncio.to_thread(lambda: requests.get(url, timeout=5))

        def work():
            return requests.get(url, timeout=5)

        await asyncio.get_running_loop().run_in_executor(None, work)
        async with httpx.AsyncClient() as client:
            return rows, await client.get(url)

When to ignore: nothing else runs on that loop, as in a script with a single coroutine.

References:
    https://docs.python.org/3/library/asyncio-dev.html#running-blocking-code
    https://fastapi.tiangolo.com/async/
    https://docs.astral.sh/ruff/rules/#flake8-async-async
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from harden.checklists.blocking_calls import DRIVERS, FILES, MEANING, kind_of
from harden.checks import Check, Fix
from harden.findings import Finding, Risk, Severity
from harden.module import Module
from harden.roles import Role
from harden.tree import FunctionNode

check = Check(
    id="blocking-in-async",
    title="Blocking call on the event loop",
    severity=Severity.HIGH,
    fix=Fix("harden.codemods.unblocking:Unblock", Risk.REVIEW),
    codes=frozenset({"ASYNC210", "ASYNC212", "ASYNC220", "ASYNC221", "ASYNC222", "ASYNC230", "ASYNC251"}),
    words=("async def",),
)

_SEVERITY = {"file": Severity.LOW, "hash": Severity.MEDIUM}
_LOOP_SYNTAX = (ast.Await, ast.AsyncFor, ast.AsyncWith, ast.AsyncFunctionDef, ast.Yield, ast.YieldFrom)
_ONCE = frozenset({"lifespan", "startup", "shutdown", "on_startup", "on_shutdown", "main"})


@check.module
def blocking(module: Module) -> Iterator[Finding]:
    """Flag the first blocking call of every statement that runs on the event loop."""
    seen: set[ast.stmt] = set()
    for call in module.nodes(ast.Call):
        if not module.in_async(call) or isinstance(module.parents.get(call), ast.Await):
            continue
        path = module.resolve(call.func)
        kind = kind_of(module, call, path) if path else ""
        function = module.function(call)
        if not path or not kind or not isinstance(function, ast.AsyncFunctionDef):
            continue
        statement = _block(module, call, kind)
        if statement in seen or (kind != "wait" and _runs_once(module, function)):
            continue
        seen.add(statement)
        plain, why = _plain(module, function), _why_not(module, call, kind, path)
        yield check.found(
            module,
            call,
            f"{_said(call)}() {MEANING[kind]} while the event loop stands still",
            severity=_SEVERITY.get(kind, Severity.HIGH),
            facts={"sleep": "yes" if path == "time.sleep" else "", "plain": plain, "why": why},
            why_not="" if plain else why,
        )


def _block(module: Module, call: ast.Call, kind: str) -> ast.stmt:
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


def _runs_once(module: Module, function: ast.AsyncFunctionDef) -> bool:
    """Tell whether a coroutine runs when the service starts or stops, before or after all requests."""
    decorators = [module.resolve(decorator) or "" for decorator in function.decorator_list]
    return function.name in _ONCE or any(
        (path == "contextlib.asynccontextmanager" and "lifespan" in function.name)
        or path.endswith((".on_event", ".before_serving", ".after_serving", ".before_server_start"))
        for path in decorators
    )


def _plain(module: Module, function: ast.AsyncFunctionDef) -> str:
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


def _why_not(module: Module, call: ast.Call, kind: str, path: str) -> str:
    if path.startswith("sqlite3."):
        return "A sqlite3 connection must stay in its thread: use aiosqlite, or move the block to a function."
    if kind == "mail" or path.startswith(DRIVERS):
        return (
            "The connection serves several statements: give a function with all of them to asyncio.to_thread."
        )
    for outer in module.ancestors(call):
        if isinstance(outer, ast.stmt):
            break
        if isinstance(outer, ast.GeneratorExp):
            return "The call stands in a generator expression, which cannot await: use a list comprehension."
    if isinstance(module.parents.get(call), ast.withitem):
        return "The block uses what the call opens: move it to a function and give that to asyncio.to_thread."
    if kind == "file" and path.endswith("open"):
        return "Reading blocks as opening does: move both to a function and give that to asyncio.to_thread."
    return ""


def _said(call: ast.Call) -> str:
    """Return the name of what is called, short enough for a message."""
    parts: list[str] = []
    node: ast.expr = call.func
    while isinstance(node, ast.Attribute | ast.Call):
        if isinstance(node, ast.Attribute):
            parts.insert(0, node.attr)
            node = node.value
        else:
            node = node.func
    head = [node.id] if isinstance(node, ast.Name) else []
    return ".".join([*head, *parts]) or "the call"
