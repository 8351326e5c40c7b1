"""What an application object keeps for all requests, and what handlers find in the function around them."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from harden.checklists.state.kept import Kept, Use, is_plain, is_state, kept, modules_naming
from harden.checklists.state.served import is_served
from harden.module import Module
from harden.roles import Role
from harden.tree import FunctionNode

_APPS = (
    *("flask.Flask", "quart.Quart", "fastapi.FastAPI", "fastapi.applications.FastAPI", "sanic.Sanic"),
    *("starlette.applications.Starlette", "aiohttp.web.Application", "flask.app.Flask", "litestar.Litestar"),
)
_REACHED_BY = (".app", ".application", "flask.current_app", "quart.current_app")


def kept_by_apps(module: Module) -> Iterator[Kept]:
    """Yield what is laid down on an application, as in `app.state.jobs = {}` or `app.carts = {}`."""
    for statement in module.nodes(ast.Assign):
        target = statement.targets[0]
        name = _held(module, target) if isinstance(target, ast.Attribute | ast.Subscript) else ""
        if not name or not (is_plain(statement.value) or is_state(module, statement.value)):
            continue
        if is_served(module, module.function(statement)):
            continue
        uses: list[Use] = [
            (other, use)
            for other in modules_naming(module, name)
            for kind in (ast.Attribute, ast.Subscript)
            for use in other.nodes(kind)
            if _says(use, name) and use is not target and other.function(use) and _held(other, use) == name
        ]
        yield from kept(ast.unparse(target), statement, statement.value, uses)


def _says(use: ast.expr, name: str) -> bool:
    match use:
        case ast.Attribute(attr=attr):
            return attr == name
        case ast.Subscript(slice=ast.Constant(value=key)):
            return key == name
    return False


def _held(module: Module, expr: ast.expr) -> str:
    """Return the name under which an application holds what an expression stands for, or nothing."""
    match expr:
        case ast.Attribute(value=ast.Attribute(value=app, attr="state" | "ctx"), attr=name):
            return name if _is_app(module, app) else ""
        case ast.Subscript(
            value=ast.Attribute(value=app, attr="config" | "extensions"),
            slice=ast.Constant(value=str() as key),
        ):
            return key if _is_app(module, app) else ""
        case ast.Subscript(value=app, slice=ast.Constant(value=str() as key)):
            return key if module.imports("aiohttp") and _is_app(module, app) else ""
        case ast.Attribute(value=app, attr=name):
            return name if name not in ("state", "config") and _is_app(module, app) else ""
    return ""


def _is_app(module: Module, expr: ast.expr) -> bool:
    path = module.resolve(expr)
    if path is not None:
        return path in _APPS or path.endswith(_REACHED_BY) or module.is_a(path, *_APPS)
    if isinstance(expr, ast.Attribute) and expr.attr == "app":  # of the request that a handler is given
        given = _taker(module, expr.value)
        return given is not None and module.role(given) is Role.HANDLER
    given = _taker(module, expr)
    return given is not None and given.name in ("lifespan", "init_app")


def _taker(module: Module, expr: ast.expr) -> FunctionNode | None:
    """Return the function that has an expression as its parameter."""
    bound = module.names.lookup(expr) if isinstance(expr, ast.Name) else None
    return module.function(bound) if isinstance(bound, ast.arg) else None


def kept_by_makers(module: Module) -> Iterator[Kept]:
    """Yield containers of a function that runs once, which the handlers that it makes change."""
    functions = [*module.nodes(ast.FunctionDef), *module.nodes(ast.AsyncFunctionDef)]
    outers = dict.fromkeys(outer for function in functions if (outer := module.function(function)))
    begun = [(outer, name, *found) for outer in outers for name, found in _begun(module, outer)]
    named: dict[str, list[ast.Name]] = {name: [] for _, name, _, _ in begun}
    for use in module.nodes(ast.Name) if begun else ():
        if use.id in named:
            named[use.id].append(use)
    for outer, name, statement, value in begun:
        bound = module.names.scopes[outer].bindings[name]
        inner = (use for use in named[name] if module.function(use) is not outer)
        found = list(
            kept(name, statement, value, [(module, use) for use in inner if _is(module, use, bound)])
        )
        if found and not is_served(module, outer):
            yield from found


def _is(module: Module, use: ast.Name, bound: list[ast.AST]) -> bool:
    return module.names.lookup(use) in bound


def _begun(module: Module, outer: FunctionNode) -> Iterator[tuple[str, tuple[ast.stmt, ast.expr]]]:
    for statement in outer.body:
        match statement:
            case (
                ast.Assign(targets=[ast.Name(id=name)], value=value)
                | ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value)
            ):
                if is_plain(value) or is_state(module, value):
                    yield name, (statement, value)
