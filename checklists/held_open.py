"""What becomes of something open that a function holds in a local name."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from harden.checklists.opened import (
    CLOSABLE,
    CLOSERS,
    DATA_CALLS,
    DATA_METHODS,
    LAZY_CALLS,
    LAZY_METHODS,
    OUTLIVES_WITH,
)
from harden.module import Module
from harden.tree import FunctionNode


@dataclass(frozen=True, slots=True)
class Leak:
    """How something open is left behind; `through` and `close` count the statements after the opening one."""

    said: str
    through: int = 0
    close: int = 0
    why_not: str = ""


def leak_of(module: Module, call: ast.Call, statement: ast.Assign) -> Leak | None:
    """Tell how what `statement` opens into a local name is left open, or None when it is not, or unsure."""
    target, function = statement.targets[0], module.function(call)
    if not isinstance(target, ast.Name) or function is None or len(statement.targets) > 1:
        return None
    held = _Held(module, function, target.id, statement)
    if target.id not in module.names.scopes[function].bindings or held.is_kept():
        return None
    return held.leak()


def goes_on(module: Module, function: FunctionNode, name: str) -> bool:
    """Tell whether a name is closed in a function, or what it holds leaves it."""
    for use in ast.walk(function):
        if not isinstance(use, ast.Name) or use.id != name or not isinstance(use.ctx, ast.Load):
            continue
        parent = module.parents.get(use)
        if isinstance(parent, ast.Attribute) and parent.attr in CLOSERS:
            return True
        if isinstance(parent, ast.Return | ast.Assign | ast.Dict | ast.Tuple | ast.keyword):
            return True
    return False


def goes_past(module: Module, function: FunctionNode, call: ast.Call, name: str) -> bool:
    """Tell whether what a connection gives is used behind the `with` block that `call` is entered by."""
    block = module.statement(call)
    inside = set(ast.walk(block))
    names = {name}
    for node in ast.walk(block):
        match node:
            case ast.Assign(targets=[ast.Name(id=other)], value=value) if not _is_fetched(value):
                if any(isinstance(part, ast.Name) and part.id in names for part in ast.walk(value)):
                    names.add(other)
            case ast.Return(value=ast.expr() as value) if not _is_fetched(value):
                if any(isinstance(part, ast.Name) and part.id in names for part in ast.walk(value)):
                    return True
    loads = (node for node in ast.walk(function) if isinstance(node, ast.Name) and node not in inside)
    return any(node.id in names and isinstance(node.ctx, ast.Load) for node in loads)


def _is_fetched(value: ast.expr) -> bool:
    """Tell whether a value is complete: fetched, or made into a list."""
    match value:
        case ast.Call(func=ast.Attribute(attr=method)):
            return method in DATA_METHODS
        case ast.Call(func=ast.Name(id=name)):
            return name in ("list", "dict", "tuple", "len", "int", "set", "sum", "bool", "str")
        case ast.Subscript(value=inner):
            return _is_fetched(inner)
        case ast.ListComp() | ast.DictComp() | ast.SetComp() | ast.Compare() | ast.JoinedStr():
            return True
        case ast.Attribute(attr=attr):
            return attr in ("lastrowid", "rowcount", "total_changes")
    return False


def writes_by(module: Module, statement: ast.Assign) -> bool:
    """Tell whether a function commits through what a statement opens, or flushes: that is a transaction."""
    function, target = module.function(statement), statement.targets[0]
    for use in ast.walk(function) if function is not None else ():
        match use:
            case ast.Attribute(value=ast.Name(id=name), attr="commit" | "flush" | "rollback" | "begin"):
                if isinstance(target, ast.Name) and name == target.id:
                    return True
    return False


class _Held:
    """A local name that holds something open."""

    def __init__(self, module: Module, function: FunctionNode, name: str, statement: ast.Assign) -> None:
        self.module = module
        self.name = name
        self.statement = statement
        self.is_connection = module.resolve(statement.value) in CLOSABLE
        self.outlives_with = module.resolve(statement.value) in OUTLIVES_WITH
        self.function = function
        self.block = next(block for block in _blocks(module.parents[statement]) if statement in block)
        self.after = self.block[self.block.index(statement) + 1 :]
        self.names = {name}
        self._add_derived()
        self.loads = [
            use
            for use in ast.walk(function)
            if isinstance(use, ast.Name) and use.id in self.names and isinstance(use.ctx, ast.Load)
        ]
        self.closes = [use for use in self.loads if use.id == name and self._is_close(use)]
        parents = [module.statement(use) for use in self.closes]
        self.here = [self.after.index(closing) + 1 for closing in parents if closing in self.after]

    def _add_derived(self) -> None:
        """Add the names that go on using what the first one holds, such as a cursor or a csv reader."""
        for node in ast.walk(self.function):
            match node:
                case (
                    ast.Assign(targets=[ast.Name(id=name)], value=value)
                    | ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value)
                ):
                    if node is not self.statement and self._mentions(value) and not self._is_data(value):
                        self.names.add(name)

    def _mentions(self, node: ast.AST) -> bool:
        return any(isinstance(inner, ast.Name) and inner.id in self.names for inner in ast.walk(node))

    def _is_data(self, expr: ast.expr) -> bool:
        """Tell whether a value is complete once computed, so that what it came from may be closed."""
        match expr:
            case ast.Call(func=ast.Attribute(value=value, attr=method)) if self._mentions(value):
                complete = method in DATA_METHODS or (not self.is_connection and method not in LAZY_METHODS)
                return complete or self._is_data(value)
            case ast.Call(func=func, args=args):
                return self.module.resolve(func) in DATA_CALLS or all(map(self._is_data, args))
            case ast.Subscript(value=value) | ast.Attribute(value=value) | ast.Await(value=value):
                return self._is_data(value)
            case ast.BinOp(left=left, right=right):
                return self._is_data(left) and self._is_data(right)
            case (
                ast.ListComp()
                | ast.SetComp()
                | ast.DictComp()
                | ast.JoinedStr()
                | ast.Compare()
                | ast.Constant()
            ):
                return True
            case ast.Tuple(elts=elts) | ast.List(elts=elts):
                return all(map(self._is_data, elts))
            case ast.Dict(values=values):
                return all(map(self._is_data, values))
            case ast.Name(id=name):
                return name not in self.names
        return not self._mentions(expr)

    def _is_close(self, use: ast.Name) -> bool:
        match self.module.parents.get(use):
            case ast.Attribute(attr=method) as attribute:
                return method in CLOSERS and isinstance(self.module.parents.get(attribute), ast.Call)
        return False

    def is_kept(self) -> bool:
        """Tell whether something else closes it, or may: it is rebound, stored, returned, passed on."""
        stores = [
            node
            for node in ast.walk(self.function)
            if isinstance(node, ast.Name) and node.id == self.name and not isinstance(node.ctx, ast.Load)
        ]
        if len(stores) > 1 or any(self.module.function(use) is not self.function for use in self.loads):
            return True
        return any(self._escapes(use) or self._in_lambda(use) for use in self.loads)

    def _in_lambda(self, use: ast.Name) -> bool:
        for outer in self.module.ancestors(use):
            if isinstance(outer, ast.Lambda):
                return True
            if isinstance(outer, ast.stmt):
                break
        return False

    def _escapes(self, use: ast.Name) -> bool:
        parent = self.module.parents.get(use)
        match parent:
            case ast.withitem():
                return not self.outlives_with
            case ast.Starred() | ast.keyword(arg=None):
                return True
            case ast.Call() | ast.keyword():
                call = parent if isinstance(parent, ast.Call) else self.module.parents[parent]
                path = self.module.resolve(call.func) if isinstance(call, ast.Call) else None
                known = path in DATA_CALLS or path in LAZY_CALLS
                if not known and not self.here:
                    return True
        return self._leaves(use)

    def _leaves(self, use: ast.Name) -> bool:
        """Tell whether a value that goes on using the resource leaves the function."""
        statement = self.module.statement(use)
        match statement:
            case ast.Return(value=ast.expr() as value):
                return not self._is_data(value)
            case ast.Assign(targets=[ast.Name()]):
                return any(isinstance(outer, ast.Yield) for outer in self.module.ancestors(use))
            case ast.Assign(targets=[target], value=value):
                return not isinstance(target, ast.Tuple) and not self._is_data(value)
            case ast.Global() | ast.Nonlocal():
                return True
        for outer in self.module.ancestors(use):
            if isinstance(outer, ast.Yield | ast.YieldFrom):
                return not self._is_data(outer.value) if outer.value is not None else False
            if isinstance(outer, ast.stmt):
                break
        return False

    def leak(self) -> Leak | None:
        """Return how it is left open, or None where it is closed on every way."""
        if self.here:
            return self._closed_at_end()
        if self.closes:
            return self._closed_elsewhere()
        last = self._last_use(self.after)
        if len(self.loads) > sum(1 for _ in self._loads_in(self.after)):
            return Leak("is never closed", why_not="It is used outside the block that it is opened in.")
        return Leak("is never closed", through=last)

    def _closed_at_end(self) -> Leak | None:
        close = self.here[-1]
        if close == 1:
            return None
        said = "stays open when something raises before its close()"
        if len(self.closes) > len(self.here) or len(self.here) > 1:
            if any(self._in_handler(use) for use in self.closes):
                return None
            return Leak(said, why_not="It is closed in several places: use one `with` block instead of them.")
        closing = self.after[close - 1]
        if not isinstance(closing, ast.Expr) or any(True for _ in self._loads_in(self.after[close:])):
            return Leak(said, why_not="It is still used after its close().")
        if len(self.loads) > sum(1 for _ in self._loads_in(self.after)):
            return Leak(said, why_not="It is used outside the block that it is opened in.")
        return Leak(said, through=close - 1, close=close)

    def _closed_elsewhere(self) -> Leak | None:
        inside = [use for use in self.closes if self._in_try_only(use)]
        if len(inside) < len(self.closes):
            return None
        said = "stays open when something raises before its close()"
        return Leak(said, why_not="It is closed inside a try block: use a `with` block around what uses it.")

    def _in_handler(self, use: ast.Name) -> bool:
        child: ast.AST = use
        for outer in self.module.ancestors(use):
            if isinstance(outer, ast.ExceptHandler) or (
                isinstance(outer, ast.Try) and child in outer.finalbody
            ):
                return True
            child = outer
        return False

    def _in_try_only(self, use: ast.Name) -> bool:
        """Tell whether a close stands in the body of a try of this block."""
        statement = self.module.statement(use)
        outer = self.module.parents.get(statement)
        return isinstance(outer, ast.Try) and statement in outer.body and outer in self.after

    def _loads_in(self, statements: list[ast.stmt]) -> Iterator[ast.Name]:
        inside = {node for statement in statements for node in ast.walk(statement)}
        return (use for use in self.loads if use in inside)

    def _last_use(self, statements: list[ast.stmt]) -> int:
        last = 0
        for at, statement in enumerate(statements, 1):
            if any(True for _ in self._loads_in([statement])):
                last = at
        return last


def _blocks(node: ast.AST) -> Iterator[list[ast.stmt]]:
    for name in ("body", "orelse", "finalbody"):
        block = getattr(node, name, None)
        if isinstance(block, list):
            yield block
