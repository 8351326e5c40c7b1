"""Transactions as a function sees them: what opens one around a node, what commits, what rolls back."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from harden.called import function_of
from harden.calls import callee_of, few_callers
from harden.checklists.database.sessions import Handle, handle_of
from harden.errors import UnreadableSource
from harden.module import Module, keyword
from harden.roles import Role
from harden.tree import FunctionNode, own_nodes

_DEEP = 2
_ATOMIC = (
    *("django.db.transaction.atomic", "django.db.transaction.commit_on_success"),
    *("tortoise.transactions.atomic", "tortoise.transactions.in_transaction", "pony.orm.db_session"),
)
_ATOMIC_CLASSES = ("django.db.transaction.Atomic", "peewee._atomic", "peewee._transaction")
_BEGINS = frozenset({"begin", "begin_nested", "transaction", "atomic", "in_transaction"})
_ENTERED_COMMITS = frozenset({"sqlite3", "psycopg2", "psycopg"})
"""Drivers whose connections commit, or roll back, at the end of a `with` block."""
_REQUESTS = re.compile(r"ATOMIC_REQUESTS[\"']?\]?\s*[:=]\s*(True|env|config|os\.)")
_IMMEDIATE = re.compile(r"(?i)begin immediate|transaction_mode\W+immediate")
_CALLERS = 6


@dataclass(frozen=True, slots=True)
class Commit:
    """A commit: the call in the function that was asked about, and the call of `commit()` itself.

    They differ where a function of the project commits; `handle` is None then.
    """

    at: ast.Call
    call: ast.Call
    module: Module
    handle: Handle | None

    @property
    def own(self) -> bool:
        """Tell whether the function that was asked about commits itself."""
        return self.at is self.call


def commits_of(module: Module, function: FunctionNode, depth: int = 0) -> list[Commit]:
    """Return the commits of a function, its own and those of functions that it calls, in source order."""
    found: list[Commit] = []
    for node in own_nodes(function):
        if not isinstance(node, ast.Call):
            continue
        handle = ended(module, node, "commit")
        if handle is not None:
            found.append(Commit(node, node, module, handle))
        elif depth < _DEEP:
            found += _elsewhere(module, node, depth)
    return found


def _elsewhere(module: Module, call: ast.Call, depth: int) -> Iterator[Commit]:
    called = callee_of(module, call)
    if called is None or called[1].name == "__init__" or called[1] is module.function(call):
        return
    for commit in commits_of(*called, depth + 1):
        yield Commit(call, commit.call, commit.module, None)


def ended(module: Module, node: ast.AST, method: str) -> Handle | None:
    """Return the session or connection that a node commits (or rolls back, closes), else None."""
    match node:
        case ast.Call(func=ast.Attribute(value=receiver, attr=attr), args=[]) if attr == method:
            return handle_of(module, receiver)
    return None


def own_ends(module: Module, nodes: Iterable[ast.AST], method: str) -> Iterator[tuple[ast.Call, Handle]]:
    """Yield the calls among some nodes that commit, roll back or close, with what they do it to."""
    for node in nodes:
        handle = ended(module, node, method)
        if handle is not None and isinstance(node, ast.Call):
            yield node, handle


def transaction_at(module: Module, node: ast.AST) -> ast.AST | None:
    """Return the `with` item or decorator that opens a transaction around a node in its own function."""
    for outer in module.ancestors(node):
        if isinstance(outer, ast.With | ast.AsyncWith):
            item = next((item for item in outer.items if opens_transaction(module, item.context_expr)), None)
            if item is not None:
                return item
        if isinstance(outer, FunctionNode):
            return decorated(module, outer)
    return None


def decorated(module: Module, function: FunctionNode) -> ast.expr | None:
    """Return the decorator that puts a whole function into a transaction, or its class."""
    for decorator in function.decorator_list:
        if _is_atomic(module, decorator):
            return decorator
    owner = module.parents.get(function)
    for decorator in owner.decorator_list if isinstance(owner, ast.ClassDef) else ():
        if isinstance(decorator, ast.Call) and any(_is_atomic(module, item) for item in decorator.args):
            return decorator
    return None


def _is_atomic(module: Module, decorator: ast.expr) -> bool:
    expr = decorator.func if isinstance(decorator, ast.Call) else decorator
    path = module.resolve(expr) or ""
    if path.startswith(_ATOMIC) or path.rpartition(".")[2] in ("atomic", "transactional", "in_transaction"):
        return True
    if path.endswith("method_decorator") and isinstance(decorator, ast.Call) and decorator.args:
        return _is_atomic(module, decorator.args[0])
    made_by = function_of(module, expr)
    return made_by is not None and _ends_transaction(*made_by)


def opens_transaction(module: Module, context: ast.expr) -> bool:
    """Tell whether a `with` block ends with a commit, and with a rollback where it raises."""
    path = module.resolve(context) or ""
    if path.startswith(_ATOMIC) or (module.project.owns(path) and module.is_a(path, *_ATOMIC_CLASSES)):
        return True
    func = context.func if isinstance(context, ast.Call) else context
    if isinstance(context, ast.Call) and isinstance(func, ast.Attribute) and func.attr in _BEGINS:
        own = module.project.function_of(path)
        return own is None or _ends_transaction(*own)
    if isinstance(context, ast.Call):
        called = function_of(module, func)
        if called is not None and _ends_transaction(*called):
            return True
    if path.partition(".")[0] in _ENTERED_COMMITS:
        handle = handle_of(module, context)
        return handle is not None and not path.endswith(("cursor", "Cursor"))
    return False


def _ends_transaction(module: Module, function: FunctionNode) -> bool:
    """Tell whether a function of the project commits what is done around a `yield`, or within it."""
    nodes = list(ast.walk(function))
    commits = any(ended(module, node, "commit") is not None for node in nodes)
    is_context = any(isinstance(node, ast.Yield) for node in nodes)
    begins = any(
        isinstance(node, ast.With | ast.AsyncWith)
        and any(opens_transaction(module, item.context_expr) for item in node.items)
        for node in nodes
    )
    has_inner = any(isinstance(node, FunctionNode) for node in nodes if node is not function)
    return (commits or begins) and (is_context or has_inner)


def is_covered(module: Module, node: ast.AST) -> bool:
    """Tell whether a transaction is open around a node: here, in all callers, or by Django's settings."""
    if transaction_at(module, node) is not None or in_atomic_request(module, node):
        return True
    function = module.function(node)
    return function is not None and _callers_cover(module, function)


