"""What changed since a person was here last: a small file beside the undo journal, safe to lose."""

from __future__ import annotations

import datetime
import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from harden.places import state_folder, write_atomically
from harden.words import plural

if TYPE_CHECKING:
    from harden.findings import Finding
    from harden.session import Session

LEAST = 30
"""Seconds that a visit lasts at least to count: one glance must not make news old."""


@dataclass(frozen=True, slots=True)
class Known:
    """What a visit keeps of a finding; `state` is where it stood: open, applied or ignored."""

    check: str
    path: str
    scope: str
    state: str

    @property
    def home(self) -> tuple[str, str, str]:
        """Return what stays the same when the line is edited or its repetitions are numbered anew."""
        return (self.check, self.path, self.scope)


@dataclass(frozen=True, slots=True)
class Visit:
    """How a repository stood when a person left it; `unseen` are the places that could not be looked at."""

    at: datetime.datetime
    points: int
    stages: Mapping[str, int]
    known: Mapping[str, Known]
    answered: frozenset[str] = frozenset()
    checks: frozenset[str] = frozenset()
    unseen: frozenset[tuple[str, str]] = frozenset()

    def misses(self, known: Known) -> bool:
        """Tell whether this visit could not have seen a finding."""
        return (
            known.check not in self.checks
            or (known.path, "") in self.unseen
            or (known.path, known.check) in self.unseen
        )


@dataclass(frozen=True, slots=True)
class Since:
    """The difference between a visit and now. `stages` are the points of then by stage."""

    at: datetime.datetime
    before: int
    points: int
    stages: Mapping[str, int] = field(default_factory=dict)
    fixed: int = 0
    ignored: int = 0
    reopened: int = 0
    answered: int = 0
    new: tuple[Finding, ...] = ()

    @property
    def when(self) -> str:
        """Return the day of the visit, or the hour where it was today."""
        then, now = self.at.astimezone(), _now().astimezone()
        if then.date() == now.date():
            return f"{then:%H:%M} today"
        year = f" {then.year}" if then.year != now.year else ""
        return f"{then.day} {_MONTHS[then.month - 1]}{year}"

    @property
    def sentence(self) -> str:
        """Return `Since 3 November: 58 → 71; 5 fixed, 1 new, 3 questions answered.`"""
        parts = [
            (self.fixed, "fixed"),
            (self.ignored, "ignored"),
            (self.reopened, "open again"),
            (len(self.new), "new"),
        ]
        told = [f"{count} {word}" for count, word in parts if count]
        told += [f"{plural(self.answered, 'question')} answered"] if self.answered else []
        score = f"{self.before} → {self.points}" if self.before != self.points else f"still {self.points}"
        return f"Since {self.when}: {score}; {', '.join(told) or 'nothing else changed'}."


_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)


def visit(session: Session) -> Visit:
    """Return how a repository stands now. The session must know the whole of it."""
    score = session.score()
    return Visit(
        at=_now(),
        points=score.points,
        stages={rated.stage.id: rated.points for rated in score.stages},
        known={
            finding.fingerprint: Known(finding.check, finding.path, finding.scope, state.value)
            for finding, state in session.found.placed()
        },
        answered=frozenset(session.decisions.answers),
        checks=frozenset(check.id for check in session.checks),
        unseen=frozenset((problem.path, problem.check) for problem in session.problems),
    )


def since(before: Visit, session: Session) -> Since:
    """Return what changed since a visit; what either of the two could not see counts for nothing."""
    now = visit(session)
    asked = {question.id for stage in session.stages for question in stage.questions}
    counted: Counter[tuple[str, str]] = Counter()
    new: list[Finding] = []
    for print_, was, stands in _pairs(before, now, session.settings.excludes):
        counted[was, stands] += 1
        if not was and stands == "open" and (finding := session.finding(print_)) is not None:
            new.append(finding)
    return Since(
        at=before.at,
        before=before.points,
        points=now.points,
        stages=before.stages,
        fixed=counted["open", ""] + counted["open", "applied"],
        ignored=counted["open", "ignored"],
        reopened=counted["ignored", "open"] + counted["applied", "open"],
        answered=len((now.answered - before.answered) & asked),
        new=tuple(sorted(new, key=lambda finding: finding.order)),
    )


def _pairs(before: Visit, now: Visit, excludes: Callable[[str], bool]) -> Iterable[tuple[str, str, str]]:
    """Yield each finding with where it stood then and stands now; an empty string where it is not there.

    Those whose identity is no longer the same are paired within the same check, file and scope, so that an
    edited line and repetitions that are numbered anew are not one fixed and one new.
    """
    for print_ in before.known.keys() & now.known.keys():
        yield print_, before.known[print_].state, now.known[print_].state
    left: dict[tuple[str, str, str], list[str]] = {}
    for print_, known in before.known.items():
        if print_ not in now.known and not now.misses(known) and not excludes(known.path):
            left.setdefault(known.home, []).append(known.state)
    for print_, known in now.known.items():
        if print_ not in before.known and not before.misses(known):
            same = left.get(known.home, [])
            was = known.state if known.state in same else next(iter(same), "")
            if was:
                same.remove(was)
            yield print_, was, known.state
    for rest in left.values():
        for state in rest:
            yield "", state, ""


def load(root: Path) -> Visit | None:
    """Return the last visit; None where there was none, or nothing can be read of it."""
    try:
        return _read(json.loads(_file(root).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None


def keep(session: Session, before: Visit | None, seconds: float) -> None:
    """Write down how a repository stands, at the end of a visit of `seconds` that saw the whole of it.

    A short visit leaves the one before in place. What cannot be written is forgotten.
    """
    if before is not None and seconds < LEAST:
        return
    try:
        write_atomically(_file(session.root), json.dumps(_record(visit(session))).encode())
    except OSError:
        return


def _record(visit: Visit) -> dict[str, object]:
    return {
        "at": visit.at.isoformat(),
        "points": visit.points,
        "stages": dict(visit.stages),
        "known": {print_: [k.check, k.path, k.scope, k.state] for print_, k in visit.known.items()},
        "answered": sorted(visit.answered),
        "checks": sorted(visit.checks),
        "unseen": sorted(visit.unseen),
    }


def _read(raw: Mapping[str, object]) -> Visit:
    """Make a visit from its record. Raises ValueError, TypeError, KeyError or AttributeError."""
    match raw:
        case {
            "at": str(at),
            "points": int(points),
            "stages": dict(rated),
            "known": dict(known),
            "answered": list(answered),
            "checks": list(checks),
            "unseen": list(unseen),
        }:
            moment = datetime.datetime.fromisoformat(at)
            return Visit(
                at=moment if moment.tzinfo else moment.replace(tzinfo=datetime.UTC),
                points=points,
                stages={str(stage): int(value) for stage, value in rated.items()},
                known={str(print_): _known(record) for print_, record in known.items()},
                answered=frozenset(map(str, answered)),
                checks=frozenset(map(str, checks)),
                unseen=frozenset((str(path), str(check)) for path, check in unseen),
            )
    raise ValueError("no record of a visit")


def _known(record: object) -> Known:
    match record:
        case [str(check), str(path), str(scope), str(state)]:
            return Known(check, path, scope, state)
    raise ValueError("no record of a finding")


def _now() -> datetime.datetime:
    return datetime.datetime.now(datetime.UTC)


def _file(root: Path) -> Path:
    return state_folder(root) / "visit.json"
