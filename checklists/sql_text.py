"""SQL that is put together from text: its pieces, which of them are safe, and which are values."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass

from harden.module import Module
from harden.roles import Role
from harden.tree import FunctionNode

_SQL = re.compile(
    r"(?is)^\s*(--[^\n]*\n\s*|/\*.*?\*/\s*|\(\s*)*(select\b.+|insert\s+(or\s+\w+\s+)?into\b|update\s+\S+\s+set\b|update\s+$"
    r"|delete\s+from\b|create\s+(\w+\s+)*(table|index|view|database|user|schema)\b|drop\s+(table|index|view|database|user)"
    r"|alter\s+(table|user|role)\b|with\s+\w+.*\bas\s*\(|replace\s+into\b|truncate\b|merge\s+into\b|call\s+\w+|explain\s"
    r"|grant\s|pragma\s|vacuum\b|copy\s+\w+|select\s*$|insert\s+into\s*$)"
)
_PERCENT = re.compile(r"%(?:\((\w+)\))?[-0-9.]*([sdrif%])")
_BRACES = re.compile(r"\{\{|\}\}|\{([\w.\[\]]*)(![rsa])?(:[^{}]*)?\}")
_VALUE = re.compile(r"(?is)([=<>]|\blike|\bilike|\bbetween|\blimit|\boffset|\bmatch|\bregexp|\bin)\s*\(?\s*$")
_LISTED = re.compile(r"(?is)\b(values|interval)\s*\([^()]*$|\bbetween\s+\S+\s+and\s*$")
_NAME = re.compile(
    r"(?is)(\b(from|join|into|update|table|index|view|exists|database|schema|pragma|user|analyze|on)\s+|\.)[\"`\[]?$"
)
_NUMBERS = frozenset(
    {"builtins.int", "builtins.float", "builtins.bool", "builtins.len", "uuid.UUID", "datetime.date"}
)
_QUOTING = re.compile(r"(?i)quote|escape|identifier|literal|sanitize|placeholder|mogrify|bind")
_INPUT = frozenset({"GET", "POST", "FILES", "COOKIES", "META"})
_DEPTH = 6


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of constant text, or one value put in; `plain` is false where a format is applied to it."""

    text: str
    expr: ast.expr | None = None
    plain: bool = True


def pieces_of(module: Module, expr: ast.expr) -> list[Piece] | None:
    """Return the pieces of an expression that builds text, or None when it is no such expression."""
    match expr:
        case ast.JoinedStr(values=values):
            return [_formatted(value) for value in values]
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            return [*_operand(module, left), *_operand(module, right)]
        case ast.BinOp(left=left, op=ast.Mod(), right=right) if (text := module.string(left)) is not None:
            return _percent(text, right)
        case ast.Call(func=ast.Attribute(value=base, attr="format")) if (
            text := module.string(base)
        ) is not None:
            return _braces(text, expr)
        case ast.Call(func=ast.Attribute(value=base, attr="strip" | "lstrip" | "rstrip"), args=[]):
            return pieces_of(module, base)
        case ast.Call(func=func, args=[inner]) if module.resolve(func) in (
            "textwrap.dedent",
            "inspect.cleandoc",
        ):
            return pieces_of(module, inner)
    return None


def is_sql(pieces: list[Piece]) -> bool:
    """Tell whether text built so begins like an SQL statement."""
    text = "".join(piece.text if piece.expr is None else "x" for piece in pieces)
    return bool(_SQL.match(text))


def is_value(before: str, after: str) -> bool:
    """Tell whether SQL expects a value, not a name, between these texts."""
    if before.count("'") % 2:
        return after.count("'") % 2 == 1
    return bool(_VALUE.search(before) or _LISTED.search(before))


def is_table(before: str) -> bool:
    """Tell whether SQL expects the name of a table or the like after this text."""
    return bool(_NAME.search(before))


