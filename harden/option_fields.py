"""The options of a fix in words: what each is set to, what it means and what it may be."""

from __future__ import annotations

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
    told = [
        f"{word} {shown(getattr(bound, name))}"
        for name, word in _BOUNDS.items()
        for bound in field.metadata
        if hasattr(bound, name)
    ]
    return ", ".join(part for part in (field.description or "", " ".join(told)) if part)


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
