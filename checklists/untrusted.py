"""Where a value comes from: data that somebody outside the program chose."""

from __future__ import annotations

import ast

from harden.module import Module
from harden.roles import Role
from harden.tree import FunctionNode

_REQUESTS = ("flask.request", "quart.request", "bottle.request", "django.http.HttpRequest", "sanic.request")
_REQUEST_TYPES = ("fastapi.Request", "starlette.requests.Request", "rest_framework.request.Request")
_BODIES = ("requests.", "httpx.", "urllib.request.urlopen", "urllib3.", "aiohttp.", "niquests.")
_BODY_PARTS = frozenset({"content", "text", "read", "body", "data", "json", "raw", "readall", "iter_content"})
_CACHES = ("redis.", "aioredis.", "pymemcache.", "memcache.", "pylibmc.", "django_redis.")
_CACHE_READS = frozenset(
    {"get", "hget", "lpop", "rpop", "blpop", "brpop", "mget", "getset", "getdel", "hmget"}
)
_SOCKETS = frozenset({"recv", "recvfrom", "recv_bytes", "recv_multipart"})
_UPLOADS = ("fastapi.UploadFile", "starlette.datastructures.UploadFile", "fastapi.datastructures.UploadFile")
_REQUEST_PARTS = frozenset(
    {"body", "POST", "GET", "FILES", "COOKIES", "data", "query_params", "headers", "META"}
)
_DEPTH = 8


def untrusted_source(module: Module, expr: ast.expr, depth: int = 0) -> str:
    """Say in words where a value from outside comes from; an empty string when it does not visibly."""
    if depth > _DEPTH:
        return ""
    if source := _direct(module, expr):
        return source
    match expr:
        case ast.Name():
            return _through_name(module, expr, depth)
        case ast.Call(func=func, args=args):
            of_object = [func.value] if isinstance(func, ast.Attribute) else []
            return _first(module, [*of_object, *args], depth)
        case ast.Attribute(value=value) | ast.Subscript(value=value) | ast.Await(value=value):
            return untrusted_source(module, value, depth + 1)
        case ast.BinOp(left=left, right=right):
            return _first(module, [left, right], depth)
        case ast.JoinedStr(values=values):
            inside = [value.value for value in values if isinstance(value, ast.FormattedValue)]
            return _first(module, inside, depth)
        case ast.IfExp(body=body, orelse=orelse):
            return _first(module, [body, orelse], depth)
        case ast.BoolOp(values=values):
            return _first(module, values, depth)
    return ""


def _first(module: Module, exprs: list[ast.expr], depth: int) -> str:
    return next(filter(None, (untrusted_source(module, expr, depth + 1) for expr in exprs)), "")


def _direct(module: Module, expr: ast.expr) -> str:
    path = module.resolve(expr) or ""
    last = path.rpartition(".")[2].rstrip("[]")
    if path.startswith(tuple(f"{request}." for request in (*_REQUESTS, *_REQUEST_TYPES))):
        return "request data"
    if path.startswith(_UPLOADS):
        return "an upload"
    if path.startswith(_BODIES) and last in _BODY_PARTS:
        return "a response from another host"
    if path.startswith(_CACHES) and last in _CACHE_READS:
        return "a value from a shared cache"
    if path.startswith("socket.") and last in _SOCKETS:
        return "bytes from a socket"
    return ""


def _through_name(module: Module, name: ast.Name, depth: int) -> str:
    bound = module.names.lookup(name)
    parent = module.parents.get(bound) if bound is not None else None
    match bound, parent:
        case ast.arg(), _:
            return _parameter(module, name, bound)
        case ast.Name(), ast.Assign(value=value) | ast.NamedExpr(value=value) if value is not name:
            return untrusted_source(module, value, depth + 1)
        case ast.Name(), ast.AnnAssign(value=ast.expr() as value):
            return untrusted_source(module, value, depth + 1)
        case ast.Name(), ast.withitem(context_expr=context):
            return untrusted_source(module, context, depth + 1)
        case ast.Name(), ast.For(iter=source):
            return untrusted_source(module, source, depth + 1)
    return ""


def _parameter(module: Module, name: ast.Name, arg: ast.arg) -> str:
    """Tell what a parameter brings in: a request object's parts, or the arguments of a route."""
    function = next((outer for outer in module.ancestors(arg) if isinstance(outer, FunctionNode)), None)
    if function is None or module.role(function) is not Role.HANDLER or arg.arg in ("self", "cls"):
        return ""
    if arg.arg == "request":
        part = module.parents.get(name)
        return "request data" if isinstance(part, ast.Attribute) and part.attr in _REQUEST_PARTS else ""
    annotation = module.resolve(arg.annotation) if arg.annotation is not None else None
    plain = annotation is None or annotation.startswith("builtins.")
    return "request data" if plain and not _is_injected(module, function, arg) else ""


def _is_injected(module: Module, function: FunctionNode, arg: ast.arg) -> bool:
    """Tell whether a framework fills a parameter with something of the program's own (`Depends`)."""
    positional = [*function.args.posonlyargs, *function.args.args]
    defaults = dict(zip(reversed(positional), reversed(function.args.defaults), strict=False))
    defaults |= {a: d for a, d in zip(function.args.kwonlyargs, function.args.kw_defaults, strict=True) if d}
    default = defaults.get(arg)
    return default is not None and (module.resolve(default) or "").startswith("fastapi.Depends")
