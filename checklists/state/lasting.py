"""Which classes have objects that live as long as the process."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from harden.checklists.state.kept import shipped
from harden.errors import UnreadableSource
from harden.module import Module
from harden.tree import FunctionNode

_DEEP = 3
_FILES = 25
"""Files that make objects of a class beyond which it is none of which there is one."""
_CACHES = frozenset({"functools.lru_cache", "functools.cache", "streamlit.cache_resource"})


def is_lasting(module: Module, owner: ast.ClassDef, steps: int = _DEEP) -> bool:
    """Tell whether an object of a class is made once and kept, by a module or an application."""
    if any(isinstance(item, FunctionNode) and item.name == "__new__" for item in owner.body):
        return "_instance" in module.segment(owner)
    return steps > 0 and any(_is_kept(other, call, steps - 1) for other, call in _made(module, owner))


def is_stand_in(module: Module, node: ast.AST) -> bool:
    """Tell whether something is made only where the real thing is not there: in a branch of a choice."""
    child = node
    for outer in module.ancestors(node):
        if isinstance(outer, ast.IfExp) and child is not outer.test:
            return True
        if isinstance(outer, ast.If) and (outer.orelse or child in outer.orelse):
            return True
        if isinstance(outer, ast.ExceptHandler):
            return True
        if isinstance(outer, FunctionNode | ast.ClassDef):
            break
        child = outer
    return False


def _made(module: Module, owner: ast.ClassDef) -> Iterator[tuple[Module, ast.Call]]:
    """Yield the calls that make an object of a class."""
    path, project = module.names.local_path(owner), module.project
    yield from _made_in(module, owner, path)
    others = [file for file in shipped(project.calling(owner.name)) if file != module.path]
    for file in others if len(others) <= _FILES and isinstance(module.parents.get(owner), ast.Module) else ():
        try:
            yield from _made_in(project.module(file), owner, path)
        except UnreadableSource:
            continue


def _made_in(module: Module, owner: ast.ClassDef, path: str) -> Iterator[tuple[Module, ast.Call]]:
    names = {owner.name}
    names |= {alias.asname for alias in module.nodes(ast.alias) if alias.name == owner.name and alias.asname}
    for call in module.nodes(ast.Call):
        name = getattr(call.func, "attr", getattr(call.func, "id", ""))
        if name in names and module.resolve(call.func) == path:
            yield module, call


def _is_kept(module: Module, call: ast.Call, steps: int) -> bool:
    if is_stand_in(module, call) or module.in_main_guard(call):
        return False
    function = module.function(call)
    statement = module.statement(call)
    if function is None:
        return isinstance(statement, ast.Assign | ast.AnnAssign)
    if any(module.resolve(decorator) in _CACHES for decorator in function.decorator_list):
        return True
    targets = statement.targets if isinstance(statement, ast.Assign) else []
    for target in targets:
        if isinstance(target, ast.Name) and target.id in module.names.scopes[function].shared:
            return True
        if isinstance(target, ast.Attribute) and _outlives(module, target, function, steps):
            return True
    return False


def _outlives(module: Module, target: ast.Attribute, function: FunctionNode, steps: int) -> bool:
    """Tell whether an attribute belongs to an application, a class, or an object that lasts itself."""
    match target.value:
        case ast.Attribute(attr="state"):
            return True
        case ast.Name(id="cls"):
            return True
        case ast.Name(id="self"):
            owner = module.owner(target)
            return owner is not None and function.name == "__init__" and is_lasting(module, owner, steps)
    return (module.resolve(target.value) or "").endswith((".Flask", ".FastAPI", ".Starlette", ".Quart"))
