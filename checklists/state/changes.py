"""What a piece of code does to a container or a counter that it names."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from enum import Enum

from harden.module import Module

_PUTS = frozenset({"setdefault", "update", "subtract", "__setitem__"})
_ADDS = frozenset({"append", "appendleft", "add", "insert", "extend", "extendleft"})
_TAKES = frozenset(
    {"pop", "popitem", "popleft", "remove", "discard", "__delitem__", "difference_update"}
    | {"intersection_update", "clear"}
)
_ADDERS = frozenset(
    {"heapq.heappush", "bisect.insort", "bisect.insort_left", "bisect.insort_right", "heapq.heappushpop"}
)


class How(Enum):
    """What happens to a container, or to a name that holds a plain value."""

    PUT = "gets an entry by key"
    ADDED = "gets another item"
    INSIDE = "has an entry changed"
    COUNTED = "is counted up or down"
    SET = "is given another value"
    TAKEN = "loses an entry"


@dataclass(frozen=True, slots=True)
class Change:
    """One change: `use` is the expression that names what is changed, `function` is where it stands."""

    module: Module
    use: ast.expr
    how: How
    key: ast.expr | None = None
    value: ast.expr | None = None

    @property
    def place(self) -> str:
        """Return the change as a step that leads to a finding."""
        function = self.module.function(self.use)
        inside = f" in {function.name}()" if function is not None else ""
        return f"{self.module.path}:{self.use.lineno} {self.how.value}{inside}"


def change_of(module: Module, use: ast.expr) -> Change | None:
    """Return what the code around an expression changes of what it names; None where it only reads."""
    parent = module.parents.get(use)
    match parent:
        case ast.Subscript(value=value) if value is use:
            return _by_key(module, use, parent)
        case ast.Attribute(value=value) if value is use:
            return _by_method(module, use, parent)
        case ast.Call(args=[first, *rest]) if first is use:
            path = module.resolve(parent.func)
            if path == "builtins.next":
                return Change(module, use, How.COUNTED)
            return Change(module, use, How.ADDED, value=rest[0]) if path in _ADDERS and rest else None
        case ast.AugAssign(target=target, value=value) if target is use:
            return Change(module, use, How.COUNTED, value=value)
        case ast.Assign(value=value) | ast.AnnAssign(value=ast.expr() as value) if _is_stored(use):
            is_told = any(ast.dump(part) == _as_read(use) for part in ast.walk(value))
            counts = is_told and not isinstance(value, ast.BoolOp | ast.IfExp)
            return Change(module, use, How.COUNTED if counts else How.SET, value=value)
        case ast.Tuple() if _is_stored(use):
            return Change(module, use, How.SET)
    return None


def _is_stored(use: ast.expr) -> bool:
    return isinstance(use, ast.Name | ast.Attribute | ast.Subscript) and isinstance(use.ctx, ast.Store)


def _as_read(use: ast.expr) -> str:
    return ast.dump(use).replace("Store()", "Load()")


def _by_key(module: Module, use: ast.expr, entry: ast.Subscript) -> Change | None:
    if isinstance(entry.ctx, ast.Del):
        return Change(module, use, How.TAKEN, entry.slice)
    if isinstance(entry.ctx, ast.Load):
        return _inside(module, use, entry, entry.slice)
    statement = module.parents.get(entry)
    match statement:
        case ast.AugAssign(value=value):
            return Change(module, use, How.COUNTED, entry.slice, value)
        case ast.Assign(value=value) | ast.AnnAssign(value=ast.expr() as value):
            counts = any(ast.unparse(part) == ast.unparse(entry) for part in ast.walk(value)) or _counts(
                value, use
            )
            how = How.COUNTED if counts else How.PUT
            return Change(module, use, how, entry.slice, value)
    return Change(module, use, How.PUT, entry.slice)


def _counts(value: ast.expr, use: ast.expr) -> bool:
    """Tell whether a value is made by arithmetic on what the container holds: `hits.get(k, 0) + 1`."""
    if not isinstance(value, ast.BinOp):
        return False
    name = ast.unparse(use)
    return any(
        isinstance(part, ast.Call) and ast.unparse(part.func) == f"{name}.get" for part in ast.walk(value)
    )


def _inside(module: Module, use: ast.expr, entry: ast.expr, key: ast.expr | None) -> Change | None:
    """Return how an entry that was looked up is changed in its place."""
    parent = module.parents.get(entry)
    if isinstance(parent, ast.Attribute) and not isinstance(parent.ctx, ast.Load):
        return Change(module, use, How.INSIDE, key)
    inner = change_of(module, entry) if isinstance(parent, ast.Subscript | ast.Attribute) else None
    if inner is None:
        return None
    counted = inner.how is How.COUNTED
    return Change(module, use, How.COUNTED if counted else How.INSIDE, key, inner.value)


def _by_method(module: Module, use: ast.expr, method: ast.Attribute) -> Change | None:
    call = module.parents.get(method)
    name = method.attr
    if name in _TAKES:  # also where the method is handed on: `task.add_done_callback(tasks.discard)`
        key = call.args[0] if isinstance(call, ast.Call) and call.func is method and call.args else None
        return Change(module, use, How.TAKEN, key)
    if not isinstance(call, ast.Call) or call.func is not method:
        return None
    if name == "get" and call.args:
        return _inside(module, use, call, call.args[0])
    first, last = (call.args[0], call.args[-1]) if call.args else (None, None)
    if name == "setdefault":
        inner = _inside(module, use, call, first)
        return inner or Change(module, use, How.PUT, first, last)
    if name in _PUTS:
        return Change(module, use, How.PUT, None, last)
    if name in _ADDS:
        return Change(module, use, How.ADDED, value=last)
    return None
