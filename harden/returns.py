"""What a function hands to its caller, as its own text tells it."""

from __future__ import annotations

import ast

from harden.tree import FunctionNode, own_nodes

TRANSPARENT = frozenset(
    {"functools.lru_cache", "functools.cache", "functools.cached_property", "functools.wraps"}
    | {"contextlib.contextmanager", "contextlib.asynccontextmanager"}
    | {"builtins.property", "builtins.staticmethod", "builtins.classmethod"}
    | {"abc.abstractmethod", "typing.override", "typing.final", "typing.no_type_check"}
    | {"typing_extensions.override", "typing_extensions.final"}
    | {"django.utils.functional.cached_property", "werkzeug.utils.cached_property"}
    | {"werkzeug.cached_property", "async_lru.alru_cache", "cached_property.cached_property"}
)
"""Decorators under which a call still gives what the function returns, or yields."""
PROPERTIES = frozenset(
    {"builtins.property", "functools.cached_property", "cached_property.cached_property"}
    | {"django.utils.functional.cached_property", "werkzeug.utils.cached_property"}
    | {"werkzeug.cached_property"}
)
HANDED_ON = frozenset(
    {"builtins.staticmethod", "builtins.classmethod", "functools.lru_cache", "functools.cache"}
    | {"typing.cast", "typing_extensions.cast"}
)
"""Calls that give back what they are given, or what behaves like it."""
CALLED_LATER = frozenset(
    {"fastapi.Depends", "fastapi.params.Depends", "fastapi.param_functions.Depends", "fastapi.Security"}
    | {"werkzeug.local.LocalProxy", "django.utils.functional.SimpleLazyObject"}
)
"""Calls that stand for what the function they are given returns."""
FIELDS = frozenset({"dataclasses.field", "attr.ib", "attrs.field", "pydantic.Field", "pydantic.fields.Field"})
"""What declares an attribute instead of giving it a value."""
ITERATORS = frozenset(
    f"{package}.{name}"
    for package in ("typing", "collections.abc", "typing_extensions")
    for name in ("Iterator", "Iterable", "Generator", "AsyncIterator", "AsyncIterable", "AsyncGenerator")
)
MANAGERS = frozenset(
    {"typing.ContextManager", "typing.AsyncContextManager", "contextlib.AbstractContextManager"}
    | {"contextlib.AbstractAsyncContextManager", "typing.Awaitable", "collections.abc.Awaitable"}
)
UNTOLD = frozenset({"typing.Any", "builtins.object", "typing.TypeVar"})
"""Annotations that tell nothing."""


def given_by(function: FunctionNode) -> tuple[list[ast.expr], bool]:
    """Return what a function returns, or yields if it does, None left out; and whether it yields."""
    returned: list[ast.expr] = []
    yielded: list[ast.expr] = []
    is_generator = False
    for node in own_nodes(function):
        if isinstance(node, ast.Return) and node.value is not None:
            returned += _either(node.value)
        elif isinstance(node, ast.Yield | ast.YieldFrom):
            is_generator = True
            if isinstance(node, ast.Yield) and node.value is not None:
                yielded += _either(node.value)
    given = yielded if is_generator else returned
    return [
        expr for expr in given if not (isinstance(expr, ast.Constant) and expr.value is None)
    ], is_generator


def _either(expr: ast.expr) -> list[ast.expr]:
    """Return what `a if c else b` may be, or the expression itself."""
    return [*_either(expr.body), *_either(expr.orelse)] if isinstance(expr, ast.IfExp) else [expr]
