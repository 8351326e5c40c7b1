"""A cache that never forgets is a memory leak with a good name.

Every new argument or key adds an entry that stays until the process is killed for its memory, mostly at the
busiest hour. Give the cache a size: the entries used least go first. `lru_cache` on a method also keeps every
instance alive that the method was ever called on. An entry that is written to Redis without a time to live
stays there too, until Redis has no room left for anything.

Dicts of modules, classes, applications and lasting objects are looked at where entries are looked up before
they are worked out, or where requests put them in under a path or header that anybody can make up. Left out:
functions without arguments, those whose arguments can take a few values only, tables that are filled once by
key from code, dicts that something empties, keys of Redis that the code spells out, locks (`nx=True`), and
Redis where it is the only database of the project.

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

Flagged:

    import json
    import os

    import redis
    from fastapi import FastAPI
    from sqlalchemy import create_engine, text

    app = FastAPI()
    engine = create_engine(os.environ["DATABASE_URL"], pool_pre_ping=True)
    store = redis.Redis.from_url(os.environ["REDIS_URL"])


    @app.get("/products/{product_id}")
    def product(product_id: int):
        if kept := store.get(f"product:{product_id}"):
            return json.loads(kept)
        with engine.connect() as connection:
            found = connection.execute(text("SELECT name FROM product WHERE id = :id"), {"id": product_id})
            data = {"name": found.scalar_one()}
        store.set(f"product:{product_id}", json.dumps(data))
        return data

Fixed:

    import json
    import os

    import redis
    from fastapi import FastAPI
    from sqlalchemy import create_engine, text

    app = FastAPI()
    engine = create_engine(os.environ["DATABASE_URL"], pool_pre_ping=True)
    store = redis.Redis.from_url(os.environ["REDIS_URL"])


    @app.get("/products/{product_id}")
    def product(product_id: int):
        if kept := store.get(f"product:{product_id}"):
            return json.loads(kept)
        with engine.connect() as connection:
            found = connection.execute(text("SELECT name FROM product WHERE id = :id"), {"id": product_id})
            data = {"name": found.scalar_one()}
        store.set(f"product:{product_id}", json.dumps(data), ex=3600)
        return data

Flagged (app/rates.py):

    from fastapi import FastAPI

    app = FastAPI()
    known = {}


    def convert(currency):
        if currency not in known:
            known[currency] = fetch_rate(currency)
        return known[currency]


    @app.get("/rates/{currency}")
    def rate(currency: str):
        return {"rate": convert(currency)}

Fixed (app/rates.py):

    from functools import lru_cache

    from fastapi import FastAPI

    app = FastAPI()


    @lru_cache(maxsize=1024)
    def convert(currency):
        return fetch_rate(currency)


    @app.get("/rates/{currency}")
    def rate(currency: str):
        return {"rate": convert(currency)}

Fine:

    import enum
    from functools import cache, lru_cache

    import redis
    from cachetools import TTLCache, cached
    from flask import Flask, request
    from sqlalchemy import create_engine

    app = Flask(__name__)
    store = redis.Redis(socket_timeout=5)
    recent_cache = {}
    settings_cache = {}
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


    @cached(TTLCache(maxsize=100, ttl=60))
    def weather(city: str) -> str:
        return fetch(city)


    @app.get("/products/<int:product_id>")
    def product(product_id):
        if product_id not in recent_cache:
            if len(recent_cache) > 1000:
                recent_cache.clear()
            recent_cache[product_id] = load(product_id)
        if "shop" not in settings_cache:
            settings_cache["shop"] = load("shop")
        store.set(f"product:{product_id}", recent_cache[product_id], ex=60)
        store.set(f"lock:{product_id}", "1", nx=True)
        store.set("latest", product_id)
        store.set(f"seen:{product_id}", "1")
        store.expire(f"seen:{product_id}", 60)
        return recent_cache[product_id]


    def register(name, label):
        LABELS[name] = label

Pattern (cachetools):

    from cachetools import TTLCache, cached


    @cached(TTLCache(maxsize=1024, ttl=600))
    def rate(currency: str) -> float:
        return fetch_rate(currency)

Pattern (django):

    from django.core.cache import cache


    def rate(currency: str) -> float:
        return cache.get_or_set(f"rate:{currency}", lambda: fetch_rate(currency), timeout=600)

Pattern:

    from functools import lru_cache


    @lru_cache(maxsize=1024)
    def rate(currency: str) -> float:
        return fetch_rate(currency)

When to ignore: the arguments take few values, such as the names of tenants that a person has to set up.

References:
    https://docs.python.org/3/library/functools.html#functools.lru_cache
    https://docs.python.org/3/faq/programming.html#how-do-i-cache-method-calls
    https://cachetools.readthedocs.io/en/stable/
    https://redis.io/docs/latest/commands/set/
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from harden.checklists.state.changes import Change, How
from harden.checklists.state.kept import Kept
from harden.checklists.state.kept_kinds import Kind, is_named_cache, judged, names
from harden.checklists.state.memos import is_emptied
from harden.checklists.state.redis_entries import SETS, stays_for_ever
from harden.checks import Check, Fix
from harden.findings import Finding, Risk, Severity
from harden.module import Module, is_literal, keyword
from harden.roles import FileKind
from harden.tree import FunctionNode

check = Check(
    id="unbounded-cache",
    title="Cache that grows without bound",
    severity=Severity.HIGH,
    fix=Fix("harden.codemods.bounded_cache:BoundCache", Risk.REVIEW),
    codes=frozenset({"B019"}),
    kinds=frozenset({FileKind.APP}),
)

_FEW_VALUES = frozenset({"builtins.bool", "builtins.type", "typing.Literal", "typing.Type", "enum.Enum"})
_ENUMS = ("enum.Enum", "enum.IntEnum", "enum.StrEnum", "enum.Flag", "django.db.models.TextChoices")
_SIZED = frozenset({"functools.lru_cache", "async_lru.alru_cache"})
_WITH_DICT = frozenset({"cachetools.cached", "cachetools.func.cached", "asyncache.cached"})
_MADE_UP = frozenset(
    {"url", "path", "headers", "query_params", "args", "full_path", "base_url", "META", "GET"}
)
"""Parts of a request that whoever sends it may fill with anything."""
_BY_SETTING = frozenset(
    {"client", "connection", "engine", "pool", "model", "tokenizer", "instance", "lock", "import", "agent"}
    | {"service", "class", "provider", "factory", "module", "handler", "metric", "driver", "template"}
)
"""Words for what is made once for each of a few settings."""
_IN_ITS_PLACE = "Use `lru_cache(maxsize=...)` on the function, or a `cachetools.TTLCache`, in its place."


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
        elif kind in ("unbounded", "dict") and any(_takes_many(module, arg) for arg in _arguments(node)):
            why_not = _IN_ITS_PLACE if kind == "dict" else ""
            message = f"{node.name}() remembers every argument it was ever called with"
            yield check.found(module, decorator, message, why_not=why_not)


@check.module
def cached_in_dict(module: Module) -> Iterator[Finding]:
    """Flag dicts that requests fill by keys of their own, and nothing ever empties."""
    told: set[tuple[ast.AST | None, str]] = set()
    for one in judged(module):
        kept = one.kept
        if is_emptied(kept) or kept.is_plain:
            continue
        message = f"{kept.name} gets an entry for every new key and never loses one"
        if one.shape is Kind.CACHE and any(map(_is_from_outside, kept.changes)):
            filled = {(module.function(c.use), ast.unparse(c.key)) for c in kept.changes if c.key is not None}
            is_reached = one.kind is Kind.CACHE
            if (
                (is_reached or is_named_cache(kept))
                and not names(kept, _BY_SETTING)
                and told.isdisjoint(filled)
            ):
                told |= filled  # what is kept beside it, such as its age, is one cache with it
                severity = Severity.HIGH if is_reached else Severity.MEDIUM
                yield check.found(module, kept.node, message, why_not=_IN_ITS_PLACE, severity=severity)
        elif one.shape is Kind.STATE:
            yield from _made_up(module, kept, message)


@check.call(*SETS)
def kept_in_redis(module: Module, call: ast.Call, path: str) -> Iterator[Finding]:
    """Flag entries of Redis that are written under ever new keys and never expire."""
    if stays_for_ever(module, call):
        message = "each new key stays in Redis for ever: the entry has no time to live"
        yield check.found(module, call, message, severity=Severity.MEDIUM)


def _made_up(module: Module, kept: Kept, message: str) -> Iterator[Finding]:
    """Flag figures that are kept under a part of the request that anybody can make up."""
    for change in kept.changes:
        if change.module is module and change.key is not None and _is_made_up(change):
            why_not = "Count under what the code knows, such as the name of the route."
            yield check.found(module, module.statement(change.use), message, why_not=why_not)
            return


def _is_made_up(change: Change) -> bool:
    nodes = list(ast.walk(change.key)) if change.key is not None else []
    of_request = any(isinstance(node, ast.Name) and node.id in ("request", "req") for node in nodes)
    return of_request and any(isinstance(node, ast.Attribute) and node.attr in _MADE_UP for node in nodes)


def _is_from_outside(change: Change) -> bool:
    """Tell whether a key is made of the function's arguments, other than of their types."""
    module, key = change.module, change.key
    function = module.function(change.use)
    if function is None or key is None or change.how not in (How.PUT, How.INSIDE):
        return False
    nodes = list(ast.walk(key))
    if any(
        isinstance(node, ast.Attribute) and node.attr in ("__name__", "__class__", "method") for node in nodes
    ):
        return False
    few = {arg.arg for arg in _arguments(function) if not _takes_many(module, arg)}
    names = {node.id for node in nodes if isinstance(node, ast.Name)}
    local = set(module.names.scopes[function].bindings) - few - {"self", "cls"}
    return bool(names & (local | {"request", "req"}))


def _cache_kind(module: Module, decorator: ast.expr) -> str:
    """Return `unbounded`, `bounded` or `dict` for what a cache keeps, or nothing."""
    if isinstance(decorator, ast.Call):
        path = module.resolve(decorator.func)
        if path in _WITH_DICT:
            store = decorator.args[0] if decorator.args else keyword(decorator, "cache")
            is_dict = (
                isinstance(store, ast.Dict) or (module.resolve(store) if store else "") == "builtins.dict"
            )
            return "dict" if is_dict else ""
        if path not in _SIZED:
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
