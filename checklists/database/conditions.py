"""Conditions of a query, read as columns that have to equal a value."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from harden.checklists.database.links import Link
from harden.module import Module

_EXACT = frozenset({"exact", "iexact"})
_RANGES = frozenset({"lt", "lte", "gt", "gte", "range", "overlap"})
_SAME = frozenset({"ilike", "like", "is_", "__eq__", "op", "collate", "lower", "casefold"})
_FILTERS = frozenset({"filter", "get", "objects", "get_or_none", "find_one", "exists", "aget", "where"})
_MOST = 8


@dataclass(frozen=True, slots=True)
class Way:
    """One way to match: columns with the value they equal (None: not in sight), others in a range."""

    same: Mapping[str, ast.expr | None] = field(default_factory=dict)
    ranges: frozenset[str] = frozenset()

    def both(self, other: Way) -> Way:
        """Return the way that asks for what both ask for."""
        return Way({**self.same, **other.same}, self.ranges | other.ranges)


def ways_of(module: Module, expr: ast.expr, owners: list[ast.expr]) -> tuple[Way, ...]:
    """Return the ways to meet a condition of SQLAlchemy or Django's Q, and note whose columns it names."""
    match expr:
        case ast.BinOp(left=left, right=right, op=ast.BitAnd()):
            return _all([ways_of(module, left, owners), ways_of(module, right, owners)])
        case ast.BinOp(left=left, right=right, op=ast.BitOr()):
            return (*ways_of(module, left, owners), *ways_of(module, right, owners))
        case ast.Call(func=func, args=args) if (name := _name(func)) in ("and_", "or_"):
            parts = [ways_of(module, item, owners) for item in args]
            return _all(parts) if name == "and_" else tuple(way for part in parts for way in part)
        case ast.Call(func=func, keywords=given) if _name(func) == "Q":
            return (_looked_up({item.arg: item.value for item in given if item.arg}),)
        case ast.Compare(left=left, ops=[op], comparators=[right]):
            return (_compared(left, op, right, owners),)
        case ast.Call(func=ast.Attribute(value=left, attr=name), args=[right, *_]) if name in _SAME:
            return (_compared(left, ast.Eq(), right, owners),)
    return (Way(),)


def _all(parts: Iterable[tuple[Way, ...]]) -> tuple[Way, ...]:
    ways: tuple[Way, ...] = (Way(),)
    for part in parts:
        ways = tuple(way.both(other) for way in ways for other in part)[:_MOST]
    return ways


def _name(func: ast.expr) -> str:
    return func.attr if isinstance(func, ast.Attribute) else func.id if isinstance(func, ast.Name) else ""


def _compared(left: ast.expr, op: ast.cmpop, right: ast.expr, owners: list[ast.expr]) -> Way:
    column, value = _column(left), right
    if column is None:
        column, value = _column(right), left
    if column is None:
        return Way()
    owners.append(column.value)
    if isinstance(op, ast.Eq):
        return Way({column.attr: value})
    ordered = isinstance(op, ast.Lt | ast.LtE | ast.Gt | ast.GtE)
    return Way({}, frozenset({column.attr})) if ordered else Way()


def _column(expr: ast.expr) -> ast.Attribute | None:
    """Return the column in `User.email`, `users.c.email`, `func.lower(User.email)`, `col(User.email)`."""
    match expr:
        case ast.Attribute(value=ast.Attribute(attr="c" | "columns") as table):
            return ast.Attribute(table.value, expr.attr, expr.ctx)
        case ast.Attribute(value=ast.Name(id=owner) | ast.Attribute(attr=owner)):
            return expr if owner[:1].isupper() or owner in ("model", "cls") else None
        case ast.Call(func=func, args=[inner, *_]) if _name(func) in ("lower", "upper", "col", "date"):
            return _column(inner)
    return None


def keywords(module: Module, links: Sequence[Link]) -> tuple[Way, ...]:
    """Return the ways that Django's `filter(email=…)` leaves."""
    ways: tuple[Way, ...] = (Way(),)
    for link in links:
        if link.name not in _FILTERS or not isinstance(link.node, ast.Call):
            continue
        given = _looked_up({item.arg: item.value for item in link.node.keywords if item.arg})
        ways = _all([ways, (given,), *(ways_of(module, item, []) for item in link.node.args)])
    return ways


def _looked_up(given: Mapping[str, ast.expr]) -> Way:
    same: dict[str, ast.expr | None] = {}
    ranges = set()
    for name, value in given.items():
        column, _, how = name.partition("__")
        if not how or how in _EXACT:
            same[column] = value
        elif how in ("id", "pk"):
            same[f"{column}_id"] = value
        elif how in _RANGES:
            ranges.add(column)
    return Way(same, frozenset(ranges))