def _callers_cover(module: Module, function: FunctionNode, depth: int = 0) -> bool:
    """Tell whether every call of a function stands in a transaction, a few calls up at most."""
    calls = few_callers(module, function)
    return 0 < len(calls) <= _CALLERS and all(
        _is_within(other, call, function, depth) for other, call in calls
    )


def _is_within(module: Module, call: ast.Call, function: FunctionNode, depth: int) -> bool:
    if transaction_at(module, call) is not None or in_atomic_request(module, call):
        return True
    above = module.function(call)
    if above is None or above is function or depth == _DEEP:
        return False
    return _callers_cover(module, above, depth + 1)


def in_atomic_request(module: Module, node: ast.AST) -> bool:
    """Tell whether a node runs in a view that Django puts into a transaction by `ATOMIC_REQUESTS`."""
    if module.role(node) is not Role.HANDLER:
        return False
    for path in module.project.mentions("ATOMIC_REQUESTS"):
        try:
            text = module.project.module(path).text
        except UnreadableSource:
            continue
        if _REQUESTS.search(text):
            return True
    return False


def is_autocommit(module: Module, handle: Handle) -> bool:
    """Tell whether a connection keeps every statement at once: `isolation_level=None`, `autocommit=True`."""
    for call in module.nodes(ast.Call):
        path = module.resolve(call.func) or ""
        if path.endswith((".connect", ".create_engine", ".execution_options")) and path.startswith(
            (handle.path.partition(".")[0], "sqlalchemy")
        ):
            level = keyword(call, "isolation_level")
            if isinstance(level, ast.Constant) and level.value in (None, "AUTOCOMMIT"):
                return True
            automatic = keyword(call, "autocommit")
            if isinstance(automatic, ast.Constant) and automatic.value is True:
                return True
    return any(
        isinstance(target, ast.Attribute) and target.attr == "autocommit"
        for statement in module.nodes(ast.Assign)
        for target in statement.targets
    )


def serializable(module: Module, node: ast.AST) -> bool:
    """Tell whether the database lets no two transactions overlap that change the same rows.

    SQLite does so from `BEGIN IMMEDIATE` on, others where the project asks for SERIALIZABLE.
    """
    if module.project.mentions("SERIALIZABLE"):
        return True
    for path in module.project.mentions("IMMEDIATE"):
        try:
            text = module.project.module(path).text
        except UnreadableSource:
            continue
        if "BEGIN IMMEDIATE" in text and "django" in text:
            return True  # transactions of the project's own
        if _IMMEDIATE.search(text) and is_covered(module, node):
            return True
    return False
