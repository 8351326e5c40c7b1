"""How a project's files are imported: the dotted name of each, and the file that an import means."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import cached_property
from posixpath import basename, dirname


class Layout:
    """The import names of Python files, told from their places alone.

    `is_imported` tells whether any file imports this top-level name, `imports_itself` whether a file
    imports the library that it is named after. Both are asked only where the places leave it open.
    """

    def __init__(
        self,
        paths: Iterable[str],
        is_imported: Callable[[str], bool],
        imports_itself: Callable[[str, str], bool],
    ) -> None:
        self._files = frozenset(path for path in paths if path.endswith(".py"))
        self._is_imported = is_imported
        self._imports_itself = imports_itself
        self._packages = frozenset(dirname(path) for path in self._files if basename(path) == "__init__.py")
        self._folders = frozenset(folder for path in self._files for folder in _above(dirname(path)))
        self._found: dict[tuple[str, str], str] = {}
        self._split: dict[str, tuple[str, str]] = {}

    @cached_property
    def names(self) -> dict[str, str]:
        """Return the path of every file by its name; of several with one name the first has it."""
        found: dict[str, str] = {}
        for path in sorted(self._files):
            possible = (self._short_name(path), _dotted(path), path)
            found[next(name for name in possible if name not in found)] = path
        return found

    @cached_property
    def _by_path(self) -> dict[str, str]:
        return {path: name for name, path in self.names.items()}

    def name_of(self, path: str) -> str:
        """Return the dotted name that the project imports a file by."""
        return self._by_path.get(path) or self._short_name(path)

    def _short_name(self, path: str) -> str:
        root = self._root_of(dirname(path))
        return _dotted(path[len(root) + 1 if root else 0 :])

    def _root_of(self, folder: str) -> str:
        """Return the folder from which a file in `folder` is imported."""
        while folder in self._packages or folder not in self._roots:
            if not folder:
                break
            folder = dirname(folder)
        return folder

    @cached_property
    def _roots(self) -> frozenset[str]:
        """Return where top-level packages lie, and `src`; not a folder that is itself imported by name."""
        around = {dirname(package) for package in self._packages} - self._packages
        around |= {folder for folder in self._folders if basename(folder) == "src"} - self._packages
        return frozenset({""} | {folder for folder in around if not self._is_imported(basename(folder))})

    @cached_property
    def _heads(self) -> frozenset[str]:
        stems = {basename(path)[:-3] for path in self._files}
        return frozenset(stems | {basename(folder) for folder in self._folders})

    def split(self, path: str) -> tuple[str, str]:
        """Return the module of the project that a dotted path begins with, and the rest of the path."""
        known = self._split.get(path)
        if known is None:
            known = "", path
            parts = path.split(".")
            for cut in range(len(parts), 0, -1):
                name = ".".join(parts[:cut])
                if name in self.names:
                    known = name, ".".join(parts[cut:])
                    break
            self._split[path] = known
        return known

    def located(self, module: str, importer: str) -> str:
        """Return the project's own name of what a file imports as `module`; other names as they are."""
        if not module or module.partition(".")[0] not in self._heads:
            return module
        key = (module, dirname(importer))
        path = self._found.get(key)
        if path is None:
            path = self._found[key] = self._search(module, dirname(importer))
        return module if path in ("", importer) else self.name_of(path)

    def _search(self, module: str, folder: str) -> str:
        """Return the file that an import means: from its own root, from its folder, from other roots."""
        inside, own = module.replace(".", "/"), self._root_of(folder)
        beside = [above for above in _above(folder) if above not in self._packages]
        for base in dict.fromkeys((own, *beside, "")):
            place = f"{base}/{inside}" if base else inside
            if f"{place}/__init__.py" in self._files:
                return f"{place}/__init__.py"
            file = f"{place}.py"
            if file in self._files and not ("." not in module and self._imports_itself(file, module)):
                return file
            if place in self._folders and base in (own, ""):
                return f"{place}/__init__.py"
        top = inside.partition("/")[0]
        for base in sorted(self._roots - {""}):
            if f"{base}/{top}" in self._packages:
                candidates = [f"{base}/{inside}.py", f"{base}/{inside}/__init__.py"]
                return next((file for file in candidates if file in self._files), "")
        return ""


def _dotted(path: str) -> str:
    return path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def _above(folder: str) -> Iterator[str]:
    """Yield a folder and those above it, innermost first, the root of the repository last."""
    while folder:
        yield folder
        folder = dirname(folder)
    yield ""
