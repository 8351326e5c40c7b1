"""What is opened and not closed adds up until the process may open nothing more.

Each file, socket and database connection that stays open holds a descriptor or a server slot. A worker that
leaks one per request fails after some hours with "Too many open files" or "too many connections", and what
was written to such a file may never reach the disk. A `close()` at the end is not enough: an error before it
skips it. A `with` block closes on every way out. What a function returns is its caller's to close. Left out:
what is stored or handed to code that may close it, what a module opens when it is imported, cursors,
which go with their connection, sessions that write, connections that a failed commit leaves open
(`missing-rollback`), clients of HTTP (`client-per-call`) and executors.

Flagged:

    import json


    def load(path):
        file = open(path, encoding="utf-8")
        data = json.load(file)
        file.close()
        return data


    def save(path, data):
        json.dump(data, open(path, "w"))

Fixed:

    import json


    def load(path):
        with open(path, encoding="utf-8") as file:
            data = json.load(file)
        return data


    def save(path, data):
        with open(path, "w") as file:
            json.dump(data, file)

Flagged:

    import smtplib
    import sqlite3


    def report(name: str, address: str):
        connection = sqlite3.connect("orders.db")
        rows = connection.execute("select * from orders where name = ?", (name,)).fetchall()
        connection.close()
        text = open(f"templates/{name}.txt").read()

        server = smtplib.SMTP("localhost", timeout=10)
        # one mail for all of them
        server.sendmail("shop@example.com", address, text.format(rows=rows))
        server.quit()

Fixed:

    import contextlib
    import smtplib
    import sqlite3
    from pathlib import Path


    def report(name: str, address: str):
        with contextlib.closing(sqlite3.connect("orders.db")) as connection:
            rows = connection.execute("select * from orders where name = ?", (name,)).fetchall()
        text = Path(f"templates/{name}.txt").read_text()

        with smtplib.SMTP("localhost", timeout=10) as server:
            # one mail for all of them
            server.sendmail("shop@example.com", address, text.format(rows=rows))

Flagged (app/orders.py):

    import sqlite3


    def connect():
        connection = sqlite3.connect("orders.db")
        connection.row_factory = sqlite3.Row
        return connection


    def names():
        connection = connect()
        rows = connection.execute("select name from orders").fetchall()
        connection.close()
        return [row["name"] for row in rows]

Fixed (app/orders.py):

    import contextlib
    import sqlite3


    def connect():
        connection = sqlite3.connect("orders.db")
        connection.row_factory = sqlite3.Row
        return connection


    def names():
        with contextlib.closing(connect()) as connection:
            rows = connection.execute("select name from orders").fetchall()
        return [row["name"] for row in rows]

Flagged (app/stock.py):

    import sqlite3

    from sqlalchemy import create_engine, text

    engine = create_engine("postgresql://db/shop")


    def add(sku: str) -> None:
        with sqlite3.connect("stock.db") as connection:
            connection.execute("insert into stock (sku) values (?)", (sku,))


    def count() -> int:
        connection = engine.connect()
        number = connection.execute(text("select count(*) from stock")).scalar_one()
        connection.close()
        return number

Fixed (app/stock.py):

    import contextlib
    import sqlite3

    from sqlalchemy import create_engine, text

    engine = create_engine("postgresql://db/shop")


    def add(sku: str) -> None:
        with contextlib.closing(sqlite3.connect("stock.db")) as connection, connection:
            connection.execute("insert into stock (sku) values (?)", (sku,))


    def count() -> int:
        with engine.connect() as connection:
            number = connection.execute(text("select count(*) from stock")).scalar_one()
        return number

Flagged:

    import csv


    def total(path):
        rows = csv.DictReader(open(path, newline=""))
        amount = 0
        for row in rows:
            amount += int(row["amount"])
        return amount

Fixed:

    import csv


    def total(path):
        with open(path, newline="") as file:
            rows = csv.DictReader(file)
            amount = 0
            for row in rows:
                amount += int(row["amount"])
        return amount

Fine:

    import contextlib
    import csv
    import sqlite3


    def rows(path):
        reader = csv.reader(open(path))
        return reader


    def load(path, stack, registry):
        with open(path) as file:
            text = file.read()
        kept = stack.enter_context(open(path))
        registry.log = open(path, "a")
        other = open(path)
        registry.add(other)
        source = open(path)
        try:
            source.read()
        finally:
            source.close()
        with contextlib.closing(sqlite3.connect(path)) as connection:
            connection.execute("select 1")
        open(path, "a").close()
        return text, kept


    def connect(path):
        connection = sqlite3.connect(path)
        connection.row_factory = sqlite3.Row
        return connection


    def lines(path):
        handle = open(path)
        return handle


    def add(path):
        with contextlib.closing(sqlite3.connect(path)) as connection, connection:
            connection.execute("insert into stock default values")


    def closed_behind(path):
        with sqlite3.connect(path) as connection:
            connection.execute("insert into stock default values")
        connection.close()

When to ignore: a program that ends at once, and writes nothing through what it left open.

References:
    https://docs.python.org/3/reference/compound_stmts.html#with
    https://docs.python.org/3/library/contextlib.html#contextlib.closing
    https://docs.astral.sh/ruff/rules/open-file-with-context-handler/
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import replace

from harden.checklists.database.open_failures import failures
from harden.checklists.handed_over import handed
from harden.checklists.held_open import goes_on, goes_past, leak_of, writes_by
from harden.checklists.opened import (
    AWAITED,
    CLOSABLE,
    FILES,
    LAZY_CALLS,
    MANAGED,
    OUTLIVES_WITH,
    SESSIONS,
    used_in_passing,
)
from harden.checks import Check, Fix
from harden.findings import Finding, Risk, Severity
from harden.module import Module, has_star_arguments, keyword
from harden.roles import FileKind

check = Check(
    id="resource-leak",
    title="Opened and not closed on every way out",
    severity=Severity.MEDIUM,
    fix=Fix("harden.codemods.with_blocks:CloseAlways", Risk.AUTO),
    codes=frozenset({"SIM115"}),
)

_NAMES = {"urllib.request.urlopen": "response", "zipfile.ZipFile": "archive", "tarfile.open": "archive"}
_LOADED = "What it has loaded may be read after it is closed: use a `with` block around all that needs it."
_BEHIND = "What it gives is used behind the block: close it when that is done."
_SIMPLE = (ast.Expr, ast.Assign, ast.AnnAssign, ast.AugAssign, ast.Return)
_TEXT = frozenset({"builtins.str", "os.path.join", "os.path.abspath", "os.path.expanduser", "os.fspath"})


@check.call(*sorted(MANAGED | CLOSABLE))
def opened(module: Module, call: ast.Call, path: str) -> Iterator[Finding]:
    """Flag what is opened into a local name and left open, or opened and used in passing."""
    statement = module.parents.get(call)
    if _reads_what_others_hold(module, call):
        return
    if isinstance(statement, ast.Assign):
        yield from _held(module, call, statement, path)
    elif (reader := _reader_of(module, call)) is not None:
        yield from _read_through(module, call, reader, path)
    elif path in FILES and (user := used_in_passing(module, call)) is not None:
        form, why_not = _form(module, call, path, user)
        facts = {"form": form, "name": _NAMES.get(path, "file")}
        reads = isinstance(user, ast.For) or not _writes(module, call)
        message = f"what {path.rpartition('.')[2]}() opens is never closed"
        severity = Severity.LOW if reads else Severity.MEDIUM
        yield check.found(module, call, message, facts=facts, why_not=why_not, severity=severity)


@check.call(*sorted(OUTLIVES_WITH))
def entered(module: Module, call: ast.Call, path: str) -> Iterator[Finding]:
    """Flag `with` blocks that end a transaction and leave the connection open."""
    item, function = module.parents.get(call), module.function(call)
    name = item.optional_vars if isinstance(item, ast.withitem) else None
    if function is None or not isinstance(name, ast.Name) or goes_on(module, function, name.id):
        return
    why_not = _BEHIND if goes_past(module, function, call, name.id) else ""
    message = f"the with block ends a transaction and leaves {name.id} open"
    facts = {"form": "entered", "name": name.id}
    yield check.found(module, call, message, facts=facts, why_not=why_not)


@check.call(*sorted(SESSIONS))
def begun(module: Module, call: ast.Call, path: str) -> Iterator[Finding]:
    """Flag sessions and connections of SQLAlchemy that do not go back to the pool; not where they write."""
    statement = module.parents.get(call)
    if path.endswith(".sessionmaker") and (call.args or call.keywords):
        return  # that makes the factory
    if isinstance(statement, ast.Assign) and not writes_by(module, statement):
        for finding in _held(module, call, statement, path):
            is_safe = not finding.fixable or finding.facts["close"] != "0"
            yield finding if is_safe else replace(finding, fixable=False, why_not=_LOADED)


@check.call(*sorted(AWAITED))
def awaited(module: Module, call: ast.Call, path: str) -> Iterator[Finding]:
    """Flag connections of asyncio that are left open."""
    waiting = module.parents.get(call)
    statement = module.parents.get(waiting) if isinstance(waiting, ast.Await) else None
    leak = leak_of(module, call, statement) if isinstance(statement, ast.Assign) else None
    if leak is not None and isinstance(statement, ast.Assign):
        message = f"{module.segment(statement.targets[0])} {leak.said}"
        yield check.found(module, call, message, why_not="Close it in a `finally`, or by `async with`.")


@check.module
def handed_over(module: Module) -> Iterator[Finding]:
    """Flag the same of what functions of the project open for their callers."""
    for statement, call, path, steps in handed(module):
        yield from _held(module, call, statement, path, steps)


def _held(
    module: Module, call: ast.Call, statement: ast.Assign, path: str, steps: tuple[str, ...] = ()
) -> Iterator[Finding]:
    leak = leak_of(module, call, statement)
    if leak is not None and not _is_told_of(module, statement):
        facts = {
            "form": "block",
            "through": str(leak.through),
            "close": str(leak.close),
            "closing": "yes" if path in CLOSABLE else "",
        }
        why_not = leak.why_not or _shares_line(module, statement)
        message = f"{module.segment(statement.targets[0])} {leak.said}"
        yield check.found(module, call, message, facts=facts, why_not=why_not, steps=steps)


def _is_told_of(module: Module, statement: ast.Assign) -> bool:
    """Tell whether a failed commit leaves it open: what was not committed is the graver half of that."""
    function = module.function(statement)
    if function is None or module.kind is not FileKind.APP or "commit(" not in module.text:
        return False
    return any(failure.opening is statement for failure in failures(module, function))


def _reader_of(module: Module, call: ast.Call) -> ast.Assign | None:
    """Return `rows = csv.reader(open(p))`, by whose name a file is read that has none of its own."""
    outer = module.parents.get(call)
    statement = module.parents.get(outer) if isinstance(outer, ast.Call) else None
    if not isinstance(statement, ast.Assign) or not isinstance(outer, ast.Call) or outer.args[:1] != [call]:
        return None
    return statement if module.resolve(outer.func) in LAZY_CALLS else None


def _read_through(module: Module, call: ast.Call, reader: ast.Assign, path: str) -> Iterator[Finding]:
    leak = leak_of(module, call, reader)
    if leak is not None:
        name = _NAMES.get(path, "file")
        facts = {"form": "reader", "name": name, "through": str(leak.through), "close": "0"}
        message = f"what {path.rpartition('.')[2]}() opens is never closed"
        why_not = leak.why_not or _shares_line(module, reader)
        yield check.found(module, call, message, facts=facts, why_not=why_not)


def _reads_what_others_hold(module: Module, call: ast.Call) -> bool:
    """Tell whether an archive is read from a buffer or file that is closed elsewhere."""
    source = keyword(call, "fileobj") or (call.args[0] if call.args else None)
    path = (module.resolve(source) or "") if source is not None else ""
    return path in ("io.BytesIO", *FILES) and not _writes(module, call)


def _form(module: Module, call: ast.Call, path: str, user: ast.expr | ast.For) -> tuple[str, str]:
    """Return how the use in passing can be mended (`path` or `inline`), and why it cannot."""
    if path in ("builtins.open", "io.open", "pathlib.Path.open") and _is_whole_read(module, call, user):
        return ("path_open" if path == "pathlib.Path.open" else "path"), ""
    statement = module.statement(call)
    in_loop_head = isinstance(statement, ast.For) and _is_inside(statement.iter, call)
    if not isinstance(statement, _SIMPLE) and not in_loop_head:
        return "inline", "It is opened in the head of a statement: open it in a `with` block before."
    if _is_conditional(module, call):
        return "inline", "It is opened on some ways only, or several times: open it in a `with` block before."
    return "inline", _shares_line(module, statement)


def _is_inside(outer: ast.AST, node: ast.AST) -> bool:
    return any(inner is node for inner in ast.walk(outer))


def _is_conditional(module: Module, call: ast.Call) -> bool:
    child: ast.AST = call
    for outer in module.ancestors(call):
        if isinstance(outer, ast.stmt):
            return False
        if isinstance(outer, ast.Lambda | ast.GeneratorExp):
            return True
        if isinstance(outer, ast.IfExp) and child is not outer.test:
            return True
        if isinstance(outer, ast.BoolOp) and child is not outer.values[0]:
            return True
        if isinstance(outer, ast.ListComp | ast.SetComp | ast.DictComp) and child is not outer.generators[0]:
            return True
        if isinstance(outer, ast.comprehension) and not _is_inside(outer.iter, call):
            return True
        child = outer
    return False


def _is_whole_read(module: Module, call: ast.Call, user: ast.expr | ast.For) -> bool:
    """Tell whether `open(p).read()` can be `Path(p).read_text()`: a plain read of what is surely a path."""
    if not isinstance(user, ast.Call) or user.args or user.keywords or has_star_arguments(call):
        return False
    if not isinstance(user.func, ast.Attribute) or user.func.attr != "read" or user.func.value is not call:
        return False
    method = isinstance(call.func, ast.Attribute) and module.resolve(call.func) == "pathlib.Path.open"
    if len(call.args) > (1 if method else 2) or _mode(module, call) not in ("r", "rt", "rb"):
        return False
    if any(item.arg not in ("mode", "encoding", "errors") for item in call.keywords):
        return False
    return method or (bool(call.args) and _is_path(module, call.args[0]))


def _is_path(module: Module, expr: ast.expr) -> bool:
    path = module.resolve(expr) or ""
    if path in _TEXT or path.startswith("pathlib.Path"):
        return True
    return isinstance(expr, ast.BinOp) and (_is_path(module, expr.left) or _is_path(module, expr.right))


def _mode(module: Module, call: ast.Call) -> str:
    method = module.resolve(call.func) == "pathlib.Path.open"
    at = 0 if method else 1
    given = call.args[at] if len(call.args) > at else keyword(call, "mode")
    return "r" if given is None else (module.string(given) or "?")


def _writes(module: Module, call: ast.Call) -> bool:
    return any(letter in _mode(module, call) for letter in "wax+")


def _shares_line(module: Module, statement: ast.stmt) -> str:
    before = module.lines[statement.lineno - 1][: module.span(statement).column]
    if before.strip() and before.strip() != "\ufeff":
        return "The statement shares its line with another: put it on a line of its own first."
    return ""
