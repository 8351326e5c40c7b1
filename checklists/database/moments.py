"""Moments without a time zone: how an expression makes one, where it goes, and what it meets there."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from harden.errors import UnreadableSource
from harden.module import Module, has_star_arguments, is_literal, keyword
from harden.project import Project

ALWAYS_NAIVE = frozenset(
    {"datetime.datetime.utcnow", "datetime.datetime.utcfromtimestamp", "datetime.datetime.today"}
)
NAIVE_BY_DEFAULT = {"datetime.datetime.now": 0, "datetime.datetime.fromtimestamp": 1}
"""Calls that are naive unless they get a time zone, which is the argument at this place."""
_DELTAS = ("datetime.timedelta", "dateutil.relativedelta.relativedelta", "pandas.Timedelta")
_COLUMNS = ("Column", "mapped_column")
_PARSED = ("datetime.datetime.strptime", "datetime.datetime", "datetime.datetime.combine")


def is_naive(module: Module, expr: ast.expr) -> bool:
    """Tell whether an expression is a call that makes a moment without time zone."""
    path = module.resolve(expr.func) if isinstance(expr, ast.Call) else None
    if not isinstance(expr, ast.Call) or path is None or has_star_arguments(expr):
        return False
    if path in NAIVE_BY_DEFAULT:
        at = NAIVE_BY_DEFAULT[path]
        zone = expr.args[at] if len(expr.args) > at else keyword(expr, "tz")
        return zone is None or is_literal(zone, None)
    return path in ALWAYS_NAIVE


def uses(module: Module, moment: ast.expr) -> list[ast.expr]:
    """Return the expressions that hold the moment: itself, names it is put into, shifted forms of it."""
    found: list[ast.expr] = []
    todo = [moment]
    while todo and len(found) < 60:
        held = todo.pop()
        if held in found:
            continue
        found.append(held)
        parent = module.parents.get(held)
        match parent:
            case ast.BinOp(op=ast.Add()) | ast.BoolOp() | ast.IfExp():
                todo.append(parent)
            case ast.BinOp(left=left, right=right, op=ast.Sub()) if left is held and is_delta(module, right):
                todo.append(parent)
            case ast.Attribute(attr="replace") if isinstance(call := module.parents.get(parent), ast.Call):
                todo.append(call)
            case ast.Assign(targets=[target]) | ast.AnnAssign(target=target) | ast.NamedExpr(target=target):
                todo += _loads(module, target)
    return found


def others(module: Module, held: ast.expr) -> list[ast.expr]:
    """Return what a moment is compared with or subtracted from, where that is done in Python."""
    match module.parents.get(held):
        case ast.Compare(left=left, comparators=comparators, ops=ops):
            if any(isinstance(op, ast.Is | ast.IsNot | ast.In | ast.NotIn) for op in ops):
                return []
            sides = [side for side in (left, *comparators) if side is not held]
            return [side for side in sides if not is_column(module, side) and not is_literal(side, None)]
        case ast.BinOp(left=left, right=right, op=ast.Sub()):
            other = right if left is held else left
            return [] if is_delta(module, other) or is_column(module, other) else [other]
        case ast.Call(func=ast.Name(id="max" | "min"), args=args):
            return [arg for arg in args if arg is not held]
    return []


def is_delta(module: Module, expr: ast.expr) -> bool:
    """Tell whether an expression is a span of time."""
    if isinstance(expr, ast.BinOp) and isinstance(expr.op, ast.Mult):
        return is_delta(module, expr.left) or is_delta(module, expr.right)
    return module.resolve(expr) in _DELTAS


def is_column(module: Module, expr: ast.expr) -> bool:
    """Tell whether an expression is a column (`User.seen`), so that the database compares."""
    match expr:
        case ast.Attribute(value=ast.Name() as base):
            return base.id == "cls" or base.id[:1].isupper()
        case ast.Attribute(value=ast.Attribute(attr="c" | "columns")):
            return True
        case ast.Call(func=ast.Attribute(value=value)):
            return is_column(module, value)
    return (module.resolve(expr) or "").startswith("sqlalchemy.")


def is_moment(module: Module, expr: ast.expr, followed: frozenset[ast.Assign] = frozenset()) -> bool:
    """Tell whether an expression holds a moment that this file took without time zone."""
    if isinstance(expr, ast.Name):
        bound = module.names.lookup(expr)
        holder = module.parents.get(bound) if isinstance(bound, ast.Name) else None
        if isinstance(holder, ast.Assign) and isinstance(holder.value, ast.BinOp):
            return holder not in followed and is_moment(module, holder.value, followed | {holder})
    if isinstance(expr, ast.BinOp):
        return is_moment(module, expr.left, followed) or is_moment(module, expr.right, followed)
    path = module.resolve(expr)
    return path in ALWAYS_NAIVE or path in NAIVE_BY_DEFAULT


def is_parsed(module: Module, expr: ast.expr) -> bool:
    """Tell whether an expression is a moment that is naive by the way it was made."""
    return module.resolve(expr) in _PARSED or is_moment(module, expr)


def compared_as(project: Project, name: str) -> str:
    """Return the place where an attribute or key of this name is compared or subtracted in Python, or ``.

    Columns are none of them: what the database gives back depends on the column, not on what was written.
    """
    place = ""
    for path in project.naming(name):
        try:
            module = project.module(path)
        except UnreadableSource:
            continue
        if _is_mapped(module, name):
            return ""
        if not place:
            place = next((f"{path}:{node.lineno}" for node in _comparisons(module, name)), "")
    return place


def _comparisons(module: Module, name: str) -> Iterator[ast.Compare | ast.BinOp]:
    for compare in module.nodes(ast.Compare):
        ordered = any(isinstance(op, ast.Lt | ast.LtE | ast.Gt | ast.GtE) for op in compare.ops)
        if ordered and any(_is_read(module, side, name) for side in (compare.left, *compare.comparators)):
            yield compare
    for operation in module.nodes(ast.BinOp):
        if isinstance(operation.op, ast.Sub) and any(
            _is_read(module, side, name) for side in (operation.left, operation.right)
        ):
            yield operation


def _is_read(module: Module, expr: ast.expr, name: str) -> bool:
    match expr:
        case ast.Attribute(attr=attr):
            return attr == name and not is_column(module, expr)
        case ast.Subscript(slice=ast.Constant(value=key)):
            return bool(key == name)
        case ast.BinOp(left=left, right=right):
            return _is_read(module, left, name) or _is_read(module, right, name)
        case ast.Name():
            bound = module.names.lookup(expr)
            holder = module.parents.get(bound) if isinstance(bound, ast.Name) else None
            return isinstance(holder, ast.Assign) and _is_got(holder.value, name)
    return _is_got(expr, name)


def _is_got(expr: ast.expr, name: str) -> bool:
    """Tell whether an expression reads `name`: `x.name`, `x["name"]`, `x.get("name")`, also inside a call."""
    return any(
        (isinstance(node, ast.Attribute) and node.attr == name)
        or (isinstance(node, ast.Constant) and node.value == name)
        for node in ast.walk(expr)
    )


def _is_mapped(module: Module, name: str) -> bool:
    for owner in module.nodes(ast.ClassDef):
        for statement in owner.body:
            target = (
                statement.targets[0]
                if isinstance(statement, ast.Assign)
                else getattr(statement, "target", None)
            )
            if isinstance(target, ast.Name) and target.id == name:
                path = module.resolve(value) if (value := getattr(statement, "value", None)) else None
                if path is not None and path.rpartition(".")[2] in _COLUMNS:
                    return True
    return False


def _loads(module: Module, target: ast.expr) -> list[ast.expr]:
    if isinstance(target, ast.Name):
        named = [node for node in module.nodes(ast.Name) if node.id == target.id]
        return [n for n in named if isinstance(n.ctx, ast.Load) and module.names.lookup(n) is target]
    if isinstance(target, ast.Attribute) and isinstance(target.value, ast.Name) and target.value.id == "self":
        owner = module.owner(target)
        return [
            node
            for node in module.nodes(ast.Attribute)
            if node.attr == target.attr
            and isinstance(node.ctx, ast.Load)
            and isinstance(node.value, ast.Name)
            and node.value.id == "self"
            and module.owner(node) is owner
        ]
    return []
