"""Where a project deletes rows of a model."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from harden.checklists.database.links import chain_of
from harden.checklists.database.models import model_of
from harden.checklists.database.sought import start_of
from harden.errors import UnreadableSource
from harden.model import Model
from harden.module import Module
from harden.roles import FileKind, file_kind

_GETS = frozenset({"get", "get_one", "get_or_404", "load"})


@dataclass(frozen=True, slots=True)
class Deletion:
    """A call that deletes rows: its place, and the text of the function around it."""

    place: str
    around: str


def deletions_of(model: Model) -> Iterator[Deletion]:
    """Yield the calls that delete rows of a model, by a session or a query."""
    project = model.module.project
    files = {*project.naming(model.name)} & {*project.mentions("delete(")}
    for path in sorted(files):
        if file_kind(path) is not FileKind.APP:
            continue
        try:
            module = project.module(path)
        except UnreadableSource:
            continue
        for call in module.nodes(ast.Call):
            if _deleted(module, call) is model:
                function = module.function(call)
                around = module.segment(function) if function is not None else ""
                yield Deletion(f"{path}:{call.lineno}", around)


def _deleted(module: Module, call: ast.Call) -> Model | None:
    """Return the model whose rows a call deletes."""
    if not isinstance(call.func, ast.Attribute) or call.func.attr != "delete":
        return None
    if len(call.args) == 1:
        return _row_of(module, call.args[0])
    chain = chain_of(module, call)
    return start_of(module, chain) if chain.links else None


def _row_of(module: Module, expr: ast.expr, depth: int = 0) -> Model | None:
    """Return the model that a row is of: by the query that gave it, or the annotation of a parameter."""
    if isinstance(expr, ast.Await):
        return _row_of(module, expr.value, depth)
    if isinstance(expr, ast.Name) and depth < 3:
        for value in module.flow.values(expr):
            if isinstance(value.node, ast.arg) and value.node.annotation is not None:
                return model_of(value.module, value.node.annotation)
            if value.expr is not None and (found := _row_of(value.module, value.expr, depth + 1)) is not None:
                return found
        return None
    if not isinstance(expr, ast.Call):
        return None
    chain = chain_of(module, expr)
    last = chain.links[-1] if chain.links else None
    if last is not None and last.name in _GETS and isinstance(last.node, ast.Call) and last.node.args:
        named = model_of(module, last.node.args[0])
        if named is not None:
            return named
    inner = expr
    for link in chain.links:
        if link.name in ("execute", "scalars", "scalar", "exec") and isinstance(link.node, ast.Call):
            inner = link.node
    if inner is not expr and inner.args:
        return start_of(module, chain_of(module, inner.args[0]))
    if last is not None and last.name in ("scalar", "exec") and expr.args:
        return start_of(module, chain_of(module, expr.args[0]))
    return start_of(module, chain)
