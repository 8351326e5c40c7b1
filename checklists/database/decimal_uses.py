"""What becomes of a column's values when they are Decimals, and what of it may not go on working."""

from __future__ import annotations

import ast
from functools import cached_property

from harden.calls import callers_of
from harden.checklists.database.decimal_surroundings import calculating, called, files, in_the_way, place_of
from harden.checklists.database.exact_values import SAME, ExactValues
from harden.model import Model
from harden.model_facts import Column, last_of
from harden.models import models_of
from harden.module import Module
from harden.roles import Role
from harden.tree import own_nodes

_TAKES = frozenset(
    {"float", "int", "str", "bool", "repr", "Decimal", "print", "format", "type", "isinstance", "hash"}
    | {"debug", "info", "warning", "error", "exception", "critical", "log"}
)
"""What takes a Decimal as well as a float, and lets nothing of it go further."""
_CONDITIONS = frozenset({"filter", "where", "order_by", "having", "and_", "or_", "desc", "asc"})
_STEPS = 6


class _Obstacle(Exception):
    """A use that a Decimal would break, or that is not understood."""


class Uses:
    """All that the project does with a column's values; `together` are columns that must change with it."""

    def __init__(self, model: Model, column: Column) -> None:
        self.model = model
        self.column = column
        self.project = model.module.project
        self._exact = ExactValues(column)

    @property
    def together(self) -> set[str]:
        """Return the columns that are calculated with this one, as `Order.tax`."""
        return self._exact.together

    @cached_property
    def obstacle(self) -> str:
        """Return why the column cannot become exact by itself, or nothing."""
        if around := in_the_way(self.model, self.column):
            return around
        try:
            self._read(self.column.name)
        except _Obstacle as found:
            return str(found)
        return ""

    def _read(self, name: str, depth: int = 0) -> None:
        """Follow every read of an attribute."""
        if depth > _STEPS:
            raise _Obstacle("Its values go further than can be followed.")
        for module in files(self.project, self.project.naming(name)):
            for node in module.nodes(ast.Attribute):
                if node.attr == name and self._is_of_model(module, node):
                    self._attribute(module, node)

    def _is_of_model(self, module: Module, node: ast.Attribute) -> bool:
        """Tell whether an attribute may be the column: it is not, where its owner is another class."""
        match node.value:
            case ast.Name(id="self" | "cls"):
                owner = module.owner(node)
                path = module.names.local_path(owner) if owner is not None else ""
            case value:
                path = module.resolve(value) or ""
        if module.project.class_of(path) is None:
            return not path.startswith(("pydantic", "builtins.", "decimal."))
        lineage = {source.names.local_path(owner) for source, owner in self.model.lineage}
        return path in lineage or self.model.path in module.project.ancestry((path,))

    def _attribute(self, module: Module, node: ast.Attribute) -> None:
        parent = module.parents.get(node)
        if isinstance(parent, ast.AugAssign) and parent.target is node:
            self._meets(module, parent, parent.value)
        elif isinstance(node.ctx, ast.Load):
            if _is_class(module, node.value):
                self._in_query(module, node)
            else:
                self._not_given_a_float(module, node)
                self._follow(module, node)

    def _not_given_a_float(self, module: Module, node: ast.Attribute) -> None:
        """Look whether the function that reads the column gives it a value, which stays as it is."""
        function = module.function(node)
        for inner in own_nodes(function) if function is not None else ():
            match inner:
                case ast.Assign(targets=[ast.Attribute(attr=name)], value=value) if name == node.attr:
                    self._meets(module, inner, value)
                case ast.keyword(arg=name, value=value) if name == node.attr:
                    self._meets(module, value, value)

    def _in_query(self, module: Module, node: ast.expr) -> None:
        """Accept the column in conditions and orders; what a query computes of it is not followed."""
        parent = module.parents.get(node)
        while isinstance(parent, ast.Attribute | ast.Compare | ast.UnaryOp | ast.BoolOp | ast.BinOp):
            if isinstance(parent, ast.BinOp) and not isinstance(parent.op, ast.BitAnd | ast.BitOr):
                break
            node = parent if isinstance(parent, ast.expr) else node
            parent = module.parents.get(parent)
            if isinstance(parent, ast.Call) and parent.func is node:
                node, parent = parent, module.parents.get(parent)
        if called(parent) in _CONDITIONS:
            return
        raise _Obstacle(f"A query takes it out or calculates with it ({place_of(module, node)}).")

    def _follow(self, module: Module, expr: ast.expr) -> None:
        """Follow a value that will be a Decimal to where it ends. Raises _Obstacle."""
        if expr in self._exact.seen:
            return
        self._exact.seen.add(expr)
        parent = module.parents.get(expr)
        match parent:
            case ast.BinOp(left=left, op=op, right=right):
                other = right if left is expr else left
                if (
                    isinstance(op, ast.Mod)
                    and right is expr
                    and isinstance(left, ast.Constant | ast.JoinedStr)
                ):
                    return
                self._meets(module, parent, other)
                self._follow(module, parent)
            case ast.AugAssign(target=ast.Name() as target):
                self._meets_name(module, parent, target)
                self._loads(module, target)
            case ast.UnaryOp(op=ast.Not()) | ast.FormattedValue() | ast.Expr() | ast.If() | ast.While():
                return
            case ast.UnaryOp() | ast.NamedExpr():
                self._follow(module, parent)
            case ast.IfExp(test=test, body=body, orelse=orelse):
                if test is not expr:
                    self._meets(module, parent, orelse if body is expr else body)
                    self._follow(module, parent)
            case ast.BoolOp(values=values):
                for value in values:
                    if value is not expr and not _is_none(value):
                        self._meets(module, parent, value)
                self._follow(module, parent)
            case ast.Compare():
                self._compared(module, parent, expr)
            case ast.Call():
                self._passed(module, parent, expr)
            case ast.keyword():
                call = module.parents.get(parent)
                if isinstance(call, ast.Call):
                    self._named(module, call, parent)
            case ast.GeneratorExp() | ast.ListComp():
                self._follow(module, parent)
            case ast.Lambda() if (
                isinstance(key := module.parents.get(parent), ast.keyword) and key.arg == "key"
            ):
                return
            case ast.Return():
                self._returned(module, parent)
            case ast.Assign(targets=[target]) | ast.AnnAssign(target=target):
                self._kept(module, target)
            case ast.Dict() if self._is_answer(module, parent):
                return
            case ast.Dict():
                raise _Obstacle(f"As JSON it would become text ({place_of(module, parent)}).")
            case _:
                raise _Obstacle(f"What becomes of it is not seen ({place_of(module, expr)}).")

    def _compared(self, module: Module, compare: ast.Compare, expr: ast.expr) -> None:
        sides = [side for side in (compare.left, *compare.comparators) if side is not expr]
        if any(isinstance(op, ast.Eq | ast.NotEq) for op in compare.ops):
            for side in sides:
                if not _is_none(side):
                    self._meets(module, compare, side)

    def _passed(self, module: Module, call: ast.Call, expr: ast.expr) -> None:
        """Follow an argument."""
        if call.func is expr:
            raise _Obstacle(f"What becomes of it is not seen ({place_of(module, expr)}).")
        name = called(call)
        if name in _TAKES:
            return
        if name not in SAME or not isinstance(call.func, ast.Name):
            raise _Obstacle(f"It is passed to {name or 'a call'}() ({place_of(module, call)}).")
        for other in call.args:
            if other is not expr and name != "round":
                self._meets(module, call, other)
        self._follow(module, call)

    def _named(self, module: Module, call: ast.Call, given: ast.keyword) -> None:
        """Accept what is written into a column, or validated as a float by pydantic."""
        path = module.resolve(call.func) or ""
        model = models_of(module.project).at(path)
        if model is not None and given.arg in model.columns:
            return
        if any(base.startswith("pydantic.") for base in module.project.ancestry((path,))):
            return
        if called(call) == "render_template" and given.arg is not None:
            if place := calculating(self.project, given.arg):
                raise _Obstacle(f"A template calculates with it ({place}).")
            return
        raise _Obstacle(f"It is passed to {called(call) or 'a call'}() ({place_of(module, call)}).")

    def _returned(self, module: Module, statement: ast.Return) -> None:
        """Follow what a property or function gives to those who call it."""
        function = module.function(statement)
        if function is None or module.role(function) is Role.HANDLER:
            if not self._is_answer(module, statement):
                raise _Obstacle(f"As JSON it would become text ({place_of(module, statement)}).")
            return
        names = {last_of(f".{ast.unparse(decorator)}") for decorator in function.decorator_list}
        if names & {"property", "cached_property", "hybrid_property"}:
            self._read(function.name, 1)
            return
        for other, call in callers_of(module, function):
            self._follow(other, call)

    def _is_answer(self, module: Module, node: ast.AST) -> bool:
        """Tell whether FastAPI makes JSON of it, in which a Decimal is a number."""
        function = module.function(node)
        if function is None or not module.imports("fastapi") or module.role(function) is not Role.HANDLER:
            return False
        plain = (ast.Dict, ast.List, ast.ListComp, ast.Return)
        around = [node, *module.ancestors(node)]
        return all(isinstance(outer, plain) for outer in around[: around.index(module.statement(node)) + 1])

    def _kept(self, module: Module, target: ast.expr) -> None:
        match target:
            case ast.Name():
                self._loads(module, target)
            case ast.Attribute(attr=name) if any(
                name in model.columns for model in models_of(module.project).all
            ):
                return
            case _:
                raise _Obstacle(f"What becomes of it is not seen ({place_of(module, target)}).")

    def _loads(self, module: Module, target: ast.Name) -> None:
        for use in module.nodes(ast.Name):
            is_read = use.id == target.id and isinstance(use.ctx, ast.Load)
            if is_read and any(value.node is target for value in module.flow.values(use)):
                self._follow(module, use)

    def _meets_name(self, module: Module, parent: ast.AugAssign, target: ast.Name) -> None:
        """Look at what a sum begins with."""
        function = module.function(parent)
        for item in module.nodes(ast.Assign):
            if module.function(item) is function and any(
                isinstance(other, ast.Name) and other.id == target.id for other in item.targets
            ):
                self._meets(module, parent, item.value)

    def _meets(self, module: Module, at: ast.AST, other: ast.expr) -> None:
        """Raise _Obstacle unless a value that meets a Decimal is exact itself."""
        if not self._exact.holds(module, other):
            spelled = module.segment(other) if len(module.segment(other)) < 40 else "something else"
            raise _Obstacle(f"It meets `{spelled}`, which may be a float ({place_of(module, at)}).")


def _is_class(module: Module, expr: ast.expr) -> bool:
    """Tell whether an expression is a class itself, not an object of it."""
    match expr:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name[:1].isupper()
    return False


def _is_none(expr: ast.expr) -> bool:
    return isinstance(expr, ast.Constant) and expr.value is None
