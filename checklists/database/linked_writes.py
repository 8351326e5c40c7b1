"""Writes that belong together and are each kept at once: by Django, peewee, MongoDB and asyncpg."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass

from harden.checklists.database.passing import place_of
from harden.checklists.database.paths import block_of, end, follows, is_long, position, shares_line
from harden.checklists.database.rows import Origin
from harden.checklists.database.sessions import handle_of
from harden.checklists.database.side_effects import is_aside
from harden.checklists.database.transactions import is_autocommit, is_covered, transaction_at
from harden.checklists.database.writes import Does, Way, Write, own_writes
from harden.model_facts import Orm
from harden.module import Module
from harden.tree import FunctionNode, own_nodes

_COMMON = frozenset(
    {"self", "cls", "request", "db", "session", "conn", "connection", "cursor", "cur", "pool"}
)
_COMMON |= {
    "datetime",
    "timezone",
    "settings",
    "logger",
    "now",
    "uuid",
    "data",
    "validated_data",
    "form",
    "payload",
}


_BEGIN = re.compile(r"(?i)[\"']\s*begin\b")
_RANGE = re.compile(r"^\$[lg]te?$|\bwhere\b.*[<>]", re.IGNORECASE | re.DOTALL)
"""Comparisons of MongoDB and of SQL by which rows are told to be too old."""
_LOOKS_UP = re.compile(r"\.a?(get|update)_or_create\(")
_KEEPS_TRACK = re.compile(
    r"(Log|Event|Activity|History|Notification|Audit|Session|Token|Entry|Message|Run|Record)s?$"
)
"""Names of models whose rows tell what was done: the change itself stands without them."""


@dataclass(frozen=True, slots=True)
class Linked:
    """Two writes of one function, the statements that hold them, and how they are put into a transaction."""

    node: ast.AST
    before: str
    after: str
    facts: dict[str, str]
    why_not: str = ""


def linked_of(module: Module, function: FunctionNode) -> Linked | None:
    """Return the first two writes of a function that belong together and are kept apart."""
    found = list(own_writes(module, own_nodes(function)))
    writes = [write for write in found if _is_alone(module, write)] if len(found) > 1 else []
    for at, first in enumerate(writes):
        for second in writes[at + 1 :]:
            if _belong(module, function, first, second) and not is_covered(module, first.at):
                return _linked(module, function, first, second, writes)
    return None


def _is_alone(module: Module, write: Write) -> bool:
    """Tell whether a write is kept at once, and nothing in the function opens a transaction."""
    return (write.at_once or _autocommits(write)) and transaction_at(module, write.at) is None


def _autocommits(write: Write) -> bool:
    """Tell whether SQL is run on a connection that keeps each statement at once: asyncpg's do."""
    handle = handle_of(write.module, write.through) if write.way is Way.SQL and write.through else None
    if handle is None or handle.path.startswith("asyncpg."):
        return handle is not None
    function = write.module.function(write.node)
    begins = function is not None and _BEGIN.search(write.module.segment(function)) is not None
    return not begins and bool(handle.path) and is_autocommit(write.module, handle)


def _belong(module: Module, function: FunctionNode, first: Write, second: Write) -> bool:
    """Tell whether the second of two writes needs the first one, or changes another row together with it."""
    if first.way is not second.way or not follows(module, first.at, second.at) or _same_row(first, second):
        return False
    if first.does is second.does is Does.DELETE and (
        first.way is Way.ACTIVE or (_sweeps(first) and _sweeps(second))
    ):
        return False  # what is left over goes the next time
    if _LOOKS_UP.search(module.segment(first.at)) or _KEEPS_TRACK.search(second.said):
        return False
    if first.way is Way.ACTIVE:
        linked = _is_about(first, second) or (_is_about(second, first) and second.row is not None)
        linked = linked or _same_kind(first, second)
    else:
        linked = bool(_subjects(first) & _subjects(second))
    return linked and not _asides(module, function, first, second)


def _sweeps(write: Write) -> bool:
    """Tell whether a write takes all rows before or after some point, as a clean-up does."""
    if not isinstance(write.node, ast.Call):
        return False
    flow = write.module.flow
    held = (flow.only(given) for given in write.node.args if isinstance(given, ast.Name))
    tops = [*write.node.args, *(value.expr for value in held if value is not None and value.expr is not None)]
    words = (node.value for top in tops for node in ast.walk(top) if isinstance(node, ast.Constant))
    return any(_RANGE.search(word) for word in words if isinstance(word, str))


def _is_about(row: Write, other: Write) -> bool:
    """Tell whether a write is given the row that another one writes: `Line.objects.create(order=order)`."""
    if isinstance(row.target, ast.Attribute) and not _made(row):
        return False
    given = _given_names(other)
    if isinstance(other.target, ast.Attribute) and row.does is not Does.INSERT:
        own = {node.id for node in ast.walk(other.target) if isinstance(node, ast.Name)}
        given = [name for name in given if name.id not in own]
    names = _rows(row)
    return any(name.id in names and _is_same(row, name) for name in given)


def _is_same(row: Write, name: ast.Name) -> bool:
    """Tell whether a name still holds the row of a write that came before, or holds it already."""
    if not isinstance(row.target, ast.Name) or row.target.id != name.id:
        return True
    flow = row.module.flow
    return {v.node for v in flow.values(row.target)} == {v.node for v in flow.values(name)}


