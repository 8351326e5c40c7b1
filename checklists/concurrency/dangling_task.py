"""A task that nobody holds can vanish halfway, and its error is never seen.

The event loop keeps only weak references to tasks. When the result of `create_task` is dropped, the garbage
collector may take the task while it waits, so that the mail is not sent or the order not booked; an error
raised in it goes unreported until then. Keep each task in a set until it is done, and log how it failed.
Left out: tasks started in a lambda, and those handed to anything that may keep them.

Flagged:

    import asyncio
    import logging

    from fastapi import FastAPI

    from .mail import send_receipt

    logger = logging.getLogger(__name__)
    app = FastAPI()


    @app.post("/orders")
    async def create_order(order: dict):
        asyncio.create_task(send_receipt(order))
        return {"state": "accepted"}

Fixed:

    import asyncio
    import logging

    from fastapi import FastAPI

    from .mail import send_receipt

    logger = logging.getLogger(__name__)

    _background_tasks: set[asyncio.Task[object]] = set()


    def _forget_task(task: asyncio.Task[object]) -> None:
        \"\"\"Let go of a finished task, and log how it failed.\"\"\"
        _background_tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            logger.error("Background task %s failed", task.get_name(), exc_info=error)


    app = FastAPI()


    @app.post("/orders")
    async def create_order(order: dict):
        task = asyncio.create_task(send_receipt(order))
        _background_tasks.add(task)
        task.add_done_callback(_forget_task)
        return {"state": "accepted"}

Fine:

    import asyncio


    async def main(jobs, registry):
        async with asyncio.TaskGroup() as group:
            for job in jobs:
                group.create_task(job.run())
        task = asyncio.create_task(jobs[0].run())
        await asyncio.ensure_future(jobs[1].run())
        registry.tasks = [asyncio.create_task(job.run()) for job in jobs]
        await asyncio.gather(task, *registry.tasks)
        return asyncio.create_task(jobs[2].run())

When to ignore: the process ends right after, and whether the task ran does not matter.

References:
    https://docs.python.org/3/library/asyncio-task.html#asyncio.create_task
    https://docs.astral.sh/ruff/rules/asyncio-dangling-task/
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from harden.checks import Check, Fix
from harden.findings import Finding, Risk, Severity
from harden.module import Module

check = Check(
    id="dangling-task",
    title="Task whose result is dropped",
    severity=Severity.HIGH,
    fix=Fix("harden.codemods.background_tasks:KeepTask", Risk.AUTO),
    codes=frozenset({"RUF006"}),
    words=("create_task", "ensure_future"),
)

_LOOPS = (
    "asyncio.get_event_loop",
    "asyncio.get_running_loop",
    "asyncio.new_event_loop",
    "asyncio.AbstractEventLoop",
    "asyncio.BaseEventLoop",
    "asyncio.events.get_event_loop",
    "uvloop.new_event_loop",
)


@check.call("asyncio.create_task", "asyncio.ensure_future", *(f"{loop}.create_task" for loop in _LOOPS))
def dropped_task(module: Module, call: ast.Call, path: str) -> Iterator[Finding]:
    """Flag a started task that is a statement of its own, or goes into a name that nobody reads."""
    statement = module.parents.get(call)
    if not isinstance(statement, ast.Expr | ast.Assign) or not _is_dropped(module, statement):
        return
    name = path.rpartition(".")[2]
    message = f"the task made by {name}() is held by nobody and may vanish halfway"
    yield check.found(module, call, message, why_not=_why_not(module, statement))


def _is_dropped(module: Module, statement: ast.Expr | ast.Assign) -> bool:
    if isinstance(statement, ast.Expr):
        return True
    match statement.targets:
        case [ast.Name(id="_") as name]:
            scope = module.names.scope(name)
            return scope.parent is not None and not any(
                use.id == "_" and isinstance(use.ctx, ast.Load) for use in module.nodes(ast.Name)
            )
    return False


def _why_not(module: Module, statement: ast.stmt) -> str:
    outer = module.parents.get(statement)
    if module.function(statement) is None:
        return "The task is started outside any function."
    first = getattr(outer, "lineno", 0)
    if first == statement.lineno:
        return "The call shares its line with the block it stands in: put it on a line of its own first."
    return ""
