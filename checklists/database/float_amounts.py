"""Amounts of money in code: under which name they go, and whether they are exact."""

from __future__ import annotations

import ast

from harden.annotated import kind_of
from harden.model_facts import last_of
from harden.models import models_of
from harden.module import Module
from harden.tree import own_nodes

FLOATS = frozenset({"Float", "FLOAT", "REAL", "DOUBLE", "Double", "DOUBLE_PRECISION", "FloatField", "float"})
"""What types of columns and fields are called that hold floats."""
_SENT = ("flask.request", "builtins.input", "django.http.request", "fastapi.Form", "quart.request")


def spelled(expr: ast.expr) -> str:
    """Return the name that an expression goes under: of a variable, attribute, key or method."""
    match expr:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
        case ast.Subscript(slice=ast.Constant(value=str() as name)):
            return name
        case ast.Call(func=ast.Attribute(attr="get" | "pop"), args=[ast.Constant(value=str() as name), *_]):
            return name
        case ast.Call(func=ast.Name(id="float" | "input"), args=[inner]):
            return spelled(inner)
    return ""


def is_exact(module: Module, expr: ast.expr, name: str) -> bool:
    """Tell whether an amount is exact, by its annotation or by the columns of its name."""
    held = module.flow.values(expr) if isinstance(expr, ast.Name) else ()
    for value in held:
        if isinstance(value.node, ast.arg) and value.node.annotation is not None:
            kind = kind_of(value.module, value.node.annotation)
            return kind.path != "builtins.float"
        if value.expr is not None and last_of(value.module.resolve(value.expr)) in ("Decimal", "int"):
            return True
    columns = [model.columns[name] for model in models_of(module.project).all if name in model.columns]
    return bool(columns) and all(column.kind not in FLOATS for column in columns)


def is_sent(module: Module, node: ast.AST) -> bool:
    """Tell whether an expression is part of a request, or an answer of another service."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "json":
        return True
    return isinstance(node, ast.Name | ast.Attribute) and (module.resolve(node) or "").startswith(_SENT)


def begins_as_float(module: Module, node: ast.AugAssign, name: str) -> bool:
    """Tell whether a statement is the first to add to a name that begins as a float, or adds floats to it."""
    function = module.function(node)
    own = list(own_nodes(function)) if function is not None else []
    first = next((item for item in own if isinstance(item, ast.Assign) and _names(item.targets, name)), None)
    adding = (item for item in own if isinstance(item, ast.AugAssign) and _names([item.target], name))
    if first is None or next(adding, None) is not node:
        return False
    is_made = any(module.resolve(item.func) == "builtins.float" for item in _calls(node.value))
    return is_made or (isinstance(first.value, ast.Constant) and isinstance(first.value.value, float))


def _names(targets: list[ast.expr], name: str) -> bool:
    return any(isinstance(target, ast.Name) and target.id == name for target in targets)


def _calls(expr: ast.expr) -> list[ast.Call]:
    return [node for node in ast.walk(expr) if isinstance(node, ast.Call)]


def is_summed(module: Module, call: ast.Call) -> bool:
    """Tell whether a value is one of those that `sum(… for …)` adds up."""
    for outer in module.ancestors(call):
        if isinstance(outer, ast.GeneratorExp | ast.ListComp):
            holder = module.parents.get(outer)
            return isinstance(holder, ast.Call) and module.resolve(holder.func) == "builtins.sum"
        if not isinstance(outer, ast.BinOp | ast.IfExp | ast.BoolOp):
            return False
    return False


def is_float(module: Module, value: ast.expr | None, annotation: ast.expr | None) -> bool:
    """Tell whether a class attribute may be a float: by what it is made from, or by its annotation."""
    if isinstance(value, ast.Call) and any(
        last_of(f".{module.resolve(item) or ast.unparse(item)}") in FLOATS
        for item in (value.func, *(arg.func if isinstance(arg, ast.Call) else arg for arg in _types(value)))
    ):
        return True
    if annotation is None or "float" not in ast.unparse(annotation):
        return False
    kind = kind_of(module, annotation)
    return kind.path == "builtins.float" and not kind.many


def _types(call: ast.Call) -> list[ast.expr]:
    return [
        item
        for item in [
            *call.args,
            *(entry.value for entry in call.keywords if entry.arg in ("type_", "sa_type", "sa_column")),
        ]
        if isinstance(item, ast.Name | ast.Attribute | ast.Call)
    ]
