"""What a literal under a neutral name is used as: a key that signs tokens, the password of a connection."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from itertools import islice

from harden.calls import reads_of
from harden.checklists.literals import Spot, spot_of
from harden.checklists.secret_evidence import Kind, is_never, is_secret, kind_of
from harden.module import Module

_MOST = 20
_FILES = 60
"""Files that hold a name from which on it is a word like `name` or `key`, whose reads are not looked for."""
_TABLE = 40
"""Statements of a class from which on it is a table of choices, none of which is a secret."""
_PLAUSIBLE = re.compile(r"(?=.*[A-Za-z])(?=.*[\d!$%&*+?@#^~])[^\s<>{}()\[\]'\"/\\,;]{6,200}")
"""Text that might be a password or a key: a word of letters and something else, without white space."""


def used_as(module: Module, literal: ast.Constant, value: str) -> tuple[str, tuple[str, ...]] | None:
    """Return the secret that a literal is used as, and the step to that use; None where it is none."""
    if not isinstance(module.parents.get(literal), ast.Assign | ast.AnnAssign):
        return None
    if not _PLAUSIBLE.fullmatch(value) or is_never(value):
        return None
    for other, use in islice(_uses(module, literal), _MOST):
        spot = spot_of(other, use)
        if spot is not None and _is_secret(spot, value):
            return spot.name, (f"{other.path}:{use.lineno} used as {spot.name}",)
    return None


def _is_secret(spot: Spot, value: str) -> bool:
    kind = kind_of(spot.name)
    return kind is not Kind.NONE and is_secret(kind, spot.name, value, spot.place)


def _uses(module: Module, literal: ast.Constant) -> Iterator[tuple[Module, ast.expr]]:
    """Yield where the name is read that the literal is given, in its module and in others."""
    statement = module.parents.get(literal)
    match statement:
        case ast.Assign(targets=[ast.Name() as target]) | ast.AnnAssign(target=ast.Name() as target):
            pass
        case _:
            return
    for use in module.names.reads.get(target.id, ()):
        if isinstance(use, ast.Name) and any(held.expr is literal for held in module.flow.values(use)):
            yield module, use
    owner = module.parents.get(statement)
    if isinstance(owner, ast.ClassDef) and len(owner.body) >= _TABLE:
        return
    if isinstance(owner, ast.Module | ast.ClassDef) and len(module.project.naming(target.id)) <= _FILES:
        yield from reads_of(module, target.id, owner)
