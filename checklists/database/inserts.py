"""Calls that put new rows into a store, themselves or through functions of the project."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from harden.calls import callee_of
from harden.checklists.database.forms import form_store, view_store
from harden.checklists.database.links import Chain, chain_of
from harden.checklists.database.models import manager_in
from harden.checklists.database.statements import sql_text
from harden.checklists.database.stores import (
    DOCUMENTS,
    Store,
    collection_of,
    plain,
    store_of,
    table_store,
)
from harden.flow import How
from harden.model_facts import Orm
from harden.module import Module
from harden.tree import FunctionNode, own_nodes

_ADDS = frozenset({"add", "add_all", "bulk_save_objects"})
_CREATES = frozenset({"create", "acreate", "create_user", "create_superuser", "bulk_create"})
_DOCUMENTS = frozenset({"insert_one", "insert_many"})
_ON = frozenset({"form_valid", "perform_create"})
"""Methods by which a view goes on to save the row of its form or serializer."""
_SAVES = frozenset({"save", "insert", "asave", "create"})
_SAVED = frozenset({Orm.DJANGO, Orm.MONGOENGINE, Orm.PEEWEE, Orm.TORTOISE, Orm.BEANIE})
_INSERT = re.compile(
    r"(?is)^\s*insert\s+into\s+(?P<table>[\w.\"`]+)\s*(?:\((?P<columns>[^)]*)\))?(?P<rest>.*)$"
)
_COPES = re.compile(r"(?i)\bon\s+(conflict|duplicate)\b|\bwhere\s+not\s+exists\b|\bmerge\b")
_DEEP = 3


@dataclass(frozen=True, slots=True)
class Insert:
    """New rows of a store: their columns with values (None: not in sight), and the call that adds them.

    `others`: columns may be given that are not in sight, by `rest` as far as it is known. `steps`: the calls
    of the project's functions on the way, the innermost last; `module` is the one of `call`.
    """

    module: Module
    store: Store
    columns: Mapping[str, ast.expr | None]
    others: bool
    call: ast.Call
    steps: tuple[tuple[Module, ast.Call], ...] = ()
    rest: tuple[ast.expr, ...] = ()

    def gives(self, columns: Iterable[str]) -> bool:
        """Tell whether rows get values in some columns, as far as can be seen."""
        known = {plain(name) for name in self.columns}
        return self.others or all(plain(name) in known for name in columns)


def inserts_of(module: Module, call: ast.Call, depth: int = 0) -> Iterator[Insert]:
    """Yield what a call inserts, through the project's functions too."""
    own = list(own_inserts(module, call))
    yield from own
    called = callee_of(module, call) if not own and depth < _DEEP else None
    if called is None or called[1].name == "__init__":
        return
    source, function = called
    for inner in own_nodes(function):
        if isinstance(inner, ast.Call) and inner is not call:
            for found in inserts_of(source, inner, depth + 1):
                steps = ((module, call), *found.steps)
                unseen = dict.fromkeys(found.columns)
                yield Insert(found.module, found.store, unseen, found.others, found.call, steps)


def own_inserts(module: Module, call: ast.Call) -> Iterator[Insert]:
    """Yield what a call inserts itself."""
    match call.func:
        case ast.Attribute(value=holder, attr=name):
            if name in _ADDS and call.args:
                yield from _added(module, call)
            elif name in _DOCUMENTS and call.args:
                yield from _documents(module, call, holder)
            elif name in _CREATES and (manager := _manager(module, call)) is not None:
                yield _made(module, manager, call, call)
            elif name in _SAVES:
                yield from _saved(module, call, holder)
            elif name in _ON and (store := view_store(module, call)) is not None:
                yield Insert(module, store, {}, others=True, call=call)
            if name in ("execute", "scalar", "scalars", "exec") and call.args:
                yield from _stated(module, call)
    yield from _written(module, call)


def _added(module: Module, call: ast.Call) -> Iterator[Insert]:
    """Recognise `session.add(User(…))`, also of a local name."""
    given = call.args[0]
    items: Sequence[ast.expr] = given.elts if isinstance(given, ast.List | ast.Tuple) else [given]
    for item in items:
        making = list(_making(module, item))
        for name, made in making:
            store = _built(module, made.func)
            if store is not None and store.model is not None:
                yield _made(module, store, made, call, name)
            elif (store := _validated(module, made.func)) is not None:
                yield Insert(module, store, {}, others=True, call=call, rest=tuple(made.args[:1]))
        if not making and _is_parameter(module, item):
            store = store_of(module, item)
            if store is not None and store.model is not None:
                yield Insert(module, store, {}, others=True, call=call)


def _built(module: Module, func: ast.expr) -> Store | None:
    """Return the model whose class is called; a call of its methods looks rows up."""
    name = func.attr if isinstance(func, ast.Attribute) else func.id if isinstance(func, ast.Name) else ""
    is_class = name.lstrip("_")[:1].isupper() or name == "cls" or isinstance(func, ast.Name)
    return store_of(module, func) if is_class else None


def _validated(module: Module, func: ast.expr) -> Store | None:
    """Return the model that is made from a body: `User.model_validate(data)`."""
    match func:
        case ast.Attribute(value=owner, attr="model_validate" | "from_orm" | "parse_obj" | "from_dict"):
            return store_of(module, owner)
    return None


def _is_parameter(module: Module, item: ast.expr) -> bool:
    return isinstance(item, ast.Name) and any(
        value.how is How.PARAMETER for value in module.flow.values(item)
    )


