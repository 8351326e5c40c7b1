"""Commits after which a failed transaction stays open, and how it is ended."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from harden.calls import uses_of
from harden.checklists.database.lifetimes import Life, is_closing, is_ended, is_made, life_of
from harden.checklists.database.passing import place_of
from harden.checklists.database.paths import block_of, end, follows, loop_around, position, shares_line
from harden.checklists.database.sessions import Handle, Kind, handle_of
from harden.checklists.database.transactions import own_ends
from harden.checklists.database.writes import own_writes
from harden.checklists.handed_over import handed
from harden.checklists.held_open import leak_of
from harden.checklists.opened import CLOSABLE
from harden.flow import How
from harden.module import Module
from harden.roles import Role
from harden.tree import FunctionNode, own_nodes

_LEAVES = (ast.Raise, ast.Return)


@dataclass(frozen=True, slots=True)
class Failure:
    """Where a failed transaction stays open: what is told of it, and the facts by which it is mended.

    `opening` is the statement that opens the connection, where that is what stays open.
    """

    node: ast.AST
    message: str
    facts: dict[str, str]
    why_not: str = ""
    opening: ast.stmt | None = None


def failure_of(module: Module, function: FunctionNode) -> Failure | None:
    """Return the first commit of a function whose failure nobody clears away, None where there is none."""
    for commit, handle in own_ends(module, own_nodes(function), "commit"):
        if is_ended(module, function, commit) or _is_committed_by_yield(module, function):
            continue
        life = life_of(module, function, handle)
        swallowing = _swallowing(module, commit)
        if swallowing is not None and _goes_on(module, function, handle, life, swallowing, commit):
            return _in_handler(module, handle, swallowing, commit)
        if life is Life.LONG:
            return _guarded(module, function, commit, handle)
        if life is Life.CALL and swallowing is None:
            return _closed(module, function, commit, handle)
    return None


def _is_committed_by_yield(module: Module, function: FunctionNode) -> bool:
    return any(isinstance(node, ast.Yield) for node in own_nodes(function))


def _swallowing(module: Module, commit: ast.Call) -> ast.ExceptHandler | None:
    """Return the handler around a commit that goes on after a failure as if nothing had happened."""
    child: ast.AST = commit
    for outer in module.ancestors(commit):
        if isinstance(outer, FunctionNode):
            return None
        if isinstance(outer, ast.Try) and child in outer.body:
            for handler in outer.handlers:
                raises = any(isinstance(node, ast.Raise) for node in ast.walk(handler))
                if not raises and _is_database(module, handler):
                    return handler
        child = outer
    return None


def _is_database(module: Module, handler: ast.ExceptHandler) -> bool:
    """Tell whether a handler catches what a database raises."""
    kinds = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    names = [
        (module.resolve(kind) or ast.unparse(kind)) if kind is not None else "Exception" for kind in kinds
    ]
    others = ("KeyError", "ValueError", "TypeError", "HTTP", "Validation", "JSON", "Request")
    return any(
        name.endswith(("Exception", "Error")) and not any(word in name.rpartition(".")[2] for word in others)
        for name in names
    )


def _goes_on(
    module: Module,
    function: FunctionNode,
    handle: Handle,
    life: Life,
    handler: ast.ExceptHandler,
    commit: ast.Call,
) -> bool:
    """Tell whether the session is used again after its failure was caught."""
    if life in (Life.LONG, Life.PASSED):
        return True
    if life not in (Life.REQUEST, Life.CALL, Life.BLOCK) or handle.kind is not Kind.SESSION:
        return False
    name = ast.unparse(handle.expr)
    attempt = module.parents[handler]
    ends = isinstance(handler.body[-1], _LEAVES)
    loop = loop_around(module, attempt)
    if loop is not None and not isinstance(handler.body[-1], (*_LEAVES, ast.Break)):
        return True
    for node in own_nodes(function):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
            continue
        used = ast.unparse(node.func.value) == name and node.func.attr not in ("close", "remove")
        inside = position(handler) < position(node) < end(handler)
        after = position(node) > end(attempt) and not ends and follows(module, attempt, node)
        if used and (inside or after):
            return True
    return False


def _in_handler(module: Module, handle: Handle, handler: ast.ExceptHandler, commit: ast.Call) -> Failure:
    name = module.segment(handle.expr)
    message = f"{name} is used on after a failure that was caught without a rollback"
    facts = {
        "form": "handler",
        "handle": name,
        "await": _await(module, commit),
        "place": place_of(module, handler),
    }
    first = handler.body[0]
    why_not = (
        "The handler stands in one line: give its body lines of their own."
        if first.lineno == handler.lineno
        else ""
    )
    return Failure(handler, message, facts, why_not)


def _await(module: Module, commit: ast.Call) -> str:
    return "await " if isinstance(module.parents.get(commit), ast.Await) else ""


def _guarded(module: Module, function: FunctionNode, commit: ast.Call, handle: Handle) -> Failure:
    """Return how the writes up to a commit are rolled back where one of them fails."""
    name = module.segment(handle.expr)
    message = f"{name} lives on after a failure, and keeps its broken transaction for all who come after"
    first = _first_write(module, function, commit, handle)
    block = block_of(module, first, commit)
    if block is None or shares_line(module, *block):
        return Failure(
            commit, message, {}, "The writes stand in different blocks: roll back around both of them."
        )
    facts = {"form": "guard", "handle": name, "await": _await(module, commit)}
    return Failure(
        commit, message, facts | {"begin": place_of(module, block[0]), "end": place_of(module, block[1])}
    )


def _first_write(module: Module, function: FunctionNode, commit: ast.Call, handle: Handle) -> ast.AST:
    """Return the first thing that a commit keeps, or the commit itself."""
    writes = (w.at for w in own_writes(module, own_nodes(function)))
    before = [node for node in writes if position(node) < position(commit) and follows(module, node, commit)]
    return min(before, key=position, default=commit)


def _closed(module: Module, function: FunctionNode, commit: ast.Call, handle: Handle) -> Failure | None:
    """Return how a connection that a function opens is closed on every way out."""
    name = module.segment(handle.expr)
    message = f"{name} is left open, with its transaction, when something raises before its close()"
    opened = next((v.node for v in module.flow.values(handle.expr)), None)
    statement = module.statement(opened) if opened is not None else None
    closes = [call for call, _ in own_ends(module, own_nodes(function), "close") if _is(call, name)]
    if statement is None or _is_handed_on(module, function, name):
        return None
    if not closes and isinstance(opened, ast.Name) and _is_leak(module, statement):
        return None  # whether something raises or not
    parent = module.parents.get(statement)
    held = getattr(parent, "body", [])
    ends = [module.statement(call) for call in closes]
    last = next((s for s in held if s in ends), None)
    if len(closes) != 1 or last is None or statement not in held or last is held[held.index(statement) + 1]:
        why_not = "It is closed in several places, or not at all: open it in a `with` block."
        return Failure(commit, message, {}, why_not, statement)
    first = held[held.index(statement) + 1]
    if shares_line(module, first, last):
        why_not = "Statements share a line: put each on a line of its own first."
        return Failure(commit, message, {}, why_not, statement)
    facts = {"form": "close", "begin": place_of(module, first), "end": place_of(module, last)}
    return Failure(commit, message, facts, opening=statement)


def _is_leak(module: Module, statement: ast.stmt) -> bool:
    """Tell whether a connection is never closed at all, which is told as a leak."""
    call = statement.value if isinstance(statement, ast.Assign) else None
    if not isinstance(statement, ast.Assign) or not isinstance(call, ast.Call):
        return False
    is_seen = module.resolve(call.func) in CLOSABLE or any(found[0] is statement for found in handed(module))
    return is_seen and leak_of(module, call, statement) is not None


def _is(call: ast.Call, name: str) -> bool:
    return isinstance(call.func, ast.Attribute) and ast.unparse(call.func.value) == name


def _is_handed_on(module: Module, function: FunctionNode, name: str) -> bool:
    """Tell whether a connection is given to the caller, or kept."""
    for node in own_nodes(function):
        if isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Load):
            parent = module.parents.get(node)
            if isinstance(parent, ast.Return | ast.Yield | ast.Tuple) or (
                isinstance(parent, ast.Assign) and parent.value is node
            ):
                return True
    return False


def unclosed_of(module: Module, function: FunctionNode) -> Failure | None:
    """Return the `yield` of a dependency or context manager after which a session may stay open."""
    yields = [node for node in own_nodes(function) if isinstance(node, ast.Yield) and node.value is not None]
    if len(yields) != 1 or loop_around(module, yields[0]) is not None:
        return None
    given = yields[0].value
    handle = handle_of(module, given) if isinstance(given, ast.Name) else None
    values = module.flow.values(given) if handle is not None and given is not None else ()
    made = [v for v in values if v.how is How.GIVEN and v.expr is not None and is_made(v.module, v.expr)]
    if handle is None or not made or len(made) != len(values) or _is_in_try(module, yields[0]):
        return None
    return _yielded(module, function, yields[0], handle)


def returned_of(module: Module, function: FunctionNode) -> Failure | None:
    """Return the `return` of a dependency of FastAPI that hands out a session which nobody closes."""
    if "fastapi" not in module.project.imported:
        return None
    for node in own_nodes(function):
        if (
            not isinstance(node, ast.Return)
            or node.value is None
            or not _is_opened(module, function, node.value)
        ):
            continue
        if any(_is_dependency(other, use) for other, use in uses_of(module, function)):
            message = "what this dependency returns is never closed, nor rolled back"
            why_not = "Yield it from a `with` block: what is after the yield runs when the request is done."
            return Failure(node, message, {}, why_not)
    return None


def _is_opened(module: Module, function: FunctionNode, value: ast.expr) -> bool:
    """Tell whether a function has made what it returns, a session or connection."""
    if isinstance(value, ast.Call):
        return is_made(module, value)
    handle = handle_of(module, value) if isinstance(value, ast.Name) else None
    return handle is not None and life_of(module, function, handle) is Life.CALL


def _is_dependency(module: Module, use: ast.expr) -> bool:
    call = module.parents.get(use)
    return isinstance(call, ast.Call) and (module.resolve(call.func) or "").endswith(
        (".Depends", ".Security")
    )


def _is_in_try(module: Module, node: ast.AST) -> bool:
    """Tell whether a `try` or a `with` of the function sees what is raised at a node."""
    for outer in module.ancestors(node):
        if isinstance(outer, FunctionNode):
            return False
        if isinstance(outer, ast.Try) or is_closing(module, outer):
            return True
    return False


def _yielded(module: Module, function: FunctionNode, given: ast.Yield, handle: Handle) -> Failure:
    name = module.segment(handle.expr)
    message = f"{name} stays open when what runs at this yield raises"
    statement = module.statement(given)
    closes = [module.statement(call) for call, _ in own_ends(module, own_nodes(function), "close")]
    is_plain = isinstance(statement, ast.Expr) and statement in function.body
    if (
        not is_plain
        or len(closes) != 1
        or closes[0] not in function.body
        or shares_line(module, statement, closes[0])
    ):
        return Failure(given, message, {}, "Put the yield into a `with` block, or close in a `finally`.")
    facts = {"form": "close", "begin": place_of(module, statement), "end": place_of(module, closes[0])}
    return Failure(given, message, facts)


def failures(module: Module, function: FunctionNode) -> Iterator[Failure]:
    """Yield what a function leaves open when one of its writes fails; nothing for what runs by hand."""
    if module.role(function) is Role.CLI or module.imports("alembic"):
        return
    found = unclosed_of(module, function) or failure_of(module, function) or returned_of(module, function)
    if found is not None:
        yield found
