"""The routes of a project: which function or class answers which path, wherever the two are put together."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from harden.assigned import assigned
from harden.errors import UnreadableSource
from harden.module import Module, keyword
from harden.roles import WEB_PACKAGES, FileKind, file_kind

if TYPE_CHECKING:
    from harden.project import Project

_WORDS = (
    *("urlpatterns", "add_url_rule", "add_api_route", "add_route", "add_resource", "Route(", "web.get("),
    *("web.post(", "web.view(", "router.add_", "add_view(", "tornado", ".register(", "add_websocket_route"),
)
"""Words without which no file gives a function to a route by its name."""
_ANY_BASE = frozenset({"add_url_rule", "add_api_route", "add_resource", "add_api_websocket_route"})
_WITH_PATH = frozenset(
    {"add_route", "add_websocket_route", "add_view", "add_get", "add_post", "add_put", "add_patch"}
    | {"add_delete", "add_head", "add_options"}
)
_MADE = (
    *("starlette.routing.Route", "starlette.routing.WebSocketRoute", "fastapi.routing.APIRoute"),
    *("django.urls.path", "django.urls.re_path", "django.conf.urls.url", "django.urls.conf.path"),
    *("tornado.web.url", "tornado.web.URLSpec", "tornado.routing.Rule"),
)
_AIOHTTP = re.compile(r"aiohttp\.web\.(get|post|put|patch|delete|head|options|view|route)$")
_REGISTERS = re.compile(r"(rest_framework|rest_framework_nested)\..*\.register$")
_INCLUDES = ("django.urls.include", "django.conf.urls.include", "django.urls.conf.include")
_VERB = re.compile(r"(?:add_|\.)(get|post|put|patch|delete|head|options)$")
_PATH = re.compile(r"[/^(]|$")
_LISTED = (FileKind.APP, FileKind.SCRIPT)
_DEPTH = 6


@dataclass(frozen=True, slots=True)
class Route:
    """One path that is answered by `handler`, the dotted path of a function or class of the project.

    `wrappers` are the paths of what the handler is wrapped in where it is given to the route; no methods
    means that nothing is said of them.
    """

    path: str | None
    handler: str
    module: Module
    node: ast.AST
    methods: frozenset[str] = frozenset()
    wrappers: tuple[str, ...] = ()


class Routes:
    """The routes that a project makes by name: `path("x", views.f)`, `add_url_rule`, tornado's tuples."""

    def __init__(self, project: Project) -> None:
        self._project = project

    @cached_property
    def all(self) -> tuple[Route, ...]:
        """Return every route of the application's files."""
        if self._project.imported.isdisjoint(WEB_PACKAGES):
            return ()
        paths = {path for word in _WORDS for path in self._project.mentions(word)}
        files = sorted(path for path in paths if file_kind(path) in _LISTED)
        return tuple(route for path in files for route in self._in_file(path))

    @cached_property
    def handlers(self) -> dict[str, frozenset[str]]:
        """Return, by module, the qualified names of its functions and classes that are given to a route."""
        found: dict[str, set[str]] = {}
        for route in self.all:
            for home, name in _places(self._project, route.handler):
                found.setdefault(home, set()).add(name)
        return {home: frozenset(names) for home, names in found.items()}

    def to(self, handler: str) -> list[Route]:
        """Return the routes that lead to a function or class."""
        return [route for route in self.all if route.handler == handler]

    def _in_file(self, path: str) -> Iterator[Route]:
        try:
            module = self._project.module(path)
        except UnreadableSource:
            return
        yield from routes_in(module)


def routes_in(module: Module) -> Iterator[Route]:
    """Yield the routes that a file gives functions and classes to by name."""
    for call in module.nodes(ast.Call):
        if _makes_route(module, call):
            yield from _given(module, call, [*call.args, *(item.value for item in call.keywords)])
    if module.imports("tornado"):
        for pair in module.nodes(ast.Tuple):
            if len(pair.elts) in (2, 3, 4) and (module.string(pair.elts[0]) or "").startswith(
                ("/", "^", "(")
            ):
                yield from _given(module, pair, pair.elts[1:2])


def _makes_route(module: Module, call: ast.Call) -> bool:
    name = call.func.attr if isinstance(call.func, ast.Attribute) else ""
    if name in _ANY_BASE:
        return True
    if name in _WITH_PATH:
        return any((text := module.string(item)) is not None and _PATH.match(text) for item in call.args)
    path = module.resolve(call.func) or ""
    return path in _MADE or bool(_AIOHTTP.match(path) or _REGISTERS.match(path))


def _given(module: Module, node: ast.Call | ast.Tuple, items: list[ast.expr]) -> Iterator[Route]:
    """Yield a route for each function or class of the project among what a call is given."""
    plain = node.args if isinstance(node, ast.Call) else node.elts
    texts = [text for item in plain if (text := module.string(item)) is not None]
    path = next((text for text in texts if "/" in text or text in ("", "^$")), texts[0] if texts else None)
    methods = _methods(module, node, texts)
    for item in items:
        handler, wrappers = _unwrapped(module, item)
        if handler:
            yield Route(path, handler, module, node, methods, wrappers)


def _methods(module: Module, node: ast.Call | ast.Tuple, texts: list[str]) -> frozenset[str]:
    if isinstance(node, ast.Tuple):
        return frozenset()
    said = keyword(node, "methods")
    if isinstance(said, ast.List | ast.Tuple | ast.Set):
        return frozenset(text.upper() for item in said.elts if (text := module.string(item)) is not None)
    verb = _VERB.search(module.resolve(node.func) or ast.unparse(node.func))
    if verb:
        return frozenset({verb[1].upper()})
    return frozenset(text for text in texts if text in ("GET", "POST", "PUT", "PATCH", "DELETE"))


def _unwrapped(module: Module, item: ast.expr, depth: int = 0) -> tuple[str, tuple[str, ...]]:
    """Return the function or class of the project that an argument names, and what it is wrapped in."""
    if isinstance(item, ast.Constant) and isinstance(item.value, str):
        return _definition(module, item.value) if "." in item.value and "/" not in item.value else "", ()
    if isinstance(item, ast.Call) and depth < _DEPTH:
        path = module.resolve(item.func) or ""
        if path in _INCLUDES:
            return "", ()
        if (owner := path.removesuffix(".as_view")) != path:
            return _definition(module, owner), ()
        for inner in item.args:
            if not isinstance(inner, ast.Constant):
                handler, wrappers = _unwrapped(module, inner, depth + 1)
                if handler:
                    return handler, (path, *wrappers)
        return path if module.project.class_of(path) else "", ()  # `Resource()` of Falcon
    if not isinstance(item, ast.Name | ast.Attribute):
        return "", ()
    made = assigned(module, item) if depth < _DEPTH else None
    if made is not None and isinstance(made[1], ast.Call):  # `view = cached(view)`
        return _unwrapped(*made, depth + 1)
    return _definition(module, module.resolve(item) or ""), ()


def _definition(module: Module, path: str) -> str:
    project = module.project
    return path if project.function_of(path) or project.class_of(path) else ""


def _places(project: Project, path: str) -> Iterator[tuple[str, str]]:
    """Yield the module and qualified name of a handler, of a class those of its bases in the project too."""
    made = project.function_of(path)
    if made is not None:
        yield made[0].name, made[0].qualname(made[1])
    for base in project.ancestry((path,)) if made is None else ():
        owner = project.class_of(base)
        if owner is not None:
            yield owner[0].name, owner[0].qualname(owner[1])
