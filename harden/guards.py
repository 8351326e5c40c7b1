"""What lets only some people reach a request handler: decorators, mixins, dependencies, settings."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass

from harden.assigned import assigned
from harden.errors import UnreadableSource
from harden.model_facts import said
from harden.module import Module, keyword
from harden.roles import ROUTE_METHODS
from harden.tree import FunctionNode

_WHO = (
    r"(login|auth|authentication|authorization|permissions?|token|jwt|user|admins?|staff|roles?|scopes?"
    r"|member|superuser|api_?key|session|verified_email)"
)
_DECORATOR = re.compile(
    rf"(?i)(^|[._]){_WHO}_?(required|only|needed)$"
    rf"|(^|[._])(requires?|check|ensure|verify|needs?)_?{_WHO}$"
    r"|permission_classes$|user_passes_test$|authenticated$|authorized?$"
)
_MIXIN = re.compile(
    r"(Login|Permission|Auth\w*|UserPassesTest|Staff\w*|Superuser|Access)\w*(Required)?Mixin$"
)
_DEPENDENCY = re.compile(
    r"(?i)(auth|current_?user|current_?active|login|permission|require|verify|credential|api_?key|token|jwt"
    r"|admin|superuser|is_member|session_user|get_user|principal|identity)"
)
_DEPENDS = ("fastapi.Depends", "fastapi.params.Depends", "fastapi.Security", "fastapi.params.Security")
_OPEN = ("AllowAny",)
_STOPS = re.compile(r"\b(abort|redirect|unauthorized|current_user|verify_jwt_in_request|401|403|g\.user)\b")
_SETTINGS = ("DEFAULT_PERMISSION_CLASSES", "LoginRequiredMiddleware", "JWTAuthMiddleware")


@dataclass(frozen=True, slots=True)
class Guard:
    """What stands before a handler: `name` as a person reads it, and where."""

    name: str
    module: Module
    node: ast.AST


def guards_of(module: Module, handler: FunctionNode) -> list[Guard]:
    """Return what lets only some people reach a handler, as far as the project tells; nearest first."""
    found = [*_decorators(module, handler), *_dependencies(module, handler), *_of_class(module, handler)]
    found += _of_router(module, handler)
    for route in module.project.routes.to(module.names.local_path(handler)):
        found += [Guard(name, route.module, route.node) for name in route.wrappers if _DECORATOR.search(name)]
    return found


def _decorators(module: Module, owner: FunctionNode | ast.ClassDef) -> Iterator[Guard]:
    for decorator in owner.decorator_list:
        inner = decorator.args[:1] if isinstance(decorator, ast.Call) else []
        for expr in (decorator, *inner):  # `method_decorator(login_required)`
            path = module.resolve(expr) or ast.unparse(expr).partition("(")[0]
            if _DECORATOR.search(path) and not isinstance(expr, ast.Constant):
                opened = isinstance(expr, ast.Call) and any(_is_open(module, item) for item in expr.args)
                if not opened:
                    yield Guard(path, module, decorator)
        if isinstance(decorator, ast.Call):
            yield from _listed(module, keyword(decorator, "dependencies"))


def _dependencies(module: Module, handler: FunctionNode) -> Iterator[Guard]:
    """Yield the dependencies of FastAPI among a handler's parameters."""
    arguments = [*handler.args.posonlyargs, *handler.args.args, *handler.args.kwonlyargs]
    defaults = [*handler.args.defaults, *handler.args.kw_defaults]
    annotations = [argument.annotation for argument in arguments]
    for expr in (*defaults, *annotations):
        for node in ast.walk(expr) if expr is not None else ():
            if isinstance(node, ast.Call) and (guard := _depends(module, node)) is not None:
                yield guard
    for annotation in annotations:
        alias = assigned(module, annotation) if isinstance(annotation, ast.Name | ast.Attribute) else None
        if alias is None:
            continue
        for node in ast.walk(alias[1]):  # `CurrentUser = Annotated[User, Depends(…)]`
            if isinstance(node, ast.Call) and (guard := _depends(alias[0], node)) is not None:
                yield guard


def _depends(module: Module, call: ast.Call) -> Guard | None:
    path = module.resolve(call.func) or ""
    if path not in _DEPENDS:
        return None
    given = call.args[0] if call.args else keyword(call, "dependency")
    name = (module.resolve(given) or ast.unparse(given)) if given is not None else ""
    if (
        path.endswith("Security")
        or _DEPENDENCY.search(name.rpartition(".")[2])
        or "fastapi.security." in name
    ):
        return Guard(name, module, call)
    return None


