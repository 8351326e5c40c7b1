"""What runs when an application starts: at import, in its factory, in a startup hook or a lifespan."""

from __future__ import annotations

import ast

from harden.calls import callers_of, uses_of
from harden.module import Module
from harden.roles import Role
from harden.tree import FunctionNode

_HOOKS = (
    "on_event",
    "before_first_request",
    "before_serving",
    "on_startup",
    "listener",
    "lifespan",
    "before_request",
)
_FACTORIES = frozenset(
    {"create_app", "make_app", "get_app", "build_app", "init_app", "application", "lifespan"}
)
_STARTS = frozenset({"startup", "on_startup", "startup_event", "start_up", "app_startup", "ready"})
_APPS = ("flask.Flask", "fastapi.FastAPI", "starlette.applications.Starlette", "quart.Quart", "sanic.Sanic")
_HANDED = frozenset(
    {"add_event_handler", "on_startup", "lifespan", "Starlette", "FastAPI", "register_listener"}
)
_RUNS = frozenset({"run", "serve", "serve_forever", "run_app", "start"})
_STEPS = 3


def at_start(module: Module, node: ast.AST, depth: int = 0) -> str:
    """Return when a node runs while the application starts, as a clause, or nothing."""
    if _is_for_tests(module, node):
        return ""
    function = module.function(node)
    if function is None and module.in_main_guard(node):
        return "when the application is started as a program" if _serves(module, node) else ""
    if function is None:
        return "when the module is imported"
    role = module.role(function)
    if role in (Role.CLI, Role.TEST) or "test" in function.name:
        return ""
    if role in (Role.HANDLER, Role.TASK):
        return "with every request" if role is Role.HANDLER and depth == 0 else ""
    if _is_hook(function) or _makes_app(module, function):
        return f"when the application starts, in {function.name}()"
    if depth == _STEPS:
        return ""
    if any(_is_handed(other, use) for other, use in uses_of(module, function)):
        return f"when the application starts, in {function.name}()"
    for other, call in callers_of(module, function):
        if other.kind is module.kind and (found := at_start(other, call, depth + 1)):
            return found
    return ""


def _serves(module: Module, node: ast.AST) -> bool:
    """Tell whether the main block around a node starts a server: `app.run()`, `uvicorn.run(app)`."""
    block = next((outer for outer in module.ancestors(node) if outer in module.tree.body), None)
    return any(
        isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr in _RUNS
        for call in (ast.walk(block) if block is not None else ())
    )


def _is_hook(function: FunctionNode) -> bool:
    if function.name in _STARTS | {"lifespan"}:
        return True
    return any(
        any(hook in ast.unparse(decorator) for hook in _HOOKS) and "shutdown" not in ast.unparse(decorator)
        for decorator in function.decorator_list
    )


def _makes_app(module: Module, function: FunctionNode) -> bool:
    """Tell whether a function makes the application and gives it back."""
    if function.name in _FACTORIES:
        return True
    return any(
        isinstance(node, ast.Return) and node.value is not None and module.resolve(node.value) in _APPS
        for node in ast.walk(function)
    )


def _is_handed(module: Module, use: ast.AST) -> bool:
    """Tell whether a function is given to what calls it at the start: `FastAPI(on_startup=[init])`."""
    parent = module.parents.get(use)
    if isinstance(parent, ast.List):
        parent = module.parents.get(parent)
    if isinstance(parent, ast.keyword):
        return parent.arg in _HANDED
    func = parent.func if isinstance(parent, ast.Call) and parent.func is not use else None
    name = func.attr if isinstance(func, ast.Attribute) else func.id if isinstance(func, ast.Name) else ""
    return name in _HANDED


def _is_for_tests(module: Module, node: ast.AST) -> bool:
    """Tell whether a condition around a node asks whether this is a test or a laptop."""
    for outer in module.ancestors(node):
        if isinstance(outer, ast.If):
            text = ast.unparse(outer.test).lower()
            if "test" in text or "debug" in text or "development" in text or "sqlite" in text:
                return True
    return False
