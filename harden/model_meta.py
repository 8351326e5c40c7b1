"""What a model says of itself as a whole: its table, indexes, order and managers."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence

from harden.model_facts import (
    Index,
    Manager,
    Orm,
    Place,
    assignments,
    inner_class,
    last_of,
    literal_text,
    said,
    texts_in,
)
from harden.module import Module, is_literal, keyword

Lineage = Sequence[tuple[Module, ast.ClassDef]]
_WORD = re.compile(r"((?<=[a-z0-9])[A-Z]|(?!^)[A-Z](?=[a-z]))")
_META = {Orm.DJANGO: "Meta", Orm.PEEWEE: "Meta", Orm.TORTOISE: "Meta", Orm.BEANIE: "Settings"}


def option(lineage: Lineage, orm: Orm, name: str) -> tuple[Place, ast.expr] | None:
    """Return what a model says in its `Meta` (`meta`, `Settings`), as far as that is inherited."""
    for at, (module, owner) in enumerate(lineage):
        if orm in (Orm.MONGOENGINE, Orm.ODMANTIC):
            found = _entry(said(owner, "meta" if orm is Orm.MONGOENGINE else "model_config"), name)
            if found is not None:
                return Place(module, found), found
            continue
        meta = inner_class(owner, _META.get(orm, "Meta"))
        if meta is None:
            continue
        value = said(meta, name)
        if value is not None:
            return Place(module, value), value
        if at == 0 and name not in ("ordering", "get_latest_by"):
            return None
        above = {
            last_of(module.resolve(base.value)) for base in meta.bases if isinstance(base, ast.Attribute)
        }
        rest = [entry for entry in lineage[at + 1 :] if entry[1].name in above or not _is_abstract(entry[1])]
        return option(rest, orm, name)
    return None


def _entry(config: ast.expr | None, name: str) -> ast.expr | None:
    """Return the value of an entry of a literal mapping."""
    if isinstance(config, ast.Dict):
        pairs = zip(config.keys, config.values, strict=True)
        return next((value for key, value in pairs if literal_text(key) == name), None)
    return keyword(config, name) if isinstance(config, ast.Call) else None


def _is_abstract(owner: ast.ClassDef) -> bool:
    meta = inner_class(owner, "Meta")
    return meta is not None and is_literal(said(meta, "abstract"), True)


def says_abstract(owner: ast.ClassDef, orm: Orm) -> bool:
    """Tell whether a class says that it has no table of its own."""
    if orm is Orm.SQLALCHEMY:
        return is_literal(said(owner, "__abstract__"), True)
    if orm is Orm.SQLMODEL:
        return not any(item.arg == "table" and is_literal(item.value, True) for item in owner.keywords)
    if orm is Orm.MONGOENGINE:
        return is_literal(_entry(said(owner, "meta"), "abstract"), True)
    return _is_abstract(owner)


def table_name(lineage: Lineage, orm: Orm, name: str, *, flask: bool, label: str | None) -> str | None:
    """Return the name of a model's table or collection: the one given, or the one that the library makes."""
    if orm in (Orm.SQLALCHEMY, Orm.SQLMODEL):
        return _declared_table(lineage, orm, name, flask=flask)
    key = {Orm.DJANGO: "db_table", Orm.PEEWEE: "table_name", Orm.TORTOISE: "table", Orm.BEANIE: "name"}
    given = option(lineage[:1], orm, key.get(orm, "collection"))
    if given is not None:
        return given[0].module.string(given[1])
    if orm is Orm.DJANGO:
        return f"{label}_{name.lower()}" if label else None
    if orm is Orm.BEANIE:
        return name
    return snake(name.removesuffix("Model") if orm is Orm.ODMANTIC else name)


def snake(name: str) -> str:
    """Return a class's name as Flask-SQLAlchemy and others write that of its table."""
    return _WORD.sub(r"_\1", name).lower().lstrip("_")


def _declared_table(lineage: Lineage, orm: Orm, name: str, *, flask: bool) -> str | None:
    for at, (module, owner) in enumerate(lineage):
        for found, statement, value, _ in assignments(owner):
            if found != "__tablename__":
                continue
            if isinstance(statement, ast.FunctionDef):
                return _by_rule(value, name)
            return module.string(value) if at == 0 or not _is_mapped(lineage[:at]) else None
    if orm is Orm.SQLMODEL:
        return name.lower()
    return snake(name) if flask else None


def _is_mapped(lineage: Lineage) -> bool:
    return any(said(owner, "__table__") is not None for _, owner in lineage)


def _by_rule(value: ast.expr | None, name: str) -> str | None:
    """Return the name that a `declared_attr` makes of the class's own, where it is one of the usual rules."""
    text = ast.unparse(value) if value is not None else ""
    if text == "cls.__name__.lower()":
        return name.lower()
    return (
        f"{name.lower()}s" if text in ("f'{cls.__name__.lower()}s'", "cls.__name__.lower() + 's'") else None
    )


