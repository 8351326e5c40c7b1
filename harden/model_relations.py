"""Relations of a model: what one class body says of the rows of other models."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from harden.annotated import Kind, kind_of
from harden.model_columns import LINKS, LINKS_MANY, RELATION_CALLS, is_field, target_model
from harden.model_facts import (
    Orm,
    Place,
    Relation,
    Target,
    assignments,
    last_of,
    literal_flag,
    literal_text,
)
from harden.module import keyword

_LISTS = frozenset({"ListField", "SortedListField"})


def relations_in(place: Place, owner: ast.ClassDef, orm: Orm, name: str) -> Iterator[Relation]:
    """Yield the relations that a class body defines; `name` is that of the model it is read for."""
    module = place.module
    for attribute, statement, value, annotation in assignments(owner):
        at = Place(module, statement)
        if orm is Orm.SQLALCHEMY or orm is Orm.SQLMODEL:
            found = _relationship(attribute, at, value, annotation)
        elif orm.is_annotated:
            found = _linked(attribute, at, value, annotation)
        else:
            found = _key(attribute, at, value, orm, name)
        if found is not None:
            yield found


def _relationship(
    name: str, place: Place, value: ast.expr | None, annotation: ast.expr | None
) -> Relation | None:
    """Read `relationship(…)` of SQLAlchemy and `Relationship(…)` of SQLModel."""
    module = place.module
    kind = kind_of(module, annotation)
    if not isinstance(value, ast.Call):
        return None
    if last_of(module.resolve(value.func)) not in RELATION_CALLS:
        return None
    options = {item.arg: item.value for item in value.keywords if item.arg}
    more = options.get("sa_relationship_kwargs")
    if isinstance(more, ast.Dict):
        for key, item in zip(more.keys, more.values, strict=True):
            if (text := literal_text(key)) is not None:
                options.setdefault(text, item)
    back = options.get("backref")
    back_call = back if isinstance(back, ast.Call) else None
    back_name = back_call.args[0] if back_call is not None and back_call.args else back
    uses_list = literal_flag(options.get("uselist"), None)
    return Relation(
        name,
        place,
        _target(place, value, options, kind),
        uses_list if uses_list is not None else _many(options, kind),
        literal_text(options.get("back_populates")) or literal_text(back_name),
        _lazy(options.get("lazy"), last_of(module.resolve(value.func)), kind),
        _lazy(keyword(back_call, "lazy"), "", Kind()) if back_call is not None else None,
        literal_flag(keyword(back_call, "uselist"), None) if back_call is not None else None,
        "secondary" in options or "link_model" in options,
    )


def _target(place: Place, value: ast.Call, options: dict[str, ast.expr], kind: Kind) -> Target:
    given = value.args[0] if value.args else options.get("argument")
    if isinstance(given, ast.Lambda):
        given = given.body
    text = literal_text(given)
    if text is not None:
        return Target(model=text)
    if given is not None:
        return Target(model=place.module.resolve(given) or "")
    return Target(model=kind.path or kind.name)


def _many(options: dict[str, ast.expr], kind: Kind) -> bool | None:
    """Tell whether a relation gives several rows, as far as it says so itself."""
    if kind.around or kind.path or kind.name:
        return kind.many
    return True if "secondary" in options or literal_text(options.get("lazy")) == "dynamic" else None


def _lazy(given: ast.expr | None, made_by: str, kind: Kind) -> str | None:
    if made_by == "dynamic_loader" or "DynamicMapped" in kind.around:
        return "dynamic"
    if "WriteOnlyMapped" in kind.around:
        return "write_only"
    if isinstance(given, ast.Constant):
        named: dict[object, str] = {True: "select", False: "joined", None: "noload"}
        return str(given.value) if isinstance(given.value, str) else named.get(given.value)
    return "select" if given is None else None


def _linked(name: str, place: Place, value: ast.expr | None, annotation: ast.expr | None) -> Relation | None:
    """Read `Link[…]` of Beanie and `Reference()` of ODMantic."""
    kind = kind_of(place.module, annotation)
    is_reference = isinstance(value, ast.Call) and last_of(place.module.resolve(value.func)) == "Reference"
    if not is_reference and kind.around.isdisjoint({"Link", "BackLink"}):
        return None
    return Relation(
        name, place, Target(model=kind.path or kind.name), kind.many, None, "joined" if is_reference else None
    )


def _key(name: str, place: Place, value: ast.expr | None, orm: Orm, owner: str) -> Relation | None:
    """Read a key to another model that is made by a call: Django, MongoEngine, Peewee, Tortoise."""
    module = place.module
    if not isinstance(value, ast.Call) or not is_field(module, value):
        return None
    last = last_of(module.resolve(value.func))
    if last in _LISTS and value.args and isinstance(inner := value.args[0], ast.Call):
        found = _key(name, place, inner, orm, owner)
        return Relation(name, place, found.target, True, None, "select") if found is not None else None
    is_reference = last in ("ReferenceField", "LazyReferenceField", "CachedReferenceField")
    if last not in LINKS | LINKS_MANY and not is_reference and last != "GenericRelation":
        return None
    to = value.args[0] if value.args else keyword(value, "to") or keyword(value, "model")
    many = last in LINKS_MANY or last == "GenericRelation"
    back, back_many = _back(place, value, orm, owner, last)
    return Relation(name, place, target_model(module, to), many, back, "select", None, back_many, many)


def _back(place: Place, value: ast.Call, orm: Orm, owner: str, last: str) -> tuple[str | None, bool | None]:
    """Return the name under which the other model gives the rows back, and whether those are many."""
    single = last == "OneToOneField"
    given = keyword(value, "related_name") or keyword(value, "backref")
    if given is not None:
        text = place.module.string(given)
        if text is None or text.endswith("+"):
            return None, None
        return text.replace("%(class)s", owner.lower()), not single
    if orm is not Orm.DJANGO or last == "GenericRelation":
        return (f"{owner.lower()}_set", True) if orm is Orm.PEEWEE else (None, None)
    return (owner.lower(), False) if single else (f"{owner.lower()}_set", True)
