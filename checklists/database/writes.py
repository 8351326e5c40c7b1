"""What a function writes to a database, statement by statement, in the ways of all common libraries."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from enum import Enum

from harden.calls import callee_of
from harden.checklists.database.links import Chain, chain_of
from harden.checklists.database.models import manager_in, model_of
from harden.checklists.database.rows import Origin, Row, related, row_of
from harden.checklists.database.sessions import Kind, handle_of
from harden.checklists.database.statements import sql_text
from harden.checklists.database.write_kinds import MANAGER, MONGO, RELATED, SESSION, WORDS
from harden.checklists.database.write_kinds import Does as Does
from harden.model_facts import Orm
from harden.module import Module, is_literal, keyword
from harden.tree import FunctionNode, own_nodes

_DEEP = 2
"""Functions that are followed from the one that is asked about."""
_SQL = re.compile(r"(?is)\s*(?:with\b.*\)\s*)?(insert|update|delete|replace|merge)\b")
_TABLE = re.compile(
    r"(?is)\b(?:insert\s+(?:or\s+\w+\s+)?into|replace\s+into|update|delete\s+from)\s+[\"`\[]?([\w.]+)"
)
_SPOKEN = re.compile(r"(?i)\s*(select|insert|update|delete|replace|merge|with)\b")
_ALCHEMY = (Orm.SQLALCHEMY, Orm.SQLMODEL)
_RUNS = frozenset({"execute", "executemany", "exec", "fetchval", "fetchrow", "execute_many", "scalar"})
_MONGO_PACKAGES = frozenset({"pymongo", "motor", "flask_pymongo"})
_FORMS = ("rest_framework.serializers.", "django.forms.", "django.contrib.auth.forms.")


class Way(Enum):
    """By which library a write is made."""

    ALCHEMY = "SQLAlchemy"
    ACTIVE = "a model that saves itself"
    SQL = "SQL"
    MONGO = "MongoDB"


@dataclass(frozen=True, slots=True)
class Write:
    """One write: the call or assignment that makes it and the module that this stands in.

    `at` is the node of the function that was asked about: `node` itself, or the call of the function that
    writes. `through` is the session, connection, cursor or collection; `row` what is known of the object,
    `target` the expression that names it or its model, `table` that of written-out SQL.
    """

    node: ast.Call | ast.stmt
    at: ast.Call | ast.stmt
    module: Module
    does: Does
    way: Way
    through: ast.expr | None = None
    row: Row | None = None
    target: ast.expr | None = None
    table: str = ""

    @property
    def at_once(self) -> bool:
        """Tell whether it is kept at once where no transaction is open: Django, peewee and MongoDB."""
        return self.way in (Way.ACTIVE, Way.MONGO)

    @property
    def said(self) -> str:
        """Return what is written, as a reader would call it."""
        if self.row is not None and self.row.model is not None:
            return self.row.model.name
        return self.table or (self.module.segment(self.target) if self.target is not None else "")


_FETCHED = frozenset(
    {"first", "one", "one_or_none", "get", "all", "first_or_404", "get_or_404", "one_or_404"}
)
_SAVES = frozenset({"save", "asave"})
_METHODS = frozenset({*SESSION, *_RUNS, *RELATED, *MONGO, *_SAVES})


def writes_of(module: Module, function: FunctionNode, depth: int = 0) -> list[Write]:
    """Return what a function writes, itself and through functions of the project, in source order."""
    found: list[Write] = []
    for node in own_nodes(function):
        write = write_at(module, node)
        if write is not None:
            found.append(write)
        elif isinstance(node, ast.Call) and depth < _DEEP:
            found += _elsewhere(module, node, depth)
    return found


def own_writes(module: Module, nodes: Iterable[ast.AST]) -> Iterator[Write]:
    """Yield the writes that are among some nodes."""
    for node in nodes:
        write = write_at(module, node)
        if write is not None:
            yield write


def _elsewhere(module: Module, call: ast.Call, depth: int) -> list[Write]:
    called = callee_of(module, call)
    if called is None or called[1].name == "__init__" or called[1] is module.function(call):
        return []
    if call.args and (text := sql_text(module, call.args[0])) is not None and _SPOKEN.match(text):
        return list(_handed(module, call, text))
    found = writes_of(*called, depth + 1)
    return [replace(write, at=call, through=None) for write in found]


def _handed(module: Module, call: ast.Call, text: str) -> Iterator[Write]:
    """Yield the write of a function of the project that runs the SQL that it is given."""
    if (does := _does(text)) is not None:
        table = _TABLE.search(text)
        yield Write(call, call, module, does, Way.SQL, table=table.group(1) if table else "")


def _does(text: str) -> Does | None:
    found = _SQL.match(text)
    word = found.group(1).lower() if found is not None else ""
    return WORDS.get(word)


def write_at(module: Module, node: ast.AST) -> Write | None:
    """Return the write that a node makes, None where it makes none."""
    match node:
        case ast.Call(func=ast.Attribute(attr=method)) if method in _METHODS:
            return _called(module, node, method)
        case (
            ast.Assign(targets=[ast.Attribute() as target]) | ast.AugAssign(target=ast.Attribute() as target)
        ):
            return _set(module, node, target)
    return None


def _called(module: Module, call: ast.Call, method: str) -> Write | None:
    receiver = call.func.value if isinstance(call.func, ast.Attribute) else call.func
    if method in _SAVES:
        return _saved(module, call, receiver)
    if method in MONGO:
        return _mongo(module, call, receiver, MONGO[method])
    if method in _RUNS:
        return _run(module, call, receiver)
    if method in SESSION and (write := _on_session(module, call, receiver, method)) is not None:
        return write
    return _managed(module, call, method) if method in RELATED else None


def _on_session(module: Module, call: ast.Call, receiver: ast.expr, method: str) -> Write | None:
    """Recognise `session.add(row)`; an argument is what tells it from a queryset's `delete()`."""
    if not call.args or (handle := handle_of(module, receiver)) is None or handle.kind is not Kind.SESSION:
        return None
    target = call.args[0]
    return Write(call, call, module, SESSION[method], Way.ALCHEMY, receiver, row_of(module, target), target)


