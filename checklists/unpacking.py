"""What `**options` bring into a call, where the dict is in sight."""

from __future__ import annotations

import ast

from harden.module import Module, keyword

_READERS = ("get", "items", "keys", "values", "copy")


def argument(module: Module, call: ast.Call, name: str) -> ast.expr | None:
    """Return the value of an argument that is given by keyword, or by a dict in sight."""
    given = keyword(call, name)
    return given if given is not None else (unpacked(module, call) or {}).get(name)


def is_open(module: Module, call: ast.Call) -> bool:
    """Tell whether a call passes `*args` or `**options` whose content is not in sight."""
    return unpacked(module, call) is None


def unpacked(module: Module, call: ast.Call) -> dict[str, ast.expr] | None:
    """Return the arguments that `**` brings into a call, None where they cannot be told."""
    if any(isinstance(item, ast.Starred) for item in call.args):
        return None
    found: dict[str, ast.expr] = {}
    for item in call.keywords:
        brought = entries(module, item.value) if item.arg is None else {}
        if brought is None:
            return None
        found.update(brought)
    return found


def entries(module: Module, value: ast.expr) -> dict[str, ast.expr] | None:
    """Return the entries of a dict that is written out, or of a name that only ever holds such a one."""
    match value:
        case ast.Dict(keys=keys, values=values):
            names = [key.value if isinstance(key, ast.Constant) else None for key in keys]
            pairs = zip(names, values, strict=True)
            found = {name: given for name, given in pairs if isinstance(name, str)}
            return found if len(found) == len(names) else None
        case ast.Call(func=ast.Name(id="dict"), args=[], keywords=words):
            found = {word.arg: word.value for word in words if word.arg is not None}
            return found if len(found) == len(words) else None
        case ast.Name():
            made = _only_value(module, value)
            return entries(module, made) if isinstance(made, ast.Dict | ast.Call) else None
    return None


def _only_value(module: Module, name: ast.Name) -> ast.expr | None:
    """Return the one value that a name is ever given, None where it may be another or be changed."""
    scope = module.names.scope(name)
    while name.id not in scope.bindings and scope.parent is not None:
        scope = scope.parent
    bound = scope.bindings.get(name.id, [])
    statement = module.parents.get(bound[0]) if len(bound) == 1 else None
    if not isinstance(statement, ast.Assign | ast.AnnAssign):
        return None
    if any(node.id == name.id and _may_change(module, node) for node in module.nodes(ast.Name)):
        return None
    return statement.value


def _may_change(module: Module, node: ast.Name) -> bool:
    """Tell whether a use of a dict is anything but reading it or passing it on by `**`."""
    if isinstance(node.ctx, ast.Store):
        return False
    parent = module.parents.get(node)
    if isinstance(parent, ast.keyword):
        return parent.arg is not None
    if isinstance(parent, ast.Subscript):
        return not isinstance(parent.ctx, ast.Load)
    return not (isinstance(parent, ast.Attribute) and parent.attr in _READERS)
