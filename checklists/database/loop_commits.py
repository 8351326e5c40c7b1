"""Commits and writes that are kept at once for each row of a loop, and how they become one."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import takewhile

from harden.checklists.database.passing import place_of
from harden.checklists.database.paths import is_long, loop_around, position, shares_line
from harden.checklists.database.sessions import Handle, Kind
from harden.checklists.database.side_effects import is_aside
from harden.checklists.database.transactions import ended, is_covered, own_ends
from harden.checklists.database.writes import Does, Way, write_at
from harden.module import Module

_TIMES = re.compile(r"(?i)retr|attempt|tries")
_LEAVES = (ast.Return, ast.Break, ast.Raise)
_WRITES = frozenset(
    {"add", "add_all", "merge", "delete", "execute", "executemany", "exec", "update", "save", "flush"}
)


@dataclass(frozen=True, slots=True)
class Repeated:
    """What is done for each row: the message, and the facts by which it is done once."""

    message: str
    facts: dict[str, str]
    why_not: str = ""


def repeated_commit(module: Module, call: ast.Call) -> Repeated | None:
    """Return how the commits of each turn of a loop become one after it, None where they are meant so."""
    loop = _loop(module, call)
    handle = ended(module, call, "commit") if loop is not None else None
    if loop is None or handle is None or not _writes(loop):
        return None
    outer = loop
    while (around := loop_around(module, outer)) is not None and _loop(module, outer) is not None:
        outer = around if isinstance(around, ast.For | ast.AsyncFor) else outer
    commits = [c for c, _ in own_ends(module, _nodes(outer), "commit")]
    if call is not min(commits, key=position):
        return None
    if any(_is_caught_inside(module, c, outer) or _is_conditional(module, c, outer) for c in commits):
        return None
    message = f"a commit for each row of {_source(module, loop)}"
    if any(isinstance(node, ast.Return) for node in _nodes(outer)):
        return Repeated(message, {}, "The function returns from within the loop: commit there, too.")
    return _moved(module, message, commits, handle, outer)


def _nodes(loop: ast.AST) -> Iterator[ast.AST]:
    return (node for item in getattr(loop, "body", ()) for node in ast.walk(item))


def _moved(
    module: Module, message: str, commits: list[ast.Call], handle: Handle, loop: ast.For | ast.AsyncFor
) -> Repeated:
    """Return the facts by which commits are taken out of a loop, or only send what is written meanwhile."""
    statements = [module.statement(commit) for commit in commits]
    if loop.orelse or any(not isinstance(s, ast.Expr) or shares_line(module, s, s) for s in statements):
        return Repeated(message, {}, "A commit shares its line: put it on a line of its own first.")
    facts = {"loop": place_of(module, loop), "commit": place_of(module, statements[0])}
    if _is_committed_after(module, loop, handle):
        facts["loop"] = ""
    if len(statements) == 1 and statements[0] is loop.body[-1] and len(loop.body) > 1:
        return Repeated(message, {"form": "after", **facts})
    if handle.kind is not Kind.SESSION:
        return Repeated(message, {}, "It commits in several places: commit once after the loop instead.")
    return Repeated(
        message, {"form": "flush", "places": "\n".join(place_of(module, c) for c in commits), **facts}
    )


def _is_committed_after(module: Module, loop: ast.stmt, handle: Handle) -> bool:
    """Tell whether a loop is followed by a commit already."""
    after = _next(module, loop)
    found = own_ends(module, ast.walk(after), "commit") if isinstance(after, ast.Expr) else iter(())
    return any(ast.unparse(other.expr) == ast.unparse(handle.expr) for _, other in found)


def _next(module: Module, statement: ast.stmt) -> ast.stmt | None:
    """Return the statement that is always run right after another one."""
    holder = module.parents.get(statement)
    for name in ("body", "orelse"):
        held = getattr(holder, name, None)
        if isinstance(held, list) and statement in held[:-1]:
            following: ast.stmt = held[held.index(statement) + 1]
            return following
    return _next(module, holder) if isinstance(holder, ast.If) else None


def repeated_save(module: Module, call: ast.Call) -> Repeated | None:
    """Return how the rows that a loop saves one by one are kept by one transaction."""
    loop = _loop(module, call)
    write = write_at(module, call) if loop is not None else None
    if loop is None or write is None or write.way is not Way.ACTIVE or write.does is Does.DELETE:
        return None
    if (
        _is_caught_inside(module, call, loop)
        or _first_in(module, loop) is not call
        or is_covered(module, call)
    ):
        return None
    message = f"a transaction for each row of {_source(module, loop)}"
    if isinstance(module.function(call), ast.AsyncFunctionDef):
        return Repeated(
            message, {}, "Django has no transactions in async code: use abulk_create() or abulk_update()."
        )
    if module.project.imported.isdisjoint({"django"}):
        return Repeated(message, {}, "Put the loop into one transaction, or write all rows at once.")
    if shares_line(module, loop, loop):
        return Repeated(message, {}, "The loop shares its line with another statement.")
    if any(item.arg == "using" for item in call.keywords):
        return Repeated(
            message, {}, "The database is chosen here: give transaction.atomic() the same `using`."
        )
    if is_long(loop, loop):
        return Repeated(message, {}, "The loop is long: move its body into a function of its own first.")
    place = place_of(module, loop)
    return Repeated(message, {"form": "atomic", "begin": place, "end": place})


def _loop(module: Module, call: ast.AST) -> ast.For | ast.AsyncFor | None:
    """Return the loop over rows that makes a call for each of them, None where each turn should be kept."""
    loop = loop_around(module, call)
    if not isinstance(loop, ast.For | ast.AsyncFor) or _is_few(loop) or _is_left(module, call, loop):
        return None
    if isinstance(loop_around(module, loop), ast.While):
        return None
    if any(is_aside(module, node) for item in loop.body for node in ast.walk(item)):
        return None
    return loop


def _is_few(loop: ast.For | ast.AsyncFor) -> bool:
    """Tell whether a loop goes over some values that are written out, or tries something several times."""
    text = ast.unparse(loop.iter)
    if isinstance(loop.iter, ast.List | ast.Tuple | ast.Set | ast.Dict) or _TIMES.search(text):
        return True
    if "batch" in text.lower() or "chunk" in text.lower() or _TIMES.search(ast.unparse(loop.target)):
        return True
    match loop.iter:
        case ast.Call(func=ast.Name(id="range"), args=[*_, ast.Constant(value=int() as last)]):
            return last <= 10
        case ast.Call(func=ast.Name(id="range"), args=arguments):
            return len(arguments) == 3
    return False


def _is_left(module: Module, call: ast.AST, loop: ast.For | ast.AsyncFor) -> bool:
    """Tell whether the loop ends with the turn that commits."""
    for outer in (call, *takewhile(lambda node: node is not loop, module.ancestors(call))):
        holder = module.parents.get(outer)
        for name in ("body", "orelse"):
            held = getattr(holder, name, None)
            if isinstance(held, list) and outer in held and isinstance(held[-1], _LEAVES):
                return True
    return False


def _writes(loop: ast.For | ast.AsyncFor) -> bool:
    """Tell whether a loop's turns write something, in sight."""
    for item in loop.body:
        for node in ast.walk(item):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and node.func.attr in _WRITES
            ):
                return True
            if isinstance(node, ast.Assign | ast.AugAssign):
                targets = node.targets if isinstance(node, ast.Assign) else [node.target]
                if any(isinstance(target, ast.Attribute) for target in targets):
                    return True
    return False


