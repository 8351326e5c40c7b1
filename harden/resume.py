"""Remember where a person left off, and how they like to look at things: small files, safe to lose."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from harden.places import state_folder, write_atomically


@dataclass(frozen=True, slots=True)
class View:
    """What the app showed last. `seen` are the stages opened before, `started` is false at first."""

    stage: str = ""
    selected: str = ""
    filter: str = ""
    status: str = "all"
    seen: list[str] = field(default_factory=list)
    started: bool = False


@dataclass(frozen=True, slots=True)
class Habits:
    """How a person likes to look at things, in every repository: `wrap` at diffs, `wrap_code` at files."""

    theme: str = ""
    split: bool = False
    wrap: bool = True
    wrap_code: bool = False


def load(root: Path) -> View:
    """Return the last view of a repository; the first one where there is none or it cannot be read."""
    return View(**_read(_file(root), View()))


def save(root: Path, view: View) -> None:
    """Write the view down. What cannot be written is forgotten: it is only a convenience."""
    _write(_file(root), view)


def load_habits() -> Habits:
    """Return the person's habits; the usual ones where there are none or they cannot be read."""
    try:
        return Habits(**_read(_habits(), Habits()))
    except (OSError, RuntimeError):  # a person without a home
        return Habits()


def save_habits(habits: Habits) -> None:
    """Write the habits down. What cannot be written is forgotten."""
    with suppress(OSError, RuntimeError):
        _write(_habits(), habits)


def _read(file: Path, default: View | Habits) -> dict[str, Any]:
    """Return the fields that a file holds, those of another type left out."""
    try:
        raw = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    if not isinstance(raw, dict):
        return {}
    return {
        field.name: raw[field.name]
        for field in fields(default)
        if type(raw.get(field.name)) is type(getattr(default, field.name))
    }


def _write(file: Path, kept: View | Habits) -> None:
    with suppress(OSError):
        write_atomically(file, json.dumps(asdict(kept)).encode())


def _file(root: Path) -> Path:
    return state_folder(root) / "view.json"


def _habits() -> Path:
    from platformdirs import user_state_path

    return user_state_path("harden", appauthor=False) / "habits.json"
