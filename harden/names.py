"""The dotted path that an expression of a module stands for."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterator
from copy import copy
from functools import cached_property
from typing import Protocol

from harden import syntax
from harden.returns import (
    CALLED_LATER,
    FIELDS,
    HANDED_ON,
    ITERATORS,
    MANAGERS,
    PROPERTIES,
    TRANSPARENT,
    UNTOLD,
    given_by,
)
from harden.tree import INLINE, FunctionNode, Scope, Tree

CALLED = "()"
"""Marks within the engine that something of the project is called; no path that leaves it has one."""
ENTERED = ".__enter__()"
"""Marks that it is entered by `with`."""

_BUILTINS = frozenset(dir(builtins))
_WRAPPERS = frozenset(
    {"typing.Optional", "typing.Union", "typing.Annotated", "typing_extensions.Annotated"}
    | {"typing.ClassVar", "typing.Final"}
)
_HANDING_ON = HANDED_ON | CALLED_LATER | {"builtins.getattr"}
_DEPTH = 60
"""Longest chain of names that is followed; real code stays far below."""


class World(Protocol):
    """What names need to know of the project around their module."""

    def canonical(self, path: str) -> str:
        """Follow a dotted path through the project's own modules to what it stands for."""

    def located(self, module: str, importer: str) -> str:
        """Return the project's own name of a module that the file `importer` imports."""

    def defines(self, module: str, name: str) -> bool | None:
        """Tell whether a module of the project defines a name; None for other modules."""

    def owns(self, path: str) -> bool:
        """Tell whether a dotted path begins with one of the project's own modules."""


