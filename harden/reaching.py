"""Which files can know what a module holds by name: told by words alone, before any of them is parsed."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import PurePosixPath

from harden.module import Module
from harden.notes import IMPORTED

_HOMES = 12
"""Modules that pass a name on, each of which may be where a file takes it from."""


def reaching(module: Module, name: str, files: Collection[str]) -> set[str]:
    """Return those of some files that can know a top-level name of a module.

    They name the module, or one that imports the name and so passes it on; or they lie in its package, where
    they need not name it. All of them, where too many modules pass it on.
    """
    project = module.project
    passing = {*project.mentions(name + IMPORTED), *project.mentions("import *")}
    near, homes = {module.path}, [module.path]
    for home in homes:
        path = PurePosixPath(home)
        folder = "" if path.stem != "__init__" else f"{path.parent}/"
        stem = path.parent.name if folder else path.stem
        if not stem or len(homes) > _HOMES:
            return {*files}
        here = {*project.naming(stem)}
        if folder:
            here |= {other for other in (*passing, *files) if other.startswith(folder)}
        near |= here
        homes += sorted((here & passing).difference(homes))
    return near
