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

Flagged (app/jobs.py):

    import asyncio


    async def start(jobs, done):
        [asyncio.create_task(job()) for job in jobs]
        asyncio.create_task(jobs[0]()).add_done_callback(done)

Fixed (app/jobs.py):

    import asyncio

    running = set()


    async def start(jobs, done):
        for job in jobs:
            task = asyncio.create_task(job())
            running.add(task)
            task.add_done_callback(running.discard)
            task.add_done_callback(done)

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
    name = path.rpartition(".")[2]
    message = f"the task made by {name}() is held by nobody and may vanish halfway"
    if _is_only_listened_to(module, call) or _is_listed_for_nobody(module, call):
        why_not = "Keep the task in a set by hand until it is done."
        yield check.found(module, call, message, why_not=why_not)
    elif isinstance(statement, ast.Expr | ast.Assign) and _is_dropped(module, statement):
        yield check.found(module, call, message, why_not=_why_not(module, statement))


def _is_only_listened_to(module: Module, call: ast.Call) -> bool:
    """Tell whether a callback is all that is done with a task: `create_task(…).add_done_callback(…)`."""
    method = module.parents.get(call)
    later = module.parents.get(method) if isinstance(method, ast.Attribute) else None
    is_callback = isinstance(method, ast.Attribute) and method.attr == "add_done_callback"
    return is_callback and later is not None and isinstance(module.parents.get(later), ast.Expr)


def _is_listed_for_nobody(module: Module, call: ast.Call) -> bool:
    """Tell whether tasks go into a list that is dropped: a comprehension that is a statement."""
    listed = module.parents.get(call)
    is_list = isinstance(listed, ast.ListComp | ast.SetComp) and listed.elt is call
    return is_list and listed is not None and isinstance(module.parents.get(listed), ast.Expr)


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
