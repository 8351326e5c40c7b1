"""What is taken for the client is the proxy in front of the service.

In production a request comes through a load balancer, an ingress or nginx. Unless the application is told
of it, `request.remote_addr` is the proxy's address for everybody: a limit of requests by address locks
all users out at once, bans and audit logs name the wrong one. The scheme is the inner `http`, so links in
mails, redirects and addresses for callbacks lead to plain HTTP. Behind a proxy these are told in headers
such as `X-Forwarded-For`, which must be believed from this proxy only.

Flagged is the first such use in a file: client addresses, `get_remote_address` of rate limiters, and what
is made from scheme and host (`url_for(_external=True)`, `build_absolute_uri`, `SECURE_SSL_REDIRECT`).
Nothing is flagged where the project knows of its proxy: `ProxyFix`, `SECURE_PROXY_SSL_HEADER`,
`--proxy-headers` or `forwarded_allow_ips` in code, images, units or settings of a server, middleware that
puts the address right, or code that reads the headers itself.

Flagged:

    from flask import Flask, request

    app = Flask(__name__)


    @app.post("/login")
    def login():
        app.logger.info("login from %s", request.remote_addr)
        return "ok"

Fixed:

    from flask import Flask, request
    from werkzeug.middleware.proxy_fix import ProxyFix

    app = Flask(__name__)
    app.wsgi_app = ProxyFix(app.wsgi_app, x_for=1, x_proto=1, x_host=1)


    @app.post("/login")
    def login():
        app.logger.info("login from %s", request.remote_addr)
        return "ok"

Flagged:

    from fastapi import FastAPI, Request

    app = FastAPI()
    SEEN = {}


    @app.get("/quote")
    async def quote(request: Request):
        SEEN[request.client.host] = True
        return {}

Fixed:

    from fastapi import FastAPI, Request
    from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

    app = FastAPI()
    app.add_middleware(ProxyHeadersMiddleware, trusted_hosts=["10.0.0.0/8"])
    SEEN = {}


    @app.get("/quote")
    async def quote(request: Request):
        SEEN[request.client.host] = True
        return {}

Flagged (app/limits.py):

    from slowapi import Limiter
    from slowapi.util import get_remote_address

    limiter = Limiter(key_func=get_remote_address)

Fixed (app/limits.py):

    from slowapi import Limiter

    PROXIES = 1


    def client_address(request):
        hops = request.headers.get("x-forwarded-for", "").split(",")
        return hops[-PROXIES].strip() or request.client.host


    limiter = Limiter(key_func=client_address)

Flagged (shop/views.py):

    from django.http import JsonResponse


    def track(request):
        return JsonResponse({"ip": request.META.get("REMOTE_ADDR")})

Fixed (shop/views.py):

    from django.http import JsonResponse
    from ipware import get_client_ip


    def track(request):
        address, _ = get_client_ip(request, proxy_count=1)
        return JsonResponse({"ip": address})

Flagged (app/mails.py):

    from flask import url_for


    def reset_mail(token):
        return "Open " + url_for("auth.reset", token=token, _external=True)

Fixed (app/mails.py):

    from flask import url_for


    def reset_mail(token):
        return "Open " + url_for("auth.reset", token=token, _external=True, _scheme="https")

Flagged (shop/settings.py):

    INSTALLED_APPS = ["django.contrib.auth"]
    SECURE_SSL_REDIRECT = True

Fixed (shop/settings.py):

    INSTALLED_APPS = ["django.contrib.auth"]
    SECURE_SSL_REDIRECT = True
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

Fine:

    import uvicorn
    from fastapi import FastAPI, Request

    app = FastAPI()


    @app.get("/quote")
    async def quote(request: Request):
        return {"from": request.client.host}


    if __name__ == "__main__":
        uvicorn.run(app, proxy_headers=True, forwarded_allow_ips="10.0.0.5")

Fine:

    from flask import Flask, request, url_for

    app = Flask(__name__)


    @app.get("/")
    def index():
        address = request.headers.get("X-Forwarded-For", request.remote_addr)
        return url_for("index") + address

Fine (worker.py):

    import socket


    def serve(listener, log):
        connection, address = listener.accept()
        log.info(log.remote_addr, connection.client.host, {"REMOTE_ADDR": address})


    def limited(key, get_remote_address):
        return get_remote_address(key)

Fine (shop/views.py):

    from django.urls import reverse


    def link(request):
        return reverse("detail")

Pattern (flask):

    from flask import Flask
    from werkzeug.middleware.proxy_fix import ProxyFix

    app = Flask(__name__)
    # as many as there are proxies in front of it: each header is believed from them only
    app.wsgi_app = ProxyFix(app.wsgi_app, x_for=1, x_proto=1, x_host=1)

Pattern (fastapi, starlette):

    # started by: uvicorn app.main:app --proxy-headers --forwarded-allow-ips 10.0.0.5
    # or, where the service is started in code:
    import os

    import uvicorn

    if __name__ == "__main__":
        uvicorn.run("app.main:app", proxy_headers=True, forwarded_allow_ips=os.environ["PROXY_ADDRESSES"])

Pattern (django, rest_framework):

    # settings.py, where the proxy sets this header and takes it off what clients send
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    USE_X_FORWARDED_HOST = True
    REST_FRAMEWORK = {"NUM_PROXIES": 1}

When to ignore: clients reach the service without anything in between.

References:

    https://flask.palletsprojects.com/en/stable/deploying/proxy_fix/
    https://www.uvicorn.org/deployment/#proxies-and-forwarded-headers
    https://docs.djangoproject.com/en/stable/ref/settings/#secure-proxy-ssl-header
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass

from harden.checklists.proxies import knows_address, knows_scheme
from harden.checks import Check
from harden.findings import Finding, Severity
from harden.module import Module, is_literal, keyword
from harden.words import plural

check = Check(
    id="proxy-headers",
    title="Proxy taken for the client",
    severity=Severity.MEDIUM,
    words=(
        *("remote_addr", "client.host", "REMOTE_ADDR", "get_remote_address", "remote_ip", "_external"),
        *("build_absolute_uri", "url_root", "host_url", "quest.scheme", "url.scheme", "is_secure"),
        *("quest.base_url", "key_func", "quest.remote", "SECURE_SSL_REDIRECT", "ratelimit"),
    ),
)

_SETTINGS = "INSTALLED_APPS"
_WEB = (
    *("flask", "quart", "fastapi", "starlette", "django", "rest_framework", "slowapi", "flask_limiter"),
    "tornado",
)
_FLASK = r"(flask|quart|werkzeug)\.(\w+\.)*(request|Request)"
_STARLETTE = r"(fastapi|starlette)\.(\w+\.)*(Request|WebSocket|HTTPConnection)"
_ADDRESS = re.compile(
    rf"{_FLASK}\.remote_addr|{_STARLETTE}\.client\.host|tornado\.(\w+\.)*request\.remote_ip|aiohttp\.(\w+\.)*Request\.remote"
)
_BY_ADDRESS = re.compile(r"(slowapi|flask_limiter)\.util\.get_(remote_address|ipaddr)")
_SCHEME = re.compile(
    rf"{_FLASK}\.(scheme|is_secure|url_root|host_url)|{_STARLETTE}\.(url\.scheme|base_url)"
    r"|django\.http\.(\w+\.)*HttpRequest\.(build_absolute_uri|is_secure|scheme)"
)
_SHOWN = (
    "remote_addr",
    "host",
    "remote",
    "remote_ip",
    "scheme",
    "is_secure",
    "url_root",
    "host_url",
    "base_url",
)
_REDIRECT = "SECURE_SSL_REDIRECT"
_REQUESTS = ("request", "req", "websocket", "ws")


@dataclass(frozen=True, slots=True)
class _Use:
    node: ast.AST
    words: str
    is_address: bool


@check.module
def proxy_for_client(module: Module) -> Iterator[Finding]:
    """Flag the first use of the client's address, and of scheme and host, where nothing tells of a proxy."""
    if module.project.imported.isdisjoint(_WEB) and _SETTINGS not in module.text:
        return
    uses = sorted(_uses(module), key=lambda use: module.span(use.node))
    addresses = [use for use in uses if use.is_address]
    others = [use for use in uses if not use.is_address]
    if addresses and knows_address(module.project):
        addresses = []
    if others and knows_scheme(module.project):
        others = []
    is_django = "django" in module.project.imported  # each is put right in a place of its own
    for found in (addresses, others) if is_django else ([*addresses, *others],):
        if found:
            yield _told(module, found)


