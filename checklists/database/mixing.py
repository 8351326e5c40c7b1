"""Where times with and without zone would meet, so that Python raises TypeError."""

from __future__ import annotations

import ast

from harden.checklists.database.moments import compared_as, is_column, is_parsed, others
from harden.model_facts import Column
from harden.models import models_of
from harden.module import Module, is_literal, keyword
from harden.roles import Role

_CLOCK = frozenset({"hour", "minute", "weekday", "isoweekday", "day", "date", "time"})
"""What differs between a local time and the same moment in UTC."""
_ASYNCPG = "asyncpg refuses aware times in columns without zone: first make them DateTime(timezone=True)."


def is_django(module: Module) -> bool:
    """Tell whether a file belongs to a Django project, whose times Django makes."""
    if module.imports("django", "rest_framework"):
        return True
    return any(path.rpartition("/")[2] == "manage.py" for path in module.project.mentions("django"))


def mixed(module: Module, held: list[ast.expr]) -> str:
    """Return why an aware value would break something that this moment meets, or nothing."""
    django = is_django(module)
    for expr in held:
        for other in others(module, expr):
            if is_parsed(module, other) or not django:
                what = " ".join(module.segment(other).split())[:60]
                return (
                    f"It is compared with `{what}`, which may have no time zone: mixing the two raises "
                    "TypeError. Make both aware together."
                )
        if reason := _why_not_text(module, expr) or ("" if django else _why_not_flow(module, expr)):
            return reason
        if name := _compared_column(module, expr):
            return _why_not_kept(module, name)
    return ""


def _why_not_text(module: Module, expr: ast.expr) -> str:
    attribute = module.parents.get(expr)
    if not isinstance(attribute, ast.Attribute):
        return ""
    text = module.parents.get(attribute)
    if attribute.attr in _CLOCK and _is_local_time(module, expr):
        return f"Its {attribute.attr} is read, which in UTC is another one: say in which zone it is meant."
    if attribute.attr == "strftime" and _is_read_back(module, text):
        return "The project reads such texts back: change the writing and the reading together."
    if attribute.attr != "isoformat":
        return ""
    around = module.parents.get(text) if text else None
    if isinstance(around, ast.BinOp | ast.FormattedValue):
        return (
            'Its text is put together by hand (`isoformat() + "Z"`): an aware one already ends in `+00:00`.'
        )
    if "fromisoformat" in module.text or "strptime" in module.text:
        return "This file reads such texts back and would then mix times with and without zone."
    return ""


def _is_read_back(module: Module, call: ast.AST | None) -> bool:
    """Tell whether text in a layout that has a name, and so is shared, is parsed anywhere."""
    given = call.args if isinstance(call, ast.Call) else []
    shared = any(isinstance(arg, ast.Name | ast.Attribute) for arg in given)
    return shared and bool(module.project.mentions("strptime"))


def _why_not_flow(module: Module, expr: ast.expr) -> str:
    parent = module.parents.get(expr)
    match parent:
        case ast.Return() if module.role(expr) is not Role.HANDLER:
            return "It is returned to callers that may compare it with times without zone."
        case ast.Dict() if _is_claim(parent, expr):
            return ""
        case ast.Dict() if module.role(expr) is not Role.HANDLER and _is_local_time(module, expr):
            return "It is local time that is handed on in a dict: in UTC it would show another hour."
        case ast.Tuple() | ast.List() | ast.Set():
            return "It is kept in a container, and may be compared with times without zone later."
        case ast.Call(func=func) if expr in parent.args and _is_own_function(module, func):
            return f"It is passed to `{module.segment(func)}`, which may compare it with times without zone."
    name = _stored_as(module, expr, parent)
    if name is None:
        return "It is kept in a container, and may be compared with times without zone later."
    if name and (place := compared_as(module.project, name)):
        return f"`{name}` is compared with another time at {place}: make both aware together."
    return _why_not_kept(module, name) if name else ""


