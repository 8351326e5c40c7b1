"""Which model a query gives whole rows of."""

from __future__ import annotations

import ast

from harden.checklists.database.links import Chain, chain_of
from harden.checklists.database.models import is_model, manager_in, model_of
from harden.module import Module

_GETS = frozenset({"get", "get_one", "get_or_404", "one_or_404", "first_or_404", "refresh"})
_RUNS = frozenset({"execute", "exec", "scalars", "scalar", "scalar_one", "stream", "stream_scalars"})


def inner_steps(module: Module, chain: Chain) -> frozenset[str]:
    """Return the methods of the statement that a chain runs: `execute(select(Model).with_for_update())`."""
    run = next((link for link in chain.links if link.name in _RUNS and link.arguments), None)
    return chain_of(module, run.arguments[0]).names if run is not None else frozenset()


def entity_of(module: Module, chain: Chain) -> ast.expr | None:
    """Return what names the model whose rows a chain gives, where it is a query for whole rows."""
    for link in chain.links:
        match link.name:
            case "query" if isinstance(link.node, ast.Attribute):
                return _as_model(module, link.node.value)
            case "query" if len(link.arguments) == 1:
                return _as_model(module, link.arguments[0])
            case _ if link.name in _GETS and len(link.arguments) >= 2:
                if found := _as_model(module, link.arguments[0]):
                    return found
            case _ if link.name in _RUNS and link.arguments:
                return _selected(module, link.arguments[0])
    at = manager_in(module, chain)
    if at is None or len(chain.links) == at + 1:
        return None
    made = chain.links[at].node
    manager = made.func if isinstance(made, ast.Call) else made
    return _as_model(module, manager.value) if isinstance(manager, ast.Attribute) else None


def _selected(module: Module, statement: ast.expr) -> ast.expr | None:
    chain = chain_of(module, statement)
    select = next((link.node for link in chain.links if link.name == "select"), chain.root)
    if not isinstance(select, ast.Call) or len(select.args) != 1:
        return None
    path = module.resolve(select.func) or ""
    return _as_model(module, select.args[0]) if path.rpartition(".")[2] == "select" else None


def _as_model(module: Module, expr: ast.expr) -> ast.expr | None:
    model = model_of(module, expr)
    if model is not None:
        return expr if model.lineage and not _is_column(expr) else None
    return expr if is_model(module, expr) and not _is_column(expr) else None


def _is_column(expr: ast.expr) -> bool:
    return isinstance(expr, ast.Attribute) and expr.attr[:1].islower() and expr.attr != "model"