def _is_caught_inside(module: Module, call: ast.Call, loop: ast.AST) -> bool:
    """Tell whether the errors of each turn are caught in it, so that the others are kept."""
    around = takewhile(lambda outer: outer is not loop, module.ancestors(call))
    return any(isinstance(outer, ast.Try) and outer.handlers for outer in around)


def _is_conditional(module: Module, call: ast.Call, loop: ast.AST) -> bool:
    """Tell whether only some turns commit: every so many rows."""
    for outer in takewhile(lambda node: node is not loop, module.ancestors(call)):
        if isinstance(outer, ast.If) and any(
            isinstance(node, ast.Mod | ast.GtE | ast.Gt) for node in ast.walk(outer.test)
        ):
            return True
    return False


def _first_in(module: Module, loop: ast.For | ast.AsyncFor) -> ast.AST | None:
    """Return the first write of a loop's turn that is kept at once."""
    nodes = [n for item in loop.body for n in ast.walk(item) if isinstance(n, ast.Call)]
    for node in sorted(nodes, key=position):
        write = write_at(module, node)
        if write is not None and write.way is Way.ACTIVE and loop_around(module, node) is loop:
            return node
    return None


def _source(module: Module, loop: ast.For | ast.AsyncFor) -> str:
    text = " ".join(module.segment(loop.iter).split())
    return text if len(text) <= 40 else f"{text[:37]}..."
