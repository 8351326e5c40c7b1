"""A wait without a limit turns one stuck thread, task or program into a stuck service.

A child process that waits for input, a worker that died before it filled its queue, a future whose
executor was shut down: whoever waits for them without a timeout waits until the process is killed, and
holds a worker of the service meanwhile. With a timeout the wait ends in an error that can be answered.

Precision comes first here. Programs are looked at only in services (not in scripts and commands), waits
for threads, events and queues only where they happen once: a consumer that takes from its queue in a loop
is meant to wait. `with lock:` is left out, since it takes no timeout; so are futures that are known to be
done (`as_completed`, `wait`), and the `join()` of a queue. An `acquire()` whose answer nobody looks at is
told, but not edited: with a timeout it may go on without the lock. Background tasks get a longer limit
(`task_timeout`).

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

    import os
    import queue
    import signal
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


    def reap(child: subprocess.Popen):
        os.killpg(os.getpgid(child.pid), signal.SIGKILL)
        child.wait()


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

from harden.checklists.concurrency.ended import has_ended, is_done
from harden.checklists.concurrency.waits import (
    AWAITED,
    CHILDREN,
    LOCKS,
    PROGRAMS,
    QUEUES,
    RESULTS,
    WAITS,
)
from harden.checklists.waiting import in_loop, is_limited, lacks, place_of, serves
from harden.checks import Check, Fix
from harden.findings import Finding, Risk, Severity
from harden.module import Module, is_literal, keyword
from harden.roles import Role

check = Check(
    id="wait-forever",
    title="Wait without timeout",
    severity=Severity.MEDIUM,
    fix=Fix("harden.codemods.timeouts:AddWaitLimit", Risk.REVIEW),
)

_BUSY = (Role.HANDLER, Role.TASK)


@check.call(*PROGRAMS)
def program(module: Module, call: ast.Call, path: str) -> Iterator[Finding]:
    """Flag waits for other programs in a service."""
    at = PROGRAMS[path]
    if lacks(module, call, "timeout", at) and serves(module, call) and not has_ended(module, call):
        name = path.removeprefix("subprocess.")
        facts = place_of(call, "timeout", at, _form(module, call))
        yield check.found(module, call, f"{name}() waits for the program for ever", facts=facts)


@check.call("asyncio.to_thread", "fastapi.concurrency.run_in_threadpool")
def program_in_thread(module: Module, call: ast.Call, path: str) -> Iterator[Finding]:
    """Flag the same where the wait is handed to a thread, which it then holds."""
    waited = (module.resolve(call.args[0]) or "") if call.args else ""
    if PROGRAMS.get(waited) != -1 or not lacks(module, call, "timeout") or is_limited(module, call):
        return
    around = module.parents.get(call)
    waits = isinstance(around, ast.Call) and module.resolve(around.func) == "asyncio.wait_for"
    if serves(module, call) and not waits:
        facts = {"set": f"timeout={_form(module, call)}"}
        name = waited.removeprefix("subprocess.")
        yield check.found(module, call, f"{name}() waits for the program for ever", facts=facts)


@check.call(*QUEUES)
def queue_get(module: Module, call: ast.Call, path: str) -> Iterator[Finding]:
    """Flag a queue that is read once, not by a consumer in its loop."""
    block = keyword(call, "block") or (call.args[0] if call.args else None)
    if block is not None and not is_literal(block, True):
        return
    if lacks(module, call, "timeout", 1) and serves(module, call) and not in_loop(module, call):
        facts = place_of(call, "timeout", 1, _form(module, call))
        yield check.found(module, call, "The queue may stay empty for ever", facts=facts)


@check.call(*WAITS)
def wait(module: Module, call: ast.Call, path: str) -> Iterator[Finding]:
    """Flag waits for threads, processes, events and futures in request handlers and tasks."""
    role, at = module.role(call), WAITS[path]
    if role not in _BUSY or is_done(module, call) or not lacks(module, call, "timeout", at):
        return
    method = path.rpartition(".")[2]
    if not (method.startswith("wait") and in_loop(module, call)):
        facts = place_of(call, "timeout", at, _form(module, call))
        yield check.found(module, call, f"{method}() holds the {role.value} for ever", facts=facts)


@check.call(*LOCKS)
def lock(module: Module, call: ast.Call, path: str) -> Iterator[Finding]:
    """Flag locks that request handlers and tasks acquire by hand."""
    role = module.role(call)
    block = keyword(call, "blocking") or keyword(call, "block") or (call.args[0] if call.args else None)
    if role not in _BUSY or (block is not None and not is_literal(block, True)):
        return
    if lacks(module, call, "timeout", 1):
        why_not = ""
        if isinstance(module.parents.get(call), ast.Expr):
            why_not = "With a timeout acquire() answers False when it gives up: say what happens then."
        facts = place_of(call, "timeout", 1, _form(module, call))
        message = f"acquire() holds the {role.value} for ever"
        yield check.found(module, call, message, facts=facts, why_not=why_not)


@check.call("*.get")
def task_result(module: Module, call: ast.Call, path: str) -> Iterator[Finding]:
    """Flag the wait for a Celery task's result."""
    if not path.endswith(RESULTS) or path.startswith("multiprocessing."):
        return
    if module.project.mentions("celery") and serves(module, call) and lacks(module, call, "timeout", 0):
        facts = place_of(call, "timeout", 0, _form(module, call))
        yield check.found(module, call, "The task's result may never come", facts=facts)


@check.node(ast.Await)
def awaited(module: Module, node: ast.AST) -> Iterator[Finding]:
    """Flag awaited queues, events, locks and programs in request handlers and tasks."""
    call = node.value if isinstance(node, ast.Await) else None
    role = module.role(call) if isinstance(call, ast.Call) else Role.NONE
    if not isinstance(call, ast.Call) or role not in _BUSY:
        return
    path = module.resolve(call.func) or ""
    child = path.endswith((".communicate", ".wait")) and path.startswith(CHILDREN)
    if (path in AWAITED or child) and not in_loop(module, call) and not is_limited(module, call):
        facts = {"wrap": "asyncio:wait_for", "form": _form(module, call)}
        message = f"{path.rpartition('.')[2]}() holds the {role.value} for ever"
        yield check.found(module, call, message, facts=facts)


def _form(module: Module, call: ast.Call) -> str:
    """Return which of the two limits holds: nobody looks at the clock while a background task runs."""
    return "task" if module.role(call) is Role.TASK else "seconds"
