"""The options of a fix in words: what each is set to, what it means and what it may be."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Literal, get_args, get_origin

if TYPE_CHECKING:
    from pydantic import BaseModel
    from pydantic.fields import FieldInfo

_BOUNDS = {"gt": "over", "ge": "from", "lt": "under", "le": "to"}


def title(name: str, field: FieldInfo) -> str:
    """Return what an option is called."""
    return field.title or name.replace("_", " ").capitalize()


def shown(value: object) -> str:
    """Return a value as a person writes it; nothing for None."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:g}" if isinstance(value, float) else "" if value is None else str(value)


def hint(field: FieldInfo) -> str:
    """Return the description and the bounds of an option."""
    return ", ".join(part for part in (field.description or "", bounds(field)) if part)


def bounds(field: FieldInfo) -> str:
    """Return between what an option has to be; nothing where it is free."""
    return " ".join(
        f"{word} {shown(getattr(bound, name))}"
        for name, word in _BOUNDS.items()
        for bound in field.metadata
        if hasattr(bound, name)
    )


def is_number(field: FieldInfo) -> bool:
    """Tell whether an option is a number, or none."""
    kinds = {field.annotation, *get_args(field.annotation)}
    return bool(kinds & {int, float}) and bool not in kinds and str not in kinds


def wrong(options: type[BaseModel], values: Mapping[str, object]) -> dict[str, str]:
    """Return what is wrong with the values of options, by their names."""
    from pydantic import ValidationError

    try:
        options.model_validate(values)
    except ValidationError as error:
        found = {str(e["loc"][0]): e for e in reversed(error.errors()) if e["loc"]}
    else:
        return {}
    told = {}
    for name, problem in found.items():
        allowed = bounds(options.model_fields[name]) if name in options.model_fields else ""
        if problem["type"] in ("float_parsing", "int_parsing", "int_from_float"):
            allowed = " ".join(part for part in (_number(options.model_fields[name]), allowed) if part)
        told[name] = allowed or f"{problem['msg'][:1].lower()}{problem['msg'][1:]}"
    return told


def _number(field: FieldInfo) -> str:
    return "a number" if float in {field.annotation, *get_args(field.annotation)} else "a whole number"


def choices(field: FieldInfo) -> tuple[str, ...]:
    """Return the values that an option is one of; none where it is free."""
    if field.annotation is bool:
        return ("yes", "no")
    return tuple(map(str, get_args(field.annotation))) if get_origin(field.annotation) is Literal else ()


def values(options: BaseModel) -> dict[str, str]:
    """Return every option by its name, as a person writes it."""
    return {name: shown(value) for name, value in options.model_dump(mode="json").items()}


def summary(options: BaseModel) -> list[str]:
    """Return `title = value` of every option that is set."""
    fields = type(options).model_fields
    return [
        f"{title(name, fields[name]).lower()} = {value}" for name, value in values(options).items() if value
    ]
