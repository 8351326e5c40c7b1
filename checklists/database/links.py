"""Chains of calls and attributes, followed through local names."""

from __future__ import annotations

import ast
from dataclasses import dataclass

from harden.checklists.database.purposes import bindings_of
from harden.module import Module


@dataclass(frozen=True, slots=True)
class Link:
    """One step of a chain: `.name` or `.name(…)`; `node` is the whole chain up to it."""

    name: str
    node: ast.Attribute | ast.Call

    @property
    def arguments(self) -> list[ast.expr]:
        """Return all arguments, positional and by keyword."""
        return (
            [*self.node.args, *(k.value for k in self.node.keywords)]
            if isinstance(self.node, ast.Call)
            else []
        )


@dataclass(frozen=True, slots=True)
class Chain:
    """A chain of attributes and calls, innermost first, followed through local names."""

    root: ast.expr
    links: tuple[Link, ...]

    @property
    def names(self) -> frozenset[str]:
        """Return the names of all links."""
        return frozenset(link.name for link in self.links)


_DEPTH = 150
"""Steps that a chain is followed, names and attributes together; real code stays far below."""


def chain_of(module: Module, expr: ast.expr, depth: int = 0) -> Chain:
    """Return the chain that an expression ends."""
    match expr:
        case ast.Await(value=value) | ast.NamedExpr(value=value):
            return chain_of(module, value, depth + 1)
        case ast.Call(func=ast.Attribute(value=value, attr=name)):
            inner = chain_of(module, value, depth + 1)
            return Chain(inner.root, (*inner.links, Link(name, expr)))
        case ast.Call(func=ast.Name()):
            return Chain(expr, ())
        case ast.Attribute(value=value, attr=name):
            inner = chain_of(module, value, depth + 1)
            return Chain(inner.root, (*inner.links, Link(name, expr)))
        case ast.Name() if depth < _DEPTH:
            # A query that is built step by step is asked for at every step.
            return module.once((chain_of, expr), lambda: _named(module, expr, depth))
    return Chain(expr, ())


def _named(module: Module, name: ast.Name, depth: int) -> Chain:
    """Return the chain that a local name stands for, with the steps of all values that it may have."""
    chains = [chain_of(module, value, depth + 1) for value in _values(module, name)]
    if not chains:
        return Chain(name, ())
    longest = max(chains, key=lambda chain: len(chain.links))
    taken = {id(link.node) for link in longest.links}
    others = {id(link.node): link for chain in chains for link in chain.links}
    return Chain(longest.root, (*longest.links, *(others[at] for at in others if at not in taken)))


def values_of(module: Module, name: ast.Name) -> list[ast.expr]:
    """Return every value that a local name is given in its function, where all are plain assignments."""
    values = []
    for target in bindings_of(module, name):
        holder = module.parents.get(target)
        if not isinstance(target, ast.Name) or not isinstance(holder, ast.Assign | ast.AnnAssign):
            return []
        if holder.value is not None:
            values.append(holder.value)
    return values


def _values(module: Module, name: ast.Name) -> list[ast.expr]:
    """Return the values of a name that can be part of a chain, those assigned before its use."""
    found: list[ast.expr] = []
    here = name.lineno, name.col_offset
    for value in values_of(module, name):
        end = value.end_lineno or value.lineno, value.end_col_offset or value.col_offset
        if end <= here and isinstance(value, ast.Call | ast.Attribute | ast.Await):
            found.append(value)
    return found


def is_in_sight(module: Module, expr: ast.expr, seen: set[ast.expr] | None = None) -> bool:
    """Tell whether every value that a chain is built on through local names is such a chain itself.

    What comes from a function or a condition may hold steps that are not seen.
    """
    seen = set() if seen is None else seen
    while isinstance(expr, ast.Call | ast.Attribute | ast.Await):
        expr = expr.func if isinstance(expr, ast.Call) else expr.value
    if not isinstance(expr, ast.Name) or expr in seen:
        return isinstance(expr, ast.Name)
    seen.add(expr)
    for value in values_of(module, expr):
        before = (value.lineno, value.col_offset) < (expr.lineno, expr.col_offset)
        if not before or any(inner is expr for inner in ast.walk(value)):
            continue
        plain = isinstance(value, ast.Call | ast.Attribute | ast.Await)
        passed = isinstance(value, ast.Call) and any(_names(argument, expr.id) for argument in value.args)
        if not plain or passed or not is_in_sight(module, value, seen):
            return False
    return True


def _names(expr: ast.expr, name: str) -> bool:
    return isinstance(expr, ast.Name) and expr.id == name