def _rows(write: Write) -> set[str]:
    """Return the names of the object that a write saves or makes."""
    names = (
        {write.target.id}
        if isinstance(write.target, ast.Name) and not write.target.id[:1].isupper()
        else set()
    )
    return (names | _made(write)) - _COMMON


def _made(write: Write) -> set[str]:
    """Return the names that are given what a write returns."""
    statement = write.module.parents.get(write.node)
    statement = write.module.parents.get(statement) if isinstance(statement, ast.Await) else statement
    targets = getattr(statement, "targets", [])
    return {node.id for target in targets for node in ast.walk(target) if isinstance(node, ast.Name)}


def _given_names(write: Write) -> list[ast.Name]:
    """Return the names in what a write is given, and in what its object was made of."""
    nodes: list[ast.AST] = [write.node]
    if write.row is not None and write.row.origin is Origin.CREATED and write.row.load is not None:
        nodes.append(write.row.load)
    return [node for top in nodes for node in ast.walk(top) if isinstance(node, ast.Name)]


def _same_row(first: Write, second: Write) -> bool:
    """Tell whether two writes save the same object: the second only completes the first."""
    if second.target is None or first.does is Does.DELETE:
        return False
    if first.target is not None and ast.unparse(first.target) == ast.unparse(second.target):
        return isinstance(first.target, ast.Name)
    return isinstance(second.target, ast.Name) and second.target.id in _made(first)


def _same_kind(first: Write, second: Write) -> bool:
    """Tell whether two rows of one model are changed: what one loses, the other gets."""
    if first.row is None or second.row is None or first.row.model is None:
        return False
    if isinstance(first.target, ast.Attribute) and isinstance(second.target, ast.Attribute):
        return False  # what belongs to one row, set in several lists
    return first.row.model is second.row.model and first.does is second.does is Does.UPDATE


def _subjects(write: Write) -> set[str]:
    """Return the names that SQL is given, or whose value it gives."""
    names = {node.id for node in ast.walk(write.node) if isinstance(node, ast.Name)} | _made(write)
    return names - _COMMON


def _linked(
    module: Module, function: FunctionNode, first: Write, second: Write, writes: list[Write]
) -> Linked:
    said = first.said or "one row", second.said or "another"
    if first.way is Way.MONGO:
        return Linked(
            first.at, *said, {}, "MongoDB keeps several writes together only in a session of a replica set."
        )
    if any(
        write.row is not None and write.row.orm in (Orm.PEEWEE, Orm.TORTOISE) for write in (first, second)
    ):
        return Linked(first.at, *said, {}, "Put both into one `with database.atomic():` block.")
    is_async = isinstance(function, ast.AsyncFunctionDef)
    if first.way is Way.ACTIVE and is_async:
        return Linked(
            first.at,
            *said,
            {},
            "Django has no transactions in async code: move it into a function of its own.",
        )
    together = [first, second]
    if any(item.arg == "using" for write in together for item in getattr(write.node, "keywords", ())):
        why_not = "The database is chosen here: give transaction.atomic() the same `using`."
        return Linked(first.at, *said, {}, why_not)
    for write in writes:
        linked = any(_is_about(one, write) or _is_about(write, one) for one in together)
        if linked and _chained(module, second, write) and not _asides(module, function, second, write):
            together.append(write)
    block = block_of(module, first.at, max(together, key=lambda w: position(w.at)).at)
    if block is not None and is_long(*block):
        return Linked(first.at, *said, {}, _far(module, function, first))
    if block is None or shares_line(module, *block):
        return Linked(
            first.at, *said, {}, "The writes stand in different blocks: put both into one transaction."
        )
    opener = module.segment(first.through) if first.way is Way.SQL and first.through is not None else ""
    if (
        first.through is not None
        and opener
        and not (module.resolve(first.through) or "").startswith("asyncpg.")
    ):
        return Linked(
            first.at, *said, {}, "The connection keeps each statement at once: open a transaction on it."
        )
    facts = {"form": "asyncpg" if opener else "atomic", "opener": opener}
    ways_out = (node for node in own_nodes(function) if isinstance(node, ast.Return))
    if any(position(first.at) < position(node) < end(block[1]) for node in ways_out):
        facts |= {
            "note": "A return within transaction.atomic() commits: raise there to undo what was written."
        }
    return Linked(
        first.at, *said, facts | {"begin": place_of(module, block[0]), "end": place_of(module, block[1])}
    )


def _far(module: Module, function: FunctionNode, first: Write) -> str:
    """Return what to do where a block would hold much of a function."""
    nodes = own_nodes(function)
    if first.way is Way.ACTIVE and not any(is_aside(module, n) for n in nodes if isinstance(n, ast.Call)):
        return f"The writes stand far apart: put @transaction.atomic on {function.name}() as a whole."
    return "The writes stand far apart: move what is between them out of the way."


def _chained(module: Module, first: Write, other: Write) -> bool:
    return position(other.at) > position(first.at) and follows(module, first.at, other.at)


def _asides(module: Module, function: FunctionNode, first: Write, second: Write) -> bool:
    return any(
        is_aside(module, node)
        for node in own_nodes(function)
        if isinstance(node, ast.Call | ast.Yield) and end(first.at) < position(node) < position(second.at)
    )