def _is_claim(mapping: ast.Dict, expr: ast.expr) -> bool:
    """Tell whether a moment is a claim of a JSON web token, which every library takes for UTC."""
    key = mapping.keys[mapping.values.index(expr)] if expr in mapping.values else None
    return isinstance(key, ast.Constant) and key.value in ("exp", "iat", "nbf", "auth_time")


def _is_local_time(module: Module, expr: ast.expr) -> bool:
    path = module.resolve(expr) or ""
    return path.endswith((".datetime.fromtimestamp", ".datetime.now", ".datetime.today"))


def _is_own_function(module: Module, func: ast.expr) -> bool:
    path = module.resolve(func) or ""
    own = any(path == name or path.startswith(name + ".") for name in module.project.names)
    return own and module.project.class_of(path) is None


def _stored_as(module: Module, expr: ast.expr, parent: ast.AST | None) -> str | None:
    """Return the attribute, key or argument that takes the moment, None where it cannot be told."""
    match parent:
        case ast.keyword(arg=str() as name):
            return name
        case ast.Assign(targets=[ast.Attribute(attr=name)]) | ast.AnnAssign(target=ast.Attribute(attr=name)):
            return name
        case ast.Assign(targets=[ast.Subscript(slice=ast.Constant(value=str() as name))]):
            return name
        case ast.Assign(targets=[ast.Subscript()]):
            return None
        case ast.Call(args=[*_, ast.Constant(value=str() as name), last]) if last is expr:
            return name  # `store.set("seen", moment)`
        case ast.Dict(keys=keys, values=values) if expr in values:
            key = keys[values.index(expr)]
            return key.value if isinstance(key, ast.Constant) and isinstance(key.value, str) else None
    return ""


def why_not_default(module: Module, call: ast.Call) -> str:
    """Return why a column or field cannot get an aware default, or nothing."""
    path = module.resolve(call.func) or ""
    if is_django(module):
        return ""
    if path.startswith("peewee."):
        return "Peewee cannot read aware times back from SQLite and MySQL."
    if path.rpartition(".")[2] in ("Column", "mapped_column"):
        aware = any(
            is_literal(keyword(c, "timezone"), True) for c in ast.walk(call) if isinstance(c, ast.Call)
        )
        return "" if aware or not _has_asyncpg(module) else _ASYNCPG
    target = module.statement(call)
    names = [
        t.id
        for t in [getattr(target, "target", None), *getattr(target, "targets", [])]
        if isinstance(t, ast.Name)
    ]
    for name in names:
        if place := compared_as(module.project, name):
            return f"`{name}` is compared with another time at {place}: make both aware together."
    return next(filter(None, (_why_not_kept(module, name) for name in names)), "")


def _why_not_kept(module: Module, name: str) -> str:
    """Return a reason where the driver refuses aware values in a column of this name, which has no zone."""
    if not _has_asyncpg(module):
        return ""
    columns = (model.columns.get(name) for model in models_of(module.project).all)
    return _ASYNCPG if any(column is not None and _is_without_zone(column) for column in columns) else ""


def _has_asyncpg(module: Module) -> bool:
    """Tell whether the project works with asyncpg."""
    project = module.project
    listed = [path for path in project.paths if path.endswith(("requirements.txt", "pyproject.toml"))]
    return bool(project.mentions("asyncpg")) or any(b"asyncpg" in project.read(path) for path in listed)


def _is_without_zone(column: Column) -> bool:
    """Tell whether a column keeps times without zone; what a project's own type does is its own affair."""
    if column.kind not in ("DateTime", "TIMESTAMP", "datetime"):
        return False
    made = column.made
    is_mapped = bool(column.place.module.project.mentions("type_annotation_map"))
    said = made is not None and keyword(made, "timezone") is not None
    return not said and not (is_mapped and column.kind == "datetime")


def _compared_column(module: Module, expr: ast.expr) -> str:
    """Return the name of the column that a query compares a moment with, or nothing."""
    parent = module.parents.get(expr)
    if not isinstance(parent, ast.Compare):
        return ""
    sides = [side for side in (parent.left, *parent.comparators) if side is not expr]
    columns = (side.attr for side in sides if isinstance(side, ast.Attribute) and is_column(module, side))
    return next(columns, "")