def is_safe(module: Module, expr: ast.expr, depth: int = 0) -> bool:
    """Tell whether text is the program's own: constants, numbers, quoted names, placeholders."""
    if depth > _DEPTH:
        return False
    if module.string(expr) is not None:
        return True
    match expr:
        case ast.Attribute(attr=attr) | ast.Subscript(value=ast.Attribute(attr=attr)) if attr in _INPUT:
            return False
        case ast.Constant():
            return True
        case ast.Name():
            return _safe_name(module, expr, depth)
        case ast.Attribute(attr=attr):
            return attr.isupper() or attr in (
                "__tablename__",
                "db_table",
                "__table__",
                "vendor",
                "column",
                "attname",
            )
        case ast.IfExp(body=body, orelse=orelse):
            return is_safe(module, body, depth + 1) and is_safe(module, orelse, depth + 1)
        case ast.BoolOp(values=values):
            return all(is_safe(module, value, depth + 1) for value in values)
        case ast.Subscript(value=ast.Name() as table):
            return table.id.isupper() or isinstance(
                _bound_value(module, table), ast.Dict | ast.Tuple | ast.List
            )
        case ast.Subscript(value=ast.Attribute(attr=attr)):
            return attr.isupper()
        case ast.BinOp(op=ast.Add() | ast.Sub() | ast.FloorDiv(), left=left, right=right) if _is_number(
            left
        ) or _is_number(right):
            return True
        case ast.BinOp(op=ast.Mult(), left=left, right=right):
            return is_safe(module, left, depth + 1) or is_safe(module, right, depth + 1)
        case ast.List(elts=elts) | ast.Tuple(elts=elts):
            return all(is_safe(module, element, depth + 1) for element in elts)
        case ast.ListComp(elt=elt) | ast.GeneratorExp(elt=elt):
            return is_safe(module, elt, depth + 1)
        case ast.Call():
            return _safe_call(module, expr, depth)
    pieces = pieces_of(module, expr)
    return pieces is not None and all(p.expr is None or is_safe(module, p.expr, depth + 1) for p in pieces)


def _is_number(expr: ast.expr) -> bool:
    """Tell whether an operand makes a sum a number: text and numbers do not add."""
    return isinstance(expr, ast.Constant) and isinstance(expr.value, int | float)


def _safe_call(module: Module, call: ast.Call, depth: int) -> bool:
    path = module.resolve(call.func) or ""
    name = call.func.attr if isinstance(call.func, ast.Attribute) else path.rpartition(".")[2]
    if path in _NUMBERS or _QUOTING.search(name):
        return True
    if isinstance(call.func, ast.Attribute):
        base = call.func.value
        if name == "join" and len(call.args) == 1:
            return is_safe(module, call.args[0], depth + 1)
        if name == "get" and isinstance(base, ast.Name):
            default_safe = len(call.args) < 2 or is_safe(module, call.args[1], depth + 1)
            return default_safe and (base.id.isupper() or isinstance(_bound_value(module, base), ast.Dict))
        if name in ("upper", "lower", "strip"):
            return is_safe(module, base, depth + 1)
    pieces = pieces_of(module, call)
    return pieces is not None and all(p.expr is None or is_safe(module, p.expr, depth + 1) for p in pieces)


def _safe_name(module: Module, name: ast.Name, depth: int) -> bool:
    if name.id.isupper() or is_allowed(module, name):
        return True
    bound = _bindings(module, name)
    return (
        bool(bound)
        and all(_safe_binding(module, name, node, depth) for node in bound)
        and all(is_safe(module, added, depth + 1) for added in _appended(module, name))
    )


def _safe_binding(module: Module, name: ast.Name, bound: ast.AST, depth: int) -> bool:
    parent = module.parents.get(bound)
    match bound, parent:
        case ast.Name(), ast.Assign(value=value) | ast.NamedExpr(value=value):
            return (
                value is not name
                and bound in getattr(parent, "targets", [bound])
                and is_safe(module, value, depth + 1)
            )
        case ast.Name(), ast.AnnAssign(value=ast.expr() as value) | ast.AugAssign(value=value):
            return is_safe(module, value, depth + 1)
        case ast.Name(), ast.For(iter=source) | ast.comprehension(iter=source):
            return is_safe(module, source, depth + 1)
        case ast.arg(annotation=annotation), _ if annotation is not None:
            return _is_checked(module, bound, annotation)
    return False


