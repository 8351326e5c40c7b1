"""Files that a request has brought along."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from harden.checklists.file_paths import given_by_callers
from harden.checklists.taint import taint_of
from harden.flow import How
from harden.module import Module

_CLASSES = (
    *("fastapi.UploadFile", "starlette.datastructures.UploadFile", "fastapi.datastructures.UploadFile"),
    *("werkzeug.datastructures.FileStorage", "werkzeug.FileStorage"),
    *("django.core.files.uploadedfile.", "django.core.files.UploadedFile"),
)
_PARTS = frozenset({"FILES", "files"})
_PICKS = frozenset({"get", "getlist", "values", "items", "pop"})
_DEEP = 6


def is_upload(module: Module, expr: ast.expr) -> bool:
    """Tell whether an expression is a file of a request, or is read from one."""
    if _is_declared(module, expr) or _is_one_of_several(module, expr):
        return True
    found = taint_of(module, expr)
    if found is None:
        return False
    return found.what == "an upload" or _is_picked(module, expr)


def _is_declared(module: Module, expr: ast.expr) -> bool:
    node: ast.expr = expr
    for _ in range(_DEEP):
        path = module.resolve(node) or ""
        if path.startswith(_CLASSES) or (module.project.owns(path) and module.is_a(path, *_CLASSES)):
            return True
        match node:
            case (
                ast.Attribute(value=value)
                | ast.Await(value=value)
                | ast.Call(func=ast.Attribute(value=value))
            ):
                node = value
            case _:
                return False
    return False


def _is_one_of_several(module: Module, expr: ast.expr) -> bool:
    """Tell whether something is an item of a parameter that is declared as `list[UploadFile]`."""
    root: ast.expr = expr
    while isinstance(root, ast.Attribute | ast.Await | ast.Call):
        root = root.func if isinstance(root, ast.Call) else root.value
    for value in module.flow.values(root) if isinstance(root, ast.Name) else ():
        bound = module.names.lookup(value.expr) if isinstance(value.expr, ast.Name) else None
        declared = bound.annotation if isinstance(bound, ast.arg) else None
        kinds = ast.walk(declared) if declared is not None and value.how is How.ITEM else ()
        for kind in kinds:
            path = module.resolve(kind) if isinstance(kind, ast.Name | ast.Attribute) else None
            if path is not None and path.startswith(_CLASSES):
                return True
    return False


def _is_picked(module: Module, expr: ast.expr, depth: int = 0) -> bool:
    """Tell whether something is taken from `request.files` or `request.FILES`, here or by a caller."""
    if depth > _DEEP:
        return False
    match expr:
        case ast.Subscript(value=value) if _is_files(module, value):
            return True
        case ast.Call(func=ast.Attribute(value=value, attr=method)) if _is_files(module, value):
            return method in _PICKS
        case ast.Attribute(value=value) | ast.Await(value=value) | ast.Subscript(value=value):
            return _is_picked(module, value, depth + 1)
        case ast.Call(func=ast.Attribute(value=value)):
            return _is_picked(module, value, depth + 1)
        case ast.Name():
            return any(_is_picked(*given, depth + 1) for given in _held(module, expr))
    return False


def _held(module: Module, name: ast.Name) -> Iterator[tuple[Module, ast.expr]]:
    """Yield what a name holds, of a parameter what callers pass for it."""
    for value in module.flow.values(name):
        if value.how is How.PARAMETER:
            yield from given_by_callers(value.module, value.node)
        elif value.expr is not None and value.expr is not name:
            yield value.module, value.expr


def _is_files(module: Module, expr: ast.expr) -> bool:
    if isinstance(expr, ast.Attribute) and expr.attr in _PARTS:
        return True
    return (module.resolve(expr) or "").rpartition(".")[2] in _PARTS
