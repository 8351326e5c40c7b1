"""The repository as a whole: its files, its module names, and what its modules export."""

from __future__ import annotations

import ast
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING
from weakref import WeakValueDictionary

from harden.errors import UnreadableSource
from harden.files import Files, imports_in
from harden.following import follow, inherited, unmarked
from harden.layout import Layout
from harden.module import Known, Module
from harden.notes import BOUND, MODULE, ROUTES, digest_of
from harden.tree import FunctionNode

if TYPE_CHECKING:
    from harden.evidence import EvidenceLine
    from harden.routes import Routes

_KEPT_SOURCE = 2_000_000
"""Characters of source whose modules are kept parsed (50,000 lines, 95 MB)."""


@dataclass(frozen=True, slots=True)
class Exports:
    """What a module's top-level names stand for, and the bases of its classes, as it tells them itself."""

    names: dict[str, str]
    bases: dict[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Followed:
    """What a dotted path stands for, and what was looked at to tell."""

    path: str
    looks: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Above:
    """Classes and their bases, and what was looked at to tell."""

    paths: tuple[str, ...]
    looks: frozenset[str]


class Project(Files):
    """The files of a repository with its module names, and what its modules export."""

    def __init__(self, root: Path, paths: tuple[str, ...], overlay: dict[str, bytes] | None = None) -> None:
        super().__init__(root, paths, overlay)
        self.evidence: dict[str, tuple[EvidenceLine, ...]] = {}
        self._modules: OrderedDict[str, Module] = OrderedDict()
        self._kept = 0
        self._alive: WeakValueDictionary[str, Module] = WeakValueDictionary()
        self._parsed: dict[str, Module] = {}
        self._broken: dict[str, tuple[bytes, UnreadableSource]] = {}
        self._exports: dict[str, Exports | None] = {}
        self._bound: dict[str, tuple[frozenset[str], tuple[str, ...]]] = {}
        self._canonical: dict[str, Followed] = {}
        self._above: dict[tuple[str, ...], Above] = {}
        self._worked_out: dict[tuple[object, str], object] = {}

    def seen_from(self, path: str) -> Project:
        """Return the project as one of its files sees it."""
        from harden.view import View

        return View(self, self.notes.looks.setdefault(path, set()))

    @cached_property
    def routes(self) -> Routes:
        """Return the routes that the project makes by name."""
        from harden.routes import Routes

        return Routes(self.seen_from(ROUTES))

    def handlers_in(self, module: str) -> frozenset[str]:
        """Return the qualified names of a module's functions and classes that any file gives to a route."""
        return self.routes.handlers.get(module, frozenset())

    def pinned(self) -> Project:
        """Return the project read afresh, and each file only once: what is decided on is what is compared."""
        other = self.renewed(self.paths)
        other._read = {}
        return other

    def renewed(self, paths: tuple[str, ...]) -> Project:
        """Return the project as it is now; what is known of it stays known if no file has changed since."""
        other = Project(self.root, paths, self.overlay)
        if paths == self.paths and self._is_as_read:
            known = {name: value for name, value in self.__dict__.items() if name not in ("overlay", "_read")}
            other.__dict__.update(known)
        return other

    def with_files(self, overlay: dict[str, bytes]) -> Project:
        """Return the project as it would be with these files replaced or added."""
        paths = tuple(sorted({*self.paths, *overlay}))
        other = Project(self.root, paths, {**self.overlay, **overlay})
        other._read, other._stamps = self._read, self._stamps
        if paths == self.paths:
            other.__dict__["layout"] = self.layout
            changed = {self.module_name(path) for path in overlay}
            other._exports = {name: known for name, known in self._exports.items() if name not in changed}
            other._bound = {name: known for name, known in self._bound.items() if name not in changed}
            parsed = OrderedDict(
                (at, module) for at, module in (self._parsed | self._modules).items() if at not in overlay
            )
            _drop_oldest(parsed, sum(len(module.text) for module in parsed.values()))
            other._parsed = dict(parsed)
        routing = self.notes.looks.get(ROUTES, set())
        if "routes" in self.__dict__ and routing.isdisjoint(MODULE + path for path in overlay):
            other.__dict__["routes"] = self.routes
        if "imported" in self.__dict__:  # edits add imports; that one goes now and then does no harm
            other.__dict__["imported"] = self.imported.union(*map(imports_in, overlay.values()))
        return other

    def module(self, path: str) -> Module:
        """Return a parsed Python file. Raises UnreadableSource."""
        known = self._modules.get(path)
        if known is None and (alive := self._alive.get(path)) is not None:  # somebody holds it still
            self._keep(path, alive)
            known = alive
        parsed = known or self._parsed.get(path)
        if parsed is not None and self._read is not None and not parsed.is_of(self.read(path)):
            known = parsed = None  # saved a moment ago
        if known is None:
            known = self._parse(path) if parsed is None else parsed.within(self.seen_from(path))
            self._keep(path, known)
        else:
            self._modules.move_to_end(path)
        return known

    def _keep(self, path: str, module: Module) -> None:
        before = self._modules.pop(path, None)
        self._modules[path] = self._alive[path] = module
        self._kept += len(module.text) - (len(before.text) if before else 0)
        self._kept = _drop_oldest(self._modules, self._kept)

    def rests_on(self, paths: Iterable[str]) -> None:
        """Take note that an answer rests on what modules say that were read before."""

    def worked_out(self, path: str, key: object, make: Callable[[Module], Known]) -> Known:
        """Return what `make` works out of a file, once however often it is parsed; it must hold no module.

        Raises UnreadableSource.
        """
        if (key, path) not in self._worked_out:
            self._worked_out[key, path] = make(self.module(path))
        return self._worked_out[key, path]  # type: ignore[return-value]

    def _parse(self, path: str) -> Module:
        data = self.read(path)
        if (broken := self._broken.get(path)) is not None and broken[0] == data:
            raise broken[1]
        try:
            return Module(path, data, self.seen_from(path))
        except UnreadableSource as error:
            self._broken[path] = data, error
            raise

    def module_name(self, path: str) -> str:
        """Return the dotted name that the project imports a file by."""
        return self.layout.name_of(path)

    @cached_property
    def layout(self) -> Layout:
        """Return how the project's files are imported."""
        return Layout(self.paths, lambda name: name in self.imported, self._imports_itself)

    def _imports_itself(self, path: str, name: str) -> bool:
        return name in imports_in(self._bytes(path))

    def located(self, module: str, importer: str) -> str:
        """Return the project's own name of a module that the file `importer` imports; others as they are."""
        return self.layout.located(module, importer)

    @property
    def names(self) -> dict[str, str]:
        """Return the path of every Python file by its dotted module name."""
        return self.layout.names

    @cached_property
    def tops(self) -> frozenset[str]:
        """Return the first parts of all names of the project's modules."""
        return frozenset(name.partition(".")[0] for name in self.names)

    def owns(self, path: str) -> bool:
        """Tell whether a dotted path begins with one of the project's own modules."""
        return path.partition(".")[0] in self.tops

    def canonical(self, path: str) -> str:
        """Follow a dotted path through the project's own modules to what it stands for."""
        return self.followed(path).path if self.owns(path) else unmarked(path)

    def followed(self, path: str) -> Followed:
        """Follow a dotted path that begins with a module of the project, and tell what was looked at."""
        known = self._canonical.get(path)
        if known is None:
            from harden.view import View

            looks: set[str] = set()
            end = follow(View(self, looks), path)
            known = self._canonical[path] = Followed(end, frozenset(looks))
        return known

    def inherited(self, path: str) -> tuple[str, ...]:
        """Return what a path into one of the project's classes is in the libraries it is derived from."""
        return inherited(self, path) if self.owns(path) else ()

    def starred(self, module: str, name: str) -> str | None:
        """Return where a module's star imports take a name from, if it does not define that itself."""
        defined, stars = self._top_level(module)
        if name in defined:
            return None
        known = {origin: self.defines(origin, name) for origin in stars}
        own = next((origin for origin, is_known in known.items() if is_known), None)
        others = [origin for origin, is_known in known.items() if is_known is None]
        origin = own or (others[0] if len(others) == 1 else None)
        return f"{origin}.{name}" if origin else None

    def defines(self, module: str, name: str) -> bool | None:
        """Tell whether a module of the project defines a name or stars it in; None for other modules."""
        if module not in self.names:
            return None
        todo, seen = [module], {module}
        while todo:
            defined, stars = self._top_level(todo.pop())
            if name in defined:
                return True
            todo += [star for star in stars if star in self.names and star not in seen]
            seen.update(stars)
        return False

    def told(self, look: str) -> str:
        """Return a look at top-level names or at routes, once what it saw is noted."""
        if look not in self.notes.told:
            self.notes.told[look] = self.seen(look)
        return look

    def seen(self, look: str) -> str:
        """Return a digest of what a look at a file's top-level names, or at a module's routes, sees now."""
        if look.startswith(ROUTES):
            return digest_of(repr(sorted(self.handlers_in(look[1:]))).encode("utf-8", "surrogatepass"))
        name = self.module_name(look[1:])
        if look.startswith(BOUND):
            bound, stars = self._top_level(name)
            return digest_of(repr((sorted(bound), stars)).encode("utf-8", "surrogatepass"))
        exports = self.exports(name)
        told = exports and (sorted(exports.names.items()), sorted(exports.bases.items()))
        return digest_of(repr(told).encode("utf-8", "surrogatepass"))

    def _top_level(self, name: str) -> tuple[frozenset[str], tuple[str, ...]]:
        """Return the names bound at the top level of a module, and the modules that it stars in."""
        if name not in self._bound:
            try:
                names = self.module(self.names[name]).names
            except UnreadableSource:
                self._bound[name] = frozenset(), ()
            else:
                self._bound[name] = frozenset(names.scopes[names.tree].bindings) - {"*"}, names.stars
        return self._bound[name]

    def ancestry(self, bases: tuple[str, ...]) -> tuple[str, ...]:
        """Return `bases` and the bases of those that are the project's own classes, nearest first."""
        return self.above(bases).paths if any(map(self.owns, bases)) else tuple(dict.fromkeys(bases))

    def above(self, bases: tuple[str, ...]) -> Above:
        """Return what stands above some classes, and what was looked at to tell."""
        known = self._above.get(bases)
        if known is None:
            from harden.view import View

            looks: set[str] = set()
            known = self._above[bases] = Above(View(self, looks)._climbed(bases), frozenset(looks))
        return known

    def _climbed(self, bases: tuple[str, ...]) -> tuple[str, ...]:
        found: list[str] = []
        todo = list(bases)
        while todo and len(found) < 100:
            base = todo.pop(0)
            if base in found:
                continue
            found.append(base)
            if self.owns(base):
                module, rest = self.split(base)
                exports = self.exports(module) if module else None
                todo += map(self.canonical, exports.bases.get(rest, ())) if exports else ()
        return tuple(found)

    def class_of(self, path: str) -> tuple[Module, ast.ClassDef] | None:
        """Return the module and definition of one of the project's own classes, by its dotted path."""
        source, node = self._definition(path) or (None, None)
        return (source, node) if source is not None and isinstance(node, ast.ClassDef) else None

    def function_of(self, path: str) -> tuple[Module, FunctionNode] | None:
        """Return the module and definition of one of the project's own functions, by its dotted path."""
        source, node = self._definition(path) or (None, None)
        return (source, node) if source is not None and isinstance(node, FunctionNode) else None

    def _definition(self, path: str) -> tuple[Module, ast.AST | None] | None:
        module, rest = self.split(path)
        if not module or not rest:
            return None
        try:
            source = self.module(self.names[module])
        except UnreadableSource:
            return None
        return source, source.names.definitions.get(rest)

    def split(self, path: str) -> tuple[str, str]:
        """Return the module of the project that a dotted path begins with, and the rest of the path."""
        return self.layout.split(path)

    def exports(self, name: str) -> Exports | None:
        """Return what the module `name` exports, or None when it cannot be read."""
        if name not in self._exports:
            try:
                self._exports[name] = _exports(self.module(self.names[name]))
            except UnreadableSource:
                self._exports[name] = None
        return self._exports[name]


def _drop_oldest(modules: OrderedDict[str, Module], size: int) -> int:
    """Let go of the modules used longest ago until the rest is small enough; return its characters."""
    while size > _KEPT_SOURCE and len(modules) > 1:
        _, oldest = modules.popitem(last=False)
        oldest.forget()
        size -= len(oldest.text)
    return size


def _exports(module: Module) -> Exports:
    """Read what a module says of itself; nothing is followed into others, so that cycles do no harm."""
    names = module.names
    top_level = names.scopes[module.tree].bindings
    paths = {name: names.exported(name) for name in top_level if name != "*"}
    return Exports(
        names={name: path for name, path in paths.items() if path and path != f"{module.name}.{name}"},
        bases={
            module.qualname(node): tuple(filter(None, map(names.local, node.bases)))
            for node in module.nodes(ast.ClassDef)
        },
    )