class Names(Tree):
    """What the names of a module stand for, in the project around it."""

    def __init__(self, tree: ast.Module, path: str, module: str, package: str, world: World) -> None:
        super().__init__(tree)
        self.path = path
        self.module = module
        self.package = package
        self._world = world
        self._paths: dict[ast.expr, str | None] = {}
        self._resolved: dict[ast.expr, str | None] = {}
        self._returned: dict[FunctionNode, str | None] = {}

    def within(self, world: World) -> Names:
        """Return the same names in a project whose other files say something else."""
        other = copy(self)
        other._world, other._paths, other._resolved, other._returned = world, {}, {}, {}
        return other

    def resolve(self, expr: ast.expr) -> str | None:
        """Return the dotted path that `expr` stands for, or None.

        A call stands for what it calls (`requests.Session().get` is `requests.Session.get`),
        a subscript appends `[]`, a literal is its builtin type.
        """
        if expr not in self._resolved:
            self._resolved[expr] = self._final(self.local(expr))
        return self._resolved[expr]

    def _final(self, path: str | None) -> str | None:
        return None if path is None else self._world.canonical(path)

    def local(self, expr: ast.expr, depth: int = 0) -> str | None:
        """Return the path of `expr` as this module alone tells it, not followed into others."""
        if expr in self._paths:
            return self._paths[expr]
        if depth > _DEPTH:
            return None
        self._paths[expr] = None  # a cycle resolves to nothing
        path = self._paths[expr] = self._resolve(expr, depth + 1)
        return path

    def _resolve(self, expr: ast.expr, depth: int) -> str | None:
        match expr:
            case ast.Name():
                return self._name(expr, depth)
            case ast.Attribute():
                return self._attribute(expr, depth)
            case ast.Call():
                return self._call(expr, depth)
            case ast.Await(value=value) | ast.NamedExpr(value=value):
                return self.local(value, depth)
            case ast.Subscript(value=value):
                base = self.local(value, depth)
                if base in _WRAPPERS:  # an alias such as `SessionDep = Annotated[Session, Depends(...)]`
                    return self._annotation(expr, depth)
                return f"{base}[]" if base else None
            case ast.BoolOp(values=values):
                return next(filter(None, (self.local(value, depth) for value in values)), None)
            case ast.IfExp(body=body, orelse=orelse):
                return self.local(body, depth) or self.local(orelse, depth)
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
        bound, use = self.bindings(expr)
        if not bound:
            return self._starred(expr.id) or (f"builtins.{expr.id}" if expr.id in _BUILTINS else None)
        path = self._bound_path(self._chosen(bound, use, with_value=True), expr.id, depth)
        if path is not None or len(bound) == 1:
            return path
        declared = (parent for node in bound if isinstance(parent := self.parents.get(node), ast.AnnAssign))
        return next((self._annotation(parent.annotation, depth) for parent in declared), None)

    def lookup(self, expr: ast.Name) -> ast.AST | None:
        """Return the node that gave `expr` its value: the last one before it in its own scope."""
        bound, use = self.bindings(expr)
        return self._chosen(bound, use) if bound else None

    def bindings(self, expr: ast.Name) -> tuple[list[ast.AST], ast.Name | None]:
        """Return all bindings of a name in the scope that holds it, and `expr` if that scope runs with it."""
        scope: Scope | None = self.scope(expr)
        use: ast.Name | None = expr
        is_first = True
        while scope is not None:
            bound = scope.bindings.get(expr.id)
            if bound and (is_first or not isinstance(scope.node, ast.ClassDef)):
                return bound, use
            if not isinstance(scope.node, INLINE):
                use = None
            is_first = False
            scope = scope.root if expr.id in scope.shared else scope.parent
        return [], None

    def _chosen(self, bound: list[ast.AST], use: ast.Name | None, *, with_value: bool = False) -> ast.AST:
        """Return the binding that holds at `use`, or at the end; with a value: the last that is not None."""
        if len(bound) == 1:
            return bound[0]
        here = (use.lineno, use.col_offset) if use is not None else None
        for node in reversed(bound):
            if (here is None or self._bound_from(node) <= here) and not (with_value and self._is_none(node)):
                return node
        return self._chosen(bound, None, with_value=True) if with_value and here else bound[-1]

    def _is_none(self, node: ast.AST) -> bool:
        """Tell whether a binding only says `x = None`: nothing is ever called on that."""
        parent = self.parents.get(node)
        return isinstance(parent, ast.Assign | ast.AnnAssign) and _is_none(parent.value)

    def _starred(self, name: str) -> str | None:
        """Return where a name comes from that only `from ... import *` can have brought."""
        known = {origin: self._world.defines(origin, name) for origin in self.stars}
        own = next((origin for origin, is_known in known.items() if is_known), None)
        others = [origin for origin, is_known in known.items() if is_known is None]
        origin = own or (others[0] if len(others) == 1 and name not in _BUILTINS else None)
        return f"{origin}.{name}" if origin else None

    @cached_property
    def going_through_super(self) -> frozenset[ast.AST]:
        """Return the classes that anywhere take more than a special method from `super()`."""
        calls = (node for node in self.nodes.get(ast.Call, ()) if isinstance(node, ast.Call))
        taken = (
            self.parents.get(call)
            for call in calls
            if isinstance(call.func, ast.Name) and call.func.id == "super"
        )
        return frozenset(
            outer
            for taker in taken
            if isinstance(taker, ast.Attribute) and not taker.attr.startswith("__")
            for outer in self.ancestors(taker)
            if isinstance(outer, ast.ClassDef)
        )

    @cached_property
    def stars(self) -> tuple[str, ...]:
        """Return the modules that the top level takes everything from."""
        statements = [self.parents[alias] for alias in self.scopes[self.tree].bindings.get("*", ())]
        return tuple(self.absolute(node) for node in statements if isinstance(node, ast.ImportFrom))

    def _bound_from(self, node: ast.AST) -> tuple[int, int]:
        """Return where a binding begins to hold: the right side of `x = f(x)` still reads the old value."""
        holder = node
        while isinstance(holder, ast.Name | ast.Tuple | ast.List | ast.Starred):
            holder = self.parents[holder]
        if isinstance(holder, ast.Assign | ast.AnnAssign | ast.AugAssign):
            return holder.end_lineno or holder.lineno, holder.end_col_offset or 0
        return node.lineno, node.col_offset  # type: ignore[attr-defined]

    def binding_path(self, node: ast.AST, name: str) -> str | None:
        """Return the path of what the binding `node` puts into `name`."""
        return self._final(self._bound_path(node, name))

    def exported_path(self, alias: ast.alias) -> str | None:
        """Return where the module itself says that an import comes from."""
        return self._imported(alias, alias.asname or alias.name.partition(".")[0])

    def exported(self, name: str) -> str | None:
        """Return what a top-level name stands for when the module has run, not followed into others."""
        bound = self.scopes[self.tree].bindings[name]
        chosen = self._chosen(bound, None, with_value=True)
        return self._bound_path(chosen, name) or self._bound_path(bound[0], name)

    def _bound_path(self, node: ast.AST, name: str, depth: int = 0) -> str | None:
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
                return None if isinstance(kind, ast.Tuple) else self.local(kind, depth)
        return None

    def local_path(self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> str:
        """Return the dotted path of a function or class of this module."""
        return f"{self.module}.{self.qualname(node)}"

    def _imported(self, alias: ast.alias, name: str) -> str | None:
        statement = self.parents[alias]
        if isinstance(statement, ast.Import):
            module = alias.name if alias.asname else alias.name.partition(".")[0]
            return self._world.located(module, self.path)
        if not isinstance(statement, ast.ImportFrom):
            return None
        origin = self.absolute(statement)
        return f"{origin}.{alias.name}" if origin else alias.name

    def absolute(self, statement: ast.ImportFrom) -> str:
        """Return the absolute dotted module of a `from … import`, the project's own as it names them."""
        if not statement.level:
            return self._world.located(statement.module or "", self.path)
        parts = self.package.split(".") if self.package else []
        parts = parts[: max(0, len(parts) - statement.level + 1)]
        return ".".join([*parts, statement.module] if statement.module else parts)

    def _argument(self, arg: ast.arg, depth: int) -> str | None:
        arguments = self.parents.get(arg)
        if isinstance(arguments, ast.arguments) and arg in (arguments.vararg, arguments.kwarg):
            return "builtins.tuple" if arg is arguments.vararg else "builtins.dict"
        if arg.annotation is not None:
            kind = self._annotation(arg.annotation, depth)
            return self._default(arg, depth) if kind is None or kind in UNTOLD else kind
        function = self.parents.get(arguments) if arguments is not None else None
        owner = self.parents.get(function) if function is not None else None
        if isinstance(owner, ast.ClassDef) and isinstance(function, FunctionNode):
            first = [*function.args.posonlyargs, *function.args.args][:1]
            static = any(isinstance(d, ast.Name) and d.id == "staticmethod" for d in function.decorator_list)
            if first == [arg] and not static:
                return self.local_path(owner) + ("" if arg.arg in ("cls", "mcs") else CALLED)
        return self._default(arg, depth)

    def _default(self, arg: ast.arg, depth: int) -> str | None:
        """Return what a parameter is given where the caller leaves it out; a constant tells nothing."""
        arguments = self.parents.get(arg)
        if not isinstance(arguments, ast.arguments):
            return None
        plain = [*arguments.posonlyargs, *arguments.args]
        with_default = plain[len(plain) - len(arguments.defaults) :] + arguments.kwonlyargs
        defaults = [*arguments.defaults, *arguments.kw_defaults]
        value = next((value for own, value in zip(with_default, defaults, strict=True) if own is arg), None)
        path = self.local(value, depth) if isinstance(value, ast.Call | ast.Name | ast.Attribute) else None
        return None if path is None or path.startswith("builtins.") else path

    def annotation(self, expr: ast.expr) -> str | None:
        """Return the path of the type that an annotation names, inside Optional and Annotated."""
        return self._final(self._annotation(expr))

    def _annotation(self, expr: ast.expr, depth: int = 0) -> str | None:
        match expr:
            case ast.Constant(value=str() as text):
                inner = syntax.annotation(text)
                if inner is None or depth > _DEPTH:
                    return None
                for child in ast.walk(inner):
                    self.parents[child] = expr
                return self._annotation(inner, depth + 1)
            case ast.BinOp(left=left, op=ast.BitOr(), right=right):
                return self._annotation(left, depth) or self._annotation(right, depth)
            case ast.Subscript(value=value, slice=inside):
                outer = self.local(value, depth)
                if outer not in _WRAPPERS:
                    return outer
                kinds = inside.elts if isinstance(inside, ast.Tuple) else [inside]
                wanted = kinds if outer == "typing.Union" else kinds[:1]
                return next(filter(None, (self._annotation(kind, depth) for kind in wanted)), None)
            case ast.Name() | ast.Attribute():
                return self.local(expr, depth)
        return None

    def _stored(self, target: ast.Name, depth: int) -> str | None:
        parent = self.parents.get(target)
        match parent:
            case ast.Assign(value=value):
                return self.local(value, depth)
            case ast.AnnAssign(value=value, annotation=annotation):
                kind = self._annotation(annotation, depth)
                return (self.local(value, depth) if value else None) or kind
            case ast.NamedExpr(value=value):
                return self.local(value, depth)
            case ast.withitem(context_expr=context):
                path = self.local(context, depth)
                return path + ENTERED if path and path.endswith(CALLED) else path
            case ast.Tuple() | ast.List():
                return self._unpacked(parent, target, depth)
            case ast.For(iter=ast.Tuple(elts=items) | ast.List(elts=items)):
                paths = {self.local(item, depth) for item in items}
                return paths.pop() if len(paths) == 1 else None
        return None

    def _unpacked(self, targets: ast.Tuple | ast.List, target: ast.Name, depth: int) -> str | None:
        outer = self.parents.get(targets)
        if isinstance(outer, ast.Assign) and isinstance(outer.value, ast.Tuple | ast.List):
            at = targets.elts.index(target)
            if len(outer.value.elts) == len(targets.elts):
                return self.local(outer.value.elts[at], depth)
        return None

    def _attribute(self, expr: ast.Attribute, depth: int) -> str | None:
        base = self.local(expr.value, depth)
        if base is None:
            return None
        if base.startswith(self.module + "."):
            held = self.held_path(base[len(self.module) + 1 :].removesuffix(CALLED), expr.attr, depth)
            if held is not None:
                return held
        return f"{base}.{expr.attr}"

    def member(self, qualname: str, name: str) -> ast.expr | None:
        """Return the value given to attribute `name` of the class `qualname` of this module."""
        return self._held.get(qualname, {}).get(name)

    def held_path(self, qualname: str, name: str, depth: int = 0) -> str | None:
        """Return the path of what an attribute of a class holds, not followed into other modules."""
        held = self.member(qualname, name)
        path = self.local(held, depth) if held is not None else None
        if path is not None and path not in FIELDS:
            return path
        declared = self._declared.get(qualname, {}).get(name)
        return (self._annotation(declared, depth) if declared is not None else None) or path

    def holds(self, qualname: str, name: str) -> bool:
        """Tell whether a class of this module gives or declares the attribute `name` itself."""
        return name in self._held.get(qualname, {}) or name in self._declared.get(qualname, {})

    @cached_property
    def _held(self) -> dict[str, dict[str, ast.expr]]:
        """Return what each class's attributes are first given, in its body or through `self`."""
        found: dict[str, dict[str, ast.expr]] = {}
        for statement in (*self.nodes.get(ast.Assign, ()), *self.nodes.get(ast.AnnAssign, ())):
            for target, value in _given_values(statement):
                owner, name = self._attribute_of(target, statement)
                held = found.setdefault(owner, {}) if owner else {}
                if name not in held or _is_none(held[name]):
                    held[name] = value
        return found

    @cached_property
    def _declared(self) -> dict[str, dict[str, ast.expr]]:
        """Return the annotations of each class's attributes."""
        found: dict[str, dict[str, ast.expr]] = {}
        for statement in self.nodes.get(ast.AnnAssign, ()):
            if isinstance(statement, ast.AnnAssign):
                owner, name = self._attribute_of(statement.target, statement)
                if owner:
                    found.setdefault(owner, {}).setdefault(name, statement.annotation)
        return found

    def _attribute_of(self, target: ast.expr, statement: ast.AST) -> tuple[str, str]:
        """Return the class and name of the attribute that a statement gives a value, or empty strings."""
        match target:
            case ast.Attribute(value=ast.Name(id="self" | "cls"), attr=name):
                owner = next((n for n in self.ancestors(statement) if isinstance(n, ast.ClassDef)), None)
            case ast.Name(id=name):
                parent = self.parents.get(statement)
                owner = parent if isinstance(parent, ast.ClassDef) else None
            case _:
                return "", ""
        return (self.qualname(owner), name) if owner is not None else ("", "")

    def _call(self, call: ast.Call, depth: int) -> str | None:
        path = self.local(call.func, depth)
        if path is None:
            return None
        if call.args and path in _HANDING_ON:
            return self._handed_on(call, path, depth)
        if isinstance(call.func, ast.Name):
            made_by = self.lookup(call.func)
            if isinstance(made_by, FunctionNode) and (given := self.returned(made_by)) is not None:
                return given
        return self._called(path)

    def _called(self, path: str) -> str:
        return path + CALLED if self._world.owns(path) else path

    def _handed_on(self, call: ast.Call, path: str, depth: int) -> str | None:
        """Return the path of a call that gives back its argument, or what that returns when it is called."""
        given = self.local(call.args[-1 if path.endswith(".cast") else 0], depth)
        if path.endswith(".cast"):
            return self._annotation(call.args[0], depth) or given
        if path in CALLED_LATER:
            return self._called(given) if given else path
        if path == "builtins.getattr":
            name = call.args[1] if len(call.args) > 1 else None
            named = isinstance(name, ast.Constant) and isinstance(name.value, str)
            return f"{given}.{name.value}" if given and named else path  # type: ignore[union-attr]
        return given or path

    def returned(self, function: FunctionNode) -> str | None:
        """Return the path of what a call of a function of this module gives, not followed into others."""
        if function not in self._returned:
            self._returned[function] = None  # a function that returns what it returns itself
            self._returned[function] = self._given(function)
        return self._returned[function]

    def _given(self, function: FunctionNode) -> str | None:
        kind = self._declared_return(function)
        if kind is not None and kind not in UNTOLD:
            return kind
        if any(self.local(decorator) not in TRANSPARENT for decorator in function.decorator_list):
            return None
        itself = self.local_path(function) + CALLED
        paths = {path for expr in given_by(function)[0] if (path := self.local(expr)) != itself}
        return paths.pop() if len(paths) == 1 else None

    def _declared_return(self, function: FunctionNode) -> str | None:
        declared = function.returns
        if isinstance(declared, ast.Subscript):
            outer = self.local(declared.value)
            if outer in MANAGERS or (outer in ITERATORS and self.yields(function)):
                inside = declared.slice
                return self._annotation(inside.elts[0] if isinstance(inside, ast.Tuple) else inside)
        kind = self._annotation(declared) if declared is not None else None
        if kind in ("typing.Self", "typing_extensions.Self"):
            owner = self.parents.get(function)
            return self.local_path(owner) + CALLED if isinstance(owner, ast.ClassDef) else None
        return kind

    def yields(self, function: FunctionNode) -> bool:
        """Tell whether a function is a generator."""
        return given_by(function)[1]

    def is_property(self, function: FunctionNode) -> bool:
        """Tell whether a method is read like an attribute."""
        return any(self.local(decorator) in PROPERTIES for decorator in function.decorator_list)


def _given_values(statement: ast.AST) -> Iterator[tuple[ast.expr, ast.expr]]:
    """Yield each target of an assignment with its value, tuples taken apart."""
    match statement:
        case ast.AnnAssign(target=target, value=ast.expr() as value):
            yield target, value
        case ast.Assign(targets=targets, value=value):
            for given in targets:
                if not isinstance(given, ast.Tuple | ast.List):
                    yield given, value
                elif isinstance(value, ast.Tuple | ast.List) and len(value.elts) == len(given.elts):
                    yield from zip(given.elts, value.elts, strict=True)


def _is_none(expr: ast.expr | None) -> bool:
    return isinstance(expr, ast.Constant) and expr.value is None
