"""An error page is taken for data.

requests, httpx and aiohttp do not raise when the server answers 404 or 500. The program reads the body
as if all were well: it saves the error page, or fails lines later with a `KeyError` that says nothing of
the cause. `raise_for_status()` ends the matter where it happened, with the address and the status.

Left out: responses that are returned or handed on (their receiver may look), bodies that carry an error
of their own which the code asks for, and clients that raise by themselves (`raise_for_status=True`, event
hooks).

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

from harden.checks import Check, Fix
from harden.findings import Finding, Risk, Severity
from harden.module import Module, keyword
from harden.prints import is_program
from harden.roles import FileKind

check = Check(
    id="unchecked-status",
    title="Response used without a look at its status",
    severity=Severity.HIGH,
    fix=Fix("harden.codemods.statuses:RaiseForStatus", Risk.REVIEW),
)

_METHODS = ("get", "post", "put", "patch", "delete", "request")
_OWNERS = ("requests", "requests.Session", "requests.session", "httpx", "httpx.Client", "httpx.AsyncClient")
_BODIES = frozenset(
    ("json", "text", "content", "read", "iter_content", "iter_lines", "iter_bytes", "iter_text", "aread")
)
_CHECKS = frozenset(
    ("raise_for_status", "status_code", "ok", "is_success", "is_error", "status", "has_redirect_location")
)
_ANSWERS = frozenset(
    ("error", "errors", "error_code", "errcode", "status", "success", "ok", "code", "message")
)
_HOOKS = ("event_hooks", ".hooks[", "raise_for_status=True", "assert_status_hook")
_NAMES = ("response", "answer", "reply")


_REQUESTS = frozenset(
    f"{owner}.{method}" for owner in (*_OWNERS, "aiohttp.ClientSession") for method in _METHODS
)


@check.call("asyncio.to_thread")
def request_in_thread(module: Module, call: ast.Call, path: str) -> Iterator[Finding]:
    """Flag the same of requests that another thread makes."""
    handed = module.resolve(call.args[0]) if call.args else None
    if handed in _REQUESTS:
        yield from request(module, call, handed)


@check.call(*sorted(_REQUESTS))
def request(module: Module, call: ast.Call, path: str) -> Iterator[Finding]:
    """Flag requests whose body is used while nothing in the function looks at the status."""
    if any(hook in module.text for hook in _HOOKS) or keyword(call, "raise_for_status") is not None:
        return
    whole = _awaited(module, call)
    parent = module.parents.get(whole)
    method = path.rpartition(".")[2]
    message = f"The body of {method}() is used whatever the status is"
    if isinstance(parent, ast.Attribute) and parent.attr in _BODIES and not path.startswith("aiohttp."):
        if not _asks_the_body(module, call):
            yield check.found(
                module, call, message, facts=_facts(module, call), why_not=_why_not(module, whole)
            )
        return
    if (name := _bound(parent, whole)) and _is_body_used_alone(module, call, name.id):
        facts = {"name": name.id, "place": "with" if isinstance(parent, ast.withitem) else "after"}
        yield check.found(module, call, message, facts=facts)


def _awaited(module: Module, call: ast.Call) -> ast.expr:
    outer = module.parents.get(call)
    return outer if isinstance(outer, ast.Await) else call


def _bound(parent: ast.AST | None, whole: ast.expr) -> ast.Name | None:
    """Return the name that the response goes to."""
    match parent:
        case ast.Assign(targets=[ast.Name() as name]):
            return name
        case ast.AnnAssign(target=ast.Name() as name) if parent.value is whole:
            return name
        case ast.withitem(optional_vars=ast.Name() as name):
            return name
    return None


def _is_body_used_alone(module: Module, call: ast.Call, name: str) -> bool:
    """Tell whether the function reads the response's body and does nothing else with the response."""
    around = module.function(call) or module.tree
    used = False
    watched = module.kind is FileKind.SCRIPT or is_program(module)
    for node in ast.walk(around):
        if not isinstance(node, ast.Name) or node.id != name or not isinstance(node.ctx, ast.Load):
            continue
        parent = module.parents.get(node)
        if not isinstance(parent, ast.Attribute) or parent.attr in _CHECKS:
            return False
        used = used or (parent.attr in _BODIES and not (watched and _is_printed(module, parent)))
    return used and not _asks_the_body(module, call)


def _is_printed(module: Module, body: ast.Attribute) -> bool:
    """Tell whether the body goes to the terminal as it came, so that a person reads what the server says."""
    for outer in module.ancestors(body):
        if isinstance(outer, ast.stmt):
            return False
        if isinstance(outer, ast.Call) and module.resolve(outer.func) == "builtins.print":
            return True
    return False


def _asks_the_body(module: Module, call: ast.Call) -> bool:
    """Tell whether an error, or success, is looked for in what the body says, here or by who gets it."""
    around = module.function(call) or module.tree
    if _returns_body(module, call) and any(_asks(node) for node in module.nodes(ast.Compare)):
        return True
    for node in ast.walk(around):
        if not isinstance(node, ast.Constant) or node.value not in _ANSWERS:
            continue
        parent = module.parents.get(node)
        if isinstance(parent, ast.Compare | ast.Subscript):
            return True
        if (
            isinstance(parent, ast.Call)
            and isinstance(parent.func, ast.Attribute)
            and parent.func.attr == "get"
        ):
            return True
    return False


def _returns_body(module: Module, call: ast.Call) -> bool:
    """Tell whether the function parses a body and hands something to its callers."""
    around = module.function(call)
    inner = list(ast.walk(around)) if around is not None else []
    returns = any(isinstance(node, ast.Return) and node.value is not None for node in inner)
    return returns and any(map(_is_json, inner))


def _is_json(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "json"


def _asks(node: ast.AST) -> bool:
    """Tell whether `node` is a test such as `"error" in answer`."""
    match node:
        case ast.Compare(left=ast.Constant(value=value), ops=[ast.In() | ast.NotIn()]):
            return value in _ANSWERS
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
