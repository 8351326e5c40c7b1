"""Whoever chooses the value chooses the statement.

A value that is pasted into SQL text becomes part of the statement: `' OR 1=1 --` in a search field reads
every row, and where the driver allows it, drops the table. A bound parameter travels apart from the
text and can only ever be a value; the database can reuse the plan as well.

Names of tables, columns and sort orders cannot be bound: choose them from a list in the code.
Text made of constants, numbers from `int()` and `len()`, quoted identifiers and placeholders is left out,
and so are table names that only the program's own functions pass on.

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
        task.execute(f"select the best of {ids}")

When to ignore: the value is checked against a list that the check cannot see.

References:

    https://cheatsheetseries.owasp.org/cheatsheets/Query_Parameterization_Cheat_Sheet.html
    https://docs.python.org/3/library/sqlite3.html#how-to-use-placeholders-to-bind-values-in-sql-queries
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from harden.checklists.sql_drivers import Style, list_style, style_of
from harden.checklists.sql_text import Piece, is_safe, is_sql, is_table, is_value, pieces_of
from harden.checklists.untrusted import untrusted_source
from harden.checks import Check, Fix
from harden.findings import Finding, Risk, Severity
from harden.module import Module, has_star_arguments

check = Check(
    id="sql-injection",
    title="Value pasted into SQL",
    severity=Severity.HIGH,
    fix=Fix("harden.codemods.sql:BindParameters", Risk.REVIEW),
    codes=frozenset({"S608", "S611", "B608", "B611"}),
)

_METHODS = (
    "execute",
    "executemany",
    "executescript",
    "raw",
    "fetch",
    "fetchrow",
    "fetchval",
    "fetch_all",
    "fetch_one",
)
_NAMES = "Names of tables and columns cannot be bound: choose them from a list in the code."
_STEPS = "The statement is put together in several steps: bind its values by hand."


@check.call(*(f"*.{method}" for method in _METHODS))
def executed(module: Module, call: ast.Call, path: str) -> Iterator[Finding]:
    """Flag SQL text with values in it where it is executed."""
    yield from _judge(module, call, path)


@check.node(ast.Call)
def executed_by_unknown(module: Module, node: ast.AST) -> Iterator[Finding]:
    """Flag the same on objects that cannot be resolved: the text itself says that it is SQL."""
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
        return
    if node.func.attr in _METHODS[:4] and module.resolve(node.func) is None:
        yield from _judge(module, node, "")


@check.call("sqlalchemy.text", "sqlalchemy.sql.text", "sqlalchemy.sql.expression.text", "sqlmodel.text")
def made_text(module: Module, call: ast.Call, path: str) -> Iterator[Finding]:
    """Flag `text()` with values in it."""
    yield from _judge(module, call, "sqlalchemy.text")


@check.call("pandas.read_sql", "pandas.read_sql_query", "django.db.models.expressions.RawSQL")
def read_frame(module: Module, call: ast.Call, path: str) -> Iterator[Finding]:
    """Flag queries of pandas, and raw expressions of Django."""
    yield from _judge(module, call, path)


def _judge(module: Module, call: ast.Call, path: str) -> Iterator[Finding]:
    if not call.args or isinstance(call.args[0], ast.Starred):
        return
    for built, single in _built(module, call.args[0]):
        pieces = pieces_of(module, built)
        if pieces is None or (not is_sql(pieces) and single):
            continue
        unsafe = [at for at, piece in enumerate(pieces) if _is_unsafe(module, pieces, at)]
        if unsafe:
            why, facts = _repair(module, call, path, built, pieces, unsafe) if single else (_STEPS, {})
            shown = ", ".join(dict.fromkeys(_shown(pieces[at].expr) for at in unsafe))
            yield check.found(
                module, built, f"{shown} becomes part of the SQL statement", facts=facts, why_not=why
            )
            return


def _built(module: Module, expr: ast.expr) -> Iterator[tuple[ast.expr, bool]]:
    """Yield the expressions that build a text, and whether it is built in one step."""
    if not isinstance(expr, ast.Name):
        yield expr, True
        return
    bound = module.names.lookup(expr)
    if bound is None or not isinstance(bound, ast.Name):
        return
    bindings = module.names.scope(bound).bindings.get(expr.id, [])
    parents = [module.parents.get(node) for node in bindings]
    values = [
        p.value for p in parents if isinstance(p, ast.Assign | ast.AnnAssign | ast.AugAssign) and p.value
    ]
    starts = [pieces_of(module, value) or [Piece(module.string(value) or "")] for value in values]
    if any(is_sql(pieces) for pieces in starts):
        for value in values:
            yield value, len(values) == 1


def _is_unsafe(module: Module, pieces: list[Piece], at: int) -> bool:
    expr = pieces[at].expr
    if expr is None or is_safe(module, expr):
        return False
    before, after = _around(pieces, at)
    if is_value(before, after):
        return True
    if untrusted_source(module, expr):
        return True
    is_parameter = isinstance(expr, ast.Name) and isinstance(module.names.lookup(expr), ast.arg)
    return is_parameter and not is_table(before) and "order by" in before.lower()[-40:]


def _around(pieces: list[Piece], at: int) -> tuple[str, str]:
    def text(part: list[Piece]) -> str:
        return "".join("" if piece.expr is not None else piece.text for piece in part)

    return text(pieces[:at]), text(pieces[at + 1 :])


def _repair(
    module: Module, call: ast.Call, path: str, built: ast.expr, pieces: list[Piece], unsafe: list[int]
) -> tuple[str, dict[str, str]]:
    """Return why the values cannot be bound here, or what the codemod needs to do so."""
    for at in unsafe:
        before, after = _around(pieces, at)
        if not is_value(before, after):
            return _NAMES, {}
        if before.rstrip().lower().endswith("in (") or not pieces[at].plain:
            return "A list, or a value that is formatted first, has to be bound by hand.", {}
    target = _receiver(module, call) if path == "sqlalchemy.text" else call
    style = style_of(module, call, path)
    if style is Style.UNKNOWN:
        return "The database driver is not known here, so neither is its placeholder.", {}
    if len(target.args) != 1 or target.keywords or has_star_arguments(target):
        return "The call passes parameters already: add the value to them.", {}
    if not _is_used_once(module, call, built):
        return "The text is used elsewhere too, or outside a function: bind its values by hand.", {}
    order = [at for at, piece in enumerate(pieces) if piece.expr is not None]
    span = module.span(target)
    return "", {
        "style": style.value,
        "container": list_style(module, target),
        "bind": ",".join(str(order.index(at)) for at in unsafe),
        "call": f"{span.line}:{span.column}:{span.end_line}:{span.end_column}",
    }


def _receiver(module: Module, text: ast.Call) -> ast.Call:
    """Return the call that `text(...)` is passed to, which takes the parameters; else `text` itself."""
    parent = module.parents.get(text)
    return parent if isinstance(parent, ast.Call) and parent.args[:1] == [text] else text


def _is_used_once(module: Module, call: ast.Call, built: ast.expr) -> bool:
    name = call.args[0]
    if name is built:
        return True
    if not isinstance(name, ast.Name) or module.function(call) is None:
        return False
    uses = [use for use in module.nodes(ast.Name) if use.id == name.id and isinstance(use.ctx, ast.Load)]
    same = [use for use in uses if module.function(use) is module.function(call)]
    return len(same) == 1 and module.function(built) is module.function(call)


def _shown(expr: ast.expr | None) -> str:
    text = ast.unparse(expr) if expr is not None else ""
    return text if len(text) <= 40 else f"{text[:37]}..."
