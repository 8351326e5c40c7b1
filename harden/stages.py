"""The steps of the walk, as data."""

from __future__ import annotations

from dataclasses import dataclass

from harden.checks import Check


@dataclass(frozen=True, slots=True)
class Evidence:
    """Where the answer to a question may show: files by glob, lines by regular expression."""

    glob: str
    pattern: str


@dataclass(frozen=True, slots=True)
class Question:
    """Something no code can answer: `ask` is put to a person, `why` says what fails otherwise."""

    id: str
    stage: str
    ask: str
    why: str
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True, slots=True)
class Stage:
    """One step of the walk: its text, its questions, and its checks in the order of their ids."""

    id: str
    title: str
    order: int
    intro: str
    questions: tuple[Question, ...]
    checks: tuple[Check, ...]
