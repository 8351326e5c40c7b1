"""Calls that ask a database something: what runs, whether it reads or writes, and by which library."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass

from harden.calls import callee_of
from harden.checklists.database.links import Chain, chain_of
from harden.checklists.database.models import is_model, manager_in, model_of
from harden.checklists.database.purposes import bindings_of
from harden.checklists.database.row_steps import name_of
from harden.checklists.database.sessions import handle_of, kind_of
from harden.checklists.database.statements import sql_text
from harden.module import Module
from harden.tree import FunctionNode, own_nodes

PACKAGES = frozenset(
    {"sqlalchemy", "flask_sqlalchemy", "sqlmodel", "django", "sqlite3", "aiosqlite", "psycopg", "psycopg2"}
    | {"asyncpg", "pymysql", "MySQLdb", "mysql", "mariadb", "pyodbc", "pymssql", "duckdb", "oracledb"}
    | {"pymongo", "motor", "flask_pymongo", "aiomysql", "databases"}
)
_MONGO = frozenset({"pymongo", "motor", "flask_pymongo"})
_RUNS = frozenset(
    {"execute", "exec", "scalar", "scalars", "fetchrow", "fetchval", "fetch", "fetch_one", "fetch_all"}
    | {"fetch_val", "exec_driver_sql", "stream_scalars"}
)
_ENDS = frozenset(
    {"first", "one", "one_or_none", "all", "count", "scalar", "get", "get_or_404", "first_or_404", "exists"}
    | {"one_or_404", "last", "aggregate", "latest", "earliest", "aget", "afirst", "acount", "aexists"}
)
_WRITES = frozenset(
    {"create", "acreate", "get_or_create", "aget_or_create", "update_or_create", "aupdate_or_create"}
    | {"update", "aupdate", "delete", "adelete"}
)
_MONGO_READS = frozenset({"find_one", "count_documents", "aggregate"})
_MONGO_WRITES = frozenset({"insert_one", "update_one", "replace_one", "delete_one", "find_one_and_update"})
_SHORTCUTS = frozenset({"get_object_or_404", "aget_object_or_404"})
_SELECT = re.compile(r"(?is)\s*(?:with\b.*\)\s*)?(select|show)\b")
_CHANGE = re.compile(r"(?is)\s*(insert|update|delete|replace|merge)\b")
_OF_ANY_TABLE = re.compile(r"(?i)\b(from|into|update|join)\s*(\"|`)?\s*($|\s{2})")
"""SQL with a table in it that is put in by an f-string."""
_LISTS = frozenset({"list", "len", "sum", "any", "all", "set", "tuple", "sorted", "bool", "dict"})
_SHORT = 9
"""Statements of a function that only looks something up."""
_DEEP = 2


@dataclass(frozen=True, slots=True)
class Asked:
    """One question to a database: the call that asks, whether it writes, and whether for several rows."""

    call: ast.Call
    writes: bool
    batch: bool = False


def asked_by(module: Module, call: ast.Call) -> Asked | None:
    """Return what a call asks a database, None where it asks nothing that is known."""
    if isinstance(call.func, ast.Name):
        is_shortcut = call.func.id in _SHORTCUTS and call.args and is_model(module, call.args[0])
        return Asked(call, writes=False) if is_shortcut else None
    if not isinstance(call.func, ast.Attribute):
        return None
    method, receiver = call.func.attr, call.func.value
    if method in _RUNS and call.args and (found := _run(module, call, receiver)):
        return found
    if method in ("get", "get_one") and len(call.args) >= 2 and model_of(module, call.args[0]) is not None:
        return Asked(call, writes=False) if handle_of(module, receiver) is not None else None
    if method in _MONGO_READS | _MONGO_WRITES and _is_collection(module, receiver):
        return Asked(call, method in _MONGO_WRITES)
    if method in _ENDS | _WRITES:
        return _ended(module, call, method)
    return _iterated(module, call)


def _run(module: Module, call: ast.Call, receiver: ast.expr) -> Asked | None:
    """Recognise a statement that is run on a session, connection or cursor."""
    if not _is_handle(module, receiver):
        return None
    statement = call.args[0]
    given = module.flow.only(statement)
    if given is not None and given.module is module and isinstance(given.expr, ast.Call):
        statement = given.expr
    text = sql_text(module, statement)
    if text is not None:
        if _OF_ANY_TABLE.search(text) or (not _SELECT.match(text) and not _CHANGE.match(text)):
            return None
        is_batch = re.search(r"(?i)\b(in\s*\(|any\s*\(|offset\b)", text) is not None
        return Asked(call, _CHANGE.match(text) is not None, is_batch)
    chain = chain_of(module, statement)
    made = [chain.root, *(link.node for link in chain.links)]
    names = {name_of(node) for node in made if isinstance(node, ast.Call)}
    if names.isdisjoint({"select", "insert", "update", "delete"}):
        return None
    return Asked(call, "select" not in names, _is_batch(chain))


def _is_handle(module: Module, expr: ast.expr) -> bool:
    """Tell whether statements run on an expression, also one of a class derived from a driver's."""
    if handle_of(module, expr) is not None:
        return True
    path = module.resolve(expr) or ""
    if ".state." in path:  # what an application holds for its handlers
        return path.rpartition(".")[2] in (
            "acquire",
            "connection",
            "connect",
            "cursor",
            "pool",
            "db",
            "session",
        )
    return any(kind_of(base) is not None for base in module.project.inherited(path))


