"""Nodes by type, parents and scopes of one module, made in a single walk."""

from __future__ import annotations

import ast
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef
ScopeNode = (
    ast.Module
    | ast.FunctionDef
    | ast.AsyncFunctionDef
    | ast.ClassDef
    | ast.Lambda
    | ast.ListComp
    | ast.SetComp
    | ast.DictComp
    | ast.GeneratorExp
)


@dataclass(slots=True)
class Scope:
    """Names bound in one function, class, comprehension or module."""

    node: ScopeNode
    parent: Scope | None
    bindings: dict[str, list[ast.AST]] = field(default_factory=dict)
    outer: set[str] = field(default_factory=set)
    shared: set[str] = field(default_factory=set)

    def bind(self, name: str, node: ast.AST) -> None:
        """Record that `node` gives `name` a value; `global` and `nonlocal` names go outwards."""
        if name in self.shared:
            self.root.bind(name, node)
        elif name in self.outer and self.parent is not None:
            self.parent.bind(name, node)
        else:
            self.bindings.setdefault(name, []).append(node)

    @property
    def root(self) -> Scope:
        """Return the scope of the module."""
        scope = self
        while scope.parent is not None:
            scope = scope.parent
        return scope


class Tree:
    """Every node of a module by its type, with its parent and its scope."""

    def __init__(self, tree: ast.Module) -> None:
        self.tree = tree
        self.parents: dict[ast.AST, ast.AST] = {}
        self.nodes: dict[type[ast.AST], list[ast.AST]] = {}
        self.scopes: dict[ast.AST, Scope] = {}
        self._walk()

    def _walk(self) -> None:
        root = Scope(self.tree, None)
        self.scopes[self.tree] = root
        parents, nodes = self.parents, self.nodes
        stack: list[tuple[ast.AST, Scope]] = [(self.tree, root)]
        while stack:
            node, scope = stack.pop()
            kind = node.__class__
            same = nodes.get(kind)
            if same is None:
                nodes[kind] = [node]
            else:
                same.append(node)
            binder = _BINDERS.get(kind)
            if binder is not None:
                binder(node, scope)
            if kind in _SCOPES:
                scope = Scope(node, scope)  # type: ignore[arg-type]
                self.scopes[node] = scope
            at = len(stack)
            for name in _CHILDREN[kind]:
                value = getattr(node, name, None)
                if value.__class__ is list:
                    for child in value:
                        if child is not None:
                            parents[child] = node
                            stack.append((child, scope))
                elif value is not None:
                    parents[value] = node
                    stack.append((value, scope))
            stack[at:] = stack[at:][::-1]

    def scope(self, node: ast.AST) -> Scope:
        """Return the innermost scope in which `node` is evaluated."""
        parents, scopes = self.parents, self.scopes
        below, child, current = node, node, parents.get(node)
        while current is not None:
            if current in scopes and not _is_outside(node, below, child, current):
                return scopes[current]
            below, child, current = child, current, parents.get(current)
        return scopes[self.tree]

    def ancestors(self, node: ast.AST) -> Iterator[ast.AST]:
        """Yield the parents of `node`, innermost first."""
        current = self.parents.get(node)
        while current is not None:
            yield current
            current = self.parents.get(current)

    @cached_property
    def definitions(self) -> dict[str, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef]:
        """Return every class and function by its qualified name; of several the first."""
        found: dict[str, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef] = {}
        for kind in (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef):
            for node in self.nodes.get(kind, ()):
                if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
                    found.setdefault(self.qualname(node), node)
        return found

    @cached_property
    def reads(self) -> dict[str, list[ast.Name | ast.Attribute]]:
        """Return where each name is read, by itself or as the last part of a dotted one."""
        found: dict[str, list[ast.Name | ast.Attribute]] = {}
        for kind in (ast.Name, ast.Attribute):
            for node in self.nodes.get(kind, ()):
                if isinstance(node, ast.Name | ast.Attribute) and isinstance(node.ctx, ast.Load):
                    found.setdefault(name_of(node), []).append(node)
        return found

    @cached_property
    def imported_as(self) -> dict[str, list[str]]:
        """Return the other names under which each name is imported."""
        found: dict[str, list[str]] = {}
        for alias in self.nodes.get(ast.alias, ()):
            if isinstance(alias, ast.alias) and alias.asname:
                found.setdefault(alias.name, []).append(alias.asname)
        return found

    @cached_property
    def derived(self) -> dict[str, list[str]]:
        """Return by each name the classes derived from it, and the names given what is made of it."""
        found: dict[str, list[str]] = {}
        for owner in self.nodes.get(ast.ClassDef, ()):
            for base in owner.bases if isinstance(owner, ast.ClassDef) else ():
                found.setdefault(name_of(base), []).append(owner.name)  # type: ignore[attr-defined]
        for statement in self.nodes.get(ast.Assign, ()):
            if isinstance(statement, ast.Assign):
                value = statement.value
                made = value.args[0] if isinstance(value, ast.Call) and value.args else value
                names = [target.id for target in statement.targets if isinstance(target, ast.Name)]
                if isinstance(made, ast.Name | ast.Attribute):
                    found.setdefault(name_of(made), []).extend(names)
        return found

    def qualname(self, node: ast.AST) -> str:
        """Return the dotted names of the functions and classes around and including `node`."""
        kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
        parts = [node.name] if isinstance(node, kinds) else []
        parts += [outer.name for outer in self.ancestors(node) if isinstance(outer, kinds)]
        return ".".join(reversed(parts))


