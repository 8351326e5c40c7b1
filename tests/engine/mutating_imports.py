"""Mutations of how a name is imported: by another name, at another place, through other modules."""

from __future__ import annotations

import ast
from functools import cache

from tests.engine.mutations import (
    Example,
    Files,
    FunctionNode,
    bound,
    chains,
    changed,
    copied,
    dotted,
    file,
    head_of,
    imports,
    libraries,
    mutation,
    new,
    swapped,
    without_imports,
)


@mutation
def alias_the_import(example: Example) -> Files | None:
    """`import requests as lib1` and `from requests import get as lib2`."""
    tree = example.tree
    names = {name: f"lib{number}" for number, name in enumerate(libraries(example))}
    for node in imports(tree, example):
        if isinstance(node, ast.Import) and any(
            "." in alias.name and not alias.asname for alias in node.names
        ):
            return None
    for node in imports(tree, example):
        for alias in node.names:
            alias.asname = names.get(alias.asname or alias.name)
    return changed(swapped(tree, names), example)


@mutation
def import_the_module(example: Example) -> Files | None:
    """`from requests import get` becomes `import requests`, `get` becomes `requests.get`."""
    tree = example.tree
    others: dict[str, str] = {}
    for node in imports(tree, example):
        if isinstance(node, ast.ImportFrom):
            others |= bound(node)
            tree.body[tree.body.index(node)] = new(f"import {node.module}")[0]
    known = libraries(example)
    return changed(swapped(tree, others), example) if others.keys() <= known.keys() else None


@mutation
def import_the_members(example: Example) -> Files | None:
    """`import requests` becomes `from requests import get`, `requests.get` becomes `get_`."""
    tree = example.tree
    names = libraries(example)
    others: dict[str, str] = {}
    for node in imports(tree, example):
        if isinstance(node, ast.Import):
            found = [chain for chain in chains(tree, bound(node)) if chain.partition(".")[0] in names]
            module = (node.names[0].asname or node.names[0].name) + "."
            if not found or any(not chain.startswith(module) for chain in found) or len(node.names) > 1:
                return None
            rests = {chain: chain.removeprefix(module).split(".") for chain in found}
            members = list(dict.fromkeys(rest[0] for rest in rests.values()))
            own = {member: f"own{len(others)}_{number}" for number, member in enumerate(members)}
            others |= {chain: ".".join([own[rest[0]], *rest[1:]]) for chain, rest in rests.items()}
            tree.body[tree.body.index(node)] = new(
                f"from {node.names[0].name} import {', '.join(f'{m} as {name}' for m, name in own.items())}"
            )[0]
    return changed(swapped(tree, others), example)


@mutation
def import_in_the_function(example: Example) -> Files | None:
    """Each function imports what it uses."""
    tree = example.tree
    _, rest = without_imports(tree, example)
    used_outside = {
        node.id
        for statement in rest
        for node in ast.walk(statement)
        if isinstance(node, ast.Name) and not isinstance(statement, FunctionNode)
    }
    names = libraries(example)
    for statement in rest:
        if isinstance(statement, FunctionNode):
            outside = [
                *statement.decorator_list,
                statement.args,
                *([statement.returns] if statement.returns else []),
            ]
            used_outside |= {n.id for part in outside for n in ast.walk(part) if isinstance(n, ast.Name)}
    if not names or used_outside & names.keys():
        return None
    for statement in rest:
        if isinstance(statement, FunctionNode):
            used = {node.id for node in ast.walk(statement) if isinstance(node, ast.Name)}
            wanted = [node for node in imports(tree, example) if used & bound(node).keys()]
            statement.body[:0] = copied(list(wanted))
    return {example.path: file(rest)}


@mutation
def import_or_else(example: Example) -> Files | None:
    """`try: import requests`, `except ImportError: requests = None`."""
    tree = example.tree
    taken, rest = without_imports(tree, example)
    names = libraries(example)
    if not names:
        return None
    missing = new("\n".join(f"{name} = None" for name in names))
    attempt = ast.Try(taken, [ast.ExceptHandler(ast.Name("ImportError", ast.Load()), None, missing)], [], [])
    return {example.path: file(attempt, rest)}


@mutation
def import_under_a_condition(example: Example) -> Files | None:
    """`if sys.version_info >= (3, 9): import requests`."""
    taken, rest = without_imports(example.tree, example)
    test = ast.parse("sys.version_info >= (3, 9)", mode="eval").body
    return {example.path: file(new("import sys"), ast.If(test, taken, []), rest)} if taken else None


@mutation
def import_a_star(example: Example) -> Files | None:
    """`from requests import *`."""
    tree = example.tree
    found = imports(tree, example)
    if len(found) != 1 or not isinstance(found[0], ast.ImportFrom) or any(a.asname for a in found[0].names):
        return None
    tree.body[tree.body.index(found[0])] = new(f"from {found[0].module} import *")[0]
    return {example.path: tree}


