"""What a query brings along of other tables: loaders of SQLAlchemy and Django, as paths of relations."""

from __future__ import annotations

import ast
from collections.abc import Iterable

from harden.checklists.database.links import chain_of
from harden.module import Module, keyword

Path = tuple[str, ...]
"""Relations from the model of a query on, one after the other."""

EVERY_ONE: Path = ("*",)
"""Every relation that leads to one row, as `select_related()` without arguments brings them along."""
_LOADERS = frozenset(
    {"joinedload", "selectinload", "subqueryload", "contains_eager", "immediateload", "eagerload"}
    | {"raiseload", "noload", "defaultload", "joinedload_all", "subqueryload_all", "selectin_polymorphic"}
)
_BESIDE = frozenset({"load_only", "defer", "undefer", "undefer_group", "with_expression", "lazyload"})
STEPS = frozenset({"options", "select_related", "prefetch_related"})


def loaded_by(module: Module, call: ast.Call, name: str) -> set[Path] | None:
    """Return what a step of a query brings along, None where that cannot be told."""
    arguments = [*call.args, *(item.value for item in call.keywords if item.arg != "queryset")]
    if any(isinstance(item, ast.Starred) for item in call.args) or any(k.arg is None for k in call.keywords):
        return None
    if name == "select_related" and not arguments:
        return {EVERY_ONE}
    found: set[Path] = set()
    for argument in arguments:
        some = _option(module, argument) if name == "options" else _named(module, argument)
        if some is None:
            return None
        found |= some
    return found


def named_paths(module: Module, arguments: Iterable[ast.expr]) -> set[Path] | None:
    """Return the relations that arguments name as `prefetch_related` does, None where one cannot be told."""
    some = [_named(module, argument) for argument in arguments]
    return {path for paths in some for path in paths or ()} if None not in some else None


def chain_loads(module: Module, expr: ast.expr) -> set[Path] | None:
    """Return what a whole query brings along."""
    found: set[Path] = set()
    for link in chain_of(module, expr).links:
        if link.name in STEPS and isinstance(link.node, ast.Call):
            some = loaded_by(module, link.node, link.name)
            if some is None:
                return None
            found |= some
    return found


def prefixes(path: Iterable[str]) -> set[Path]:
    """Return a path and those that it begins with."""
    parts = tuple(path)
    return {parts[:end] for end in range(1, len(parts) + 1)}


def _named(module: Module, argument: ast.expr) -> set[Path] | None:
    """Read `"author__profile"` and `Prefetch("comments", queryset=…)`."""
    value = module.flow.only(argument)
    if isinstance(argument, ast.Constant) and argument.value is None:
        return set()
    if value is not None and isinstance(value.expr, ast.Call) and value.expr.args:
        source, call = value.module, value.expr
        if (source.resolve(call.func) or "").rpartition(".")[2] != "Prefetch":
            return None
        outer = source.string(call.args[0])
        given = call.args[1] if len(call.args) > 1 else keyword(call, "queryset")
        inner = chain_loads(source, given) if given is not None else set()
        if outer is None or inner is None:
            return None
        parts = outer.split("__")
        if (to := source.string(keyword(call, "to_attr"))) is not None:
            parts = [*parts[:-1], to]
        return prefixes(parts) | {(*parts, *path) for path in inner}
    text = module.string(argument)
    return prefixes(text.split("__")) if text is not None else None


def _option(module: Module, argument: ast.expr) -> set[Path] | None:
    """Read one option of SQLAlchemy, such as `selectinload(Post.comments).joinedload(Comment.author)`."""
    value = module.flow.only(argument)
    if value is None or not isinstance(value.expr, ast.Call):
        return None
    read = _chained(value.module, value.expr)
    return read[1] if read is not None else None


def _chained(module: Module, call: ast.Call) -> tuple[Path, set[Path]] | None:
    """Return where a chain of options has got to, and all that it loads."""
    func = call.func
    name = func.attr if isinstance(func, ast.Attribute) else getattr(func, "id", "")
    name = (module.resolve(func) or name).rpartition(".")[2] if isinstance(func, ast.Name) else name
    base: tuple[Path, set[Path]] = ((), set())
    if isinstance(func, ast.Attribute) and isinstance(func.value, ast.Call):
        inner = _chained(module, func.value)
        if inner is None:
            return None
        base = inner
    here, found = base
    if name == "Load" or name in _BESIDE:
        return base
    if name == "options":
        for argument in call.args:
            sub = _option(module, argument)
            if sub is None:
                return None
            found = found | {(*here, *path) for path in sub}
        return here, found
    if name not in _LOADERS:
        return None
    for argument in call.args:
        names = _relation_names(module, argument)
        if names is None:
            return None
        here = (*here, *names)
    return here, found | prefixes(here)


def _relation_names(module: Module, argument: ast.expr) -> Path | None:
    match argument:
        case ast.Call(func=ast.Attribute(value=ast.Attribute(attr=name), attr="and_" | "of_type")):
            return (name,)
        case ast.Attribute(attr=name):
            return (name,)
    text = module.string(argument)
    return tuple(text.split(".")) if text is not None else None