def _saved(module: Module, call: ast.Call, receiver: ast.expr) -> Write | None:
    """Recognise `row.save()`, and forms and serializers that save what they hold."""
    if is_literal(keyword(call, "commit"), False):
        return None
    row = row_of(module, receiver)
    if row is not None and row.orm in _ALCHEMY:
        return None  # a method of the project's own
    path = module.resolve(receiver) or ""
    is_form = any(base.startswith(_FORMS) for base in module.project.ancestry((path,))) if path else False
    if row is None and not is_form and not _is_given(module, call) and keyword(call, "update_fields") is None:
        return None
    does = Does.INSERT if row is not None and row.origin is Origin.CREATED else Does.UPDATE
    return Write(call, call, module, does, Way.ACTIVE, None, row, receiver)


def _is_given(module: Module, call: ast.Call) -> bool:
    """Tell whether a view of Django is given the form or serializer that it saves."""
    function = module.function(call)
    return function is not None and function.name in ("perform_create", "perform_update", "form_valid")


def _mongo(module: Module, call: ast.Call, receiver: ast.expr, does: Does) -> Write | None:
    path = module.resolve(receiver) or ""
    package = path.partition(".")[0]
    untold = not path or module.project.owns(path) or path.startswith(("flask.", "fastapi.", "builtins."))
    if package not in _MONGO_PACKAGES and not untold:
        return None
    if module.project.imported.isdisjoint(_MONGO_PACKAGES):
        return None
    return Write(call, call, module, does, Way.MONGO, receiver, None, receiver)


