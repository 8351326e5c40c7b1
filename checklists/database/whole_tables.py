"""Statements that change or remove every row of a table: those without a condition."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass

from harden.checklists.database.links import Chain, chain_of, is_in_sight
from harden.checklists.database.models import manager_in, model_of
from harden.checklists.database.statements import sql_text
from harden.checklists.sql_sinks import METHODS, statement_in
from harden.model_facts import Orm
from harden.module import Module, keyword

_ENDS = {"delete": "removed", "adelete": "removed", "update": "changed", "aupdate": "changed"}
_MANY = {"delete_many": "removed", "update_many": "changed"}
_WHOLE = frozenset({"query", "all", "using", "order_by", "options", "execution_options", "select_related"})
_WHERE = frozenset({"where", "filter", "filter_by", "prefix_with", "with_dialect_options"})
_RUNS = frozenset({"execute", "exec", "scalars", "scalar", "run"})
_TABLE = r"[\"`\[]?(?:\w+[\"`\]]?\.[\"`\[]?)?(\w+)[\"`\]]?"
_DELETE = re.compile(
    rf"(?is)^\s*(?:delete\s+from|truncate(?:\s+table)?)\s+{_TABLE}\s*(?:cascade|restart\s+identity)?\s*;?\s*$"
)
_UPDATE = re.compile(rf"(?is)^\s*update\s+(?:only\s+)?{_TABLE}\s+set\b(?!.*\b(?:where|from|limit|join)\b)")


@dataclass(frozen=True, slots=True)
class Write:
    """A statement without a condition: the call that makes it, its table, what becomes of the rows."""

    place: ast.Call
    table: str
    done: str


def writes_in(module: Module) -> Iterator[Write]:
    """Yield the statements of a module that have no condition."""
    for call in module.nodes(ast.Call):
        func = call.func
        if not isinstance(func, ast.Attribute):
            continue
        if func.attr in _ENDS:
            found = _queried(module, call, _ENDS[func.attr])
        elif func.attr in _MANY:
            found = _documents(call, func)
        else:
            found = _written(module, call) if func.attr in METHODS else None
        if found is not None:
            yield found


def statement_without_condition(module: Module, call: ast.Call, path: str) -> Write | None:
    """Return what `delete(Model)` or `update(Model).values(…)` does, if it gets no condition."""
    if len(call.args) != 1 or call.keywords or _gets_condition(module, call):
        return None
    return Write(call, ast.unparse(call.args[0]), _ENDS[path.rpartition(".")[2]])


def _gets_condition(module: Module, expr: ast.expr, depth: int = 0) -> bool:
    """Tell whether a statement gets a condition later on, or goes where that is not seen."""
    parent = module.parents.get(expr)
    match parent:
        case ast.Attribute(attr=attr) if isinstance(outer := module.parents.get(parent), ast.Call):
            return attr in _WHERE or _gets_condition(module, outer, depth)
        case ast.Call(func=ast.Attribute(attr=attr), args=[first, *more]) if first is expr and attr in _RUNS:
            return bool(more) or keyword(parent, "params") is not None  # many rows, each by its key
        case ast.Await():
            return _gets_condition(module, parent, depth)
        case ast.Assign(targets=[ast.Name() as target]) if depth == 0:
            uses = [
                use
                for use in module.nodes(ast.Name)
                if use.id == target.id
                and isinstance(use.ctx, ast.Load)
                and any(value.node is target for value in module.flow.values(use))
            ]
            return not uses or any(_gets_condition(module, use, 1) for use in uses)
    return True


def _queried(module: Module, call: ast.Call, done: str) -> Write | None:
    """Recognise `session.query(Model).delete()`, `Model.objects.delete()` and `Model.delete().execute()`."""
    chain = chain_of(module, call)
    names = [link.name for link in chain.links[:-1]]
    at = manager_in(module, chain)
    if "query" in names:
        at, table = names.index("query"), _table_of(module, chain)
    elif at is not None:
        table = _spelled(chain.links[at].node)
    else:
        return _peewee(module, call, done)
    start = chain.links[at].node
    is_narrowed = isinstance(start, ast.Call) and names[at] == "objects" and (start.args or start.keywords)
    if table and not is_narrowed and set(names[at:]) <= _WHOLE | {names[at]} and is_in_sight(module, call):
        return Write(call, table, done)
    return None


def _table_of(module: Module, chain: Chain) -> str:
    """Return the model that a query of SQLAlchemy is over."""
    for link in chain.links:
        if link.name == "query" and isinstance(link.node, ast.Call):
            first = link.node.args[0] if len(link.node.args) == 1 else None
            return ast.unparse(first) if first is not None and _is_named_as_class(first) else ""
        if link.name == "query" and isinstance(link.node, ast.Attribute):
            return _spelled(link.node)
    return ""


def _spelled(node: ast.Attribute | ast.Call) -> str:
    """Return the model of `Model.query`, `Model.objects` or `Model.objects()`."""
    held = node.func if isinstance(node, ast.Call) else node
    owner = held.value if isinstance(held, ast.Attribute) else None
    return ast.unparse(owner) if owner is not None and _is_named_as_class(owner) else ""


def _is_named_as_class(expr: ast.expr) -> bool:
    name = expr.attr if isinstance(expr, ast.Attribute) else expr.id if isinstance(expr, ast.Name) else ""
    return name[:1].isupper() or name == "cls"


def _peewee(module: Module, call: ast.Call, done: str) -> Write | None:
    func = call.func
    after = module.parents.get(call)
    if not isinstance(func, ast.Attribute) or not isinstance(after, ast.Attribute) or after.attr != "execute":
        return None
    model = model_of(module, func.value)
    return Write(call, model.name, done) if model is not None and model.orm is Orm.PEEWEE else None


def _documents(call: ast.Call, func: ast.Attribute) -> Write | None:
    """Recognise `collection.delete_many({})`."""
    given = call.args[0] if call.args else keyword(call, "filter")
    if not isinstance(given, ast.Dict) or given.keys:
        return None
    owner = func.value
    name = owner.attr if isinstance(owner, ast.Attribute) else ast.unparse(owner)
    return Write(call, name, _MANY[func.attr])


def _written(module: Module, call: ast.Call) -> Write | None:
    """Recognise SQL that is written out."""
    statement = statement_in(call)
    text = sql_text(module, statement) if statement is not None else None
    if text is None or isinstance(statement, ast.JoinedStr):
        return None
    for pattern, done in ((_DELETE, "removed"), (_UPDATE, "changed")):
        if found := pattern.match(text):
            return Write(call, found[1], done)
    return None
