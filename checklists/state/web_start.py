"""What runs in each process of a web service because that starts: the top level, startup hooks, factories."""

from __future__ import annotations

import ast
import re

from harden.calls import uses_of
from harden.module import Module
from harden.roles import WEB_PACKAGES, FileKind, Role
from harden.tree import FunctionNode

_DEEP = 5
_FILES = 25
"""Files that mention a name beyond which it is taken for a word that everybody uses."""
_HOOKS = re.compile(
    r"\.(on_event|on_startup|before_first_request|before_serving|while_serving|before_server_start"
    r"|after_server_start|main_process_start|listener|startup)$"
)
_TAKERS = re.compile(
    r"\.(add_event_handler|append|call_once|on_startup|add_startup_handler|FastAPI|Starlette)$"
)
_FACTORIES = frozenset(
    {"create_app", "make_app", "build_app", "init_app", "get_application", "create_application"}
)
_SERVES = re.compile(
    r"(flask\.Flask|quart\.Quart|sanic\.Sanic|SocketIO|uvicorn|hypercorn\.\w+|bottle)\.run$|\.serve$"
)


def runs_with_web(module: Module, node: ast.AST) -> bool:
    """Tell whether code runs in every process that answers requests, when that starts."""
    if module.project.imported.isdisjoint(WEB_PACKAGES) or module.kind is not FileKind.APP:
        return False
    return _runs(module, node, set(), _DEEP)


def _runs(module: Module, node: ast.AST, seen: set[tuple[str, int]], steps: int) -> bool:
    if module.in_main_guard(node):
        return _serves(module)
    function = module.function(node)
    if function is None:
        return not _has_loop(module) and module.kind is FileKind.APP
    place = (module.path, function.lineno)
    if place in seen or not steps:
        return False
    seen.add(place)
    if module.role(function) is not Role.NONE:  # at a request, not at the start
        return False
    if _is_startup(module, function):
        return True
    outer = module.function(function)
    if outer is not None and _runs(module, function, seen, steps - 1):
        return True
    if len(module.project.naming(function.name)) > _FILES:
        return False
    return any(_hands_over(other, use, seen, steps) for other, use in uses_of(module, function))


def _hands_over(
    module: Module, use: ast.Name | ast.Attribute, seen: set[tuple[str, int]], steps: int
) -> bool:
    """Tell whether a function that is named here is called as the service starts, or is to be."""
    parent = module.parents.get(use)
    if isinstance(parent, ast.Call) and parent.func is use:
        return _runs(module, parent, seen, steps - 1)
    if isinstance(parent, ast.List):
        parent = module.parents.get(parent)
    if isinstance(parent, ast.keyword):
        return parent.arg in ("lifespan", "on_startup")
    return isinstance(parent, ast.Call) and bool(
        _TAKERS.search(module.resolve(parent.func) or f".{ast.unparse(parent.func)}")
    )


def _is_startup(module: Module, function: FunctionNode) -> bool:
    decorators = [module.resolve(decorator) or "" for decorator in function.decorator_list]
    if any(_HOOKS.search(path) for path in decorators):
        return True
    owner = module.parents.get(function)
    if isinstance(owner, ast.ClassDef):
        is_config = any(base.startswith("django.apps.") for base in module.bases(owner))
        return function.name == "ready" and is_config
    is_lifespan = "contextlib.asynccontextmanager" in decorators and "lifespan" in function.name
    return is_lifespan or function.name in _FACTORIES


def _serves(module: Module) -> bool:
    """Tell whether a file answers requests when it is started as a program."""
    return any(_SERVES.search(module.resolve(call.func) or "") for call in module.nodes(ast.Call))


def _has_loop(module: Module) -> bool:
    """Tell whether a file is a program that goes on for ever by itself."""
    return any(isinstance(statement, ast.While) for statement in module.tree.body)
