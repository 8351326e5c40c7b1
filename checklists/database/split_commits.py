"""Changes that one function commits in several pieces."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass

from harden.checklists.database.branches import leaves
from harden.checklists.database.passing import place_of
from harden.checklists.database.paths import end, follows, is_certain, loop_around, position
from harden.checklists.database.sessions import Kind
from harden.checklists.database.side_effects import is_aside
from harden.checklists.database.statements import sql_text
from harden.checklists.database.transactions import Commit, commits_of, own_ends
from harden.checklists.database.writes import Write, own_writes, writes_of
from harden.module import Module
from harden.roles import Role
from harden.tree import FunctionNode, own_nodes

_WRITES = re.compile(r"(?i)\s*(insert|update|delete|replace|merge)\b")
_PLUMBING = re.compile(
    r"(?i)^(self|cls|request|\w*(db|session|conn|connection|cursor|user|settings)|[\W\d].*|True|False|None)$"
)
"""Arguments that calls share without doing one thing together."""


@dataclass(frozen=True, slots=True)
class Split:
    """A commit after which the same function goes on writing: where, what before and what after it."""

    node: ast.AST
    before: str
    after: str
    facts: dict[str, str]
    why_not: str = ""


def split_of(module: Module, function: FunctionNode) -> Split | None:
    """Return the first commit of a function that cuts a change in two, None where there is none."""
    commits = _commits(module, function)
    if len(commits) < 2:
        return None
    writes = (
        writes_of(module, function) if not commits[0].own else list(own_writes(module, own_nodes(function)))
    )
    found = ((commit, _later(module, function, commit, commits, writes)) for commit in commits)
    pieces = [(commit, later) for commit, later in found if later is not None]
    before = _written_before(module, pieces[0][0], writes) if pieces else None
    if before is None:
        return None
    return _split(module, [c for c, _ in pieces], before, pieces[0][1][0], [last for _, (_, last) in pieces])


def _commits(module: Module, function: FunctionNode) -> list[Commit]:
    """Return the commits of a function: its own, or else those of functions it calls one after the other."""
    own = [
        Commit(call, call, module, handle) for call, handle in own_ends(module, own_nodes(function), "commit")
    ]
    if own or module.role(function) not in (Role.HANDLER, Role.TASK, Role.NONE):
        return own
    found: list[Commit] = []
    for commit in commits_of(module, function, depth=1):
        if _only_reads(module, commit.at):
            continue
        if not found or _belong(module, found[-1], commit):
            found.append(commit)
    return found if len({id(c.at) for c in found}) > 1 else []


def _only_reads(module: Module, call: ast.Call) -> bool:
    """Tell whether a function that runs SQL is given a SELECT."""
    text = sql_text(module, call.args[0]) if call.args else None
    return text is not None and text.lstrip().lower().startswith("select")


def _runs_sql(module: Module, call: ast.Call) -> bool:
    """Tell whether a function is given SQL that writes."""
    text = sql_text(module, call.args[0]) if call.args else None
    return text is not None and _WRITES.match(text) is not None


def _belong(module: Module, first: Commit, second: Commit) -> bool:
    """Tell whether a call is given what another one returned, or does the like with one of its values."""
    statement = module.parents.get(first.at)
    statement = module.parents.get(statement) if isinstance(statement, ast.Await) else statement
    made = {n.id for t in getattr(statement, "targets", []) for n in ast.walk(t) if isinstance(n, ast.Name)}
    names = {n.id for arg in _given(second.at) for n in ast.walk(arg) if isinstance(n, ast.Name)}
    if not made.isdisjoint(names):
        return True
    if first.call is second.call and _runs_sql(module, first.at) and _runs_sql(module, second.at):
        return True
    given = [{ast.unparse(arg) for arg in _given(commit.at)} for commit in (first, second)]
    same_file = first.module.path == second.module.path == module.path
    return same_file and any(not _PLUMBING.match(text) for text in given[0] & given[1])


def _given(call: ast.Call) -> list[ast.expr]:
    return [*call.args, *(item.value for item in call.keywords)]


def _later(
    module: Module, function: FunctionNode, commit: Commit, commits: list[Commit], writes: list[Write]
) -> tuple[Write, Commit] | None:
    """Return what is written after a commit and the commit that keeps it, with nothing done aside."""
    if _written_before(module, commit, writes) is None or _is_in_except(module, commit.at):
        return None
    found: list[tuple[Write, Commit]] = []
    for other in commits:
        if (
            other.at is commit.at
            or not _same(module, commit, other)
            or not follows(module, commit.at, other.at)
            or _is_tried(module, commit.at, other.at)
        ):
            continue
        between = [w for w in writes if _is_between(module, commit, w, other)]
        if between and not _is_aside_between(module, function, commit.at, other.at):
            found.append((between[0], other))
    certain = (pair for pair in found if is_certain(module, commit.at, pair[1].at))
    return next(certain, found[0] if found else None)


def _is_tried(module: Module, first: ast.AST, second: ast.AST) -> bool:
    """Tell whether the function goes on where only the second of two commits fails: the first one stays."""
    for outer, child in _outer(module, second):
        if isinstance(outer, ast.Try) and child in outer.body and first not in ast.walk(outer):
            return any(not leaves(module, handler.body) for handler in outer.handlers)
    return False


def _outer(module: Module, node: ast.AST) -> Iterator[tuple[ast.AST, ast.AST]]:
    """Yield what holds a node within its function, each with what it holds."""
    for outer in module.ancestors(node):
        if isinstance(outer, FunctionNode):
            return
        yield outer, node
        node = outer


def _same(module: Module, first: Commit, second: Commit) -> bool:
    """Tell whether two commits may belong to one transaction: of one session, or of functions that commit."""
    if first.handle is None or second.handle is None:
        return True
    one, other = first.handle.expr, second.handle.expr
    if ast.unparse(one) != ast.unparse(other):
        return False
    nodes = [[value.node for value in module.flow.values(expr)] for expr in (one, other)]
    return nodes[0] == nodes[1]


def _is_between(module: Module, commit: Commit, write: Write, other: Commit) -> bool:
    if write.at is commit.at:
        return False
    if write.at is not other.at and not position(commit.at) < position(write.at) < position(other.at):
        return False
    return follows(module, commit.at, write.at)


def _written_before(module: Module, commit: Commit, writes: list[Write]) -> Write | None:
    """Return what a commit keeps."""
    before = [w for w in writes if w.at is commit.at or position(w.at) < position(commit.at)]
    return next((w for w in before[::-1] if w.at is commit.at or follows(module, w.at, commit.at)), None)


def _is_in_except(module: Module, node: ast.AST) -> bool:
    return any(isinstance(outer, ast.ExceptHandler) for outer in module.ancestors(node))


def _is_aside_between(module: Module, function: FunctionNode, first: ast.AST, second: ast.AST) -> bool:
    """Tell whether something is done between two commits that the first one should be kept for."""
    return any(
        is_aside(module, node)
        for node in own_nodes(function)
        if isinstance(node, ast.Call | ast.Yield | ast.YieldFrom)
        and end(first) < position(node) < position(second)
    )


def _split(module: Module, commits: list[Commit], before: Write, after: Write, last: list[Commit]) -> Split:
    first = commits[0]
    said = before.said or "what is written", after.said or "what is written"
    if any(not commit.own for commit in (*commits, *last)):
        name = next(module.segment(c.at.func) for c in (*commits, *last) if not c.own)
        why_not = f"{name}() commits itself: let it only write, and commit once out here."
        return Split(first.at, *said, {}, why_not)
    certain = [c for c, final in zip(commits, last, strict=True) if is_certain(module, c.at, final.at)]
    outer = [c for c in certain if loop_around(module, c.at) is None]
    chosen = [c for c in certain if c in outer or loop_around(module, c.at) is not None]
    if first not in chosen:
        return Split(
            first.at, *said, {}, "On some ways the function ends with this commit: put it there only."
        )
    kind = first.handle.kind if first.handle is not None else Kind.DRIVER
    form = "flush" if kind is Kind.SESSION else "drop"
    if form == "drop" and any(
        not isinstance(module.parents.get(_awaited(module, c.at)), ast.Expr) for c in chosen
    ):
        return Split(first.at, *said, {}, "What commit() gives is used: leave it out by hand.")
    places = "\n".join(place_of(module, commit.at) for commit in chosen)
    return Split(first.at, *said, {"form": form, "places": places})


def _awaited(module: Module, call: ast.Call) -> ast.AST:
    parent = module.parents.get(call)
    return parent if isinstance(parent, ast.Await) else call
