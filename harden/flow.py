"""What a name or an attribute holds where it is used: every value that may have got there."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum
from functools import cached_property
from typing import TYPE_CHECKING

from harden.errors import UnreadableSource
from harden.order import reaching
from harden.tree import FunctionNode, own_nodes

if TYPE_CHECKING:
    from harden.module import Module

_FAR = 12
"""Names that are followed from one module to the next."""
_CHANGES = frozenset({"append", "extend", "insert", "update", "setdefault", "add", "pop", "remove", "clear"})
_FIELDS = ("pydantic.", "pydantic_settings.", "typing.NamedTuple", "sqlmodel.", "msgspec.")


class How(Enum):
    """What a binding makes of the expression that it takes its value from."""

    GIVEN = "the value itself"
    ADDED = "joined to what was there"
    ITEM = "one of its items"
    ENTERED = "what a with block gives"
    PARAMETER = "what the caller passes"
    OTHER = "not in sight"


@dataclass(frozen=True, slots=True)
class Value:
    """One value that may have got to a name: where it was bound, and the expression it was taken from."""

    module: Module
    node: ast.AST
    how: How
    expr: ast.expr | None = None


class Flow:
    """The values of a module's names, worked out when they are asked for."""

    def __init__(self, module: Module) -> None:
        self.module = module
        self.names = module.names
        self._values: dict[ast.expr, tuple[Value, ...]] = {}

    def values(self, expr: ast.expr) -> tuple[Value, ...]:
        """Return every value that a name or attribute may hold here; none where it is not the project's."""
        known = self._values.get(expr)
        if known is None:
            self._values[expr] = ()  # a circle of names holds nothing
            known = self._values[expr] = tuple(self._found(expr))
        return known

    def only(self, expr: ast.expr) -> Value | None:
        """Return the one value that an expression can have: its own, or that of the name it is."""
        if not isinstance(expr, ast.Name | ast.Attribute):
            return Value(self.module, expr, How.GIVEN, expr)
        found = self.values(expr)
        if len(found) != 1 or found[0].how is not How.GIVEN or found[0].expr is None:
            return None
        return found[0].module.flow.only(found[0].expr)

    @cached_property
    def changed(self) -> frozenset[str]:
        """Return the names of lists and dicts that the module adds to, or takes from."""
        found: set[str] = set()
        for kind in (ast.Attribute, ast.Subscript):
            for node in self.names.nodes.get(kind, ()):
                match node:
                    case ast.Attribute(value=ast.Name(id=name) | ast.Attribute(attr=name), attr=attr):
                        if attr in _CHANGES and isinstance(self.names.parents.get(node), ast.Call):
                            found.add(name)
                    case ast.Subscript(value=ast.Name(id=name) | ast.Attribute(attr=name), ctx=context):
                        if not isinstance(context, ast.Load):
                            found.add(name)
        return frozenset(found)

    def _found(self, expr: ast.expr) -> Iterator[Value]:
        if isinstance(expr, ast.Name):
            yield from self._followed(self._of_name(expr))
        elif isinstance(expr, ast.Attribute):
            yield from self._of_attribute(expr)

    def _of_name(self, name: ast.Name) -> list[Value]:
        bound, use = self.names.bindings(name)
        if not bound:
            return self.at(path) if (path := self.names.local(name)) else []
        chosen = reaching(self.names, bound, use) if len(bound) > 1 else bound
        return [value for node in chosen if (value := self._value(node)) is not None]

    def ending(self, name: str) -> list[Value]:
        """Return what a top-level name may hold when the module has run."""
        bound = self.names.scopes[self.names.tree].bindings.get(name, [])
        chosen = reaching(self.names, bound, None) if len(bound) > 1 else bound
        return [value for node in chosen if (value := self._value(node)) is not None]

    def _followed(self, values: Iterable[Value], depth: int = 0) -> Iterator[Value]:
        """Yield values with imports replaced by what they bring from the project's own modules."""
        for value in values:
            if not isinstance(value.node, ast.alias):
                yield value
                continue
            names = value.module.names
            path = names.exported_path(value.node)
            brought = value.module.flow.at(path, depth + 1) if path else []
            yield from brought or [value]

    def at(self, path: str, depth: int = 0) -> list[Value]:
        """Return what a dotted path of the project may hold: `app.config.LIMIT`, `app.config.Base.limit`."""
        module, rest = self._split(path.replace("()", ""))
        if depth > _FAR or module is None or not rest:
            return []
        head, _, tail = rest.partition(".")
        held = list(module.flow._followed(module.flow.ending(head), depth))
        if not held:
            stars = (f"{star}.{rest}" for star in module.names.stars)
            return next(filter(None, (self.at(star, depth + 1) for star in stars)), [])
        if not tail:
            return held
        return [found for value in held for found in value.module.flow._within(value, tail, depth)]

    def _within(self, value: Value, tail: str, depth: int) -> list[Value]:
        """Return what an attribute of a value may hold, where the value is a class or an object of one."""
        if isinstance(value.node, ast.ClassDef):
            return self.members(self.names.local_path(value.node), tail)
        path = self.names.local(value.expr) if value.expr is not None and value.how is How.GIVEN else None
        return self.at(f"{path}.{tail}", depth + 1) if path else []

    def _split(self, path: str) -> tuple[Module | None, str]:
        """Return the module that a dotted path leads into, and what of it the path names."""
        project = self.module.project
        above, _, last = path.rpartition(".")
        home, inside = project.split(above) if project.owns(path) else ("", "")
        file = project.names.get(home)
        rest = f"{inside}.{last}" if inside else last
        if file is None or file == self.module.path:
            return (self.module if file else None), rest
        try:
            return project.module(file), rest
        except UnreadableSource:
            return None, path

    def _of_attribute(self, expr: ast.Attribute) -> list[Value]:
        base = self.names.local(expr.value)
        if base is None:
            return []
        owner = self.module.project.canonical(base)
        return self.members(owner, expr.attr) or self.at(f"{base}.{expr.attr}")

    def members(self, path: str, name: str) -> list[Value]:
        """Return what an attribute of a class of the project may hold, its own or else of a base class."""
        if not self.module.project.owns(path):
            return []
        for kind in self.module.project.ancestry((path,)):
            found = self.module.project.class_of(kind)
            if found is None:
                continue
            module, node = found
            if held := module.flow._held.get(module.qualname(node), {}).get(name):
                return held
        return []

    @cached_property
    def _held(self) -> dict[str, dict[str, list[Value]]]:
        """Return what each class gives its attributes, in its body or through `self`."""
        found: dict[str, dict[str, list[Value]]] = {}
        nodes = self.names.nodes
        statements = (n for kind in (ast.Assign, ast.AnnAssign, ast.AugAssign) for n in nodes.get(kind, ()))
        for statement in statements:
            for target in _targets(statement):
                owner = self._owner(target, statement)
                name = str(getattr(target, "attr", "") or getattr(target, "id", ""))
                value = self._value(target) if owner is not None else None
                if owner is not None and value is not None:
                    held = found.setdefault(self.names.qualname(owner), {}).setdefault(name, [])
                    held.append(value)
                    if isinstance(statement, ast.AnnAssign) and self._is_field(owner, statement):
                        held.append(Value(self.module, statement, How.OTHER))
        return found

    def _owner(self, target: ast.expr, statement: ast.AST) -> ast.ClassDef | None:
        match target:
            case ast.Attribute(value=ast.Name(id="self" | "cls")):
                return next((n for n in self.names.ancestors(statement) if isinstance(n, ast.ClassDef)), None)
            case ast.Name():
                parent = self.names.parents.get(statement)
                return parent if isinstance(parent, ast.ClassDef) else None
        return None

    def _is_field(self, owner: ast.ClassDef, statement: ast.AnnAssign) -> bool:
        """Tell whether a class's annotated attribute is only a default of what its objects are made with."""
        name = statement.target.id if isinstance(statement.target, ast.Name) else "_"
        if self.names.parents.get(statement) is not owner or name.startswith("_"):
            return False
        made = any("dataclass" in ast.unparse(decorator) for decorator in owner.decorator_list)
        return made or any(base.startswith(_FIELDS) for base in self.module.bases(owner))

    def _value(self, node: ast.AST) -> Value | None:
        """Return what a binding gives its name; None where it only declares it."""
        parent = self.names.parents.get(node)
        match node, parent:
            case ast.arg(), _:
                return Value(self.module, node, How.PARAMETER)
            case ast.Name() | ast.Attribute(), ast.Assign(value=value) | ast.NamedExpr(value=value):
                return Value(self.module, node, How.GIVEN, value)
            case ast.Name() | ast.Attribute(), ast.AnnAssign(value=given):
                return Value(self.module, node, How.GIVEN, given) if given is not None else None
            case ast.Name() | ast.Attribute(), ast.AugAssign(value=value):
                return Value(self.module, node, How.ADDED, value)
            case ast.Name() | ast.Attribute(), ast.Tuple() | ast.List() | ast.Starred():
                return self._unpacked(node)
            case ast.Name(), ast.For(iter=source) | ast.AsyncFor(iter=source) | ast.comprehension(
                iter=source
            ):
                return Value(self.module, node, How.ITEM, source)
            case ast.Name(), ast.withitem(context_expr=context):
                return Value(self.module, node, How.ENTERED, context)
            case ast.MatchAs() | ast.MatchStar() | ast.MatchMapping(), _:
                around = self.names.ancestors(node)
                subject = next((outer.subject for outer in around if isinstance(outer, ast.Match)), None)
                return Value(self.module, node, How.ITEM, subject)
        return Value(self.module, node, How.OTHER)

    def _unpacked(self, node: ast.AST) -> Value:
        """Return what unpacking gives a name: an item of a tuple that is written out, else some item."""
        child, parent = node, self.names.parents.get(node)
        way: list[int] = []
        while isinstance(parent, ast.Tuple | ast.List | ast.Starred):
            if not isinstance(parent, ast.Starred):
                way.append(next(at for at, item in enumerate(parent.elts) if item is child))
            child, parent = parent, self.names.parents.get(parent)
        source = _source(parent)
        exact = bool(way) and isinstance(parent, ast.Assign)
        for index in reversed(way):
            sides = _elements(source), _elements(child)
            exact = exact and bool(sides[0]) and len(sides[0]) == len(sides[1])
            if exact:
                source, child = sides[0][index], sides[1][index]
        return Value(self.module, node, How.GIVEN if exact else How.ITEM, source)


def _elements(node: ast.AST | None) -> list[ast.expr]:
    """Return the elements of a tuple or list that is written out without stars."""
    elements = node.elts if isinstance(node, ast.Tuple | ast.List) else []
    return [] if any(isinstance(item, ast.Starred) for item in elements) else elements


def _source(statement: ast.AST | None) -> ast.expr | None:
    match statement:
        case ast.Assign(value=value) | ast.NamedExpr(value=value):
            return value
        case ast.For(iter=source) | ast.AsyncFor(iter=source) | ast.comprehension(iter=source):
            return source
        case ast.withitem(context_expr=context):
            return context
    return None


def _targets(statement: ast.AST) -> Iterator[ast.expr]:
    targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]  # type: ignore[attr-defined]
    for target in targets:
        if isinstance(target, ast.Tuple | ast.List):
            yield from target.elts
        else:
            yield target


def returned(function: FunctionNode) -> list[ast.expr]:
    """Return the values that a function returns."""
    nodes = own_nodes(function)
    return [node.value for node in nodes if isinstance(node, ast.Return) and node.value is not None]
