"""Where what a client is made from comes from, and whether it is kept once it is made."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from enum import IntEnum

from harden.calls import argument_for, callee_of, few_callers
from harden.checklists.concurrency.once import happens_once
from harden.checklists.untrusted import direct_source
from harden.environment import SETTINGS_BASES, env_read
from harden.flow import How
from harden.module import Module
from harden.roles import Role
from harden.tree import FunctionNode


class From(IntEnum):
    """What an argument depends on, from what is the same for all calls to what is not."""

    CODE = 0
    ENVIRONMENT = 1
    LOCAL = 2
    SETTINGS = 3
    INSTANCE = 4
    CALLER = 5
    OPTION = 6
    CALL = 7


_DEEP = 6
_FAR = 2
"""Names between a parameter and what is asked about, beyond which callers are not asked."""
_CALLERS = 6
_SETTINGS = ("flask.current_app", "quart.current_app", "flask.g")
_SETTING = re.compile(r"(?i)setting|config|secret|credential|api_?key|_key|token|url|dsn|env|\.get$")
_SECRET = re.compile(r"(?i)key|token|secret|passw|pwd|auth|credential|dsn|://[^/]*@")
_REQUESTS = ("flask.request", "flask.session", "quart.request", "bottle.request", "flask.g")
_PLAIN = ("httpx.", "aiohttp.", "botocore.", "boto3.", "urllib3.", "requests.", "ssl.", "datetime.", "redis.")
_PLAIN_CALLS = (
    *_PLAIN,
    "builtins.",
    "sqlalchemy.",
    "grpc.",
    "os.path.",
    "os.getcwd",
    "pathlib.",
    "google.",
    "azure.",
    "certifi.",
    "elastic_transport.",
)
_STORES = frozenset({"append", "add", "setdefault", "put", "register", "set", "insert", "extend"})
_ONCE = frozenset(
    {"create_app", "lifespan", "startup", "on_startup", "init_app", "make_app", "ready", "setup"}
)
_STARTS = (
    ".on_event",
    ".before_serving",
    ".before_first_request",
    ".listener",
    ".on_startup",
    ".cli.command",
)
_KEEPING = ("cache", "singleton", "memo", "once", "lazy", "resource", "fixture", "signals.")


def origin(module: Module, node: ast.AST, depth: int = 0) -> From:
    """Return the least lasting thing that an expression depends on."""
    if depth > _DEEP:
        return From.CALL
    if env_read(module, node) is not None:
        return From.ENVIRONMENT
    match node:
        case ast.Name():
            return _of_name(module, node, depth)
        case ast.Call() if direct_source(module, node):
            return From.CALL
        case ast.Call():
            return max(_of_call(module, node), _of_children(module, node, depth))
        case ast.Attribute() if direct_source(module, node):
            return From.CALL
        case ast.Await():
            return From.CALL
    return _of_children(module, node, depth)


def _of_call(module: Module, call: ast.Call) -> From:
    """Return what a call gives by itself: something plain, a setting by its name, else who knows what."""
    path = module.resolve(call.func) or ast.unparse(call.func)
    if path.startswith(_PLAIN_CALLS):
        return From.CODE
    found = callee_of(module, call)
    if found is not None and not call.args and not call.keywords and is_start(*found):
        return From.ENVIRONMENT  # `get_settings()` that remembers them
    is_class = path.rpartition(".")[2][:1].isupper()
    return From.SETTINGS if is_class or _SETTING.search(path) else From.CALL


def _of_children(module: Module, node: ast.AST, depth: int) -> From:
    found = (origin(module, child, depth) for child in ast.iter_child_nodes(node))
    return max(found, default=From.CODE)


def _of_name(module: Module, name: ast.Name, depth: int) -> From:
    bound = module.names.lookup(name)
    if bound is None:
        return From.CODE
    path = module.resolve(name) or ""
    if path.startswith(_REQUESTS):
        return From.CALL
    if path.startswith(_SETTINGS):
        return From.SETTINGS
    if path == "django.conf.settings":
        return From.ENVIRONMENT
    if isinstance(bound, ast.arg):
        return _of_parameter(module, bound, depth)
    if bound in module.names.scopes[module.tree].bindings.get(name.id, ()):
        return From.CODE
    if isinstance(bound, ast.alias | FunctionNode | ast.ClassDef):
        return From.LOCAL
    values = module.flow.values(name)
    if not values or any(value.how is not How.GIVEN or value.expr is None for value in values):
        return From.CALL
    inner = (origin(value.module, value.expr, depth + 1) for value in values if value.expr is not None)
    return max(From.LOCAL, *inner)


def _of_parameter(module: Module, arg: ast.arg, depth: int) -> From:
    if arg.arg in ("self", "cls"):
        return From.INSTANCE
    kind = module.names.annotation(arg.annotation) if arg.annotation is not None else None
    if kind is not None and module.is_a(kind, *SETTINGS_BASES):
        return From.SETTINGS
    function = next((o for o in module.ancestors(arg) if isinstance(o, FunctionNode)), None)
    if function is None or depth > _FAR or module.role(function) is not Role.NONE:
        return From.CALL
    given = [
        origin(other, value, depth + 1) if (value := argument_for(call, function, arg.arg)) else From.CALL
        for other, call in few_callers(module, function)[:_CALLERS]
    ]
    return From.CALLER if given and max(given) < From.CALLER else From.CALL


def is_kept(module: Module, node: ast.AST) -> bool:
    """Tell whether what a call gives is kept for the next time, or made while the service starts."""
    if isinstance(node, ast.Call) and happens_once(module, node):
        return True
    function = module.function(node)
    if function is None:
        return False
    if is_start(module, function):
        return True
    places = tuple(_places(module, function, node))
    return any(_stores(module, function, place) for place in places) or _is_global(function, places)


def _is_global(function: FunctionNode, places: tuple[ast.AST, ...]) -> bool:
    """Tell whether a value goes into a global variable, or is made depending on one."""
    names = {name for inner in ast.walk(function) if isinstance(inner, ast.Global) for name in inner.names}
    for inner in ast.walk(function) if names else ():
        match inner:
            case ast.If(test=test) | ast.IfExp(test=test):
                if any(isinstance(part, ast.Name) and part.id in names for part in ast.walk(test)):
                    return True
            case ast.Assign(value=value) | ast.AnnAssign(value=value) | ast.NamedExpr(value=value):
                targets = inner.targets if isinstance(inner, ast.Assign) else [inner.target]
                stored = {
                    part.id for target in targets for part in ast.walk(target) if isinstance(part, ast.Name)
                }
                parts = set(ast.walk(value)) if value is not None and not names.isdisjoint(stored) else set()
                if any(place in parts for place in places):
                    return True
    return False


def is_start(module: Module, function: FunctionNode) -> bool:
    """Tell whether a function runs once: when the service starts, or because its result is remembered."""
    decorators = [module.resolve(item) or ast.unparse(item) for item in function.decorator_list]
    if function.name in _ONCE or any(path.endswith(_STARTS) for path in decorators):
        return True
    if any(word in path.lower() for path in decorators for word in _KEEPING):
        return True
    owner = module.parents.get(function)
    is_single = isinstance(owner, ast.ClassDef) and "_instance" in module.segment(owner)
    return is_single and function.name in ("__init__", "__new__")


def _places(module: Module, function: FunctionNode, node: ast.AST) -> Iterator[ast.AST]:
    """Yield the nodes in whose place the result of a call stands: itself, and uses of its name."""
    yield node
    statement = module.statement(node)
    value = getattr(statement, "value", None)
    targets = statement.targets if isinstance(statement, ast.Assign) else []
    names = {target.id for target in targets if isinstance(target, ast.Name)}
    if value is not node or not names:
        return
    for use in ast.walk(function):
        if isinstance(use, ast.Name) and use.id in names and isinstance(use.ctx, ast.Load):
            yield use


def _stores(module: Module, function: FunctionNode, node: ast.AST) -> bool:
    """Tell whether a value is put where it outlives the function."""
    parent = module.parents.get(node)
    match parent:
        case ast.Await() | ast.IfExp() | ast.BoolOp() | ast.Dict() | ast.keyword():
            return _stores(module, function, parent)
        case ast.Assign(targets=targets):
            return any(_lasts(module, function, target) for target in targets)
        case ast.AnnAssign(target=target) | ast.NamedExpr(target=target):
            return _lasts(module, function, target)
        case ast.Call(func=ast.Attribute(attr=method)):
            return node in parent.args and method in _STORES
    return False


def _lasts(module: Module, function: FunctionNode, target: ast.expr) -> bool:
    match target:
        case ast.Attribute(value=ast.Name(id="self")):
            return function.name != "__init__"
        case ast.Attribute(value=base) | ast.Subscript(value=base):
            return not (module.resolve(base) or "").startswith("flask.g")
        case ast.Name():
            scope = module.names.scope(target)
            return target.id in scope.shared or target.id in scope.outer
    return False


def locals_in(module: Module, call: ast.Call) -> dict[str, ast.expr] | None:
    """Return what the local names in a call are given, where each says the same wherever it is written.

    None where one is given several values, or something that is worked out.
    """
    found: dict[str, ast.expr] = {}
    for name in ast.walk(call):
        if isinstance(name, ast.Name) and _of_name(module, name, 0) is From.LOCAL:
            values = module.flow.values(name)
            given = values[0].expr if len(values) == 1 else None
            if given is None or values[0].module is not module or origin(module, given) > From.ENVIRONMENT:
                return None
            if _may_hold_secret(module, name.id, given):
                return None  # facts hold none
            found[name.id] = given
    return found


def _may_hold_secret(module: Module, name: str, given: ast.expr) -> bool:
    """Tell whether what a name is given has a text in it that may be secret: not the name of a variable."""
    read = env_read(module, given)
    texts = [part.value for part in ast.walk(given) if isinstance(part, ast.Constant)]
    return any(
        isinstance(text, str) and _SECRET.search(f"{name} {text}") is not None
        for text in texts
        if read is None or text != read.name
    )
