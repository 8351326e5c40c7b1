"""An error page is taken for data.

requests, httpx and aiohttp do not raise when the server answers 404 or 500. The program reads the body
as if all were well: it saves the error page, or fails lines later with a `KeyError` that says nothing of
the cause. `raise_for_status()` ends the matter where it happened, with the address and the status.

A response that a function of the project returns unread is told where it is read, also in another file.
Left out: responses that are handed on (their receiver may look), bodies that carry an error of their own
which the code asks for, and clients that raise by themselves (`raise_for_status=True`, hooks, a session
class that looks).

Flagged:

    import requests


    def rates():
        response = requests.get("https://rates.example/latest", timeout=5)
        return response.json()["rates"]

Fixed:

    import requests


    def rates():
        response = requests.get("https://rates.example/latest", timeout=5)
        response.raise_for_status()
        return response.json()["rates"]

Flagged (app/short.py):

    import httpx


    async def price(client: httpx.AsyncClient, name):
        return (await client.get(f"/prices/{name}")).json()


    def rates():
        # of today
        return httpx.get("https://rates.example/latest").json()["rates"]

Fixed (app/short.py):

    import httpx


    async def price(client: httpx.AsyncClient, name):
        response = await client.get(f"/prices/{name}")
        response.raise_for_status()
        return response.json()


    def rates():
        # of today
        response = httpx.get("https://rates.example/latest")
        response.raise_for_status()
        return response.json()["rates"]

Flagged (app/page.py):

    import aiohttp


    async def page(session: aiohttp.ClientSession, url):
        async with session.get(url) as response:
            return await response.text()

Fixed (app/page.py):

    import aiohttp


    async def page(session: aiohttp.ClientSession, url):
        async with session.get(url) as response:
            response.raise_for_status()
            return await response.text()

Flagged:

    import asyncio

    import requests


    async def read(url):
        response = await asyncio.to_thread(requests.get, url, timeout=5)
        return response.json()

Fixed:

    import asyncio

    import requests


    async def read(url):
        response = await asyncio.to_thread(requests.get, url, timeout=5)
        response.raise_for_status()
        return response.json()

Flagged (app/client.py):

    import requests


    class Shop:
        def _ask(self, path):
            return requests.get(f"https://shop.example{path}", timeout=5)

        def stock(self):
            answer = self._ask("/stock")
            return answer.json()["items"]

Fixed (app/client.py):

    import requests


    class Shop:
        def _ask(self, path):
            return requests.get(f"https://shop.example{path}", timeout=5)

        def stock(self):
            answer = self._ask("/stock")
            answer.raise_for_status()
            return answer.json()["items"]

Fine:

    import requests


    def rates():
        response = requests.get("https://rates.example/latest", timeout=5)
        if response.status_code != 200:
            return None
        return response.json()


    def page(url):
        response = requests.get(url, timeout=5)
        check(response)
        return response.text


    def raw(url):
        return requests.get(url, timeout=5)


    def answer(url):
        data = requests.get(url, timeout=5).json()
        if "error" in data:
            raise ValueError(data["error"])
        return data


    def ask(url):
        return requests.get(url, timeout=5).json()


    def told(url):
        answer = ask(url)
        return answer["message"] if "code" in answer else None

Fine (scripts/webhook.py):

    import httpx


    def show(url):
        answer = httpx.get(url, timeout=5)
        print(answer.json())

When to ignore: the body of an error is wanted as much as any other.

References:
https://requests.readthedocs.io/en/latest/user/quickstart/#response-status-codes
https://www.python-httpx.org/quickstart/#response-status-codes
https://docs.aiohttp.org/en/stable/client_reference.html#aiohttp.ClientResponse.raise_for_status
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from harden.checklists.blocked import said
from harden.checklists.resilience.asked_bodies import asks_the_body
from harden.checklists.resilience.responses import (
    BODIES,
    CHECKS,
    REQUESTS,
    Request,
    awaited,
    bound_name,
    is_watched,
    read_calls,
    request_of,
)
from harden.checks import Check, Fix
from harden.findings import Finding, Risk, Severity
from harden.module import Module
from harden.prints import is_program
from harden.roles import FileKind

check = Check(
    id="unchecked-status",
    title="Response used without a look at its status",
    severity=Severity.HIGH,
    fix=Fix("harden.codemods.statuses:RaiseForStatus", Risk.REVIEW),
)

_NAMES = ("response", "answer", "reply")


@check.call(*sorted(REQUESTS))
def request(module: Module, call: ast.Call, path: str) -> Iterator[Finding]:
    """Flag requests whose body is used while nothing in the function looks at the status."""
    if not is_watched(module, call, path):
        yield from _unchecked(module, call, Request(path))


@check.module
def by_way(module: Module) -> Iterator[Finding]:
    """Flag the same of responses that functions of the project, other threads and own sessions give."""
    if module.project.imported.isdisjoint(("requests", "httpx", "aiohttp")):
        return
    for call in dict.fromkeys(read_calls(module)):
        if module.resolve(call.func) not in REQUESTS and (asked := request_of(module, call)) is not None:
            yield from _unchecked(module, call, asked)


def _unchecked(module: Module, call: ast.Call, asked: Request) -> Iterator[Finding]:
    whole = awaited(module, call)
    parent = module.parents.get(whole)
    name = said(call).rpartition(".")[2] if asked.steps else asked.path.rpartition(".")[2]
    message, steps = f"The body of {name}() is used whatever the status is", asked.steps
    if isinstance(parent, ast.Attribute) and parent.attr in BODIES and not asked.path.startswith("aiohttp."):
        if not asks_the_body(module, call):
            why_not = _why_not(module, whole)
            yield check.found(module, call, message, facts=_facts(module, call), why_not=why_not, steps=steps)
        return
    if (bound := bound_name(parent, whole)) and _is_body_used_alone(module, call, bound.id):
        facts = {"name": bound.id, "place": "with" if isinstance(parent, ast.withitem) else "after"}
        yield check.found(module, call, message, facts=facts, steps=steps)


def _is_body_used_alone(module: Module, call: ast.Call, name: str) -> bool:
    """Tell whether the function reads the response's body and does nothing else with the response."""
    around = module.function(call) or module.tree
    used = False
    watched = module.kind is FileKind.SCRIPT or is_program(module)
    for node in ast.walk(around):
        if not isinstance(node, ast.Name) or node.id != name or not isinstance(node.ctx, ast.Load):
            continue
        parent = module.parents.get(node)
        if not isinstance(parent, ast.Attribute) or parent.attr in CHECKS:
            return False
        used = used or (parent.attr in BODIES and not (watched and _is_printed(module, parent)))
    return used and not asks_the_body(module, call)


