"""Queries whose rows are only counted, or tested for being there."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from harden.checklists.database.links import Chain, chain_of
from harden.checklists.database.models import manager_in, model_of
from harden.checklists.database.purposes import bindings_of
from harden.checklists.database.row_steps import KEEPS, name_of
from harden.checklists.database.sessions import handle_of
from harden.module import Module, is_literal

_BOUND = frozenset(
    {"select_for_update", "with_for_update", "iterator", "yield_per", "from_statement", "union"}
)
_WIDENS = frozenset({"join", "outerjoin", "group_by", "select_from", "options"})
"""Steps of SQLAlchemy after which a row may be given once for several that are counted."""
_CHANCE = frozenset({"random", "rand"})


class Wanted(Enum):
    """What is wanted of a query, whatever it fetches."""

    NUMBER = "how many rows there are"
    ANY = "whether the number is not zero"
    TEST = "whether there are rows"
    RANDOM = "some rows, by chance"


@dataclass(frozen=True, slots=True)
class Need:
    """A question that is asked with more than it needs: the expression to replace, and by what."""

    node: ast.expr
    what: Wanted
    facts: Mapping[str, str] = field(default_factory=dict)
    why_not: str = ""


def wanted_by(module: Module, call: ast.Call) -> Need | None:
    """Return what a call asks in a wasteful way, None where it does not."""
    if isinstance(call.func, ast.Name):
        if call.func.id == "len" and len(call.args) == 1 and not call.keywords:
            return _counted(module, call)
        return None
    name = name_of(call)
    if name == "count" and not call.args and not call.keywords:
        return _compared(module, call)
    if name == "order_by":
        return _by_chance(module, call)
    return _tested(module, call)


def _counted(module: Module, call: ast.Call) -> Need | None:
    """Recognise `len(Model.objects.filter(…))` and `len(session.query(Model).all())`."""
    rows = call.args[0]
    if isinstance(rows, ast.Name):
        return _of_name(module, call, rows)
    library = _library(module, rows)
    if not library or (library == "django" and not isinstance(rows, ast.Call)):
        return None
    if library == "sqlalchemy" and name_of_rows(rows) != "all":
        return None
    return _of_number(module, call, library, rows)


def _of_name(module: Module, call: ast.Call, name: ast.Name) -> Need | None:
    """Recognise `len(found)` of a queryset that is never looked at itself."""
    bound = bindings_of(module, name)
    values = [module.parents.get(node) for node in bound]
    if len(bound) != 1 or not isinstance(values[0], ast.Assign) or not isinstance(values[0].value, ast.Call):
        return None
    if module.function(bound[0]) is None or _library(module, values[0].value) != "django":
        return None
    uses = [use for use in module.nodes(ast.Name) if use.id == name.id and bindings_of(module, use) == bound]
    if any(not _only_asks(module, use) for use in uses if isinstance(use.ctx, ast.Load)):
        return None
    return _of_number(module, call, "django", name)


def _of_number(module: Module, call: ast.Call, library: str, rows: ast.expr) -> Need:
    """Return what `len(rows)` asks: a number, or no more than whether it is zero."""
    asked = _asks_whether(module, call)
    if asked is None:
        why_not = _obstacle(module, rows, library, counts=True)
        return Need(call, Wanted.NUMBER, {"form": "len", "library": library}, why_not)
    node, is_there = asked
    facts = {"form": "any", "library": library, "there": "yes" if is_there else ""}
    return Need(node, Wanted.TEST, facts, _obstacle(module, rows, library))


def _only_asks(module: Module, use: ast.Name) -> bool:
    parent = module.parents.get(use)
    if isinstance(parent, ast.Attribute):
        return parent.attr in KEEPS | {"count", "exists", "aggregate", "delete", "update", "values"}
    return isinstance(parent, ast.Call) and name_of(parent) == "len"


def _compared(module: Module, call: ast.Call) -> Need | None:
    """Recognise `….count() > 0`, `== 0`, `>= 1`, `not ….count()` and `if ….count():`."""
    asked = _asks_whether(module, call)
    library = _library(module, call) if asked is not None else ""
    if asked is None or not library:
        return None
    node, is_there = asked
    facts = {"form": "any", "library": library, "there": "yes" if is_there else ""}
    return Need(node, Wanted.ANY, facts, _obstacle(module, call, library))


def _asks_whether(module: Module, number: ast.expr) -> tuple[ast.expr, bool] | None:
    """Return the test that a number stands in, and whether it asks for some rows; None where it is none."""
    parent = module.parents.get(number)
    if isinstance(parent, ast.Compare) and parent.left is number and len(parent.ops) == 1:
        found = _says(parent.ops[0], parent.comparators[0])
        return (parent, found) if found is not None else None
    if isinstance(parent, ast.UnaryOp) and isinstance(parent.op, ast.Not):
        return parent, False
    return (number, True) if _is_test(module, number) else None


def _says(operator: ast.cmpop, other: ast.expr) -> bool | None:
    """Tell whether a comparison of a number asks for some rows (True) or for none (False)."""
    if is_literal(other, 0):
        if isinstance(operator, ast.Gt | ast.NotEq):
            return True
        return False if isinstance(operator, ast.Eq | ast.LtE) else None
    if is_literal(other, 1):
        return True if isinstance(operator, ast.GtE) else False if isinstance(operator, ast.Lt) else None
    return None


def _tested(module: Module, call: ast.Call) -> Need | None:
    """Recognise `if Model.objects.filter(…):` and `if session.query(Model).all():`."""
    if name_of(call) not in KEEPS or isinstance(module.parents.get(call), ast.Attribute):
        return None
    parent = module.parents.get(call)
    is_not = isinstance(parent, ast.UnaryOp) and isinstance(parent.op, ast.Not)
    node = parent if is_not and isinstance(parent, ast.expr) else call
    if not is_not and not _is_test(module, call):
        return None
    library = _library(module, call)
    if not library or (library == "sqlalchemy" and name_of(call) != "all"):
        return None
    facts = {"form": "test", "library": library, "there": "" if is_not else "yes"}
    return Need(node, Wanted.TEST, facts, _obstacle(module, call, library))


def _is_test(module: Module, expr: ast.expr) -> bool:
    """Tell whether only the truth of an expression matters."""
    parent = module.parents.get(expr)
    match parent:
        case ast.If(test=test) | ast.While(test=test) | ast.IfExp(test=test) | ast.Assert(test=test):
            return test is expr
        case ast.BoolOp():
            return _is_test(module, parent)
        case ast.UnaryOp(op=ast.Not()):
            return True
    return False


def _by_chance(module: Module, call: ast.Call) -> Need | None:
    """Recognise `order_by("?")` and `order_by(func.random())`."""
    chain = chain_of(module, call)
    if len(call.args) != 1 or not (_library_of(module, chain) or _selects(module, chain)):
        return None
    given = call.args[0]
    match given:
        case ast.Constant(value="?"):
            pass
        case ast.Call(func=ast.Attribute(value=holder, attr=name)) if name in _CHANCE:
            if not (module.resolve(holder) or "").startswith(
                ("sqlalchemy.", "flask_sqlalchemy.", "sqlmodel.")
            ):
                return None
        case _:
            return None
    why_not = "Pick keys at random first, and fetch these rows: how keys are given out decides which way."
    return Need(call, Wanted.RANDOM, why_not=why_not)


def name_of_rows(expr: ast.expr) -> str:
    """Return the last step of a query."""
    return name_of(expr) if isinstance(expr, ast.Call) else ""


def _obstacle(module: Module, rows: ast.expr, library: str, *, counts: bool = False) -> str:
    names = chain_of(module, rows).names
    if counts and library == "sqlalchemy" and not names.isdisjoint(_WIDENS):
        return "It joins tables, so that counted rows may be more than are given: count distinct keys."
    if library == "select":
        return "Ask with select(func.count()).select_from(…), or with .limit(1), in the same way."
    return ""


def _library(module: Module, expr: ast.expr) -> str:
    """Return by which library an expression is a query for rows that nothing else looks at, or nothing."""
    chain = chain_of(module, expr)
    return "" if not chain.names.isdisjoint(_BOUND) else _library_of(module, chain)


def _library_of(module: Module, chain: Chain) -> str:
    for at, link in enumerate(chain.links):
        if link.name == "query":
            steps = chain.links[at + 1 :]
            if isinstance(link.node, ast.Attribute):
                known = model_of(module, link.node.value) is not None
            else:
                known = _is_session(module, link.node.func)
            return "sqlalchemy" if known and _are_known([step.name for step in steps]) else ""
        if link.name in ("scalars", "execute", "exec") and link.arguments:
            is_select = _selects(module, chain_of(module, link.arguments[0]))
            known = isinstance(link.node, ast.Call) and _is_session(module, link.node.func)
            return "select" if is_select and known else ""
    at_manager = manager_in(module, chain)
    if at_manager is None or len(chain.links) == at_manager + 1:
        return ""
    manager = chain.links[at_manager].node
    if not isinstance(manager, ast.Attribute) or model_of(module, manager.value) is None:
        return ""
    return "django" if _are_known([step.name for step in chain.links[at_manager + 1 :]]) else ""


def _selects(module: Module, chain: Chain) -> bool:
    root = chain.root
    if not isinstance(root, ast.Call) or len(root.args) != 1:
        return False
    path = module.resolve(root.func) or ""
    return path.startswith(("sqlalchemy.", "sqlmodel.")) and path.endswith(".select")


def _is_session(module: Module, func: ast.expr) -> bool:
    return isinstance(func, ast.Attribute) and handle_of(module, func.value) is not None


def _are_known(names: list[str]) -> bool:
    return all(name in KEEPS | {"count", "values", "values_list", "mappings"} for name in names)
