"""What code tells people: the texts of prints, records and errors, and which values stand between them."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence

from harden.stand_ins import constants

_WRITES = ("print", "write", "debug", "info", "warning", "error", "critical", "exception", "log")
_FIELD = re.compile(r"%[-+ #0-9.]*[a-zA-Z]|\{[^{}]*\}")
_SHORTEST = 5
"""Shorter texts stand in too many places to tell anything."""

Shape = tuple[str, ...]
"""The fixed texts of a message, between which its values stand."""


def told(calls: Sequence[ast.Call]) -> set[str]:
    """Return the fixed texts of those calls that write for people."""
    return {text for call in calls if _is_told(call) for text in texts_of(call)}


def texts_of(call: ast.Call) -> Iterator[str]:
    """Yield the fixed texts of a call's arguments that are long enough to be looked for."""
    for argument in call.args:
        for text in constants(argument):
            pieces = re.split(rf"{_FIELD.pattern}|\n", text)
            yield from (piece for piece in pieces if len(piece.strip()) >= _SHORTEST)


def shapes_of(calls: Sequence[ast.Call]) -> set[Shape]:
    """Return the shapes of the messages with values that are written for people."""
    shapes = (_shape(call.args[0]) for call in calls if call.args and _is_told(call))
    return {shape for shape in shapes if len(shape) > 1 and max(map(len, shape)) >= _SHORTEST}


def pattern_of(shape: Shape) -> re.Pattern[str]:
    """Return what finds a message of this shape with all its values."""
    return re.compile(".+".join(map(re.escape, shape)))


def _shape(message: ast.expr) -> Shape:
    match message:
        case ast.Constant(value=str() as text):
            return tuple(_FIELD.split(text))
        case ast.JoinedStr(values=values):
            text = "".join(str(part.value) if isinstance(part, ast.Constant) else "\0" for part in values)
            return tuple(text.split("\0"))
    return ()


def _is_told(call: ast.Call) -> bool:
    return ast.unparse(call.func).rpartition(".")[2] in _WRITES
