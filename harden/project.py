"""The repository as a whole: its files, its module names, and what its modules export."""

from __future__ import annotations

import ast
import re
from collections import OrderedDict
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath

from harden.errors import UnreadableSource
from harden.module import Module, TextFile
from harden.names import FunctionNode
from harden.roles import FileKind, file_kind

_KEPT_MODULES = 256
"""Parsed modules kept at once; enough for small projects to be parsed once, bounded for large ones."""
_IMPORTED = re.compile(rb"^[ \t]*(?:import|from)[ \t]+(\w+)", re.MULTILINE)
_ROOTS = ("src", "lib", "backend", "app", "api", "server", "service")


@dataclass(frozen=True, slots=True)
class Exports:
    """What a module's top-level names stand for, and the bases of its classes."""

    names: dict[str, str]
    bases: dict[str, tuple[str, ...]]


class Project:
    """Every file of a repository by its POSIX path relative to `root`.

    `overlay` replaces the content of files: an edit that is being tried out before it is written.
    """

    def __init__(self, root: Path, paths: tuple[str, ...], overlay: dict[str, bytes] | None = None) -> None:
        self.root = root
        self.paths = paths
        self.overlay = overlay or {}
        self._modules: OrderedDict[str, Module] = OrderedDict()
        self._exports: dict[str, Exports | None] = {}
        self._following: set[str] = set()
        self._canonical: dict[str, str] = {}
        self._mentions: dict[str, tuple[str, ...]] = {}

    def with_files(self, overlay: dict[str, bytes]) -> Project:
        """Return the project as it would be with these files replaced or added."""
        paths = tuple(sorted({*self.paths, *overlay}))
        other = Project(self.root, paths, {**self.overlay, **overlay})
        if paths == self.paths:
            other.__dict__["names"] = self.names
        if "imported" in self.__dict__:  # edits add imports; that one goes now and then does no harm
            added = [
                name.decode("ascii", "replace") for d in overlay.values() for name in _IMPORTED.findall(d)
            ]
            other.__dict__["imported"] = self.imported.union(added)
        return other

    def read(self, path: str) -> bytes:
        """Return the bytes of a file. Raises UnreadableSource."""
        if path in self.overlay:
            return self.overlay[path]
        try:
            return (self.root / path).read_bytes()
        except OSError as error:
            raise UnreadableSource(path, f"cannot be read: {error.strerror or error}") from None

    def exists(self, path: str) -> bool:
        """Tell whether a file is there, tracked or not."""
        return path in self.overlay or (self.root / path).is_file()

    def module(self, path: str) -> Module:
        """Return a parsed Python file. Raises UnreadableSource."""
        known = self._modules.get(path)
        if known is None:
            known = self._modules[path] = Module(path, self.read(path), self)
            if len(self._modules) > _KEPT_MODULES:
                self._modules.popitem(last=False)
        return known

    @cached_property
    def imported(self) -> frozenset[str]:
        """Return the top-level packages that the project's Python files, tests aside, seem to import."""
        return frozenset(
            name.decode("ascii", "replace")
            for path in self.paths
            if path.endswith(".py") and file_kind(path) is not FileKind.TEST and self._readable(path)
            for name in _IMPORTED.findall(self.read(path))
        )

    def _readable(self, path: str) -> bool:
        return path in self.overlay or (self.root / path).is_file()

    def mentions(self, word: str) -> tuple[str, ...]:
        """Return the paths of the Python files whose text contains `word`."""
        if word not in self._mentions:
            data = word.encode()
            self._mentions[word] = tuple(
                path for path in self.paths if path.endswith(".py") and data in self._bytes(path)
            )
        return self._mentions[word]

    def _bytes(self, path: str) -> bytes:
        try:
            return self.read(path)
        except UnreadableSource:
            return b""

    def text(self, path: str) -> str:
        """Return what a file says, whatever its encoding; nothing where it cannot be read."""
        return self._bytes(path).decode(errors="replace")

    def text_file(self, path: str) -> TextFile:
        """Return a file that is not Python. Raises UnreadableSource."""
        return TextFile(path, self.read(path))

    def module_name(self, path: str) -> str:
        """Return the dotted name that the project imports a file by."""
        pure = PurePosixPath(path)
        parts = list(pure.with_suffix("").parts)
        while len(parts) > 1 and self._is_root(path, parts):
            parts = parts[1:]
            path = path.partition("/")[2]
        if parts[-1] == "__init__" and len(parts) > 1:
            parts = parts[:-1]
        return ".".join(parts)

    def _is_root(self, path: str, parts: list[str]) -> bool:
        full = [full for full in self._packages if full.endswith("/".join(parts[:-1]))]
        return not full and parts[0] not in self._top_packages

    @cached_property
    def _packages(self) -> frozenset[str]:
        return frozenset(str(PurePosixPath(p).parent) for p in self.paths if p.endswith("/__init__.py"))

    @cached_property
    def _top_packages(self) -> frozenset[str]:
        return frozenset(package.partition("/")[0] for package in self._packages)

    @cached_property
    def names(self) -> dict[str, str]:
        """Return the path of every Python file by its dotted module name."""
        return {self.module_name(path): path for path in self.paths if path.endswith(".py")}

    @cached_property
    def _tops(self) -> frozenset[str]:
        return frozenset(name.partition(".")[0] for name in self.names)

    def canonical(self, path: str) -> str:
        """Follow a dotted path through the project's own modules to what it stands for."""
        if path.partition(".")[0] not in self._tops:
            return path
        known = self._canonical.get(path)
        if known is None:
            known = self._follow(path)
            if not self._following:  # inside an import cycle the answer is not the last word
                self._canonical[path] = known
        return known

    def _follow(self, path: str) -> str:
        seen = {path}
        while path.partition(".")[0] in self._tops:
            module, rest = self._split(path)
            if not module or not rest:
                return path
            exports = self.exports(module)
            head, dot, tail = rest.partition(".")
            bare = head.rstrip("[]")
            target = exports.names.get(bare) if exports else None
            if target is None or target + head[len(bare) :] + dot + tail in seen:
                return path
            path = target + head[len(bare) :] + dot + tail
            seen.add(path)
        return path

    def ancestry(self, bases: tuple[str, ...]) -> tuple[str, ...]:
        """Return `bases` and the bases of those that are the project's own classes, nearest first."""
        found: list[str] = []
        todo = list(bases)
        while todo and len(found) < 100:
            base = todo.pop(0)
            if base in found:
                continue
            found.append(base)
            if base.partition(".")[0] in self._tops:
                module, rest = self._split(base)
                exports = self.exports(module) if module else None
                todo += exports.bases.get(rest, ()) if exports else ()
        return tuple(found)

    def class_of(self, path: str) -> tuple[Module, ast.ClassDef] | None:
        """Return the module and definition of one of the project's own classes, by its dotted path."""
        module, rest = self._split(path)
        if not module or not rest:
            return None
        try:
            source = self.module(self.names[module])
        except UnreadableSource:
            return None
        for node in source.nodes(ast.ClassDef):
            if source.qualname(node) == rest:
                return source, node
        return None

    def function_of(self, path: str) -> tuple[Module, FunctionNode] | None:
        """Return the module and definition of one of the project's own functions, by its dotted path."""
        module, rest = self._split(path)
        if not module or not rest:
            return None
        try:
            source = self.module(self.names[module])
        except UnreadableSource:
            return None
        functions: list[FunctionNode] = [*source.nodes(ast.FunctionDef), *source.nodes(ast.AsyncFunctionDef)]
        return next(((source, node) for node in functions if source.qualname(node) == rest), None)

    def _split(self, path: str) -> tuple[str, str]:
        parts = path.split(".")
        for cut in range(len(parts), 0, -1):
            name = ".".join(parts[:cut])
            if name in self.names:
                return name, ".".join(parts[cut:])
        return "", path

    def exports(self, name: str) -> Exports | None:
        """Return what the module `name` exports, or None when it cannot be read or is being followed."""
        if name not in self._exports:
            if name in self._following:
                return None
            self._following.add(name)
            try:
                self._exports[name] = _exports(self.module(self.names[name]))
            except UnreadableSource:
                self._exports[name] = None
            finally:
                self._following.discard(name)
        return self._exports[name]


def _exports(module: Module) -> Exports:
    scope = module.names.scopes[module.tree]
    names: dict[str, str] = {}
    for name, bound in scope.bindings.items():
        path = module.names.binding_path(bound[-1], name)
        if path is None and len(bound) > 1:
            path = module.names.binding_path(bound[0], name)
        if path is not None and path != f"{module.name}.{name}":
            names[name] = path
    bases = {
        module.qualname(node): tuple(filter(None, map(module.resolve, node.bases)))
        for node in module.nodes(ast.ClassDef)
    }
    for node in module.nodes(ast.ImportFrom):
        if any(alias.name == "*" for alias in node.names):
            starred = (
                module.project.exports(origin)
                if (origin := module.names.absolute(node)) in module.project.names
                else None
            )
            for name, path in starred.names.items() if starred else ():
                names.setdefault(name, path)
    return Exports(names, bases)
