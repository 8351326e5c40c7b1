"""What was found, file by file, and where each finding stands; counts are kept, not counted anew."""

from __future__ import annotations

import datetime
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from enum import Enum
from typing import TYPE_CHECKING, NamedTuple

from harden.findings import Finding, Problem

if TYPE_CHECKING:
    from harden.decisions import Decisions
    from harden.scan import FileResult


class State(Enum):
    """Where a finding stands."""

    OPEN = "open"
    APPLIED = "applied"
    IGNORED = "ignored"
    GONE = "gone"


class Placed(NamedTuple):
    """A finding and where it stands."""

    finding: Finding
    state: State


Shelf = tuple[Placed, ...]
"""The findings of one check in one file, in stable order; the same object until one of them changes."""


class Found:
    """Findings by file and check. A file is sorted and counted again only after it, or a decision, changed.

    Results arrive and are asked for in different threads.
    """

    def __init__(self, decisions: Callable[[], Decisions | None]) -> None:
        self._decisions = decisions
        self._heeded: Decisions | None = None
        self._lock = threading.RLock()
        self._results: dict[str, FileResult] = {}
        self._applied: dict[str, Finding] = {}
        self._found: dict[str, Finding] = {}
        self._shelves: dict[str, dict[str, Shelf]] = {}
        self._ordered: list[str] | None = []
        self._counts: Counter[tuple[str, State, bool]] = Counter()
        self._stale: set[str] = set()

    # What changes

    def take(self, result: FileResult) -> None:
        """Replace what is known about one file."""
        with self._lock:
            self._forget_file(result.path)
            self._found.update({finding.fingerprint: finding for finding in result.findings})
            self._results[result.path] = result
            self._stale.add(result.path)

    def clear(self) -> None:
        """Forget what was found; what was applied stays known."""
        with self._lock:
            self._found.clear()
            self._stale.update(self._results)
            self._results.clear()

    def applied(self, fingerprints: Iterable[str]) -> None:
        """Note that found findings were mended: they stay known when the file no longer holds them."""
        with self._lock:
            for print_ in fingerprints:
                if (finding := self._found.get(print_)) is not None:
                    self._applied[print_] = finding
                    self._stale.add(finding.path)

    def taken_back(self, fingerprints: Iterable[str]) -> None:
        """Note that findings are no longer mended."""
        with self._lock:
            for print_ in fingerprints:
                if (finding := self._applied.pop(print_, None)) is not None:
                    self._stale.add(finding.path)

    def _forget_file(self, path: str) -> None:
        known = self._results.get(path)
        for finding in known.findings if known else ():
            self._found.pop(finding.fingerprint, None)

    # What is known

    @property
    def is_empty(self) -> bool:
        """Tell whether no file was looked at yet."""
        return not self._results

    @property
    def paths(self) -> frozenset[str]:
        """Return every file that was looked at."""
        with self._lock:
            return frozenset(self._results)

    @property
    def problems(self) -> list[Problem]:
        """Return the places that could not be looked at."""
        with self._lock:
            return sorted(problem for result in self._results.values() for problem in result.problems)

    def finding(self, fingerprint: str) -> Finding | None:
        """Return a finding by its identity."""
        with self._lock:
            return self._found.get(fingerprint) or self._applied.get(fingerprint)

    def state(self, finding: Finding) -> State:
        """Return where a finding stands."""
        print_ = finding.fingerprint
        with self._lock:
            if print_ not in self._found:
                return State.APPLIED if print_ in self._applied else State.GONE
        return State.IGNORED if why_ignored(finding, self._decisions()) else State.OPEN

    def shelves(self, check: str = "") -> list[Shelf]:
        """Return the findings of one check, or of all, a file after the other."""
        with self._lock:
            self._refresh()
            if check:
                return [s for path in self._paths() if (s := self._shelves[path].get(check)) is not None]
            return [shelf for path in self._paths() for shelf in self._shelves[path].values()]

    def placed(self, check: str = "") -> list[Placed]:
        """Return the findings of one check, or of all, in stable order."""
        with self._lock:
            self._refresh()
            if check:
                return [one for shelf in self.shelves(check) for one in shelf]
            return [one for path in self._paths() for one in _in_order(self._shelves[path].values())]

    def counts(self, state: State, *, fixable: bool | None = None) -> Counter[str]:
        """Return how many findings stand somewhere, by check: all, or those that harden can or cannot fix."""
        counted: Counter[str] = Counter()
        with self._lock:
            self._refresh()
            for (check, known, can_fix), count in self._counts.items():
                if known is state and count and fixable in (None, can_fix):
                    counted[check] += count
        return counted

    # Keeping order

    def _refresh(self) -> None:
        decisions = self._decisions()
        if decisions is not self._heeded:
            self._heeded = decisions
            self._stale.update(self._shelves)
        if not self._stale:
            return
        mended: dict[str, list[Finding]] = {}
        for finding in self._applied.values():
            if finding.path in self._stale and finding.fingerprint not in self._found:
                mended.setdefault(finding.path, []).append(finding)
        for path in self._stale:
            self._place(path, mended.get(path, ()), decisions)
        self._stale.clear()

    def _place(self, path: str, mended: Iterable[Finding], decisions: Decisions | None) -> None:
        before = self._shelves.pop(path, {})
        for check, shelf in before.items():
            self._counts.subtract((check, one.state, one.finding.fixable) for one in shelf)
        result = self._results.get(path)
        placed = [
            Placed(finding, State.IGNORED if why_ignored(finding, decisions) else State.OPEN)
            for finding in (result.findings if result else ())
        ]
        placed += [Placed(finding, State.APPLIED) for finding in mended]
        by_check: dict[str, list[Placed]] = {}
        for one in sorted(placed, key=lambda one: one.finding.order):
            by_check.setdefault(one.finding.check, []).append(one)
        if not by_check:
            self._ordered = None if before else self._ordered
            return
        self._shelves[path] = {check: tuple(own) for check, own in by_check.items()}
        self._counts.update((one.finding.check, one.state, one.finding.fixable) for one in placed)
        if not before:
            self._ordered = None

    def _paths(self) -> list[str]:
        if self._ordered is None:
            self._ordered = sorted(self._shelves)
        return self._ordered


def why_ignored(finding: Finding, decisions: Decisions | None) -> str:
    """Return why a finding is ignored, in code or in the decisions, or an empty string."""
    if finding.suppressed or decisions is None or not decisions.ignored:
        return finding.suppressed
    today = datetime.datetime.now(datetime.UTC).date()
    return next((item.reason for item in decisions.ignored if item.covers(finding, today)), "")


def _in_order(shelves: Iterable[Shelf]) -> Iterator[Placed]:
    return iter(sorted((one for shelf in shelves for one in shelf), key=lambda one: one.finding.order))