def _making(module: Module, item: ast.expr) -> Iterator[tuple[str, ast.Call]]:
    """Yield the calls that make an object, with the local name that it has."""
    if isinstance(item, ast.Call):
        yield "", item
    elif isinstance(item, ast.Name):
        for value in module.flow.values(item):
            if value.how is How.GIVEN and isinstance(value.expr, ast.Call) and value.module is module:
                yield item.id, value.expr


def _made(module: Module, store: Store, made: ast.Call, call: ast.Call, name: str = "") -> Insert:
    columns: dict[str, ast.expr | None] = {item.arg: item.value for item in made.keywords if item.arg}
    rest = (*made.args, *(item.value for item in made.keywords if item.arg is None))
    if name and (function := module.function(call)) is not None:
        columns |= _attributes(function, name)
    return Insert(module, store, columns, bool(rest), call, rest=rest)


def _attributes(function: FunctionNode, name: str) -> dict[str, ast.expr | None]:
    """Return the columns that statements of a function give an object: `user.email = email`."""
    return {
        target.attr: node.value
        for node in own_nodes(function)
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Attribute)
        and isinstance(target.value, ast.Name)
        and target.value.id == name
    }


def _documents(module: Module, call: ast.Call, holder: ast.expr) -> Iterator[Insert]:
    """Recognise `db.users.insert_one({…})`."""
    store = collection_of(module, holder)
    if store is None or module.project.imported.isdisjoint(DOCUMENTS):
        return
    held = module.flow.only(call.args[0])
    given = held.expr if held is not None else call.args[0]
    if not isinstance(given, ast.Dict):
        yield Insert(module, store, {}, others=True, call=call, rest=(call.args[0],))
        return
    names = [(module.string(key), value) for key, value in zip(given.keys, given.values, strict=True)]
    columns: dict[str, ast.expr | None] = {name: value for name, value in names if name is not None}
    yield Insert(module, store, columns, len(columns) < len(names), call)


def _manager(module: Module, call: ast.Call) -> Store | None:
    """Return the model of `Model.objects.create(…)`, or of `Model.create(…)` where an ORM has that."""
    chain = chain_of(module, call)
    at = manager_in(module, chain)
    holder = chain.links[at].node if at is not None else None
    if isinstance(holder, ast.Attribute):
        return store_of(module, holder.value)
    owner = call.func.value if isinstance(call.func, ast.Attribute) else call.func
    store = store_of(module, owner) if isinstance(owner, ast.Name | ast.Attribute) else None
    if store is None or store.model is None:
        return None
    return store if store.model.orm in (Orm.PEEWEE, Orm.TORTOISE) else None


def _saved(module: Module, call: ast.Call, holder: ast.expr) -> Iterator[Insert]:
    """Recognise `User(…).save()`, also of a local name, and that of a form or serializer of a model."""
    if (store := form_store(module, holder)) is not None:
        yield Insert(module, store, {}, others=True, call=call)  # it has looked for doubles itself
        return
    for name, made in _making(module, holder):
        store = _built(module, made.func)
        if store is not None and (store.model is None or store.model.orm in _SAVED):
            yield _made(module, store, made, call, name)


def _stated(module: Module, call: ast.Call) -> Iterator[Insert]:
    """Recognise `session.execute(insert(User).values(…))`."""
    chain = chain_of(module, call.args[0])
    if any(name.startswith(("on_conflict", "on_duplicate", "prefix_with")) for name in chain.names):
        return
    made = _inserted(module, chain)
    store = store_of(module, made) if made is not None else None
    if store is None:
        return
    values = [link.node for link in chain.links if link.name == "values" and isinstance(link.node, ast.Call)]
    columns: dict[str, ast.expr | None] = {k.arg: k.value for node in values for k in node.keywords if k.arg}
    yield Insert(module, store, columns, not columns, call)


def _inserted(module: Module, chain: Chain) -> ast.expr | None:
    for link in chain.links:
        if link.name == "insert" and isinstance(link.node, ast.Call):
            func = link.node.func
            return link.node.args[0] if link.node.args else getattr(func, "value", None)
    root = chain.root
    is_insert = isinstance(root, ast.Call) and (module.resolve(root.func) or "").endswith(".insert")
    return root.args[0] if isinstance(root, ast.Call) and is_insert and root.args else None


def _written(module: Module, call: ast.Call) -> Iterator[Insert]:
    """Recognise SQL that inserts and does not say what to do about doubles."""
    for at, argument in enumerate(call.args[:2]):
        text = sql_text(module, argument) if _may_insert(argument) else None
        read = _INSERT.match(text) if text else None
        if read is None or _COPES.search(read["rest"]):
            continue
        names = [name.strip().strip('"`') for name in (read["columns"] or "").split(",") if name.strip()]
        given = call.args[at + 1] if len(call.args) > at + 1 else None
        values = list(given.elts) if isinstance(given, ast.Tuple | ast.List) else []
        known = len(values) == len(names) and read["rest"].count("?") + read["rest"].count("%s") == len(names)
        columns = dict(zip(names, values, strict=True)) if known else dict.fromkeys(names)
        yield Insert(module, table_store(module.project, read["table"]), columns, not names, call)


def _may_insert(expr: ast.expr) -> bool:
    """Tell whether an expression may be SQL that inserts, before it is worked out."""
    match expr:
        case ast.Constant(value=str() as text):
            return text.lstrip()[:6].lower() == "insert"
        case ast.Call(func=ast.Name(id="text") | ast.Attribute(attr="text"), args=[first, *_]):
            return _may_insert(first)
        case ast.JoinedStr(values=[ast.Constant(value=str() as text), *_]):
            return text.lstrip()[:6].lower() == "insert"
    return isinstance(expr, ast.Name) and (
        expr.id.isupper() or "sql" in expr.id.lower() or expr.id == "query"
    )
