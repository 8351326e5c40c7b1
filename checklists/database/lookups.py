"""Questions whether a row is there: which rows are asked for, and by which columns."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from harden.calls import callee_of
from harden.checklists.database.conditions import Way, documents, keywords, sql_ways, ways_of
from harden.checklists.database.links import Chain, chain_of
from harden.checklists.database.models import class_of, manager_in
from harden.checklists.database.statements import sql_text
from harden.checklists.database.stores import (
    DOCUMENTS,
    Store,
    collection_of,
    store_of,
    table_store,
)
from harden.flow import How, returned
from harden.model_facts import Orm
from harden.module import Module

_FINDS = frozenset({"find_one", "count_documents"})
_FETCHES = frozenset({"fetchone", "fetchall", "fetchmany", "scalar", "first"})
_OTHERWISE = frozenset({"order_by", "sort", "latest", "earliest", "update", "delete", "exclude"})
_RUNS = frozenset({"execute", "scalar", "scalars", "exec"})
_DEEP = 3
_ORMS = frozenset({Orm.PEEWEE, Orm.TORTOISE, Orm.MONGOENGINE, Orm.BEANIE, Orm.ODMANTIC})


@dataclass(frozen=True, slots=True)
class Lookup:
    """A question for rows of a store, each of `ways` enough for a row to be found; `call` asks it here."""

    store: Store
    ways: tuple[Way, ...]
    call: ast.expr


@dataclass(frozen=True, slots=True)
class Asked:
    """A question, and whether what is tested is true when a row was found."""

    lookup: Lookup
    found: bool


def asked(module: Module, expr: ast.expr, depth: int = 0) -> Asked | None:
    """Return the question whose answer an expression tells, through names and the project's functions."""
    if depth > 8:
        return None
    match expr:
        case ast.UnaryOp(op=ast.Not(), operand=inner):
            return _other(asked(module, inner, depth + 1))
        case ast.Compare(left=left, ops=[op], comparators=[ast.Constant(value=right)]):
            found = _says_found(op, right)
            answer = asked(module, left, depth + 1) if found is not None else None
            return answer if found or answer is None else _other(answer)
        case ast.Await(value=inner) | ast.NamedExpr(value=inner) | ast.Subscript(value=inner):
            return asked(module, inner, depth + 1)
        case ast.Call(func=ast.Name(id="bool" | "len" | "any" | "list"), args=[inner]):
            return asked(module, inner, depth + 1)
        case ast.Name():
            answers = (asked(module, value, depth + 1) for value in _values(module, expr))
            return next(filter(None, answers), None)
        case ast.Call():
            lookup = lookup_of(module, expr)
            return Asked(lookup, found=True) if lookup is not None else _through(module, expr, depth)
    return None


def _values(module: Module, name: ast.Name) -> list[ast.expr]:
    held = module.flow.values(name)
    return [
        value.expr
        for value in held
        if value.how in (How.GIVEN, How.ITEM)
        and value.expr is not None
        and value.module is module
        and isinstance(value.expr, ast.Call | ast.Await | ast.Compare | ast.Subscript | ast.UnaryOp)
    ]


def _other(answer: Asked | None) -> Asked | None:
    return Asked(answer.lookup, found=not answer.found) if answer is not None else None


def _says_found(op: ast.cmpop, right: object) -> bool | None:
    """Tell whether a comparison with None or a number is true when there is a row; None where unclear."""
    if right is None:
        return isinstance(op, ast.IsNot | ast.NotEq)
    if (isinstance(op, ast.Gt | ast.NotEq) and right == 0) or (isinstance(op, ast.GtE) and right == 1):
        return True
    if (isinstance(op, ast.Eq | ast.LtE) and right == 0) or (isinstance(op, ast.Lt) and right == 1):
        return False
    return None


def _through(module: Module, call: ast.Call, depth: int) -> Asked | None:
    """Return what a function of the project asks for a call, where all that it gives is the answer."""
    called = callee_of(module, call) if depth < _DEEP * 2 else None
    if called is None:
        return None
    source, function = called
    given = [item for item in returned(function) if not isinstance(item, ast.Constant)]
    answers = [asked(source, item, depth + 2) for item in given]
    first = answers[0] if answers else None
    if first is None or any(item is None or item.lookup.store != first.lookup.store for item in answers):
        return None
    return Asked(Lookup(first.lookup.store, first.lookup.ways, call), first.found)


def lookup_of(module: Module, call: ast.Call) -> Lookup | None:
    """Return the question that a call asks the database itself."""
    chain = chain_of(module, call)
    if not chain.names.isdisjoint(_OTHERWISE):
        return None
    for recognise in (_in_documents, _written, _managed, _queried):
        found = recognise(module, call, chain)
        if found is not None:
            store, ways = found
            ways = tuple(way for way in ways if way.same)
            return Lookup(store, ways, call) if ways else None
    return None


_Found = tuple[Store, tuple[Way, ...]]


def _in_documents(module: Module, call: ast.Call, chain: Chain) -> _Found | None:
    """Recognise `db.users.find_one({"email": email})`."""
    link = next((link for link in chain.links if link.name in _FINDS), None)
    if link is None or not isinstance(link.node, ast.Call) or not link.node.args:
        return None
    if module.project.imported.isdisjoint(DOCUMENTS) or not isinstance(link.node.func, ast.Attribute):
        return None
    store = collection_of(module, link.node.func.value)
    return (store, documents(module, link.node.args[0])) if store is not None else None


