"""Which classes are models, and of which library: by their bases, else by what stands in their body."""

from __future__ import annotations

import ast

from harden.model_facts import Orm, assignments, last_of
from harden.module import Module

_BASES = {
    "django.db.models.Model": Orm.DJANGO,
    "django.db.models.base.Model": Orm.DJANGO,
    "django.contrib.gis.db.models.Model": Orm.DJANGO,
    "sqlalchemy.orm.DeclarativeBase": Orm.SQLALCHEMY,
    "sqlalchemy.orm.DeclarativeBaseNoMeta": Orm.SQLALCHEMY,
    "sqlalchemy.orm.declarative_base": Orm.SQLALCHEMY,
    "sqlalchemy.orm.registry.generate_base": Orm.SQLALCHEMY,
    "sqlalchemy.ext.declarative.declarative_base": Orm.SQLALCHEMY,
    "sqlalchemy.ext.declarative.api.declarative_base": Orm.SQLALCHEMY,
    "sqlalchemy.ext.automap.automap_base": Orm.SQLALCHEMY,
    "flask_sqlalchemy.SQLAlchemy.Model": Orm.SQLALCHEMY,
    "flask_sqlalchemy.model.Model": Orm.SQLALCHEMY,
    "flask_appbuilder.Model": Orm.SQLALCHEMY,
    "flask_sqlalchemy_lite.SQLAlchemy.Model": Orm.SQLALCHEMY,
    "sqlmodel.SQLModel": Orm.SQLMODEL,
    "sqlmodel.main.SQLModel": Orm.SQLMODEL,
    "beanie.Document": Orm.BEANIE,
    "beanie.odm.documents.Document": Orm.BEANIE,
    "odmantic.Model": Orm.ODMANTIC,
    "odmantic.model.Model": Orm.ODMANTIC,
    "peewee.Model": Orm.PEEWEE,
    "tortoise.Model": Orm.TORTOISE,
    "tortoise.models.Model": Orm.TORTOISE,
}
_DJANGO_PREFIXES = ("django.contrib.auth.models.", "django.contrib.auth.base_user.", "mptt.models.MPTT")
_MONGO_PREFIXES = ("mongoengine.", "flask_mongoengine.")
_MONGO_KINDS = ("Document", "DynamicDocument", "EmbeddedDocument", "DynamicEmbeddedDocument")
_DECLARES = ("as_declarative", "mapped", "mapped_as_dataclass")
_SQLALCHEMY = ("sqlalchemy.", "flask_sqlalchemy.")
_DIRECT = frozenset({"sqlalchemy.orm.DeclarativeBase", "sqlalchemy.orm.DeclarativeBaseNoMeta"})
_PLAIN = ("builtins.", "typing.", "abc.", "flask_login.UserMixin", "flask_security.", "sqlalchemy.")
_NO_MODELS = (
    "builtins.",
    "abc.",
    "typing.",
    "enum.",
    "pydantic.",
    "rest_framework.",
    "django.forms.",
    "marshmallow",
    "graphene",
    "wtforms.",
    "flask_wtf.",
    "django_filters.",
    "django.views.",
    "factory.",
    "unittest.",
    "django.test.",
    "django.contrib.admin.",
    "dataclasses.",
)


def orm_of(module: Module, owner: ast.ClassDef) -> Orm | None:
    """Return the library whose model a class is, mixins among them; None for other classes."""
    bases = module.bases(owner)
    for base in bases:
        if (found := _by_base(base)) is not None:
            return found
    for decorator in owner.decorator_list:
        path = module.resolve(decorator) or ""
        if last_of(path) in _DECLARES and path.startswith("sqlalchemy."):
            return Orm.SQLALCHEMY
    if any(base.startswith(_NO_MODELS) for base in bases):
        return None
    above = [known for base in bases if (known := module.project.class_of(base)) is not None]
    return next((orm for item in [(module, owner), *above] if (orm := _by_body(*item)) is not None), None)


def _by_base(base: str) -> Orm | None:
    if (known := _BASES.get(base)) is not None:
        return known
    if base.startswith(_DJANGO_PREFIXES):
        return Orm.DJANGO if not base.endswith("Manager") else None
    if base.startswith(_MONGO_PREFIXES) and last_of(base) in _MONGO_KINDS:
        return Orm.MONGOENGINE
    return Orm.SQLALCHEMY if base.endswith(".db.Model") else None


def _by_body(module: Module, owner: ast.ClassDef) -> Orm | None:
    """Tell by columns in its body what a class is whose bases are not to be seen."""
    for name, _, value, annotation in assignments(owner):
        if name == "__tablename__":
            return Orm.SQLALCHEMY
        known = module.resolve(value.func) if isinstance(value, ast.Call) else None
        path = known or (ast.unparse(value.func) if isinstance(value, ast.Call) else "")
        if path.startswith(_SQLALCHEMY) and last_of(path) in ("Column", "mapped_column", "relationship"):
            return Orm.SQLALCHEMY
        if path.startswith("django.db.models.") and path.endswith(("Field", "ForeignKey")):
            return Orm.DJANGO
        if isinstance(annotation, ast.Subscript) and _is_mapped(module, annotation.value):
            return Orm.SQLALCHEMY
        is_named = last_of(f".{path}") in ("Column", "mapped_column") and bool(owner.bases)
        if is_named and (known is None or module.project.owns(known)):
            return Orm.SQLALCHEMY
    return None


def _is_mapped(module: Module, expr: ast.expr) -> bool:
    path = module.resolve(expr) or ""
    return path.startswith("sqlalchemy.") and last_of(path) == "Mapped"


def is_base_itself(module: Module, owner: ast.ClassDef, orm: Orm) -> bool:
    """Tell whether a class is the base of models, or a mixin beside it, rather than a model."""
    bases = module.bases(owner)
    if orm is Orm.SQLALCHEMY:
        own = {module.resolve(base) or "" for base in owner.bases}
        is_made = any(last_of(module.resolve(item)) == "as_declarative" for item in owner.decorator_list)
        return not bases or is_made or not own.isdisjoint(_DIRECT)
    if orm is Orm.MONGOENGINE:
        return any(last_of(base).endswith("EmbeddedDocument") for base in bases)
    return orm is Orm.DJANGO and not bases


def is_flask(module: Module, owner: ast.ClassDef) -> bool:
    """Tell whether Flask-SQLAlchemy names the table of a class."""
    return any(
        base.startswith("flask_sqlalchemy.") or base.endswith(".db.Model") for base in module.bases(owner)
    )


def is_plain_base(path: str) -> bool:
    """Tell whether a base from outside brings no columns of its own to a model."""
    return path in _BASES or path.startswith(_PLAIN) or _by_base(path) in (Orm.SQLALCHEMY, Orm.MONGOENGINE)