def _is_batch(chain: Chain) -> bool:
    """Tell whether a query asks for several rows by their keys, or for a page."""
    for link in chain.links:
        if link.name in ("offset", "slice", "paginate", "yield_per"):
            return True
        if isinstance(link.node, ast.Call):
            keys = [item.arg or "" for item in link.node.keywords]
            inner = (node for item in link.arguments for node in ast.walk(item))
            if any(key.endswith("__in") for key in keys):
                return True
            if any(isinstance(node, ast.Attribute) and node.attr in ("in_", "any_") for node in inner):
                return True
    return False


def _is_collection(module: Module, receiver: ast.expr) -> bool:
    if module.project.imported.isdisjoint(_MONGO):
        return False
    path = module.resolve(receiver) or ""
    return path.startswith(tuple(f"{package}." for package in _MONGO)) or not path


def _ended(module: Module, call: ast.Call, method: str) -> Asked | None:
    """Recognise `session.query(Model)….first()`, `Model.query.get(…)` and `Model.objects.get(…)`."""
    chain = chain_of(module, call)
    names = chain.names
    if "query" in names:
        return Asked(call, method in _WRITES, _is_batch(chain)) if _is_query(module, chain) else None
    at = manager_in(module, chain)
    if at is None or len(chain.links) == at + 1:
        return None
    if method == "all":
        return _iterated(module, call)
    return Asked(call, method in _WRITES, _is_batch(chain))


def _is_query(module: Module, chain: Chain) -> bool:
    for link in chain.links:
        if link.name == "query" and isinstance(link.node, ast.Call):
            func = link.node.func
            return isinstance(func, ast.Attribute) and handle_of(module, func.value) is not None
        if link.name == "query":
            return isinstance(link.node, ast.Attribute) and model_of(module, link.node.value) is not None
    return False


def _iterated(module: Module, call: ast.Call) -> Asked | None:
    """Recognise a queryset that a loop, a list or a test runs."""
    uses: list[ast.expr] = [call]
    parent = module.parents.get(call)
    if isinstance(parent, ast.Assign) and isinstance(name := parent.targets[0], ast.Name):
        uses = [
            use
            for use in module.nodes(ast.Name)
            if use.id == name.id and isinstance(use.ctx, ast.Load) and name in bindings_of(module, use)
        ]
    if not any(_runs_it(module, use) for use in uses):
        return None
    chain = chain_of(module, call)
    if manager_in(module, chain) is None or len(chain.links) < 2:
        return None
    return Asked(call, writes=False, batch=_is_batch(chain))


def _runs_it(module: Module, rows: ast.expr) -> bool:
    """Tell whether a queryset is run where it stands: looped over, listed, tested."""
    parent = module.parents.get(rows)
    if isinstance(parent, ast.Call) and isinstance(parent.func, ast.Name):
        return parent.func.id in _LISTS
    return isinstance(parent, ast.For | ast.AsyncFor | ast.comprehension | ast.If | ast.UnaryOp)


def looked_up_by(module: Module, call: ast.Call, depth: int = 0) -> tuple[Module, Asked] | None:
    """Return the question that a short function of the project asks for its caller, by what it is passed."""
    found = callee_of(module, call) if depth < _DEEP else None
    if found is None or found[1].name == "__init__" or not _is_short(found[1]):
        return None
    source, function = found
    given = {arg.arg for arg in (*function.args.args, *function.args.kwonlyargs)}
    for node in own_nodes(function):
        if not isinstance(node, ast.Call) or _is_cached(function) or not _is_returned(source, function, node):
            continue
        names = {inner.id for inner in ast.walk(node) if isinstance(inner, ast.Name)}
        asked = asked_by(source, node)
        if asked is not None:
            if not asked.writes and not asked.batch and _depends(asked.call, names & given):
                return source, asked
            return None
        if names & given and (deeper := looked_up_by(source, node, depth + 1)):
            return deeper
    return None


def _is_returned(module: Module, function: FunctionNode, call: ast.Call) -> bool:
    """Tell whether what a call gives is what a function returns, or is made from."""
    around = {call, *module.ancestors(call)}
    kept = {
        name.id
        for outer in around
        if isinstance(outer, ast.Assign | ast.AnnAssign | ast.NamedExpr)
        for name in ast.walk(outer)
        if isinstance(name, ast.Name) and isinstance(name.ctx, ast.Store)
    }
    for node in own_nodes(function):
        if not isinstance(node, ast.Return) or node.value is None:
            continue
        names = {inner.id for inner in ast.walk(node.value) if isinstance(inner, ast.Name)}
        if node in around or (kept & names):
            return True
    return False


def _depends(call: ast.Call, names: set[str]) -> bool:
    """Tell whether what a query asks for, not only what it is asked through, comes from outside."""
    inside = [*call.args, *(item.value for item in call.keywords)]
    node: ast.expr = call.func
    while isinstance(node, ast.Attribute | ast.Call):
        if isinstance(node, ast.Call):
            inside += [*node.args, *(item.value for item in node.keywords)]
        node = node.func if isinstance(node, ast.Call) else node.value
    return any(
        isinstance(inner, ast.Name) and inner.id in names for item in inside for inner in ast.walk(item)
    )


def _is_short(function: FunctionNode) -> bool:
    return sum(isinstance(node, ast.stmt) for node in own_nodes(function)) <= _SHORT


def _is_cached(function: FunctionNode) -> bool:
    return any("cache" in ast.unparse(decorator).lower() for decorator in function.decorator_list)
