"""Containers that remember what was worked out, so that it need not be worked out again."""

from __future__ import annotations

import ast

from harden.checklists.state.changes import Change, How
from harden.checklists.state.kept import Kept
from harden.module import Module
from harden.tree import FunctionNode

_RECORDS = frozenset(
    {"uuid.uuid4", "uuid.uuid1", "builtins.dict", "builtins.list", "builtins.set", "builtins.str"}
    | {"datetime.datetime.now", "datetime.datetime.utcnow", "time.time", "secrets.token_hex"}
    | {"secrets.token_urlsafe", "collections.deque", "collections.defaultdict", "builtins.int"}
)
"""What makes a new record rather than finds something out."""


def is_memo(kept: Kept, *, is_named: bool) -> bool:
    """Tell whether entries are looked up first, and worked out where they are missing.

    `is_named`: the container is called a cache; then look-up and entry may stand in different functions.
    """
    grown = [change for change in kept.changes if change.how not in (How.TAKEN, How.SET)]
    puts = [change for change in grown if change.how is How.PUT and change.key is not None]
    if not puts or any(change.how is How.COUNTED for change in grown):
        return False
    if is_named:
        return bool(kept.reads) or any(looks_up(kept, change) for change in puts)
    return len(puts) == len(grown) and all(looks_up(kept, one) and _is_worked_out(one) for one in puts)


def looks_up(kept: Kept, change: Change) -> bool:
    """Tell whether the function that puts an entry in reads the container too."""
    function = change.module.function(change.use)
    return any(module.function(use) is function and _is_look(module, use) for module, use in kept.reads)


def is_invalidated(kept: Kept) -> bool:
    """Tell whether an entry is dropped where its source changes, and in this process alone."""
    fills = {change.module.function(change.use) for change in kept.changes if change.how is How.PUT}
    losses = [change for change in kept.changes if change.how in (How.TAKEN, How.SET)]
    return bool(losses) and all(
        change.key is not None
        and change.module.function(change.use) not in fills
        and not _is_sweep(change.module, change.use)
        for change in losses
    )


def is_emptied(kept: Kept) -> bool:
    """Tell whether anything ever takes entries out."""
    return any(change.how in (How.TAKEN, How.SET) for change in kept.changes)


def is_lru(kept: Kept) -> bool:
    """Tell whether an object takes entries out by itself once it holds too many."""
    if "." not in kept.name:
        return False
    uses = [*kept.reads, *((change.module, change.use) for change in kept.changes)]
    losses = (change for change in kept.changes if change.how is How.TAKEN)
    return any(_is_measured(*use) for use in uses) and any(map(_is_own_choice, losses))


def _is_measured(module: Module, use: ast.expr) -> bool:
    call = module.parents.get(use)
    if not isinstance(call, ast.Call) or module.resolve(call.func) != "builtins.len":
        return False
    return isinstance(module.parents.get(call), ast.Compare)


def _is_own_choice(loss: Change) -> bool:
    """Tell whether no caller says which entry goes: `popitem()`, or a key that the container itself gives."""
    if getattr(loss.module.parents.get(loss.use), "attr", "") == "popitem":
        return True
    held = loss.module.flow.only(loss.key) if loss.key is not None else None
    key = held.expr if held is not None and held.expr is not None else loss.key
    name = ast.unparse(loss.use)
    return key is not None and any(
        ast.unparse(part) == name for part in ast.walk(key) if isinstance(part, ast.Name | ast.Attribute)
    )


def _is_look(module: Module, use: ast.expr) -> bool:
    match module.parents.get(use):
        case ast.Compare() | ast.Subscript(ctx=ast.Load()):
            return True
        case ast.Attribute(attr="get" | "setdefault"):
            return True
    return False


def _is_sweep(module: Module, use: ast.expr) -> bool:
    """Tell whether entries are taken out one after the other, as they get old."""
    for outer in module.ancestors(use):
        if isinstance(outer, FunctionNode):
            return False
        if isinstance(outer, ast.For | ast.AsyncFor | ast.While | ast.comprehension):
            return True
    return False


def _is_worked_out(change: Change) -> bool:
    value = change.value
    if isinstance(value, ast.Name):
        bound = change.module.names.lookup(value)
        holder = change.module.parents.get(bound) if bound is not None else None
        value = holder.value if isinstance(holder, ast.Assign | ast.NamedExpr) else None
    if isinstance(value, ast.Await):
        return True
    if not isinstance(value, ast.Call):
        return False
    path = change.module.resolve(value.func) or ""
    return path not in _RECORDS and change.module.project.class_of(path) is None
