"""A process that makes previews for the app: what computes for long must not hold up a key.

It reads requests from standard input and writes replies to standard output, each a pickle after its
length: the other end is the app that started it, and no one else.
"""

from __future__ import annotations

import pickle
import struct
import sys
from collections.abc import Callable
from pathlib import Path

from harden.details import details_of
from harden.errors import Crashed, HardenError
from harden.previews import reason_of
from harden.session import Session

LENGTH = struct.Struct("!Q")
"""What stands before each pickle: its length in bytes."""


def answer(session: Session, call: Callable[..., object], arguments: tuple[object, ...]) -> object:
    """Return what a call makes, or the HardenError that says why it cannot."""
    session.forget_decisions()  # the app may have changed them since
    try:
        return call(session, *arguments)
    except HardenError as error:
        return error
    except Exception as error:
        return Crashed(reason_of(error), details_of(error))


def main(root: str) -> None:
    """Answer until the app ends."""
    requests, replies = sys.stdin.buffer, sys.stdout.buffer
    sys.stdout = sys.stderr  # what a plug-in prints is no reply
    session = Session(Path(root))
    import harden.fixing  # noqa: F401 - loaded while nobody waits

    while head := requests.read(LENGTH.size):
        call, arguments = pickle.loads(requests.read(LENGTH.unpack(head)[0]))  # noqa: S301 - from the app
        reply = pickle.dumps(answer(session, call, arguments))
        replies.write(LENGTH.pack(len(reply)) + reply)
        replies.flush()


if __name__ == "__main__":
    main(sys.argv[1])
