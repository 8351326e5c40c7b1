"""What a person decided: answers, ignored findings and options, kept in `.harden/decisions.toml`."""

from __future__ import annotations

import datetime
import tomllib
from collections.abc import Mapping, Sequence
from enum import Enum
from pathlib import Path
from typing import Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from harden.differences import merge
from harden.errors import Overtaken, SettingsError
from harden.findings import Finding
from harden.places import DECISIONS

OptionValue = bool | int | float | str
Value = TypeVar("Value")


class AnswerKind(Enum):
    """How a person answered a question."""

    YES = "yes"
    NO = "no"
    NOT_APPLICABLE = "not applicable"


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Answer(_Model):
    """An answer to a stage's question, with a note for the team."""

    answer: AnswerKind
    note: str = ""
    on: datetime.date = Field(default_factory=lambda: datetime.datetime.now(datetime.UTC).date())


class Ignored(_Model):
    """A finding that is accepted: one place, a whole file, or a whole check; `until` reopens it."""

    check: str
    reason: str = Field(min_length=1)
    scope: Literal["line", "file", "check"] = "line"
    path: str = ""
    fingerprint: str = ""
    until: datetime.date | None = None

    def covers(self, finding: Finding, today: datetime.date) -> bool:
        """Tell whether this decision silences the finding today."""
        if self.check != finding.check or (self.until is not None and today > self.until):
            return False
        if self.scope == "check":
            return True
        if self.scope == "file":
            return self.path == finding.path
        return self.fingerprint == finding.fingerprint


class Decisions(_Model):
    """The whole of `.harden/decisions.toml`."""

    answers: dict[str, Answer] = Field(default_factory=dict)
    ignored: list[Ignored] = Field(default_factory=list)
    options: dict[str, dict[str, OptionValue]] = Field(default_factory=dict)

    def ignoring(self, finding: Finding) -> list[Ignored]:
        """Return the decisions that silence a finding today."""
        today = datetime.datetime.now(datetime.UTC).date()
        return [item for item in self.ignored if item.covers(finding, today)]


def load(root: Path) -> Decisions:
    """Read the decisions of a repository. Raises SettingsError that names the key and what is wrong."""
    return parsed(content(root))


def content(root: Path) -> bytes | None:
    """Return the file as it is, None where there is none. Raises SettingsError."""
    try:
        return (root / DECISIONS).read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise SettingsError(f"{DECISIONS} cannot be read: {error.strerror or error}") from None


def parsed(data: bytes | None) -> Decisions:
    """Return what a content says; None says nothing. Raises SettingsError."""
    try:
        return Decisions.model_validate(tomllib.loads((data or b"").decode("utf-8-sig")))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SettingsError(f"{DECISIONS}: {error}") from None
    except ValidationError as error:
        raise SettingsError(f"{DECISIONS}: {first_problem(error)}") from None


def dumped(decisions: Decisions) -> bytes:
    """Return the content that says these decisions."""
    import tomli_w

    data = decisions.model_dump(mode="json", exclude_none=True, exclude_defaults=True)
    for answer, kept in decisions.answers.items():
        data["answers"][answer] = kept.model_dump(mode="json", exclude_none=True)
    return tomli_w.dumps(data, multiline_strings=False).encode()


def merged_decisions(current: bytes | None, start: bytes | None, end: bytes | None) -> bytes | None:
    """Return `current` with what changes from `start` to `end`, comments kept where lines allow that.

    Raises Overtaken where `current` decides otherwise, SettingsError where it cannot be read.
    """
    now = parsed(current)
    wanted = _combined(now, parsed(start), parsed(end))
    by_line = merge(current or b"", start or b"", end or b"", touching=True)
    if by_line is not None and _says(by_line, wanted):
        return by_line if by_line or end is not None else None
    if wanted is None:
        raise Overtaken(f"{DECISIONS} decides otherwise.")
    if wanted == now:
        return current
    return dumped(wanted) if wanted != Decisions() or end is not None else None


def _combined(now: Decisions, start: Decisions, end: Decisions) -> Decisions | None:
    """Return `now` with every decision changed that differs between `start` and `end`, if all can be."""
    answers = _with_changes(now.answers, start.answers, end.answers)
    options = _with_changes(now.options, start.options, end.options)
    if answers is None or options is None:
        return None
    ignored = _without(now.ignored, _without(start.ignored, end.ignored))
    ignored += _without(_without(end.ignored, start.ignored), ignored)
    return Decisions(answers=answers, ignored=ignored, options=options)


def _without(items: Sequence[Ignored], dropped: Sequence[Ignored]) -> list[Ignored]:
    """Return items without the dropped ones, one for one."""
    left = list(items)
    for item in dropped:
        if item in left:
            left.remove(item)
    return left


def _with_changes(
    now: Mapping[str, Value], start: Mapping[str, Value], end: Mapping[str, Value]
) -> dict[str, Value] | None:
    found = dict(now)
    for key in {**start, **end}:
        before, after = start.get(key), end.get(key)
        if before == after or now.get(key) == after:
            continue
        if now.get(key) != before:
            return None
        if after is None:
            found.pop(key, None)
        else:
            found[key] = after
    return found


def _says(data: bytes, wanted: Decisions | None) -> bool:
    """Tell whether a content can be read and says what is wanted, in whatever order; None wants anything."""
    try:
        said = parsed(data)
    except SettingsError:
        return False
    if wanted is None:
        return True
    same = said.answers == wanted.answers and said.options == wanted.options
    return same and not _without(said.ignored, wanted.ignored) and not _without(wanted.ignored, said.ignored)


def first_problem(error: ValidationError) -> str:
    """Return one line for a validation error: the key, what is wrong, the value."""
    first = error.errors()[0]
    key = ".".join(str(part) for part in first["loc"])
    if first["type"] == "extra_forbidden":
        return f"unknown key {key!r}"
    said = f"{first['msg'][:1].lower()}{first['msg'][1:]}"
    return f"{key} = {first['input']!r}: {said}" if key else said
