"""Where an error came from, for a report to whoever can mend it: nothing of the user's files is in it."""

from __future__ import annotations

import traceback


def details_of(error: BaseException, *, quiet: bool = False) -> str:
    """Return the traceback of an error, and what it says unless that may quote a secret (`quiet`)."""
    last = named(error, quiet=quiet)
    frames = "".join(traceback.format_tb(error.__traceback__))
    return f"Traceback (most recent call last):\n{frames}{last}\n"


def named(error: BaseException, *, quiet: bool = False) -> str:
    """Return the kind of an error and the first line of its message: more lines quote the code."""
    said = "" if quiet else next(iter(str(error).splitlines()), "")
    name = type(error).__name__
    return f"{name}: {said}" if said else name
