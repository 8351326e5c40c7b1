"""A service that listens on every address is open to every network its machine is in.

`0.0.0.0` (and `::`, `*`, an empty host) answers on the laptop's Wi-Fi, on the office network and on the
public address of a server without a firewall: debug pages, admin routes and unprotected ports with it.
Inside a container it is needed. The same code runs in both places, so the place has to say it: the address
comes from the environment.

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

Flagged (app/feed.py):

    import http.server

    import zmq

    feed = zmq.Context().socket(zmq.PUB)
    feed.bind("tcp://*:5555")


    def serve():
        http.server.HTTPServer(("", 8000), http.server.SimpleHTTPRequestHandler).serve_forever()

Fixed (app/feed.py):

    import http.server
    import os

    import zmq

    feed = zmq.Context().socket(zmq.PUB)
    feed.bind(os.getenv("LISTEN_ADDRESS", "tcp://127.0.0.1:5555"))


    def serve():
        http.server.HTTPServer(
            (os.getenv("HOST", "127.0.0.1"), 8000), http.server.SimpleHTTPRequestHandler
        ).serve_forever()

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
from harden.module import Module, is_literal, keyword

check = Check(
    id="bind-all",
    title="Listening on every address",
    severity=Severity.MEDIUM,
    fix=Fix("harden.codemods.env_values:ListenWhereTold", Risk.REVIEW),
    codes=frozenset({"S104", "B104"}),
    words=("0.0.0.0", "::", "*:", '(""', "(''"),  # noqa: S104
)

_EVERYWHERE = re.compile(r"(tcp://)?(0\.0\.0\.0|\[::\])(:\d+)?|::|(tcp://)?\*:\d+")
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
    "cheroot.wsgi.Server": 0,
    "cherrypy.wsgiserver.CherryPyWSGIServer": 0,
    "twisted.internet.reactor.listenTCP": 3,
    "twisted.internet.reactor.listenUDP": 2,
    "twisted.internet.reactor.listenSSL": 4,
    "twisted.internet.endpoints.TCP4ServerEndpoint": 3,
    "multiprocessing.managers.BaseManager": 0,
    "multiprocessing.managers.SyncManager": 0,
    "multiprocessing.connection.Listener": 0,
    "pymodbus.server.StartTcpServer": None,
    "pymodbus.server.StartAsyncTcpServer": None,
    "pyftpdlib.servers.FTPServer": 0,
    "aiosmtpd.controller.Controller": None,
    "ray.init": None,
    "mcp.server.fastmcp.FastMCP": None,
    "fastmcp.FastMCP": None,
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
    "launch": None,
    "create_datagram_endpoint": None,
    "serve_forever": None,
}
_SERVERS_OF = (
    *("flask", "quart", "sanic", "bottle", "dash", "apiflask", "connexion", "eve", "flask_socketio"),
    *("socketio", "fastapi", "tornado", "grpc", "asyncio", "aiohttp", "gradio", "nicegui", "fastmcp"),
    *("mcp", "robyn", "uvloop", "zmq"),
)
_KEYWORDS = (
    *("host", "hostname", "address", "addr", "server_name", "bind", "interface", "server_address"),
    *("listen", "local_addr", "dashboard_host", "bind_addr"),
)
_TUPLED = ("socket.", "socketserver.", "http.server.", "wsgiref.", "xmlrpc.server.", "gevent.", "eventlet.")
"""Servers whose empty host means every address."""
_FACTORIES = frozenset(
    {"create_app", "make_app", "build_app", "get_app", "app_factory", "create_application"}
)
_SETTINGS = ("cherrypy.server.socket_host", "hypercorn.config.Config.bind", "hypercorn.Config.bind")
_FILES = re.compile(r"(^|[._-])(gunicorn|hypercorn)([._-]|$)")


@check.call(*_SERVERS)
def server_started(module: Module, call: ast.Call, path: str) -> Iterator[Finding]:
    """Flag a server that is told to listen everywhere."""
    yield from _judged(module, call, _SERVERS[path])
    if path.startswith(_TUPLED):
        yield from _nowhere(module, call, _SERVERS[path])


@check.call(*(f"*.{method}" for method in _METHODS))
def started_by_method(module: Module, call: ast.Call, path: str) -> Iterator[Finding]:
    """Flag `app.run(host="0.0.0.0")` and its kind on the applications of known frameworks."""
    owner, _, method = path.rpartition(".")
    is_made_here = owner.rpartition(".")[2] in _FACTORIES and method == "run"
    if path not in _SERVERS and (owner.partition(".")[0] in _SERVERS_OF or is_made_here):
        yield from _judged(module, call, 0 if path.startswith("zmq.") else _METHODS[method])


@check.node(ast.Assign)
def configured(module: Module, node: ast.AST) -> Iterator[Finding]:
    """Flag `bind = "0.0.0.0:8000"` in a file that configures gunicorn or hypercorn."""
    match node:
        case ast.Assign(targets=[ast.Attribute(attr="bind" | "socket_host") as target], value=value):
            for literal in texts(value) if module.resolve(target) in _SETTINGS else ():
                if _EVERYWHERE.fullmatch(str(literal.value)) and not is_fallback(module, literal):
                    yield _finding(module, literal, target.attr if target.attr == "bind" else "")
            return
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
        if isinstance(pair := written(module, expr), ast.Tuple) and pair.elts:
            address = pair.elts[0]
        literal = _of_instance(module, address) or written(module, address)
        if not isinstance(literal, ast.Constant) or not isinstance(literal.value, str):
            continue
        everywhere = _EVERYWHERE.fullmatch(literal.value) and not is_fallback(module, literal)
        if everywhere and not is_playground(module, literal):
            yield _finding(module, literal, "")


def _of_instance(module: Module, expr: ast.expr) -> ast.expr | None:
    """Return what the one assignment to an attribute of the instance gives it."""
    match expr:
        case ast.Attribute(value=ast.Name(id="self"), attr=name) if owner := module.owner(expr):
            given = [
                node.value
                for node in ast.walk(owner)
                if isinstance(node, ast.Assign)
                and any(isinstance(target, ast.Attribute) and target.attr == name for target in node.targets)
            ]
            return given[0] if len(given) == 1 else None
    return None


def _nowhere(module: Module, call: ast.Call, at: int | None) -> Iterator[Finding]:
    """Flag an empty host, which is every address too: `bind(("", 8000))`."""
    given = keyword(call, "server_address") or (
        call.args[at] if at is not None and len(call.args) > at else None
    )
    pair = written(module, given)
    host = written(module, pair.elts[0]) if isinstance(pair, ast.Tuple) and pair.elts else pair
    port = pair.elts[1] if isinstance(pair, ast.Tuple) and len(pair.elts) > 1 else None
    if not is_literal(host, "") or host is None or is_literal(port, 0) or _sends(module, call):
        return
    if not is_fallback(module, host) and not is_playground(module, host):
        message = "an empty host listens on every address of the machine, wherever it runs"
        yield check.found(module, host, message, facts={"env": "HOST", "safe": "127.0.0.1"})


def _sends(module: Module, call: ast.Call) -> bool:
    """Tell whether a socket takes datagrams or a broadcast, for which it has to listen everywhere."""
    function = module.function(call)
    return "SOCK_DGRAM" in module.segment(function) if function is not None else "SOCK_DGRAM" in module.text


def _finding(module: Module, literal: ast.Constant, name: str) -> Finding:
    value = str(literal.value)
    facts = {"env": name.upper() or "HOST"}
    if not name and ":" in value.replace("::", ""):
        facts["env"] = "LISTEN_ADDRESS"
    safe = re.sub(r"0\.0\.0\.0|\*", "127.0.0.1", value).replace("[::]", "[::1]")
    facts["safe"] = "::1" if safe == "::" else safe
    return check.found(
        module, literal, "listens on every address of the machine, wherever it runs", facts=facts
    )
