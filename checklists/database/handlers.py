"""Request handlers as pagination sees them: framework, parameters, and who else relies on them."""

from __future__ import annotations

import ast
import re

from harden.calls import callers_of
from harden.module import Module, keyword
from harden.roles import Role
from harden.tree import FunctionNode

_EXPORT = re.compile(r"(?i)export|download|csv|xlsx|excel|backup|dump|feed|rss\b|sitemap|archive")
_KEEPS = frozenset({"set", "setex", "get_or_set", "hset", "set_many"})
_FILES = ("StreamingResponse", "StreamingHttpResponse", "FileResponse", "send_file", "writer", "DictWriter")
_FRAMEWORKS = {
    "fastapi": "fastapi",
    "flask": "flask",
    "flask_openapi3": "flask",
    "flask_smorest": "flask",
    "apiflask": "flask",
    "flask_restful": "flask",
    "flask_restx": "flask",
    "django": "django",
    "rest_framework": "django",
}


def handler_of(module: Module, node: ast.AST) -> FunctionNode | None:
    """Return the request handler that runs `node` itself, not one around a nested function."""
    function = module.function(node)
    return function if function is not None and module.role(function) is Role.HANDLER else None


def framework_of(module: Module, handler: FunctionNode) -> str:
    """Return `fastapi`, `flask`, `starlette`, `django` or `` for others."""
    owner = module.parents.get(handler)
    paths = [module.resolve(decorator) or "" for decorator in handler.decorator_list]
    if isinstance(owner, ast.ClassDef):
        paths += module.bases(owner)
    for path in paths:
        if found := _FRAMEWORKS.get(path.partition(".")[0]):
            return found
    names = [arg.arg for arg in handler.args.args]
    if names[:1] == ["request"] and module.imports("django", "rest_framework"):
        return "django"
    return _routed(module, handler, names)


def _routed(module: Module, handler: FunctionNode, names: list[str]) -> str:
    """Return the framework of a handler that is given to a route by its name."""
    if module.imports("starlette") and "request" in names:
        return "starlette"
    if module.imports("flask"):
        return "flask"
    for route in module.project.routes.to(module.names.local_path(handler)):
        path = route.module.resolve(route.node) if isinstance(route.node, ast.Call) else None
        if path is not None and path.startswith("fastapi."):
            return "fastapi"
    return ""


def answers_get(module: Module, handler: FunctionNode) -> bool:
    """Tell whether a handler serves GET requests, as far as its decorators and name say."""
    for decorator in handler.decorator_list:
        path = module.resolve(decorator) or ""
        method = path.rpartition(".")[2]
        if method in ("post", "put", "patch", "delete", "websocket", "require_POST"):
            return False
        if isinstance(decorator, ast.Call):
            text = " ".join(ast.unparse(k.value) for k in decorator.keywords if k.arg == "methods")
            if text and "GET" not in text.upper():
                return False
    given = [route.methods for route in module.project.routes.to(module.names.local_path(handler))]
    if given and all(methods and "GET" not in methods for methods in given):
        return False
    return handler.name not in ("post", "put", "patch", "delete", "create", "update", "destroy", "form_valid")


def is_export(module: Module, handler: FunctionNode) -> bool:
    """Tell whether a handler gives a file of everything rather than a list to look at."""
    texts = [ast.unparse(decorator) for decorator in handler.decorator_list]
    calls = [ast.unparse(node.func) for node in ast.walk(handler) if isinstance(node, ast.Call)]
    return any(_EXPORT.search(text) for text in [handler.name, *texts]) or any(map(_is_file, calls))


def _is_file(call: str) -> bool:
    return call.endswith(_FILES)


def is_cached(module: Module, handler: FunctionNode) -> bool:
    """Tell whether a handler's answer is kept under a key that says nothing of the page asked for."""
    for decorator in handler.decorator_list:
        if isinstance(decorator, ast.Call) and (module.resolve(decorator.func) or "").endswith(
            "Cache.cached"
        ):
            return keyword(decorator, "query_string") is None and keyword(decorator, "make_cache_key") is None
    for call in (node for node in ast.walk(handler) if isinstance(node, ast.Call)):
        if not isinstance(call.func, ast.Attribute) or call.func.attr not in _KEEPS:
            continue
        holder = module.resolve(call.func.value) or ast.unparse(call.func.value)
        if call.func.attr == "setex" or "redis" in holder.lower() or holder.lower().endswith("cache"):
            return True
    return False


def called_at(module: Module, handler: FunctionNode) -> str:
    """Return a place that calls a handler as a function, or nothing; of a method only in its own file."""
    if isinstance(owner := module.parents.get(handler), ast.ClassDef):
        calls = (call for call in module.nodes(ast.Call) if getattr(call.func, "attr", "") == handler.name)
        own = (
            call
            for call in calls
            if module.resolve(call.func) == f"{module.names.local_path(owner)}.{handler.name}"
        )
        return next((f"{module.path}:{call.lineno}" for call in own), "")
    for other, call in callers_of(module, handler):
        if call.func not in _decorators(other):
            return f"{other.path}:{call.lineno}"
    return ""


def _decorators(module: Module) -> set[ast.expr]:
    functions: list[FunctionNode] = [*module.nodes(ast.FunctionDef), *module.nodes(ast.AsyncFunctionDef)]
    return {decorator for function in functions for decorator in function.decorator_list}


def parameters_of(function: FunctionNode, kind: str) -> tuple[str, str]:
    """Return the names of limit and offset: the function's own where it has both, else free ones."""
    arguments = function.args
    own = [arg.arg for arg in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)]
    for offset in ("offset", "skip"):
        if kind in ("fastapi", "plain") and "limit" in own and offset in own:
            return "limit", offset
    used = {node.id for node in ast.walk(function) if isinstance(node, ast.Name)} | set(own)
    return ("page_limit", "page_offset") if used & {"limit", "offset"} else ("limit", "offset")