def _is_checked(module: Module, arg: ast.AST, annotation: ast.expr) -> bool:
    """Tell whether a framework turns a route's parameter into a number before the function sees it."""
    function = next((outer for outer in module.ancestors(arg) if isinstance(outer, FunctionNode)), None)
    if (
        function is None
        or module.role(function) is not Role.HANDLER
        or not module.imports("fastapi", "litestar")
    ):
        return False
    return (module.names.annotation(annotation) or "") in _NUMBERS


def is_allowed(module: Module, name: ast.Name) -> bool:
    """Tell whether the function compares a name with a list of what is allowed."""
    function = module.function(name)
    return function is not None and any(
        isinstance(node, ast.Compare)
        and isinstance(node.ops[0], ast.In | ast.NotIn)
        and isinstance(node.left, ast.Name)
        and node.left.id == name.id
        for node in ast.walk(function)
    )


def _bindings(module: Module, name: ast.Name) -> list[ast.AST]:
    found = module.names.lookup(name)
    if found is None:
        return []
    scope = module.names.scope(found)
    return scope.bindings.get(name.id, [found])


def _appended(module: Module, name: ast.Name) -> Iterator[ast.expr]:
    """Yield what the function appends to a list of clauses."""
    function = module.function(name)
    for node in ast.walk(function) if function is not None else ():
        match node:
            case ast.Call(
                func=ast.Attribute(value=ast.Name(id=id), attr="append" | "extend"), args=[added]
            ) if id == name.id:
                yield added


def _bound_value(module: Module, name: ast.Name) -> ast.expr | None:
    bound = module.names.lookup(name)
    parent = module.parents.get(bound) if bound is not None else None
    return parent.value if isinstance(parent, ast.Assign | ast.AnnAssign) else None


def _formatted(value: ast.expr) -> Piece:
    if isinstance(value, ast.FormattedValue):
        return Piece("", value.value, value.conversion == -1 and value.format_spec is None)
    return Piece(str(value.value)) if isinstance(value, ast.Constant) else Piece("", value)


def _operand(module: Module, expr: ast.expr) -> list[Piece]:
    if isinstance(expr, ast.Constant) and isinstance(expr.value, str):
        return [Piece(expr.value)]
    return pieces_of(module, expr) or [Piece("", expr)]


def _percent(text: str, right: ast.expr) -> list[Piece] | None:
    values = list(right.elts) if isinstance(right, ast.Tuple) else [right]
    named = (
        {
            key.value: value
            for key, value in zip(right.keys, right.values, strict=True)
            if isinstance(key, ast.Constant)
        }
        if isinstance(right, ast.Dict)
        else {}
    )
    found: list[Piece] = []
    start = 0
    for mark in _PERCENT.finditer(text):
        found.append(Piece(text[start : mark.start()]))
        start = mark.end()
        if mark[2] == "%":
            found.append(Piece("%"))
            continue
        value = named.get(mark[1]) if mark[1] else (values.pop(0) if values else None)
        if value is None:
            return None
        found.append(Piece("0") if mark[2] in "dif" else Piece("", value, mark[2] == "s"))
    return [*found, Piece(text[start:])]


def _braces(text: str, call: ast.Call) -> list[Piece] | None:
    named = {item.arg: item.value for item in call.keywords}
    found: list[Piece] = []
    start = following = 0
    for mark in _BRACES.finditer(text):
        found.append(Piece(text[start : mark.start()]))
        start = mark.end()
        if mark[0] in ("{{", "}}"):
            found.append(Piece(mark[0][0]))
            continue
        field = mark[1] or str(following)
        following += not mark[1]
        value = named.get(field) or (
            call.args[int(field)] if field.isdigit() and int(field) < len(call.args) else None
        )
        if value is None:
            return None
        found.append(Piece("", value, not mark[2] and not mark[3]))
    return [*found, Piece(text[start:])]
