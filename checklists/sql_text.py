"""SQL that is put together from text: the pieces of one expression, and what SQL expects between them."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass

from harden.module import Module

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
_PLACEHOLDER = re.compile(r"((?<![:\w]):|%\(|(?<![\w@])@|(?<!\w)\$)$")
_FIELD = re.compile(r"\$(?:\$|(\w+)|\{(\w+)\})")
SAME = ("textwrap.dedent", "inspect.cleandoc", "sqlalchemy.text", "sqlalchemy.sql.text", "sqlmodel.text")
STRIPS = ("strip", "lstrip", "rstrip", "upper", "lower")

_SAYS_SQL = re.compile(
    r"(?i)\b(select|insert|update|delete|create|drop|alter|with|replace|truncate|merge|call|where)\b"
)


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of constant text, or one value put in; `plain` is false where a format is applied to it.

    `module` and `holder` tell where a value is put in when text is followed through names and functions.
    """

    text: str
    expr: ast.expr | None = None
    plain: bool = True
    module: Module | None = None
    holders: tuple[tuple[Module, ast.expr], ...] = ()


def pieces_of(module: Module, expr: ast.expr) -> list[Piece] | None:
    """Return the pieces of an expression that builds text, or None when it is no such expression."""
    match expr:
        case ast.JoinedStr(values=values):
            return [_formatted(value) for value in values]
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            if is_number(left) or is_number(right):
                return None
            return [*_operand(module, left), *_operand(module, right)]
        case ast.BinOp(left=left, op=ast.Mod(), right=right) if (text := module.string(left)) is not None:
            return _percent(text, right)
        case ast.Call(func=ast.Attribute(value=base, attr=attr)) if attr in STRIPS and not expr.args:
            return pieces_of(module, base)
        case ast.Call(func=ast.Attribute(value=base, attr=attr)):
            return _of_method(module, expr, base, attr)
        case ast.Call(func=func, args=[inner, *_]) if module.resolve(func) in SAME:
            return pieces_of(module, inner)
    return None


def _of_method(module: Module, call: ast.Call, base: ast.expr, name: str) -> list[Piece] | None:
    match name, call.args:
        case "format", _ if (text := module.string(base)) is not None:
            return _braces(text, call)
        case "join", [ast.List(elts=items) | ast.Tuple(elts=items)] if (
            text := module.string(base)
        ) is not None:
            parts = [piece for item in items for piece in (Piece(text), *_operand(module, item))]
            return parts[1:]
        case "replace", [old, new] if (text := module.string(base)) and (mark := module.string(old)):
            head, found, tail = text.partition(mark)
            return [Piece(head), Piece("", new), Piece(tail)] if found else None
        case "substitute" | "safe_substitute", _:
            made = module.flow.only(base)
            text = _template(module, made.expr) if made is not None else None
            return _dollars(text, call) if text is not None else None
    return None


def _template(module: Module, made: ast.expr | None) -> str | None:
    if not isinstance(made, ast.Call) or not made.args or module.resolve(made.func) != "string.Template":
        return None
    return module.string(made.args[0])


def is_number(expr: ast.expr) -> bool:
    """Tell whether an operand makes a sum a number: text and numbers do not add."""
    return isinstance(expr, ast.Constant) and isinstance(expr.value, int | float)


def is_sql(pieces: list[Piece]) -> bool:
    """Tell whether text built so begins like an SQL statement."""
    text = "".join(piece.text if piece.expr is None else "x" for piece in pieces)
    return bool(_SQL.match(text))


def says_sql(node: ast.expr) -> bool:
    """Tell whether the literal that a text begins with has a word of SQL, before anything is worked out."""
    return bool(_SAYS_SQL.search(_first_text(node)))


def _first_text(node: ast.expr) -> str:
    """Return the literal that a text begins with, found without working anything out."""
    while True:
        match node:
            case ast.Constant(value=str() as text):
                return text
            case ast.JoinedStr(values=[first, *_]) | ast.BinOp(left=first):
                node = first
            case ast.Call(func=ast.Attribute(value=base, attr="join"), args=[ast.List(elts=[first, *_])]):
                node = first if isinstance(base, ast.Constant) else base
            case ast.Call(func=ast.Attribute(value=base)):
                node = base
            case ast.Name():
                return "select"  # a constant by its name, perhaps
            case _:
                return ""


def is_value(before: str, after: str) -> bool:
    """Tell whether SQL expects a value, not a name, between these texts."""
    if before.count("'") % 2:
        return after.count("'") % 2 == 1
    if names_placeholder(before):
        return False
    return bool(_VALUE.search(before) or _LISTED.search(before))


def names_placeholder(before: str) -> bool:
    """Tell whether the name of a placeholder follows this text: `:name`, `%(name)s`, `@name`, `$1`."""
    return bool(_PLACEHOLDER.search(before))


def is_table(before: str) -> bool:
    """Tell whether SQL expects the name of a table or the like after this text."""
    return bool(_NAME.search(before))


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
        if value is None and isinstance(right, ast.Call | ast.Name):
            value = right  # `% locals()`
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
        value = named.get(re.split(r"[.\[]", field)[0]) or named.get(None)
        if field.isdigit() and int(field) < len(call.args):
            value = call.args[int(field)]
        if value is None:
            return None
        found.append(Piece("", value, not mark[2] and not mark[3]))
    return [*found, Piece(text[start:])]


def _dollars(text: str, call: ast.Call) -> list[Piece] | None:
    """Return the pieces of a `string.Template`."""
    named = {item.arg: item.value for item in call.keywords}
    found: list[Piece] = []
    start = 0
    for mark in _FIELD.finditer(text):
        found.append(Piece(text[start : mark.start()]))
        start = mark.end()
        if mark[0] == "$$":
            found.append(Piece("$"))
            continue
        value = named.get(mark[1] or mark[2]) or named.get(None) or next(iter(call.args), None)
        if value is None:
            return None
        found.append(Piece("", value))
    return [*found, Piece(text[start:])]
