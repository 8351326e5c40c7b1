"""A person's own settings, for every repository: `config.toml` in the folder of their system for these."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from harden.errors import SettingsError

_KINDS: Mapping[str, tuple[type, str]] = {
    "theme": (str, "the name of a theme"),
    "ascii": (bool, "true or false"),
    "keys": (dict, "a table"),
}


@dataclass(frozen=True, slots=True)
class Personal:
    """How the app looks and which keys it has. `ascii` is None where the terminal decides."""

    source: str = ""
    theme: str = ""
    ascii: bool | None = None
    keys: dict[str, str] = field(default_factory=dict)


def path() -> Path:
    """Return the file. Raises RuntimeError for a person without a home."""
    from platformdirs import user_config_path

    return user_config_path("harden", appauthor=False) / "config.toml"


def load() -> Personal:
    """Read the file, if there is one. Raises SettingsError: file, key and what is allowed."""
    try:
        file = path()
    except RuntimeError:
        return Personal()
    try:
        text = file.read_text(encoding="utf-8-sig")
    except (FileNotFoundError, NotADirectoryError):
        return Personal()
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{file} cannot be read: {getattr(error, 'strerror', None) or error}") from None
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{file}: {error}") from None
    return Personal(str(file), **_validated(str(file), table))


def _validated(source: str, table: Mapping[str, Any]) -> dict[str, Any]:
    for name, value in table.items():
        if name not in _KINDS:
            raise SettingsError(f"{source}: there is no setting {name!r} (keys: {', '.join(_KINDS)})")
        kind, wanted = _KINDS[name]
        if not isinstance(value, kind):
            raise SettingsError(f"{source}: {name} must be {wanted}.")
    for id, pressed in table.get("keys", {}).items():
        if not isinstance(pressed, str):
            raise SettingsError(f'{source}: the key of an action is text, such as "{id}" = "ctrl+a".')
    return dict(table)
