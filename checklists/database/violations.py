"""Whether somebody copes with a database that refuses a row: a double, or a key that leads nowhere."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from harden.errors import UnreadableSource
from harden.handlers import caught
from harden.module import Module
from harden.tree import FunctionNode

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