def _run(module: Module, call: ast.Call, receiver: ast.expr) -> Write | None:
    """Recognise SQL that is run: written out, or made by `insert()`, `update()` and `delete()`."""
    if not call.args:
        return _peewee(module, call)
    statement = call.args[0]
    text = sql_text(module, statement)
    if text is not None:
        does = _does(text)
        if does is None or handle_of(module, receiver) is None:
            return None
        table = _TABLE.search(text)
        return Write(call, call, module, does, Way.SQL, receiver, table=table.group(1) if table else "")
    chain = chain_of(module, statement)
    made = next((link.node for link in chain.links if link.name in Does._value2member_map_), chain.root)
    if not isinstance(made, ast.Call) or handle_of(module, receiver) is None:
        return None
    name = (module.resolve(made.func) or "").rpartition(".")[2]
    if name not in Does._value2member_map_:
        return None
    given = made.args[0] if made.args else made.func.value if isinstance(made.func, ast.Attribute) else None
    return Write(call, call, module, Does(name), Way.ALCHEMY, receiver, None, given)


def _peewee(module: Module, call: ast.Call) -> Write | None:
    """Recognise `Model.update(…).where(…).execute()`."""
    chain = chain_of(module, call)
    for link in chain.links:
        if link.name in Does._value2member_map_ and isinstance(link.node, ast.Call):
            func = link.node.func
            model = model_of(module, func.value) if isinstance(func, ast.Attribute) else None
            if model is not None and model.orm is Orm.PEEWEE and isinstance(func, ast.Attribute):
                return Write(call, call, module, Does(link.name), Way.ACTIVE, None, None, func.value)
    return None


def _managed(module: Module, call: ast.Call, method: str) -> Write | None:
    """Recognise `Model.objects.create(…)`, `queryset.update(…)`, `row.items.create(…)`, `row.delete()`."""
    chain = chain_of(module, call)
    at = manager_in(module, chain)
    if at is not None and method in MANAGER and len(chain.links) > at + 1:
        manager = chain.links[at].node
        target = manager.value if isinstance(manager, ast.Attribute) else None
        return Write(call, call, module, MANAGER[method], Way.ACTIVE, None, row_of(module, call), target)
    return _alchemy_query(module, call, chain, method) or _of_row(module, call, chain, method)


def _alchemy_query(module: Module, call: ast.Call, chain: Chain, method: str) -> Write | None:
    """Recognise `session.query(Model).filter(…).update(…)`, and `Model.query….delete()`."""
    if method not in ("update", "delete") or not chain.names.isdisjoint(_FETCHED):
        return None
    for link in chain.links[:-1]:
        if link.name == "query":
            target = (
                link.node.value if isinstance(link.node, ast.Attribute) else next(iter(link.arguments), None)
            )
            through = (
                link.node.func.value
                if isinstance(link.node, ast.Call) and isinstance(link.node.func, ast.Attribute)
                else None
            )
            if target is not None:
                return Write(call, call, module, MANAGER[method], Way.ALCHEMY, through, None, target)
    return None


def _of_row(module: Module, call: ast.Call, chain: Chain, method: str) -> Write | None:
    receiver = call.func.value if isinstance(call.func, ast.Attribute) else call.func
    if method in ("delete", "adelete"):
        row = row_of(module, receiver)
        if row is not None and row.orm not in _ALCHEMY:
            return Write(call, call, module, Does.DELETE, Way.ACTIVE, None, row, receiver)
    model = model_of(module, receiver) if method == "create" else None
    if model is not None and model.orm in (Orm.PEEWEE, Orm.TORTOISE):
        return Write(call, call, module, Does.INSERT, Way.ACTIVE, None, row_of(module, call), receiver)
    if len(chain.links) < 2 or not isinstance(chain.links[0].node, ast.Attribute):
        return None
    owner = row_of(module, chain.root)
    if owner is None or owner.orm is not Orm.DJANGO:
        return None
    other = related(owner, chain.links[0].name)
    if other is None:
        return None
    return Write(call, call, module, RELATED[method], Way.ACTIVE, None, other, chain.links[0].node)


def _set(module: Module, statement: ast.Assign | ast.AugAssign, target: ast.Attribute) -> Write | None:
    """Recognise a column of a row that SQLAlchemy knows: it is written with the next flush."""
    row = row_of(module, target.value)
    if row is None or row.origin is Origin.CREATED or row.orm not in _ALCHEMY or row.model is None:
        return None
    if target.attr not in row.model.columns and target.attr not in row.model.relations:
        return None
    return Write(statement, statement, module, Does.UPDATE, Way.ALCHEMY, None, row, target.value)
