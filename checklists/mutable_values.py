"""Values that can be changed in place, and what code does with them."""

from __future__ import annotations

import ast

from harden.module import Module
from harden.tree import FunctionNode

_MAKERS = frozenset(
    {"builtins.list", "builtins.dict", "builtins.set", "builtins.bytearray"}
    | {f"collections.{name}" for name in ("defaultdict", "deque", "OrderedDict", "Counter")}
)
_LITERALS = (ast.List, ast.Dict, ast.Set, ast.ListComp, ast.DictComp, ast.SetComp)
_CHANGES = frozenset(
    {"append", "extend", "insert", "add", "update", "setdefault", "appendleft", "extendleft"}
    | {"pop", "popitem", "popleft", "remove", "discard", "clear", "sort", "reverse"}
)
_READS = frozenset({"get", "items", "keys", "values", "copy", "index", "count", "union", "intersection"})
_PURE = frozenset(
    {
        f"builtins.{name}"
        for name in ("len", "list", "tuple", "set", "dict", "sorted", "frozenset", "enumerate")
    }
    | {f"builtins.{name}" for name in ("any", "all", "sum", "min", "max", "bool", "str", "repr", "zip")}
    | {"builtins.isinstance", "builtins.print"}
)
_READ_ONLY_TYPES = frozenset(
    f"{package}.{name}"
    for package in ("typing", "collections.abc")
    for name in ("Sequence", "Mapping", "Collection", "Iterable", "Container", "AbstractSet", "Set")
    if (package, name) != ("typing", "Set")
)


def is_mutable(module: Module, expr: ast.expr) -> bool:
    """Tell whether an expression makes a list, a dict, a set or the like."""
    if isinstance(expr, ast.Call):
        return isinstance(expr.func, ast.Name | ast.Attribute) and module.resolve(expr.func) in _MAKERS
    return isinstance(expr, _LITERALS)


def is_changed_or_passed_on(module: Module, node: FunctionNode | ast.Lambda, name: str) -> bool:
    """Tell whether anything but a read can happen to the parameter."""
    body = node.body if isinstance(node.body, list) else [node.body]
    uses = [
        use
        for statement in body
        for use in ast.walk(statement)
        if isinstance(use, ast.Name) and use.id == name and isinstance(use.ctx, ast.Load)
    ]
    return any(not _only_reads(module, use) for use in uses)


def _only_reads(module: Module, use: ast.Name) -> bool:
    match module.parents.get(use):
        case ast.Attribute(attr=method):
            return method in _READS
        case ast.Subscript(value=value, ctx=ast.Load()):
            return value is use
        case ast.Call() as call:
            return use in call.args and module.resolve(call.func) in _PURE
        case ast.For(iter=source) | ast.AsyncFor(iter=source) | ast.comprehension(iter=source):
            return source is use
        case ast.BoolOp() as either:
            test = module.parents.get(either)
            return isinstance(test, ast.If | ast.While) or _is_copied(module, test)
        case ast.Compare() | ast.If() | ast.While() | ast.UnaryOp() | ast.Starred() | ast.FormattedValue():
            return True
        case ast.BinOp() | ast.Dict():
            return True
    return False


def _is_copied(module: Module, node: ast.AST | None) -> bool:
    return isinstance(node, ast.Call) and module.resolve(node.func) in _PURE


def class_attribute(module: Module, statement: ast.stmt) -> str:
    """Return the name of a class attribute that starts as a mutable value, or nothing."""
    match statement:
        case ast.Assign(targets=[ast.Name(id=name)], value=value) if is_mutable(module, value):
            return name
        case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value, annotation=annotation):
            is_shared = "ClassVar" in ast.dump(annotation)
            return name if is_mutable(module, value) and not is_shared else ""
    return ""


def attribute_uses(node: ast.ClassDef) -> tuple[set[str], set[str], set[str]]:
    """Return the attributes changed through self, those assigned on self, those reached through the class."""
    changed: set[str] = set()
    assigned: set[str] = set()
    shared: set[str] = set()
    for use in ast.walk(node):
        match use:
            case ast.Call(
                func=ast.Attribute(value=ast.Attribute(value=ast.Name(id="self"), attr=name), attr=m)
            ):
                if m in _CHANGES:
                    changed.add(name)
            case ast.Subscript(
                value=ast.Attribute(value=ast.Name(id="self"), attr=name), ctx=ast.Store() | ast.Del()
            ):
                if not name.startswith("_"):  # a private table that is filled by key is mostly a memo
                    changed.add(name)
            case ast.Attribute(value=ast.Name(id="self"), attr=name, ctx=ast.Store()):
                assigned.add(name)
            case ast.Attribute(value=ast.Name(id="cls"), attr=name):
                shared.add(name)
    return changed, assigned, shared


def is_read_only(module: Module, arg: ast.arg) -> bool:
    """Tell whether the annotation promises that nobody changes the value."""
    kind = module.names.annotation(arg.annotation) if arg.annotation is not None else None
    return (kind or "").partition("[")[0] in _READ_ONLY_TYPES


def is_same_inside(module: Module, node: FunctionNode, name: ast.Name) -> bool:
    """Tell whether a name of a default means the same in the body: it is bound there or at module level."""
    if isinstance(name.ctx, ast.Store):
        return True
    scope = module.names.scope(name)
    while isinstance(scope.node, ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp):
        if name.id in scope.bindings or scope.parent is None:
            return True
        scope = scope.parent
    if name.id in module.names.scopes[node].bindings:
        return False
    while scope.parent is not None:
        if name.id in scope.bindings:
            return False
        scope = scope.parent
    return True
