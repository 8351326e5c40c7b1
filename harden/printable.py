"""Text of other people on a terminal: nothing in it may steer the terminal."""

from __future__ import annotations


def printable(line: str, *, keep: str = "") -> str:
    """Escape what would confuse a terminal, but for the characters of `keep`: a file may be named so."""
    if line.isprintable():
        return line
    return "".join(
        c if c.isprintable() or c in keep else c.encode("unicode_escape", "surrogatepass").decode()
        for c in line
    )
