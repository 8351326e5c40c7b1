"""Whether a row is held while it is changed, and how the query that loads it is made to hold it."""

from __future__ import annotations

import ast
from dataclasses import dataclass

from harden.calls import argument_for, few_callers
from harden.checklists.database.links import Chain, chain_of
from harden.checklists.database.models import manager_in
from harden.checklists.database.passing import place_of
from harden.checklists.database.read_modify import ALCHEMY, Change
from harden.checklists.database.rows import Origin, row_of
from harden.checklists.database.transactions import serializable
from harden.model_facts import Orm
from harden.module import Module
from harden.tree import FunctionNode

LOCKS = frozenset({"with_for_update", "select_for_update"})
_CALLERS = 4
_JOINS = frozenset({"join", "outerjoin", "options", "select_related"})
_SETS = frozenset({"distinct", "group_by", "union", "values", "annotate"})
_RUNS = frozenset({"execute", "exec", "scalars", "scalar"})
_ENDS = frozenset(
    {"first", "one", "one_or_none", "all", "first_or_404", "one_or_404", "get", "get_or_404", "scalar"}
)


def is_held(change: Change) -> bool:
    """Tell whether something already keeps others from changing the row, or notices that they did."""
    if not change.row.steps.isdisjoint(LOCKS) or _says_for_update(change):
        return True
    if change.row.model is not None and any(
        "version_id_col" in module.segment(owner) for module, owner in change.row.model.lineage
    ):
        return True
    return _in_lock(change) or _callers_hold(change) or serializable(change.module, change.node)


def _says_for_update(change: Change) -> bool:
    """Tell whether the row is loaded, or refreshed in the function, with a lock that is said by keyword."""
    load = change.row.load
    if load is not None and "for_update" in change.row.module.segment(load):
        return True
    text = change.module.segment(change.function)
    if "for_update" not in text and "FOR UPDATE" not in text and "advisory" not in text:
        return False
    return load is None or "refresh(" in text or "advisory" in text or "FOR UPDATE" in text


def _in_lock(change: Change) -> bool:
    """Tell whether the change stands within a lock that all processes share, such as one of Redis."""
    for outer in change.module.ancestors(change.node):
        if isinstance(outer, ast.With | ast.AsyncWith):
            for item in outer.items:
                path = change.module.resolve(item.context_expr) or ast.unparse(item.context_expr)
                if "lock" in path.lower() and not path.startswith(
                    ("threading.", "asyncio.", "multiprocessing.")
                ):
                    return True
        if isinstance(outer, FunctionNode):
            return False
    return False


def _callers_hold(change: Change) -> bool:
    """Tell whether a function is passed a row that its caller has locked."""
    if change.row.origin not in (Origin.PASSED, Origin.SELF):
        return False
    name = change.base.id if isinstance(change.base, ast.Name) else "self"
    for other, call in few_callers(change.module, change.function)[:_CALLERS]:
        given = argument_for(call, change.function, name)
        if change.row.origin is Origin.SELF and isinstance(call.func, ast.Attribute):
            given = call.func.value
        row = row_of(other, given) if given is not None else None
        if row is not None and not row.steps.isdisjoint(LOCKS):
            return True
    return False


@dataclass(frozen=True, slots=True)
class Hold:
    """How a query is made to lock its row: by what form, at which expression; or why it cannot."""

    facts: dict[str, str]
    load: ast.expr | None = None
    why_not: str = ""


def hold_for(change: Change) -> Hold:
    """Return how the query that loaded a row is made to lock it."""
    row = change.row
    if (
        row.load is None
        or row.module is not change.module
        or row.module.function(row.load) is not change.function
    ):
        return Hold({}, why_not="The row is loaded elsewhere: lock it where that is done.")
    if not row.steps.isdisjoint(_SETS):
        return Hold({}, why_not="Its query gives no plain rows, which alone can be locked.")
    form = _alchemy(change) if _is_alchemy(change) else _django(change)
    if form is None:
        return Hold(
            {}, why_not=f"The query of `{_name(change)}` is not in sight: lock its row where it is made."
        )
    return Hold(form, row.load)


def _is_alchemy(change: Change) -> bool:
    orm = change.row.orm
    return orm in ALCHEMY or (orm is None and "objects" not in change.row.steps)


def _name(change: Change) -> str:
    return change.module.segment(change.base)


def _alchemy(change: Change) -> dict[str, str] | None:
    module, load = change.module, change.row.load
    chain = chain_of(module, load) if load is not None else None
    if chain is None or not chain.links:
        return None
    run = next((link for link in chain.links if link.name in _RUNS and link.arguments), None)
    of = _of(change)
    if run is not None:
        statement = _written(module, run.arguments[0])
        return {"lock": "after", "place": place_of(module, statement), "of": of} if statement else None
    last = _last(chain)
    if last is None or not isinstance(last.func, ast.Attribute):
        return None
    if last.args and len(last.args) > 1 and last.func.attr in ("get", "get_one", "get_or_404"):
        return {"lock": "keyword", "place": place_of(module, last), "of": ""}
    return {"lock": "after", "place": place_of(module, last.func.value), "of": of}


def _last(chain: Chain) -> ast.Call | None:
    """Return the call that fetches the row."""
    calls = [link.node for link in chain.links if link.name in _ENDS and isinstance(link.node, ast.Call)]
    return calls[-1] if calls else None


def _written(module: Module, statement: ast.expr) -> ast.expr | None:
    """Return the expression that makes a statement, its one value where it has a name."""
    if isinstance(statement, ast.Name):
        held = module.flow.only(statement)
        return held.expr if held is not None and held.module is module else None
    return statement


def _of(change: Change) -> str:
    """Return which of the joined tables is to be locked."""
    if change.row.steps.isdisjoint(_JOINS) or change.row.entity is None:
        return ""
    return change.module.segment(change.row.entity)


def _django(change: Change) -> dict[str, str] | None:
    module, load = change.module, change.row.load
    of = "" if change.row.steps.isdisjoint({"select_related"}) else "self"
    if isinstance(load, ast.Call) and load.args and "get_object_or_404" in ast.unparse(load.func):
        first = load.args[0]
        if isinstance(first, ast.Name) and module.project.class_of(module.resolve(first) or ""):
            return {"lock": "entity", "place": place_of(module, first), "of": of}
        load = first
    chain = chain_of(module, load) if load is not None else None
    at = manager_in(module, chain) if chain is not None else None
    if chain is None or at is None or change.row.orm not in (Orm.DJANGO, None):
        return None
    manager = chain.links[at].node
    if module.function(manager) is not change.function:
        return None
    return {"lock": "manager", "place": place_of(module, manager), "of": of}
