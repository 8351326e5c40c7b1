"""Every constant that an operation may give whose operands may each be several constants."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable
from itertools import islice, product

Constant = str | bytes | int | float | bool | None
MANY = 12
"""Constants that an expression may be; with more it counts as unknown."""
_LONG = 20_000


def either(found: Iterable[tuple[Constant, ...] | None]) -> tuple[Constant, ...] | None:
    """Return the constants of several branches together, each once, if all of them are known."""
    together: list[Constant] = []
    for known in found:
        if known is None:
            return None
        together += [value for value in known if not _has(together, value)]
    return tuple(together) if 0 < len(together) <= MANY else None


def _has(values: list[Constant], value: Constant) -> bool:
    return any(known == value and type(known) is type(value) for known in values)


def joined(parts: list[tuple[Constant, ...] | None], between: str) -> tuple[Constant, ...] | None:
    """Return every way to join parts, each of which may be several constants."""
    known = [part for part in parts if part is not None]
    if len(known) != len(parts):
        return None
    if all(isinstance(value, bytes) for part in known for value in part) and known and not between:
        return tuple(b"".join(way) for way in islice(product(*known), MANY))  # type: ignore[arg-type]
    if not all(isinstance(value, str) for part in known for value in part):
        return None
    ways = [between.join(map(str, way)) for way in islice(product(*known), MANY + 1)]
    is_short = len(ways) <= MANY and all(len(way) <= _LONG for way in ways)
    return tuple(dict.fromkeys(ways)) if is_short else None


def shown(
    known: tuple[Constant, ...], specs: tuple[Constant, ...], conversion: int
) -> tuple[Constant, ...] | None:
    """Return what an f-string makes of a value."""
    convert = _CONVERSIONS.get(conversion, _as_it_is)
    try:
        found = [format(convert(value), str(spec)) for value in known for spec in specs]
    except (ValueError, TypeError, OverflowError, MemoryError):
        return None
    return tuple(found) if 0 < len(found) <= MANY and max(map(len, found)) <= _LONG else None


def _as_it_is(value: Constant) -> Constant:
    return value


_CONVERSIONS: dict[int, Callable[[Constant], Constant]] = {115: str, 114: repr, 97: ascii}


def number(head: Constant, op: ast.operator, tail: Constant) -> tuple[Constant, ...] | None:
    """Return what an operation on two numbers gives, if it is one that keeps small."""
    if isinstance(op, ast.Mult) and isinstance(head, str) and isinstance(tail, int):
        return (head * tail,) if len(head) * tail <= _LONG else None
    if not isinstance(head, int | float) or not isinstance(tail, int | float):
        return None
    if max(abs(head), abs(tail)) > 1e12:
        return None
    match op:
        case ast.Add():
            return (head + tail,)
        case ast.Sub():
            return (head - tail,)
        case ast.Mult():
            return (head * tail,)
        case ast.Div() if tail:
            return (head / tail,)
        case ast.FloorDiv() if tail:
            return (head // tail,)
        case ast.Pow() if isinstance(tail, int) and 0 <= tail <= 30 and abs(head) <= 1024:
            return (head**tail,)
    return None


def filled(
    heads: tuple[Constant, ...],
    parts: list[tuple[Constant, ...] | None],
    fill: Callable[[str, tuple[Constant, ...]], str],
) -> tuple[Constant, ...] | None:
    """Return what texts with gaps become once constants are put into them."""
    known = [values for values in parts if values is not None]
    if len(known) != len(parts):
        return None
    try:
        found = [fill(str(head), way) for head in heads for way in islice(product(*known), MANY + 1)]
    except (TypeError, ValueError, LookupError, AttributeError, OverflowError, MemoryError):
        return None
    return tuple(found) if 0 < len(found) <= MANY and max(map(len, found)) <= _LONG else None


def method(
    known: tuple[Constant, ...], name: str, given: list[tuple[Constant, ...] | None]
) -> tuple[Constant, ...] | None:
    """Return what a method of text makes of constants."""
    arguments = [values[0] for values in given if values is not None and len(values) == 1]
    if len(arguments) != len(given) or not all(isinstance(value, str) for value in known):
        return None
    try:
        return tuple(getattr(str(value), name)(*arguments) for value in known)
    except (TypeError, ValueError):
        return None
