"""A cache that never forgets is a memory leak with a good name.

Every new argument or key adds an entry that stays until the process is killed for its memory, mostly at the
busiest hour. Give the cache a size: the entries used least go first. `lru_cache` on a method also keeps every
instance alive that the method was ever called on. Left out: functions without arguments, those whose
arguments can take a few values only, and tables that are filled once by key from code.

Flagged:

    from functools import cache, lru_cache


    @cache
    def price(product_id: int, currency: str) -> float:
        return load_price(product_id, currency)


    @lru_cache(maxsize=None)  # slow
    def render(template):
        return compile_template(template)

Fixed:

    from functools import lru_cache


    @lru_cache(maxsize=1024)
    def price(product_id: int, currency: str) -> float:
        return load_price(product_id, currency)


    @lru_cache(maxsize=1024)  # slow
    def render(template):
        return compile_template(template)

Fine:

    import enum
    from functools import cache, lru_cache

    from flask import Flask, request

    app = Flask(__name__)
    recent_cache = {}
    LABELS = {}


    class Colour(enum.Enum):
        RED = 1


    @cache
    def settings():
        return load_settings()


    @cache
    def label(colour: Colour, short: bool = False) -> str:
        return translate(colour, short)


    @cache
    def fields_of(model: type) -> list[str]:
        return list(model.__annotations__)


    @lru_cache
    def slug(title: str) -> str:
        return title.lower()


    @app.get("/products/<int:product_id>")
    def product(product_id):
        if product_id not in recent_cache:
            if len(recent_cache) > 1000:
                recent_cache.clear()
            recent_cache[product_id] = load(product_id)
        return recent_cache[product_id]


    def register(name, label):
        LABELS[name] = label

When to ignore: the arguments take few values, such as the names of tenants that a person has to set up.

References:
    https://docs.python.org/3/library/functools.html#functools.lru_cache
    https://docs.python.org/3/faq/programming.html#how-do-i-cache-method-calls
    https://cachetools.readthedocs.io/en/stable/
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from harden.checks import Check, Fix
from harden.findings import Finding, Risk, Severity
from harden.module import Module, is_literal, keyword
from harden.roles import FileKind, Role
from harden.tree import FunctionNode

check = Check(
    id="unbounded-cache",
    title="Cache that grows without bound",
    severity=Severity.HIGH,
    fix=Fix("harden.codemods.bounded_cache:BoundCache", Risk.AUTO),
    codes=frozenset({"B019"}),
    kinds=frozenset({FileKind.APP}),
)

_FEW_VALUES = frozenset({"builtins.bool", "builtins.type", "typing.Literal", "typing.Type", "enum.Enum"})
_ENUMS = ("enum.Enum", "enum.IntEnum", "enum.StrEnum", "enum.Flag", "django.db.models.TextChoices")
_DICTS = frozenset({"builtins.dict", "collections.defaultdict", "collections.OrderedDict"})
_EVICTS = frozenset({"pop", "popitem", "clear", "move_to_end"})
_CACHE_WORDS = ("cache", "memo", "stats", "seen")
_OTHER_WORDS = ("session", "cart", "token", "job", "conversation", "connection", "client", "socket", "lock")


@check.node(ast.FunctionDef, ast.AsyncFunctionDef)
def cached_function(module: Module, node: ast.AST) -> Iterator[Finding]:
    """Flag unbounded caches of functions, and any `lru_cache` of a method."""
    if not isinstance(node, FunctionNode):
        return
    for decorator in node.decorator_list:
        kind = _cache_kind(module, decorator)
        if kind and _is_method(module, node):
            yield check.found(
                module,
                decorator,
                f"the cache of {node.name}() keeps every instance alive that it was called on",
                why_not="Cache on the instance: use `cached_property`, or a dict made in __init__.",
                severity=Severity.MEDIUM,
            )
        elif kind == "unbounded" and any(_takes_many(module, arg) for arg in _arguments(node)):
            message = f"{node.name}() remembers every argument it was ever called with"
            yield check.found(module, decorator, message)


@check.module
def cached_in_dict(module: Module) -> Iterator[Finding]:
    """Flag module-level dicts that requests fill by their own keys, and nothing ever empties."""
    for name in _module_dicts(module):
        uses = [use for use in module.nodes(ast.Name) if use.id == name and _is_global(module, use)]
        if any(_empties(module, use) for use in uses):
            continue
        for use in uses:
            write, key = _write(module, use)
            if write is not None and key is not None and _grows(module, write, key, name, uses):
                message = f"{name} gets an entry for every new key and never loses one"
                why_not = (
                    "Use `lru_cache(maxsize=...)` on the function, or a `cachetools.TTLCache`, in its place."
                )
                served = _is_served(module, write, key)
                severity = Severity.HIGH if served else Severity.MEDIUM
                yield check.found(module, write, message, why_not=why_not, severity=severity)
                break


def _cache_kind(module: Module, decorator: ast.expr) -> str:
    """Return `unbounded` or `bounded` for a cache of functools, or nothing."""
    if isinstance(decorator, ast.Call):
        if module.resolve(decorator.func) != "functools.lru_cache":
            return ""
        size = decorator.args[0] if decorator.args else keyword(decorator, "maxsize")
        return "unbounded" if is_literal(size, None) else "bounded"
    return {"functools.cache": "unbounded", "functools.lru_cache": "bounded"}.get(
        module.resolve(decorator) or "", ""
    )


def _is_method(module: Module, node: FunctionNode) -> bool:
    owner = module.parents.get(node)
    if not isinstance(owner, ast.ClassDef) or any(base in _ENUMS for base in module.bases(owner)):
        return False
    if any("Singleton" in (module.resolve(item.value) or "") for item in owner.keywords):
        return False
    names = {module.resolve(decorator) for decorator in node.decorator_list}
    first = [arg.arg for arg in [*node.args.posonlyargs, *node.args.args]][:1]
    return first == ["self"] and names.isdisjoint(
        {"builtins.staticmethod", "builtins.classmethod", "builtins.property"}
    )


def _arguments(node: FunctionNode) -> list[ast.arg]:
    every = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
    every += [arg for arg in (node.args.vararg, node.args.kwarg) if arg is not None]
    return [arg for arg in every if arg.arg not in ("cls", "self")]


def _takes_many(module: Module, arg: ast.arg) -> bool:
    """Tell whether a parameter can take values without end."""
    if arg.annotation is None:
        return arg.arg not in ("model", "klass", "type_", "kind", "func", "fn", "function", "module")
    path = (module.names.annotation(arg.annotation) or "").partition("[")[0]
    if path in _FEW_VALUES or path.endswith((".Callable", ".ModuleType")) or module.is_a(path, *_ENUMS):
        return False
    return not path or path.startswith(("builtins.", "datetime.", "uuid.", "decimal.", "pathlib.", "typing."))


def _module_dicts(module: Module) -> list[str]:
    """Return the names of dicts that start empty at module level."""
    names = []
    for statement in module.tree.body:
        match statement:
            case (
                ast.Assign(targets=[ast.Name(id=name)], value=value)
                | ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value)
            ):
                empty = isinstance(value, ast.Dict) and not value.keys
                made = isinstance(value, ast.Call) and module.resolve(value.func) in _DICTS
                if empty or made:
                    names.append(name)
    return names


def _is_global(module: Module, use: ast.Name) -> bool:
    bound = module.names.lookup(use)
    return bound is not None and bound in module.names.scopes[module.tree].bindings.get(use.id, ())


def _empties(module: Module, use: ast.Name) -> bool:
    """Tell whether a use takes entries out, looks at the size, or gives the dict away."""
    if isinstance(use.ctx, ast.Store):
        return module.function(use) is not None
    parent = module.parents.get(use)
    match parent:
        case ast.Attribute(attr=method):
            return method in _EVICTS
        case ast.Subscript(ctx=ast.Del()):
            return True
        case ast.Call() as call:
            return use in call.args and module.resolve(call.func) != "builtins.dict"
        case ast.keyword() | ast.Return() | ast.Assign():
            return not isinstance(parent, ast.Return)
    return False


def _write(module: Module, use: ast.Name) -> tuple[ast.stmt | None, ast.expr | None]:
    """Return the statement by which a use adds an entry inside a function, and its key."""
    parent = module.parents.get(use)
    if module.function(use) is None:
        return None, None
    match parent:
        case ast.Subscript(slice=key, ctx=ast.Store()):
            return module.statement(use), key
        case ast.Attribute(attr="setdefault") as attribute:
            call = module.parents.get(attribute)
            if isinstance(call, ast.Call) and call.args:
                return module.statement(use), call.args[0]
    return None, None


def _grows(module: Module, write: ast.stmt, key: ast.expr, name: str, uses: list[ast.Name]) -> bool:
    """Tell whether a write looks up first and fills by a key that comes from outside."""
    function = module.function(write)
    if function is None or any(word in name.lower() for word in _OTHER_WORDS if "cache" not in name.lower()):
        return False
    named = any(word in name.lower() for word in _CACHE_WORDS)
    if not (named or _is_served(module, write, key)) or not _is_from_outside(module, function, key):
        return False
    reads = [use for use in uses if module.function(use) is function and _looks_up(module, use)]
    return bool(reads)


def _is_served(module: Module, write: ast.stmt, key: ast.expr) -> bool:
    return module.role(write) in (Role.HANDLER, Role.TASK) or _mentions_request(key)


def _mentions_request(key: ast.expr) -> bool:
    return any(isinstance(node, ast.Name) and node.id in ("request", "req") for node in ast.walk(key))


def _is_from_outside(module: Module, function: FunctionNode, key: ast.expr) -> bool:
    """Tell whether a key is made of the function's arguments, other than of their types."""
    if any(
        isinstance(node, ast.Attribute) and node.attr in ("__name__", "__class__", "method")
        for node in ast.walk(key)
    ):
        return False
    few = {arg.arg for arg in _arguments(function) if not _takes_many(module, arg)}
    names = {node.id for node in ast.walk(key) if isinstance(node, ast.Name)}
    local = set(module.names.scopes[function].bindings) - few - {"self", "cls"}
    return bool(names & local) or _mentions_request(key)


def _looks_up(module: Module, use: ast.Name) -> bool:
    match module.parents.get(use):
        case ast.Compare():
            return True
        case ast.Attribute(attr="get" | "setdefault"):
            return True
        case ast.Subscript(ctx=ast.Load()):
            return True
    return False
