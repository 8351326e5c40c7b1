"""Whether somebody copes with a database that refuses a row: a double, or a key that leads nowhere."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from harden.calls import few_callers
from harden.checklists.database.inserts import Insert
from harden.checklists.database.transactions import commits_of, transaction_at
from harden.errors import UnreadableSource
from harden.handlers import caught
from harden.model_facts import Orm
from harden.module import Module
from harden.roles import Role
from harden.tree import FunctionNode, own_nodes

_ALCHEMY = (Orm.SQLALCHEMY, Orm.SQLMODEL)
_LATER = frozenset({"add", "add_all", "bulk_save_objects"})

_VIOLATIONS = frozenset(
    {"IntegrityError", "UniqueViolation", "UniqueViolationError", "ForeignKeyViolation", "DuplicateKeyError"}
    | {
        "NotUniqueError",
        "ForeignKeyViolationError",
        "IntegrityConstraintViolationError",
        "UniqueConstraintError",
    }
    | {"BulkWriteError", "WriteError", "PyMongoError", "OperationFailure", "ValidationError"}
    | {"DatabaseError", "DBAPIError", "SQLAlchemyError", "Error", "PostgresError", "PeeweeException"}
    | {"Exception", "BaseException"}
)
"""Errors whose handlers see that the database refused, by the last part of their path."""
_HANDLING = frozenset({"errorhandler", "app_errorhandler", "register_error_handler", "exception_handler"})
_ADDS_HANDLER = frozenset({"add_exception_handler", "register_error_handler"})


def raised_at(module: Module, function: FunctionNode, insert: Insert) -> ast.AST | None:
    """Return what sends the new row to the database: the call, or the commit that comes after it."""
    name = insert.call.func.attr if isinstance(insert.call.func, ast.Attribute) else ""
    if insert.store.model is None or insert.store.model.orm not in _ALCHEMY or name not in _LATER:
        return insert.call
    after = insert.call.lineno, insert.call.col_offset
    flushes = [
        node
        for node in own_nodes(function)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "flush"
    ]
    found = [*flushes, *(commit.at for commit in commits_of(module, function))]
    later = [node for node in found if (node.lineno, node.col_offset) > after]
    if later:
        return min(later, key=lambda node: (node.lineno, node.col_offset))
    return insert.call if transaction_at(module, insert.call) is not None else None


def is_caught(module: Module, function: FunctionNode, place: ast.AST, depth: int = 0) -> bool:
    """Tell whether a violation is caught: here, in a caller, or for the whole application."""
    if copes(module, place) or answers_violations(module):
        return True
    if depth > 1 or module.role(function) is Role.HANDLER:
        return False
    callers = ((other, call, other.function(call)) for other, call in few_callers(module, function))
    return any(
        outer is not None and is_caught(other, outer, call, depth + 1) for other, call, outer in callers
    )


def copes(module: Module, node: ast.AST) -> bool:
    """Tell whether a violation at `node` is caught around it, in its own function."""
    child = node
    for outer in module.ancestors(node):
        if isinstance(outer, FunctionNode | ast.Lambda | ast.ClassDef):
            return False
        tried = outer.handlers if isinstance(outer, ast.Try) and child in outer.body else []
        if any(_sees(path) for handler in tried for path in _kinds(module, handler)):
            return True
        if isinstance(outer, ast.With | ast.AsyncWith) and any(
            _suppresses(module, item.context_expr) for item in outer.items
        ):
            return True
        child = outer
    return False


def _kinds(module: Module, handler: ast.ExceptHandler) -> Iterator[str]:
    yield from caught(module, handler)
    kinds = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    yield from (ast.unparse(kind) for kind in kinds if kind is not None)


def _sees(path: str) -> bool:
    return path.rpartition(".")[2] in _VIOLATIONS


def _suppresses(module: Module, expr: ast.expr) -> bool:
    if not isinstance(expr, ast.Call) or module.resolve(expr.func) != "contextlib.suppress":
        return False
    return any(_sees(ast.unparse(item)) for item in expr.args)


def answers_violations(module: Module) -> bool:
    """Tell whether the application answers violations of all its handlers in one place."""
    words = (*_HANDLING, "EXCEPTION_HANDLER", *_ADDS_HANDLER)
    for path in sorted({path for word in words for path in module.project.mentions(word)}):
        try:
            other = module.project.module(path)
        except UnreadableSource:
            continue
        for call in other.nodes(ast.Call):
            func = call.func
            name = func.attr if isinstance(func, ast.Attribute) else getattr(func, "id", "")
            if name in _HANDLING | _ADDS_HANDLER and any(_names_one(item) for item in call.args):
                return True
    return False


def _names_one(expr: ast.expr) -> bool:
    """Tell whether an argument names a violation itself; what only answers 500 to everything tells nobody."""
    named = ast.unparse(expr).rpartition(".")[2] if isinstance(expr, ast.Name | ast.Attribute) else ""
    return named in _VIOLATIONS - {"Exception", "BaseException", "ValidationError", "Error"}
