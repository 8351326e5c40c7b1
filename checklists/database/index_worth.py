"""Which columns are worth an index: those by which queries find few rows, and have no better way to them."""

from __future__ import annotations

from dataclasses import dataclass

from harden.checklists.database.sought import QUERY_WORDS, Sought, sought_in
from harden.model import Model
from harden.model_facts import Column, last_of
from harden.roles import FileKind, file_kind
from harden.words import words_of

_FEW_VALUES = frozenset(
    {"Boolean", "BOOLEAN", "Enum", "ENUM", "bool", "BooleanField", "NullBooleanField", "Literal"}
)
_LONG = frozenset(
    {"Text", "TEXT", "UnicodeText", "TextField", "JSON", "JSONB", "JSONField", "LargeBinary", "BinaryField"}
    | {"ARRAY", "dict", "list", "bytes", "Float", "FloatField", "float", "Numeric", "DecimalField"}
)
FEW_NAMED = frozenset(
    {"status", "state", "type", "kind", "role", "level", "gender", "priority", "visibility", "currency"}
    | {
        "language",
        "locale",
        "lang",
        "is",
        "has",
        "active",
        "enabled",
        "deleted",
        "flag",
        "mode",
        "plan",
        "tier",
    }
)
SMALL = frozenset(
    {
        "setting",
        "settings",
        "config",
        "configuration",
        "role",
        "permission",
        "country",
        "currency",
        "language",
    }
    | {"plan", "tier", "feature", "flag", "category", "tag", "status", "migration"}
)


def lacks_index(model: Model, column: Column) -> bool:
    """Tell whether a column surely has no index, and nobody has decided that."""
    if column.implied or column.option("index") is not None or column.option("db_index") is not None:
        return False
    begun = {index.columns[0] for index in model.indexes if index.columns}
    return model.is_indexed(column.name) is False and column.name not in begun


def has_few_values(model: Model, column: Column) -> bool:
    """Tell whether an index would not help: few values, long ones, or few rows."""
    words = words_of(column.name)
    if column.kind in _FEW_VALUES | _LONG or column.option("choices") is not None:
        return True
    made = model.module.project.class_of(column.type or "")
    if made is not None and any(
        last_of(base).endswith(("Enum", "Choices")) for base in made[0].bases(made[1])
    ):
        return True
    return not FEW_NAMED.isdisjoint(words[:1] + words[-1:]) or not SMALL.isdisjoint(words_of(model.name)[-1:])


@dataclass(frozen=True, slots=True)
class Query:
    """A query over a model or one derived from it, and the file that it stands in."""

    path: str
    model: Model
    sought: Sought


def queries_of(model: Model) -> list[Query]:
    """Return the queries of the project over a model, those of its own file first."""
    project, own = model.module.project, model.place.path
    querying = {path for word in QUERY_WORDS for path in project.mentions(word)}
    files = {own, *project.naming(model.name)} & querying
    found: list[Query] = []
    for path in sorted(files, key=lambda path: (path != own, path)):
        if file_kind(path) not in (FileKind.APP, FileKind.SCRIPT):
            continue
        for sought in sought_in(project, path):
            if sought.model == model.path:
                found.append(Query(path, model, sought))
            elif model.path in project.ancestry((sought.model,)):
                derived = model.models.at(sought.model)
                found += [Query(path, derived, sought)] if derived is not None else []
    return found


def query_by(queries: list[Query], column: Column) -> str:
    """Return the place of a query that looks rows up by a column, as a clause, or nothing."""
    for query in queries:
        sought = query.sought
        if column.name in sought.filtered:
            if not _is_found_otherwise(query.model, column, sought.filtered):
                return f"{query.path}:{sought.line} looks rows up by it"
        elif column.name in sought.ordered and sought.bounded and _finds_many(query):
            return f"{query.path}:{sought.line} sorts by it"
    return ""


def _finds_many(query: Query) -> bool:
    """Tell whether a query has no conditions but on columns of few values."""
    known = [query.model.columns.get(name) for name in query.sought.filtered]
    return all(column is not None and has_few_values(query.model, column) for column in known)


def _is_found_otherwise(model: Model, column: Column, filtered: tuple[str, ...]) -> bool:
    """Tell whether another condition of a query has an index, or stands first and is as good a one."""
    others = [name for name in filtered if name != column.name]
    if any(_has_index(model, name) for name in others):
        return True
    before = [model.columns[name] for name in filtered[: filtered.index(column.name)]]
    return any(not has_few_values(model, other) for other in before)


def _has_index(model: Model, name: str) -> bool:
    """Tell whether rows are found by a condition, or may be: it is a relation, or not known."""
    column = model.columns.get(name) or model.columns.get(name.removesuffix("_id"))
    return column is None or column.foreign_key is not None or not lacks_index(model, column)
