"""Remember where a person left off: a small file beside the undo journal, safe to lose."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from harden.places import state_folder, write_atomically


@dataclass(frozen=True, slots=True)
class View:
    """What the app showed last. `started` is false on the first start in a repository."""

    stage: str = ""
    selected: str = ""
    filter: str = ""
    status: str = "all"
    theme: str = ""
    started: bool = False


def load(root: Path) -> View:
    """Return the last view of a repository; the first one where there is none or it cannot be read."""
    try:
        raw = json.loads(_file(root).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return View()
    if not isinstance(raw, dict):
        return View()
    default = View()
    known = {
        field.name: raw[field.name]
        for field in fields(View)
        if type(raw.get(field.name)) is type(getattr(default, field.name))
    }
    return View(**known)


def save(root: Path, view: View) -> None:
    """Write the view down. What cannot be written is forgotten: it is only a convenience."""
    try:
        write_atomically(_file(root), json.dumps(asdict(view)).encode())
    except OSError:
        return


def _file(root: Path) -> Path:
    return state_folder(root) / "view.json"
