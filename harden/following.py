"""Follow a dotted path through the project's own modules, functions and classes to what it stands for.

Within the engine a path may say that something of the project is called (`app.clients.make().get`) or
entered (`.__enter__()`): here it is told what comes of it. Such marks never leave `canonical`.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from harden.errors import UnreadableSource
from harden.names import CALLED, ENTERED
from harden.tree import FunctionNode

if TYPE_CHECKING:
    from harden.names import Names
    from harden.project import Project

_LONGEST = 50
"""Names that are followed from one to the next before it is taken for a circle."""


def follow(project: Project, path: str) -> str:
    """Return what a path that begins with a module of the project stands for, without marks."""
    seen, start = {path}, path
    while project.owns(path):
        step = _step(project, path)
        if step is None or step in seen:
            break
        if len(seen) > _LONGEST:  # a name that stands for something within itself
            return unmarked(start)
        seen.add(step)
        path = step
    return unmarked(path)


def unmarked(path: str) -> str:
    """Return a path without its marks of calls."""
    return path.replace(ENTERED, "").replace(CALLED, "") if CALLED in path else path


def _step(project: Project, path: str) -> str | None:
    """Return where a path leads to next, or None where it ends."""
    module, rest = project.split(path)
    exports = project.exports(module) if module and rest else None
    if exports is None:
        return None
    head, dot, tail = rest.partition(".")
    bare, suffix = _parts(head)
    target = exports.names.get(bare) or project.starred(module, bare)
    if target is not None:
        return f"{target}{suffix}{dot}{tail}"
    if not (dot or suffix):
        return None
    try:
        names = project.module(project.names[module]).names
    except UnreadableSource:
        return None
    return _inside(project, names, rest.split("."))


def _inside(project: Project, names: Names, parts: list[str]) -> str | None:
    """Take a path apart that begins with a function or class of a module."""
    owner, is_class, is_made = "", False, False
    for at, part in enumerate(parts):
        bare, suffix = _parts(part)
        after = "".join(f".{later}" for later in parts[at + 1 :])
        qualname = f"{owner}.{bare}" if owner else bare
        node = names.definitions.get(qualname)
        if is_class and f"{bare}{suffix}" == ENTERED[1:]:
            return _entered(project, names, owner, after)
        if isinstance(node, ast.ClassDef):
            suffix = suffix.removeprefix("[]")
            is_class, is_made = True, suffix.startswith(CALLED)
            if (called := suffix.removeprefix(CALLED)) and is_made:
                after = f".__call__{called}{after}" if called.startswith(CALLED) else ""
                return f"{names.module}.{qualname}{CALLED}{after}" if after else None
        elif isinstance(node, FunctionNode):
            is_property = is_class and names.is_property(node)
            if is_property or suffix.startswith(CALLED):
                given = names.returned(node)
                if names.yields(node):
                    after = after.removeprefix(ENTERED)
                return f"{given}{suffix if is_property else suffix[len(CALLED) :]}{after}" if given else None
            is_class = False
        elif is_class:
            held = names.held_path(owner, bare) if is_made or not _is_foreign(project, names, owner) else None
            if held is not None:
                return f"{held}{suffix}{after}"
            return _inherited(project, names, owner, is_made, f"{part}{after}")
        else:
            return None
        owner = qualname
    return None


def _entered(project: Project, names: Names, owner: str, after: str) -> str:
    """Return what `with` binds where an instance of a class is entered: mostly that instance."""
    method = names.definitions.get(f"{owner}.__enter__") or names.definitions.get(f"{owner}.__aenter__")
    given = names.returned(method) if isinstance(method, FunctionNode) else None
    if method is None:
        given = _inherited(project, names, owner, True, ENTERED[1:])
    return f"{given or f'{names.module}.{owner}{CALLED}'}{after}"


def _inherited(project: Project, names: Names, owner: str, is_made: bool, rest: str) -> str | None:
    """Return the path by which a base class of the project has what a class does not say itself."""
    exports = project.exports(names.module)
    bases = exports.bases.get(owner, ()) if exports is not None else ()
    name = _parts(rest.partition(".")[0])[0]
    for base in project.ancestry(tuple(map(project.canonical, bases))):
        found = project.class_of(base)
        if found is None:
            continue
        other, node = found
        qualname = other.qualname(node)
        method = other.names.definitions.get(f"{qualname}.{name}")
        if method is None and not other.names.holds(qualname, name):
            continue
        head, dot, tail = rest.partition(".")
        given = other.names.returned(method) if isinstance(method, FunctionNode) and is_made else None
        if given == f"{base}{CALLED}" and head.endswith(CALLED):  # `return self` is of the class itself
            return f"{names.module}.{owner}{CALLED}{dot}{tail}"
        return f"{base}{CALLED if is_made else ''}.{rest}"
    return None


def inherited(project: Project, path: str) -> tuple[str, ...]:
    """Return what a path into a class of the project is in the libraries that the class is derived from.

    Nothing where the classes of the project say it themselves, or change how the library behaves.
    """
    module, rest = project.split(path)
    exports = project.exports(module) if module and rest else None
    if exports is None or not exports.bases:
        return ()
    owner, _, name = rest.partition(".")
    while f"{owner}.{name.partition('.')[0]}" in exports.bases and name:
        inner, _, name = name.partition(".")
        owner = f"{owner}.{inner}"
    if not exports.bases.get(owner):
        return ()
    foreign = []
    said = (name.partition(".")[0],) if name else ("__init__", "__new__")  # a class is called to make one
    for base in project.ancestry((f"{module}.{owner}",)):
        found = project.class_of(base)
        if found is None:
            foreign.append(base)
        elif any(_says(found[0].names, found[1], own) for own in said):
            return ()
    return tuple(f"{base}.{name}" if name else base for base in foreign if not base.startswith("builtins."))


def _says(names: Names, node: ast.ClassDef, name: str) -> bool:
    """Tell whether a class has a method or attribute of its own, or goes through `super()` anywhere."""
    qualname = names.qualname(node)
    is_own = f"{qualname}.{name}" in names.definitions or names.holds(qualname, name)
    return is_own or node in names.going_through_super


def _is_foreign(project: Project, names: Names, owner: str) -> bool:
    """Tell whether a class gets its meaning from a library: a model's attributes are more than values."""
    exports = project.exports(names.module)
    bases = exports.bases.get(owner, ()) if exports is not None else ()
    node = names.definitions[owner]
    if not isinstance(node, ast.ClassDef) or len(bases) < len(node.bases):
        return True
    known = project.ancestry(tuple(map(project.canonical, bases)))
    return any(base != "builtins.object" and project.class_of(base) is None for base in known)


def _parts(name: str) -> tuple[str, str]:
    """Return a name, and what is done with it: `[]` for a subscript, `()` for a call."""
    bare = name.rstrip("[]()")
    return bare, name[len(bare) :]