def own_nodes(function: FunctionNode) -> Iterator[ast.AST]:
    """Yield what a function's own body holds, in source order; not what nested functions and classes hold."""
    stack: list[ast.AST] = function.body[::-1]  # type: ignore[assignment]
    while stack:
        node = stack.pop()
        yield node
        if node.__class__ in _CLOSED:
            continue
        at = len(stack)
        for name in node._fields:
            value = getattr(node, name, None) if name != "ctx" else None
            if value.__class__ is list:
                stack += [item for item in value if isinstance(item, ast.AST)]
            elif isinstance(value, ast.AST):
                stack.append(value)
        stack[at:] = stack[at:][::-1]


def name_of(node: ast.AST) -> str:
    """Return the name that a node bears as it is written, or nothing.

    Of a call, an attribute or a keyword the last part (`**` where a keyword has none); of an assignment
    the name of its first target, for which a text in a subscript stands, too.
    """
    match node:
        case ast.Call(func=ast.Attribute(attr=name) | ast.Name(id=name)):
            return name
        case ast.Attribute(attr=name) | ast.Name(id=name):
            return name
        case ast.keyword(arg=given):
            return "**" if given is None else given
        case ast.Assign(targets=[target, *_]) | ast.AnnAssign(target=target):
            if isinstance(target, ast.Subscript):
                key = target.slice
                return key.value if isinstance(key, ast.Constant) and isinstance(key.value, str) else ""
            return name_of(target)
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            return name
    return ""


def _is_outside(node: ast.AST, below: ast.AST, child: ast.AST, holder: ast.AST) -> bool:
    """Tell whether `node` is evaluated around `holder`: a decorator, default, base, first iterable.

    `child` and `below` are the last two steps of the way from `node` up to `holder`.
    """
    if isinstance(holder, _COMPREHENSIONS):
        first = holder.generators[0]
        return child is first and below is first.iter
    if isinstance(child, ast.arguments):
        return not isinstance(node, ast.arg)
    return isinstance(child, ast.expr | ast.keyword) and not isinstance(holder, ast.Lambda | ast.Module)


def _bind_name(node: ast.AST, scope: Scope) -> None:
    if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
        scope.bind(node.id, node)