def indexes_in(module: Module, owner: ast.ClassDef, orm: Orm) -> Iterator[Index]:
    """Yield the indexes and constraints that a class body names beside its columns."""
    if orm in (Orm.SQLALCHEMY, Orm.SQLMODEL):
        given = said(owner, "__table_args__")
        items = given.elts if isinstance(given, ast.Tuple | ast.List) else []
        for item in items:
            if isinstance(item, ast.Call) and (found := index_of(module, item)) is not None:
                yield found
    elif orm is Orm.DJANGO and (meta := inner_class(owner, "Meta")) is not None:
        yield from _meta_indexes(module, meta)
    elif orm in (Orm.MONGOENGINE, Orm.BEANIE):
        yield from _listed(module, owner, orm)


def index_of(module: Module, call: ast.Call) -> Index | None:
    """Return what `Index("ix", "a", "b")`, `UniqueConstraint("a", "b")` and alike say, or None for others."""
    last = last_of(module.resolve(call.func))
    if last not in ("Index", "UniqueConstraint", "PrimaryKeyConstraint"):
        return None
    arguments = call.args[1:] if last == "Index" else call.args
    names = [_column_name(module, item) for item in arguments]
    unique = last != "Index" or is_literal(keyword(call, "unique"), True)
    columns = tuple(item for item in names if item is not None) if None not in names else ()
    partial = any((item.arg or "").endswith("_where") for item in call.keywords)
    return Index(columns, unique, Place(module, call), partial)


def _column_name(module: Module, item: ast.expr) -> str | None:
    match item:
        case ast.Attribute(value=ast.Attribute(attr="c"), attr=name):
            return name
        case ast.Call(func=ast.Attribute(value=inner, attr="desc" | "asc")):
            return _column_name(module, inner)
        case ast.Attribute(attr=name) | ast.Name(id=name):
            return name
    return module.string(item)


def _meta_indexes(module: Module, meta: ast.ClassDef) -> Iterator[Index]:
    for name, _, value, _ in assignments(meta):
        if value is None:
            continue
        if name in ("unique_together", "index_together"):
            groups = value.elts if isinstance(value, ast.Tuple | ast.List | ast.Set) else []
            nested: list[ast.expr] = [group for group in groups if isinstance(group, ast.Tuple | ast.List)]
            for group in nested or [value]:
                yield Index(texts_in(module, group), name == "unique_together", Place(module, group))
        elif name in ("indexes", "constraints") and isinstance(value, ast.List | ast.Tuple):
            for item in value.elts:
                if isinstance(item, ast.Call) and (found := _django_index(module, item)) is not None:
                    yield found


def _django_index(module: Module, call: ast.Call) -> Index | None:
    last = last_of(module.resolve(call.func))
    if not last.endswith("Index") and last != "UniqueConstraint":
        return None
    columns = tuple(item.lstrip("-") for item in texts_in(module, keyword(call, "fields")))
    partial = keyword(call, "condition") is not None
    return Index(columns, last == "UniqueConstraint", Place(module, call), partial)


def _listed(module: Module, owner: ast.ClassDef, orm: Orm) -> Iterator[Index]:
    """Yield the indexes in MongoEngine's `meta` and Beanie's `Settings`."""
    given = option([(module, owner)], orm, "indexes")
    items = given[1].elts if given is not None and isinstance(given[1], ast.List | ast.Tuple) else []
    for item in items:
        spelled = _entry(item, "fields") if isinstance(item, ast.Dict) else item
        if isinstance(spelled, ast.Call):  # IndexModel([("a", ASCENDING)], unique=True)
            spelled = spelled.args[0] if spelled.args else None
        pairs = spelled.elts if isinstance(spelled, ast.List | ast.Tuple) else []
        columns = [pair.elts[0] if isinstance(pair, ast.Tuple) and pair.elts else pair for pair in pairs]
        names = [module.string(column) for column in columns] or list(texts_in(module, spelled))
        unique = is_literal(_entry(item, "unique"), True)
        yield Index(tuple(name.lstrip("-+#") for name in names if name), unique, Place(module, item))


def managers_in(module: Module, owner: ast.ClassDef) -> Iterator[Manager]:
    """Yield the managers that a Django model's class body makes."""
    for name, statement, value, _ in assignments(owner):
        if isinstance(value, ast.Call) and (path := module.resolve(value.func)):
            kinds = module.project.ancestry((path,))
            if any(kind.endswith(("Manager", ".as_manager")) or ".from_queryset" in kind for kind in kinds):
                yield Manager(name, Place(module, statement), path)
