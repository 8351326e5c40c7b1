"""A whole table is fetched at once to go through it row by row.

`fetchall()` builds a list of every row before the first one is looked at. It works until the table has grown:
then a nightly job takes gigabytes, is killed half-way, and takes with it what else runs on the machine.
Only a loop over all rows of a SELECT without WHERE, LIMIT or aggregates is looked at. Not reported: rows that
are also counted, picked from or kept; dicts that are made to look things up in; lists that a request handler
sends, which are reported as queries without a limit.
The fix loops over the cursor, which hands out one row after the other. Some drivers (psycopg2, PyMySQL) still
receive all rows when the statement runs: there a cursor on the server (`connection.cursor(name="rows")`,
`SSCursor`) is the next step. Where the loop uses the connection itself, or that is closed before, the fix is
left to a person: `fetchmany(1000)` in a `while` loop, or pages by key.

Flagged:

    import sqlite3


    def remind(send):
        connection = sqlite3.connect("shop.db")
        cursor = connection.cursor()
        cursor.execute("SELECT email, name FROM users")
        for email, name in cursor.fetchall():
            send(email, f"Hello {name}")
        connection.close()

Fixed:

    import sqlite3


    def remind(send):
        connection = sqlite3.connect("shop.db")
        cursor = connection.cursor()
        cursor.execute("SELECT email, name FROM users")
        for email, name in cursor:
            send(email, f"Hello {name}")
        connection.close()

Flagged:

    import psycopg


    def index(connection: psycopg.Connection, search):
        rows = connection.execute("SELECT id, title, body FROM articles ORDER BY id").fetchall()
        for row in rows:
            search.add(row)

Fixed:

    import psycopg


    def index(connection: psycopg.Connection, search):
        rows = connection.execute("SELECT id, title, body FROM articles ORDER BY id")
        for row in rows:
            search.add(row)

Fine:

    import sqlite3


    def fine(connection: sqlite3.Connection, send):
        cursor = connection.cursor()
        cursor.execute("SELECT email FROM users WHERE active = 1")
        for row in cursor.fetchall():
            send(row)
        cursor.execute("SELECT email FROM users ORDER BY id LIMIT 100")
        for row in cursor.fetchall():
            send(row)
        for (number,) in connection.execute("SELECT COUNT(*) FROM users GROUP BY country").fetchall():
            send(number)
        for row in connection.execute("SELECT email FROM users"):
            send(row)
        names = {key: name for key, name in connection.execute("SELECT id, name FROM countries").fetchall()}
        rows = connection.execute("SELECT name FROM plans").fetchall()
        for row in rows:
            send(row, len(rows), names)
        cursor.execute("SELECT email FROM users")
        while rows := cursor.fetchmany(1000):
            for row in rows:
                send(row)

When to ignore: the table is small by its nature, such as countries or the plans on offer.

References: https://peps.python.org/pep-0249/#fetchmany
https://docs.python.org/3/library/sqlite3.html#sqlite3.Cursor
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from harden.checklists.database.handlers import handler_of
from harden.checklists.database.passing import place_of
from harden.checklists.database.purposes import bindings_of
from harden.checklists.database.queries import rows_of
from harden.checklists.database.reach import output_handler
from harden.checks import Check, Fix
from harden.findings import Finding, Risk, Severity
from harden.module import Module

check = Check(
    id="fetchall-unbounded",
    title="Whole table fetched at once",
    severity=Severity.MEDIUM,
    fix=Fix("harden.codemods.row_by_row:RowByRow", Risk.REVIEW),
    words=("fetchall",),
)

_WHERE = re.compile(r"(?i)\bwhere\b")
_AROUND = frozenset({"execute", "executemany", "commit", "close", "rollback", "callproc"})
_BUSY = ("mysql.", "pyodbc.", "pymssql.")
"""Drivers that run no other statement on a connection before all rows are read."""


@check.module
def loops(module: Module) -> Iterator[Finding]:
    """Flag loops over all rows of a table that are fetched in one go."""
    if module.imports("alembic"):
        return
    for call in module.nodes(ast.Call):
        if not isinstance(call.func, ast.Attribute) or call.func.attr != "fetchall" or call.args:
            continue
        loop = _loop_over(module, call)
        if loop is None:
            continue
        rows = rows_of(module, call)
        if rows is None or rows.style != "sql" or rows.filtered or _WHERE.search(rows.sql):
            continue
        if not _is_sent(module, call, loop):
            why_not = _obstacle(module, call, loop)
            facts = {} if why_not else _facts(module, call, loop)
            message = "every row of a table is fetched at once"
            yield check.found(module, call, message, facts=facts, why_not=why_not)


def _loop_over(module: Module, call: ast.Call) -> ast.For | None:
    """Return the loop that alone goes through the rows, by a name or not."""
    expr: ast.expr = call
    parent = module.parents.get(call)
    if isinstance(parent, ast.Await):
        expr, parent = parent, module.parents.get(parent)
    if isinstance(parent, ast.For) and parent.iter is expr:
        return parent
    if not isinstance(parent, ast.Assign) or len(parent.targets) != 1:
        return None
    name = parent.targets[0]
    if not isinstance(name, ast.Name):
        return None
    uses = [
        use
        for use in module.nodes(ast.Name)
        if use.id == name.id and isinstance(use.ctx, ast.Load) and name in bindings_of(module, use)
    ]
    if len(uses) != 1 or len(bindings_of(module, uses[0])) != 1:
        return None
    loop = module.parents.get(uses[0])
    return loop if isinstance(loop, ast.For) and loop.iter is uses[0] else None


def _is_sent(module: Module, call: ast.Call, loop: ast.For) -> bool:
    """Tell whether a handler sends what the loop makes of the rows: a list that wants pages."""
    function = module.function(call)
    if function is None or not any(
        isinstance(node, ast.Return) and node.value for node in ast.walk(function)
    ):
        return False
    collects = any(
        isinstance(node, ast.Attribute) and node.attr in ("append", "extend") for node in ast.walk(loop)
    )
    return collects and (handler_of(module, call) is not None or bool(output_handler(module, function)))


def _facts(module: Module, call: ast.Call, loop: ast.For) -> dict[str, str]:
    """Return the assignment that goes, and the name in its place, where a name is given to a plain cursor."""
    statement = module.statement(call)
    is_plain = isinstance(call.func, ast.Attribute) and isinstance(call.func.value, ast.Name | ast.Attribute)
    if statement is loop or not is_plain:
        return {}
    return {"assigned": place_of(module, statement), "rows": place_of(module, loop.iter)}


def _obstacle(module: Module, call: ast.Call, loop: ast.For) -> str:
    """Return why the loop cannot simply go through the cursor, or nothing."""
    if isinstance(module.parents.get(call), ast.Await):
        return "Go through the cursor with `async for`, or fetch some rows after the other with fetchmany."
    if (module.resolve(call.func) or "").startswith(_BUSY):
        return (
            "The driver runs nothing else before all rows are read: use fetchmany, and a second connection."
        )
    statement = module.statement(call)
    if statement is not loop and module.parents.get(statement) is not module.parents.get(loop):
        return "The loop stands in another block, where the cursor may be closed."
    first = loop.lineno if statement is loop else (statement.end_lineno or 0) + 1
    root = _root(call)
    for name in module.nodes(ast.Name):
        is_between = first <= name.lineno <= (loop.end_lineno or 0)
        if is_between and name.id == root and not any(outer is call for outer in module.ancestors(name)):
            return f"{root} is used before all rows are read: fetch some rows after the other with fetchmany."
    for other in module.nodes(ast.Call):
        runs = isinstance(other.func, ast.Attribute) and other.func.attr in _AROUND
        if runs and first <= other.lineno <= (loop.end_lineno or 0) and other not in set(ast.walk(call)):
            return "Statements run before all rows are read: fetch some rows after the other with fetchmany."
    return ""


def _root(expr: ast.expr) -> str:
    while isinstance(expr, ast.Call | ast.Attribute):
        expr = expr.func if isinstance(expr, ast.Call) else expr.value
    return expr.id if isinstance(expr, ast.Name) else ""
