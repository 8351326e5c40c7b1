"""Where code says what a column, a field or a parameter begins with, and how to say it anew each time."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass

from harden.model_facts import last_of
from harden.module import Module
from harden.tree import FunctionNode

_BY_FACTORY = {
    **dict.fromkeys(
        ("pydantic.Field", "pydantic.fields.Field", "sqlmodel.Field", "sqlmodel.main.Field"),
        "default_factory",
    ),
    **dict.fromkeys(
        (f"fastapi.{name}" for name in ("Query", "Body", "Header", "Form", "Cookie")), "default_factory"
    ),
    **dict.fromkeys(("dataclasses.field", "msgspec.field", "odmantic.Field"), "default_factory"),
    **dict.fromkeys(("attr.ib", "attr.field", "attrs.field", "attr.attrib"), "factory"),
}
"""The keyword by which a field is given what makes its default."""
_FIRST = ("pydantic.", "sqlmodel.", "fastapi.", "odmantic.")
"""Fields that take their default as the first argument, too."""
_CALLED = {
    "sqlalchemy.": ("default", "onupdate", "insert_default"),
    "flask_sqlalchemy.": ("default", "onupdate", "insert_default"),
    "django.db.models.": ("default",),
    "django.contrib.postgres.": ("default",),
    "django.forms.": ("initial",),
    "rest_framework.": ("default", "initial"),
    "peewee.": ("default",),
    "playhouse.": ("default",),
    "mongoengine.": ("default",),
    "flask_mongoengine.": ("default",),
    "tortoise.fields.": ("default",),
    "wtforms.": ("default",),
    "flask_wtf.": ("default",),
    "marshmallow.": ("default", "missing", "load_default", "dump_default"),
    "flask_marshmallow.": ("load_default", "dump_default"),
}
"""The keywords whose value is called where it can be, by the library of the column or field."""
_BY_DATABASE = ("server_default", "server_onupdate", "db_default")
_LOOKED_THROUGH = (
    *(ast.Attribute, ast.BinOp, ast.JoinedStr, ast.FormattedValue, ast.Subscript, ast.IfExp, ast.BoolOp),
    *(ast.Tuple, ast.List, ast.Dict, ast.UnaryOp, ast.Slice),
)
_CLASSES = {
    "pydantic.BaseModel": "pydantic.Field",
    "pydantic.main.BaseModel": "pydantic.Field",
    "beanie.Document": "pydantic.Field",
    "sqlmodel.SQLModel": "sqlmodel.Field",
    "sqlmodel.main.SQLModel": "sqlmodel.Field",
}
_DECORATED = {
    "dataclasses.dataclass": "dataclasses.field",
    "pydantic.dataclasses.dataclass": "dataclasses.field",
    "attrs.define": "attrs.field",
    "attr.define": "attr.field",
    "attrs.frozen": "attrs.field",
    "attr.s": "attr.ib",
}
_NO_LAMBDA = "A migration of Django cannot hold a lambda: write a function of the module and name it here."
_IN_CLASS = (
    "It uses {name} of the class body, which a lambda does not see: write a function before the class."
)
_AT_ONCE = "The database is told this once, in its schema: give `func.now()` or an expression of its own."


@dataclass(frozen=True, slots=True)
class Place:
    """A default: its expression, what gets it (`row`, `object`, `call`), and how a codemod says it anew."""

    value: ast.expr
    each: str
    facts: Mapping[str, str]
    why_not: str = ""


def place_of(module: Module, node: ast.expr) -> Place | None:
    """Return the default that an expression is, or is a part of; None where it is worked out each time."""
    parent = module.parents.get(node)
    if isinstance(parent, _LOOKED_THROUGH):
        return place_of(module, parent) if isinstance(parent, ast.expr) else None
    match parent:
        case ast.keyword():
            return _of_keyword(module, node, parent)
        case ast.Call():
            return _of_argument(module, node, parent)
        case ast.arguments() if isinstance(module.parents.get(parent), FunctionNode):
            return Place(node, "call", {"how": "parameter"})
        case ast.AnnAssign(value=value) if value is node:
            return _of_attribute(module, node, parent)
    return None


def told_by(module: Module, call: ast.Call, keyword: str) -> tuple[str, str] | None:
    """Return the keyword that takes what makes a default, and why it cannot serve; None for other calls."""
    path = module.resolve(call.func) or ""
    if keyword == "default" and path in _BY_FACTORY:
        return _BY_FACTORY[path], ""
    library = next((name for name in _CALLED if path.startswith(name)), None)
    if library is None or not (keyword in _CALLED[library] or keyword in _BY_DATABASE):
        return None
    is_sql = "sqlalchemy" in library
    if is_sql and last_of(path) not in ("Column", "mapped_column"):
        return None
    return keyword, _AT_ONCE if keyword in _BY_DATABASE else ""


def _of_keyword(module: Module, node: ast.expr, parent: ast.keyword) -> Place | None:
    holder = module.parents.get(parent)
    if not isinstance(holder, ast.Call):
        return None
    told = told_by(module, holder, parent.arg or "")
    if told is None:
        return place_of(module, holder)
    if _is_settings(module, holder):
        return None
    keyword, why_not = told
    path = module.resolve(holder.func) or ""
    why_not = why_not or _why_no_lambda(module, node, path)
    each = "object" if path in _BY_FACTORY and not path.startswith("sqlmodel.") else "row"
    return Place(node, each, {"how": "argument", "keyword": keyword}, why_not)


def _of_argument(module: Module, node: ast.expr, call: ast.Call) -> Place | None:
    if node is call.func:
        return place_of(module, call)
    path = module.resolve(call.func) or ""
    if path in _BY_FACTORY and path.startswith(_FIRST) and call.args[0] is node:
        if _is_settings(module, call):
            return None
        facts = {"how": "argument", "keyword": _BY_FACTORY[path]}
        return Place(node, "object", facts, _why_no_lambda(module, node, path))
    return place_of(module, call)


def _of_attribute(module: Module, node: ast.expr, statement: ast.AnnAssign) -> Place | None:
    owner = module.parents.get(statement)
    if not isinstance(owner, ast.ClassDef) or "ClassVar" in ast.unparse(statement.annotation):
        return None
    maker = _maker(module, owner)
    if not maker:
        return None
    facts = {"how": "attribute", "maker": maker, "keyword": _BY_FACTORY[maker]}
    return Place(node, "object", facts, _why_no_lambda(module, node, maker))


def _is_settings(module: Module, node: ast.AST) -> bool:
    """Tell whether a class is one of settings, of which a process makes a single object."""
    owner = module.owner(node)
    bases = module.bases(owner) if owner is not None else ()
    return any(base.startswith("pydantic_settings.") or base.endswith(".BaseSettings") for base in bases)


def _maker(module: Module, owner: ast.ClassDef) -> str:
    """Return what makes a field of a class whose annotated attributes are fields, or nothing."""
    if _is_settings(module, owner.body[0]):
        return ""
    bases = module.bases(owner)
    decorators = [d.func if isinstance(d, ast.Call) else d for d in owner.decorator_list]
    found = [_DECORATED.get(module.resolve(decorator) or "", "") for decorator in decorators]
    found += [_CLASSES.get(base, "") for base in bases]
    return "sqlmodel.Field" if "sqlmodel.Field" in found else next(filter(None, found), "")


def _why_no_lambda(module: Module, node: ast.expr, path: str) -> str:
    """Return why a default cannot be a lambda where it has to be one, or nothing."""
    if isinstance(node, ast.Call) and not node.args and not node.keywords and _is_dotted(node.func):
        return ""
    if path.startswith(("django.db.", "django.contrib.")):
        return _NO_LAMBDA
    owner = module.owner(node)
    held = module.names.scopes[owner].bindings if owner is not None else {}
    names = (part.id for part in ast.walk(node) if isinstance(part, ast.Name))
    inside = next((name for name in names if name in held), "")
    return _IN_CLASS.format(name=inside) if inside else ""


def _is_dotted(expr: ast.expr) -> bool:
    while isinstance(expr, ast.Attribute):
        expr = expr.value
    return isinstance(expr, ast.Name)
