"""A container or plain value that outlives a request, and what the code does with it."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass

from harden.checklists.mutable_values import is_mutable
from harden.checklists.state.changes import Change, change_of
from harden.errors import UnreadableSource
from harden.module import Module, is_literal, keyword
from harden.roles import FileKind, file_kind

Use = tuple[Module, ast.expr]

_FILES = 25
"""Files that mention a name beyond which it is taken for a word that everybody uses."""

_TOLD = 4


@dataclass(frozen=True, slots=True)
class Kept:
    """What is kept: where it begins, the changes made inside functions, and the other uses there."""

    name: str
    node: ast.stmt
    value: ast.expr
    changes: tuple[Change, ...]
    reads: tuple[Use, ...]

    @property
    def is_plain(self) -> bool:
        """Tell whether it is a number, a flag or a text rather than a container."""
        return is_plain(self.value)

    @property
    def steps(self) -> tuple[str, ...]:
        """Return where it is changed, as the steps of a finding."""
        return tuple(change.place for change in self.changes[:_TOLD])


def kept(name: str, node: ast.stmt, value: ast.expr, uses: Iterable[Use]) -> Iterator[Kept]:
    """Yield what begins at a statement, if any of its uses changes it."""
    changes: list[Change] = []
    reads: list[Use] = []
    for module, use in uses:
        change = change_of(module, use)
        if change is not None:
            changes.append(change)
        elif isinstance(getattr(use, "ctx", None), ast.Load):
            reads.append((module, use))
    if changes:
        yield Kept(name, node, value, tuple(changes), tuple(reads))


def is_plain(value: ast.expr) -> bool:
    """Tell whether a value is a constant."""
    return isinstance(value, ast.Constant | ast.UnaryOp)


def is_state(module: Module, value: ast.expr) -> bool:
    """Tell whether a value can be changed in place or counted up; what has a bound of its own cannot grow."""
    if isinstance(value, ast.Call):
        path = module.resolve(value.func)
        if path == "collections.deque":
            size = value.args[1] if len(value.args) > 1 else keyword(value, "maxlen")
            return size is None or is_literal(size, None)
        if path == "collections.defaultdict" and value.args and isinstance(value.args[0], ast.Lambda):
            made = value.args[0].body
            if isinstance(made, ast.Call) and not is_state(module, made):
                return False
        return path == "itertools.count" or is_mutable(module, value)
    return is_mutable(module, value)


def modules_naming(module: Module, name: str, *, within: Collection[str] | None = None) -> Iterator[Module]:
    """Yield the modules, of some files or of all but tests, that name something; none of a common word."""
    paths = [path for path in shipped(module.project.naming(name)) if within is None or path in within]
    for path in paths if len(paths) <= _FILES else ():
        try:
            yield module.project.module(path)
        except UnreadableSource:
            continue


def shipped(paths: Iterable[str]) -> Iterator[str]:
    """Yield the files that run in production."""
    return (path for path in paths if file_kind(path) in (FileKind.APP, FileKind.SCRIPT))