def _listed(module: Module, given: ast.expr | None) -> Iterator[Guard]:
    for item in given.elts if isinstance(given, ast.List | ast.Tuple) else ():
        if isinstance(item, ast.Call) and (guard := _depends(module, item)) is not None:
            yield guard


def _is_open(module: Module, expr: ast.expr) -> bool:
    return any(
        isinstance(node, ast.Name | ast.Attribute) and (module.resolve(node) or "").endswith(_OPEN)
        for node in ast.walk(expr)
    )


def _of_class(module: Module, handler: FunctionNode) -> Iterator[Guard]:
    """Yield what the class of a handler and its bases say: mixins, decorators, `permission_classes`."""
    owner = module.parents.get(handler)
    if not isinstance(owner, ast.ClassDef):
        return
    bases = module.bases(owner)
    yield from (Guard(base, module, owner) for base in bases if _MIXIN.search(base))
    known = [module.project.class_of(base) for base in bases]
    for source, defined in [(module, owner), *(item for item in known if item is not None)]:
        yield from _decorators(source, defined)
        for name in ("permission_classes", "decorators", "permission_required"):
            value = said(defined, name)
            if value is None or (isinstance(value, ast.List | ast.Tuple) and not value.elts):
                continue
            asks = name != "decorators" or _DECORATOR.search(ast.unparse(value).strip("[]()"))
            if asks and not _is_open(source, value):
                yield Guard(name, source, value)


def _of_router(module: Module, handler: FunctionNode) -> Iterator[Guard]:
    """Yield what the router of a decorated handler asks of every request, and the application around it."""
    for decorator in handler.decorator_list:
        func = decorator.func if isinstance(decorator, ast.Call) else decorator
        if not isinstance(func, ast.Attribute) or func.attr not in ROUTE_METHODS:
            continue
        router = _home(module, func.value)
        if router is not None:
            yield from _of_made(*router)


def _home(module: Module, expr: ast.expr) -> tuple[Module, str] | None:
    """Return the module and name that a router is made under."""
    path = module.names.local(expr) or ""
    if isinstance(expr, ast.Name):
        bound = module.names.lookup(expr)
        if isinstance(bound, ast.Name):
            return module, expr.id
        if isinstance(bound, ast.alias) and isinstance(
            statement := module.parents.get(bound), ast.ImportFrom
        ):
            path = f"{module.names.absolute(statement)}.{bound.name}"
    home, _, name = path.rpartition(".")
    other = _read(module, module.project.names.get(home))
    return (other, name) if other is not None else None


def _read(module: Module, path: str | None) -> Module | None:
    try:
        return module.project.module(path) if path is not None else None
    except UnreadableSource:
        return None


def _of_made(module: Module, name: str) -> Iterator[Guard]:
    """Yield what is asked where a router is made, hooked before requests, or included."""
    yield from _listed(module, _made_with(module, name))
    yield from _hooked(module, name)
    for path in module.project.mentions("include_router("):
        other = _read(module, path)
        for call in other.nodes(ast.Call) if other is not None else ():
            if other is not None and _includes(other, call, (module.path, name)):
                yield from _listed(other, keyword(call, "dependencies"))
                parent = _home(other, call.func.value) if isinstance(call.func, ast.Attribute) else None
                if parent is not None:
                    yield from _listed(parent[0], _made_with(*parent))


def _includes(module: Module, call: ast.Call, router: tuple[str, str]) -> bool:
    if not isinstance(call.func, ast.Attribute) or call.func.attr != "include_router" or not call.args:
        return False
    found = _home(module, call.args[0])
    return found is not None and (found[0].path, found[1]) == router


def _hooked(module: Module, name: str) -> Iterator[Guard]:
    """Yield what a blueprint of Flask, or the application, runs first, if that turns some away."""
    hooks = {f"{name}.before_request", f"{name}.before_app_request"}
    functions: list[FunctionNode] = [*module.nodes(ast.FunctionDef), *module.nodes(ast.AsyncFunctionDef)]
    for function in functions:
        if hooks.isdisjoint(ast.unparse(item).partition("(")[0] for item in function.decorator_list):
            continue
        if _STOPS.search(module.segment(function)) or list(_decorators(module, function)):
            yield Guard(function.name, module, function)


def _made_with(module: Module, name: str) -> ast.expr | None:
    """Return the dependencies that a router or application is made with."""
    for statement in module.tree.body:
        match statement:
            case ast.Assign(targets=[ast.Name(id=made)], value=ast.Call() as call) if made == name:
                return keyword(call, "dependencies")
    return None


def guarded_by_settings(module: Module) -> tuple[str, ...]:
    """Return the files whose settings keep strangers from every handler, such as Django's middlewares."""
    return tuple(path for word in _SETTINGS for path in module.project.mentions(word))
