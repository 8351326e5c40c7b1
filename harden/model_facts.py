"""What is told of a model: columns, relations, indexes, managers, each with the place that says it."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from harden.module import Module


class Orm(Enum):
    """The library that keeps a model's rows."""

    SQLALCHEMY = "SQLAlchemy"
    SQLMODEL = "SQLModel"
    DJANGO = "Django"
    MONGOENGINE = "MongoEngine"
    BEANIE = "Beanie"
    ODMANTIC = "ODMantic"
    PEEWEE = "Peewee"
    TORTOISE = "Tortoise"

    @property
    def is_annotated(self) -> bool:
        """Tell whether its fields are annotations, as pydantic has them."""
        return self in (Orm.SQLMODEL, Orm.BEANIE, Orm.ODMANTIC)


@dataclass(frozen=True, slots=True)
class Place:
    """Where something stands: a node of a module."""

    module: Module
    node: ast.AST

    @property
    def path(self) -> str:
        """Return the file."""
        return self.module.path

    @property
    def line(self) -> int:
        """Return the 1-based line."""
        return getattr(self.node, "lineno", 1)


@dataclass(frozen=True, slots=True)
class Target:
    """What a foreign key or relation points to, as it is written: a class, a text, or nothing that is known.

    `table` and `column` are those of a text such as `users.id`, `model` is a dotted path or a bare name.
    """

    model: str = ""
    table: str = ""
    column: str = ""


@dataclass(frozen=True, slots=True)
class Column:
    """One column or field. What is None is not known; `default` is what rows get, None where nothing is.

    `type` is the dotted path of its type, `made` the call that makes the type (`DateTime(timezone=True)`),
    `stored` its name in the table, `options` what is said by keyword. An implied column (Django's `id`)
    stands at its class.
    """

    name: str
    place: Place
    stored: str
    type: str | None = None
    made: ast.Call | None = None
    primary_key: bool | None = False
    unique: bool | None = False
    indexed: bool | None = False
    nullable: bool | None = None
    default: ast.expr | None = None
    foreign_key: Target | None = None
    on_delete: ast.expr | None = None
    options: Mapping[str, ast.expr] | None = None
    implied: bool = False

    @property
    def kind(self) -> str:
        """Return the last part of the type's path: `DateTime`, `CharField`; nothing where it is not known."""
        return (self.type or "").rpartition(".")[2].removesuffix("[]")

    def option(self, name: str) -> ast.expr | None:
        """Return what is said by keyword, such as `auto_now`."""
        return (self.options or {}).get(name)


@dataclass(frozen=True, slots=True)
class Relation:
    """An attribute that gives rows of another model; `back` is its name over there."""

    name: str
    place: Place
    target: Target
    many: bool | None = None
    back: str | None = None
    lazy: str | None = None
    back_lazy: str | None = None
    back_many: bool | None = None
    through: bool = False


@dataclass(frozen=True, slots=True)
class Index:
    """An index or constraint over columns (by attribute or column name); empty where they are not known."""

    columns: tuple[str, ...]
    unique: bool
    place: Place
    partial: bool = False


@dataclass(frozen=True, slots=True)
class Manager:
    """A manager of Django: an attribute of the model that queries start from."""

    name: str
    place: Place
    type: str | None


def literal_text(expr: ast.expr | None) -> str | None:
    """Return the text of a literal string."""
    return expr.value if isinstance(expr, ast.Constant) and isinstance(expr.value, str) else None


def literal_flag(expr: ast.expr | None, otherwise: bool | None) -> bool | None:
    """Return a literal True or False; `otherwise` where nothing is said, None where it cannot be told."""
    if expr is None:
        return otherwise
    return expr.value if isinstance(expr, ast.Constant) and isinstance(expr.value, bool) else None


def texts_in(module: Module, expr: ast.expr | None) -> tuple[str, ...]:
    """Return the texts of a literal list or tuple, or of one text; nothing where one is not known."""
    if isinstance(expr, ast.List | ast.Tuple):
        found = [module.string(item) for item in expr.elts]
        return tuple(item for item in found if item is not None) if None not in found else ()
    text = module.string(expr)
    return (text,) if text is not None else ()


def last_of(path: str | None) -> str:
    """Return the last part of a dotted path."""
    return (path or "").rpartition(".")[2]


def assignments(owner: ast.ClassDef) -> list[tuple[str, ast.stmt, ast.expr | None, ast.expr | None]]:
    """Return name, statement, value and annotation of everything that a class body gives a name to."""
    found: list[tuple[str, ast.stmt, ast.expr | None, ast.expr | None]] = []
    for statement in owner.body:
        match statement:
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                found.append((name, statement, value, None))
            case ast.AnnAssign(target=ast.Name(id=name), value=value, annotation=annotation):
                found.append((name, statement, value, annotation))
            case ast.FunctionDef(
                name=name, body=body, decorator_list=[*_, ast.Name() | ast.Attribute() as d]
            ):
                spelled = d.id if isinstance(d, ast.Name) else d.attr
                if spelled != "declared_attr" and not ast.unparse(d).startswith("declared_attr."):
                    continue
                given = [item.value for item in body if isinstance(item, ast.Return)]
                returned = statement.returns if isinstance(statement, ast.FunctionDef) else None
                found.append((name, statement, given[0] if len(given) == 1 else None, returned))
    return found


def said(owner: ast.ClassDef, name: str) -> ast.expr | None:
    """Return the value that a class body gives to a name."""
    return next((value for found, _, value, _ in assignments(owner) if found == name), None)


def inner_class(owner: ast.ClassDef, name: str) -> ast.ClassDef | None:
    """Return the class of this name in a class body, such as `Meta`."""
    return next((item for item in owner.body if isinstance(item, ast.ClassDef) and item.name == name), None)
