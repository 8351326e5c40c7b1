"""Queries that may give any number of rows: how they are spelled, and what already bounds them."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from harden.checklists.database.purposes import bindings_of
from harden.module import Module

_RUNS = frozenset({"execute", "exec", "scalars", "stream", "stream_scalars"})
_ROWS = frozenset({"all", "fetchall", "scalars", "mappings", "tuples"})
_FEW = frozenset(
    {
        "first",
        "one",
        "one_or_none",
        "scalar",
        "scalar_one",
        "scalar_one_or_none",
        "fetchone",
        "fetchmany",
        "get",
    }
    | {"limit", "slice", "paginate", "fetch", "top", "count", "exists", "group_by", "distinct", "having"}
    | {
        "yield_per",
        "partitions",
        "iterator",
        "aggregate",
        "delete",
        "update",
        "with_for_update",
        "batch_size",
    }
    | {"select_for_update", "earliest", "latest", "last", "none", "in_bulk", "dates", "datetimes", "explain"}
    | {
        "get_or_404",
        "first_or_404",
        "one_or_404",
        "create",
        "get_or_create",
        "update_or_create",
        "bulk_create",
    }
    | {"bulk_update", "contains", "aget", "afirst", "acount", "aexists", "to_sql", "stream", "stream_scalars"}
)
_QUERYSET = frozenset(
    {"all", "filter", "exclude", "order_by", "select_related", "prefetch_related", "only", "defer", "using"}
    | {"values", "values_list", "annotate", "alias", "reverse", "extra", "complex_filter", "objects"}
)
_KEYS = re.compile(r"^(id|pk|uuid|.*__in|id__.*|pk__.*)$")
_BOUNDED_SQL = re.compile(
    r"(?is)\b(limit|fetch\s+(first|next)|top\s*\(?\s*\d|rownum|group\s+by|count\s*\(|sum\s*\(|max\s*\(|min\s*\(|avg\s*\("
    r"|exists\s*\(|distinct|\bid\s*=|\bin\s*\(|any\s*\(|returning|information_schema|pg_catalog|sqlite_master)"
)
_MONGO = ("pymongo.", "motor.", "flask_pymongo.")
_DRIVERS = {
    "sqlite3.": "?",
    "psycopg.": "%s",
    "psycopg2.": "%s",
    "pymysql.": "%s",
    "MySQLdb.": "%s",
    "mysql.connector.": "%s",
    "sqlalchemy.": ":",
    "sqlmodel.": ":",
    "flask_sqlalchemy.": ":",
    "asyncpg.": "$",
    "aiosqlite.": "?",
}
"""How each driver writes bound parameters."""


@dataclass(frozen=True, slots=True)
class Link:
    """One step of a chain: `.name` or `.name(…)`; `node` is the whole chain up to it."""

    name: str
    node: ast.Attribute | ast.Call

    @property
    def arguments(self) -> list[ast.expr]:
        """Return all arguments, positional and by keyword."""
        return (
            [*self.node.args, *(k.value for k in self.node.keywords)]
            if isinstance(self.node, ast.Call)
            else []
        )


@dataclass(frozen=True, slots=True)
class Chain:
    """A chain of attributes and calls, innermost first, followed through local names."""

    root: ast.expr
    links: tuple[Link, ...]

    @property
    def names(self) -> frozenset[str]:
        """Return the names of all links."""
        return frozenset(link.name for link in self.links)


@dataclass(frozen=True, slots=True)
class Rows:
    """A query without a bound: where it is reported, what is extended to bound it, what its result is."""

    style: str
    place: ast.expr
    query: ast.expr
    result: ast.expr
    model: ast.expr | None
    ordered: bool
    filtered: bool
    sql: str = ""
    mark: str = ""
    others: tuple[ast.expr, ...] = ()


def rows_of(module: Module, call: ast.Call) -> Rows | None:
    """Return the query whose rows a call gives, if nothing bounds it and the call ends its chain."""
    if isinstance(module.parents.get(call), ast.Attribute) or not isinstance(call.func, ast.Attribute):
        return None
    chain = chain_of(module, call)
    if not chain.names.isdisjoint(_FEW):
        return None
    for recognise in (_query, _executed, _queryset, _mongo, _sql):
        rows = recognise(module, call, chain)
        if rows is not None:
            return rows
    return None


def chain_of(module: Module, expr: ast.expr, depth: int = 0) -> Chain:
    """Return the chain that an expression ends."""
    match expr:
        case ast.Await(value=value) | ast.NamedExpr(value=value):
            return chain_of(module, value, depth + 1)
        case ast.Call(func=ast.Attribute(value=value, attr=name)):
            inner = chain_of(module, value, depth + 1)
            return Chain(inner.root, (*inner.links, Link(name, expr)))
        case ast.Call(func=ast.Name()):
            return Chain(expr, ())
        case ast.Attribute(value=value, attr=name):
            inner = chain_of(module, value, depth + 1)
            return Chain(inner.root, (*inner.links, Link(name, expr)))
        case ast.Name() if depth < 60 and (bound := _values(module, expr)):
            chains = [chain_of(module, value, depth + 10) for value in bound]
            longest = max(chains, key=lambda chain: len(chain.links))
            others = [link for chain in chains for link in chain.links if link not in longest.links]
            return Chain(longest.root, (*longest.links, *others))
    return Chain(expr, ())


def values_of(module: Module, name: ast.Name) -> list[ast.expr]:
    """Return every value that a local name is given in its function, where all are plain assignments."""
    values = []
    for target in bindings_of(module, name):
        holder = module.parents.get(target)
        if not isinstance(target, ast.Name) or not isinstance(holder, ast.Assign | ast.AnnAssign):
            return []
        if holder.value is not None:
            values.append(holder.value)
    return values


def _values(module: Module, name: ast.Name) -> list[ast.expr]:
    """Return the values of a name that can be part of a chain, those assigned before its use."""
    found: list[ast.expr] = []
    for value in values_of(module, name):
        before = (value.lineno, value.col_offset) < (name.lineno, name.col_offset)
        inside = any(inner is name for inner in ast.walk(value))
        if before and not inside and isinstance(value, ast.Call | ast.Attribute | ast.Await):
            found.append(value)
    return found


def _query(module: Module, call: ast.Call, chain: Chain) -> Rows | None:
    """Recognise `session.query(Model)….all()` and `Model.query….all()`."""
    if chain.links[-1].name != "all" or call.args:
        return None
    for link in chain.links:
        if link.name == "query":
            first = link.arguments[0] if link.arguments else None
            if isinstance(link.node, ast.Attribute):
                first = link.node.value
            if first is None or not _is_model(module, first) or _is_aggregate(link.arguments):
                return None
            return _rows("query", call, call, call, first, chain, link.arguments[1:])
    return None


def _executed(module: Module, call: ast.Call, chain: Chain) -> Rows | None:
    """Recognise `session.execute(select(Model)…)….all()`, `session.scalars(…)` and `session.exec(…)`."""
    run = next((link for link in chain.links if link.name in _RUNS and link.arguments), None)
    after = chain.links[chain.links.index(run) :] if run else ()
    if run is None or not isinstance(run.node, ast.Call) or not any(link.name in _ROWS for link in after):
        return None
    statement = run.node.args[0] if run.node.args else None
    selected = chain_of(module, statement) if statement is not None else None
    if statement is None or selected is None or not selected.names.isdisjoint(_FEW):
        return None
    select = next((link.node for link in selected.links if link.name == "select"), selected.root)
    if not isinstance(select, ast.Call) or not select.args or _is_aggregate(select.args):
        return None
    path = module.resolve(select.func) or ""
    if path.rpartition(".")[2] != "select" or not path.startswith(
        ("sqlalchemy", "sqlmodel", "flask_sqlalchemy")
    ):
        return None
    if not _is_model(module, select.args[0]):
        return None
    return _rows("query", select, statement, call, select.args[0], selected, select.args[1:])


def _queryset(module: Module, call: ast.Call, chain: Chain) -> Rows | None:
    """Recognise `Model.objects.filter(…)`."""
    at = next((at for at, link in enumerate(chain.links) if link.name == "objects"), None)
    if at is None or len(chain.links) == at + 1:
        return None
    manager = chain.links[at].node
    if not isinstance(manager, ast.Attribute) or not _is_model(module, manager.value):
        return None
    names = [link.name for link in chain.links[at:]]
    if not set(names) <= _QUERYSET:
        return None
    if {"values", "annotate"} <= set(names) or {"values_list", "annotate"} <= set(names):
        return None
    return _rows("queryset", _first(module, call), call, call, manager.value, chain)


def _first(module: Module, expr: ast.expr, depth: int = 0) -> ast.expr:
    """Return the first step of a chain that is built through a local name, or the chain itself."""
    inner = expr
    while isinstance(inner, ast.Call | ast.Attribute):
        inner = inner.func if isinstance(inner, ast.Call) else inner.value
    step = isinstance(inner, ast.Name) and not inner.id[:1].isupper()
    values = values_of(module, inner) if isinstance(inner, ast.Name) and step else []
    return _first(module, values[0], depth + 1) if values and depth < 9 and values[0] is not expr else expr


def _mongo(module: Module, call: ast.Call, chain: Chain) -> Rows | None:
    """Recognise `collection.find(…)` of pymongo and motor, and `.to_list(None)` after it."""
    path = module.resolve(call.func) or ""
    find = next((link.node for link in chain.links if link.name == "find"), None)
    if not path.startswith(_MONGO) or not isinstance(find, ast.Call):
        return None
    ends = chain.links[-1]
    if ends.name == "to_list":
        length = ends.arguments[0] if ends.arguments else None
        if length is not None and not (isinstance(length, ast.Constant) and length.value is None):
            return None
    elif ends.name not in ("find", "sort", "skip", "batch_size"):
        return None
    if any('"_id"' in ast.unparse(key) or "'_id'" in ast.unparse(key) for key in find.args[:1]):
        return None
    query = call.func.value if ends.name == "to_list" and isinstance(call.func, ast.Attribute) else call
    return Rows("mongo", find, query, call, None, "sort" in chain.names, bool(find.args))


def _sql(module: Module, call: ast.Call, chain: Chain) -> Rows | None:
    """Recognise `cursor.execute("SELECT …")` whose rows are all fetched."""
    fetched = chain.links[-1].name in ("fetchall", "all", "mappings")
    run = next(
        (link.node for link in chain.links if link.name in ("execute", "exec", "fetch", "fetch_all")), None
    )
    if run is None and chain.links[-1].name == "fetchall" and isinstance(call.func, ast.Attribute):
        run = _last_execute(module, call, call.func.value)
    path = module.resolve(call.func) or ""
    if not isinstance(run, ast.Call) or not run.args:
        return None
    if not fetched and not (path.startswith("asyncpg.") and path.endswith(".fetch")):
        return None
    text = _sql_text(module, run.args[0])
    if text is None or not re.match(r"(?i)\s*select\b", text) or _BOUNDED_SQL.search(text):
        return None
    where = re.search(r"(?i)\bwhere\b.*=", text, re.DOTALL) is not None
    mark = _mark(module, path, run.args[0], text)
    ordered = re.search(r"(?i)\border\s+by\b", text) is not None
    return Rows("sql", run.args[0], run, call, None, ordered, where, text, mark)


def _mark(module: Module, path: str, statement: ast.expr, text: str) -> str:
    """Return how bound parameters are written: by the driver, or by those that there are."""
    if isinstance(statement, ast.Call):
        return ":"
    known = next((mark for name, mark in _DRIVERS.items() if path.startswith(name)), "")
    if known or "%s" in text:
        return known or "%s"
    imported = {mark for name, mark in _DRIVERS.items() if module.imports(name.partition(".")[0])}
    return imported.pop() if len(imported) == 1 and not imported & {":"} else ""


def _sql_text(module: Module, expr: ast.expr) -> str | None:
    """Return SQL as far as it is constant."""
    if isinstance(expr, ast.Call) and (module.resolve(expr.func) or "").endswith(".text") and expr.args:
        return _sql_text(module, expr.args[0])
    if isinstance(expr, ast.JoinedStr):
        return " ".join(str(part.value) for part in expr.values if isinstance(part, ast.Constant))
    return module.string(expr)


def _last_execute(module: Module, call: ast.Call, cursor: ast.expr) -> ast.Call | None:
    """Return the last `cursor.execute(…)` above in the same function."""
    function = module.function(call)
    found = [
        other
        for other in module.nodes(ast.Call)
        if isinstance(other.func, ast.Attribute)
        and other.func.attr == "execute"
        and other.lineno <= call.lineno
        and other is not call
        and module.function(other) is function
        and ast.dump(other.func.value) == ast.dump(cursor)
    ]
    return found[-1] if found else None


def _rows(
    style: str,
    place: ast.expr,
    query: ast.expr,
    result: ast.expr,
    model: ast.expr,
    chain: Chain,
    others: Sequence[ast.expr] = (),
) -> Rows | None:
    if any(_is_look_up(link) for link in chain.links):
        return None
    ordered = "order_by" in chain.names
    filtered = any(link.name in ("filter", "filter_by", "where") for link in chain.links)
    models = tuple(_class_of(other) for other in others)
    return Rows(style, place, query, result, _class_of(model), ordered, filtered, others=models)


def _class_of(expr: ast.expr) -> ast.expr:
    """Return the model that a column belongs to, or the model itself."""
    return expr.value if isinstance(expr, ast.Attribute) and not expr.attr[:1].isupper() else expr


def _is_model(module: Module, expr: ast.expr) -> bool:
    """Tell whether an expression names a model class or a column of one."""
    match expr:
        case ast.Name(id=name):
            return name[:1].isupper()
        case ast.Attribute(value=value, attr=name):
            return name[:1].isupper() or (not name.isupper() and _is_model(module, value))
    return False


def _is_aggregate(arguments: list[ast.expr]) -> bool:
    return any(
        isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name | ast.Attribute)
        and (node.value.id if isinstance(node.value, ast.Name) else node.value.attr) == "func"
        for argument in arguments
        for node in ast.walk(argument)
    )


def _is_look_up(link: Link) -> bool:
    """Tell whether a step picks rows by primary key, or by a list of values that the program has at hand."""
    if not isinstance(link.node, ast.Call):
        return False
    if any(_KEYS.match(item.arg or "") for item in link.node.keywords):
        return link.name in ("filter", "filter_by", "get", "exclude")
    return link.name in ("filter", "where") and any(_compares_key(argument) for argument in link.node.args)


def _compares_key(argument: ast.expr) -> bool:
    for node in _conjuncts(argument):
        match node:
            case ast.Compare(left=ast.Attribute(value=ast.Name(id=owner), attr=name), ops=[ast.Eq()]):
                if name in ("id", "pk", "uuid") and owner[:1].isupper():
                    return True
            case ast.Call(func=ast.Attribute(attr="in_")) | ast.Call(func=ast.Name(id="in_")):
                return True
    return False


def _conjuncts(expr: ast.expr) -> Iterator[ast.expr]:
    if isinstance(expr, ast.BinOp) and isinstance(expr.op, ast.BitAnd):
        yield from _conjuncts(expr.left)
        yield from _conjuncts(expr.right)
    elif isinstance(expr, ast.Call) and isinstance(expr.func, ast.Name) and expr.func.id in ("and_", "Q"):
        for argument in expr.args:
            yield from _conjuncts(argument)
    else:
        yield expr
