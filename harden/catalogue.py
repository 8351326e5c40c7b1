"""What checks and stages there are, kept so that a start need not load them all.

It is made anew when Python, harden's sources, or what is installed beside it changes.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import harden
from harden.checks import Check, Fix
from harden.findings import Risk, Severity
from harden.notes import digest_of
from harden.places import cache_folder, write_atomically
from harden.roles import FileKind
from harden.stages import Evidence, Question, Stage

_ENGINE = os.path.dirname(str(harden.__file__))


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All stages in walking order, and a digest of the sources that they and the engine are made of."""

    stages: tuple[Stage, ...]
    sources: str


def load() -> Catalogue | None:
    """Return what was kept, or None where that is not of these sources."""
    try:
        record = json.loads(_file().read_bytes())
        sources = _sources(record["folders"])
        if record["installed"] == _installed() and record["sources"] == sources:
            return Catalogue(tuple(map(_stage, record["stages"])), sources)
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return None


def keep(stages: tuple[Stage, ...], folders: Iterable[Path]) -> Catalogue:
    """Keep what was found in some folders of checks."""
    named = sorted(map(str, folders))
    sources = _sources(named)
    record = {"folders": named, "installed": _installed(), "sources": sources}
    told = record | {"stages": [_stage_record(stage) for stage in stages]}
    with suppress(OSError):  # it is made anew each time then
        write_atomically(_file(), json.dumps(told).encode())
    return Catalogue(stages, sources)


def _file() -> Path:
    return cache_folder() / "checks.json"


def _installed() -> list[list[object]]:
    """Return what changes when a distribution is installed or removed, and with it plug-ins."""
    started_in = ("", os.getcwd(), os.path.dirname(os.path.abspath(sys.argv[0])))
    folders = (path for path in sys.path if path not in started_in and os.path.isdir(path))
    return [[path, os.stat(path).st_mtime_ns] for path in folders]


def _sources(folders: Iterable[str]) -> str:
    below = [entry.path for folder in folders for entry in os.scandir(folder) if entry.is_dir()]
    told = [sys.version, *(line for folder in (_ENGINE, *folders, *sorted(below)) for line in _told(folder))]
    return digest_of("\n".join(told).encode("utf-8", "surrogateescape"))


def _told(folder: str) -> Iterator[str]:
    for entry in sorted(os.scandir(folder), key=lambda entry: entry.name):
        if entry.name.endswith((".py", ".toml")):
            status = entry.stat()
            yield f"{entry.path} {status.st_size} {status.st_mtime_ns}"


def _stage_record(stage: Stage) -> dict[str, object]:
    plain = {name: getattr(stage, name) for name in ("id", "title", "order", "intro")}
    questions = [asdict(question) for question in stage.questions]
    return plain | {"questions": questions, "checks": [_check_record(check) for check in stage.checks]}


def _check_record(check: Check) -> dict[str, object]:
    same = ("id", "title", "words", "secret", "scaffold", "stage", "patterns", "source")
    return {name: getattr(check, name) for name in same} | {
        "severity": check.severity.value,
        "fix": [check.fix.codemod, check.fix.risk.value],
        "codes": sorted(check.codes),
        "kinds": sorted(kind.value for kind in check.kinds),
    }


def _stage(record: Mapping[str, Any]) -> Stage:
    questions = (
        question | {"evidence": tuple(Evidence(**item) for item in question["evidence"])}
        for question in record["questions"]
    )
    made = {
        "questions": tuple(Question(**question) for question in questions),
        "checks": tuple(map(_check, record["checks"])),
    }
    return Stage(**{**record, **made})


def _check(record: Mapping[str, Any]) -> Check:
    codemod, risk = record["fix"]
    made = {
        "words": tuple(record["words"]),
        "severity": Severity(record["severity"]),
        "fix": Fix(codemod, Risk(risk)),
        "codes": frozenset(record["codes"]),
        "kinds": frozenset(map(FileKind, record["kinds"])),
    }
    return Check(**{**record, **made})
