"""Take arguments out of a call in the layout that the call has."""

from __future__ import annotations

import libcst as cst


def argument_at(call: cst.Call, name: str) -> int | None:
    """Return the position of a keyword argument in `call.args`, or None."""
    for at, arg in enumerate(call.args):
        if arg.keyword is not None and arg.keyword.value == name:
            return at
    return None


def without_argument(call: cst.Call, at: int) -> cst.Call:
    """Return the call without its argument number `at`; a trailing comma stays one."""
    args = list(call.args)
    removed = args.pop(at)
    if not args:
        return call.with_changes(args=[], whitespace_before_args=cst.SimpleWhitespace(""))
    if at == len(args):
        args[-1] = args[-1].with_changes(
            comma=removed.comma, whitespace_after_arg=removed.whitespace_after_arg
        )
    return call.with_changes(args=args)
