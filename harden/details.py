"""Where an error came from, for a report to whoever can mend it: nothing of the user's files is in it."""

from __future__ import annotations

import traceback


def details_of(error: BaseException, *, quiet: bool = False) -> str:
    """Return the traceback of an error with the first line of its message.

    A parser's message goes on with the code that it could not read. With `quiet` the message stays out as a
    whole, because it may quote a secret.
    """
    said = next(iter(str(error).splitlines()), "")
    name = type(error).__name__
    last = name if quiet or not said else f"{name}: {said}"
    frames = "".join(traceback.format_tb(error.__traceback__))
    return f"Traceback (most recent call last):\n{frames}{last}\n"
