"""Find every check and stage by entry point, the built-in ones and those of plug-ins alike."""

from __future__ import annotations

import pkgutil
import tomllib
from functools import cache
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

from harden import catalogue
from harden.catalogue import Catalogue
from harden.checks import Check
from harden.errors import HardenError, UsageError
from harden.stages import Evidence, Question, Stage

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

GROUP = "harden.checks"


@cache
def stages() -> tuple[Stage, ...]:
    """Return all stages in walking order; a plug-in's checks join the stage of the same name."""
    return _known().stages


def sources() -> str:
    """Return a digest that is another one whenever the engine or a check may have changed."""
    return _known().sources


@cache
def _known() -> Catalogue:
    kept = catalogue.load()
    if kept is None:
        found = _found()
        kept = catalogue.keep(found, _folders())
    return kept


def _found() -> tuple[Stage, ...]:
    packages = [_loaded(point.value) for point in _entry_points()]
    if not packages:
        raise HardenError(
            f"No checks are installed: the entry point group {GROUP!r} is empty. Reinstall harden."
        )
    found: dict[str, list[ModuleType]] = {}
    for package in packages:
        for entry in pkgutil.iter_modules(package.__path__, package.__name__ + "."):
            if entry.ispkg:
                found.setdefault(entry.name.rpartition(".")[2], []).append(_loaded(entry.name))
    return tuple(
        sorted((_stage(name, parts) for name, parts in found.items()), key=lambda s: (s.order, s.id))
    )


@cache
def checks() -> dict[str, Check]:
    """Return every check by its id, in walking order."""
    return {check.id: check for stage in stages() for check in stage.checks}


def forget() -> None:
    """Look for the checks anew when they are next asked for."""
    for known in (stages, checks, _known):
        known.cache_clear()


def check_named(id: str) -> Check:
    """Return the check with this id. Raises UsageError that names near ones."""
    known = checks()
    if id in known:
        return known[id]
    from difflib import get_close_matches

    near = get_close_matches(id, known, n=3)
    hint = f" Did you mean {' or '.join(near)}?" if near else " `harden checks` lists them all."
    raise UsageError(f"There is no check {id!r}.{hint}")


def _folders() -> list[Path]:
    """Return the folders that hold the checks."""
    packages = [_loaded(point.value) for point in _entry_points()]
    return [Path(path) for package in packages for path in package.__path__]


def _entry_points() -> list[EntryPoint]:
    from importlib.metadata import entry_points  # takes longer than all that is asked of the catalogue

    return sorted(entry_points(group=GROUP), key=lambda point: point.name)


def _loaded(name: str) -> ModuleType:
    try:
        return import_module(name)
    except Exception as error:  # a plug-in that does not fit must not look like a crash of harden
        reason = f"{type(error).__name__}: {error}"
        raise HardenError(
            f"The checks in {name} cannot be loaded ({reason}). Mend or remove them."
        ) from error


def _stage(name: str, packages: list[ModuleType]) -> Stage:
    found: list[Check] = []
    described: dict[str, object] = {}
    for package in packages:
        for entry in sorted(pkgutil.iter_modules(package.__path__), key=lambda entry: entry.name):
            module = _loaded(f"{package.__name__}.{entry.name}")
            check = getattr(module, "check", None)
            if isinstance(check, Check):
                check.stage, check.page, check.source = name, module.__doc__ or "", module.__name__
                found.append(check)
        toml = Path(str(package.__file__)).with_name("stage.toml")
        if not described and toml.is_file():
            described = tomllib.loads(toml.read_text(encoding="utf-8"))
    order = described.get("order", 99)
    return Stage(
        id=name,
        title=str(described.get("title", name)),
        order=order if isinstance(order, int) else 99,
        intro=str(described.get("intro", "")).strip(),
        questions=_questions(name, described.get("question", [])),
        checks=tuple(sorted(found, key=lambda check: check.id)),
    )


def _questions(stage: str, tables: object) -> tuple[Question, ...]:
    if not isinstance(tables, list):
        return ()
    return tuple(
        Question(
            id=table["id"],
            stage=stage,
            ask=table["ask"],
            why=table["why"],
            evidence=tuple(Evidence(item["glob"], item["pattern"]) for item in table.get("evidence", [])),
        )
        for table in tables
    )
