"""Which environment variables a program reads, where, and what it falls back on."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from harden.environment import EnvRead, env_read, is_playground
from harden.errors import UnreadableSource
from harden.module import Module
from harden.project import Project
from harden.readers import is_beside
from harden.roles import FileKind, file_kind

_OFF = frozenset({"", "0", "false", "none", "no", "off"})


@dataclass(frozen=True, slots=True)
class DefaultRead:
    """A read of a variable that may be missing: `default` is what it falls back on, None for nothing."""

    module: Module
    node: ast.expr
    name: str
    default: str | None

    @property
    def means(self) -> str:
        """Return the default, whatever is no, nothing or zero as the same."""
        text = (self.default or "").strip()
        return "" if text.lower() in _OFF else text

    @property
    def place(self) -> str:
        """Return `path:line`."""
        return f"{self.module.path}:{self.node.lineno}"


def reads(module: Module) -> Iterator[tuple[ast.expr, EnvRead]]:
    """Yield every read of the environment in a file, in order."""
    found = [
        (node, read)
        for node in (*module.nodes(ast.Call), *module.nodes(ast.Subscript))
        if (read := env_read(module, node)) is not None
    ]
    yield from sorted(found, key=lambda pair: (pair[0].lineno, pair[0].col_offset))


def default_reads(module: Module, name: str = "") -> Iterator[DefaultRead]:
    """Yield the reads in a file, of one variable or of all, that fall back on a constant or on nothing."""
    for node, read in reads(module):
        if (name and read.name != name) or is_playground(module, node):
            continue
        default = read.default
        if default is None and isinstance(node, ast.Call) and read.through_os:
            yield DefaultRead(module, node, read.name, None)
        elif isinstance(default, ast.Constant):
            text = None if default.value is None else str(default.value)
            yield DefaultRead(module, node, read.name, text)


def elsewhere(module: Module, name: str) -> Iterator[DefaultRead]:
    """Yield the reads of a variable in the other files of the same program."""
    for path in module.project.naming(name):
        if path == module.path or file_kind(path) is not FileKind.APP:
            continue
        other = parsed(module.project, path)
        if other is not None and (is_beside(module, path) or is_beside(other, module.path)):
            yield from default_reads(other, name)


def parsed(project: Project, path: str) -> Module | None:
    """Return a file parsed, None where it cannot be read."""
    try:
        return project.module(path)
    except UnreadableSource:
        return None