def _bind_argument(node: ast.AST, scope: Scope) -> None:
    if isinstance(node, ast.arg):
        scope.bind(node.arg, node)


def _bind_definition(node: ast.AST, scope: Scope) -> None:
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        scope.bind(node.name, node)


def _bind_import(node: ast.AST, scope: Scope) -> None:
    if isinstance(node, ast.Import | ast.ImportFrom):
        for alias in node.names:
            top = alias.name if isinstance(node, ast.ImportFrom) else alias.name.partition(".")[0]
            scope.bind(alias.asname or top, alias)


def _bind_handler(node: ast.AST, scope: Scope) -> None:
    if isinstance(node, ast.ExceptHandler) and node.name:
        scope.bind(node.name, node)


def _bind_outer(node: ast.AST, scope: Scope) -> None:
    if isinstance(node, ast.Nonlocal):
        scope.outer.update(node.names)
    elif isinstance(node, ast.Global):
        scope.shared.update(node.names)


def _bind_walrus(node: ast.AST, scope: Scope) -> None:
    """Bind outside the comprehension, too: there the name lives on."""
    if isinstance(node, ast.NamedExpr) and isinstance(scope.node, _COMPREHENSIONS):
        while isinstance(scope.node, _COMPREHENSIONS) and scope.parent is not None:
            scope = scope.parent
        scope.bind(node.target.id, node.target)


def _bind_pattern(node: ast.AST, scope: Scope) -> None:
    name = node.rest if isinstance(node, ast.MatchMapping) else getattr(node, "name", None)
    if name:
        scope.bind(name, node)


_BINDERS: dict[type[ast.AST], Callable[[ast.AST, Scope], None]] = {
    ast.Name: _bind_name,
    ast.arg: _bind_argument,
    ast.FunctionDef: _bind_definition,
    ast.AsyncFunctionDef: _bind_definition,
    ast.ClassDef: _bind_definition,
    ast.Import: _bind_import,
    ast.ImportFrom: _bind_import,
    ast.ExceptHandler: _bind_handler,
    ast.Global: _bind_outer,
    ast.Nonlocal: _bind_outer,
    ast.MatchAs: _bind_pattern,
    ast.MatchStar: _bind_pattern,
    ast.MatchMapping: _bind_pattern,
    ast.NamedExpr: _bind_walrus,
}
_CLOSED = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)
_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
INLINE = (*_COMPREHENSIONS, ast.ClassDef)
_SCOPES = frozenset(
    {
        ast.FunctionDef,
        ast.AsyncFunctionDef,
        ast.ClassDef,
        ast.Lambda,
        ast.ListComp,
        ast.SetComp,
        ast.DictComp,
        ast.GeneratorExp,
    }
)


class _ChildFields(dict[type[ast.AST], tuple[str, ...]]):
    """The fields of a node type that hold nodes; the rest are names, constants and contexts."""

    def __missing__(self, kind: type[ast.AST]) -> tuple[str, ...]:
        fields = self[kind] = tuple(name for name in kind._fields if name not in _PLAIN.get(kind, _NOT_NODES))
        return fields


_NOT_NODES = frozenset(
    {"ctx", "id", "attr", "name", "asname", "module", "level", "arg", "type_comment", "kind", "conversion"}
    | {"is_async", "simple", "type_ignores", "op", "ops", "rest", "kwd_attrs", "str"}
)
_PLAIN: dict[type[ast.AST], frozenset[str]] = {
    ast.Constant: frozenset(ast.Constant._fields),
    ast.Global: frozenset(ast.Global._fields),
    ast.Nonlocal: frozenset(ast.Nonlocal._fields),
    ast.MatchSingleton: frozenset(ast.MatchSingleton._fields),
}
if sys.version_info >= (3, 12):
    _PLAIN[ast.TypeAlias] = frozenset()  # its name is a node
_CHILDREN = _ChildFields()
