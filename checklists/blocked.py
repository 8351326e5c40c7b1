"""What the project's own functions wait for when they are called: themselves, or functions further down."""

from __future__ import annotations

import ast
from dataclasses import dataclass, replace
from weakref import WeakKeyDictionary

from harden.called import Called
from harden.calls import callee_of, is_generator
from harden.checklists.blocking_calls import DRIVERS, SESSIONS, called_kind
from harden.checklists.concurrency.once import happens_once
from harden.module import Module
from harden.project import Project
from harden.roles import FileKind
from harden.tree import FunctionNode, own_nodes

_DEEPEST = 6
"""Functions between a coroutine and the call that blocks it; nobody follows more in a report."""
_SHALLOW = frozenset({"file"})
"""What is told only of the function that is called itself: every second function reads a file somewhere."""
_HELD = (*(f"{session}." for session in SESSIONS), *(f"{driver}." for driver in DRIVERS))
_CACHES = ("functools.lru_cache", "functools.cache")
_CONSUMERS = frozenset(
    f"builtins.{name}"
    for name in (
        *("list", "tuple", "set", "dict", "frozenset", "sorted"),
        *("sum", "any", "all", "next", "max"),
    )
)


@dataclass(frozen=True, slots=True)
class Block:
    """A call that blocks, and the way to it from the function that was asked about.

    `steps`: the calls on the way as `path:line name()`, the one that blocks last. `ties`: why the functions
    on the way cannot run in another thread, or nothing.
    """

    kind: str
    path: str
    steps: tuple[str, ...]
    ties: str = ""

    @property
    def where(self) -> str:
        """Return the call that blocks and its place, as a message says it."""
        place, _, name = self.steps[-1].partition(" ")
        return f"{name} at {place}"


@dataclass(frozen=True, slots=True, order=True)
class _Place:
    """A function, known without its nodes: a file may be let go of and parsed anew."""

    path: str
    line: int
    column: int


@dataclass(frozen=True, slots=True)
class _Body:
    """What a function's own body calls: what blocks, and functions of the project."""

    waits: Block | None = None
    reads: Block | None = None
    calls: tuple[tuple[str, _Place], ...] = ()


# What a module's own names lead to is noted for that module, what is asked of others for the one that asks.
_asked: WeakKeyDictionary[Project, dict[_Place, _Body]] = WeakKeyDictionary()
_blocks: WeakKeyDictionary[Project, dict[_Place, Block | None]] = WeakKeyDictionary()


def block_of(module: Module, call: ast.Call) -> Block | None:
    """Return what a call of one of the project's own functions waits for; None where it does not block."""
    found = callee_of(module, call)
    if found is None or not _runs(module, call, *found):
        return None
    known, place = _blocks.setdefault(module.project, {}), _place(*found)
    if place not in known:
        known[place] = _nearest(module.project, place)
    return known[place]


def _place(module: Module, function: FunctionNode) -> _Place:
    return _Place(module.path, function.lineno, function.col_offset)


def _nearest(project: Project, start: _Place) -> Block | None:
    """Return what blocks the fewest calls away; a file only where the function itself reads it."""
    ways: dict[_Place, tuple[tuple[str, _Place], ...]] = {start: ()}
    level = [start]
    for _ in range(_DEEPEST):
        for place in level:
            if (block := _body(project, place).waits) is not None:
                return _by(project, start, ways[place], block)
        following = []
        for place in level:
            for said_so, called in _body(project, place).calls:
                if called not in ways:
                    ways[called] = (*ways[place], (said_so, called))
                    following.append(called)
        level = following
    reads = _body(project, start).reads
    return _by(project, start, (), reads) if reads is not None else None


def _by(project: Project, start: _Place, way: tuple[tuple[str, _Place], ...], block: Block) -> Block:
    functions = [start, *(place for _, place in way)]
    on_the_way = [_found(project, place) for place in functions]
    ties = next(filter(None, (_ties(module, function, block) for module, function in on_the_way)), "")
    if not ties and block.path.startswith(_HELD) and not any(_opens(*found) for found in on_the_way):
        ties = (
            "The session or connection that it works with stays in its thread: use an async one or a `def`."
        )
    return replace(block, steps=(*(said_so for said_so, _ in way), *block.steps), ties=ties)


def _found(project: Project, place: _Place) -> Called:
    module = project.module(place.path)
    functions: list[FunctionNode] = [*module.nodes(ast.FunctionDef), *module.nodes(ast.AsyncFunctionDef)]
    return module, next(node for node in functions if _place(module, node) == place)


