"""Loops over any number of things: what each turn is led by, and the calls of its own."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass

from harden.module import Module
from harden.tree import FunctionNode

Comprehension = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp
_FEW = 50
"""Turns of a loop that is counted out: a fixed number, such as the days of a month."""
_STREAMS = re.compile(
    r"(?i)consumer|listen|subscri|websocket|\bws\b|pubsub|stream|channel|queue|chunk|batch|page|count\("
)
_PARTS = re.compile(r"(?i)chunk|batch|page|attempt|retry|retries|tries")


@dataclass(frozen=True, slots=True)
class Loop:
    """One loop: its node, the names that each turn gives anew, and the calls that run in each turn."""

    node: ast.AST
    target: ast.expr
    names: frozenset[str]
    calls: tuple[ast.Call, ...]
    commits: bool

    @property
    def item(self) -> str:
        """Return what a turn is about, as the code names it."""
        parts = self.target.elts if isinstance(self.target, ast.Tuple) else [self.target]
        return ", ".join(ast.unparse(part) for part in parts)

    def is_led(self, call: ast.Call) -> bool:
        """Tell whether what a call is given, or is called on, is another one in each turn."""
        led = {node for node in ast.walk(call) if isinstance(node, ast.Name) and node.id in self.names}
        own = {node.id for node in ast.walk(self.target) if isinstance(node, ast.Name)}
        root = _root(call)
        return bool(led) and not (isinstance(root, ast.Name) and root.id in own)


def _root(expr: ast.expr) -> ast.expr:
    """Return what a chain of calls begins with: another model or connection in each turn is no one query."""
    while isinstance(expr, ast.Call | ast.Attribute | ast.Subscript):
        expr = expr.func if isinstance(expr, ast.Call) else expr.value
    return expr


def loops_in(module: Module) -> Iterator[Loop]:
    """Yield the loops of a file that may have any number of turns."""
    plain: list[ast.For | ast.AsyncFor] = [*module.nodes(ast.For), *module.nodes(ast.AsyncFor)]
    for node in plain:
        if not is_few(module, node.iter, node.target) and not _searches(node):
            yield _loop(module, node)
    lists: list[Comprehension] = [*module.nodes(ast.ListComp), *module.nodes(ast.SetComp)]
    lists += [*module.nodes(ast.DictComp), *module.nodes(ast.GeneratorExp)]
    for whole in lists:
        first = whole.generators[0]
        if not is_few(module, first.iter, first.target):
            yield _comprehended(whole)


def _loop(module: Module, node: ast.For | ast.AsyncFor) -> Loop:
    nodes = [inner for statement in node.body for inner in _own(statement)]
    names = _bound([*ast.walk(node.target), *nodes])
    calls = tuple(
        inner for inner in nodes if isinstance(inner, ast.Call) and not _is_kept(module, inner, node)
    )
    commits = any(isinstance(call.func, ast.Attribute) and call.func.attr == "commit" for call in calls)
    return Loop(node, node.target, names, calls, commits)


def _comprehended(whole: Comprehension) -> Loop:
    first, *rest = whole.generators
    parts: list[ast.AST] = [*first.ifs, *rest]
    parts += [value for name in ("elt", "key", "value") if (value := getattr(whole, name, None)) is not None]
    nodes = [inner for part in parts for inner in ast.walk(part)]
    names = _bound([*ast.walk(first.target), *nodes])
    calls = tuple(inner for inner in nodes if isinstance(inner, ast.Call))
    return Loop(whole, first.target, names, calls, commits=False)


def _own(statement: ast.stmt) -> Iterator[ast.AST]:
    """Yield what a statement of a loop runs itself, nested loops included, nested functions not."""
    if isinstance(statement, FunctionNode | ast.ClassDef):
        return
    stack: list[ast.AST] = [statement]
    while stack:
        node = stack.pop()
        yield node
        inner = [
            child for child in ast.iter_child_nodes(node) if not isinstance(child, FunctionNode | ast.Lambda)
        ]
        stack += inner[::-1]


def _bound(nodes: list[ast.AST]) -> frozenset[str]:
    return frozenset(n.id for n in nodes if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store))


def _is_kept(module: Module, call: ast.Call, loop: ast.AST) -> bool:
    """Tell whether a call runs only for what was not met before, or where something has gone wrong."""
    child: ast.AST = call
    for outer in module.ancestors(call):
        if outer is loop:
            return False
        if isinstance(outer, ast.ExceptHandler | ast.Raise):
            return True
        if isinstance(outer, ast.If) and child in outer.body and _asks_whether_new(outer.test):
            return True
        child = outer
    return False


def _asks_whether_new(test: ast.expr) -> bool:
    """Tell whether a test is `key not in known`."""
    return any(
        isinstance(op, ast.NotIn)
        for node in ast.walk(test)
        if isinstance(node, ast.Compare)
        for op in node.ops
    )


def _searches(loop: ast.For | ast.AsyncFor) -> bool:
    """Tell whether a loop ends as soon as it has found something."""
    stack: list[ast.AST] = list(loop.body)
    while stack:
        node = stack.pop()
        if isinstance(node, ast.Break):
            return True
        if not isinstance(node, ast.For | ast.AsyncFor | ast.While | FunctionNode | ast.Lambda):
            stack += ast.iter_child_nodes(node)
    return False


def is_few(module: Module, source: ast.expr, target: ast.expr) -> bool:
    """Tell whether a loop has a fixed number of turns, or is over batches, tries, or what a queue gives."""
    if _PARTS.search(ast.unparse(target)) or _STREAMS.search(ast.unparse(source)):
        return True
    if isinstance(source, ast.Call):
        name = source.func.attr if isinstance(source.func, ast.Attribute) else getattr(source.func, "id", "")
        if name == "range":
            return len(source.args) == 3 or all(_is_small(module, item) for item in source.args)
        if name in ("enumerate", "sorted", "reversed", "list", "tuple", "set", "zip") and source.args:
            return any(is_few(module, item, target) for item in source.args[:2])
        if name in ("items", "keys", "values") and isinstance(source.func, ast.Attribute):
            return is_few(module, source.func.value, target)
        return False
    if isinstance(source, ast.Subscript) and isinstance(source.slice, ast.Slice):
        return source.slice.upper is not None and _is_small(module, source.slice.upper)
    value = module.flow.only(source)
    if value is not None and isinstance(value.expr, ast.List | ast.Tuple | ast.Set | ast.Dict):
        return _is_written_out(value.module, source, value.expr)
    path = module.resolve(source)
    return path is not None and module.project.class_of(path) is not None and isinstance(source, ast.Name)


def _is_written_out(module: Module, source: ast.expr, value: ast.expr) -> bool:
    """Tell whether a list is all there, with nothing added to it later."""
    elements = value.keys if isinstance(value, ast.Dict) else getattr(value, "elts", [])
    if not elements and not isinstance(value, ast.Tuple):
        return False
    if any(isinstance(item, ast.Starred) for item in elements):
        return False
    name = getattr(source, "id", getattr(source, "attr", ""))
    return name not in module.flow.changed


def _is_small(module: Module, expr: ast.expr) -> bool:
    value = module.flow.only(expr)
    found = value.expr if value is not None else None
    return isinstance(found, ast.Constant) and isinstance(found.value, int) and found.value <= _FEW
