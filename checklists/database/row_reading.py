"""What code reads of the rows of a query: relations that cost a query for each row, wherever it happens."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import replace

from harden.calls import few_callers, is_generator
from harden.checklists.database.loaded import Path, chain_loads
from harden.checklists.database.managers import returned_by
from harden.checklists.database.related import is_property, member_of, way_of
from harden.checklists.database.row_calls import passed
from harden.checklists.database.row_held import Apart, Held, Kind
from harden.checklists.database.row_notes import Notes
from harden.checklists.database.row_shown import answered, in_context, viewed
from harden.checklists.database.row_steps import (
    KEEPS,
    NARROWS,
    ONE,
    PAGES,
    is_few,
    is_few_slice,
    items_of,
)
from harden.model_facts import Orm
from harden.module import Module
from harden.roles import Role
from harden.tree import FunctionNode

_LONGEST = 3
"""Relations one after the other."""
_DEEPEST = 6
"""Functions that are entered one inside the other."""
_CHANGES = frozenset(
    {"append", "remove", "add", "set", "create", "clear", "extend", "add_all", "bulk_create"}
)
_WRITES = frozenset({"save", "delete", "clean", "full_clean", "asave", "adelete", "refresh_from_db"})
"""Methods that ask the database for this row anyway."""
_QUERIES = ("dynamic", "write_only")


class Reading(Notes):
    """One query, and all that is read of its rows."""

    def __init__(self, module: Module, orm: Orm, loaded: frozenset[Path]) -> None:
        super().__init__(module, orm, loaded)
        self._home: FunctionNode | None = None
        self._entered: list[tuple[FunctionNode, Module, ast.expr]] = []

    def start(self, expr: ast.expr, held: Held) -> None:
        """Follow a query from the expression that it begins with."""
        self.begin, self._home = expr, self.module.function(expr)
        self.follow(self.module, expr, held)

    # Where the value of an expression goes

    def follow(self, module: Module, expr: ast.expr, held: Held) -> None:
        """Follow what an expression holds to every place where it is read."""
        if not self.is_new(expr, held):
            return
        parent = module.parents.get(expr)
        match parent:
            case ast.Attribute():
                self._attribute(module, parent, held)
            case ast.Subscript(value=value, slice=inside) if value is expr:
                self._subscript(module, parent, inside, held)
            case ast.For() | ast.AsyncFor() | ast.comprehension() if parent.iter is expr:
                self._looped(module, parent.target, expr, held)
            case ast.Assign(targets=targets):
                self._assigned(module, parent, targets, held)
            case ast.AnnAssign(target=target):
                self._assigned(module, parent, [target], held)
            case ast.NamedExpr(target=target):
                self.bound(module, target, held)
                self.follow(module, parent, held)
            case ast.Await() | ast.Starred() | ast.BoolOp() | ast.YieldFrom():
                self.follow(module, parent, held)
            case ast.IfExp(test=test) if test is not expr:
                self.follow(module, parent, held)
            case ast.Call(func=func) if func is not expr:
                passed(self, module, parent, expr, held)
            case ast.keyword() if isinstance(call := module.parents.get(parent), ast.Call):
                passed(self, module, call, expr, held)
            case ast.Dict():
                self._in_dict(module, parent, expr, held)
            case ast.ListComp() | ast.GeneratorExp() if held.kind is Kind.ROW:
                self.follow(module, parent, replace(held, kind=Kind.ROWS, each=False, few=not held.each))
            case ast.Return():
                self._returned(module, parent, held)
            case ast.FormattedValue() if held.kind is Kind.ROW:
                self.member(None, None, held, "__str__")

    def _looped(self, module: Module, target: ast.expr, source: ast.expr, held: Held) -> None:
        """Follow the rows that a loop goes through."""
        if held.kind is Kind.TUPLES and isinstance(target, ast.Name):
            for use in self._uses(module, target):
                self._first_of(module, use, held)
        elif held.kind is Kind.TUPLES and isinstance(target, ast.Tuple) and len(target.elts) == 1:
            self.bound(module, target.elts[0], held.row)
        elif held.kind is Kind.ROWS:
            for item in items_of(target, source):
                self.bound(module, item, held.row)

    def _first_of(self, module: Module, use: ast.Name, held: Held) -> None:
        """Follow `row[0]` and `row.Post` of a tuple with one row in it."""
        parent = module.parents.get(use)
        match parent:
            case ast.Subscript(slice=ast.Constant(value=0)):
                self.follow(module, parent, held.row)
            case ast.Attribute(attr=name) if held.model is not None and name == held.model.name:
                self.follow(module, parent, held.row)

    def _assigned(self, module: Module, statement: ast.stmt, targets: list[ast.expr], held: Held) -> None:
        owner = module.parents.get(statement)
        for target in targets:
            if isinstance(owner, ast.ClassDef):
                if isinstance(target, ast.Name) and target.id == "queryset":
                    viewed(self, module, owner, held)
            elif isinstance(target, ast.Subscript):
                if (key := module.string(target.slice)) is not None:
                    in_context(self, module, target.value, key, held)
            else:
                self.bound(module, target, held)

    def bound(self, module: Module, target: ast.AST, held: Held) -> None:
        """Follow every use of a name that a binding may reach."""
        for use in self._uses(module, target):
            self.follow(module, use, held)

    def _uses(self, module: Module, bound: ast.AST) -> Iterator[ast.Name]:
        name = bound.id if isinstance(bound, ast.Name) else getattr(bound, "arg", "")
        for use in module.nodes(ast.Name) if name else ():
            if use.id != name or not isinstance(use.ctx, ast.Load):
                continue
            if any(value.node is bound for value in module.flow.values(use)):
                yield use

    def enter(
        self,
        module: Module,
        function: FunctionNode | ast.Lambda,
        parameter: str,
        held: Held,
        site: tuple[Module, ast.expr] | None,
    ) -> None:
        """Follow what a parameter of a function is given; what it returns comes out where it was called."""
        arguments = function.args
        known = (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)
        given = next((arg for arg in known if arg.arg == parameter), None)
        if given is None or len(self._entered) > _DEEPEST:
            return
        if site is None or isinstance(function, ast.Lambda):
            self.bound(module, given, held)
            return
        self._entered.append((function, *site))
        self.bound(module, given, held)
        self._entered.pop()

    def _in_dict(self, module: Module, holder: ast.Dict, expr: ast.expr, held: Held) -> None:
        for key, value in zip(holder.keys, holder.values, strict=True):
            if value is expr and key is not None and (name := module.string(key)) is not None:
                in_context(self, module, holder, name, held)

    def _returned(self, module: Module, statement: ast.Return, held: Held) -> None:
        """Follow what a function returns: to its caller, or into the answer that is made of it."""
        function = module.function(statement)
        for known, other, site in reversed(self._entered):
            if known is function:
                self.follow(other, site, held)
                return
        if function is None:
            return
        if module.role(function) is Role.HANDLER:
            answered(self, module, function, statement, held)
        elif not self._entered and not is_generator(module, function):
            for other, call in few_callers(module, function):
                self.follow(other, call, held)

    # What is read

    def _attribute(self, module: Module, node: ast.Attribute, held: Held) -> None:
        outer = module.parents.get(node)
        call = outer if isinstance(outer, ast.Call) and outer.func is node else None
        if held.kind is Kind.ROW:
            if isinstance(node.ctx, ast.Load):
                self._read_in_code(module, node, call, held)
        elif call is not None:
            self._stepped(module, node, call, held)
        elif node.attr in ("items", "object_list"):
            self.follow(module, node, held)

    def _read_in_code(self, module: Module, node: ast.Attribute, call: ast.Call | None, held: Held) -> None:
        outer = module.parents.get(node)
        if isinstance(outer, ast.Attribute) and outer.attr in _CHANGES:
            return
        place = f"{module.path}:{node.lineno} reads {ast.unparse(node)}"
        own = node if module is self.module else None
        inner = self.read(held, node.attr, place, own)
        if inner is None:
            self.member(module, call or node, held, node.attr)
            return
        is_home = module is self.module and module.function(node) is self._home
        if inner.kind is Kind.MANAGER and is_home and not held.each:
            self.managers.append((node, inner))
        else:
            self.follow(module, node, inner)

    def member(self, module: Module | None, at: ast.expr | None, held: Held, name: str) -> None:
        """Follow what a method or property of the model's own reads of a row."""
        found = member_of(held.model, name) if held.model is not None else None
        if found is None or name in _WRITES:
            return
        source, function = found
        first = next(iter(function.args.args), None)
        if first is None or (at is not None and is_property(function) is isinstance(at, ast.Call)):
            return
        if held.each:
            self.ran.add((source.path, function.lineno))
        site = (module, at) if module is not None and at is not None else None
        self.enter(source, function, first.arg, held, site)

    def read(self, held: Held, name: str, place: str, node: ast.expr | None = None) -> Held | None:
        """Note that a relation of a row is read, and return what it gives; None for plain values."""
        way = way_of(self.module, held.model, held.outside, name)
        if way is None or held.passes(way) or len(held.ways) >= _LONGEST:
            return None
        inner = held.behind(way)
        if way.many and self.orm is Orm.DJANGO:
            return replace(inner, kind=Kind.MANAGER)
        if way.lazy in _QUERIES:
            if held.each:
                self.apart.setdefault(place, Apart(name, node))
            return None
        is_given = not held.ways and not way.many and self.has_one(way)
        if held.each and name not in held.free and not is_given:
            self.note(inner, place)
        return inner

    def opened(self, held: Held, place: str) -> Held:
        """Return related rows as they are read whole by a template or serializer."""
        if held.kind is not Kind.MANAGER:
            return held
        if held.each:
            self.note(held, place)
        return replace(held, kind=Kind.ROWS)

    # The steps of a query

    def _stepped(self, module: Module, node: ast.Attribute, call: ast.Call, held: Held) -> None:
        name = node.attr
        if held.kind is Kind.MANAGER:
            self._asked(module, node, call, held)
            return
        if not held.ways:
            self.own_step(module, call, name)
        if name == "scalars":
            self.follow(module, call, replace(held, kind=Kind.ROWS))
        elif name in ONE and (held.kind is Kind.ROWS or name.startswith("scalar")):
            self.follow(module, call, replace(held, kind=Kind.ROW, few=False, one=not held.ways))
        elif name in KEEPS or name in PAGES:
            few = held.few or (name == "limit" and is_few(call))
            self.follow(module, call, replace(held, few=few))
        elif held.model is not None and self.orm is Orm.DJANGO and not held.ways:
            found = returned_by(held.model, name)
            for source, expr in found:
                self.loads(chain_loads(source, expr))
            if found:
                self.follow(module, call, held)

    def _asked(self, module: Module, node: ast.Attribute, call: ast.Call, held: Held) -> None:
        """Follow a question to related rows of Django: whether a prefetch answers it, or only a query."""
        name, after = node.attr, module.parents.get(call)
        place = f"{module.path}:{node.lineno} reads {ast.unparse(node)}()"
        narrows = name in NARROWS
        if name == "all" and isinstance(after, ast.Attribute):
            narrows = after.attr in NARROWS
            if after.attr in ("count", "exists"):
                name = after.attr
        if narrows:
            if held.each:
                own = node if module is self.module else None
                self.apart.setdefault(place, Apart(held.ways[-1].name, own))
        elif name in ("all", "count", "exists", "iterator"):
            if held.each:
                self.note(
                    held, place, call if module is self.module else None, counts=name in ("count", "exists")
                )
            self.follow(module, call, replace(held, kind=Kind.ROWS))

    def _subscript(self, module: Module, node: ast.Subscript, inside: ast.expr, held: Held) -> None:
        if held.kind is not Kind.ROWS:
            return
        if isinstance(inside, ast.Slice):
            self.follow(module, node, replace(held, few=held.few or is_few_slice(inside)))
        elif isinstance(inside, ast.Constant | ast.UnaryOp):
            self.follow(module, node, replace(held, kind=Kind.ROW, few=False))
