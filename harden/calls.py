"""Who calls whom: the function that a call runs, the calls of a function, and what they hand over.

An answer rests on nothing but what `Names` and `Project` tell the module that is asked about.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator
from itertools import islice

from harden.called import Called, function_of, runs_at_once
from harden.errors import UnreadableSource
from harden.module import Module
from harden.reaching import reaching
from harden.tree import FunctionNode

_STEPS = 8
"""Imports that are followed to where a name is given its value."""
_WORDS = 4
"""Names under which a function is looked for: its own, and those that other modules give it."""
_CALLERS, _COMMON = 8, 25
"""Calls that are enough to know a function by; files that hold a name from which on it is a common word."""
_EACH = 4
"""Files that are each looked into, before it is asked which of them can know a name at all."""


def callee_of(module: Module, call: ast.Call) -> Called | None:
    """Return the function of the project whose body a call runs, with its module; None where it is not known.

    A class stands for its `__init__`, a partial for what it was made from, an inherited method for the one
    that is inherited. A function whose decorator may run the body elsewhere, or not at all, is not known.
    """
    found = function_of(module, call.func)
    return found if found is not None and runs_at_once(*found) else None


def callers_of(module: Module, function: FunctionNode) -> Iterator[tuple[Module, ast.Call]]:
    """Yield the calls of the project that run a function, each with its module."""
    for other, use in _uses(module, function, module.project.calling):
        parent = other.parents.get(use)
        if isinstance(parent, ast.Call) and parent.func is use:
            yield other, parent


def few_callers(module: Module, function: FunctionNode) -> list[tuple[Module, ast.Call]]:
    """Return calls of a function, some where there are many; none where its name is a common word.

    To follow a value backwards from function to function, nothing else is cheap enough.
    """
    if function.name.startswith("__") and function.name != "__init__":
        return []
    return module.once((few_callers, function), lambda: _few(module, function))


def _few(module: Module, function: FunctionNode) -> list[tuple[Module, ast.Call]]:
    owner = module.parents.get(function)
    is_maker = function.name == "__init__" and isinstance(owner, ast.ClassDef)
    name = owner.name if is_maker and isinstance(owner, ast.ClassDef) else function.name
    is_common = len(module.project.naming(name)) > _COMMON
    return [] if is_common else list(islice(callers_of(module, function), _CALLERS))


def uses_of(module: Module, function: FunctionNode) -> Iterator[tuple[Module, ast.Name | ast.Attribute]]:
    """Yield where the project names a function, to call it or to hand it on, each with its module."""
    return _uses(module, function, module.project.naming)


def _uses(
    module: Module, function: FunctionNode, files: Callable[[str], tuple[str, ...]]
) -> Iterator[tuple[Module, ast.Name | ast.Attribute]]:
    owner = module.parents.get(function)
    is_maker = isinstance(owner, ast.ClassDef) and function.name in ("__init__", "__new__")
    name = owner.name if is_maker and isinstance(owner, ast.ClassDef) else function.name
    wanted = _identity(module, function)
    is_top = isinstance(module.parents.get(owner if is_maker and owner else function), ast.Module)
    for other, words in _mentioning(module, name, files, _aliases, is_top=is_top):
        for use in _named(other, words | {function.name} if is_maker else words):
            found = function_of(other, use)
            if found is not None and _identity(*found) == wanted:
                yield other, use


def reads_of(
    module: Module, name: str, holder: ast.Module | ast.ClassDef
) -> Iterator[tuple[Module, ast.Name | ast.Attribute]]:
    """Yield where the project reads a value that a module or class holds by name, each with its module.

    Inside the holder's own file only reads through the module or class count: `lookup` tells of the others.
    """
    owner = module.name if isinstance(holder, ast.Module) else module.names.local_path(holder)
    is_top = isinstance(holder, ast.Module)
    for other, words in _mentioning(module, name, module.project.naming, _imported_as, is_top=is_top):
        for use in _named(other, words):
            if isinstance(use, ast.Attribute):
                if use.attr == name and other.resolve(use.value) == owner:
                    yield other, use
            elif other is not module and isinstance(holder, ast.Module):
                bound = other.names.lookup(use)
                if isinstance(bound, ast.alias) and _origin(other, bound) == (module.name, name):
                    yield other, use


def argument_for(call: ast.Call, function: FunctionNode, parameter: str) -> ast.expr | None:
    """Return what a call gives for a parameter of the function that it runs, or the parameter's default.

    None where the call does not tell: it passes `*args` or `**kwargs`, or gives nothing for the parameter.
    A default is an expression of the function's own module: `default_of` tells whether it is one.
    """
    for item in call.keywords:
        if item.arg == parameter:
            return item.value
    names = [arg.arg for arg in (*function.args.posonlyargs, *function.args.args)]
    if _is_bound(call, function):
        names = names[1:]
    if parameter in names:
        at = names.index(parameter)
        before = call.args[: at + 1]
        if any(isinstance(item, ast.Starred) for item in before):
            return None
        if at < len(call.args):
            return call.args[at]
    if any(item.arg is None for item in call.keywords):
        return None
    return default_of(function, parameter)


def default_of(function: FunctionNode, parameter: str) -> ast.expr | None:
    """Return the default of a parameter, or None where it has none."""
    arguments = function.args
    plain = [arg.arg for arg in (*arguments.posonlyargs, *arguments.args)]
    defaults = dict(zip(plain[::-1], arguments.defaults[::-1], strict=False))
    named = zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
    return defaults.get(parameter) or next((value for arg, value in named if arg.arg == parameter), None)


def is_generator(module: Module, function: FunctionNode) -> bool:
    """Tell whether calling a function only makes an iterator."""
    lines = range(function.lineno, (function.end_lineno or function.lineno) + 1)
    yields: list[ast.expr] = [*module.nodes(ast.Yield), *module.nodes(ast.YieldFrom)]
    return any(node.lineno in lines and module.function(node) is function for node in yields)


def _mentioning(
    module: Module,
    name: str,
    files: Callable[[str], tuple[str, ...]],
    aliases: Callable[[Module, str], Iterable[str]],
    *,
    is_top: bool,
) -> Iterator[tuple[Module, frozenset[str]]]:
    """Yield the modules that name something of a module, and the names that stand for it there.

    Where a module imports it under another name, those that import that name are found too.
    """
    words, told = [name], dict[str, set[str]]()
    for word in words:
        named = files(word)
        if is_top and word == name and len(named) > _EACH:
            near = reaching(module, name, named)
            named = tuple(path for path in named if path in near)
        for path in named:
            try:
                other = module.project.module(path)
            except UnreadableSource:
                continue
            known = told.setdefault(path, set())
            new = {word, *aliases(other, word)} - known
            known |= new
            if new:
                yield other, frozenset(new)
            words += [alias for alias in sorted(new) if alias not in words and len(words) < _WORDS]


def _aliases(module: Module, name: str) -> Iterator[str]:
    """Yield the other names that a module gives what it knows as `name`, and the classes derived from it."""
    yield from _imported_as(module, name)
    yield from module.names.derived.get(name, ())


def _imported_as(module: Module, name: str) -> Iterable[str]:
    """Return the other names under which a module imports `name`."""
    return module.names.imported_as.get(name, ())


def _named(module: Module, words: frozenset[str]) -> Iterator[ast.Name | ast.Attribute]:
    for word in sorted(words):
        yield from module.names.reads.get(word, ())


def _origin(module: Module, alias: ast.alias) -> tuple[str, str]:
    """Return the module and name that an import leads to, followed through modules that import it on."""
    name, project = alias.name, module.project
    for _ in range(_STEPS):
        statement = module.parents.get(alias)
        if not isinstance(statement, ast.ImportFrom):
            break
        origin, name = module.names.absolute(statement), alias.name
        path = project.names.get(origin)
        try:
            module = project.module(path) if path else module
        except UnreadableSource:
            return origin, name
        bound = module.names.scopes[module.tree].bindings.get(name, ()) if path else ()
        last = bound[-1] if bound else None
        if not isinstance(last, ast.alias):
            return origin, name
        alias = last
    return "", name


def _identity(module: Module, function: FunctionNode) -> tuple[str, int, int]:
    """Return what a function is known by, also when its file is parsed anew."""
    return module.path, function.lineno, function.col_offset


def _is_bound(call: ast.Call, function: FunctionNode) -> bool:
    """Tell whether a call does not write the function's first parameter, as methods are called."""
    first = next(iter((*function.args.posonlyargs, *function.args.args)), None)
    if first is None or first.arg not in ("self", "cls", "mcs"):
        return False
    if first.arg != "self" or not isinstance(call.func, ast.Attribute) or call.func.attr != function.name:
        return True
    holder = call.func.value
    return not getattr(holder, "attr", getattr(holder, "id", ""))[:1].isupper()
