"""`[tool.harden]` in `pyproject.toml`, or `harden.toml`."""

from __future__ import annotations

import os
import tomllib
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING

from harden.errors import SettingsError

if TYPE_CHECKING:
    from harden.decisions import OptionValue


@dataclass(frozen=True, slots=True)
class Settings:
    """What a project asks of harden; `source` is the file it stands in."""

    source: str = ""
    disable: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    severity: str = "low"
    options: dict[str, dict[str, OptionValue]] = field(default_factory=dict)
    keys: dict[str, str] = field(default_factory=dict)

    def excludes(self, path: str) -> bool:
        """Tell whether a POSIX path, or a folder above it, matches an `exclude` pattern."""
        parts = path.split("/")
        heads = ["/".join(parts[:end]) for end in range(1, len(parts) + 1)]
        return any(fnmatchcase(head, pattern.rstrip("/")) for pattern in self.exclude for head in heads)


def load(root: Path) -> Settings:
    """Read a project's settings. Raises SettingsError: file, key, value and what is allowed."""
    for name in ("harden.toml", "pyproject.toml"):
        path = root / name
        if not os.path.isfile(path):
            continue
        try:
            text = path.read_text(encoding="utf-8-sig", errors="surrogateescape")
        except OSError as error:
            raise SettingsError(f"{name} cannot be read: {error.strerror or error}") from None
        if name == "pyproject.toml" and "harden" not in text:
            continue  # nothing in it is for us, even if it is broken
        try:
            table: object = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            raise SettingsError(f"{name}: {error}") from None
        for key in ("tool", "harden") if name == "pyproject.toml" else ():
            table = table.get(key, {}) if isinstance(table, dict) else {}
        if table != {}:
            return _validated(name, table)
    return Settings()


def _validated(source: str, table: object) -> Settings:
    from typing import Literal

    from pydantic import BaseModel, ConfigDict, ValidationError

    from harden import decisions
    from harden.registry import checks

    class Model(BaseModel):
        model_config = ConfigDict(extra="forbid")

        disable: list[str] = []
        exclude: list[str] = []
        severity: Literal["low", "medium", "high"] = "low"
        options: dict[str, dict[str, decisions.OptionValue]] = {}
        keys: dict[str, str] = {}

    where = source if source == "harden.toml" else f"{source} [tool.harden]"
    try:
        model = Model.model_validate(table)
    except ValidationError as error:
        allowed = ", ".join(Model.model_fields)
        raise SettingsError(f"{where}: {decisions.first_problem(error)} (keys: {allowed})") from None
    for id in (*model.disable, *model.options):
        if id not in checks():
            raise SettingsError(f"{where}: there is no check {id!r}; `harden checks` lists them all.")
    return Settings(
        source, tuple(model.disable), tuple(model.exclude), model.severity, model.options, model.keys
    )