def documents(module: Module, query: ast.expr, depth: int = 0) -> tuple[Way, ...]:
    """Return the ways to match a query of MongoDB."""
    held = module.flow.only(query)
    given = held.expr if held is not None else query
    if not isinstance(given, ast.Dict):
        return ()
    same: dict[str, ast.expr | None] = {}
    ranges: set[str] = set()
    others: list[tuple[Way, ...]] = []
    for key, value in zip(given.keys, given.values, strict=True):
        name = module.string(key)
        if name is None:
            continue
        if name in ("$or", "$and") and isinstance(value, ast.List) and depth < 2:
            parts = [documents(module, item, depth + 1) for item in value.elts]
            others.append(_all(parts) if name == "$and" else tuple(way for part in parts for way in part))
        elif isinstance(value, ast.Dict):
            operators = [str(module.string(item)).lstrip("$") for item in value.keys]
            same |= {name: value.values[0]} if operators[:1] in (["eq"], ["regex"]) else {}
            ranges |= {name} if not _RANGES.isdisjoint(operators) else set()
        elif not name.startswith("$"):
            same[name] = value
    return _all([(Way(same, frozenset(ranges)),), *others])


_FROM = re.compile(r"(?is)^\s*select\b(?P<what>.*?)\bfrom\s+(?P<table>[\w.\"`]+)(?P<rest>.*)$")
_WHERE = re.compile(
    r"(?is)^\s*(?:as\s+)?(?:\w+\s+)??where\s+(?P<conditions>.*?)(?:\blimit\b.*|\bfor\s+update.*)?[\s;)]*$"
)
_CONDITION = re.compile(
    r"(?is)^[\s(]*(?:lower\s*\(\s*)?(?:\w+\.)?[\"`]?(?P<column>\w+)[\"`]?\s*\)?\s*(?P<op>=|<=|>=|<|>|i?like\b)\s*"
    r"(?:lower\s*\(\s*)?(?P<value>\?|%s|%\(\w+\)s|[:@]\w+|\$\d+|'[^']*'?|\d+|true\b|false\b)"
)


def sql_ways(
    module: Module, text: str, arguments: Sequence[ast.expr], named: Sequence[ast.keyword]
) -> tuple[str, tuple[Way, ...]] | None:
    """Return the table that a SELECT asks, and the ways that its WHERE leaves."""
    nested = re.search(r"(?is)\(\s*(select\b.*)\)", text)
    read = _FROM.match(nested[1] if nested and re.search(r"(?i)\bexists\s*\(", text) else text)
    where = _WHERE.match(read["rest"]) if read is not None else None
    if (
        read is None
        or where is None
        or re.search(r"(?i)\b(join|union|order\s+by)\b|\(\s*select\b", read["rest"])
    ):
        return None
    values = _values(arguments, named)
    alternatives = re.split(r"(?i)\s+or\s+", where["conditions"])
    return read["table"], tuple(_sql_way(part, values) for part in alternatives)


def _sql_way(text: str, values: list[ast.expr]) -> Way:
    same: dict[str, ast.expr | None] = {}
    ranges = set()
    for part in re.split(r"(?i)\s+and\s+", text):
        read = _CONDITION.match(part)
        if read is None:
            continue
        value: ast.expr | None = ast.Constant(read["value"])
        if read["value"][0] in "?%:@$" or read["value"] in ("'", "''", "' '"):
            value = values.pop(0) if values and read["value"] in ("?", "%s") else None
        if read["op"] in ("<", ">", "<=", ">="):
            ranges.add(read["column"])
        else:
            same[read["column"]] = value
    return Way(same, frozenset(ranges))


def _values(arguments: Sequence[ast.expr], named: Sequence[ast.keyword]) -> list[ast.expr]:
    """Return the parameters of a statement where they are written out in order."""
    given = arguments[0] if arguments else None
    return list(given.elts) if isinstance(given, ast.Tuple | ast.List) else []


def is_constant(module: Module, expr: ast.expr | None) -> bool:
    """Tell whether a value is the same each time: then it is no user's."""
    if expr is None:
        return False
    held = module.flow.only(expr)
    value = held.expr if held is not None else expr
    return isinstance(value, ast.Constant) or _is_member(module, value)


def _is_member(module: Module, expr: ast.expr | None) -> bool:
    """Tell whether an expression is a member of an enum or a constant by its name: `Status.OPEN`."""
    return isinstance(expr, ast.Attribute) and expr.attr.isupper()
