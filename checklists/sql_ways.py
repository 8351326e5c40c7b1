"""Text that is put together over several statements and functions: each way to build it, in pieces."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import replace

from harden.calls import argument_for, callee_of
from harden.checklists.sql_text import SAME, STRIPS, Piece, is_sql, pieces_of
from harden.flow import How, Value, returned
from harden.folding import constants
from harden.module import Module
from harden.tree import FunctionNode

_DEEP = 8
_WAYS = 6
"""Ways a text may be put together that are told apart."""


def ways_of(module: Module, expr: ast.expr, depth: int = 0) -> list[list[Piece]] | None:
    """Return the pieces of text followed through names, lists and functions, once for each way to build it.

    None where the expression builds no text that is in sight.
    """
    if depth > _DEEP:
        return None
    known = constants(module, expr)
    if known is not None:
        texts = [value for value in known if isinstance(value, str)]
        return [[Piece(text)] for text in texts[:_WAYS]] if len(texts) == len(known) else None
    if (inner := _unwrapped(module, expr)) is not expr:
        return ways_of(module, inner, depth + 1)
    own = pieces_of(module, expr)
    if own is not None:
        return _inlined(module, expr, own, depth)
    match expr:
        case ast.Name() | ast.Attribute():
            return _of_values(module, expr, depth)
        case ast.IfExp(body=body, orelse=orelse):
            return _branches(module, [body, orelse], depth)
        case ast.BoolOp(values=values):
            return _branches(module, values, depth)
        case ast.Await(value=value) | ast.NamedExpr(value=value):
            return ways_of(module, value, depth + 1)
        case ast.Call(func=ast.Attribute(value=base, attr="join"), args=[items]):
            return _of_list(module, module.string(base) or " ", items, expr, depth)
        case ast.Call():
            return _of_function(module, expr, depth)
    return None


def _unwrapped(module: Module, expr: ast.expr) -> ast.expr:
    """Return what `text(...)`, `dedent(...)` and `.strip()` only wrap."""
    match expr:
        case ast.Call(func=ast.Attribute(value=base, attr=attr), args=[]) if attr in STRIPS:
            return base
        case ast.Call(func=func, args=[inner, *_]) if module.resolve(func) in SAME:
            return inner
    return expr


def _branches(module: Module, exprs: list[ast.expr], depth: int) -> list[list[Piece]] | None:
    found = [way for expr in exprs for way in ways_of(module, expr, depth + 1) or ()]
    return found[:_WAYS] or None


def _inlined(module: Module, expr: ast.expr, own: list[Piece], depth: int) -> list[list[Piece]]:
    """Return the pieces of one expression with those of the texts that are put into it."""
    ways: list[list[Piece]] = [[]]
    for piece in own:
        more: list[list[Piece]] = [[piece]]
        if piece.expr is not None:
            inner = ways_of(module, piece.expr, depth + 1) if piece.plain else None
            more = inner or [[replace(piece, module=module)]]
            held = ((module, expr),)
            more = [
                [replace(p, holders=(*held, *p.holders)) if p.expr is not None else p for p in way]
                for way in more
            ]
        ways = [[*way, *tail] for way in ways for tail in more][:_WAYS]
    return ways


def _of_values(module: Module, expr: ast.expr, depth: int) -> list[list[Piece]] | None:
    values = module.flow.values(expr)
    given = [value for value in values if value.how is How.GIVEN and value.expr is not None]
    added = [value for value in values if value.how is How.ADDED and value.expr is not None]
    ways = [way for value in given for way in _of_value(value, depth)]
    if not ways:
        return None
    for value in added:
        more = _of_value(value, depth) or [[Piece("", value.expr, module=value.module)]]
        ways = [[*way, *more[0]] for way in ways]
    return ways[:_WAYS]


def _of_value(value: Value, depth: int) -> list[list[Piece]]:
    if value.expr is None:
        return []
    ways = ways_of(value.module, value.expr, depth + 1)
    return ways if ways is not None else []


def _of_list(
    module: Module, between: str, items: ast.expr, call: ast.expr, depth: int
) -> list[list[Piece]] | None:
    """Return the pieces of a list of clauses that is joined: what it starts with, and what is appended."""
    made = module.flow.only(items)
    if isinstance(items, ast.ListComp | ast.GeneratorExp):
        elements = [items.elt]
    elif made is not None and made.module is module and isinstance(made.expr, ast.List | ast.Tuple):
        elements = [*made.expr.elts, *(appended(module, items) if isinstance(items, ast.Name) else ())]
    else:
        return None
    joined: list[Piece] = []
    for element in elements:
        ways = ways_of(module, element, depth + 1)
        joined += [Piece(between)] if joined else []
        joined += ways[0] if ways else [Piece("", element, module=module, holders=((module, call),))]
    return [joined] if joined else None


def _of_function(module: Module, call: ast.Call, depth: int) -> list[list[Piece]] | None:
    """Return the pieces of the text that a function of the project returns, with what it is passed here."""
    called = callee_of(module, call)
    if called is None:
        return None
    other, function = called
    found = _branches(other, returned(function), depth)
    return found and [[_handed(module, call, function, piece) for piece in way] for way in found]


def _handed(module: Module, call: ast.Call, function: FunctionNode, piece: Piece) -> Piece:
    """Return a piece with the argument of the call in place of the function's parameter."""
    if not isinstance(piece.expr, ast.Name) or piece.module is None:
        return piece
    bound = [value.node for value in piece.module.flow.values(piece.expr)]
    if (
        len(bound) != 1
        or not isinstance(bound[0], ast.arg)
        or piece.module.function(piece.expr) is not function
    ):
        return piece
    given = argument_for(call, function, piece.expr.id)
    if given is None or given in (*function.args.defaults, *function.args.kw_defaults):
        return piece
    return replace(piece, expr=given, module=module)


def appended(module: Module, name: ast.Name) -> Iterator[ast.expr]:
    """Yield what the function appends to a list of clauses."""
    function = module.function(name)
    for node in ast.walk(function) if function is not None else ():
        match node:
            case ast.Call(func=ast.Attribute(value=ast.Name(id=id), attr="append"), args=[added]):
                if id == name.id:
                    yield added
            case ast.Call(func=ast.Attribute(value=ast.Name(id=id), attr="extend"), args=[added]):
                if id == name.id:
                    yield from added.elts if isinstance(added, ast.List | ast.Tuple) else [added]
            case ast.AugAssign(target=ast.Name(id=id), value=ast.List(elts=elements)) if id == name.id:
                yield from elements


def holder_of(module: Module, pieces: list[Piece], at: int) -> ast.expr | None:
    """Return what in this file puts a piece into the text; None where another file builds the statement."""
    holders = pieces[at].holders
    own = [holder for owner, holder in holders if owner.path == module.path]
    if not own:
        return None
    outer = [(owner, holder) for owner, holder in holders if owner.path != module.path]
    if outer and (built := pieces_of(*outer[-1])) is not None and is_sql(built):
        return None
    return own[-1]


def is_given(module: Module, text: ast.expr, holder: ast.expr) -> bool:
    """Tell whether a text is this expression, or a name that holds nothing else."""
    if text is holder:
        return True
    return isinstance(text, ast.Name) and [value.expr for value in module.flow.values(text)] == [holder]
