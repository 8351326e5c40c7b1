"""A wait without a limit turns one stuck thread, task or program into a stuck service.

A child process that waits for input, a worker that died before it filled its queue, a future whose
executor was shut down: whoever waits for them without a timeout waits until the process is killed, and
holds a worker of the service meanwhile. With a timeout the wait ends in an error that can be answered.

Precision comes first here. Programs are looked at only in services (not in scripts and commands), waits
for threads, events and queues only where they happen once: a consumer that takes from its queue in a loop
is meant to wait. Locks are left out (`with lock:` has no timeout either), and so are futures that are
known to be done (`as_completed`, `wait`).

Flagged:

    import subprocess

    from flask import Flask

    app = Flask(__name__)


    @app.post("/thumbnails/<name>")
    def thumbnail(name):
        subprocess.run(["convert", name, "-resize", "200", f"small-{name}"], check=True)
        return "", 204

Fixed:

    import subprocess

    from flask import Flask

    app = Flask(__name__)


    @app.post("/thumbnails/<name>")
    def thumbnail(name):
        subprocess.run(
            ["convert", name, "-resize", "200", f"small-{name}"], check=True, timeout=60
        )
        return "", 204

Flagged (app/jobs.py):

    import asyncio
    from concurrent.futures import ThreadPoolExecutor

    from fastapi import APIRouter

    from app.reports import render

    router = APIRouter()
    pool = ThreadPoolExecutor(4)


    @router.post("/reports")
    def report(order: int):
        return pool.submit(render, order).result()


    @router.get("/next")
    async def upcoming():
        answers: asyncio.Queue = asyncio.Queue()
        ask(answers)
        return await answers.get()

Fixed (app/jobs.py):

    import asyncio
    from concurrent.futures import ThreadPoolExecutor

    from fastapi import APIRouter

    from app.reports import render

    router = APIRouter()
    pool = ThreadPoolExecutor(4)


    @router.post("/reports")
    def report(order: int):
        return pool.submit(render, order).result(timeout=60)


    @router.get("/next")
    async def upcoming():
        answers: asyncio.Queue = asyncio.Queue()
        ask(answers)
        return await asyncio.wait_for(answers.get(), timeout=60)

Fine:

    import queue
    import subprocess
    import threading
    from concurrent.futures import ThreadPoolExecutor, as_completed

    from flask import Flask

    app = Flask(__name__)
    jobs: queue.Queue = queue.Queue()
    stop = threading.Event()


    def consumer():
        while not stop.is_set():
            handle(jobs.get())


    def shut_down(worker: threading.Thread):
        stop.set()
        worker.join()


    @app.get("/all")
    def everything():
        subprocess.run(["date"], timeout=5)
        with ThreadPoolExecutor(4) as pool:
            futures = [pool.submit(load, part) for part in range(4)]
            return [future.result() for future in as_completed(futures)]


    if __name__ == "__main__":
        subprocess.run(["make", "assets"])

When to ignore: the program that is waited for may take any time, and nobody waits for this one.

References:
https://docs.python.org/3/library/subprocess.html#subprocess.run
https://docs.python.org/3/library/queue.html#queue.Queue.get
https://docs.python.org/3/library/concurrent.futures.html#concurrent.futures.Future.result
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from harden.checklists.waiting import in_loop, is_limited, lacks, place_of, serves
from harden.checks import Check, Fix
from harden.findings import Finding, Risk, Severity
from harden.module import Module, has_star_arguments, is_literal, keyword
from harden.roles import Role

check = Check(
    id="wait-forever",
    title="Wait without timeout",
    severity=Severity.MEDIUM,
    fix=Fix("harden.codemods.timeouts:AddWaitLimit", Risk.REVIEW),
)

_PROGRAMS = {
    "subprocess.run": -1,
    "subprocess.call": -1,
    "subprocess.check_call": -1,
    "subprocess.check_output": -1,
    "subprocess.Popen.communicate": 1,
    "subprocess.Popen.wait": 0,
}
_QUEUES = tuple(
    f"{package}.{kind}.get"
    for package in ("queue", "multiprocessing")
    for kind in ("Queue", "LifoQueue", "PriorityQueue", "SimpleQueue", "JoinableQueue")
)
_WAITS = {
    "threading.Thread.join": 0,
    "threading.Event.wait": 0,
    "threading.Barrier.wait": 0,
    "multiprocessing.Process.join": 0,
    "multiprocessing.Event.wait": 0,
    "concurrent.futures.Future.result": 0,
    "concurrent.futures.ThreadPoolExecutor.submit.result": 0,
    "concurrent.futures.ProcessPoolExecutor.submit.result": 0,
    "concurrent.futures.thread.ThreadPoolExecutor.submit.result": 0,
    "asyncio.run_coroutine_threadsafe.result": 0,
    "multiprocessing.Pool.apply_async.get": 0,
    "multiprocessing.Pool.map_async.get": 0,
    "multiprocessing.pool.ThreadPool.apply_async.get": 0,
    "multiprocessing.pool.Pool.apply_async.get": 0,
}
_ASYNC = (
    "asyncio.Queue.get",
    "asyncio.Event.wait",
    "asyncio.create_subprocess_exec",
    "asyncio.create_subprocess_shell",
)


@check.call(*_PROGRAMS)
def program(module: Module, call: ast.Call, path: str) -> Iterator[Finding]:
    """Flag waits for other programs in a service."""
    at = _PROGRAMS[path]
    if lacks(module, call, "timeout", at) and serves(module, call) and not _has_ended(module, call):
        name = path.removeprefix("subprocess.")
        facts = place_of(call, "timeout", at, "seconds")
        yield check.found(module, call, f"{name}() waits for the program for ever", facts=facts)


@check.call(*_QUEUES)
def queue_get(module: Module, call: ast.Call, path: str) -> Iterator[Finding]:
    """Flag a queue that is read once, not by a consumer in its loop."""
    block = keyword(call, "block") or (call.args[0] if call.args else None)
    if block is not None and not is_literal(block, True):
        return
    if lacks(module, call, "timeout", 1) and serves(module, call) and not in_loop(module, call):
        facts = place_of(call, "timeout", 1, "seconds")
        yield check.found(module, call, "The queue may stay empty for ever", facts=facts)


@check.call(*_WAITS)
def wait(module: Module, call: ast.Call, path: str) -> Iterator[Finding]:
    """Flag waits for threads, processes, events and futures in request handlers and tasks."""
    role = module.role(call)
    if role not in (Role.HANDLER, Role.TASK) or _is_done(module, call):
        return
    if not lacks(module, call, "timeout", 0):
        return
    if not (path.endswith(".wait") and in_loop(module, call)):
        facts = place_of(call, "timeout", 0, "seconds")
        message = f"{path.rpartition('.')[2]}() holds the {role.value} for ever"
        yield check.found(module, call, message, facts=facts)


@check.call("*.get")
def task_result(module: Module, call: ast.Call, path: str) -> Iterator[Finding]:
    """Flag the wait for a Celery task's result."""
    if path.endswith((".delay.get", ".apply_async.get")) and module.project.mentions("celery"):
        known = path.startswith("multiprocessing.")
        if not known and serves(module, call) and lacks(module, call, "timeout", 0):
            facts = place_of(call, "timeout", 0, "seconds")
            yield check.found(module, call, "The task's result may never come", facts=facts)


