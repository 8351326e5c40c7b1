"""A service that listens on every address is open to every network its machine is in.

`0.0.0.0` (and `::`) answers on the laptop's Wi-Fi, on the office network and on the public address of a
server without a firewall: debug pages, admin routes and unprotected ports with it. Inside a container it is
needed. The same code runs in both places, so the place has to say it: the address comes from the
environment.

The fix falls back to 127.0.0.1; in a project that builds a container image it falls back to today's address,
because nothing outside the container would reach the service otherwise (option `default`). Defaults of
command-line options, of functions and of settings classes can be changed from outside and are left out.

Flagged:

    from flask import Flask

    app = Flask(__name__)

    if __name__ == "__main__":
        app.run(host="0.0.0.0", port=5000)

Fixed:

    import os

    from flask import Flask

    app = Flask(__name__)

    if __name__ == "__main__":
        app.run(host=os.getenv("HOST", "127.0.0.1"), port=5000)

Flagged (server.py):

    import socket

    HOST = "0.0.0.0"

    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.bind((HOST, 9000))

Fixed (server.py):

    import os
    import socket

    HOST = os.getenv("HOST", "127.0.0.1")

    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.bind((HOST, 9000))

Flagged (gunicorn.conf.py):

    bind = "0.0.0.0:8000"
    workers = 4

Fixed (gunicorn.conf.py):

    import os

    bind = os.getenv("BIND", "127.0.0.1:8000")
    workers = 4

Fine:

    import argparse
    import os
    import socket

    import uvicorn

    ANY = "0.0.0.0"
    ALLOWED_HOSTS = ["0.0.0.0", "localhost"]


    def is_open(host):
        return host == "0.0.0.0"


    def probe():
        with socket.socket() as sock:
            sock.bind(("127.0.0.1", 0))


    def main():
        parser = argparse.ArgumentParser()
        parser.add_argument("--host", default="0.0.0.0")
        options = parser.parse_args()
        print("Listening on 0.0.0.0")
        uvicorn.run("app.main:app", host=options.host)


    if __name__ == "__main__":
        uvicorn.run("app.main:app", host=os.getenv("HOST", "0.0.0.0"), port=8000)

Fine (app/settings.py):

    from pydantic_settings import BaseSettings


    class Settings(BaseSettings):
        host: str = "0.0.0.0"

When to ignore: the service runs nowhere but in a container, behind a network policy.

References:

    https://docs.astral.sh/ruff/rules/hardcoded-bind-all-interfaces/
    https://cwe.mitre.org/data/definitions/1327.html
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from harden.checklists.written import is_fallback, texts, written
from harden.checks import Check, Fix
from harden.environment import is_playground
from harden.findings import Finding, Risk, Severity
from harden.module import Module, keyword

check = Check(
    id="bind-all",
    title="Listening on every address",
    severity=Severity.MEDIUM,
    fix=Fix("harden.codemods.env_values:ListenWhereTold", Risk.REVIEW),
    codes=frozenset({"S104", "B104"}),
    words=("0.0.0.0", "::"),  # noqa: S104
)

_EVERYWHERE = re.compile(r"(tcp://)?(0\.0\.0\.0|\[::\])(:\d+)?|::")
_SERVERS = {
    "uvicorn.run": None,
    "uvicorn.Config": None,
    "waitress.serve": None,
    "aiohttp.web.run_app": None,
    "aiohttp.web.TCPSite": 1,
    "hypercorn.run": None,
    "granian.Granian": 1,
    "bottle.run": None,
    "werkzeug.serving.run_simple": 0,
    "asyncio.start_server": 1,
    "asyncio.create_server": 1,
    "websockets.serve": 1,
    "websockets.asyncio.server.serve": 1,
    "websockets.server.serve": 1,
    "socketserver.TCPServer": 0,
    "socketserver.ThreadingTCPServer": 0,
    "socketserver.UDPServer": 0,
    "http.server.HTTPServer": 0,
    "http.server.ThreadingHTTPServer": 0,
    "wsgiref.simple_server.make_server": 0,
    "xmlrpc.server.SimpleXMLRPCServer": 0,
    "gevent.pywsgi.WSGIServer": 0,
    "eventlet.listen": 0,
    "socket.socket.bind": 0,
    "socket.create_server": 0,
    "prometheus_client.start_http_server": 1,
    "debugpy.listen": 0,
}
"""Calls that start to listen, with the position of their address; None: by keyword only."""
_METHODS = {
    "run": 0,
    "run_server": 0,
    "listen": 1,
    "bind": 1,
    "run_app": None,
    "add_insecure_port": 0,
    "add_secure_port": 0,
    "create_server": 1,
    "start_server": 1,
    "run_simple": 0,
}
_SERVERS_OF = (
    *("flask", "quart", "sanic", "bottle", "dash", "apiflask", "connexion", "eve", "flask_socketio"),
    *("socketio", "fastapi", "tornado", "grpc", "asyncio", "aiohttp", "gradio", "nicegui", "fastmcp"),
    *("mcp", "robyn", "uvloop"),
)
_KEYWORDS = ("host", "hostname", "address", "addr", "server_name", "bind", "interface", "server_address")
_FACTORIES = frozenset(
    {"create_app", "make_app", "build_app", "get_app", "app_factory", "create_application"}
)
_FILES = re.compile(r"(^|[._-])(gunicorn|hypercorn)([._-]|$)")


@check.call(*_SERVERS)
def server_started(module: Module, call: ast.Call, path: str) -> Iterator[Finding]:
    """Flag a server that is told to listen everywhere."""
    yield from _judged(module, call, _SERVERS[path])


@check.call(*(f"*.{method}" for method in _METHODS))
def started_by_method(module: Module, call: ast.Call, path: str) -> Iterator[Finding]:
    """Flag `app.run(host="0.0.0.0")` and its kind on the applications of known frameworks."""
    owner, _, method = path.rpartition(".")
    is_made_here = owner.rpartition(".")[2] in _FACTORIES and method == "run"
    if path not in _SERVERS and (owner.partition(".")[0] in _SERVERS_OF or is_made_here):
        yield from _judged(module, call, _METHODS[method])


@check.node(ast.Assign)
def configured(module: Module, node: ast.AST) -> Iterator[Finding]:
    """Flag `bind = "0.0.0.0:8000"` in a file that configures gunicorn or hypercorn."""
    if not _FILES.search(PurePosixPath(module.path).stem) or node not in module.tree.body:
        return
    match node:
        case ast.Assign(targets=[ast.Name(id="bind" | "insecure_bind" as name)], value=value):
            for literal in texts(value):
                if _EVERYWHERE.fullmatch(str(literal.value)) and not is_fallback(module, literal):
                    yield _finding(module, literal, name)


def _judged(module: Module, call: ast.Call, at: int | None) -> Iterator[Finding]:
    given = [value for name in _KEYWORDS if (value := keyword(call, name)) is not None]
    if at is not None and len(call.args) > at and not isinstance(call.args[at], ast.Starred):
        given.append(call.args[at])
    for expr in given:
        address = expr.elts[0] if isinstance(expr, ast.Tuple) and expr.elts else expr
        literal = written(module, address)
        if not isinstance(literal, ast.Constant) or not isinstance(literal.value, str):
            continue
        everywhere = _EVERYWHERE.fullmatch(literal.value) and not is_fallback(module, literal)
        if everywhere and not is_playground(module, literal):
            yield _finding(module, literal, "")


def _finding(module: Module, literal: ast.Constant, name: str) -> Finding:
    value = str(literal.value)
    facts = {"env": name.upper() or "HOST"}
    if not name and ":" in value.replace("::", ""):
        facts["env"] = "LISTEN_ADDRESS"
    safe = re.sub(r"0\.0\.0\.0", "127.0.0.1", value).replace("[::]", "[::1]")
    facts["safe"] = "::1" if safe == "::" else safe
    return check.found(
        module, literal, "listens on every address of the machine, wherever it runs", facts=facts
    )
