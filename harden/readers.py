"""What a project reads its environment with: environs, django-environ, decouple, starlette, dynaconf."""

from __future__ import annotations

import ast
from dataclasses import dataclass, replace
from pathlib import PurePosixPath

from harden.errors import UnreadableSource
from harden.module import Module, is_literal, keyword
from harden.project import Project
from harden.roles import FileKind, file_kind

READERS = {
    "environs.Env": "environs",
    "environs.env": "environs",
    "environ.Env": "environ",
    "environ.environ.Env": "environ",
    "decouple.config": "decouple",
    "decouple.AutoConfig": "decouple",
    "decouple.Config": "decouple",
    "starlette.config.Config": "starlette",
}
"""What is called with the name of a variable, and the library whose ways it has."""
_DYNACONF = ("dynaconf.Dynaconf", "dynaconf.LazySettings", "dynaconf.settings")
_READY = ("decouple.config", "environs.env", "dynaconf.settings")
"""Readers that need no instance of one's own."""
_PACKAGES = frozenset({"decouple", "dynaconf", "environ", "environs"})


@dataclass(frozen=True, slots=True)
class Reader:
    """A reader of the environment: `name` as bound in `module`.

    `prefix` is what it puts in front of every variable's name.
    """

    kind: str
    name: str
    module: str = ""
    prefix: str = ""


def reader_bound(module: Module, name: str, depth: int = 5) -> Reader | None:
    """Return the reader that a top-level name of a module stands for; a reader's class is none."""
    at = module.names.scopes[module.tree].bindings[name][-1]
    path = module.names.binding_path(at, name) or ""
    kind = READERS.get(path) or ("dynaconf" if path in _DYNACONF else "")
    statement = module.parents.get(at)
    if kind and isinstance(at, ast.alias) and isinstance(statement, ast.ImportFrom):
        origin = module.names.absolute(statement)
        if origin not in module.project.names:
            return Reader(kind, name, origin, _prefix(kind, None)) if path in _READY else None
        found = _reader_in(module.project, origin, at.name, depth - 1) if depth else None
        return replace(found, name=name) if found is not None else None
    if kind and isinstance(at, ast.Name) and isinstance(statement, ast.Assign | ast.AnnAssign):
        if _is_read(module, name, statement.value, depth):
            return None
        return Reader(kind, name, module.name, _prefix(kind, statement.value))
    return None


def _is_read(module: Module, name: str, value: ast.expr | None, depth: int) -> bool:
    """Tell whether what a name is given was read by a reader: `URL = config("URL")`."""
    match value:
        case ast.Call(func=ast.Name(id=called)) if called != name and depth:
            bound = module.names.scopes[module.tree].bindings
            return called in bound and reader_bound(module, called, depth - 1) is not None
    return False


def shared_reader(module: Module) -> Reader | None:
    """Return the reader that the other files of the same program share, if there is one."""
    project = module.project
    for package in sorted(_PACKAGES & project.imported):
        for path in project.mentions(f" {package}"):
            if path == module.path or file_kind(path) is not FileKind.APP or not is_beside(module, path):
                continue
            found = _shared_by(project, path)
            if found is not None:
                return found
    return None


def _shared_by(project: Project, path: str) -> Reader | None:
    try:
        other = project.module(path)
    except UnreadableSource:
        return None
    bound = other.names.scopes[other.tree].bindings
    readers = [found for name in bound if name != "*" and (found := reader_bound(other, name)) is not None]
    for reader in readers:
        if reader.module not in project.names:
            ready = next(path for path in _READY if path.startswith(f"{reader.module}."))
            return replace(reader, name=ready.rpartition(".")[2])
        if reader.module == other.name and not imports_own(other) and _is_imported(other, reader.name):
            return reader
    return None


def _reader_in(project: Project, origin: str, name: str, depth: int) -> Reader | None:
    try:
        other = project.module(project.names[origin])
    except UnreadableSource:
        return None
    return reader_bound(other, name, depth) if name in other.names.scopes[other.tree].bindings else None


def is_beside(module: Module, path: str) -> bool:
    """Tell whether a file surely runs with the module: above it, or in the same top-level package."""
    folder = PurePosixPath(path).parent
    if folder in PurePosixPath(module.path).parents:
        return True
    other = module.project.module_name(path)
    return _root(module.path, module.name) == _root(path, other) and _top(module.name) == _top(other)


def _root(path: str, name: str) -> str:
    """Return the folder that a file is imported from."""
    parts = PurePosixPath(path).with_suffix("").parts
    depth = name.count(".") + (2 if parts[-1] == "__init__" else 1)
    return "/".join(parts[: max(0, len(parts) - depth)])


def _top(name: str) -> str:
    return name.partition(".")[0]


def imports_own(module: Module) -> bool:
    """Tell whether a module imports others of the project: importing it could go round in a circle."""
    origins = {module.names.absolute(node) for node in module.nodes(ast.ImportFrom)}
    origins |= {alias.name for node in module.nodes(ast.Import) for alias in node.names}
    return any(_top(origin) in module.project.tops for origin in origins)


def _is_imported(module: Module, name: str) -> bool:
    """Tell whether another file of the project takes this name from the module already."""
    for path in module.project.mentions(f"import {name}"):
        try:
            other = module.project.module(path)
        except UnreadableSource:
            continue
        for node in other.nodes(ast.ImportFrom):
            if other.names.absolute(node) == module.name and any(alias.name == name for alias in node.names):
                return True
    return False


def _prefix(kind: str, made: ast.expr | None) -> str:
    """Return what a reader, made by a call, puts in front of every name."""
    name = {"dynaconf": "envvar_prefix", "starlette": "env_prefix"}.get(kind)
    given = keyword(made, name) if name and isinstance(made, ast.Call) else None
    text = given.value if isinstance(given, ast.Constant) and isinstance(given.value, str) else None
    if kind == "dynaconf":
        return "" if is_literal(given, False) else f"{text or 'DYNACONF'}_".upper()
    return text or ""
