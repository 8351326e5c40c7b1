"""Decide, so that it can be undone: each change of the decisions is an entry of the journal."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Literal

from harden import ledger
from harden.checks import Check
from harden.decisions import Answer, AnswerKind, Decisions, Ignored, OptionValue, content, dumped, parsed
from harden.errors import UsageError
from harden.findings import Finding, Risk
from harden.journal import Entry
from harden.patches import FileEdit, Patch
from harden.places import DECISIONS
from harden.registry import check_named

if TYPE_CHECKING:
    from harden.session import Session
    from harden.stages import Question

Change = Callable[[Decisions], str]
"""Changes the decisions and returns in words what was decided."""


def ignore(
    session: Session,
    finding: Finding,
    reason: str,
    scope: Literal["line", "file", "check"],
    until: datetime.date | None,
) -> Entry | None:
    """Accept a finding, its check in the file, or the whole check. Raises UsageError without a reason."""
    if not reason.strip():
        raise UsageError("A reason is required: the team will read it.")
    decision = Ignored(
        check=finding.check,
        reason=reason.strip(),
        scope=scope,
        path="" if scope == "check" else finding.path,
        fingerprint=finding.fingerprint if scope == "line" else "",
        until=until,
    )

    def change(decisions: Decisions) -> str:
        decisions.ignored.append(decision)
        where = {"line": finding.place, "file": finding.path, "check": "everywhere"}[scope]
        return f"Ignored {where} ({check_named(finding.check).title})"

    entry = _decide(session, change, finding)
    return _noted(session, entry, "ignored", (finding.path,), decision.reason)


def day_of(text: str) -> datetime.date | None:
    """Return the last day of a decision; None for an empty text. Raises UsageError."""
    if not text:
        return None
    try:
        day = datetime.date.fromisoformat(text)
    except ValueError:
        raise UsageError(f"{text!r} is no date: write it as 2030-12-31.") from None
    if day <= datetime.datetime.now(datetime.UTC).date():
        raise UsageError(f"{text} is not in the future.")
    return day


def reopen(session: Session, finding: Finding) -> Entry | None:
    """Drop every decision that ignores a finding. Raises UsageError where a comment in the code does."""
    if finding.suppressed:
        raise UsageError(f"{finding.place} is ignored by a comment in the code: remove it there.")
    today = datetime.datetime.now(datetime.UTC).date()

    def change(decisions: Decisions) -> str:
        decisions.ignored = [item for item in decisions.ignored if not item.covers(finding, today)]
        return f"Opened {finding.place} again ({check_named(finding.check).title})"

    entry = _decide(session, change, finding)
    return _noted(session, entry, "reopened", (finding.path,))


def answer(session: Session, question: Question, kind: AnswerKind, note: str | None) -> Entry | None:
    """Record a person's answer; a note given before is kept unless a new one is given."""

    def change(decisions: Decisions) -> str:
        known = decisions.answers.get(question.id)
        kept = note if note is not None else known.note if known else ""
        decisions.answers[question.id] = Answer(answer=kind, note=kept)
        if known is not None and known.answer is kind and kept != known.note:
            return f"Note on: {question.ask}"
        return f"Answered {kind.value}: {question.ask}"

    entry = _decide(session, change, question)
    return _noted(session, entry, "answered", (), entry.title if entry else "")


def keep_options(session: Session, check: Check, values: Mapping[str, OptionValue]) -> Entry | None:
    """Remember options for this repository. Raises UsageError."""
    changed = session.options_with(check, values).model_dump(mode="json", exclude_defaults=True)

    def change(decisions: Decisions) -> str:
        decisions.options.pop(check.id, None)
        if changed:
            decisions.options[check.id] = changed
        return f"Options of {check.id}"

    entry = _decide(session, change, check)
    return _noted(session, entry, "options", (), ", ".join(f"{key} = {changed[key]}" for key in changed))


def _decide(session: Session, change: Change, about: Finding | Question | Check) -> Entry | None:
    """Change the decisions as they are on disk now: others may have written since. None: nothing changes."""
    saved = Decisions()

    def make() -> Patch | None:
        nonlocal saved
        before = content(session.root)
        saved = parsed(before)
        title = change(saved)
        if saved == parsed(before):
            return None
        check, stage, keys = _place(about)
        edit = FileEdit(DECISIONS, before, dumped(saved))
        return Patch(check, stage, title, Risk.AUTO, (edit,), resolves=keys, targets=())

    entry = session.journal.apply_made(make)
    session.decisions = saved
    return entry


def _place(about: Finding | Question | Check) -> tuple[str, str, tuple[str, ...]]:
    """Return the check, the stage, and the identity of what is decided on."""
    if isinstance(about, Finding):
        return about.check, check_named(about.check).stage, (about.fingerprint,)
    if isinstance(about, Check):
        return about.id, about.stage, ()
    return "", about.stage, (about.id,)


def _noted(
    session: Session, entry: Entry | None, event: str, paths: tuple[str, ...], note: str = ""
) -> Entry | None:
    if entry is not None:
        session.record(ledger.Line(event, entry.check, paths, entry.patch, note))
    return entry
