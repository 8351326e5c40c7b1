"""Whoever chooses the value chooses the statement.

A value that is pasted into SQL text becomes part of the statement: `' OR 1=1 --` in a search field reads
every row, and where the driver allows it, drops the table. A bound parameter travels apart from the
text and can only ever be a value; the database can reuse the plan as well.

Names of tables, columns and sort orders cannot be bound: choose them from a list in the code.
Text made of constants, numbers from `int()` and `len()`, quoted identifiers and placeholders is left out,
and so are table names that only the program's own functions pass on.

Text is followed through names, lists of clauses, attributes and the project's functions to where it runs; the
finding stands where the value is put in. Data of a request is followed the same way, and its path is told.
What is typed at a terminal (`input()`, `sys.argv`) is taken for the operator's own.

Flagged:

    import sqlite3


    def find(connection: sqlite3.Connection, name, limit):
        query = f"SELECT id FROM users WHERE name LIKE '%{name}%' LIMIT {limit}"
        return connection.execute(query).fetchall()

Fixed:

    import sqlite3


    def find(connection: sqlite3.Connection, name, limit):
        query = "SELECT id FROM users WHERE name LIKE ? LIMIT ?"
        return connection.execute(query, (f"%{name}%", limit)).fetchall()

Flagged:

    import psycopg2

    connection = psycopg2.connect("dbname=shop", connect_timeout=5)


    def rename(user_id, name):
        with connection.cursor() as cursor:
            cursor.execute("UPDATE users SET name = '%s' WHERE id = %s" % (name, user_id))

Fixed:

    import psycopg2

    connection = psycopg2.connect("dbname=shop", connect_timeout=5)


    def rename(user_id, name):
        with connection.cursor() as cursor:
            cursor.execute("UPDATE users SET name = %s WHERE id = %s", (name, user_id))

Flagged:

    from sqlalchemy import text


    def by_mail(db, mail):
        return db.execute(text("SELECT 1 FROM users WHERE mail = '" + mail + "'"))

Fixed:

    from sqlalchemy import text


    def by_mail(db, mail):
        return db.execute(text("SELECT 1 FROM users WHERE mail = :mail"), {"mail": mail})

Fine:

    import sqlite3

    TABLE = "users"
    COLUMNS = {"name": "users.name", "age": "users.age"}


    def rows(connection: sqlite3.Connection, ids, sort, descending):
        marks = ", ".join("?" for _ in ids)
        order = "DESC" if descending else "ASC"
        column = COLUMNS[sort]
        connection.execute(f"SELECT * FROM {TABLE} WHERE id IN ({marks})", ids)
        connection.execute(f"SELECT * FROM users ORDER BY {column} {order} LIMIT {int(sort)}")
        connection.execute("SELECT * FROM users WHERE id = ?", (ids[0],))
        named = ", ".join(f":{name}" for name in ids[0])
        connection.execute(f"INSERT INTO users VALUES ({named})", ids[0])
        task.execute(f"select the best of {ids}")

When to ignore: the value is checked against a list that the check cannot see.

References:

    https://cheatsheetseries.owasp.org/cheatsheets/Query_Parameterization_Cheat_Sheet.html
    https://docs.python.org/3/library/sqlite3.html#how-to-use-placeholders-to-bind-values-in-sql-queries
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

from harden.checklists.sql_drivers import is_driver
from harden.checklists.sql_repair import STEPS, around, repair, shown
from harden.checklists.sql_safe import is_safe
from harden.checklists.sql_sinks import FRAGMENTS, FRAMES, METHODS, TEXTS, is_database, run_at, statement_in
from harden.checklists.sql_text import Piece, is_sql, is_table, is_value, pieces_of, says_sql
from harden.checklists.sql_ways import holder_of, is_given, ways_of
from harden.checklists.taint import Taint, taint_of
from harden.checks import Check, Fix
from harden.findings import Finding, Risk, Severity
from harden.flow import How
from harden.module import Module, keyword
from harden.roles import Role

check = Check(
    id="sql-injection",
    title="Value pasted into SQL",
    severity=Severity.HIGH,
    fix=Fix("harden.codemods.sql:BindParameters", Risk.REVIEW),
    codes=frozenset({"S608", "S611", "B608", "B611"}),
)

_EXPRESSIONS = ("sqlalchemy.", "sqlmodel.", "psycopg2.sql.", "psycopg.sql.", "pypika.", "peewee.")
_APART = "The statement is put together apart from where it runs: bind its values by hand, and pass them on."
_WHOLE = (
    "Nothing can be bound where the whole statement comes from outside: choose it from those in the code."
)


@check.call(*(f"*.{method}" for method in METHODS))
def executed(module: Module, call: ast.Call, path: str) -> Iterator[Finding]:
    """Flag SQL text with values in it where it is executed."""
    yield from _judge(module, call, path)


@check.node(ast.Call, named=METHODS)
def executed_by_unknown(module: Module, node: ast.AST) -> Iterator[Finding]:
    """Flag the same on objects that cannot be resolved: the text itself says that it is SQL."""
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
        return
    if module.resolve(node.func) is None:
        yield from _judge(module, node, "")


@check.call(*FRAGMENTS, *FRAMES)
def made_text(module: Module, call: ast.Call, path: str) -> Iterator[Finding]:
    """Flag `text()` with values in it, queries of pandas, and raw expressions of Django."""
    yield from _judge(module, call, "sqlalchemy.text" if path in TEXTS else path)


@check.call("*.extra")
def extra(module: Module, call: ast.Call, path: str) -> Iterator[Finding]:
    """Flag values in the clauses of Django's `extra()`."""
    for name in ("where", "select", "tables", "order_by"):
        given = keyword(call, name)
        match given:
            case ast.List(elts=parts) | ast.Tuple(elts=parts) | ast.Dict(values=parts):
                for part in parts:
                    yield from _in_text(module, call, part, "django.extra", is_fragment=True)


