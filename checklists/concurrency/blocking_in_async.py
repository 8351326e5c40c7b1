"""One blocking call in a coroutine stops every other request of that process.

The event loop runs one thing at a time. While a coroutine waits in `requests.get`, in `time.sleep` or for a
database driver that knows nothing of the loop, no other request is answered, no timeout fires and the health
check fails. Use the async client, move the call to a thread, or make the handler a plain `def`, which the
framework runs in a thread of its own. Local files are reported as low, as they are quick until the disk is
slow.

Calls are followed through the project's own functions and methods, in other files too: the call in the
coroutine is told, with the way to the one that blocks. Left out: what runs once (at start, or under
`if self._client is None`), programs with a single coroutine, files that are read several functions further
down, functions whose decorator may run them elsewhere, and names that cannot be resolved.

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

Flagged (app/rates.py):

    import requests


    def download(url):
        return requests.get(url, timeout=5)


    class Rates:
        def read(self):
            return download("https://rates.example/latest").json()


    async def rate(name):
        rates = Rates()
        return rates.read()[name]

Fixed (app/rates.py):

    import asyncio

    import requests


    def download(url):
        return requests.get(url, timeout=5)


    class Rates:
        def read(self):
            return download("https://rates.example/latest").json()


    async def rate(name):
        rates = Rates()
        return (await asyncio.to_thread(rates.read))[name]

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

Fine (app/in_threads.py):

    import asyncio
    import functools
    import time

    import psycopg
    import requests
    from starlette.concurrency import run_in_threadpool


    def download(url):
        return requests.get(url, timeout=5)


    def pages(urls):
        for url in urls:
            yield download(url)


    def in_thread(function):
        @functools.wraps(function)
        async def wrapper(*args):
            return await asyncio.to_thread(function, *args)

        return wrapper


    @in_thread
    def slow(url):
        return download(url)


    class Store:
        connection = None

        def connected(self):
            if self.connection is None:
                self.connection = psycopg.connect("dbname=shop")
            return self.connection


    async def read(urls, store: Store):
        first = await run_in_threadpool(download, urls[0])
        second = await asyncio.to_thread(lambda: download(urls[1]))
        return first, second, await slow(urls[2]), pages(urls), store.connected()

When to ignore: nothing else runs on that loop, as in a script with a single coroutine.

References:
    https://docs.python.org/3/library/asyncio-dev.html#running-blocking-code
    https://fastapi.tiangolo.com/async/
    https://docs.astral.sh/ruff/rules/#flake8-async-async
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from harden.checklists.blocked import Block, block_of, said, step
from harden.checklists.blocking_calls import MEANING, called_kind
from harden.checklists.concurrency.off_the_loop import (
    held,
    held_statement,
    plain_place,
    why_not,
)
from harden.checklists.concurrency.once import happens_once, lacks_threads, runs_alone, runs_once
from harden.checks import Check, Fix
from harden.findings import Finding, Risk, Severity
from harden.module import Module

check = Check(
    id="blocking-in-async",
    title="Blocking call on the event loop",
    severity=Severity.HIGH,
    fix=Fix("harden.codemods.unblocking:Unblock", Risk.REVIEW),
    codes=frozenset({"ASYNC210", "ASYNC212", "ASYNC220", "ASYNC221", "ASYNC222", "ASYNC230", "ASYNC251"}),
    words=("async def",),
)

_SEVERITY = {"file": Severity.LOW, "hash": Severity.MEDIUM}


@check.module
def blocking(module: Module) -> Iterator[Finding]:
    """Flag the first blocking call of every statement that runs on the event loop."""
    calls = [
        (call, function)
        for call in module.nodes(ast.Call)
        if module.in_async(call) and not isinstance(module.parents.get(call), ast.Await)
        if isinstance(function := module.function(call), ast.AsyncFunctionDef)
        if not lacks_threads(module, call)
    ]
    seen: set[ast.stmt] = set()
    for call, function in calls:
        path, kind = called_kind(module, call)
        statement = held_statement(module, call, kind)
        if path and kind and statement not in seen and (kind == "wait" or not runs_once(module, function)):
            seen.add(statement)
            yield _direct(module, call, kind, path, function)
    for call, function in () if runs_alone(module) else calls:
        statement = module.statement(call)
        if statement in seen or runs_once(module, function) or happens_once(module, call):
            continue
        if (block := block_of(module, call)) is not None:
            seen.add(statement)
            yield _by_way(module, call, block, function)


def _direct(module: Module, call: ast.Call, kind: str, path: str, function: ast.AsyncFunctionDef) -> Finding:
    plain, why = plain_place(module, function), why_not(module, call, kind, path)
    return check.found(
        module,
        call,
        f"{said(call)}() {MEANING[kind]} while the event loop stands still",
        severity=_SEVERITY.get(kind, Severity.HIGH),
        facts={"sleep": "yes" if path == "time.sleep" else "", "plain": plain, "why": why},
        why_not="" if plain else why,
    )


def _by_way(module: Module, call: ast.Call, block: Block, function: ast.AsyncFunctionDef) -> Finding:
    """Return the finding of a call that blocks in a function of the project further down."""
    plain = "" if "event loop" in block.ties else plain_place(module, function)
    why = held(module, call) or block.ties
    return check.found(
        module,
        call,
        f"{said(call)}() {MEANING[block.kind]} in {block.where} while the event loop stands still",
        severity=_SEVERITY.get(block.kind, Severity.HIGH),
        facts={"sleep": "", "plain": plain, "why": why},
        why_not="" if plain else why,
        steps=(step(module, call), *block.steps),
    )