def _body(project: Project, place: _Place) -> _Body:
    """Return what a function calls; each body is read once, whoever asks."""
    asked = _asked.setdefault(project, {})
    if place not in asked:
        module = project.module(place.path)
        asked[place] = module.once((_body, place), lambda: _read(*_found(project, place)))
    return asked[place]


def _read(module: Module, function: FunctionNode) -> _Body:
    is_left_out = isinstance(function, ast.AsyncFunctionDef) or module.kind is FileKind.TEST
    if is_left_out or _is_cached(module, function):
        return _Body()
    reads: Block | None = None
    calls = [node for node in own_nodes(function) if isinstance(node, ast.Call)]
    for call in calls:
        path, kind = called_kind(module, call)
        if kind and not happens_once(module, call):
            block = Block(kind, path, (step(module, call),))
            if kind not in _SHALLOW:
                return _Body(block)
            reads = reads or block
    known: dict[_Place, str] = {}
    for call in calls:
        found = callee_of(module, call)
        if found is not None and _runs(module, call, *found) and not happens_once(module, call):
            known.setdefault(_place(*found), step(module, call))
    return _Body(None, reads, tuple((said_so, called) for called, said_so in known.items()))


def step(module: Module, call: ast.Call) -> str:
    """Return a call as one step of a way."""
    return f"{module.path}:{call.lineno} {said(call)}()"


def said(call: ast.Call) -> str:
    """Return the name of what is called, short enough for a message."""
    parts: list[str] = []
    node: ast.expr = call.func
    while isinstance(node, ast.Attribute | ast.Call):
        if isinstance(node, ast.Attribute):
            parts.insert(0, node.attr)
            node = node.value
        else:
            node = node.func
    head = [node.id] if isinstance(node, ast.Name) else []
    return ".".join([*head, *parts]) or "the call"


def _runs(module: Module, call: ast.Call, source: Module, function: FunctionNode) -> bool:
    """Tell whether a call runs the body, and does not only make a generator that nobody consumes here."""
    if not is_generator(source, function):
        return True
    parent = module.parents.get(call)
    match parent:
        case ast.withitem():
            return any(
                source.resolve(decorator) == "contextlib.contextmanager"
                for decorator in function.decorator_list
            )
        case ast.For(iter=iterated) | ast.comprehension(iter=iterated):
            return iterated is call
        case ast.Call(func=func):
            return func is not call and module.resolve(func) in _CONSUMERS
    return False


def _is_cached(module: Module, function: FunctionNode) -> bool:
    """Tell whether a function runs but once, as it takes nothing and its result is kept."""
    arguments = function.args
    if arguments.args or arguments.posonlyargs or arguments.kwonlyargs:
        return False
    return any(module.resolve(decorator) in _CACHES for decorator in function.decorator_list)


def _ties(module: Module, function: FunctionNode, block: Block) -> str:
    """Return why a function on the way cannot run in another thread, or nothing."""
    if block.path.startswith("sqlite3.") and not _closes(module, function, block):
        return "A sqlite3 connection must stay in its thread: use aiosqlite, or open it where it is used."
    for node in own_nodes(function):
        if not isinstance(node, ast.Name | ast.Attribute) or not isinstance(node.ctx, ast.Load):
            continue
        path = module.resolve(node) or ""
        if path.startswith(("asyncio.", "anyio.")):
            return f"{function.name}() uses the event loop: a thread has none."
        if path.startswith(("threading.local", "sqlalchemy.orm.scoped_session")):
            return f"{function.name}() keeps its state by thread: another thread would have none of it."
        if path.startswith("contextvars.ContextVar.set"):
            return f"{function.name}() sets a context variable, which a thread does to a copy."
    return ""


def _opens(module: Module, function: FunctionNode) -> bool:
    """Tell whether a function makes the session or connection that is worked with below."""
    calls = (node for node in own_nodes(function) if isinstance(node, ast.Call))
    return any((module.resolve(call.func) or "") in (*SESSIONS, *DRIVERS) for call in calls)


def _closes(module: Module, function: FunctionNode, block: Block) -> bool:
    """Tell whether a function opens no connection, or opens it itself and gives it to nobody."""
    nodes = list(own_nodes(function))
    opens = any(
        isinstance(node, ast.Call) and module.resolve(node.func) == "sqlite3.connect" for node in nodes
    )
    if not opens:
        return all(step(module, node) != block.steps[-1] for node in nodes if isinstance(node, ast.Call))
    given = [
        node.value for node in nodes if isinstance(node, ast.Return | ast.Yield) and node.value is not None
    ]
    kept = [
        node for node in nodes if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Attribute)
    ]
    held = [*given, *(node.value for node in kept)]
    return not any(module.resolve(expr) == "sqlite3.connect" for expr in held)