@check.node(ast.JoinedStr, ast.BinOp)
@check.node(ast.Call, named={"format", "join", "substitute", "replace"})
def built_apart(module: Module, node: ast.AST) -> Iterator[Finding]:
    """Flag SQL text with values in it that another function, or another module, executes."""
    match node:
        case ast.BinOp(op=ast.Add() | ast.Mod()) | ast.JoinedStr():
            pass
        case ast.Call(func=ast.Attribute(attr="format" | "join" | "substitute" | "replace")):
            pass
        case _:
            return
    if not isinstance(node, ast.expr) or isinstance(module.parents.get(node), ast.BinOp):
        return
    if not says_sql(node):
        return
    pieces = pieces_of(module, node)
    if pieces is None or not is_sql(pieces):
        return
    unsafe = [at for at in range(len(pieces)) if _why(module, pieces, at)]
    if not unsafe or (steps := run_at(module, node)) is None:
        return
    found = next(filter(None, (_why(module, pieces, at) for at in unsafe)))
    yield check.found(
        module, node, _message(pieces[at].expr for at in unsafe), why_not=_APART, steps=(*found.steps, *steps)
    )


@check.node(ast.AugAssign)
def added_apart(module: Module, node: ast.AST) -> Iterator[Finding]:
    """Flag values in what is added to SQL text that another function executes."""
    match node:
        case ast.AugAssign(
            target=ast.Name() as name, op=ast.Add(), value=ast.JoinedStr() | ast.BinOp() as more
        ):
            pass
        case _:
            return
    given = [module.parents.get(bound) for bound in module.names.bindings(name)[0]]
    starts = [item.value for item in given if isinstance(item, ast.Assign)]
    ways = [way for start in starts for way in ways_of(module, start) or () if is_sql(way)]
    added = pieces_of(module, more) if ways else None
    if added is None:
        return
    pieces = [*ways[0], *added]
    found = {at: why for at in range(len(ways[0]), len(pieces)) if (why := _why(module, pieces, at))}
    if found and (steps := run_at(module, more)) is not None:
        first = next(iter(found.values()))
        message = _message(pieces[at].expr for at in found)
        yield check.found(module, more, message, why_not=_APART, steps=(*first.steps, *steps))


