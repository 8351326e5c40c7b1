"""Sessions, connections and cursors that outlive the request that they serve."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from harden.calls import reads_of
from harden.checklists.database.sessions import Kind, handle_of
from harden.checklists.waiting import is_command, is_service
from harden.errors import UnreadableSource
from harden.module import Module
from harden.roles import WEB_PACKAGES, Role
from harden.tree import FunctionNode

_TASKS = frozenset({"celery", "dramatiq", "huey", "rq", "arq", "streamlit"})
_SINGLE = ("cursor", "connect", "Session", "AsyncSession", "session", "raw_connection")
_APPLICATIONS = ("fastapi.FastAPI", "flask.Flask", "starlette.", "sanic.Sanic", "quart.Quart", "aiohttp.web.")
_CACHES = frozenset({"functools.lru_cache", "functools.cache", "streamlit.cache_resource"})
_POOLS = ("pool", "sessionmaker", "scoped", "Pool")


@dataclass(frozen=True, slots=True)
class Shared:
    """What is shared: its name, what it is, and where a request comes upon it."""

    name: str
    what: str
    steps: tuple[str, ...] = ()


def shared_of(module: Module, call: ast.Call) -> Shared | None:
    """Return what a call opens for all requests at once, None where each gets its own."""
    what = _opened(module, call)
    if not what or module.in_main_guard(call) or not _serves(module):
        return None
    target = _target(module, call)
    if isinstance(target, ast.Attribute):
        return _kept_by_application(module, target, what) or _kept_by_objects(module, target, what)
    if isinstance(target, ast.Name) and _is_lasting(module, target):
        if what == "cursor" and _is_told_of(module, call):
            return None
        use = next(_uses(module, target), None)
        return Shared(target.id, what, (use,)) if use is not None else None
    return _kept_by_cache(module, call, what)


def _target(module: Module, call: ast.Call) -> ast.expr | None:
    """Return what a call's value is given to."""
    expr: ast.AST = call
    holder = module.parents.get(call)
    at = None
    while isinstance(holder, ast.Await | ast.Tuple | ast.BoolOp | ast.IfExp):
        at = holder.elts.index(expr) if isinstance(holder, ast.Tuple) and isinstance(expr, ast.expr) else at
        expr, holder = holder, module.parents.get(holder)
    match holder:
        case ast.NamedExpr(target=target) | ast.AnnAssign(target=target):
            return target
        case ast.Assign(targets=[ast.Tuple(elts=names), *_]) if at is not None and at < len(names):
            return names[at]
        case ast.Assign(targets=[target, *_]):
            return target
    return None


def _kept_by_cache(module: Module, call: ast.Call, what: str) -> Shared | None:
    """Recognise a cached function that returns one connection to all who call it."""
    function = module.function(call)
    if function is None or not isinstance(module.parents.get(call), ast.Return):
        return None
    cached = any(module.resolve(item) in _CACHES for item in function.decorator_list)
    return Shared(f"{function.name}()", what) if cached else None


def _is_lasting(module: Module, target: ast.Name) -> bool:
    """Tell whether a name belongs to the module, or to a class."""
    if isinstance(module.parents.get(module.statement(target)), ast.ClassDef):
        return True
    return target in module.names.scopes[module.tree].bindings.get(target.id, ())


def _kept_by_application(module: Module, target: ast.Attribute, what: str) -> Shared | None:
    """Recognise `app.state.conn = connect(…)`: the application object serves all requests."""
    root: ast.expr = target
    while isinstance(root, ast.Attribute):
        root = root.value
    path = module.resolve(root) or ""
    if not path.startswith(_APPLICATIONS) or module.role(target) is Role.HANDLER:
        return None
    return Shared(module.segment(target), what)