def _told(module: Module, uses: list[_Use]) -> Finding:
    first = min(uses, key=lambda use: module.span(use.node))
    what = "is the address of a proxy in front" if first.is_address else "goes by how a proxy in front asks"
    more = f" (and {plural(len(uses) - 1, 'other use')} here)" if len(uses) > 1 else ""
    message = f"{first.words} {what}: nothing in the project tells of one{more}"
    return check.found(module, first.node, message)


def _uses(module: Module) -> Iterator[_Use]:
    for node in module.nodes(ast.Attribute):
        if node.attr in _SHOWN or node.attr == "build_absolute_uri":
            yield from _attribute(module, node)
    for item in module.nodes(ast.Subscript):
        if is_literal(item.slice, "REMOTE_ADDR") and isinstance(item.ctx, ast.Load) and _is_meta(item.value):
            yield _Use(item, ast.unparse(item), True)
    for call in module.nodes(ast.Call):
        yield from _call(module, call)
    if _REDIRECT in module.text:
        for setting in module.nodes(ast.Assign):
            if ast.unparse(setting.targets[0]) == _REDIRECT and is_literal(setting.value, True):
                yield _Use(setting, _REDIRECT, False)


def _attribute(module: Module, node: ast.Attribute) -> Iterator[_Use]:
    path = module.resolve(node) or ""
    paths = (path, *module.project.inherited(path))
    words = ast.unparse(node)
    if any(map(_ADDRESS.fullmatch, paths)) or _is_bare_client(module, node):
        yield _Use(node, words, True)
    elif any(map(_SCHEME.fullmatch, paths)) or (
        node.attr == "build_absolute_uri" and _is_request(node.value)
    ):
        yield _Use(node, words, False)


