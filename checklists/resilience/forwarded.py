"""Whether a limit that a function only forwards for its callers is ever given by one of them."""

from __future__ import annotations

import ast
from itertools import islice

from harden.calls import argument_for, uses_of
from harden.module import Module, has_star_arguments, is_literal, keyword
from harden.tree import FunctionNode

_MANY = 50
"""Uses of a function that are looked at; one with more is nobody's private helper."""
_READERS = ("get", "items", "keys", "values", "copy")


def never_given(module: Module, call: ast.Call, name: str) -> str:
    """Return how a call takes an argument from its function's callers where none of them gives it.

    `options`: by the function's own `**options`; `parameter`: by a parameter whose default is None. Nothing
    where it is taken otherwise, where a caller gives it, or where not every use of the function is a call.
    """
    function = module.function(call)
    if function is None or isinstance(module.statement(call), FunctionNode):
        return ""
    form = _form(module, call, function, name)
    return form if form and _nobody_gives(module, function, form, name) else ""


def _form(module: Module, call: ast.Call, function: FunctionNode, name: str) -> str:
    value = keyword(call, name)
    if isinstance(value, ast.Name):
        own = {arg.arg: arg for arg in (*function.args.args, *function.args.kwonlyargs)}
        bound = module.names.scopes[function].bindings.get(value.id, [])
        if value.id == name and bound == [own.get(name)] and not _is_tested(module, function, name):
            return "parameter"
    options = [item.value for item in call.keywords if item.arg is None]
    if value is not None or len(options) != 1 or any(isinstance(item, ast.Starred) for item in call.args):
        return ""
    given, kwarg = options[0], function.args.kwarg
    if kwarg is None or not isinstance(given, ast.Name) or given.id != kwarg.arg:
        return ""
    return "options" if not _is_changed(module, function, kwarg) else ""


def _is_changed(module: Module, function: FunctionNode, kwarg: ast.arg) -> bool:
    """Tell whether a function does anything with its `**options` but hand them on and read them."""
    if module.names.scopes[function].bindings.get(kwarg.arg, []) != [kwarg]:
        return True
    for node in ast.walk(function):
        if isinstance(node, ast.Name) and node.id == kwarg.arg:
            parent = module.parents.get(node)
            is_read = isinstance(parent, ast.Attribute) and parent.attr in _READERS
            if not is_read and not (isinstance(parent, ast.keyword) and parent.arg is None):
                return True
    return False


def _is_tested(module: Module, function: FunctionNode, name: str) -> bool:
    """Tell whether a function asks for the parameter, so that None may never reach the call."""
    return any(
        isinstance(node, ast.Name)
        and node.id == name
        and isinstance(module.parents.get(node), ast.If | ast.Compare | ast.BoolOp | ast.IfExp | ast.UnaryOp)
        for node in ast.walk(function)
    )


def _nobody_gives(module: Module, function: FunctionNode, form: str, name: str) -> bool:
    if function.decorator_list or _may_be_overridden(module, function):
        return False
    uses = list(islice(uses_of(module, function), _MANY))
    if not uses or len(uses) == _MANY:
        return False
    for other, use in uses:
        made = other.parents.get(use)
        if not isinstance(made, ast.Call) or made.func is not use or has_star_arguments(made):
            return False
        given = keyword(made, name) if form == "options" else argument_for(made, function, name)
        if form == "options" and given is not None:
            return False
        if form == "parameter" and not is_literal(given, None):
            return False
    return True


def _may_be_overridden(module: Module, function: FunctionNode) -> bool:
    """Tell whether a method fulfils what a base class lays down, so that others call it too."""
    owner = module.parents.get(function)
    return isinstance(owner, ast.ClassDef) and any(
        module.resolve(base) not in ("builtins.object", "abc.ABC") for base in owner.bases
    )
