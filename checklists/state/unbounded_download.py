"""Whoever answers decides how much memory and disk a download takes, unless it is limited.

A body that is read without a limit is as large as the other side likes: a video in the place of an avatar,
a page that never ends. The process is killed for its memory, or the disk fills up and takes the whole
machine along. Stream the body, count what has come, and stop at the size that makes sense for it.

Looked at are bodies that are read as a whole, or in parts without a count, from addresses that differ from
call to call: given by a user, or found in data. Left out: bodies of one host that the code names (an API of
one's own choice), of answers that are JSON or only logged, functions that compare a size or look at
`Content- Length`, and commands and scripts. Uploads are a matter of `load-all-in-memory` and `upload-
unchecked`.

Flagged:

    import requests
    from flask import Flask, request

    app = Flask(__name__)


    @app.post("/avatar")
    def avatar():
        answer = requests.get(request.form["url"], timeout=5)
        answer.raise_for_status()
        return store(answer.content)

Fixed:

    import requests
    from flask import Flask, abort, request

    app = Flask(__name__)
    MAX_BYTES = 5 * 1024 * 1024


    @app.post("/avatar")
    def avatar():
        with requests.get(request.form["url"], timeout=5, stream=True) as answer:
            answer.raise_for_status()
            body = bytearray()
            for chunk in answer.iter_content(64 * 1024):
                body += chunk
                if len(body) > MAX_BYTES:
                    abort(413)
        return store(bytes(body))

Flagged (app/fetch.py):

    import urllib.request

    import httpx


    def save(url: str, path: str) -> None:
        with httpx.stream("GET", url) as answer, open(path, "wb") as target:
            for chunk in answer.iter_bytes():
                target.write(chunk)


    def fetch(url: str) -> bytes:
        answer = httpx.get(url, timeout=5)
        return answer.content


    def mirror(url: str, path: str) -> None:
        urllib.request.urlretrieve(url, path)

Fixed (app/fetch.py):

    import urllib.request

    import httpx

    MAX_BYTES = 50 * 1024 * 1024


    def save(url: str, path: str) -> None:
        size = 0
        with httpx.stream("GET", url) as answer, open(path, "wb") as target:
            for chunk in answer.iter_bytes():
                size += len(chunk)
                if size > MAX_BYTES:
                    raise ValueError("too large")
                target.write(chunk)


    def fetch(url: str) -> bytes:
        body = bytearray()
        with httpx.stream("GET", url, timeout=5) as answer:
            for chunk in answer.iter_bytes():
                body += chunk
                if len(body) > MAX_BYTES:
                    raise ValueError("too large")
        return bytes(body)


    def mirror(url: str, path: str) -> None:
        with urllib.request.urlopen(url, timeout=10) as answer, open(path, "wb") as target:
            target.write(answer.read(MAX_BYTES))

Pattern (flask):

    import requests
    from flask import abort

    MAX_BYTES = 5 * 1024 * 1024


    def fetched(url: str) -> bytes:
        with requests.get(url, timeout=5, stream=True) as answer:
            answer.raise_for_status()
            body = bytearray()
            for chunk in answer.iter_content(64 * 1024):
                body += chunk
                if len(body) > MAX_BYTES:
                    abort(413)
        return bytes(body)

Pattern (fastapi):

    import httpx
    from fastapi import HTTPException

    MAX_BYTES = 5 * 1024 * 1024


    async def fetched(client: httpx.AsyncClient, url: str) -> bytes:
        body = bytearray()
        async with client.stream("GET", url) as answer:
            answer.raise_for_status()
            async for chunk in answer.aiter_bytes():
                body += chunk
                if len(body) > MAX_BYTES:
                    raise HTTPException(413, "The file is too large")
        return bytes(body)

Pattern (django):

    import requests
    from django.core.exceptions import SuspiciousOperation
    from django.core.files.base import ContentFile

    MAX_BYTES = 5 * 1024 * 1024


    def fetched(url: str) -> ContentFile:
        with requests.get(url, timeout=5, stream=True) as answer:
            answer.raise_for_status()
            body = bytearray()
            for chunk in answer.iter_content(64 * 1024):
                body += chunk
                if len(body) > MAX_BYTES:
                    raise SuspiciousOperation("The file is too large")
        return ContentFile(bytes(body))

Pattern:

    import requests

    MAX_BYTES = 5 * 1024 * 1024


    def fetched(url: str) -> bytes:
        with requests.get(url, timeout=5, stream=True) as answer:
            answer.raise_for_status()
            body = bytearray()
            for chunk in answer.iter_content(64 * 1024):
                body += chunk
                if len(body) > MAX_BYTES:
                    raise ValueError("The file is too large")
        return bytes(body)

Fine:

    import os
    import urllib.request

    import click
    import requests

    API = os.environ["API_URL"]


    def invoice(number: int) -> bytes:
        return requests.get(f"https://billing.example/invoices/{number}.pdf", timeout=5).content


    def label(number: int) -> bytes:
        url = f"{API}/labels/{number}"
        return requests.get(url, timeout=5).content


    def picture(url: str) -> bytes:
        answer = requests.get(url, timeout=5, stream=True)
        if int(answer.headers.get("Content-Length", 0)) > 1_000_000:
            raise ValueError("too large")
        return answer.content


    def start_of(url: str) -> bytes:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return answer.read(1000)


    def status(url: str) -> int:
        return requests.get(url, timeout=5).json()["status"]


    @click.command()
    @click.argument("url")
    def download(url):
        open("page.html", "wb").write(requests.get(url, timeout=5).content)

When to ignore: a proxy in front of all outgoing requests limits the size.

References:
    https://requests.readthedocs.io/en/latest/user/advanced/#body-content-workflow
    https://www.python-httpx.org/quickstart/#streaming-responses
    https://cwe.mitre.org/data/definitions/770.html
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from harden.checklists.remote_bodies import (
    PARTS,
    WHOLE,
    address_of,
    is_any_host,
    is_body,
    is_capped,
    request_of,
)
from harden.checklists.waiting import is_command
from harden.checks import Check
from harden.findings import Finding, Severity
from harden.module import Module
from harden.roles import FileKind, Role
from harden.tree import FunctionNode, name_of

check = Check(
    id="unbounded-download",
    title="Download without a limit",
    severity=Severity.MEDIUM,
    words=("url", "http", "requests"),
    kinds=frozenset({FileKind.APP}),
)

_LOGS = frozenset({"debug", "info", "warning", "error", "exception", "critical", "log", "print", "loads"})
_RETRIEVES = ("urllib.request.urlretrieve", "wget.download")


@check.node(ast.Attribute, named=WHOLE | PARTS)
def body(module: Module, node: ast.AST) -> Iterator[Finding]:
    """Flag bodies that are read as they come, from hosts that differ from call to call."""
    if not isinstance(node, ast.Attribute) or not is_body(module.resolve(node) or ""):
        return
    parent = module.parents.get(node)
    is_called = isinstance(parent, ast.Call) and parent.func is node
    if isinstance(parent, ast.Attribute) and parent.attr in WHOLE | PARTS:
        return
    request = request_of(module, node.value)
    address = address_of(request) if request is not None else None
    if address is None or (is_called and isinstance(parent, ast.Call) and node.attr in WHOLE and parent.args):
        return
    function = module.function(node)
    if function is None or not _is_open(module, function, node) or not is_any_host(module, address):
        return
    if _is_second(module, function, node) or _is_report(module, node):
        return
    yield check.found(module, node, f"all that {module.segment(address)} sends is read, however much it is")


@check.call(*_RETRIEVES)
def retrieved(module: Module, call: ast.Call, path: str) -> Iterator[Finding]:
    """Flag downloads to a file that nothing limits."""
    function = module.function(call)
    if function is None or not call.args or not _is_open(module, function, call):
        return
    if is_any_host(module, call.args[0]):
        said = f"all that {module.segment(call.args[0])} sends goes to the disk, however much it is"
        yield check.found(module, call, said)


def _is_open(module: Module, function: FunctionNode, node: ast.AST) -> bool:
    if module.role(node) is Role.CLI or is_command(module) or module.in_main_guard(node):
        return False
    return not is_capped(function)


def _is_second(module: Module, function: FunctionNode, node: ast.Attribute) -> bool:
    """Tell whether the same function has read a body before: one finding tells it all."""
    for other in ast.walk(function):
        if isinstance(other, ast.Attribute) and other.attr in WHOLE | PARTS and other is not node:
            is_before = (other.lineno, other.col_offset) < (node.lineno, node.col_offset)
            same = ast.dump(other.value) == ast.dump(node.value)
            if is_before and same and is_body(module.resolve(other) or ""):
                return True
    return False


def _is_report(module: Module, node: ast.AST) -> bool:
    """Tell whether a body is read as JSON, only logged, or put into an exception."""
    for outer in module.ancestors(node):
        if isinstance(outer, ast.Call) and name_of(outer) in _LOGS:
            return True
        if isinstance(outer, ast.stmt):
            return isinstance(outer, ast.Raise)
    return False
