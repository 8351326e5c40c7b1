"""Ask for the reason why a finding is ignored."""

from __future__ import annotations

import datetime
from typing import Literal

from harden.deciding import day_of
from harden.errors import HardenError, UsageError
from harden.findings import Finding
from harden.plain.review import Review
from harden.plain.talk import ENTER

_SCOPES: dict[str, Literal["line", "file", "check"]] = {
    ENTER: "line",
    "l": "line",
    "f": "file",
    "c": "check",
}


def ask_ignore(review: Review, finding: Finding) -> bool:
    """Ignore a finding, and return True, unless no reason is given. Raises Left; then nothing is kept."""
    talk = review.talk
    reason = talk.ask("Reason, for the team to read (empty: do not ignore):")
    if not reason:
        talk.say("Not ignored: a reason is required.")
        return False
    scopes = {"l": "this line", "f": "this file", "c": "the whole check", ENTER: "this line"}
    scope = _SCOPES[talk.choose("For this line, this file or the whole check? Enter: this line", scopes)]
    until = _ask_day(review)
    try:
        review.session.ignore(finding, reason, scope=scope, until=until)
    except HardenError as error:
        talk.say(str(error))
        return False
    review.done["ignored"] += 1
    talk.say("Ignored; the reason is kept in .harden/.")
    return True


def _ask_day(review: Review) -> datetime.date | None:
    while True:
        answer = review.talk.ask("Until when, as 2030-12-31 (empty: for good):")
        try:
            return day_of(answer)
        except UsageError as error:
            review.talk.say(str(error))