@check.node(ast.Await)
def awaited(module: Module, node: ast.AST) -> Iterator[Finding]:
    """Flag awaited queues, events and programs in request handlers."""
    call = node.value if isinstance(node, ast.Await) else None
    if not isinstance(call, ast.Call) or module.role(call) is not Role.HANDLER:
        return
    path = module.resolve(call.func) or ""
    child = path.endswith((".communicate", ".wait")) and path.startswith(_ASYNC[2:])
    if (path in _ASYNC[:2] or child) and not in_loop(module, call) and not is_limited(module, call):
        facts = {"wrap": "asyncio:wait_for"}
        message = f"{path.rpartition('.')[2]}() holds the request for ever"
        yield check.found(module, call, message, facts=facts)


def _has_ended(module: Module, call: ast.Call) -> bool:
    """Tell whether a process was polled, killed or read to its end before it is waited for."""
    if not isinstance(call.func, ast.Attribute) or call.func.attr not in ("wait", "communicate"):
        return False
    if has_star_arguments(call):
        return True
    around = module.function(call)
    peer = ast.unparse(call.func.value)
    return around is not None and any(
        isinstance(node, ast.Attribute)
        and node.attr in ("kill", "terminate", "poll", "send_signal")
        and ast.unparse(node.value) == peer
        for node in ast.walk(around)
    )


def _is_done(module: Module, call: ast.Call) -> bool:
    """Tell whether a future is waited for by other means in the same function."""
    around = module.function(call)
    names = {"as_completed", "wait", "done", "add_done_callback"}
    return (
        isinstance(call.func, ast.Attribute)
        and call.func.attr == "result"
        and around is not None
        and any(
            getattr(node, "attr", getattr(node, "id", "")) in names
            for node in ast.walk(around)
            if isinstance(node, ast.Attribute | ast.Name)
        )
    )