def _judge(module: Module, call: ast.Call, path: str) -> Iterator[Finding]:
    text = statement_in(call, path)
    if text is None or isinstance(text, ast.Constant):
        return
    if isinstance(text, ast.Call) and module.resolve(text.func) in FRAGMENTS and text is not call:
        return  # judged where that is called
    yield from _in_text(module, call, text, path, is_fragment=path in FRAGMENTS)


def _in_text(
    module: Module, call: ast.Call, text: ast.expr, path: str, *, is_fragment: bool
) -> Iterator[Finding]:
    """Report each expression of this file that puts values into a statement."""
    ways = ways_of(module, text)
    if ways is None:
        yield from _whole(module, call, text, path)
        return
    unsafe: dict[ast.expr, list[tuple[ast.expr | None, Taint]]] = {}
    for pieces in ways:
        if not is_fragment and not is_sql(pieces):
            continue
        for at, piece in enumerate(pieces):
            holder = holder_of(module, pieces, at)
            if holder is None or piece.expr is None or piece.module is None:
                continue
            known = unsafe.setdefault(holder, [])
            if all(expr is not piece.expr for expr, _ in known) and (why := _why(piece.module, pieces, at)):
                known.append((piece.expr, why))
    for holder, found in unsafe.items():
        if found:
            yield _reported(
                module, call, text, path, holder, found, is_single=sum(map(bool, unsafe.values())) == 1
            )


def _reported(
    module: Module,
    call: ast.Call,
    text: ast.expr,
    path: str,
    holder: ast.expr,
    found: list[tuple[ast.expr | None, Taint]],
    *,
    is_single: bool,
) -> Finding:
    pieces = pieces_of(module, holder) or []
    at = [n for n, piece in enumerate(pieces) if any(piece.expr is expr for expr, _ in found)]
    alone = is_single and len(at) == len(found) and is_given(module, text, holder)
    why, facts = repair(module, call, path, holder, pieces, at) if alone else (STEPS, {})
    steps = next((taint.steps for _, taint in found if taint.steps), ())
    return check.found(
        module, holder, _message(expr for expr, _ in found), facts=facts, why_not=why, steps=steps
    )


def _whole(module: Module, call: ast.Call, text: ast.expr, path: str) -> Iterator[Finding]:
    """Flag a statement that comes from outside as a whole."""
    if (module.resolve(text) or "").startswith(_EXPRESSIONS):
        return
    is_handed = isinstance(text, ast.Name) and any(
        value.how is How.PARAMETER for value in module.flow.values(text)
    )
    if is_handed and module.role(call) is not Role.HANDLER:
        return  # a function that runs what it is given: whoever puts that together is judged
    method = call.func.attr if isinstance(call.func, ast.Attribute) else ""
    known = path in TEXTS or (method in METHODS[:3] and (is_database(call) or is_driver(path)))
    if known and not is_safe(module, text) and (taint := taint_of(module, text)) is not None:
        message = f"{shown(text)}, which is {taint.what}, is run as SQL"
        yield check.found(module, text, message, why_not=_WHOLE, steps=taint.steps)


def _message(exprs: Iterable[ast.expr | None]) -> str:
    return f"{', '.join(dict.fromkeys(map(shown, exprs)))} becomes part of the SQL statement"


def _why(module: Module, pieces: list[Piece], at: int) -> Taint | None:
    """Return where a value that is put into SQL comes from; None where it does no harm."""
    expr = pieces[at].expr
    if expr is None or is_safe(module, expr):
        return None
    taint = taint_of(module, expr)
    before, after = around(pieces, at)
    if taint is not None or is_value(before, after):
        return taint or Taint("")
    is_parameter = isinstance(expr, ast.Name) and isinstance(module.names.lookup(expr), ast.arg)
    if is_parameter and not is_table(before) and "order by" in before.lower()[-40:]:
        return Taint("")
    return None
