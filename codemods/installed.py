"""What is installed in a project's virtual environment, read from the names of its metadata folders."""

from __future__ import annotations

import re
from pathlib import Path

ENVIRONMENTS = (".venv", "venv", "env")
"""Folders that are looked at for a project's environment; `pyvenv.cfg` makes it one."""


def environment(root: Path, named: str = "") -> dict[str, str]:
    """Return the installed version of each distribution by its normalised name; empty without environment.

    `named` is an environment or a folder with metadata, relative to the project or absolute.
    """
    for folder in (named,) if named else ENVIRONMENTS:
        found: dict[str, str] = {}
        for place in _places(root / folder):
            for entry in sorted(place.glob("*.dist-info")):
                name, _, version = entry.name.removesuffix(".dist-info").rpartition("-")
                found[normalised(name)] = version
        if found:
            return found
    return {}


def normalised(name: str) -> str:
    """Return a distribution's name as the package index compares it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def _places(folder: Path) -> list[Path]:
    libraries = [*folder.glob("lib/python3*/site-packages"), folder / "Lib" / "site-packages", folder]
    return [place for place in libraries if place.is_dir()]