def _exported(example: Example, line: str, home: str = "compat.py", prefix: str = "") -> Files | None:
    """Let another module import the libraries; `{names}` in `line` are what the example needs of it."""
    tree = example.tree
    taken, rest = without_imports(tree, example)
    names = libraries(example)
    if not names:
        return None
    if prefix:
        rest = swapped(file(rest), {name: f"{prefix}.{name}" for name in names}).body
    wanted = line.format(names=", ".join(names), package=example.package)
    return {example.path: file(new(wanted), rest), example.beside(home): file(copied(taken))}


@mutation
def reexport(example: Example) -> Files | None:
    """`from app.compat import requests`."""
    return _exported(example, f"from {example.name_of('compat')} import {{names}}")


@mutation
def reexport_relatively(example: Example) -> Files | None:
    """`from .compat import requests`."""
    return _exported(example, "from .compat import {names}") if example.folder else None


@mutation
def reexport_a_star(example: Example) -> Files | None:
    """`from app.compat import *`."""
    return _exported(example, f"from {example.name_of('compat')} import *")


@mutation
def use_through_the_module(example: Example) -> Files | None:
    """`from . import compat`, `compat.requests.get`."""
    return _exported(example, "from . import compat", prefix="compat") if example.folder else None


@mutation
def use_through_the_dotted_module(example: Example) -> Files | None:
    """`import app.compat`, `app.compat.requests.get`."""
    home = example.name_of("compat")
    if (
        "app" in {node.id for node in ast.walk(example.tree) if isinstance(node, ast.Name)}
        or not example.folder
    ):
        return None
    return _exported(example, f"import {home}", prefix=home)


@mutation
def use_through_the_module_by_another_name(example: Example) -> Files | None:
    """`import app.compat as lib`, `lib.requests.get`."""
    return _exported(example, f"import {example.name_of('compat')} as lib", prefix="lib")


@mutation
def reexport_from_a_package(example: Example) -> Files | None:
    """`from .lib import requests`, which `lib/__init__.py` has from `lib/impl.py`, and names in `__all__`."""
    files = _exported(example, f"from {example.name_of('lib')} import {{names}}", home="lib/impl.py")
    if files is None:
        return None
    names = libraries(example)
    listed = new(f"from .impl import {', '.join(names)}\n__all__ = {list(names)!r}")
    return {**files, example.beside("lib/__init__.py"): file(listed)}


@mutation
def reexport_twice_by_stars(example: Example) -> Files | None:
    """`from .lib import *`, which `lib/__init__.py` has from `lib/impl.py` by a star too."""
    files = _exported(example, f"from {example.name_of('lib')} import *", home="lib/impl.py")
    return {**files, example.beside("lib/__init__.py"): file(new("from .impl import *"))} if files else None


@cache
def _members(example: Example) -> dict[str, str]:
    """Return a name of its own for each member of a library that the example uses outside annotations."""
    tree = example.tree
    found = chains(tree, libraries(example))
    return {chain: f"own{number}" for number, chain in enumerate(found)}


@mutation
def bind_the_member(example: Example) -> Files | None:
    """`fetch = requests.get`."""
    names = _members(example)
    tree = example.tree
    at = head_of(tree)
    bindings = new("\n".join(f"{name} = {chain}" for chain, name in names.items()))
    rest = swapped(file(tree.body[at:]), names).body
    return changed(file(tree.body[:at], bindings, rest), example)


@mutation
def bind_the_member_elsewhere(example: Example) -> Files | None:
    """`fetch = requests.get` in another module."""
    names = _members(example)
    taken, rest = without_imports(example.tree, example)
    if not names:
        return None
    bindings = new("\n".join(f"{name} = {chain}" for chain, name in names.items()))
    wanted = new(f"from {example.name_of('calls')} import {', '.join(names.values())}")
    rest = swapped(file(rest), names).body
    return {example.path: file(wanted, rest), example.beside("calls.py"): file(copied(taken), bindings)}


@mutation
def bind_the_member_in_a_class_elsewhere(example: Example) -> Files | None:
    """`class Calls: fetch = requests.get` in another module, `Calls.fetch`."""
    names = _members(example)
    taken, rest = without_imports(example.tree, example)
    if not names:
        return None
    owner = new("class Calls:\n" + "\n".join(f"    {name} = {chain}" for chain, name in names.items()))
    wanted = new(f"from {example.name_of('calls')} import Calls")
    rest = swapped(file(rest), {chain: f"Calls.{name}" for chain, name in names.items()}).body
    return {example.path: file(wanted, rest), example.beside("calls.py"): file(copied(taken), owner)}


@mutation
def hand_the_member_over(example: Example) -> Files | None:
    """`def charge(order, post=requests.post)`: a parameter nobody gives."""
    tree = example.tree
    names = _members(example)
    called = {dotted(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    for function in (node for node in tree.body if isinstance(node, FunctionNode)):
        if function.decorator_list or function.args.kwarg or function.args.vararg:
            continue
        body = file(function.body)
        used = {
            chain: name
            for chain, name in names.items()
            if chain in called and chain in {dotted(node) for node in ast.walk(body)}
        }
        function.body = swapped(body, used).body
        for chain, name in used.items():
            function.args.kwonlyargs.append(ast.arg(name))
            function.args.kw_defaults.append(ast.parse(chain, mode="eval").body)
    return changed(tree, example)
