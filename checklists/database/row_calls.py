"""Calls that rows are passed to: what runs a statement, what shows rows, functions of the project."""

from __future__ import annotations

import ast
from dataclasses import replace
from typing import TYPE_CHECKING

from harden.calls import argument_for, callee_of
from harden.checklists.database.loaded import named_paths
from harden.checklists.database.row_held import Held, Kind
from harden.checklists.database.row_serialised import serialised_by
from harden.checklists.database.row_shown import is_render, rendered
from harden.checklists.database.row_steps import ROW, ROWS, RUNS, SAME, name_of
from harden.module import Module
from harden.tree import FunctionNode

if TYPE_CHECKING:
    from harden.checklists.database.row_reading import Reading


def passed(reading: Reading, module: Module, call: ast.Call, expr: ast.expr, held: Held) -> None:
    """Follow rows, or one of them, into a call that they are passed to."""
    name = name_of(call)
    if is_render(call):
        key = next((item.arg for item in call.keywords if item.value is expr), None)
        if key is not None:
            rendered(reading, module, call, {key: held})
        return
    if name == "prefetch_related_objects":
        reading.loads(named_paths(module, call.args[1:]))
        return
    if held.kind is Kind.ROWS and _runs(reading, module, call, name, held):
        return
    if serialised_by(reading, module, call, expr, held):
        return
    if held.kind is Kind.ROW and name == "str":
        reading.member(None, None, held, "__str__")
        return
    if name == "map" and held.kind is Kind.ROWS and len(call.args) == 2 and call.args[1] is expr:
        _mapped(reading, module, call, call.args[0], held)
    called = callee_of(module, call)
    if called is not None:
        _entered(reading, module, call, expr, held, *called)


def _runs(reading: Reading, module: Module, call: ast.Call, name: str, held: Held) -> bool:
    """Follow what a call gives that runs a statement, or that only hands rows on."""
    is_method = isinstance(call.func, ast.Attribute)
    if name in SAME and not is_method:
        for item in call.keywords:
            if item.arg == "key" and isinstance(item.value, ast.Lambda):
                _called_with(reading, module, item.value, held)
        reading.follow(module, call, held)
        return True
    if name not in RUNS or (callee_of(module, call) is not None):
        return False
    what = RUNS[name]
    if what == ROW:
        reading.follow(module, call, replace(held, kind=Kind.ROW, few=False, one=True))
    else:
        kind = Kind.ROWS if what == ROWS else Kind.TUPLES
        reading.follow(module, call, replace(held, kind=kind))
    return True


def _mapped(reading: Reading, module: Module, call: ast.Call, function: ast.expr, held: Held) -> None:
    """Follow the rows that `map` calls a function with."""
    if isinstance(function, ast.Lambda):
        _called_with(reading, module, function, held)
        return
    found = module.project.function_of(module.resolve(function) or "")
    bound = module.names.lookup(function) if isinstance(function, ast.Name) else None
    if found is None and isinstance(bound, FunctionNode):
        found = module, bound
    if found is not None and found[1].args.args:
        reading.enter(*found, found[1].args.args[0].arg, held.row, None)


def _called_with(reading: Reading, module: Module, function: ast.Lambda, held: Held) -> None:
    if function.args.args:
        reading.enter(module, function, function.args.args[0].arg, held.row, None)


def _entered(
    reading: Reading,
    module: Module,
    call: ast.Call,
    expr: ast.expr,
    held: Held,
    other: Module,
    function: FunctionNode,
) -> None:
    if function.name == "__init__":
        return
    arguments = function.args
    for arg in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs):
        if argument_for(call, function, arg.arg) is expr:
            reading.enter(other, function, arg.arg, held, (module, call))
            return
