"""What a process keeps in its memory from one request to the next, and everything that changes it."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from harden.called import function_of
from harden.calls import reads_of
from harden.checklists.answering import is_service
from harden.checklists.mutable_values import is_mutable
from harden.checklists.state.changes import change_of
from harden.checklists.state.kept import Kept, Use, is_plain, is_state, kept, modules_naming, shipped
from harden.checklists.state.kept_by_apps import kept_by_apps, kept_by_makers
from harden.checklists.state.kept_by_classes import kept_by_classes
from harden.checklists.state.kept_by_objects import kept_by_objects
from harden.model_facts import last_of
from harden.module import Module
from harden.returns import given_by

_READERS = frozenset({"json.load", "json.loads", "pickle.load", "yaml.safe_load", "csv.DictReader"})


def kept_in(module: Module) -> tuple[Kept, ...]:
    """Return what a file keeps in memory and a function anywhere changes, in source order."""
    found = [*_of_module(module), *kept_by_classes(module), *kept_by_objects(module)]
    found += [*kept_by_apps(module), *kept_by_makers(module)]
    return tuple(sorted(found, key=lambda one: one.node.lineno))


def _of_module(module: Module) -> Iterator[Kept]:
    """Yield the names of the top level, wherever they are changed."""
    bindings = module.names.scopes[module.tree].bindings
    begins = {name: begun for name, bound in bindings.items() if (begun := _begun(module, bound)) is not None}
    begins |= {name: begun for name, begun in _loaded(module) if name not in begins}
    uses: dict[str, list[Use]] = {name: [] for name in begins}
    for use in module.nodes(ast.Name) if begins else ():
        if use.id in uses and module.function(use) and _is_global(module, use):
            uses[use.id].append((module, use))
    for name, (node, value) in begins.items():
        others = _elsewhere(module, name, value, uses[name])
        yield from kept(name, node, value, [*uses[name], *others])


def _begun(module: Module, bound: list[ast.AST]) -> tuple[ast.stmt, ast.expr] | None:
    """Return the statement and value by which a top-level name becomes a container or a plain value."""
    for node in bound:
        statement = module.parents.get(node)
        match statement:
            case ast.Assign(value=value) | ast.AnnAssign(value=ast.expr() as value):
                if module.function(node) is None:
                    return (statement, value) if is_plain(value) or is_state(module, value) else None
    return None


def _loaded(module: Module) -> Iterator[tuple[str, tuple[ast.stmt, ast.expr]]]:
    """Yield the names that are given what was read from a file, where a function puts something in."""
    bindings = module.names.scopes[module.tree].bindings
    for use in module.nodes(ast.Name):
        bound = bindings.get(use.id, ())
        statement = module.parents.get(bound[0]) if bound else None
        value = statement.value if isinstance(statement, ast.Assign | ast.AnnAssign) else None
        if not isinstance(value, ast.Call) or not isinstance(statement, ast.stmt) or not module.function(use):
            continue
        if change_of(module, use) and _is_global(module, use) and _reads_container(module, value):
            yield use.id, (statement, value)


def _reads_container(module: Module, call: ast.Call) -> bool:
    """Tell whether a call gives a list or a dict that it read or made."""
    if module.resolve(call.func) in _READERS:
        return True
    found = function_of(module, call.func)
    if found is None:
        return False
    other, function = found
    given = given_by(function)[0]
    return any(is_mutable(other, expr) or other.resolve(expr) in _READERS for expr in given)


def _is_global(module: Module, use: ast.Name) -> bool:
    bound = module.names.lookup(use)
    return bound is not None and bound in module.names.scopes[module.tree].bindings[use.id]


def _elsewhere(module: Module, name: str, value: ast.expr, own: list[Use]) -> Iterator[Use]:
    """Yield uses of a top-level name in other files.

    None are looked for of a private name that is changed here, nor of a table that nobody changes here.
    """
    is_table = is_plain(value) or getattr(value, "keys", None) or getattr(value, "elts", None)
    is_changed = any(change_of(*use) for use in own)
    if name.startswith("_") if is_changed else (name.isupper() and is_table):
        return
    if not is_service(module):
        return
    if not is_plain(value):
        if any(path != module.path for path in shipped(module.project.naming(name))):
            reads = reads_of(module, name, module.tree)
            yield from ((other, use) for other, use in reads if other.function(use))
        return
    for other in modules_naming(module, name, within=module.project.naming(last_of(module.name))):
        for use in other.nodes(ast.Attribute):
            is_given = use.attr == name and isinstance(use.ctx, ast.Store) and other.function(use)
            if is_given and other.resolve(use.value) == module.name:
                yield other, use
