"""Columns of a model, from the statements of one class body or the arguments of a `Table`."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from harden.annotated import Kind, kind_of
from harden.assigned import assigned
from harden.model_facts import (
    Column,
    Orm,
    Place,
    Target,
    assignments,
    last_of,
    literal_flag,
    literal_text,
)
from harden.module import Module, has_star_arguments, walk_statements

COLUMN_CALLS = frozenset({"Column", "mapped_column"})
RELATION_CALLS = frozenset({"relationship", "Relationship", "dynamic_loader", "relation", "backref"})
_AROUND_COLUMNS = frozenset({"deferred", "column_property", "synonym"})
_NOT_TYPES = frozenset(
    {"ForeignKey", "Sequence", "Identity", "Computed", "CheckConstraint", "FetchedValue", "Index"}
)
LINKS = frozenset({"ForeignKey", "OneToOneField", "ParentalKey", "TreeForeignKey", "ForeignKeyField"})
LINKS_MANY = frozenset({"ManyToManyField", "ParentalManyToManyField", "SortedManyToManyField"})
_INDEXED_ANYWAY = frozenset({"SlugField"})
_DEPTH = 3


def columns_in(module: Module, owner: ast.ClassDef, orm: Orm) -> Iterator[Column]:
    """Yield the columns that a class body defines itself, in source order."""
    for name, statement, value, annotation in assignments(owner):
        if name.startswith("__") or (name == "model_config" and orm.is_annotated):
            continue
        place = Place(module, statement)
        if orm is Orm.SQLALCHEMY:
            found = _mapped(name, place, value, annotation)
        elif orm.is_annotated:
            found = _annotated(name, place, value, annotation, orm)
        else:
            found = _field(name, place, value, orm)
        if found is not None:
            yield found


def table_columns(module: Module, table: ast.Call) -> Iterator[Column]:
    """Yield the columns of a `Table(…)` of SQLAlchemy Core."""
    for argument in table.args[1:]:
        if isinstance(argument, ast.Call) and last_of(module.resolve(argument.func)) in COLUMN_CALLS:
            name = literal_text(argument.args[0]) if argument.args else None
            if name is not None:
                yield _column(name, Place(module, argument), argument, Kind())


def _mapped(name: str, place: Place, value: ast.expr | None, annotation: ast.expr | None) -> Column | None:
    """Read a column of SQLAlchemy: `Column(…)`, `mapped_column(…)`, `Mapped[int]`."""
    module = place.module
    while isinstance(value, ast.Call) and last_of(module.resolve(value.func)) in _AROUND_COLUMNS:
        value = value.args[0] if value.args else None
    if isinstance(value, ast.Call) and (made := _made_column(module, value)) is not None:
        source, call, above = made
        return _column(name, place, call, kind_of(module, annotation), above, source)
    if value is not None or annotation is None:
        return None
    kind = kind_of(module, annotation)
    if "Mapped" not in kind.around or kind.many or _is_model_like(module, kind):
        return None
    return _column(name, place, kind.made, kind)


def _made_column(
    module: Module, call: ast.Call, depth: int = 0
) -> tuple[Module, ast.Call, dict[str, ast.expr]] | None:
    """Return the `Column(…)` that a call makes, with its module, and what a `partial` says ahead of it.

    The call may be one of the project's own functions, all of whose ways return a column.
    """
    path = module.resolve(call.func) or ast.unparse(call.func)
    if last_of(f".{path}") in COLUMN_CALLS:
        return module, call, {}
    if path == "functools.partial" and (partial := assigned(module, call.func)) is not None:
        source, ahead = partial
        if (
            isinstance(ahead, ast.Call)
            and ahead.args
            and last_of(source.resolve(ahead.args[0])) in COLUMN_CALLS
        ):
            return module, call, _options(ahead)
    made = module.project.function_of(path) if depth < _DEPTH else None
    if made is None:
        return None
    source, function = made
    ways = [item.value for item in walk_statements(function.body) if isinstance(item, ast.Return)]
    found = [_made_column(source, way, depth + 1) if isinstance(way, ast.Call) else None for way in ways]
    return found[0] if found and None not in found else None


def _is_model_like(module: Module, kind: Kind) -> bool:
    """Tell whether an annotation names a class of the project that is no type of a column, as an enum is."""
    found = module.project.class_of(kind.path) if kind.path else None
    if found is None:
        return kind.path is None and kind.name[:1].isupper()
    return not any(base.startswith(("enum.", "builtins.")) for base in found[0].bases(found[1]))


def _column(
    name: str,
    place: Place,
    call: ast.Call | None,
    kind: Kind,
    above: dict[str, ast.expr] | None = None,
    source: Module | None = None,
) -> Column:
    """Read the arguments of a `Column`, below which stand those of an `Annotated` type or a `partial`."""
    module = source or place.module
    inherited = _options(kind.made) if kind.made is not None and kind.made is not call else {}
    options = inherited | (above or {}) | _options(call)
    known = call is None or not has_star_arguments(call)
    arguments = [*(call.args if call else ()), *(kind.made.args if inherited and kind.made else ())]
    stored = literal_text(arguments[0]) if arguments else None
    key = _foreign(module, [*arguments, *options.values()])
    spelled = options.get("type_") or next((item for item in arguments if _is_type(module, item)), None)
    path = _type_path(module, spelled) if spelled is not None else kind.path
    primary = literal_flag(options.get("primary_key"), False if known else None)
    nullable = kind.optional if kind.around else (not primary if primary is not None else None)
    return Column(
        name,
        place,
        stored or literal_text(options.get("name")) or name,
        path,
        spelled if isinstance(spelled, ast.Call) else None,
        primary,
        literal_flag(options.get("unique"), False if known else None),
        literal_flag(options.get("index"), False if known else None),
        literal_flag(options.get("nullable"), nullable if known else None),
        options.get("default") or options.get("insert_default") or options.get("default_factory"),
        key[0] if key else None,
        key[1] if key else None,
        options,
    )


def _options(call: ast.Call | None) -> dict[str, ast.expr]:
    return {item.arg: item.value for item in call.keywords if item.arg} if call is not None else {}


def _is_type(module: Module, argument: ast.expr) -> bool:
    if isinstance(argument, ast.Constant | ast.Starred):
        return False
    path = module.resolve(argument) or ast.unparse(argument).partition("(")[0]
    return last_of(f".{path}") not in _NOT_TYPES


def _type_path(module: Module, expr: ast.expr) -> str | None:
    path = (module.resolve(expr) or "").removesuffix(".with_variant")
    if last_of(path) == "as_mutable" and isinstance(expr, ast.Call) and expr.args:
        return _type_path(module, expr.args[0])
    if not path or path.endswith("[]"):
        return None
    return path.replace("flask_sqlalchemy.SQLAlchemy.", "sqlalchemy.", 1)


def _foreign(module: Module, arguments: list[ast.expr]) -> tuple[Target, ast.expr | None] | None:
    """Return what a `ForeignKey(…)` among the arguments points to, and its `ondelete`."""
    for argument in arguments:
        if isinstance(argument, ast.Call) and last_of(module.resolve(argument.func)) == "ForeignKey":
            given = argument.args[0] if argument.args else _options(argument).get("column")
            return target_column(module, given), _options(argument).get("ondelete")
    return None


def target_column(module: Module, given: ast.expr | None) -> Target:
    """Return the table and column of `"users.id"` or `User.id`."""
    text = module.string(given)
    if text is not None:
        table, _, column = text.rpartition(".")
        return Target(table=table, column=column)
    if isinstance(given, ast.Attribute):
        return Target(model=module.resolve(given.value) or "", column=given.attr)
    return Target()


def _annotated(
    name: str, place: Place, value: ast.expr | None, annotation: ast.expr | None, orm: Orm
) -> Column | None:
    """Read a field of SQLModel, Beanie or ODMantic."""
    module = place.module
    if annotation is None or "ClassVar" in ast.unparse(annotation):
        return None
    kind = kind_of(module, annotation)
    made = value if isinstance(value, ast.Call) else None
    last = last_of(module.resolve(made.func)) if made is not None else ""
    if last in RELATION_CALLS or last == "Reference" or "BackLink" in kind.around:
        return None
    options = _options(made) if last in ("Field", "PrivateAttr") else {}
    inner = options.get("sa_column")
    if isinstance(inner, ast.Call):
        return _column(name, place, inner, kind)
    if kind.made is not None:
        options = _options(kind.made) | options
    default = value if made is None or last != "Field" else _default(made, options)
    is_key = literal_flag(options.get("primary_key") or options.get("primary_field"), False)
    key = options.get("foreign_key")
    spelled = options.get("sa_type")
    return Column(
        name,
        place,
        literal_text(options.get("alias") or options.get("key_name")) or name,
        "builtins.list" if kind.many else _type_path(module, spelled) if spelled is not None else kind.path,
        spelled if isinstance(spelled, ast.Call) else None,
        is_key or (orm is Orm.BEANIE and name == "id"),
        literal_flag(options.get("unique"), False),
        True if "Indexed" in kind.around else literal_flag(options.get("index"), False),
        literal_flag(options.get("nullable"), kind.optional and not is_key),
        default,
        target_column(module, key) if key is not None else None,
        options.get("ondelete"),
        options,
    )


def _default(made: ast.Call, options: dict[str, ast.expr]) -> ast.expr | None:
    first = made.args[0] if made.args else options.get("default") or options.get("default_factory")
    return None if isinstance(first, ast.Constant) and first.value is Ellipsis else first


def _field(name: str, place: Place, value: ast.expr | None, orm: Orm) -> Column | None:
    """Read a field that is made by a call: Django, MongoEngine, Peewee, Tortoise."""
    module = place.module
    if not isinstance(value, ast.Call) or not is_field(module, value):
        return None
    path = module.resolve(value.func)
    last = last_of(path)
    if last in LINKS_MANY or last in ("GenericForeignKey", "GenericRelation", "ListField"):
        return None
    options = _options(value)
    known = not has_star_arguments(value)
    is_key = literal_flag(options.get("primary_key"), False if known else None)
    is_link = last in LINKS or (last == "OneToOneField")
    unique = literal_flag(options.get("unique"), last == "OneToOneField" if known else None)
    said = options.get("db_index") or options.get("index")
    indexed = literal_flag(said, is_link or last in _INDEXED_ANYWAY if known else None)
    to = value.args[0] if value.args else options.get("to") or options.get("model")
    stored = options.get("db_column") or options.get("db_field") or options.get("column_name")
    null = literal_flag(options.get("null"), False if known else None)
    if orm is Orm.MONGOENGINE:
        required = literal_flag(options.get("required"), False if known else None)
        null = None if required is None else not required
    return Column(
        name,
        place,
        literal_text(stored) or (f"{name}_id" if is_link else name),
        path,
        value,
        is_key,
        unique,
        indexed,
        null,
        options.get("default"),
        target_model(module, to) if is_link or last == "ReferenceField" else None,
        options.get("on_delete") or (value.args[1] if is_link and len(value.args) > 1 else None),
        options,
    )


def is_field(module: Module, call: ast.Call) -> bool:
    """Tell whether a call makes a field of a model, by its name or its project class's bases."""
    path = module.resolve(call.func) or ""
    last = last_of(f".{path}")
    if last.endswith("Field") or last in LINKS or last in ("GenericForeignKey", "GenericRelation"):
        return not path.startswith(("django.forms", "rest_framework", "wtforms", "dataclasses", "pydantic"))
    return any(
        base.startswith("django.db.models.") and base.endswith("Field")
        for base in module.project.ancestry((path,))[1:]
    )


def target_model(module: Module, to: ast.expr | None) -> Target:
    """Return the model that a key is given: a class, `"app.Model"`, `"self"`, the user model."""
    text = literal_text(to)
    if text is not None:
        return Target(model=text)
    path = module.resolve(to) if to is not None else None
    if path in ("django.conf.settings.AUTH_USER_MODEL", "django.contrib.auth.get_user_model"):
        return Target(model="AUTH_USER_MODEL")
    return Target(model=path or "")
