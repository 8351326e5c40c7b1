"""Scopes of one module, and the dotted path that an expression stands for."""

from __future__ import annotations

import ast
import builtins
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

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
_BUILTINS = frozenset(dir(builtins))
_WRAPPERS = frozenset({"typing.Optional", "typing.Annotated", "typing_extensions.Annotated"})
_DEPTH = 40
"""Longest chain of names that is followed; real code stays far below."""


@dataclass(slots=True)
class Scope:
    """Names bound in one function, class, comprehension or module."""

    node: ScopeNode
    parent: Scope | None
    bindings: dict[str, list[ast.AST]] = field(default_factory=dict)
    outer: set[str] = field(default_factory=set)

    def bind(self, name: str, node: ast.AST) -> None:
        """Record that `node` gives `name` a value; `global` and `nonlocal` names go outwards."""
        if name in self.outer and self.parent is not None:
            self.parent.bind(name, node)
        else:
            self.bindings.setdefault(name, []).append(node)


class Names:
    """Every scope, parent link and node list of one module, made in a single walk."""

    def __init__(self, tree: ast.Module, module: str, package: str, canonical: Callable[[str], str]) -> None:
        self.tree = tree
        self.module = module
        self.package = package
        self.parents: dict[ast.AST, ast.AST] = {}
        self.nodes: dict[type[ast.AST], list[ast.AST]] = {}
        self.scopes: dict[ast.AST, Scope] = {}
        self._canonical = canonical
        self._paths: dict[ast.expr, str | None] = {}
        self._held: dict[str, dict[str, ast.expr]] | None = None
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
        """Return the innermost scope that contains `node`."""
        current: ast.AST | None = node
        while current is not None:
            current = self.parents.get(current)
            if current in self.scopes:
                return self.scopes[current]
        return self.scopes[self.tree]

    def ancestors(self, node: ast.AST) -> Iterator[ast.AST]:
        """Yield the parents of `node`, innermost first."""
        current = self.parents.get(node)
        while current is not None:
            yield current
            current = self.parents.get(current)

    def resolve(self, expr: ast.expr, depth: int = 0) -> str | None:
        """Return the dotted path that `expr` stands for, or None.

        A call stands for what it calls (`requests.Session().get` is `requests.Session.get`),
        a subscript appends `[]`, a literal is its builtin type.
        """
        if expr in self._paths:
            return self._paths[expr]
        if depth > _DEPTH:
            return None
        self._paths[expr] = None  # a cycle resolves to nothing
        path = self._resolve(expr, depth + 1)
        if path is not None:
            path = self._canonical(path)
        self._paths[expr] = path
        return path

    def _resolve(self, expr: ast.expr, depth: int) -> str | None:
        match expr:
            case ast.Name():
                return self._name(expr, depth)
            case ast.Attribute():
                return self._attribute(expr, depth)
            case ast.Call(func=func):
                return self._call(func, depth)
            case ast.Await(value=value) | ast.NamedExpr(value=value):
                return self.resolve(value, depth)
            case ast.Subscript(value=value):
                base = self.resolve(value, depth)
                if base in _WRAPPERS:  # an alias such as `SessionDep = Annotated[Session, Depends(...)]`
                    return self.annotation(expr, depth)
                return f"{base}[]" if base else None
            case ast.BoolOp(values=values):
                return next(filter(None, (self.resolve(value, depth) for value in values)), None)
            case ast.IfExp(body=body, orelse=orelse):
                return self.resolve(body, depth) or self.resolve(orelse, depth)
            case ast.Constant(value=value):
                return None if value is None else f"builtins.{type(value).__name__}"
            case ast.JoinedStr():
                return "builtins.str"
            case ast.List() | ast.ListComp():
                return "builtins.list"
            case ast.Dict() | ast.DictComp():
                return "builtins.dict"
            case ast.Set() | ast.SetComp():
                return "builtins.set"
            case ast.Tuple():
                return "builtins.tuple"
        return None

    def _name(self, expr: ast.Name, depth: int) -> str | None:
        found = self.lookup(expr)
        if found is None:
            return f"builtins.{expr.id}" if expr.id in _BUILTINS else None
        return self.binding_path(found, expr.id, depth)

    def lookup(self, expr: ast.Name) -> ast.AST | None:
        """Return the node that gave `expr` its value: the last one before it in its own scope."""
        scope: Scope | None = self.scope(expr)
        start = scope
        while scope is not None:
            bound = scope.bindings.get(expr.id)
            if bound and (scope is start or not isinstance(scope.node, ast.ClassDef)):
                return self._nearest(bound, expr) if scope is start else bound[-1]
            scope = scope.parent
        return None

    def _nearest(self, bound: list[ast.AST], use: ast.Name) -> ast.AST:
        here = (use.lineno, use.col_offset)
        before = [node for node in bound if self._bound_from(node) <= here]
        return before[-1] if before else bound[-1]

    def _bound_from(self, node: ast.AST) -> tuple[int, int]:
        """Return where a binding begins to hold: the right side of `x = f(x)` still reads the old value."""
        holder = node
        while isinstance(holder, ast.Name | ast.Tuple | ast.List | ast.Starred):
            holder = self.parents[holder]
        if isinstance(holder, ast.Assign | ast.AnnAssign | ast.AugAssign):
            return holder.end_lineno or holder.lineno, holder.end_col_offset or 0
        return node.lineno, node.col_offset  # type: ignore[attr-defined]

    def binding_path(self, node: ast.AST, name: str, depth: int = 0) -> str | None:
        """Return the path of what the binding `node` puts into `name`."""
        match node:
            case ast.alias():
                return self._imported(node, name)
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                return self.local_path(node)
            case ast.arg():
                return self._argument(node, depth)
            case ast.Name():
                return self._stored(node, depth)
            case ast.ExceptHandler(type=ast.expr() as kind):
                return None if isinstance(kind, ast.Tuple) else self.resolve(kind, depth)
        return None

    def local_path(self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> str:
        """Return the dotted path of a function or class of this module."""
        return f"{self.module}.{self.qualname(node)}"

    def qualname(self, node: ast.AST) -> str:
        """Return the dotted names of the functions and classes around and including `node`."""
        kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
        parts = [node.name] if isinstance(node, kinds) else []
        parts += [outer.name for outer in self.ancestors(node) if isinstance(outer, kinds)]
        return ".".join(reversed(parts))

    def _imported(self, alias: ast.alias, name: str) -> str | None:
        statement = self.parents[alias]
        if isinstance(statement, ast.Import):
            return alias.name if alias.asname else alias.name.partition(".")[0]
        if not isinstance(statement, ast.ImportFrom):
            return None
        origin = self.absolute(statement)
        return f"{origin}.{alias.name}" if origin else alias.name

    def absolute(self, statement: ast.ImportFrom) -> str:
        """Return the absolute dotted module of a `from … import`."""
        if not statement.level:
            return statement.module or ""
        parts = self.package.split(".") if self.package else []
        parts = parts[: len(parts) - statement.level + 1]
        return ".".join([*parts, statement.module] if statement.module else parts)

    def _argument(self, arg: ast.arg, depth: int) -> str | None:
        if arg.annotation is not None:
            return self.annotation(arg.annotation, depth)
        arguments = self.parents.get(arg)
        function = self.parents.get(arguments) if arguments is not None else None
        owner = self.parents.get(function) if function is not None else None
        if isinstance(owner, ast.ClassDef) and isinstance(function, FunctionNode):
            first = [*function.args.posonlyargs, *function.args.args][:1]
            static = any(isinstance(d, ast.Name) and d.id == "staticmethod" for d in function.decorator_list)
            if first == [arg] and not static:
                return self.local_path(owner)
        return None

    def annotation(self, expr: ast.expr, depth: int = 0) -> str | None:
        """Return the path of the type that an annotation names, inside Optional and Annotated."""
        match expr:
            case ast.Constant(value=str() as text):
                try:
                    inner = ast.parse(text, mode="eval").body
                except SyntaxError:
                    return None
                for child in ast.walk(inner):
                    self.parents[child] = expr
                return self.annotation(inner, depth + 1) if depth < _DEPTH else None
            case ast.BinOp(left=left, op=ast.BitOr(), right=right):
                return self.annotation(left, depth) or self.annotation(right, depth)
            case ast.Subscript(value=value, slice=inside):
                outer = self.resolve(value, depth)
                if outer not in _WRAPPERS:
                    return outer
                first = inside.elts[0] if isinstance(inside, ast.Tuple) and inside.elts else inside
                return self.annotation(first, depth)
            case ast.Name() | ast.Attribute():
                return self.resolve(expr, depth)
        return None

    def _stored(self, target: ast.Name, depth: int) -> str | None:
        parent = self.parents.get(target)
        match parent:
            case ast.Assign(value=value):
                return self.resolve(value, depth)
            case ast.AnnAssign(value=value, annotation=annotation):
                kind = self.annotation(annotation, depth)
                return (self.resolve(value, depth) if value else None) or kind
            case ast.NamedExpr(value=value):
                return self.resolve(value, depth)
            case ast.withitem(context_expr=context):
                return self.resolve(context, depth)
            case ast.Tuple() | ast.List():
                return self._unpacked(parent, target, depth)
        return None

    def _unpacked(self, targets: ast.Tuple | ast.List, target: ast.Name, depth: int) -> str | None:
        outer = self.parents.get(targets)
        if isinstance(outer, ast.Assign) and isinstance(outer.value, ast.Tuple | ast.List):
            at = targets.elts.index(target)
            if len(outer.value.elts) == len(targets.elts):
                return self.resolve(outer.value.elts[at], depth)
        return None

    def _attribute(self, expr: ast.Attribute, depth: int) -> str | None:
        base = self.resolve(expr.value, depth)
        if base is None:
            return None
        if base.startswith(self.module + "."):
            held = self.member(base[len(self.module) + 1 :], expr.attr)
            if held is not None and (path := self.resolve(held, depth)) is not None:
                return path
        return f"{base}.{expr.attr}"

    def member(self, qualname: str, name: str) -> ast.expr | None:
        """Return the value given to attribute `name` of the class `qualname` of this module."""
        if self._held is None:
            self._held = self._members()
        return self._held.get(qualname, {}).get(name)

    def _members(self) -> dict[str, dict[str, ast.expr]]:
        """Return what each class's attributes are first given, in its body or through `self`."""
        found: dict[str, dict[str, ast.expr]] = {}
        for statement in (*self.nodes.get(ast.Assign, ()), *self.nodes.get(ast.AnnAssign, ())):
            match statement:
                case (
                    ast.Assign(targets=[target], value=value)
                    | ast.AnnAssign(target=target, value=ast.expr() as value)
                ):
                    pass
                case _:
                    continue
            match target:
                case ast.Attribute(value=ast.Name(id="self" | "cls"), attr=name):
                    owner = next(
                        (node for node in self.ancestors(statement) if isinstance(node, ast.ClassDef)), None
                    )
                case ast.Name(id=name):
                    parent = self.parents.get(statement)
                    owner = parent if isinstance(parent, ast.ClassDef) else None
                case _:
                    continue
            if owner is not None:
                found.setdefault(self.qualname(owner), {}).setdefault(name, value)
        return found

    def _call(self, func: ast.expr, depth: int) -> str | None:
        path = self.resolve(func, depth)
        if isinstance(func, ast.Name):
            made_by = self.lookup(func)
            if isinstance(made_by, FunctionNode) and made_by.returns is not None:
                return self.annotation(made_by.returns, depth) or path
        return path


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
    if isinstance(node, ast.Nonlocal | ast.Global):
        scope.outer.update(node.names)


def _bind_pattern(node: ast.AST, scope: Scope) -> None:
    if isinstance(node, ast.MatchAs | ast.MatchStar) and node.name:
        scope.bind(node.name, node)


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
}
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
