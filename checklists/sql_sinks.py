"""What runs SQL, and whether text that is built somewhere ever gets there."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence

from harden.calls import argument_for, callee_of, few_callers
from harden.checklists.taint import place
from harden.module import Module, keyword

METHODS = (
    *(
        "execute",
        "executemany",
        "executescript",
        "raw",
        "fetch",
        "fetchrow",
        "fetchval",
        "fetch_all",
        "fetch_one",
    ),
    *("fetch_val", "execute_sql", "execute_query", "execute_query_dict", "execute_script", "execute_insert"),
    *(
        "exec_driver_sql",
        "query",
        "run_query",
        "iterate",
        "select_by_sql",
        "get_by_sql",
        "read_sql",
        "prepare",
    ),
    *("read_sql_query", "execute_async", "execute_many", "fetch_df", "fetch_dict", "execute_fetchall"),
    *("executemany_async", "copy_from_query", "raw_sql", "run_sql", "execute_values", "execute_batch", "sql"),
    *("copy_expert", "mogrify", "cursor", "execute_statement", "batch_execute_statement"),
    *("start_query_execution", "exec_immediate"),
)
TEXTS = (
    *("sqlalchemy.text", "sqlalchemy.sql.text", "sqlalchemy.sql.expression.text", "sqlmodel.text"),
    "flask_sqlalchemy.SQLAlchemy.text",
)
FRAGMENTS = (
    *TEXTS,
    "django.db.models.expressions.RawSQL",
    "django.db.models.RawSQL",
    "sqlalchemy.literal_column",
    "sqlalchemy.sql.literal_column",
    "peewee.SQL",
    "pony.orm.raw_sql",
)
"""What takes a part of a statement as well as a whole one."""
FRAMES = (
    *(
        "pandas.read_sql",
        "pandas.read_sql_query",
        "polars.read_database",
        "django.db.models.expressions.RawSQL",
    ),
    *("psycopg2.extras.execute_values", "psycopg2.extras.execute_batch", "duckdb.sql", "peewee.SQL"),
)
_NAMES = ("sql", "query", "statement", "operation", "stmt", "clause", "text", "QueryString")
_SECOND = ("psycopg2.extras.execute", "ibm_db.exec_immediate")
_RECEIVER = re.compile(
    r"(?i)(^|_)(cur|cursor|conn|connection|db|database|session|engine|tx|transaction|pool)\d?$"
)
_DEEP = 8
_SAME = (
    "strip",
    "lstrip",
    "rstrip",
    "format",
    "encode",
    "join",
    "replace",
    "upper",
    "lower",
    "append",
    "format_map",
)


def statement_in(call: ast.Call, path: str = "") -> ast.expr | None:
    """Return the argument of a call that holds the SQL."""
    at = 1 if path.startswith(_SECOND) else 0
    if len(call.args) > at and not any(isinstance(item, ast.Starred) for item in call.args[: at + 1]):
        return call.args[at]
    return next((given for name in _NAMES if (given := keyword(call, name)) is not None), None)


def runs(module: Module, call: ast.Call) -> bool:
    """Tell whether a call hands its statement to a database, as far as its name says."""
    path = module.resolve(call.func) or ""
    if path in FRAGMENTS or path in FRAMES:
        return True
    return isinstance(call.func, ast.Attribute) and call.func.attr in METHODS


def is_database(call: ast.Call) -> bool:
    """Tell whether the object that a method is called on is named as a connection, cursor or session."""
    if not isinstance(call.func, ast.Attribute):
        return False
    base = call.func.value
    name = base.id if isinstance(base, ast.Name) else base.attr if isinstance(base, ast.Attribute) else ""
    return bool(_RECEIVER.search(name))


def run_at(module: Module, built: ast.expr) -> tuple[str, ...] | None:
    """Return the steps from text to where a database runs it, or None when it does not visibly get there."""
    return _Way().follow(module, built, 0)


class _Way:
    """One search onwards from a text; every expression is passed once."""

    def __init__(self) -> None:
        self._seen: set[ast.AST] = set()

    def follow(self, module: Module, expr: ast.expr, depth: int) -> tuple[str, ...] | None:
        """Follow the value of an expression to a call that runs SQL."""
        if depth > _DEEP or expr in self._seen:
            return None
        self._seen.add(expr)
        parent = module.parents.get(expr)
        match parent:
            case ast.Call():
                return self._passed(module, parent, expr, depth) if parent.func is not expr else None
            case ast.keyword() | ast.Starred():
                call = module.parents.get(parent)
                return self._passed(module, call, expr, depth) if isinstance(call, ast.Call) else None
            case ast.Attribute(attr=attr):
                call = module.parents.get(parent)
                same = isinstance(call, ast.Call) and call.func is parent and attr in _SAME
                return self.follow(module, call, depth) if same and isinstance(call, ast.Call) else None
            case ast.Return():
                return self._returned(module, parent, depth)
            case ast.Assign(targets=targets):
                return self._first(self._kept(module, target, depth) for target in targets)
            case ast.AnnAssign(target=target) | ast.AugAssign(target=target):
                return self._kept(module, target, depth)
            case ast.NamedExpr(target=target):
                return self._kept(module, target, depth) or self.follow(module, parent, depth)
            case (
                ast.IfExp()
                | ast.BoolOp()
                | ast.BinOp()
                | ast.Await()
                | ast.FormattedValue()
                | ast.JoinedStr()
            ):
                return self.follow(module, parent, depth)
            case ast.Tuple() | ast.List() if isinstance(module.parents.get(parent), ast.Return | ast.Call):
                return self.follow(module, parent, depth)
        return None

    def _first(self, ways: Iterator[tuple[str, ...] | None]) -> tuple[str, ...] | None:
        return next((way for way in ways if way is not None), None)

    def _passed(self, module: Module, call: ast.Call, expr: ast.expr, depth: int) -> tuple[str, ...] | None:
        """Follow an argument: into what runs it, what only wraps it, or a function of the project."""
        path = module.resolve(call.func) or ""
        called = callee_of(module, call)
        if called is not None and called[1].name != "__init__":
            other, function = called
            for arg in (*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs):
                if argument_for(call, function, arg.arg) is expr:
                    found = self._uses(other, arg, arg.arg, depth + 1)
                    if found is not None:
                        return (place(module, call, f"passed to {function.name}()"), *found)
        if runs(module, call) and statement_in(call, path) is expr:
            return (place(module, call, f"{_named(call)}() runs it"),)
        is_text = isinstance(call.func, ast.Attribute) and call.func.attr in _SAME
        if is_text or path in ("textwrap.dedent", "inspect.cleandoc", "builtins.str"):
            return self.follow(module, call, depth + 1)
        return None

    def _returned(self, module: Module, statement: ast.Return, depth: int) -> tuple[str, ...] | None:
        function = module.function(statement)
        if function is None:
            return None
        for other, call in few_callers(module, function):
            if (found := self.follow(other, call, depth + 1)) is not None:
                return found
        return None

    def _kept(self, module: Module, target: ast.expr, depth: int) -> tuple[str, ...] | None:
        match target:
            case ast.Name():
                return self._uses(module, target, target.id, depth + 1)
            case ast.Attribute(value=ast.Name(id="self" | "cls"), attr=name):
                return self._reads(module, target, name, depth + 1)
        return None

    def _uses(self, module: Module, bound: ast.AST, name: str, depth: int) -> tuple[str, ...] | None:
        """Follow every use of a name that this binding may reach."""
        if not isinstance(bound, ast.arg) and isinstance(
            module.parents.get(module.statement(bound)), ast.ClassDef
        ):
            return self._reads(module, bound, name, depth)
        uses = [use for use in module.nodes(ast.Name) if use.id == name]
        return self._reached(module, bound, uses, depth)

    def _reads(self, module: Module, bound: ast.AST, name: str, depth: int) -> tuple[str, ...] | None:
        """Follow every read of an attribute that this statement gives a value."""
        uses = [use for use in module.nodes(ast.Attribute) if use.attr == name]
        return self._reached(module, bound, uses, depth)

    def _reached(
        self, module: Module, bound: ast.AST, uses: Sequence[ast.Name | ast.Attribute], depth: int
    ) -> tuple[str, ...] | None:
        """Follow those of some uses that a binding may reach."""
        for use in uses:
            if not isinstance(use.ctx, ast.Load) or use in self._seen:
                continue
            reached = any(value.node is bound for value in module.flow.values(use))
            found = self.follow(module, use, depth) if reached else None
            if found is not None:
                return found
        return None


def _named(call: ast.Call) -> str:
    func = call.func
    return func.attr if isinstance(func, ast.Attribute) else func.id if isinstance(func, ast.Name) else "call"