def _is_bare_client(module: Module, node: ast.Attribute) -> bool:
    """Tell whether `request.client.host` is asked of a request of unwritten type, as in middleware."""
    match node:
        case ast.Attribute(attr="host", value=ast.Attribute(attr="client", value=ast.Name(id=name) as owner)):
            is_given = isinstance(module.names.lookup(owner), ast.arg) and module.resolve(owner) is None
            is_asgi = not module.project.imported.isdisjoint(("fastapi", "starlette"))
            return name in _REQUESTS and is_given and is_asgi
        case ast.Attribute(attr="remote_ip", value=value):
            return _is_request(value) and "tornado" in module.project.imported
    return False


def _is_request(value: ast.expr) -> bool:
    """Tell whether an expression is a request by its name: `request`, `self.request`."""
    return (isinstance(value, ast.Name) and value.id in _REQUESTS) or (
        isinstance(value, ast.Attribute) and value.attr == "request"
    )


def _call(module: Module, call: ast.Call) -> Iterator[_Use]:
    match call:
        case ast.Call(
            func=ast.Attribute(attr="get", value=value), args=[ast.Constant(value="REMOTE_ADDR"), *_]
        ):
            if _is_meta(value):
                yield _Use(call, ast.unparse(call), True)
        case ast.Call(keywords=[_, *_]) if is_literal(keyword(call, "_external"), True):
            path = module.resolve(call.func) or ""
            if path.startswith(("flask.", "quart.")) and keyword(call, "_scheme") is None:
                yield _Use(call, "the link of url_for(_external=True)", False)
        case ast.Call(func=ast.Attribute(attr="is_secure", value=value)) if _is_request(value):
            if "django" in module.project.imported:
                yield _Use(call, ast.unparse(call), False)
    if is_literal(keyword(call, "key"), "ip") and (module.resolve(call.func) or "").endswith(".ratelimit"):
        yield _Use(call, 'what ratelimit(key="ip") counts', True)
    key = keyword(call, "key_func") or (call.args[0] if call.args else None)
    for expr in (call.func, key):
        if isinstance(expr, ast.Name | ast.Attribute) and _BY_ADDRESS.fullmatch(module.resolve(expr) or ""):
            yield _Use(expr, f"what {ast.unparse(expr)}() returns", True)


def _is_meta(value: ast.expr) -> bool:
    """Tell whether an expression is what the server tells of a request: `request.META`, `request.environ`."""
    return isinstance(value, ast.Attribute) and value.attr in ("META", "environ") and _is_request(value.value)
