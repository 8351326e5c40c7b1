"""Where a project sets the folder that uploads go to: Flask's configuration, Django's settings."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import PurePosixPath

from harden.checklists.file_writes import METHODS
from harden.checklists.kept_files import kept, setting_of
from harden.checklists.taint import place
from harden.errors import UnreadableSource
from harden.module import Module, keyword
from harden.roles import FileKind, file_kind
from harden.tree import name_of

_FIELDS = ("django.db.models.FileField", "django.db.models.ImageField")
_STORAGES = ("STORAGES", "DEFAULT_FILE_STORAGE", "STORAGE_BACKEND")
_UPDATES = frozenset({"update", "from_mapping"})


def folders_here(module: Module) -> Iterator[tuple[str, ast.AST]]:
    """Yield the settings of a file that may name a folder: what they are called, and where they stand."""
    seen = set[str]()
    for name, node, value in _settings(module):
        if name.isupper() and name not in seen and _is_folder(module, value):
            seen.add(name)
            yield name, node


def _settings(module: Module) -> Iterator[tuple[str, ast.AST, ast.expr]]:
    is_settings = any(word in PurePosixPath(module.path).stem for word in ("config", "settings"))
    for statement in module.nodes(ast.Assign):
        target, parent = statement.targets[0], module.parents.get(statement)
        match target:
            case ast.Subscript(value=ast.Attribute(attr="config"), slice=ast.Constant(value=str() as name)):
                yield name, statement, statement.value
            case ast.Name(id=name) if isinstance(parent, ast.ClassDef):
                yield name, statement, statement.value
            case ast.Name(id=name) if is_settings and isinstance(parent, ast.Module):
                yield name, statement, statement.value
    for call in module.nodes(ast.Call):
        if name_of(call) in _UPDATES and isinstance(call.func, ast.Attribute):
            yield from ((item.arg, item, item.value) for item in call.keywords if item.arg)


def _is_folder(module: Module, value: ast.expr) -> bool:
    if isinstance(value, ast.Constant):
        return isinstance(value.value, str) and not set(value.value) & set(": @?*")
    if isinstance(value, ast.BinOp):
        return isinstance(value.op, ast.Div) and _is_folder(module, value.left)
    path = module.resolve(value) or ""
    return path.startswith(("os.path.", "pathlib.", "builtins.str", "os.getenv", "os.environ"))


def folders(module: Module, name: str) -> Iterator[ast.AST]:
    """Yield where other files of the application set a folder by its name."""
    for other in _others(module, name):
        yield from (node for known, node in folders_here(other) if known == name)


def writes_into(module: Module, name: str) -> Iterator[str]:
    """Yield the places of other files where handlers and tasks leave files in the folder of a setting."""
    for other in _others(module, name):
        for call in other.nodes(ast.Call):
            found = kept(other, call) if name_of(call) in METHODS else None
            if found is not None and setting_of(other, found.write.path) == name:
                yield place(other, call, f"writes {found.what}")


def _others(module: Module, name: str) -> Iterator[Module]:
    for path in module.project.mentions(name):
        if path != module.path and file_kind(path) is FileKind.APP:
            try:
                yield module.project.module(path)
            except UnreadableSource:
                continue


def files_of_models(module: Module) -> bool:
    """Tell whether files of Django's models go to the disk: a field says no storage, and no setting does."""
    project = module.project
    if any(file_kind(path) is FileKind.APP for name in _STORAGES for path in project.mentions(name)):
        return False
    if any(file_kind(path) is FileKind.APP for path in project.mentions("default_storage")):
        return True
    paths = {path for word in ("FileField", "ImageField") for path in project.mentions(word)}
    for path in sorted(paths):
        if file_kind(path) is not FileKind.APP:
            continue
        try:
            other = project.module(path)
        except UnreadableSource:
            continue
        for call in other.nodes(ast.Call):
            is_field = name_of(call) in ("FileField", "ImageField") and other.resolve(call.func) in _FIELDS
            if is_field and keyword(call, "storage") is None:
                return True
    return False