def _is_told_of(module: Module, call: ast.Call) -> bool:
    """Tell whether the connection of a cursor is used by functions itself, and so reported."""
    base = call.func.value if isinstance(call.func, ast.Attribute) else None
    bound = module.names.lookup(base) if isinstance(base, ast.Name) else None
    return isinstance(bound, ast.Name) and next(_uses(module, bound), None) is not None


def _opened(module: Module, call: ast.Call) -> str:
    """Return what a call opens that one thread alone may use: a session, a connection, a cursor."""
    handle = handle_of(module, call)
    if handle is None or handle.scoped or not handle.path or handle.kind is Kind.DJANGO:
        return ""
    written = ast.unparse(call.func)
    last = handle.path.rpartition(".")[2]
    if last in ("sessionmaker", "async_sessionmaker"):
        if (module.resolve(call.func) or "") == handle.path and _makes_factory(module, call):
            return ""
        return "session"
    if any(word in written for word in _POOLS) or "pool" in handle.path.lower() or last not in _SINGLE:
        return ""
    return {"cursor": "cursor"}.get(last, "session" if handle.kind is Kind.SESSION else "connection")


def _makes_factory(module: Module, call: ast.Call) -> bool:
    """Tell whether a call makes the factory, and is not a call of one that was made before."""
    if isinstance(call.func, ast.Call):
        return False
    held = module.flow.only(call.func)
    return held is None or not isinstance(held.expr, ast.Call)


def _serves(module: Module) -> bool:
    """Tell whether the file is part of a service, whose functions several threads or requests run."""
    if is_command(module):
        return False
    return not module.project.imported.isdisjoint(WEB_PACKAGES | _TASKS) or is_service(module.project)


def _uses(module: Module, target: ast.Name, depth: int = 0) -> Iterator[str]:
    """Yield where functions read a name of the module or of a class, here and in other files."""
    for name in module.nodes(ast.Name):
        if (
            name.id != target.id
            or not isinstance(name.ctx, ast.Load)
            or target not in module.names.bindings(name)[0]
        ):
            continue
        function, holder = module.function(name), module.parents.get(name)
        if function is not None and _runs_often(module, function):
            yield f"{module.path}:{name.lineno}"
        elif function is None and isinstance(holder, ast.Assign) and depth < 2:
            others = [other for other in holder.targets if isinstance(other, ast.Name)]
            yield from (use for other in others for use in _uses(module, other, depth + 1))
    owner = module.parents.get(module.statement(target))
    for other, read in reads_of(module, target.id, owner if isinstance(owner, ast.ClassDef) else module.tree):
        function = other.function(read)
        if function is not None and _runs_often(other, function):
            yield f"{other.path}:{read.lineno}"


def _runs_often(module: Module, function: FunctionNode) -> bool:
    """Tell whether a function may run for several requests."""
    return module.role(function) not in (Role.CLI, Role.TEST) and not function.name.startswith(
        ("init_", "create_table")
    )


def _kept_by_objects(module: Module, target: ast.Attribute, what: str) -> Shared | None:
    """Recognise `self.conn = connect(…)` in an object that a module makes for all requests."""
    owner, function = module.owner(target), module.function(target)
    if owner is None or function is None or function.name not in ("__init__", "connect", "_connect"):
        return None
    if not (isinstance(target.value, ast.Name) and target.value.id == "self"):
        return None
    made = next(_singles(module, owner), "")
    return Shared(f"self.{target.attr}", what, (made,)) if made else None


def _singles(module: Module, owner: ast.ClassDef) -> Iterator[str]:
    """Yield where a module makes an object of a class at its top level."""
    path = module.names.local_path(owner)
    for file in module.project.calling(owner.name):
        try:
            other = module.project.module(file)
        except UnreadableSource:
            continue
        for statement in other.tree.body:
            value = statement.value if isinstance(statement, ast.Assign | ast.AnnAssign) else None
            if isinstance(value, ast.Call) and other.resolve(value.func) == path:
                yield f"{other.path}:{statement.lineno}"
