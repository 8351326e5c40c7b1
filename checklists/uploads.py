"""Files that a request has brought along."""

from __future__ import annotations

import ast

from harden.checklists.taint import taint_of
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
    if _is_declared(module, expr):
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


def _is_picked(module: Module, expr: ast.expr, depth: int = 0) -> bool:
    """Tell whether something is taken from `request.files` or `request.FILES`, here or by a caller."""
    if depth > _DEEP:
        return False
    match expr:
        case ast.Subscript(value=ast.Attribute(attr=name)) if name in _PARTS:
            return True
        case ast.Call(func=ast.Attribute(value=ast.Attribute(attr=name), attr=method)) if name in _PARTS:
            return method in _PICKS
        case ast.Attribute(value=value) | ast.Await(value=value) | ast.Subscript(value=value):
            return _is_picked(module, value, depth + 1)
        case ast.Call(func=ast.Attribute(value=value)):
            return _is_picked(module, value, depth + 1)
        case ast.Name():
            return (
                any(
                    value.expr is not None
                    and value.expr is not expr
                    and _is_picked(value.module, value.expr, depth + 1)
                    for value in module.flow.values(expr)
                )
                or "files" in _steps(module, expr).lower()
            )
    return False


def _steps(module: Module, expr: ast.Name) -> str:
    found = taint_of(module, expr)
    return " ".join(found.steps[:1]) if found is not None else ""
