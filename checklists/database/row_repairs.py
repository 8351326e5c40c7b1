"""How a column that is read and written back can be mended: in the UPDATE itself, or under a lock."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from harden.checklists.database.passing import place_of
from harden.checklists.database.paths import block_of, end, is_long, loop_around, position, shares_line
from harden.checklists.database.read_modify import ALCHEMY, Change, reads, saves_of
from harden.checklists.database.row_locks import Hold, hold_for
from harden.checklists.database.rows import Origin, row_of
from harden.checklists.database.sessions import Kind
from harden.checklists.database.transactions import in_atomic_request, own_ends, transaction_at
from harden.errors import UnreadableSource
from harden.flow import How
from harden.module import Module
from harden.tree import own_nodes

_OPS = (ast.Add, ast.Sub, ast.Mult)
_WRITTEN = frozenset({"commit", "flush"})
_FRESH = frozenset({"refresh", "refresh_from_db", "arefresh_from_db"})
_CHECKED = "It is checked before it is changed, so that the row must be locked from there on. "


@dataclass(frozen=True, slots=True)
class Repair:
    """The facts by which a codemod mends a change, or why it cannot."""

    facts: dict[str, str]
    why_not: str = ""


def repair_of(change: Change) -> Repair:
    """Return how a change is mended: in the UPDATE where nothing looks at the value, else by a lock."""
    uses = _Uses(change)
    if uses.free and (facts := _column(change, uses)) is not None:
        return Repair(facts)
    hold = hold_for(change)
    if hold.why_not and change.row.orm in ALCHEMY and (facts := _refreshed(change, uses)) is not None:
        return Repair(facts)
    if hold.why_not:
        return Repair({}, (_CHECKED if uses.checked else "") + hold.why_not)
    return _locked(change, hold)


def _column(change: Change, uses: _Uses) -> dict[str, str] | None:
    """Return the facts for `Model.column - n` or `F("column") - n`; None where that may break."""
    model = change.row.model
    if model is None or not model.lineage or not is_sum(change) or _is_looked_at(change):
        return None
    facts = {"mode": "column", "column": change.attr, "save": "", "again": ""}
    if model.orm in ALCHEMY:
        if "." in change.module.qualname(model.lineage[0][1]) and model.module is change.module:
            return None
        return facts | {
            "entity": model.name,
            "home": "" if model.module is change.module else model.module.name,
        }
    save = next((call for call in saves_of(change)), None)
    statement = change.module.statement(save) if save is not None else None
    if save is None or not isinstance(statement, ast.Expr) or not isinstance(save.func, ast.Attribute):
        return None
    if save.func.attr not in ("save", "asave"):
        return None if uses.after else facts | {"entity": "F", "home": "django.db.models"}
    again = "await" if save.func.attr == "asave" else "plain"
    facts |= {"entity": "F", "home": "django.db.models", "save": place_of(change.module, statement)}
    facts |= {"row": change.module.segment(change.base)}
    return facts | {"again": again if uses.after or not uses.is_local else ""}


def is_sum(change: Change) -> bool:
    """Tell whether the database can work out the new value: sums and products of plain values."""
    node = change.node
    if isinstance(node, ast.AugAssign):
        return isinstance(node.op, _OPS)
    return change.direct and _is_sum(node.value, ast.Attribute(change.base, change.attr))


def _is_sum(value: ast.expr, target: ast.Attribute) -> bool:
    if reads(value, target):
        return True
    match value:
        case ast.BinOp(left=left, op=ast.Add() | ast.Mult(), right=right):
            return _is_sum(left, target) != _is_sum(right, target)
        case ast.BinOp(left=left, op=ast.Sub(), right=right):
            return _is_sum(left, target) and not any(reads(part, target) for part in ast.walk(right))
    return False


def _is_looked_at(change: Change) -> bool:
    """Tell whether the model itself, or a signal, looks at the new value before it is written."""
    model = change.row.model
    for module, owner in model.lineage if model is not None else ():
        for method in owner.body:
            if not isinstance(method, ast.FunctionDef) or method is change.function:
                continue
            validates = any("validates" in ast.unparse(item) for item in method.decorator_list)
            if not validates and method.name not in ("save", "clean", "full_clean"):
                continue
            if f"self.{change.attr}" in module.segment(method) or (
                validates and change.attr in _decorated(method)
            ):
                return True
    return model is not None and model.orm not in ALCHEMY and _has_signal(change, model.name)


def _decorated(method: ast.FunctionDef) -> str:
    return " ".join(ast.unparse(item) for item in method.decorator_list)


def _has_signal(change: Change, name: str) -> bool:
    project = change.module.project
    for path in {*project.mentions("post_save"), *project.mentions("pre_save")}:
        try:
            text = project.module(path).text
        except UnreadableSource:
            continue
        if name in text and f".{change.attr}" in text:
            return True
    return False


class _Uses:
    """What a function does with a row, and with the column, around the change."""

    def __init__(self, change: Change) -> None:
        self.change = change
        self.target = ast.Attribute(change.base, change.attr)
        self.here = position(change.node)
        self.end = (change.node.end_lineno or 0, change.node.end_col_offset or 0)
        self.nodes = list(own_nodes(change.function))
        self.root = _root(change.base)
        self.written = self._written()
        self.checked = not change.direct or any(self._tests(node) for node in self.nodes)
        self.after = any(position(node) > self.written for node in self._names())

    @property
    def is_local(self) -> bool:
        """Tell whether nobody but this function has the object."""
        return self.change.row.origin is Origin.LOADED and self.change.row.module is self.change.module

    @property
    def free(self) -> bool:
        """Tell whether nothing looks at the value in Python between the change and its writing."""
        if self.checked or not self.change.direct or self._may_be_new():
            return False
        between = any(self.end < position(node) < self.written for node in self._looks())
        is_async = isinstance(self.change.function, ast.AsyncFunctionDef)
        stale = is_async and self.change.row.orm in ALCHEMY and self.after and not self._is_refreshed()
        return not between and not stale

    def _written(self) -> tuple[int, int]:
        """Return where the change goes to the database."""
        if self.change.row.orm in ALCHEMY:
            calls: Iterator[ast.Call] = (
                n for n in self.nodes if isinstance(n, ast.Call) and getattr(n.func, "attr", "") in _WRITTEN
            )
        else:
            calls = saves_of(self.change)
        ends = [end(call) for call in calls if position(call) > self.here]
        return min(ends, default=(1 << 30, 0))

    def _tests(self, node: ast.AST) -> bool:
        """Tell whether a condition before the change reads the column."""
        if not reads(node, self.target) or position(node) >= self.here:
            return False
        for outer in self.change.module.ancestors(node):
            if isinstance(outer, ast.Compare | ast.BoolOp | ast.UnaryOp):
                return True
            if isinstance(outer, ast.stmt):
                return isinstance(outer, ast.If | ast.While | ast.Assert | ast.Assign)
        return False

    def _looks(self) -> Iterator[ast.AST]:
        """Yield reads of the column, and where the whole row is handed to something else."""
        given = getattr(self.change.node, "target", None)
        for node in self.nodes:
            named = isinstance(node, ast.Name) and node.id == self.root and self._is_handed(node)
            if named or (reads(node, self.target) and node is not given):
                yield node

    def _is_handed(self, name: ast.Name) -> bool:
        parent = self.change.module.parents.get(name)
        if isinstance(parent, ast.Call) and isinstance(parent.func, ast.Attribute):
            return parent.func.attr not in ("add", "refresh", "merge", "bulk_update")
        return isinstance(parent, ast.Call | ast.Return | ast.keyword)

    def _names(self) -> Iterator[ast.Name]:
        return (n for n in self.nodes if isinstance(n, ast.Name) and n.id == self.root)

    def _may_be_new(self) -> bool:
        """Tell whether the row may also be one that the function has just made, and that has no old value."""
        base = self.change.base
        if not isinstance(base, ast.Name):
            return False
        for value in self.change.module.flow.values(base):
            expr = value.expr if value.how is How.GIVEN else None
            row = row_of(value.module, expr) if expr is not None else None
            if row is not None and row.origin is Origin.CREATED:
                return True
        return False

    def _is_refreshed(self) -> bool:
        return any(
            isinstance(node, ast.Call)
            and getattr(node.func, "attr", "") in _FRESH
            and position(node) > self.here
            and any(isinstance(arg, ast.Name) and arg.id == self.root for arg in node.args)
            for node in self.nodes
        )


def _refreshed(change: Change, uses: _Uses) -> dict[str, str] | None:
    """Return the facts by which a row from elsewhere is read again, locked, before it is checked."""
    module = change.module
    session = next((handle for _, handle in own_ends(module, iter(uses.nodes), "commit")), None)
    checks = [node for node in uses.nodes if reads(node, uses.target)]
    first = module.statement(min(checks, key=position)) if checks else None
    if session is None or session.kind is not Kind.SESSION or not isinstance(change.base, ast.Name):
        return None
    if (
        not isinstance(first, ast.If | ast.Assign | ast.AugAssign)
        or block_of(module, first, change.node) is None
    ):
        return None
    if loop_around(module, first) is not None or shares_line(module, first, first):
        return None
    tested = ast.walk(first.test) if isinstance(first, ast.If) else iter(())
    if any(isinstance(n, ast.Name) and n.id == uses.root and not _is_attribute(module, n) for n in tested):
        return None  # it may be None until then
    wait = "await " if isinstance(change.function, ast.AsyncFunctionDef) else ""
    call = f"{wait}{module.segment(session.expr)}.refresh({uses.root}, with_for_update=True)"
    return {"mode": "refresh", "before": place_of(module, first), "call": call}


def _is_attribute(module: Module, name: ast.Name) -> bool:
    return isinstance(module.parents.get(name), ast.Attribute)


def _locked(change: Change, hold: Hold) -> Repair:
    """Return the facts for a lock, with the transaction that has to hold it."""
    facts = {"mode": "lock", "begin": "", "end": "", **hold.facts}
    load = hold.load
    if load is None or change.row.orm in ALCHEMY or hold.facts["lock"] in ("after", "keyword"):
        return Repair(facts) if load is not None and not _commits_between(change, load) else _LET_GO
    if isinstance(change.function, ast.AsyncFunctionDef):
        return Repair({}, "Django has no transactions in async code: move it into a function of its own.")
    around = transaction_at(change.module, load)
    if in_atomic_request(change.module, load) or (
        around is not None and around is transaction_at(change.module, change.node)
    ):
        return Repair(facts)
    block = block_of(change.module, load, next(saves_of(change), change.node))
    if block is None or shares_line(change.module, *block):
        return Repair(
            {}, "It is loaded and saved in different blocks: put both into one transaction.atomic()."
        )
    first, last = block
    if is_long(first, last):
        name = change.function.name
        return Repair(
            {}, f"Much lies between load and save: put @transaction.atomic on {name}() and lock it."
        )
    return Repair(facts | {"begin": place_of(change.module, first), "end": place_of(change.module, last)})


_LET_GO = Repair({}, "A commit between reading and writing lets go of every lock: commit once, at the end.")


def _commits_between(change: Change, load: ast.expr) -> bool:
    return any(
        isinstance(node, ast.Call)
        and getattr(node.func, "attr", "") in ("commit", "rollback")
        and position(load) < position(node) < position(change.node)
        for node in own_nodes(change.function)
    )


def _root(expr: ast.expr) -> str:
    while isinstance(expr, ast.Attribute):
        expr = expr.value
    return expr.id if isinstance(expr, ast.Name) else ""
