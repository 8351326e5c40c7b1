"""Calls of a kind that a call leads to: itself, or through functions of the project, several calls deep."""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import dataclass, replace

from harden.called import Called
from harden.calls import callee_of
from harden.checklists.blocked import said, step
from harden.module import Module
from harden.project import Project
from harden.roles import FileKind
from harden.tree import FunctionNode, own_nodes

_DEEPEST = 3
_Place = tuple[str, int, int]
"""Path, line and column of a function: a file may be let go of and parsed anew."""


@dataclass(frozen=True, slots=True)
class Reached:
    """A call that is reached: its path, how it is spelled, and the way to it from the one asked about."""

    path: str
    said: str
    steps: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Body:
    """What a function's body calls: the first call of the kind, and functions of the project."""

    reached: Reached | None
    calls: tuple[tuple[str, _Place], ...] = ()


class Reaching:
    """Looks for calls of one kind: those to which `path_of` gives a path."""

    def __init__(self, path_of: Callable[[Module, ast.Call], str]) -> None:
        self._path_of = path_of

    def of(self, module: Module, call: ast.Call) -> Reached | None:
        """Return what a call leads to, None where that is nothing of the kind."""
        if path := self._path_of(module, call):
            return Reached(path, f"{said(call)}()")
        called = _run_by(module, call)
        if called is None:
            return None
        return self._nearest(module.project, step(module, call), _place(*called))

    def _nearest(self, project: Project, first: str, start: _Place) -> Reached | None:
        """Return the call that is the fewest calls away."""
        ways: dict[_Place, tuple[str, ...]] = {start: (first,)}
        level = [start]
        for _ in range(_DEEPEST):
            following = []
            for place in level:
                body = self._body(project, place)
                if body.reached is not None:
                    return replace(body.reached, steps=(*ways[place], *body.reached.steps))
                for way, called in body.calls:
                    if called not in ways:
                        ways[called] = (*ways[place], way)
                        following.append(called)
            level = following
        return None

    def _body(self, project: Project, place: _Place) -> _Body:
        """Return what a function calls; each body is read once, whoever asks."""
        module = project.module(place[0])
        return module.once((self, place), lambda: self._read(module, _at(module, place)))

    def _read(self, module: Module, function: FunctionNode) -> _Body:
        calls = [node for node in own_nodes(function) if isinstance(node, ast.Call)]
        for call in calls:
            if path := self._path_of(module, call):
                return _Body(Reached(path, f"{said(call)}()", (step(module, call),)))
        ways: dict[_Place, str] = {}
        for call in calls:
            if (called := _run_by(module, call)) is not None:
                ways.setdefault(_place(*called), step(module, call))
        return _Body(None, tuple((way, called) for called, way in ways.items()))


def _at(module: Module, place: _Place) -> FunctionNode:
    functions: list[FunctionNode] = [*module.nodes(ast.FunctionDef), *module.nodes(ast.AsyncFunctionDef)]
    return next(node for node in functions if _place(module, node) == place)


def _run_by(module: Module, call: ast.Call) -> Called | None:
    """Return the function of the project that a call runs to its end before the caller goes on."""
    called = callee_of(module, call)
    if called is None or called[0].kind is FileKind.TEST:
        return None
    return called if _waits(module, call, called) else None


def _place(module: Module, function: FunctionNode) -> _Place:
    return module.path, function.lineno, function.col_offset


def _waits(module: Module, call: ast.Call, called: Called) -> bool:
    """Tell whether who calls a function waits until it has run: a coroutine has to be awaited."""
    if not isinstance(called[1], ast.AsyncFunctionDef):
        return True
    for outer in module.ancestors(call):
        if isinstance(outer, ast.Await | ast.AsyncWith | ast.AsyncFor):
            return True
        if isinstance(outer, ast.stmt | ast.Lambda):
            return False
    return False
