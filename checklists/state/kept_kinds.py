"""What kind of state a process keeps in memory: records of users, connections, a cache, or anything else."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from harden.checklists.state.changes import Change, How
from harden.checklists.state.kept import Kept
from harden.checklists.state.kept_in_memory import kept_in
from harden.checklists.state.lasting import is_stand_in
from harden.checklists.state.memos import is_invalidated, is_lru, is_memo
from harden.checklists.state.served import is_served
from harden.module import Module
from harden.tree import FunctionNode, own_nodes
from harden.words import words_of

_RECORDS = frozenset(
    {"session", "user", "account", "profile", "customer", "member", "player", "cart", "basket", "token"}
    | {"otp", "conversation", "chat", "history", "message", "thread", "job", "task", "order", "booking"}
    | {"reservation", "ticket", "todo", "item", "note", "post", "comment", "product", "record", "document"}
    | {"upload", "file", "game", "room", "poll", "vote", "invoice", "payment", "transaction", "store", "book"}
    | {"storage", "db", "database", "result", "progress", "status", "pending", "draft", "wizard", "login"}
    | {"subscription", "appointment", "article", "employee", "student", "recipe", "url", "link", "queue"}
)
"""Singular words for what users come back for: an entry that is gone is noticed by somebody."""
_FIGURES = frozenset(
    {
        "stats",
        "stat",
        "statistics",
        "count",
        "counter",
        "metric",
        "hit",
        "limit",
        "attempt",
        "rate",
        "failure",
    }
    | {"error", "flag", "log", "latency", "bucket", "window", "total", "seen", "processed", "throttle"}
    | {"quota", "usage", "request", "timing", "visit", "view"}
)
_MACHINERY = frozenset(
    {"handler", "callback", "plugin", "middleware", "registry", "hook", "factory", "strategy", "breaker"}
    | {"bulkhead", "pool", "lock", "semaphore", "listener", "instance", "singleton", "import", "loader"}
    | {"adapter", "observer", "processor", "validator", "limiter"}
)
"""Singular words for the parts that a process is put together from."""
_STAND_INS = frozenset({"local", "fallback", "memory"})
_CACHES = frozenset({"cache", "cached", "caches", "memo", "memoized"})
_CONNECTIONS = frozenset({"connection", "websocket", "socket", "subscriber", "listener", "client", "peer"})
_SOCKETS = ("WebSocket", "WebSocketServerProtocol", "WebSocketHandler", "WebSocketResponse", "StreamWriter")
_TOLD_LATER = frozenset({"history", "message", "game", "score", "order", "cart", "job", "result"})
"""Words for what somebody asks for after the connection is closed."""
_CONSUMERS = ("channels.", "tornado.websocket.")
_MAILBOXES = frozenset({"asyncio.Queue", "queue.Queue", "asyncio.queues.Queue"})
_FUNCTIONS = frozenset({"handler", "callback", "func", "fn", "function", "listener", "hook"})
"""Parameters without a type that are functions by their name."""
_RUNNING = ("asyncio.create_task", "asyncio.ensure_future", "asyncio.Task", "asyncio.Future", "concurrent.")
_OF_PROCESS = (
    *("threading.", "asyncio.locks.", "multiprocessing.", "weakref.", "contextvars.", "sqlalchemy.orm."),
    *("asyncio.Lock", "asyncio.Event", "asyncio.Semaphore", "asyncio.Condition"),
)
"""Things that belong to the process: another one can do nothing with them."""


class Kind(Enum):
    """What is kept."""

    RECORDS = "records"
    CONNECTIONS = "connections"
    CACHE = "cache"
    STATE = "state"


@dataclass(frozen=True, slots=True)
class Judged:
    """What is kept; `shape` says of which kind it is, whoever changes it, `kind` only where requests do."""

    kept: Kept
    shape: Kind
    kind: Kind | None


def judged(module: Module) -> tuple[Judged, ...]:
    """Return what a file keeps in memory that may do harm, in source order; several checks ask for it."""
    return module.once(judged, lambda: tuple(_judged(module)))


def _judged(module: Module) -> Iterator[Judged]:
    for kept in kept_in(module):
        shape = _shape_of(module, kept)
        if shape is not None:
            yield Judged(kept, shape, _kind(module, kept, shape))


def kept_as(module: Module, kind: Kind) -> Iterator[Kept]:
    """Yield what requests keep in memory that is of one kind."""
    return (one.kept for one in judged(module) if one.kind is kind)


def _kind(module: Module, kept: Kept, shape: Kind) -> Kind | None:
    if shape in (Kind.RECORDS, Kind.STATE) and _is_beside_connections(module, kept):
        return None
    changes = (change for change in kept.changes if _tells(change))
    return shape if any(is_served(one.module, one.module.function(one.use)) for one in changes) else None


def _is_beside_connections(module: Module, kept: Kept) -> bool:
    """Tell whether an object keeps this to find its way about its connections: that is told of these."""
    owner = module.parents.get(kept.node)
    while owner is not None and not isinstance(owner, ast.ClassDef):
        owner = module.parents.get(owner)
    if owner is None or kept.is_plain or names(kept, _TOLD_LATER):
        return False
    return any(name in module.segment(owner) for name in _SOCKETS)


def _shape_of(module: Module, kept: Kept) -> Kind | None:
    """Return the kind of state by what is put in, whoever does it."""
    telling = [change for change in kept.changes if _tells(change)]
    return None if not telling or is_stand_in(module, kept.node) else _shape(kept, telling)


def is_named_cache(kept: Kept) -> bool:
    """Tell whether a container is called a cache."""
    return names(kept, _CACHES)


def names(kept: Kept, words: frozenset[str]) -> bool:
    """Tell whether what is kept is called by one of some words, in the singular."""
    return not _singular(kept.name).isdisjoint(words)


def _tells(change: Change) -> bool:
    """Tell whether a change is more than a loss, or the making of what is missing or too old."""
    if change.how is How.TAKEN:
        return False
    if change.how is How.SET or (change.how is How.PUT and _is_fixed(change)):
        return not _is_refresh(change)
    return True


def names_records(name: str) -> bool:
    """Tell whether a name speaks of what users come back for."""
    words = _singular(name)
    return not words.isdisjoint(_RECORDS) and words.isdisjoint(_FIGURES | _CACHES)


def _singular(name: str) -> set[str]:
    words = words_of(name.rpartition(".")[2].strip("'\"]"))
    return {word.removesuffix("s") if word != "status" else word for word in words} | set(words)


def _shape(kept: Kept, telling: list[Change]) -> Kind | None:
    """Return the kind of state by the changes that tell of it."""
    grown = [change for change in telling if change.how is not How.SET]
    if not grown or all(change.how is How.COUNTED and change.key is None for change in grown):
        return Kind.STATE if grown or not _is_emptied_only(telling) else None
    if any(_is_of_process(change) for change in grown):
        return None
    if any(_is_connection(kept, change) for change in grown):
        return Kind.CONNECTIONS
    is_cache = is_named_cache(kept)
    if is_memo(kept, is_named=is_cache) and not names_records(kept.name):
        return Kind.STATE if is_invalidated(kept) else Kind.CACHE
    if is_cache and all(map(_is_fixed, grown)):
        return None
    return _records_or_state(kept, grown)


def _is_emptied_only(telling: list[Change]) -> bool:
    """Tell whether a value is only ever put back to how it began."""
    return all(isinstance(change.value, ast.Constant) and change.value.value is None for change in telling)


def _records_or_state(kept: Kept, grown: list[Change]) -> Kind | None:
    if names(kept, _MACHINERY) or (names(kept, _STAND_INS) and _knows_redis(grown[0].module)):
        return None
    if is_lru(kept) and not names_records(kept.name.partition(".")[0]):
        return Kind.CACHE
    if names_records(kept.name):
        return Kind.RECORDS
    if _is_bounded(kept):
        return None
    is_keyed = any(c.how in (How.PUT, How.INSIDE) and not _is_fixed(c) and c.key is not None for c in grown)
    return Kind.RECORDS if is_keyed and _singular(kept.name).isdisjoint(_FIGURES) else Kind.STATE


def _knows_redis(module: Module) -> bool:
    """Tell whether a file that keeps something locally has Redis for the same."""
    return "redis" in module.text.lower()


def _is_fixed(change: Change) -> bool:
    """Tell whether a change is made under a key that the code spells out."""
    return change.key is not None and change.module.string(change.key) is not None


def _is_refresh(change: Change) -> bool:
    """Tell whether a value is made when it is missing or too old: the function tests what it gives anew."""
    function = change.module.function(change.use)
    if function is None:
        return True
    told = {ast.unparse(change.use)} | change.module.names.scopes[function].shared
    return any(
        isinstance(part, ast.Name | ast.Attribute) and ast.unparse(part) in told
        for node in ast.walk(function)
        if isinstance(node, ast.If | ast.IfExp | ast.While | ast.BoolOp)
        for part in ast.walk(node if isinstance(node, ast.BoolOp) else node.test)
    )


def _is_bounded(kept: Kept) -> bool:
    """Tell whether a list is kept short, or handed on and emptied."""
    losses = [change for change in kept.changes if change.how in (How.TAKEN, How.SET)]
    if any(change.how is not How.ADDED for change in kept.changes if change not in losses):
        return False
    return any(_empties(change) or _measures(change) for change in losses)


def _empties(change: Change) -> bool:
    parent = change.module.parents.get(change.use)
    if isinstance(parent, ast.Attribute):
        return parent.attr == "clear"
    return change.how is How.SET and (change.value is None or not getattr(change.value, "elts", (1,)))


def _measures(change: Change) -> bool:
    function = change.module.function(change.use)
    name = ast.unparse(change.use)
    return function is not None and any(
        isinstance(node, ast.Call) and ast.unparse(node.func) == "len" and ast.unparse(node.args[0]) == name
        for node in own_nodes(function)
        if isinstance(node, ast.Call) and node.args
    )


def _is_of_process(change: Change) -> bool:
    """Tell whether locks or functions are kept, or tasks so that they are not collected while they run."""
    if change.value is not None and _is_function(change.module, change.value):
        return True
    given = [change.value, *getattr(change.value, "values", ())]
    paths = [change.module.resolve(item) or "" for item in given if item is not None]
    if any(path.startswith(_OF_PROCESS) for path in paths):
        return True
    return change.how is How.ADDED and paths[:1] != [] and paths[0].startswith(_RUNNING)


def _is_function(module: Module, value: ast.expr) -> bool:
    """Tell whether what is put in is a function that somebody registers."""
    bound = module.names.lookup(value) if isinstance(value, ast.Name) else None
    if isinstance(bound, FunctionNode) or isinstance(value, ast.Lambda):
        return True
    if not isinstance(bound, ast.arg):
        return False
    kind = module.names.annotation(bound.annotation) if bound.annotation is not None else None
    return (kind or "").partition("[")[0].endswith(".Callable") or bound.arg in _FUNCTIONS


def _is_connection(kept: Kept, change: Change) -> bool:
    """Tell whether what is put in is one end of an open connection."""
    for given in (change.value, change.key):
        path = (change.module.resolve(given) or "") if given is not None else ""
        if path.endswith(_SOCKETS):
            return True
        if path in _MAILBOXES and not _singular(kept.name).isdisjoint(_CONNECTIONS):
            return True
        if path == "flask.request.sid" or path.endswith(".channel_name"):
            return True
        if isinstance(given, ast.Name) and given.id in ("self", "ws") and _is_socket(change, given):
            return True
    return any(name in ast.unparse(kept.node) for name in _SOCKETS)


def _is_socket(change: Change, given: ast.Name) -> bool:
    owner = change.module.owner(change.use)
    bases = change.module.bases(owner) if owner is not None else ()
    return given.id == "ws" or any(base.startswith(_CONSUMERS) for base in bases)
