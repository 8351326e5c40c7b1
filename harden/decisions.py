"""What a person decided: answers, ignored findings and options, kept in `.harden/decisions.toml`."""

from __future__ import annotations

import datetime
import tomllib
from enum import Enum
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from harden.errors import ApplyError, SettingsError
from harden.findings import Finding
from harden.places import DECISIONS, write_atomically

OptionValue = bool | int | float | str


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


def load(root: Path) -> Decisions:
    """Read the decisions of a repository. Raises SettingsError that names the key and what is wrong."""
    path = root / DECISIONS
    try:
        return Decisions.model_validate(tomllib.loads(path.read_text(encoding="utf-8-sig")))
    except FileNotFoundError:
        return Decisions()
    except OSError as error:
        raise SettingsError(f"{DECISIONS} cannot be read: {error.strerror or error}") from None
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SettingsError(f"{DECISIONS}: {error}") from None
    except ValidationError as error:
        raise SettingsError(f"{DECISIONS}: {first_problem(error)}") from None


def save(root: Path, decisions: Decisions) -> None:
    """Write the decisions in one step. Raises ApplyError when the file cannot be written."""
    import tomli_w

    data = decisions.model_dump(mode="json", exclude_none=True, exclude_defaults=True)
    for answer, kept in decisions.answers.items():
        data["answers"][answer] = kept.model_dump(mode="json", exclude_none=True)
    try:
        write_atomically(root / DECISIONS, tomli_w.dumps(data, multiline_strings=False).encode())
    except OSError as error:
        raise ApplyError(f"{DECISIONS} cannot be written: {error.strerror or error}") from error


def first_problem(error: ValidationError) -> str:
    """Return one line for a validation error: the key, what is wrong, the value."""
    first = error.errors()[0]
    key = ".".join(str(part) for part in first["loc"])
    if first["type"] == "extra_forbidden":
        return f"unknown key {key!r}"
    said = f"{first['msg'][:1].lower()}{first['msg'][1:]}"
    return f"{key} = {first['input']!r}: {said}" if key else said
