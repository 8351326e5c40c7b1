"""Stretches of a function for which a transaction is open, or a connection is taken from its pool."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from harden.checklists.database.sessions import Kind, handle_of
from harden.checklists.database.transactions import (
    commits_of,
    decorated,
    ended,
    in_atomic_request,
    opens_transaction,
)
from harden.checklists.database.writes import Way, writes_of
from harden.module import Module
from harden.tree import FunctionNode, own_nodes

_TRANSACTION = "the transaction"
_USES = frozenset(
    {"execute", "executemany", "exec", "scalar", "scalars", "get", "query", "flush", "refresh", "stream"}
    | {"fetch", "fetchrow", "fetchval", "fetch_all", "fetch_one", "run_sync", "get_one", "merge"}
)
_ENDS = ("commit", "rollback", "close")
_LOOPS = (ast.For, ast.AsyncFor, ast.While)


@dataclass(frozen=True, slots=True)
class Held:
    """A stretch: what opens it, how a message calls it, and which calls of the function stand in it.

    `locks`: it is a transaction, and not only a connection that is taken.
    """

    node: ast.AST
    said: str
    covers: Callable[[ast.Call], bool]
    locks: bool = True


def held_blocks(module: Module, function: FunctionNode) -> Iterator[Held]:
    """Yield the stretches that decorators and `with` blocks of a function open, the outermost first."""
    if (decorator := decorated(module, function)) is not None or in_atomic_request(module, function):
        yield Held(decorator or function, _TRANSACTION, lambda call: True)
        return
    for block in own_nodes(function):
        if isinstance(block, ast.With | ast.AsyncWith):
            for item in block.items:
                if (held := _block(module, block, item)) is not None:
                    yield held


def _block(module: Module, block: ast.With | ast.AsyncWith, item: ast.withitem) -> Held | None:
    """Return what a `with` block holds while it runs."""
    context, entered = item.context_expr, item.optional_vars
    path = module.resolve(context) or ""
    if opens_transaction(module, context):
        if path.startswith("django."):
            return Held(block, _TRANSACTION, lambda call: _is_in(module, call, block))
        names = _names(context, entered)
        return Held(block, _TRANSACTION, lambda call: _is_used(module, block, names, call))
    handle = handle_of(module, context) if isinstance(context, ast.Call) else None
    if handle is None or handle.kind is Kind.DJANGO or "ursor" in path or not isinstance(entered, ast.Name):
        return None
    what = "the session" if handle.kind is Kind.SESSION else "the connection"
    names = {entered.id}
    return Held(block, what, lambda call: _is_used(module, block, names, call), locks=False)


def _names(context: ast.expr, entered: ast.expr | None) -> set[str]:
    """Return how the session or connection of a transaction is spelled: `session` in `session.begin()`."""
    inner = context.func if isinstance(context, ast.Call) else context
    base = inner.value if isinstance(inner, ast.Attribute) else inner
    return {ast.unparse(base)} | ({entered.id} if isinstance(entered, ast.Name) else set())


def _is_in(module: Module, call: ast.Call, block: ast.With | ast.AsyncWith) -> bool:
    """Tell whether a call stands in the body of a block."""
    child: ast.AST = call
    for outer in module.ancestors(call):
        if outer is block:
            return child in block.body
        child = outer
    return False


def _is_used(module: Module, block: ast.With | ast.AsyncWith, names: set[str], call: ast.Call) -> bool:
    """Tell whether a call stands in a block after its session was used, and before that lets go."""
    if not _is_in(module, call, block):
        return False
    loops = [outer for outer in module.ancestors(call) if isinstance(outer, _LOOPS)]
    around = [loop for loop in loops if any(inner is block for inner in module.ancestors(loop))]
    used = False
    for node in _calls(block.body):
        if node is call:
            break
        if _lets_go(node, names):
            used = False
        elif _touches(node, names):
            used = True
    return used or any(_touches(node, names) for loop in around for node in _calls(loop.body))


def _calls(body: list[ast.stmt]) -> Iterator[ast.Call]:
    holder = ast.FunctionDef("", ast.arguments([], [], None, [], [], None, []), body, [])
    yield from (node for node in own_nodes(holder) if isinstance(node, ast.Call))


def _lets_go(call: ast.Call, names: set[str]) -> bool:
    func = call.func
    return isinstance(func, ast.Attribute) and func.attr in _ENDS and ast.unparse(func.value) in names


def _touches(call: ast.Call, names: set[str]) -> bool:
    """Tell whether a call runs a statement on a session, or hands the session to who may."""
    func = call.func
    if isinstance(func, ast.Attribute) and func.attr in _USES and ast.unparse(func.value) in names:
        return True
    given = [*call.args, *(item.value for item in call.keywords)]
    return any(isinstance(item, ast.Name) and item.id in names for item in given)


def own_commits(function: FunctionNode) -> list[tuple[int, int]]:
    """Return where a function seems to commit itself, before it is asked what."""
    return [
        _at(node)
        for node in own_nodes(function)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "commit"
    ]


def held_until_commit(module: Module, function: FunctionNode) -> Iterator[Held]:
    """Yield the stretches from a write, or a lock, on to its commit, where both stand in the function."""
    commits = [_at(commit.at) for commit in commits_of(module, function)]
    ends = sorted([*commits, *_rollbacks(module, function)])
    entered = _entered(module, function)
    for node, said in (*_writes(module, function), *_locks(function)):
        start = _at(node)
        end = next((at for at in ends if at >= start), None)
        if end in commits and node not in entered and end is not None:
            yield Held(node, said, _between(module, node, start, end))


def _writes(module: Module, function: FunctionNode) -> Iterator[tuple[ast.AST, str]]:
    for write in writes_of(module, function):
        if write.way in (Way.ALCHEMY, Way.SQL):
            yield write.at, f"the transaction that writes {write.said}" if write.said else _TRANSACTION


def _locks(function: FunctionNode) -> Iterator[tuple[ast.AST, str]]:
    """Yield the queries that lock the rows they find."""
    for node in own_nodes(function):
        match node:
            case ast.Call(func=ast.Attribute(attr="with_for_update")):
                yield node, "the transaction that locks rows"
            case ast.Constant(value=str() as text) if "FOR UPDATE" in text:
                yield node, "the transaction that locks rows"


def _between(
    module: Module, node: ast.AST, start: tuple[int, int], end: tuple[int, int]
) -> Callable[[ast.Call], bool]:
    loop = next((outer for outer in module.ancestors(node) if isinstance(outer, _LOOPS)), None)
    inside = loop is not None and (loop.end_lineno or 0) < end[0]

    def covers(call: ast.Call) -> bool:
        if call is node or _holds(call, node) or _are_apart(module, node, call):
            return False
        if start < _at(call) < end and not _holds(node, call):  # what is written is worked out before
            return True
        return inside and loop is not None and any(outer is loop for outer in module.ancestors(call))

    return covers


def _holds(outer: ast.AST, node: ast.AST) -> bool:
    return any(inner is node for inner in ast.walk(outer))


def _entered(module: Module, function: FunctionNode) -> set[ast.AST]:
    """Return what stands in blocks that commit by themselves."""
    return {
        inner
        for node in own_nodes(function)
        if isinstance(node, ast.With | ast.AsyncWith)
        and any(opens_transaction(module, item.context_expr) for item in node.items)
        for statement in node.body
        for inner in ast.walk(statement)
    }


def _rollbacks(module: Module, function: FunctionNode) -> Iterator[tuple[int, int]]:
    for node in own_nodes(function):
        if isinstance(node, ast.Call) and any(ended(module, node, name) for name in ("rollback", "close")):
            yield _at(node)


def _are_apart(module: Module, first: ast.AST, second: ast.AST) -> bool:
    """Tell whether two nodes stand in branches of one `if` or `try` of which only one runs."""
    ways = {id(outer): child for outer, child in _way(module, first)}
    for outer, child in _way(module, second):
        other = ways.get(id(outer))
        if other is None:
            continue
        if isinstance(outer, ast.If):
            return (other in outer.body) != (child in outer.body)
        return isinstance(outer, ast.Try) and child in outer.handlers and other not in outer.body
    return False


def _way(module: Module, node: ast.AST) -> Iterator[tuple[ast.AST, ast.AST]]:
    child = node
    for outer in module.ancestors(node):
        yield outer, child
        if isinstance(outer, FunctionNode):
            return
        child = outer


def _at(node: ast.AST) -> tuple[int, int]:
    return getattr(node, "lineno", 0), getattr(node, "col_offset", 0)