def _written(module: Module, call: ast.Call, chain: Chain) -> _Found | None:
    """Recognise SQL: a SELECT that is run here, or by the last `execute` of the cursor fetched from."""
    runs = [link.node for link in chain.links if isinstance(link.node, ast.Call)] or [call]
    if chain.links and chain.links[-1].name in _FETCHES and isinstance(call.func, ast.Attribute):
        runs += _executed(module, call, call.func.value)
    for run in runs:
        for at, argument in enumerate(run.args[:2]):
            text = sql_text(module, argument) if _may_be_text(argument) else None
            read = sql_ways(module, text, run.args[at + 1 :], run.keywords) if text else None
            if read is not None:
                return table_store(module.project, read[0]), read[1]
    return None


def _may_be_text(expr: ast.expr) -> bool:
    """Tell whether an expression may be SQL, before it is worked out."""
    match expr:
        case ast.Constant(value=str() as text):
            return text.lstrip()[:6].lower() == "select"
        case ast.Call(args=[first, *_]):
            return _may_be_text(first)
    return isinstance(expr, ast.JoinedStr | ast.Name | ast.BinOp)


def _executed(module: Module, call: ast.Call, cursor: ast.expr) -> Iterator[ast.Call]:
    """Yield the last `execute` above on the same cursor."""
    spelled, function = ast.dump(cursor), module.function(call)
    above = [
        other
        for other in module.nodes(ast.Call)
        if isinstance(other.func, ast.Attribute)
        and other.func.attr == "execute"
        and other.lineno <= call.lineno
        and module.function(other) is function
        and ast.dump(other.func.value) == spelled
    ]
    yield from above[-1:]


def _managed(module: Module, call: ast.Call, chain: Chain) -> _Found | None:
    """Recognise `Model.objects.filter(email=email).exists()`, and the ORMs that ask the model itself."""
    at = manager_in(module, chain)
    if at is not None:
        manager = chain.links[at].node
        owner = manager.func if isinstance(manager, ast.Call) else manager
        store = store_of(module, owner.value) if isinstance(owner, ast.Attribute) else None
        return (store, keywords(module, chain.links[at:])) if store is not None else None
    first = chain.links[0].node if chain.links else None
    if not isinstance(first, ast.Call) or not isinstance(first.func, ast.Attribute):
        return None
    store = store_of(module, first.func.value)
    if store is None or store.model is None or store.model.orm not in _ORMS:
        return None
    called = keywords(module, chain.links)
    return store, called if any(way.same for way in called) else _filtered(module, chain)[1]


def _queried(module: Module, call: ast.Call, chain: Chain) -> _Found | None:
    """Recognise `session.query(User).filter_by(…)`, `User.query…`, `session.scalar(select(User)…)`."""
    for part in (chain, *_inside(module, chain)):
        owners, ways = _filtered(module, part)
        asks_for = [*_models(part), *owners]
        stores = (store_of(module, class_of(module, owner)) for owner in asks_for)
        store = next(filter(None, stores), None)
        if store is not None and any(way.same for way in ways):
            return store, ways
    return None


def _inside(module: Module, chain: Chain) -> Iterator[Chain]:
    """Yield the statements that a chain runs, and the ones that these hold: `select(exists().where(…))`."""
    for link in chain.links:
        if link.name in (*_RUNS, "query", "select") and link.arguments:
            yield from _statements(module, link.arguments[0])


def _statements(module: Module, expr: ast.expr, depth: int = 0) -> Iterator[Chain]:
    part = chain_of(module, expr)
    yield part
    if isinstance(part.root, ast.Call) and part.root.args and depth < _DEEP:
        yield from _statements(module, part.root.args[0], depth + 1)


def _models(chain: Chain) -> Iterator[ast.expr]:
    """Yield what a query or statement is made for."""
    for link in chain.links:
        if link.name == "query" and isinstance(link.node, ast.Attribute):
            yield link.node.value
        elif link.name in ("query", "select", "select_from") and link.arguments:
            yield link.arguments[0]
    if isinstance(chain.root, ast.Call) and chain.root.args:
        yield chain.root.args[0]


def _filtered(module: Module, chain: Chain) -> tuple[list[ast.expr], tuple[Way, ...]]:
    """Return whose columns the filters of a chain name, and the ways that they leave."""
    owners: list[ast.expr] = []
    ways: tuple[Way, ...] = (Way(),)
    for link in chain.links:
        if not isinstance(link.node, ast.Call):
            continue
        if link.name == "filter_by":
            ways = tuple(way.both(_given(link.node)) for way in ways)
        elif link.name in ("filter", "where", "find_one", "find", "get"):
            for argument in link.node.args:
                more = ways_of(module, argument, owners)
                ways = tuple(way.both(other) for way in ways for other in more)
    return owners, ways


def _given(call: ast.Call) -> Way:
    same: Mapping[str, ast.expr] = {item.arg: item.value for item in call.keywords if item.arg}
    return Way(same)
