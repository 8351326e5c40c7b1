"""Where a response comes from whose status nobody looked at: a request, or a function that returns one."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from harden.called import function_of
from harden.calls import callee_of
from harden.checklists.blocked import step
from harden.checklists.requests_sessions import SESSIONS
from harden.module import Module, keyword
from harden.roles import FileKind, file_kind
from harden.tree import own_nodes

METHODS = ("get", "post", "put", "patch", "delete", "request")
_OWNERS = ("requests", "requests.Session", "requests.session", "httpx", "httpx.Client", "httpx.AsyncClient")
REQUESTS = frozenset(
    f"{owner}.{method}" for owner in (*_OWNERS, "aiohttp.ClientSession") for method in METHODS
)
BODIES = frozenset(
    ("json", "text", "content", "read", "iter_content", "iter_lines", "iter_bytes", "iter_text", "aread")
)
CHECKS = frozenset(
    ("raise_for_status", "status_code", "ok", "is_success", "is_error", "status", "has_redirect_location")
)
_HOOKS = ("event_hooks", ".hooks[", "raise_for_status=True", "assert_status_hook")
_CLIENTS = (*SESSIONS, "httpx.Client", "httpx.AsyncClient", "aiohttp.ClientSession")
_DEEPEST = 4
"""Functions between a request and the one that reads the response."""
_PLAIN = ("builtins.staticmethod", "builtins.classmethod")


@dataclass(frozen=True, slots=True)
class Request:
    """A request, and the calls on the way to it from the one that was asked about."""

    path: str
    steps: tuple[str, ...] = ()


def request_of(module: Module, call: ast.Call, depth: int = 0) -> Request | None:
    """Return the request whose response a call gives unlooked at; None where it gives anything else."""
    path = module.resolve(call.func) or ""
    if path == "asyncio.to_thread" and call.args:
        handed = module.resolve(call.args[0]) or ""
        if handed in REQUESTS:
            return None if is_watched(module, call, handed) else Request(handed)
        found = function_of(module, call.args[0])
    elif path in REQUESTS or _is_own_session(module, path):
        return None if is_watched(module, call, path) else Request(path)
    else:
        found = callee_of(module, call)
    if found is None or (isinstance(found[1], ast.AsyncFunctionDef) and awaited(module, call) is call):
        return None
    inner = _returned(*found, depth) if depth < _DEEPEST else None
    return Request(inner.path, (step(module, call), *inner.steps)) if inner is not None else None


def is_watched(module: Module, call: ast.Call, path: str) -> bool:
    """Tell whether something else looks at every response: a hook, or an option of the client."""
    if any(hook in module.text for hook in _HOOKS) or keyword(call, "raise_for_status") is not None:
        return True
    return path.rpartition(".")[0] not in ("requests", "httpx") and any(
        file_kind(file) is not FileKind.TEST for hook in _HOOKS for file in module.project.mentions(hook)
    )


def read_calls(module: Module) -> Iterator[ast.Call]:
    """Yield the calls whose result is read as the body of a response is."""
    for body in module.nodes(ast.Attribute):
        if body.attr in BODIES:
            made: ast.AST | None = body.value
            if isinstance(made, ast.Name):
                bound = module.names.lookup(made)
                holder = module.parents.get(bound) if isinstance(bound, ast.Name) else None
                made = getattr(holder, "value", getattr(holder, "context_expr", None))
            made = made.value if isinstance(made, ast.Await) else made
            if isinstance(made, ast.Call):
                yield made


def awaited(module: Module, call: ast.Call) -> ast.expr:
    """Return the call, or the `await` of it."""
    outer = module.parents.get(call)
    return outer if isinstance(outer, ast.Await) else call


def bound_name(parent: ast.AST | None, whole: ast.expr) -> ast.Name | None:
    """Return the name that the response goes to."""
    match parent:
        case ast.Assign(targets=[ast.Name() as name]):
            return name
        case ast.AnnAssign(target=ast.Name() as name) if parent.value is whole:
            return name
        case ast.withitem(optional_vars=ast.Name() as name):
            return name
    return None


def _is_own_session(module: Module, path: str) -> bool:
    """Tell whether a path is a method of a project's own session class that looks at no status."""
    owner, _, method = path.rpartition(".")
    project = module.project
    if method not in METHODS or project.class_of(owner) is None or not module.is_a(owner, *_CLIENTS):
        return False
    own = [found for base in project.ancestry((owner,)) if (found := project.class_of(base)) is not None]
    return not any(word in source.segment(node) for source, node in own for word in (*CHECKS, "hooks"))


def _returned(module: Module, function: ast.FunctionDef | ast.AsyncFunctionDef, depth: int) -> Request | None:
    """Return the request whose response is all that a function returns, unlooked at."""
    if module.kind is FileKind.TEST or any(
        module.resolve(decorator) not in _PLAIN for decorator in function.decorator_list
    ):
        return None
    nodes = list(own_nodes(function))
    found: Request | None = None
    for node in nodes:
        if not isinstance(node, ast.Return) or _is_nothing(node.value):
            continue
        made = _made(module, node.value, nodes)
        here = request_of(module, made, depth + 1) if made is not None else None
        if made is None or here is None:
            return None
        found = found or Request(here.path, here.steps or (step(module, made),))
    return found


def _is_nothing(value: ast.expr | None) -> bool:
    return value is None or (isinstance(value, ast.Constant) and value.value is None)


def _made(module: Module, value: ast.expr | None, nodes: list[ast.AST]) -> ast.Call | None:
    """Return the call whose result a function returns as it came, by a name or directly."""
    if isinstance(value, ast.Await):
        value = value.value
    if isinstance(value, ast.Call):
        return value
    if not isinstance(value, ast.Name):
        return None
    bound = module.names.lookup(value)
    statement = module.parents.get(bound) if isinstance(bound, ast.Name) else None
    if not isinstance(statement, ast.Assign | ast.AnnAssign) or any(
        isinstance(node, ast.Name) and node.id == value.id and _looks(module, node) for node in nodes
    ):
        return None
    made = statement.value
    made = made.value if isinstance(made, ast.Await) else made
    return made if isinstance(made, ast.Call) else None


def _looks(module: Module, use: ast.Name) -> bool:
    """Tell whether a use of a response may look at its status: anything but to read it, or to return it."""
    parent = module.parents.get(use)
    if isinstance(parent, ast.Attribute):
        return parent.attr in CHECKS or isinstance(module.parents.get(parent), ast.Compare)
    return not isinstance(use.ctx, ast.Store) and not isinstance(parent, ast.Return)