def _is_printed(module: Module, body: ast.Attribute) -> bool:
    """Tell whether the body goes to the terminal as it came, so that a person reads what the server says."""
    for outer in module.ancestors(body):
        if isinstance(outer, ast.stmt):
            return False
        if isinstance(outer, ast.Call) and module.resolve(outer.func) == "builtins.print":
            return True
    return False


def _facts(module: Module, call: ast.Call) -> dict[str, str]:
    scope = module.names.scope(call)
    free = (name for name in _NAMES if name not in scope.bindings)
    return {"name": next(free, ""), "place": "chain"}


def _why_not(module: Module, whole: ast.expr) -> str:
    """Return why a chained request cannot become a statement of its own, or an empty string."""
    statement = module.statement(whole)
    if isinstance(statement, ast.Assign | ast.AnnAssign | ast.Return | ast.Expr):
        first: ast.expr | None = statement.value
        while first is not None and first is not whole:
            match first:
                case ast.Attribute(value=value) | ast.Subscript(value=value) | ast.Await(value=value):
                    first = value
                case ast.Call(func=ast.Attribute() as func) if not isinstance(func.value, ast.Name):
                    first = func.value
                case ast.Call(args=[value, *_]):
                    first = value
                case _:
                    first = None
        if first is whole:
            return ""
    return "The request is part of a larger expression: give its response a name first."
