"""`harden review --plain`: the work of the app, asked finding by finding in plain lines."""

from __future__ import annotations

import time
from collections.abc import Collection, Sequence

from harden.checks import Check
from harden.commands import CLEAN, FOUND, UNREADABLE, report_notices
from harden.plain import wording
from harden.plain.committing import offer_commit
from harden.plain.ending import ending_lines
from harden.plain.findings import OneFinding
from harden.plain.questions import ask_question
from harden.plain.review import Review
from harden.plain.talk import Left, Talk
from harden.plain.walk import Walk
from harden.report.scanned import Scanned
from harden.report.text import summary
from harden.session import Session
from harden.stages import Stage
from harden.words import plural

_PROBLEMS_SHOWN = 10


def run(session: Session, chosen: Sequence[Check], asked: Collection[str]) -> int:
    """Scan, and walk through what is open in some checks and files, and the questions of some stages.

    Return 1 while findings are open, 2 when there are none but a file could not be read.
    """
    talk = Talk()
    review = Review(session, talk, Walk(session, chosen, asked))
    _scan(review, chosen)
    try:
        _walk(review)
        if session.applied_entries():
            offer_commit(review)
    except Left:
        pass
    except KeyboardInterrupt:
        talk.say("", *ending_lines(review))
        raise
    talk.say(*ending_lines(review))
    report_notices(session)
    if review.walk.open():
        return FOUND
    return UNREADABLE if session.problems else CLEAN


def _scan(review: Review, chosen: Sequence[Check]) -> None:
    session, started, files = review.session, time.perf_counter(), 0
    wanted = session.wanted(chosen)
    where = f" for {session.scope.label}" if session.scope.since else ""
    review.talk.say(f"Scanning {plural(len(wanted), 'file')}{where}.")
    for _ in session.scan(chosen):
        files += 1
    found, problems = review.walk.open(), session.problems
    review.note({finding.path for finding in found})
    seconds = time.perf_counter() - started
    review.talk.say(
        summary(Scanned(tuple(found), (), tuple(problems), files, seconds, changed_since=session.scope.since))
    )
    if not review.walk.asks:
        review.talk.say("Questions are about the whole repository and are left out here.")
    for problem in problems[:_PROBLEMS_SHOWN]:
        review.talk.say(f"Could not check {problem.place}: {problem.reason}")
    if len(problems) > _PROBLEMS_SHOWN:
        review.talk.say(f"And {len(problems) - _PROBLEMS_SHOWN} more; `harden scan` lists them.")


def _walk(review: Review) -> None:
    """Go through the stages in order, and back where an undo opens something again."""
    while (stage := review.walk.next_stage()) is not None:
        _announce(review, stage)
        while review.walk.next_stage() is stage:
            if findings := review.walk.waiting(stage):
                OneFinding(review, stage, findings[0]).ask()
            else:
                ask_question(review, stage, review.walk.questions(stage)[0])


def _announce(review: Review, stage: Stage) -> None:
    walk = review.walk
    first = walk.enter(stage)
    findings, questions = walk.waiting(stage), walk.questions(stage)
    number = f"{review.session.stages.index(stage) + 1} of {len(review.session.stages)}"
    open_now = [plural(len(findings), "finding")] * bool(findings)
    open_now += [plural(len(questions), "question")] * bool(questions)
    told = f"{' and '.join(open_now)} open." if open_now else "Nothing is open."
    review.talk.say("", f"{'Stage' if first else 'Back to stage'} {number}: {stage.title}. {told}")
    if first and open_now:
        review.talk.say(*wording.intro_lines(stage.intro))
